"""One line of the overview: local value and interval on the range of the territories, around the reference.

Each line has a scale of its own, centred on its reference: what is compared is where the territory stands, not one indicator with another.
"""

from markupsafe import Markup

from dashboards.figures.svg import DIFFERENT, LIGHT, MIDDLE, VERDICT_COLOURS, figure, line, marker, node, rectangle
from dashboards.model.blocks import GlanceLine
from dashboards.texts import Texts

WIDTH, HEIGHT, MARGIN = 230, 26, 12
OUTLIER = 1.6  # how far beyond the range of the territories an interval may stretch the scale


def draw(item: GlanceLine, texts: Texts, identifier: str) -> Markup:
    """The figure of one line."""
    title = texts("glance.spine_title", label=item.label, text=item.measure.text)
    spread_text = item.spread.text if item.spread else texts("comparison.mini_no_spread")
    parts = [item.measure.interval, item.verdict_text, spread_text]
    description = texts("page.separator").join(part for part in parts if part)
    return figure(identifier, title, description, WIDTH, HEIGHT, *_shapes(item), css="mini")


def _shapes(item: GlanceLine) -> list[Markup]:
    centre = item.reference if item.reference is not None else _middle(item)
    if centre is None:
        return []
    reach = _reach(item, centre)
    shapes = _range(item, centre, reach)
    if item.reference is not None:
        shapes.append(line(_at(centre, centre, reach), 0, _at(centre, centre, reach), HEIGHT, DIFFERENT, 1.5))
    return shapes + _local(item, centre, reach)


def _middle(item: GlanceLine) -> float | None:
    """Where a line without a reference is centred."""
    return (item.spread.low + item.spread.high) / 2 if item.spread else item.measure.row.value


def _reach(item: GlanceLine, centre: float) -> float:
    """The half-width of the scale: the range of the territories and the value; the interval as far as it stays in proportion."""
    row = item.measure.row
    firm = [value for value in (row.value,) if value is not None] + ([item.spread.low, item.spread.high] if item.spread else [])
    soft = [value for value in (row.lower, row.upper) if value is not None]
    far = max((abs(value - centre) for value in firm), default=0.0)
    stretched = max((abs(value - centre) for value in soft), default=0.0)
    return max(far, min(stretched, OUTLIER * far) if far else stretched) or abs(centre) or 1.0


def _at(value: float, centre: float, reach: float) -> float:
    part = max(-1.0, min(1.0, (value - centre) / reach))
    return WIDTH / 2 + part * (WIDTH / 2 - MARGIN)


def _range(item: GlanceLine, centre: float, reach: float) -> list[Markup]:
    if item.spread is None:
        return []
    ends = (item.spread.low, item.spread.lower_quartile, item.spread.upper_quartile, item.spread.high)
    low, lower, upper, high = (_at(value, centre, reach) for value in ends)
    return [
        rectangle(low, 6, max(high - low, 1), HEIGHT - 12, LIGHT),
        rectangle(lower, 6, max(upper - lower, 1), HEIGHT - 12, MIDDLE),
    ]


def _local(item: GlanceLine, centre: float, reach: float) -> list[Markup]:
    row, middle, shapes = item.measure.row, HEIGHT / 2, []
    if row.value is None:
        return []
    colour = VERDICT_COLOURS[item.verdict]
    if row.lower is not None and row.upper is not None:
        shapes.append(line(_at(row.lower, centre, reach), middle, _at(row.upper, centre, reach), middle, colour, 2.5))
        shapes += [_point(end, centre, reach, colour) for end in (row.lower, row.upper) if abs(end - centre) > 1.001 * reach]
    return [*shapes, marker(shape_of(item), _at(row.value, centre, reach), middle, 5.5, colour)]


def _point(end: float, centre: float, reach: float, colour: str) -> Markup:
    """The interval goes on beyond the scale: a point that looks outward."""
    way = 1 if end > centre else -1
    return node("path", d=f"M{_at(end, centre, reach) + 8 * way:.1f} {HEIGHT / 2:.1f}l{-9 * way} -5v10z", fill=colour)


def shape_of(item: GlanceLine) -> str:
    """above | below | same | unclaimed: the shape says the side, the colour whether it is judged."""
    if item.verdict in ("favourable", "unfavourable"):
        return "above" if (item.measure.row.value or 0) > (item.reference or 0) else "below"
    return "unclaimed" if item.verdict == "none" else item.verdict
