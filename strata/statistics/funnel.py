"""Funnel plot: between which limits O/E of a place like the nation lies, by its size.

Belongs here: prediction limits around 1. Not here: limits of an observed O/E (ratio.py), how scattered places are (overdispersion.py).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.shapes import Array, Limits, array, as_given, refuse, tail

_NO_SCATTER = 1e-10  # a standard deviation of 0.001 %: the negative binomial loses its digits below, and nobody sees the difference


def funnel_limits(expected: ArrayLike, levels: Sequence[float] = (0.95, 0.998), phi: float = 1.0, tau2: float = 0.0) -> tuple[Limits, ...]:
    """Limits of O/E for each level, in their order: interpolated quantiles of Poisson(E) over E (Spiegelhalter, Stat Med 2005).

    k the quantile of p, F the distribution: limit = (k - (F(k) - p)/(F(k) - F(k-1))) / E, never below 0.
    They predict a place at its expected: never a confidence interval of what was observed (Seaton and Manktelow 2012).
    Over-dispersion, one of the two: phi (multiplicative), distance to 1 times sqrt(phi), where phi is above 1;
    tau2 (additive), the variance of O/E between places: quantiles of the negative binomial, that is a Poisson whose mean is E times a
    gamma of mean 1 and variance tau2; the same limits when tau2 is 0.
    expected: persons (or events), any shape; NaN where 0. ValueError for a negative expected, phi or tau2, or both phi above 1 and tau2.
    """
    from scipy.stats import nbinom, poisson

    size = array(expected)
    refuse(size < 0, "an expected count cannot be negative")
    refuse(not (phi >= 0 and tau2 >= 0), "phi and tau2 cannot be negative")
    refuse(phi > 1 and tau2 > 0, "over-dispersion is phi or tau2, not both")
    known = np.where(size > 0, size, np.nan)
    # a gamma of mean 1 and variance tau2 times E is the mean of a Poisson: shape 1 / tau2, probability 1 / (1 + tau2 E)
    spread = nbinom(1 / tau2, 1 / (1 + tau2 * known)) if tau2 > _NO_SCATTER else poisson(known)
    return tuple(Limits(*(_limit(spread, p, known, phi) for p in (tail(level), 1 - tail(level)))) for level in levels)


def _limit(spread: Any, probability: float, expected: Array, phi: float) -> Any:
    quantile = spread.ppf(probability)
    reached = spread.cdf(quantile)
    with np.errstate(invalid="ignore"):
        part = (reached - probability) / (reached - spread.cdf(quantile - 1))
    limit = 1 + ((quantile - part) / expected - 1) * np.sqrt(max(phi, 1.0))
    return as_given(np.maximum(limit, 0.0))
