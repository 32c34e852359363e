"""The picture of sensitivity: one row per choice changed, one column per level, a bar for how far the number of persons moves.

Belongs here: the drawing. Not here: the numbers (strata/sensitivity.py) nor what may be shown of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LABELS, TOP, ROW, GAP = 1080, 300, 72, 26, 12
_NICE = (0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Bar:
    """change: of the base, as a share; None where a word stands for it. text: what is written beside the bar."""

    change: float | None
    text: str


@dataclass(frozen=True)
class Line:
    """One variant: its label and a bar for each column. opens: the first of its axis."""

    label: str
    bars: tuple[Bar, ...]
    opens: bool


def draw(identifier: str, title: str, description: str, heads: Sequence[str], lines: Sequence[Line]) -> str:
    """One inline SVG. Bars share one scale, which ends at the largest change rounded up, at +-100 % at most."""
    from dashboards.figures.svg import figure

    far = max((abs(bar.change) for line in lines for bar in line.bars if bar.change is not None), default=0.0)
    reach = next((limit for limit in _NICE if far <= limit), 1.0)
    height = TOP + ROW * len(lines) + GAP * sum(line.opens for line in lines) + 24
    return str(figure(identifier, title, description, WIDTH, height, *_columns(heads, height, reach), *_rows(lines, len(heads), reach)))


def _columns(heads: Sequence[str], height: int, reach: float) -> list[str]:
    from dashboards.figures.svg import DIFFERENT, GREY, line, text

    shapes: list[str] = []
    for number, head in enumerate(heads):
        middle = _middle(number, len(heads))
        words, opening, told = head.partition("(")  # a column is narrow: what stands in brackets has a line of its own
        shapes.append(text(middle, 18, words.strip(), 13, anchor="middle", font_weight=600))
        shapes.append(text(middle, 33, opening + told, 10.5, anchor="middle"))
        shapes.append(text(middle, 50, f"±{100 * reach:.0f} %", 10.5, anchor="middle", fill=GREY))
        shapes.append(line(middle, TOP - 12, middle, height - 20, DIFFERENT, 1))
    return shapes


def _rows(lines: Sequence[Line], columns: int, reach: float) -> list[str]:
    from dashboards.figures.svg import GRID, NAVY, line, rectangle, text

    shapes: list[str] = []
    y = float(TOP)
    for one in lines:
        if one.opens:
            y += GAP
            shapes.append(line(0, y - GAP / 2 - 2, WIDTH, y - GAP / 2 - 2, GRID))
        shapes.append(text(0, y + 15, one.label, 12.5))
        for number, bar in enumerate(one.bars):
            middle, half = _middle(number, columns), _half(columns)
            if bar.change is not None:
                end = middle + half * max(-1.0, min(bar.change / reach, 1.0))
                shapes.append(rectangle(min(middle, end), y + 3, max(abs(end - middle), 0.5), 16, NAVY, fill_opacity=0.6))
            is_right = bar.change is None or bar.change < 0  # the word stands where the bar is not
            shapes.append(text(middle + (4 if is_right else -4), y + 15, bar.text, 11, anchor="start" if is_right else "end"))
        y += ROW
    return shapes


def _middle(number: int, columns: int) -> float:
    return LABELS + (WIDTH - LABELS) * (number + 0.5) / columns


def _half(columns: int) -> float:
    return (WIDTH - LABELS) / columns / 2 - 6


def as_file(drawings: Sequence[str]) -> str:
    """The pictures of all conditions, one below the other, as a file of their own."""
    heights = [int(one.split('viewBox="0 0 ')[1].split('"')[0].split()[1]) for one in drawings]
    parts, y = [], 0
    for one, height in zip(drawings, heights):
        title = one.partition("<title")[2].partition(">")[2].partition("</title>")[0]
        parts.append(f'<text x="0" y="{y + 20}" font-size="16" font-weight="700">{title}</text>')
        parts.append(one.replace("<svg ", f'<svg x="0" y="{y + 30}" width="{WIDTH}" height="{height}" ', 1))
        y += height + 40
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 {WIDTH + 16} {y}" font-family="Arial, Liberation Sans, sans-serif">'
    return f'{head}<rect x="-8" width="{WIDTH + 16}" height="{y}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
