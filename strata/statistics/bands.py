"""What both intervals of a directly standardised rate start from: its value and its variance, from the bands of each place.

Belongs here: weighted sums over age bands, and what is refused. Not here: intervals (direct.py, gamma_rate.py), weights.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.shapes import Array, array, refuse


class Weighted(NamedTuple):
    """Per place (the axis of the bands is gone): weighted rate, its variance, events in bands that weigh, largest weight of one event."""

    rate: Array
    variance: Array
    events: Array
    heaviest: Array


def weighted(counts: ArrayLike, populations: ArrayLike, standard: ArrayLike, variances: ArrayLike) -> Weighted:
    """Sums over the last axis, the age bands: rate = sum(w x / n), variance = sum(w^2 var(x) / n^2), with w summing to 1.

    NaN for a place that lacks a count or the residents of a band that weighs. ValueError: see direct_rate.
    """
    given = (array(counts), array(populations), array(standard), array(variances))
    refuse(any(part.ndim == 0 for part in given), "counts, populations and standard are arrays: their last axis is the age band")
    refuse(len({part.shape[-1] for part in given}) > 1, "counts, populations and standard must have the same age bands")
    events, residents, weight, spread = np.broadcast_arrays(*given)
    refuse((events < 0) | (residents < 0) | (spread < 0), "counts, populations and variances cannot be negative")
    refuse(~(weight >= 0) | ~(weight.sum(axis=-1, keepdims=True) > 0), "weights of a standard population must be 0 or more, not all 0")
    share = weight / weight.sum(axis=-1, keepdims=True)
    per_event = np.where(share > 0, share / np.where(residents > 0, residents, np.nan), 0.0)
    weighs = share > 0
    return Weighted(
        rate=np.where(weighs, per_event * events, 0.0).sum(axis=-1),
        variance=np.where(weighs, per_event**2 * spread, 0.0).sum(axis=-1),
        events=np.where(weighs, events, 0.0).sum(axis=-1),
        heaviest=per_event.max(axis=-1),
    )
