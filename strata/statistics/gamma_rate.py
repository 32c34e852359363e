"""Directly standardised rate of few events: the gamma interval.

Belongs here: Fay and Feuer's limits, from no event on. Not here: Dobson's, the usual ones (direct.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.bands import weighted
from strata.statistics.quantiles import chi_square_quantile
from strata.statistics.shapes import Rate, as_given, tail


def fay_feuer(counts: ArrayLike, populations: ArrayLike, standard: ArrayLike, level: float = 0.95) -> Rate:
    """Directly standardised rate with the gamma limits of Fay and Feuer (Statistics in Medicine 1997): conservative, exact for one band.

    With y the rate, v its Poisson variance and w the largest weight of one event: lower = v/(2y) chi2(alpha/2; 2y^2/v), and 0 for no event;
    upper = (v + w^2)/(2(y + w)) chi2(1 - alpha/2; 2(y + w)^2/(v + w^2)).
    Events are counted once per person: those a person repeats need direct_rate with its variances. Shapes and errors: those of direct_rate.
    """
    rate, variance, _, heaviest = weighted(counts, populations, standard, counts)
    alpha = tail(level)
    some, spread = np.where(rate > 0, rate, 1.0), np.where(rate > 0, variance, 1.0)
    lower = np.where(rate > 0, spread / (2 * some) * chi_square_quantile(alpha, 2 * some**2 / spread), 0 * rate)
    above, wider = rate + heaviest, variance + heaviest**2
    upper = wider / (2 * above) * chi_square_quantile(1 - alpha, 2 * above**2 / wider)
    return Rate(as_given(rate), as_given(lower), as_given(upper))
