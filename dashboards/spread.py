"""Where the territories lie: lowest, quartiles and highest of a published number."""

from statistics import quantiles

from dashboards.blocks import Spread
from dashboards.measures import Writer
from dashboards.published import Row

FEWEST_TERRITORIES = 4


def spread(writer: Writer, indicator_id: str, year: int, condition: str, stratum: str, cost_basis: str) -> Spread | None:
    """The spread of the published ratios of the declared territories; None below four of them."""
    rows = territory_rows(writer, indicator_id, year, condition, stratum, cost_basis)
    return _spread(writer, [row.ratio for row in rows], "ratio")


def value_spread(writer: Writer, row: Row) -> Spread | None:
    """The same of the published values, of the indicator, year, condition, stratum and cost basis of `row`."""
    rows = territory_rows(writer, row.indicator_id, row.year, row.condition, row.stratum, row.cost_basis)
    return _spread(writer, [one.value for one in rows], row.unit)


def territory_rows(writer: Writer, indicator_id: str, year: int, condition: str, stratum: str, cost_basis: str) -> list[Row]:
    """The rows of the declared territories that have one."""
    found = (writer.published.find(indicator_id, year, condition, name, stratum, cost_basis) for name in writer.published.territories)
    return [row for row in found if row is not None]


def _spread(writer: Writer, values: list[float | None], unit: str) -> Spread | None:
    known = sorted(value for value in values if value is not None)
    if len(known) < FEWEST_TERRITORIES:
        return None
    lower, _, upper = quantiles(known, n=4, method="inclusive")
    low, high, below, above = (writer.amount(value, unit) for value in (known[0], known[-1], lower, upper))
    text = writer.texts("comparison.mini_spread", low=low, high=high, lower=below, upper=above)
    return Spread(known[0], lower, upper, known[-1], text)
