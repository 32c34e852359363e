"""Limits of a proportion.

Belongs here: persons among persons. Not here: ratios to an expected count (ratio.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.shapes import Limits, array, as_given, refuse, two_sided


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> Limits:
    """Wilson's score limits (JASA 1927): inside [0, 1], sound for rare events.

    successes, trials: persons, same shape (or broadcast); trials may be a resident population in tenths. NaN where trials is 0.
    No continuity correction. ValueError when successes do not lie between 0 and trials.
    """
    seen, among = np.broadcast_arrays(array(successes), array(trials))
    refuse((seen < 0) | (seen > among), "successes must lie between 0 and trials")
    z = two_sided(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = seen / among
        centre = (share + z**2 / (2 * among)) / (1 + z**2 / among)
        half = z / (1 + z**2 / among) * np.sqrt(share * (1 - share) / among + z**2 / (4 * among**2))
    # at the ends the formula is exact but its rounding is not
    lower = np.where(seen == 0, np.where(among > 0, 0.0, np.nan), centre - half)
    upper = np.where(seen == among, np.where(among > 0, 1.0, np.nan), centre + half)
    return Limits(as_given(lower), as_given(upper))
