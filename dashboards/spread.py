"""Where the territories lie: lowest, quartiles and highest of a published ratio."""

from statistics import quantiles

from dashboards.measures import Writer
from dashboards.page import Spread

FEWEST_TERRITORIES = 4


def spread(writer: Writer, indicator_id: str, year: int, condition: str, stratum: str, cost_basis: str) -> Spread | None:
    """The spread over the declared territories whose ratio is published; None below four of them."""
    territories = writer.published.territories
    rows = (writer.published.find(indicator_id, year, condition, name, stratum, cost_basis) for name in territories)
    ratios = sorted(row.ratio for row in rows if row is not None and row.ratio is not None)
    if len(ratios) < FEWEST_TERRITORIES:
        return None
    lower, _, upper = quantiles(ratios, n=4, method="inclusive")
    write = writer.numbers.ratio
    text = writer.texts("comparison.mini_spread", low=write(ratios[0]), high=write(ratios[-1]), lower=write(lower), upper=write(upper))
    return Spread(ratios[0], lower, upper, ratios[-1], text)
