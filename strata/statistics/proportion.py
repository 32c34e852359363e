"""Limits of a proportion.

Belongs here: persons among persons, events among the events of the same persons. Not here: ratios to an expected count (ratio.py).
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


def clustered_share(events: ArrayLike, among: ArrayLike, variance: ArrayLike, level: float = 0.95) -> Limits:
    """Limits of a share of events that persons repeat (urgent stays among stays): Wilson's, with as many trials as they are worth.

    variance: of events given `among`, between persons: sum by person of (events - share x among)^2. The trials are divided by the design
    effect, variance over that of independent trials (at least 1). Where the share is 0 or 1 that tells nothing: variance is then the design
    effect itself, sum of among^2 over sum of among by person. Same shapes; NaN where `among` is 0. ValueError as wilson.
    """
    seen, trials, spread = np.broadcast_arrays(array(events), array(among), array(variance))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = seen / trials
        inner = (seen > 0) & (seen < trials)
        effect = np.maximum(np.where(inner, spread / (trials * share * (1 - share)), spread), 1.0)
        return wilson(np.where(seen == trials, trials / effect, share * (trials / effect)), trials / effect, level)
