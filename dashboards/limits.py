"""Prediction limits of a funnel: how far a ratio strays by chance alone around 1.

Source: quantiles of the Poisson law of the expected number, interpolated between whole counts (Spiegelhalter 2005). Pure numbers.
"""

from scipy.special import pdtr, pdtrik

LEVELS = (0.001, 0.025, 0.975, 0.999)


def limit(expected: float, probability: float) -> float:
    """The ratio below which an observed count falls with this probability when `expected` (> 0) cases are expected."""
    count = max(int(pdtrik(probability, expected)) - 1, 0)
    while pdtr(count, expected) < probability:
        count += 1
    below = float(pdtr(count - 1, expected)) if count else 0.0
    excess = (float(pdtr(count, expected)) - probability) / (float(pdtr(count, expected)) - below)
    return max(count - excess, 0.0) / expected


def limits(expected: float) -> tuple[float, float, float, float]:
    """Outer low (0.1 %), inner low (2.5 %), inner high (97.5 %), outer high (99.9 %)."""
    outer_low, inner_low, inner_high, outer_high = (limit(expected, level) for level in LEVELS)
    return outer_low, inner_low, inner_high, outer_high
