"""What goes in and out of every statistic: arrays of one shape, numbers given back as numbers.

Belongs here: the pair of limits and the normal quantile. Not here: any method.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

Array = NDArray[np.float64]


class Limits(NamedTuple):
    """Lower and upper limit, floats or arrays of the shape of the input. NaN where none can be given."""

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
    return float(norm.ppf(1 - tail(level)))


def tail(level: float) -> float:
    """Probability left on each side of a two-sided interval. Raises ValueError outside ]0, 1[."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return (1 - level) / 2
