"""Quantiles that every run asks for, from scipy.special: those of scipy.stats are the same, and take a third of a second to load.

Belongs here: chi-square and beta. Not here: the normal one (shapes.py); what no run asks of scipy.stats is imported where it is used.
"""

from typing import Any

from numpy.typing import ArrayLike
from scipy.special import betaincinv, gammaincinv

from strata.statistics.shapes import array


def chi_square_quantile(probability: float, freedom: ArrayLike) -> Any:
    """Of the chi-square distribution with these degrees of freedom, whole or not; NaN where they are not positive."""
    return 2 * gammaincinv(array(freedom) / 2, probability)


def beta_quantile(probability: float, first: ArrayLike, second: ArrayLike) -> Any:
    """Of the beta distribution with these two shapes; NaN where one is not positive."""
    return betaincinv(first, second, probability)
