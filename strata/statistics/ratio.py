"""Indirectly standardised ratio: observed over expected persons.

Belongs here: O/E of counts of persons. Not here: how expected is made (sql/indicators/expected_*.sql), O/E of euros (cost.py).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.poisson import byar, exact_poisson
from strata.statistics.shapes import array, as_given

_EXACT_BELOW = 10


class Ratio(NamedTuple):
    """Observed / expected and its limits, floats or arrays of the shape of the input."""

    value: Any
    lower: Any
    upper: Any


def standardised_ratio(observed: ArrayLike, expected: ArrayLike, level: float = 0.95) -> Ratio:
    """O/E with the expected count taken as fixed: exact limits below 10 observed, Byar's from 10 (the UK public-health practice).

    observed: persons; expected: persons at national rates; same shape (or broadcast). NaN where expected is not positive.
    """
    seen, fixed = np.broadcast_arrays(array(observed), array(expected))
    fixed = np.where(fixed > 0, fixed, np.nan)
    exact, approximate, is_small = exact_poisson(seen, level), byar(seen, level), seen < _EXACT_BELOW
    lower = np.where(is_small, exact.lower, approximate.lower) / fixed
    upper = np.where(is_small, exact.upper, approximate.upper) / fixed
    return Ratio(as_given(seen / fixed), as_given(lower), as_given(upper))
