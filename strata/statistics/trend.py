"""Does a measure rise from one ordered group to the next.

Belongs here: the test over ordered groups. Not here: by how much (means and their limits are published beside it).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.shapes import array, refuse


class Trend(NamedTuple):
    """tau: Kendall's, from -1 (falls) to 1 (rises); p_value: one-sided, of a rise at least as clear without any trend."""

    tau: float
    p_value: float


def jonckheere_terpstra(values: ArrayLike, groups: ArrayLike) -> Trend:
    """Test that values rise with ordered groups (Jonckheere, Biometrika 1954; Terpstra 1952): normal approximation, corrected for ties.

    The statistic is Kendall's S between value and group, so scipy.stats.kendalltau gives it. One-sided: for a fall, give -values.
    values: one per person, any unit; groups: numbers in their order (strata 1 to 4), one per person.
    ValueError when a value is missing or fewer than two groups are there. NaN when all values are the same.
    """
    from scipy.stats import kendalltau

    measured, order = array(values), array(groups)
    refuse(measured.ndim != 1 or measured.shape != order.shape, "values and groups need one entry per person")
    refuse(~np.isfinite(measured) | ~np.isfinite(order), "a value or a group is missing")
    refuse(np.unique(order).size < 2, "a trend needs two groups or more")
    found = kendalltau(order, measured, method="asymptotic", alternative="greater")
    return Trend(float(found.statistic), float(found.pvalue))
