"""Indirectly standardised ratio: observed over expected persons.

Belongs here: O/E of counts of persons. Not here: how expected is made (sql/indicators/expected_*.sql), stays and euros (repeated.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.poisson import byar, exact_poisson
from strata.statistics.shapes import Ratio, array, as_given, refuse

_EXACT_BELOW = 10


def standardised_ratio(observed: ArrayLike, expected: ArrayLike, level: float = 0.95) -> Ratio:
    """O/E with the expected count taken as fixed: exact limits below 10 observed, Byar's from 10 (the UK public-health practice).

    observed: persons; expected: persons at national rates; same shape (or broadcast). NaN where expected is 0.
    ValueError for a negative count, observed or expected.
    """
    seen, fixed = np.broadcast_arrays(array(observed), array(expected))
    refuse(fixed < 0, "an expected count cannot be negative")
    fixed = np.where(fixed > 0, fixed, np.nan)
    exact, approximate, is_small = exact_poisson(seen, level), byar(seen, level), seen < _EXACT_BELOW
    lower = np.where(is_small, exact.lower, approximate.lower) / fixed
    upper = np.where(is_small, exact.upper, approximate.upper) / fixed
    return Ratio(as_given(seen / fixed), as_given(lower), as_given(upper))
