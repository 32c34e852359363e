"""Is a series rising? A weighted slope over the years, each year weighed by its own interval.

Belongs here: the direction of a series of published numbers. Not here: drawing the years (figures/trend.py).
"""

from dataclasses import dataclass

from dashboards.sources.published import Row

FEWEST_POINTS = 5
NORMAL_975 = 1.959964


@dataclass(frozen=True)
class Trend:
    """direction: up | down | flat | '' (nothing is claimed). reason: why nothing is: 'few' | 'break' | 'interval'."""

    direction: str
    reason: str = ""


def trend_of(rows: list[Row]) -> Trend:
    """The direction of the last unbroken years, at least five of them, each with an interval; rows in the order of the years."""
    shown = [row for row in rows if row.value is not None]
    unbroken = _since_break(shown)
    if len(unbroken) < FEWEST_POINTS:
        return Trend("", "break" if len(shown) >= FEWEST_POINTS else "few")
    points = [point for row in unbroken for point in _point(row)]
    if len(points) < FEWEST_POINTS:
        return Trend("", "interval")
    slope, error = _slope(points)
    if abs(slope) <= NORMAL_975 * error:
        return Trend("flat")
    return Trend("up" if slope > 0 else "down")


def is_break(before: Row, after: Row) -> bool:
    """The two years cannot be joined: another look-back, another definition, a year missing between, or a partial one."""
    same = (before.lookback_years, before.definition_id) == (after.lookback_years, after.definition_id)
    return not same or after.year - before.year > 1 or "partial" in (before.period_status, after.period_status)


def _since_break(rows: list[Row]) -> list[Row]:
    kept: list[Row] = []
    for row in rows:
        if kept and is_break(kept[-1], row):
            kept = []
        kept.append(row)
    return kept


def _point(row: Row) -> list[tuple[int, float, float]]:
    """Year, value, standard error; nothing without an interval."""
    if row.value is None or row.lower is None or row.upper is None or row.upper <= row.lower:
        return []
    return [(row.year, row.value, (row.upper - row.lower) / (2 * NORMAL_975))]


def _slope(points: list[tuple[int, float, float]]) -> tuple[float, float]:
    """Least squares with weights 1/variance: slope per year and its standard error."""
    weights = [1 / spread**2 for _, _, spread in points]
    total = sum(weights)
    middle = sum(weight * year for weight, (year, _, _) in zip(weights, points)) / total
    level = sum(weight * value for weight, (_, value, _) in zip(weights, points)) / total
    across = sum(weight * (year - middle) ** 2 for weight, (year, _, _) in zip(weights, points))
    slope = sum(weight * (year - middle) * (value - level) for weight, (year, value, _) in zip(weights, points)) / across
    return slope, across**-0.5
