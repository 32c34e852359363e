"""Limits of euros: totals, means and ratios of costs, which are skewed and which one person repeats.

Belongs here: intervals from person-level variance. Not here: the variance itself (person_variance.py; in a publication, cohort_total.sql).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.shapes import Limits, array, as_given, refuse, two_sided


def log_limits(value: ArrayLike, total: ArrayLike, variance: ArrayLike, level: float = 0.95) -> Limits:
    """Limits of `value`, a total of euros times a constant (a mean, a ratio to a fixed expected cost), on the log scale.

    se(log) = sqrt(variance) / total, limits = value x exp(-/+ z se): the delta method (Casella and Berger, 5.5.4).
    value: euros or a ratio; total: euros; variance: of the total, between persons, euros squared. Same shape (or broadcast).
    NaN where the total is not positive. ValueError for a negative variance. Below the persons of
    strata/tables/cost_interval.csv it covers less than it says: measure.py leaves it out.
    """
    centre, euros, spread = np.broadcast_arrays(array(value), array(total), array(variance))
    refuse(spread < 0, "a variance cannot be negative")
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(euros > 0, np.sqrt(spread) / euros, np.nan)
    with np.errstate(over="ignore"):  # a spread beyond all measure: from 0 to infinity
        factor = np.exp(two_sided(level) * relative)
        return Limits(as_given(centre / factor), as_given(centre * factor))
