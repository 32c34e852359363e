"""What goes in and out of every statistic: arrays of one shape, numbers given back as numbers.

Belongs here: limits, rates and ratios as they are given back, the normal quantile, the refusal of the impossible. Not here: any method.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]


class Limits(NamedTuple):
    """Lower and upper limit, floats or arrays of the shape of the input. NaN where none can be given."""

    lower: Any
    upper: Any


class Ratio(NamedTuple):
    """Observed / expected (or a ratio of two of them) and its limits, floats or arrays of the shape of the input."""

    value: Any
    lower: Any
    upper: Any


class Rate(NamedTuple):
    """Events per person and their limits, floats or arrays: multiply by 1 000 or 100 000 to print."""

    value: Any
    lower: Any
    upper: Any


def array(values: ArrayLike) -> Array:
    """`values` as a float array."""
    return np.asarray(values, dtype=float)


def as_given(values: Array) -> Any:
    """A number when a number was given, the array otherwise."""
    return values.item() if values.ndim == 0 else values


def two_sided(level: float) -> float:
    """Normal quantile of a two-sided interval: 1.96 at 0.95. Raises ValueError outside ]0, 1[."""
    return float(ndtri(1 - tail(level)))


def tail(level: float) -> float:
    """Probability left on each side of a two-sided interval. Raises ValueError outside ]0, 1[."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return (1 - level) / 2


def refuse(is_impossible: ArrayLike, message: str) -> None:
    """Raise ValueError(message) when any value is impossible. What is unknown (NaN) is not: it stays unknown."""
    if np.any(is_impossible):
        raise ValueError(message)
