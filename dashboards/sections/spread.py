"""Where the territories lie: lowest, quartiles and highest of a published number; of the nation's where the run has too few."""

from statistics import quantiles

from dashboards.model.blocks import Spread
from dashboards.model.measures import Writer
from dashboards.sources.partition import side_by_side
from dashboards.sources.published import Row, SpreadKey

FEWEST_TERRITORIES = 4


def spread(writer: Writer, indicator_id: str, year: int, condition: str, stratum: str, cost_basis: str) -> Spread | None:
    """The spread of the published ratios of the declared territories; of the nation's below four of them; else None."""
    rows = territory_rows(writer, indicator_id, year, condition, stratum, cost_basis)
    nation = _of_nation(writer, rows, (indicator_id, year, condition, stratum, cost_basis, "ratio"), "ratio")
    return _spread(writer, [row.ratio for row in rows], "ratio") or nation


def value_spread(writer: Writer, row: Row) -> Spread | None:
    """The same of the published values, of the indicator, year, condition, stratum and cost basis of `row`."""
    rows = territory_rows(writer, row.indicator_id, row.year, row.condition, row.stratum, row.cost_basis)
    nation = _of_nation(writer, rows, (row.indicator_id, row.year, row.condition, row.stratum, row.cost_basis, "value"), row.unit)
    return _spread(writer, [one.value for one in rows], row.unit) or nation


def territory_rows(writer: Writer, indicator_id: str, year: int, condition: str, stratum: str, cost_basis: str) -> list[Row]:
    """The rows of the declared territories that have one."""
    found = (writer.published.find(indicator_id, year, condition, name, stratum, cost_basis) for name in side_by_side(writer.published))
    return [row for row in found if row is not None]


def _of_nation(writer: Writer, rows: list[Row], key: SpreadKey, unit: str) -> Spread | None:
    """What the reference pack says, beside numbers that claim as much: those of one's own hospitals lack the stays elsewhere."""
    found = writer.published.spreads.get(key)
    if found is None or not all(row.coverage == "national" for row in rows):
        return None
    least, lower, upper, most = found.least, found.lower, found.upper, found.most
    low, high, below, above = (writer.amount(value, unit) for value in (least, most, lower, upper))
    text = writer.texts("comparison.nation_spread", count=found.territories, low=low, high=high, lower=below, upper=above)
    return Spread(least, lower, upper, most, text)


def _spread(writer: Writer, values: list[float | None], unit: str) -> Spread | None:
    known = sorted(value for value in values if value is not None)
    if len(known) < FEWEST_TERRITORIES:
        return None
    lower, _, upper = quantiles(known, n=4, method="inclusive")
    low, high, below, above = (writer.amount(value, unit) for value in (known[0], known[-1], lower, upper))
    text = writer.texts("comparison.mini_spread", low=low, high=high, lower=below, upper=above)
    return Spread(known[0], lower, upper, known[-1], text)
