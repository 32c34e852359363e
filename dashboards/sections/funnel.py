"""The territory among the others: observed over expected against the expected number, with what chance alone would give.

Belongs here: which ratio, its points and limits. Not here: the limits' law (limits.py), drawing (figures/funnel.py).
"""

from dashboards.model.blocks import Funnel, FunnelLimit, FunnelPoint
from dashboards.model.measures import Writer
from dashboards.sections.limits import NONE, Overdispersion, limits
from dashboards.sources.partition import side_by_side
from dashboards.sources.places import Place
from dashboards.sources.published import ALL, SpreadKey

# Counts only: a sum of euros does not follow a law of counts.
RATIOS = ("stays_vs_expected", "persons_vs_expected")
CURVE_POINTS = 60


def front_ratio(writer: Writer, condition: str, year: int) -> str:
    """The first of the count ratios that a declared territory has for this year; the last one when none has."""
    for name in RATIOS:
        rows = (writer.published.find(name, year, condition, one, "all", "none") for one in side_by_side(writer.published))
        if any(row is not None and row.ratio is not None for row in rows):
            return name
    return RATIOS[-1]


def label_of(writer: Writer, indicator_id: str) -> str:
    """The catalogue's label, or the expected one when the catalogue has no such entry."""
    entry = writer.published.catalogue.get(indicator_id, {})
    return entry.get(f"label_{writer.texts.language}") or writer.texts(f"core.{indicator_id}")


def funnel(writer: Writer, place: Place, condition: str) -> Funnel:
    """Every declared territory that has a ratio; no point, and the reason, when none has."""
    name = front_ratio(writer, condition, place.year)
    title, label = writer.texts("funnel.title_all" if place.territory_id == ALL else "funnel.title"), label_of(writer, name)
    points = tuple(_points(writer, place, condition, name))
    if not points:
        measure = writer.measure(name, place.year, condition, place.territory_id)
        return Funnel(title, label, (), (), writer.texts("funnel.none", note=measure.note))
    expected = [point.measure.row.expected or 0.0 for point in points]
    more = _overdispersion(writer, (name, place.year, condition, "all", "none", "ratio"))
    return Funnel(title, label, points, _curve(min(expected), max(expected), more), _reading(writer, points, more))


def _overdispersion(writer: Writer, key: SpreadKey) -> Overdispersion:
    """As the reference tells it, of all the nation's territories: never estimated on the few of a page."""
    found = writer.published.spreads.get(key)
    return NONE if found is None else Overdispersion(found.phi, found.tau2)


def _points(writer: Writer, place: Place, condition: str, name: str) -> list[FunnelPoint]:
    points = []
    for territory_id, territory in side_by_side(writer.published).items():
        measure = writer.measure(name, place.year, condition, territory_id)
        if measure.row.ratio is not None and measure.row.expected:
            points.append(FunnelPoint(territory, territory_id == place.territory_id, measure))
    return points


def _curve(least: float, most: float, more: Overdispersion) -> tuple[FunnelLimit, ...]:
    """Limits from a little below the smallest expected number to a little above the largest, evenly on a square-root axis."""
    first, last = (0.7 * least) ** 0.5, (1.1 * most) ** 0.5
    steps = [(first + (last - first) * rank / (CURVE_POINTS - 1)) ** 2 for rank in range(CURVE_POINTS)]
    return tuple(_limit(expected, more) for expected in steps)


def _limit(expected: float, more: Overdispersion) -> FunnelLimit:
    outer_low, inner_low, inner_high, outer_high = limits(expected, more)
    return FunnelLimit(expected, inner_low, inner_high, outer_low, outer_high)


def _reading(writer: Writer, points: tuple[FunnelPoint, ...], more: Overdispersion) -> str:
    here = next((point for point in points if point.is_here), None)
    counts = {"total": len(points), "outside": sum(1 for point in points if _is_outside(point, more))}
    widened = _widened(writer, more)
    if here is None:
        return writer.texts("funnel.reading_all", **counts) + widened
    measure = here.measure
    told = {"ratio": measure.ratio, "expected": measure.expected, "where": _where(writer, here, more)}
    return writer.texts("funnel.reading", **told, **counts) + widened


def _widened(writer: Writer, more: Overdispersion) -> str:
    """The sentence that says the limits are wider than chance, or nothing."""
    name, value, of_chance = ("φ", more.phi or 1.0, 1.0) if more.tau2 is None else ("τ²", more.tau2, 0.0)
    if value <= of_chance:
        return ""
    return " " + writer.texts("funnel.widened", words=f"{name} = {writer.numbers.as_declared(value)}")


def _is_outside(point: FunnelPoint, more: Overdispersion) -> bool:
    low, _, _, high = limits(point.measure.row.expected or 1.0, more)
    return not low <= (point.measure.row.ratio or 0.0) <= high


def _where(writer: Writer, point: FunnelPoint, more: Overdispersion) -> str:
    _, low, high, _ = limits(point.measure.row.expected or 1.0, more)
    is_inside = low <= (point.measure.row.ratio or 0.0) <= high
    return writer.texts("funnel.inside" if is_inside else "funnel.beyond" if _is_outside(point, more) else "funnel.between")
