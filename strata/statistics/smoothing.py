"""O/E of small places drawn towards that of all: empirical Bayes.

Belongs here: gamma-Poisson by maximum likelihood, Marshall by moments. Not here: neighbours (no adjacency is read), the raw O/E (ratio.py).
Publish both, raw and smoothed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincc

from strata.statistics.places import places
from strata.statistics.shapes import Array

_SHAPE = (1e-3, 1e6)  # a shape of 1e6 is no variance between places: a standard deviation of 0.1 %


class Smoothed(NamedTuple):
    """Smoothed O/E by place, probability that the place's true ratio is above 1, and the gamma (shape, rate) that all places share."""

    value: Array
    above_one: Array
    shape: float
    rate: float


def gamma_poisson(observed: ArrayLike, expected: ArrayLike) -> Smoothed:
    """(O + a) / (E + b): O is Poisson(E R), R a gamma (shape a, rate b), by maximum likelihood (Clayton and Kaldor, Biometrics 1987).

    above_one: P(R > 1) given the data, to flag above 0.8 or below 0.2; it leaves out that a and b are estimated.
    observed, expected: persons, one value per place. Places that differ no more than chance all take the common ratio (a reaches 1e6).
    NaN when no place has an event. ValueError for missing or negative counts, an expected of 0, or fewer than two places.
    """
    seen, fixed = places(observed, expected)
    if not seen.any():
        none = np.full(seen.shape, np.nan)
        return Smoothed(none, none, np.nan, np.nan)
    shape, rate = _most_likely(seen, fixed)
    value = (seen + shape) / (fixed + rate)
    return Smoothed(value, gammaincc(seen + shape, fixed + rate), shape, rate)


def marshall(observed: ArrayLike, expected: ArrayLike) -> Array:
    """m + s (R - m), s = A / (A + m/E): the global estimator of Marshall (Applied Statistics 1991), by moments.

    m = sum O / sum E, A = max(0, sum E (R - m)^2 / sum E - m / mean E). Input and errors: those of gamma_poisson; all 0 without event.
    """
    seen, fixed = places(observed, expected)
    mean, between = seen.sum() / fixed.sum(), _between(seen, fixed)
    own = between + mean / fixed
    weight = np.divide(between, own, out=np.zeros_like(own), where=own > 0)
    return mean + weight * (seen / fixed - mean)


def _between(seen: Array, fixed: Array) -> float:
    """Variance between places of the true ratio, by moments (Marshall's A)."""
    mean = seen.sum() / fixed.sum()
    return max(0.0, float((fixed * (seen / fixed - mean) ** 2).sum() / fixed.sum() - mean / fixed.mean()))


def _most_likely(seen: Array, fixed: Array) -> tuple[float, float]:
    """Shape and rate of the gamma: O is negative binomial of shape a and probability b / (b + E)."""
    from scipy.optimize import minimize
    from scipy.stats import nbinom

    def misfit(logs: Array) -> float:
        shape, rate = np.exp(logs[0]), np.exp(logs[0] - logs[1])
        return float(-nbinom.logpmf(seen, shape, rate / (rate + fixed)).sum())

    mean = seen.sum() / fixed.sum()
    between = max(_between(seen, fixed), mean**2 / _SHAPE[1])
    start = np.log([np.clip(mean**2 / between, *_SHAPE), mean])
    bounds = [tuple(np.log(_SHAPE)), (start[1] - 5, start[1] + 5)]
    found = minimize(misfit, start, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 2_000})
    return float(np.exp(found.x[0])), float(np.exp(found.x[0] - found.x[1]))
