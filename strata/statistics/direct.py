"""Directly standardised rate: what the rate would be with the ages of a standard population.

Belongs here: Dobson's interval, also for repeated events. Not here: few events (gamma_rate.py), the weights (standard_population.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.bands import weighted
from strata.statistics.poisson import byar
from strata.statistics.shapes import Rate, as_given

_FEWEST_EVENTS = 10


def direct_rate(
    counts: ArrayLike, populations: ArrayLike, standard: ArrayLike, level: float = 0.95, variances: ArrayLike | None = None
) -> Rate:
    """Events per person at the ages of `standard`, with the limits of Dobson et al. (Statistics in Medicine 1991) over Byar's.

    limits = rate + sqrt(variance / O) x (Byar's limit of O - O), O the sum of the counts, never below 0; variance = sum(w^2 var(x) / n^2).
    counts, populations, standard: events, residents and weights by age band; the last axis is the band, the others are places.
    standard: any scale, for instance esp2013(starts of the bands), also of adults only (say so beside the rate).
    variances: of each count; left out, each count is Poisson. For events a person repeats: repeated_event_variance.
    NaN below 10 events (nothing is claimed: see fay_feuer), or where a count or the residents of a band are missing.
    ValueError for negative counts, populations or variances, weights that are negative, missing or all 0, bands that do not match.
    """
    place = weighted(counts, populations, standard, counts if variances is None else variances)
    enough = np.where(place.events >= _FEWEST_EVENTS, place.events, np.nan)
    rate = place.rate + 0 * enough
    limits, stretch = byar(enough, level), np.sqrt(place.variance / enough)
    lower = np.maximum(rate + stretch * (limits.lower - enough), 0.0)
    return Rate(as_given(rate), as_given(lower), as_given(rate + stretch * (limits.upper - enough)))
