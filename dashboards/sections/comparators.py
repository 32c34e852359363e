"""The territory beside France, its region, and the territories most like it.

Belongs here: who is like whom, and their published numbers set side by side. Likeness looks at what hospitals do not make: the size of the
population, and its age and sex (the expected share of each disease). The distance is shown, so that a reader may disagree.
"""

from math import log, sqrt
from statistics import fmean, median, pstdev

from dashboards.model.blocks import Cell, Comparators, Glance, GlanceLine, Neighbour
from dashboards.model.measures import KINDS, Writer
from dashboards.sources.partition import side_by_side
from dashboards.sources.places import Place

MOST_NEIGHBOURS = 5
FEWEST_TERRITORIES = 4


def comparators(writer: Writer, place: Place, shown: Glance) -> Comparators:
    """The lines of the overview, with the medians of the region and of the neighbours."""
    texts, territories = writer.texts, side_by_side(writer.published)
    region = writer.atlas.regions.get(place.territory_id, "")
    others = [name for name in territories if region and writer.atlas.regions.get(name) == region and name != place.territory_id]
    near = _nearest(writer, place)
    groups = [(texts("comparators.region", name=region, count=len(others)), others)] if others else []
    groups += [(texts("comparators.like", count=len(near)), [name for name, _ in near])] if near else []
    rows = tuple(_row(writer, line, [members for _, members in groups]) for line in shown.lines)
    neighbours = tuple(Neighbour(territories[name], writer.numbers.decimal(distance, 2)) for name, distance in near)
    notes = [texts("comparators.no_region")] if not others else []
    notes += [texts("comparators.too_few", least=FEWEST_TERRITORIES)] if not near else []
    columns = (texts("comparators.reference"), *(heading for heading, _ in groups))
    return Comparators(columns, rows, neighbours, " ".join(notes), _reading(writer, place, neighbours))


def _row(writer: Writer, line: GlanceLine, groups: list[list[str]]) -> tuple[Cell, ...]:
    kind = writer.cell(line.measure).kind
    reference = Cell(line.reference_text or writer.texts("comparators.absent"), line.reference, kind)
    return (Cell(line.label), writer.cell(line.measure), reference, *(_median(writer, line, members) for members in groups))


def _median(writer: Writer, line: GlanceLine, members: list[str]) -> Cell:
    """The median of the published values of the members; said to be absent when fewer than two have one."""
    row = line.measure.row
    found = (writer.published.find(row.indicator_id, row.year, row.condition, name, row.stratum, row.cost_basis) for name in members)
    values = [one.value for one in found if one is not None and one.value is not None]
    if len(values) < 2:
        return Cell(writer.texts("comparators.absent"))
    middle = median(values)
    return Cell(writer.amount(middle, row.unit), middle, KINDS.get(row.unit, "decimal"))


def _nearest(writer: Writer, place: Place) -> list[tuple[str, float]]:
    """The nearest territories, at most five and at most half of the others."""
    traits = {name: trait for name in side_by_side(writer.published) if (trait := _traits(writer, name, place.year))}
    if place.territory_id not in traits or len(traits) < FEWEST_TERRITORIES:
        return []
    scales = [(fmean(column), pstdev(column) or 1.0) for column in zip(*traits.values())]
    scaled = {name: [(value - mean) / width for value, (mean, width) in zip(trait, scales)] for name, trait in traits.items()}
    here = scaled.pop(place.territory_id)
    distances = sorted((sqrt(sum((a - b) ** 2 for a, b in zip(here, there))), name) for name, there in scaled.items())
    return [(name, distance) for distance, name in distances[: min(MOST_NEIGHBOURS, len(distances) // 2)]]


def _traits(writer: Writer, territory_id: str, year: int) -> list[float]:
    """Logarithm of the adults, then the expected share of each disease; empty when one is not published."""
    traits: list[float] = []
    for definition in writer.published.definitions:
        share = writer.published.find("prevalence", year, definition.condition, territory_id, "all", "none")
        expected = writer.published.find("persons_vs_expected", year, definition.condition, territory_id, "all", "none")
        if share is None or not share.denominator or expected is None or not expected.expected:
            return []
        traits = traits or [log(share.denominator)]
        traits.append(expected.expected / share.denominator)
    return traits


def _reading(writer: Writer, place: Place, neighbours: tuple[Neighbour, ...]) -> str:
    if not neighbours:
        return ""
    return writer.texts("comparators.reading", place=place.name, name=neighbours[0].name, distance=neighbours[0].distance)
