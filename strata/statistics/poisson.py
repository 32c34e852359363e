"""Limits of a Poisson count: exact, Byar, mid-P.

Belongs here: counts of persons. Not here: stays or euros, which one person repeats (repeated.py).
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaincc

from strata.statistics.quantiles import chi_square_quantile
from strata.statistics.shapes import Array, Limits, array, as_given, refuse, tail, two_sided


def exact_poisson(count: ArrayLike, level: float = 0.95) -> Limits:
    """Exact limits of the mean of a Poisson count (Garwood, Biometrika 1936): chi-square quantiles. They cover at least `level`.

    lower = chi2(alpha/2; 2 O) / 2, and 0 for no person; upper = chi2(1 - alpha/2; 2 O + 2) / 2.
    count: persons, >= 0, any shape; NaN gives NaN. ValueError for a negative count or a level outside ]0, 1[.
    """
    observed, alpha = array(count), tail(level)
    lower = np.where(observed > 0, chi_square_quantile(alpha, 2 * np.maximum(observed, 1)) / 2, 0.0)
    upper = chi_square_quantile(1 - alpha, 2 * (observed + 1)) / 2
    return _limits(observed, lower, upper)


def byar(count: ArrayLike, level: float = 0.95) -> Limits:
    """Byar's approximation to the exact limits (Breslow and Day, IARC 1987, vol. II): close from 10 on, and without tables.

    lower = O (1 - 1/(9 O) - z/(3 sqrt(O)))^3, 0 where what is cubed is below 0 (one event, a level above 99.2 %);
    upper = the same of O + 1, with + z. Input and errors: those of exact_poisson.
    """
    observed, z = array(count), two_sided(level)
    least = np.maximum(observed, 1)
    lower = np.where(observed > 0, least * np.maximum(1 - 1 / (9 * least) - z / (3 * np.sqrt(least)), 0) ** 3, 0.0)
    above = observed + 1
    upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return _limits(observed, lower, upper)


def mid_p_poisson(count: ArrayLike, level: float = 0.95) -> Limits:
    """Mid-P limits (Berry and Armitage, The Statistician 1995): half the weight of the observed count; they cover about `level`.

    The means whose tail beyond O plus half the probability of O is alpha/2. Input and errors: those of exact_poisson.
    """
    from scipy.optimize.elementwise import find_root
    from scipy.stats import poisson

    observed, alpha = array(count), tail(level)
    known = np.where(np.isnan(observed), 0.0, observed)
    exact = exact_poisson(known, level)

    def above(mean: Array, seen: Array) -> Array:
        return gammainc(seen + 1, mean) + poisson.pmf(seen, mean) / 2 - alpha

    def below(mean: Array, seen: Array) -> Array:
        fewer = np.where(seen > 0, gammaincc(np.maximum(seen, 1), mean), 0.0)
        return fewer + poisson.pmf(seen, mean) / 2 - alpha

    # Mid-P limits lie inside the exact ones: exact limits bracket them. A count of 0 has no lower root, its limit is 0.
    positive = np.maximum(known, 1)
    low_bracket = (exact_poisson(positive, level).lower, positive)
    lower = np.where(known > 0, find_root(above, low_bracket, args=(positive,)).x, 0.0)
    upper = find_root(below, (known, exact.upper), args=(known,)).x
    return _limits(observed, lower, upper)


def _limits(observed: Array, lower: Array, upper: Array) -> Limits:
    refuse(observed < 0, "a count of persons cannot be negative")
    unknown = np.isnan(observed)
    return Limits(as_given(np.where(unknown, np.nan, lower)), as_given(np.where(unknown, np.nan, upper)))
