"""Indirectly standardised rate: what the rate would be with the sexes and ages of the nation.

Belongs here: O/E turned into a rate. Not here: O/E itself (ratio.py).
"""

from numpy.typing import ArrayLike

from strata.statistics.ratio import standardised_ratio
from strata.statistics.shapes import Rate, array, as_given, refuse


def indirect_rate(observed: ArrayLike, expected: ArrayLike, reference_rate: ArrayLike, level: float = 0.95) -> Rate:
    """O/E times the crude rate of the reference, with the limits of O/E: exact below 10 observed, Byar's from 10.

    observed, expected: persons; reference_rate: persons per person, or per 1 000 (the result then is too). Same shape, or broadcast.
    NaN where expected is 0. ValueError for a negative count or rate.
    """
    crude = array(reference_rate)
    refuse(crude < 0, "a reference rate cannot be negative")
    ratio = standardised_ratio(observed, expected, level)
    return Rate(*(as_given(array(part) * crude) for part in ratio))
