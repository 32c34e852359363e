"""The acts of follow-up of four quarters: a bar of the acts seen per person, a line at those expected. Prints, and needs no script."""

from markupsafe import Markup

from dashboards.figures.svg import GREY, INK, LIGHT, node
from dashboards.model.blocks import ActCell, ActLine, Measure
from dashboards.texts import Texts

WIDTH, HEIGHT, STEP, BAR = 92, 34, 23, 15
SEEN = "#2671a8"


def draw(line: ActLine, cell: ActCell, texts: Texts) -> Markup:
    """The figure of one cell, on the scale of its line; nothing where no quarter is told."""
    if not cell.quarters:
        return Markup("")
    top = scale_of(line)
    shapes: list[Markup] = [node("path", d=f"M0 {HEIGHT - 0.5}h{WIDTH}", stroke=LIGHT)]
    for rank, quarter in enumerate(cell.quarters):
        shapes += _quarter(quarter, rank * STEP + 4, top)
    return node("svg", *shapes, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=_words(cell, texts), class_="quarters")


def scale_of(line: ActLine) -> float:
    """What the height of a figure stands for: the most acts per person of the line, seen or expected."""
    quarters = [one for cell in line.cells for one in cell.quarters if one.is_shown]
    return max((value for one in quarters for value in (one.row.value or 0.0, expected(one) or 0.0)), default=0.0) or 1.0


def expected(quarter: Measure) -> float | None:
    """Acts expected per person."""
    row = quarter.row
    return row.expected / row.denominator if row.expected is not None and row.denominator else None


def _quarter(quarter: Measure, x: float, top: float) -> list[Markup]:
    if not quarter.is_shown or quarter.row.value is None:  # withheld: a cross, never a bar of height 0
        middle = HEIGHT - 8
        return [node("path", d=f"M{x + 4} {middle - 3}l7 7m0 -7l-7 7", stroke=GREY, fill="none")]
    room = HEIGHT - 4
    height = room * quarter.row.value / top
    shapes = [node("path", d=f"M{x} {HEIGHT}v{-height:.1f}h{BAR}v{height:.1f}z", fill=SEEN)]
    due = expected(quarter)
    if due:
        y = HEIGHT - room * due / top
        shapes.append(node("path", d=f"M{x - 3} {y:.1f}h{BAR + 6}", stroke=INK, stroke_width=2))
    return shapes


def _words(cell: ActCell, texts: Texts) -> str:
    """The four quarters as a sentence."""
    parts = []
    for rank, quarter in enumerate(cell.quarters, start=1):
        due = expected(quarter)
        text = texts("care.bar", quarter=rank, seen=quarter.text, due=f"{due:.2f}".replace(".", texts("care.point")) if due else "0")
        parts.append(text if quarter.is_shown else texts("care.bar_hidden", quarter=rank, text=quarter.text))
    return texts("page.separator").join(parts)
