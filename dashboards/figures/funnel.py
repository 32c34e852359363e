"""A funnel: ratio against expected number, with the limits that chance alone would give.

Axes: square root of the expected, logarithm of the ratio. Not here: the limits (dashboards/sections/limits.py).
"""

from math import log, sqrt

from markupsafe import Markup

from dashboards.figures.scale import RatioScale, ratio_scale, round_ticks
from dashboards.figures.svg import DIFFERENT, GREY, GRID, INK, figure, line, marker, node, text
from dashboards.model.blocks import Funnel, FunnelPoint
from dashboards.model.numbers import Numbers
from dashboards.texts import Texts

WIDTH, HEIGHT = 420, 320
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 40, 272
NAMES_UP_TO = 8


def draw(block: Funnel, texts: Texts, numbers: Numbers, identifier: str) -> Markup:
    """The figure; without points, an empty frame with the reason beside it (the reading)."""
    title = texts("page.pair", name=block.title, text=block.label)
    if not block.points:
        return figure(identifier, title, block.reading, WIDTH, 60, text(WIDTH / 2, 34, texts("status.not_computable"), 15, anchor="middle"))
    across, up = _across(block), _up(block)
    shapes = [*_axes(block, across, up, texts, numbers), *_legend(texts), *_curves(block, across, up)]
    others = [point for point in block.points if not point.is_here]
    here = [point for point in block.points if point.is_here]
    shapes += [shape for point in (*others, *here) for shape in _point(point, across, up, len(block.points) <= NAMES_UP_TO)]
    return figure(identifier, title, texts("funnel.description", total=len(block.points)), WIDTH, HEIGHT, *shapes)


class _Across:
    """Positions along a square-root axis, so that small territories are not crowded."""

    def __init__(self, first: float, last: float) -> None:
        self.first, self.last = sqrt(first), sqrt(last)

    def at(self, expected: float) -> float:
        return LEFT + (WIDTH - RIGHT - LEFT) * (sqrt(expected) - self.first) / (self.last - self.first)


def _across(block: Funnel) -> _Across:
    return _Across(block.limits[0].expected, block.limits[-1].expected)


def _up(block: Funnel) -> RatioScale:
    """Upwards: large ratios on top. Limits count up to the reach of the scale only."""
    ratios = [point.measure.row.ratio for point in block.points if point.measure.row.ratio]
    ratios += [block.limits[0].inner_low, block.limits[0].inner_high]
    return ratio_scale([ratio for ratio in ratios if ratio], BOTTOM, TOP)


def _axes(block: Funnel, across: _Across, up: RatioScale, texts: Texts, numbers: Numbers) -> list[Markup]:
    shapes = []
    for tick in up.ticks():
        colour, width = (DIFFERENT, 1.5) if tick == 1 else (GRID, 1)
        shapes.append(line(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick), colour, width))
        shapes.append(text(LEFT - 6, up.at(tick) + 4, numbers.ratio(tick), 12, anchor="end"))
    first, last = block.limits[0].expected, block.limits[-1].expected
    for tick in round_ticks(first, last):
        if first < tick < last:
            shapes.append(line(across.at(tick), BOTTOM, across.at(tick), BOTTOM + 5, GREY))
            shapes.append(text(across.at(tick), BOTTOM + 19, numbers.count(tick), 12, anchor="middle"))
    shapes.append(text((LEFT + WIDTH) / 2, HEIGHT - 6, texts("funnel.x"), 13, anchor="middle"))
    shapes.append(text(0, 12, texts("funnel.y"), 13))
    return shapes


def _legend(texts: Texts) -> list[Markup]:
    return [
        line(WIDTH - 228, 28, WIDTH - 206, 28, INK, 1.4, stroke_dasharray="8 5"),
        text(WIDTH - 201, 32, texts("funnel.inner"), 12),
        line(WIDTH - 112, 28, WIDTH - 90, 28, INK, 1.4, stroke_dasharray="2 3"),
        text(WIDTH - 85, 32, texts("funnel.outer"), 12),
    ]


def _curves(block: Funnel, across: _Across, up: RatioScale) -> list[Markup]:
    names = (("inner_low", "8 5"), ("inner_high", "8 5"), ("outer_low", "2 3"), ("outer_high", "2 3"))
    return [shape for name, dash in names for shape in _curve(block, across, up, name, dash)]


def _curve(block: Funnel, across: _Across, up: RatioScale, name: str, dash: str) -> list[Markup]:
    """One limit, where it lies within the reach of the scale."""
    known = [(across.at(one.expected), getattr(one, name)) for one in block.limits]
    points = [(x, up.at(ratio)) for x, ratio in known if ratio > 0 and abs(log(ratio)) <= log(up.reach)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [node("polyline", points=path, fill="none", stroke=INK, stroke_width=1.2, stroke_dasharray=dash)] if len(points) > 1 else []


def _point(point: FunnelPoint, across: _Across, up: RatioScale, has_name: bool) -> list[Markup]:
    row = point.measure.row
    x, y = across.at(row.expected or 0), up.at(row.ratio or 1)
    shapes = [node("circle", cx=x, cy=y, r=11, fill="none", stroke=INK, stroke_width=1.5)] if point.is_here else []
    shapes.append(marker(point.measure.verdict, x, y, 6))
    if point.is_here or has_name:
        side, anchor = (14, "start") if x < WIDTH * 0.6 else (-14, "end")
        weight = 700 if point.is_here else 400
        down = _label_height(y, up)
        shapes.append(
            text(
                x + side,
                y + down,
                point.name,
                12,
                anchor=anchor,
                font_weight=weight,
                paint_order="stroke",
                stroke="#ffffff",
                stroke_width=3,
            )
        )
    return shapes


def _label_height(y: float, up: RatioScale) -> float:
    """Beside the point, but off the line at 1."""
    if abs(y - up.at(1)) > 9:
        return 4
    return 17 if y > up.at(1) else -9
