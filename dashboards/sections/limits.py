"""Prediction limits of a funnel: how far a ratio strays around 1, by chance alone or by as much more as territories do.

Source: quantiles of the Poisson law of the expected number, interpolated between whole counts (Spiegelhalter 2005), widened by
over-dispersion where it is known. Pure numbers, equal to those of strata.statistics.funnel_limits (a test holds them together): pages know
published files only, and a server of pages keeps the library of statistics out of its memory.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.001, 0.025, 0.975, 0.999)
_NO_SCATTER = 1e-10  # nobody sees the difference below
_FAR = 8  # standard deviations


@dataclass(frozen=True)
class Overdispersion:
    """How much more territories differ than by chance: tau2 (variance of the ratio between territories) where it is known, else phi.

    phi multiplies the variance, where it is above 1. Neither: chance alone.
    """

    phi: float | None = None
    tau2: float | None = None


NONE = Overdispersion()


@lru_cache(maxsize=1 << 12)
def limits(expected: float, more: Overdispersion = NONE) -> tuple[float, float, float, float]:
    """Outer low (0.1 %), inner low (2.5 %), inner high (97.5 %), outer high (99.9 %): ratios, where `expected` (> 0) cases are expected.

    Kept: every page of a run draws the same ones.
    """
    first, reached = _law(expected, more.tau2 or 0.0)
    widened = sqrt(max(more.phi or 1.0, 1.0)) if more.tau2 is None else 1.0
    outer_low, inner_low, inner_high, outer_high = (
        max(1 + (_count(first, reached, level) / expected - 1) * widened, 0.0) for level in LEVELS
    )
    return outer_low, inner_low, inner_high, outer_high


def _law(expected: float, tau2: float) -> tuple[int, NDArray[np.float64]]:
    """The first count that is likely enough to matter, and P(X <= count) from it on.

    Poisson, or negative binomial when the mean itself has variance tau2 times its square. Each count is as likely as the one before times a
    known number; the whole is 1. What is left out at both ends is below 1e-9.
    """
    scatter = tau2 if tau2 > _NO_SCATTER else 0.0
    away = _FAR * sqrt(expected + scatter * expected**2)
    first = max(int(expected - away), 0)
    counts = np.arange(first + 1, int(expected + away + _FAR * (1 + 3 * expected * scatter)) + 2, dtype=np.float64)
    # negative binomial of shape 1/tau2, both sides times tau2: Poisson where tau2 is 0
    steps = np.log(expected / counts * (1 + scatter * (counts - 1)) / (1 + scatter * expected))
    likely = np.concatenate(([0.0], np.cumsum(steps)))
    reached = np.cumsum(np.exp(likely - likely.max()))
    return first, reached / reached[-1]


def _count(first: int, reached: NDArray[np.float64], level: float) -> float:
    """The count reached with this probability, between whole counts as the law goes."""
    rank = int(np.searchsorted(reached, level))
    below = float(reached[rank - 1]) if rank else 0.0
    return first + rank - (float(reached[rank]) - level) / (float(reached[rank]) - below)
