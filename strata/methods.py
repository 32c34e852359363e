"""How each computation of the catalogue makes a number: value, limits, ratio, from its parts.

Belongs here: which statistic serves which computation. Not here: the statistics (statistics/), which rows there are (measure.py).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strata.statistics import Limits, exact_poisson, log_limits, standardised_ratio, wilson

Array = NDArray[np.float64]


class Parts(NamedTuple):
    """What a number is made of, one value per row, NaN where there is a reason for none. national: the crude national figure."""

    numerator: Array
    denominator: Array
    expected: Array
    variance: Array
    national: Array


Figures = tuple[Array, Array, Array, Array, Array, Array]  # value and its limits, ratio and its limits


def _count(parts: Parts) -> Figures:
    return *_limited(parts.numerator, exact_poisson(parts.numerator)), *_no_ratio(parts)


def _share(parts: Parts) -> Figures:
    return *_limited(parts.numerator / parts.denominator, wilson(parts.numerator, parts.denominator)), *_no_ratio(parts)


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


def _limited(value: Array, limits: Limits) -> tuple[Array, Array, Array]:
    return value, limits.lower, limits.upper


def _no_ratio(parts: Parts) -> tuple[Array, Array, Array]:
    none = np.full(parts.numerator.shape, np.nan)
    return none, none, none


COMPUTATIONS: dict[str, Callable[[Parts], Figures]] = {
    "count": _count,
    "share": _share,
    "count_ratio": _count_ratio,
    "cost": _cost,
    "cost_mean": _cost_mean,
    "cost_ratio": _cost_ratio,
    "cost_standardised": _cost_standardised,
}
