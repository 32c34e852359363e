"""Has a ratio to the nation moved: one O/E over another.

Belongs here: the ratio of two independent O/E. Not here: each of them (ratio.py, repeated.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.cost import log_limits
from strata.statistics.shapes import Ratio, array, as_given, refuse


def ratio_of_ratios(
    observed: ArrayLike,
    expected: ArrayLike,
    observed_before: ArrayLike,
    expected_before: ArrayLike,
    level: float = 0.95,
    variance: ArrayLike | None = None,
    variance_before: ArrayLike | None = None,
) -> Ratio:
    """(O/E) / (O/E before), both expected fixed: RR exp(-/+ z se), se^2 = var(O)/O^2 + var(O before)/O before^2.

    Left out, variances are Poisson (the counts): right for persons. For stays and euros give the variance between persons: without it the
    interval is too narrow. The two must be independent: with many persons in common (two years), it errs on the wide side.
    Same shape, or broadcast. NaN where an expected or the earlier observed is 0; no limits where the later is. ValueError for negatives.
    """
    now, before = array(observed), array(observed_before)
    refuse((now < 0) | (before < 0) | (array(expected) < 0) | (array(expected_before) < 0), "observed and expected cannot be negative")
    spread = now if variance is None else array(variance)
    spread_before = before if variance_before is None else array(variance_before)
    refuse((spread < 0) | (spread_before < 0), "a variance cannot be negative")
    positive = [np.where(part > 0, part, np.nan) for part in (array(expected), array(expected_before), before)]
    ratio = np.asarray(now / positive[0] / (positive[2] / positive[1]))
    # on the log scale relative variances add up: that of a total of 1 is their sum
    relative = spread / np.where(now > 0, now, np.nan) ** 2 + spread_before / positive[2] ** 2
    limits = log_limits(ratio, 1.0, relative, level)
    return Ratio(as_given(ratio), limits.lower, limits.upper)
