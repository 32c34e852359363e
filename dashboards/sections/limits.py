"""Prediction limits of a funnel: how far a ratio strays around 1, by chance alone or by as much more as territories do.

Source: quantiles of the Poisson law of the expected number, interpolated between whole counts (Spiegelhalter 2005), widened by
over-dispersion where it is known. Pure numbers, equal to those of strata.statistics.funnel_limits (a test holds them together): pages know
published files only, and a server of pages keeps the statistics library out of its memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from scipy.special import betainc, pdtr

LEVELS = (0.001, 0.025, 0.975, 0.999)
_NO_SCATTER = 1e-10  # the negative binomial loses its digits below, and nobody sees the difference


@dataclass(frozen=True)
class Overdispersion:
    """How much more territories differ than by chance: tau2 (variance of the ratio between territories) where it is known, else phi.

    phi multiplies the variance, where it is above 1. Neither: chance alone.
    """

    phi: float | None = None
    tau2: float | None = None


NONE = Overdispersion()


def limit(expected: float, probability: float, more: Overdispersion = NONE) -> float:
    """The ratio below which an observed count falls with this probability when `expected` (> 0) cases are expected."""
    reached = _law(expected, more.tau2 or 0.0)
    count = _quantile(reached, probability)
    below = reached(count - 1) if count else 0.0
    excess = (reached(count) - probability) / (reached(count) - below)
    widened = sqrt(max(more.phi or 1.0, 1.0)) if more.tau2 is None else 1.0
    return max(1 + ((count - excess) / expected - 1) * widened, 0.0)


def limits(expected: float, more: Overdispersion = NONE) -> tuple[float, float, float, float]:
    """Outer low (0.1 %), inner low (2.5 %), inner high (97.5 %), outer high (99.9 %)."""
    outer_low, inner_low, inner_high, outer_high = (limit(expected, level, more) for level in LEVELS)
    return outer_low, inner_low, inner_high, outer_high


def _law(expected: float, tau2: float) -> Callable[[int], float]:
    """P(X <= count): Poisson, or negative binomial when the mean itself has variance tau2 times its square."""
    if tau2 <= _NO_SCATTER:
        return lambda count: float(pdtr(count, expected))
    return lambda count: float(betainc(1 / tau2, count + 1, 1 / (1 + tau2 * expected)))


def _quantile(reached: Callable[[int], float], probability: float) -> int:
    """The smallest count reached with this probability, by halving."""
    low, high = -1, 1
    while reached(high) < probability:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) >= probability else (middle, high)
    return high
