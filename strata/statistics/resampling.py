"""Observed over expected of stays or euros, with an interval drawn from the persons themselves.

Belongs here: the bootstrap. Not here: the usual interval, which needs no chance (repeated.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.person_variance import by_cell
from strata.statistics.shapes import Array, Ratio, refuse, tail

_DRAWS_AT_ONCE = 5_000_000


def bootstrap_ratio(
    values: ArrayLike, cells: ArrayLike, expected: float, level: float = 0.95, *, seed: int, resamples: int = 2_000
) -> Ratio:
    """O/E with BCa limits (Efron, JASA 1987; scipy.stats.bootstrap): persons drawn again within their cell, never stays.

    values: stays or euros of each person, 0 included; cells: its sex and age band; expected: stays or euros in all, fixed, positive.
    The same seed gives the same limits. Limits are NaN where the persons of every cell are alike: they show no spread.
    Time and memory grow with the square of the largest cell (the jackknife of BCa): some seconds for 10 000 persons in one cell.
    ValueError for a missing value, a cell of one person, an expected that is not positive, fewer than 100 resamples.
    """
    from scipy.stats import bootstrap

    tail(level)
    refuse(not expected > 0, "expected must be positive")
    refuse(resamples < 100, "fewer than 100 resamples give no limits")
    samples = by_cell(values, cells)
    observed = sum(float(part.sum()) for part in samples)
    if all(np.ptp(part) == 0 for part in samples):
        return Ratio(observed / float(expected), np.nan, np.nan)

    def ratio(*drawn: Array, axis: int = -1) -> Array:
        return np.asarray(sum(part.sum(axis=axis) for part in drawn) / expected)

    batch = max(1, _DRAWS_AT_ONCE // sum(part.size for part in samples))
    limits = bootstrap(
        samples, ratio, n_resamples=resamples, batch=batch, vectorized=True, confidence_level=level, method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return Ratio(observed / float(expected), float(limits.low), float(limits.high))
