"""Counts, and observed over expected, of what one person repeats: stays, euros.

Belongs here: limits with a variance between persons. Not here: that variance (person_variance.py), counts of persons (ratio.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.cost import log_limits
from strata.statistics.quantiles import chi_square_quantile
from strata.statistics.shapes import Limits, Ratio, array, as_given, refuse, tail


def repeated_ratio(
    observed: ArrayLike, expected: ArrayLike, variance: ArrayLike, level: float = 0.95, expected_variance: ArrayLike = 0.0
) -> Ratio:
    """O/E of stays or euros: R exp(-/+ z se), se^2 = var(O)/O^2 + var(E)/E^2 (delta method on the log scale, O and E independent).

    variance: of observed, between persons: stay_variance, cost_variance, or count x phi. expected_variance: 0 for a national reference.
    Units: stays or euros, variances in their square; same shape, or broadcast. NaN where expected is 0; no limits where observed is 0
    or less. From how many persons on it covers what it says: docs/explanation/coverage.md. ValueError for a negative expected or variance.
    """
    seen, fixed = array(observed), array(expected)
    refuse(fixed < 0, "an expected total cannot be negative")
    of_expected = array(expected_variance)
    refuse(of_expected < 0, "a variance cannot be negative")
    fixed = np.where(fixed > 0, fixed, np.nan)
    ratio = seen / fixed
    limits = log_limits(ratio, seen, array(variance) + of_expected * ratio**2, level)
    return Ratio(as_given(np.asarray(ratio)), limits.lower, limits.upper)


def repeated_count(count: ArrayLike, dispersion: ArrayLike, level: float = 0.95) -> Limits:
    """Limits of a number of events that persons repeat: those of count / dispersion at mid-P (chi-square, 2 c + 1), times dispersion.

    dispersion: variance of the count over the count (1: each event is of another person), of a larger extract than the count itself. With
    gamma-Poisson events it holds the truth at least 93 % of the time (docs/explanation/coverage.md). Lower limit 0 where no event was seen.
    ValueError for a negative count, or a dispersion that is not positive.
    """
    seen, spread = np.broadcast_arrays(array(count), array(dispersion))
    refuse(seen < 0, "a count of events cannot be negative")
    refuse(spread <= 0, "a dispersion must be positive")
    alpha = tail(level)
    freedom = 2 * seen / spread + 1
    lower = np.where(seen > 0, spread * chi_square_quantile(alpha, freedom) / 2, 0.0 * seen)
    return Limits(as_given(lower), as_given(spread * chi_square_quantile(1 - alpha, freedom) / 2))
