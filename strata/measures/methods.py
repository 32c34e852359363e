"""How each computation of the catalogue makes a number: value, limits, ratio, from its parts.

Belongs here: which statistic serves which computation. Not here: the statistics (statistics/), which rows there are (measure.py).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strata.statistics import Limits, clustered_share, exact_poisson, log_limits, repeated_count, standardised_ratio, wilson

Array = NDArray[np.float64]
_Z = 1.959963984540054  # of 95 %


class Parts(NamedTuple):
    """What a number is made of, one value per row, NaN where there is a reason for none.

    variance: of the numerator, between persons. national: the crude national figure. dispersion: variance of one event counted in the
    whole extract (1 when each is of another person), for events that persons repeat.
    """

    numerator: Array
    denominator: Array
    expected: Array
    variance: Array
    national: Array
    dispersion: Array


Figures = tuple[Array, Array, Array, Array, Array, Array]  # value and its limits, ratio and its limits


def _count(parts: Parts) -> Figures:
    return *_limited(parts.numerator, exact_poisson(parts.numerator)), *_no_ratio(parts)


def _share(parts: Parts) -> Figures:
    return *_limited(parts.numerator / parts.denominator, wilson(parts.numerator, parts.denominator)), *_no_ratio(parts)


def _mean(parts: Parts) -> Figures:
    """Of a quantity that each person has (years of age): normal limits."""
    mean = parts.numerator / parts.denominator
    margin = _Z * np.sqrt(parts.variance) / parts.denominator
    return mean, mean - margin, mean + margin, *_no_ratio(parts)


def _count_ratio(parts: Parts) -> Figures:
    ratio = standardised_ratio(parts.numerator, parts.expected)
    return *ratio, *ratio


def _cost(parts: Parts) -> Figures:
    return *_with_cost_limits(parts.numerator, parts), *_no_ratio(parts)


def _cost_mean(parts: Parts) -> Figures:
    return *_with_cost_limits(parts.numerator / parts.denominator, parts), *_no_ratio(parts)


def _cost_ratio(parts: Parts) -> Figures:
    ratio = _with_cost_limits(parts.numerator / parts.expected, parts)
    return *ratio, *ratio


def _cost_standardised(parts: Parts) -> Figures:
    ratio, lower, upper = _with_cost_limits(parts.numerator / parts.expected, parts)
    return ratio * parts.national, lower * parts.national, upper * parts.national, ratio, lower, upper


def _with_cost_limits(value: Array, parts: Parts) -> tuple[Array, Array, Array]:
    return _limited(value, log_limits(value, parts.numerator, parts.variance))


def _repeated(parts: Parts) -> Figures:
    return *_limited(parts.numerator, _repeated_limits(parts, np.ones_like(parts.numerator))), *_no_ratio(parts)


def _repeated_mean(parts: Parts) -> Figures:
    return *_limited(parts.numerator / parts.denominator, _repeated_limits(parts, parts.denominator)), *_no_ratio(parts)


def _repeated_ratio(parts: Parts) -> Figures:
    ratio = _limited(parts.numerator / parts.expected, _repeated_limits(parts, parts.expected))
    return *ratio, *ratio


def _repeated_limits(parts: Parts, among: Array) -> Limits:
    limits = repeated_count(parts.numerator, parts.dispersion)
    return Limits(limits.lower / among, limits.upper / among)


def _repeated_share(parts: Parts) -> Figures:
    limits = clustered_share(parts.numerator, parts.denominator, parts.variance)
    return *_limited(parts.numerator / parts.denominator, limits), *_no_ratio(parts)


def _cost_gap(parts: Parts) -> Figures:
    """Euros over or under the expected: (observed / expected - 1) x expected, and the limits of the ratio likewise."""
    ratio, lower, upper = _with_cost_limits(parts.numerator / parts.expected, parts)
    gap, least, most = ((part - 1) * parts.expected for part in (ratio, lower, upper))
    return gap, least, most, ratio, lower, upper


def _limited(value: Array, limits: Limits) -> tuple[Array, Array, Array]:
    return value, limits.lower, limits.upper


def _no_ratio(parts: Parts) -> tuple[Array, Array, Array]:
    none = np.full(parts.numerator.shape, np.nan)
    return none, none, none


COMPUTATIONS: dict[str, Callable[[Parts], Figures]] = {
    "count": _count,
    "share": _share,
    "mean": _mean,
    "count_ratio": _count_ratio,
    "cost": _cost,
    "cost_mean": _cost_mean,
    "cost_ratio": _cost_ratio,
    "cost_standardised": _cost_standardised,
    "cost_gap": _cost_gap,
    "repeated": _repeated,
    "repeated_mean": _repeated_mean,
    "repeated_ratio": _repeated_ratio,
    "repeated_share": _repeated_share,
}
