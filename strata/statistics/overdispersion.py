"""How much more places differ than chance alone: phi and tau2, for the funnel.

Belongs here: estimates over all places of a size in the nation, not over the pioneers. Not here: the limits they widen (funnel.py).
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from strata.statistics.places import places
from strata.statistics.shapes import Array

_TAIL = 0.1  # of the places, on each side, drawn in: the truly different must not pass for scatter
_NO_EVENT = 0.5


def multiplicative_overdispersion(observed: ArrayLike, expected: ArrayLike) -> float:
    """phi: mean of z^2 over places, z = 2 (sqrt(O) - sqrt(E)), the outer 10 % on each side drawn in (Spiegelhalter, QSHC 2005).

    The mean is divided by what drawing in leaves of it by chance alone (0.68), so that phi is 1 then. The source leaves it at 0.68: where
    places differ, its funnel gives twice the alarms it says at 95 % and five times at 99.8 % or more (docs/explanation/coverage.md).
    observed, expected: persons (or events), one value per place. Widen only by phi above 1 (funnel_limits does).
    Few places give a poor phi: take all of the nation's.
    ValueError for missing or negative counts, an expected of 0, fewer than two places.
    """
    seen, fixed = places(observed, expected)
    return float(_squares(2 * (np.sqrt(seen) - np.sqrt(fixed))).mean())


def additive_overdispersion(observed: ArrayLike, expected: ArrayLike) -> float:
    """tau2: variance between places of log(O/E), DerSimonian and Laird's moments around 1 (Spiegelhalter 2005): for more than 30 places.

    z = log(O/E) sqrt(E), the outer 10 % on each side drawn in, its squares divided as for phi; w = E, the inverse of the variance of
    log(O/E) in a place at its expected; tau2 = (sum z^2 - (I - 1)) / (sum w - sum w^2 / sum w), never below 0.
    A place without event counts half a one. Input and errors: those of multiplicative_overdispersion.
    """
    seen, fixed = places(observed, expected)
    squares = _squares(np.log(np.maximum(seen, _NO_EVENT) / fixed) * np.sqrt(fixed))
    excess = squares.sum() - (seen.size - 1)
    return max(0.0, float(excess / (fixed.sum() - (fixed**2).sum() / fixed.sum())))


def _squares(z: Array) -> Array:
    """z^2 with the outermost drawn in, over what that leaves of the variance of a normal z."""
    outer, ordered = int(_TAIL * z.size), np.sort(z)
    drawn_in, share = np.clip(z, ordered[outer], ordered[-1 - outer]), outer / z.size
    if share == 0:
        return drawn_in**2
    edge = -ndtri(share)
    density = np.exp(-(edge**2) / 2) / np.sqrt(2 * np.pi)
    left = 1 - 2 * share - 2 * edge * density + 2 * share * edge**2
    return np.asarray(drawn_in**2 / left)
