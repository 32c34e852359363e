"""Statistics on small tables: pure functions over scipy, numbers or arrays in, numbers or arrays out.

Belongs here: one small module per published method. Not here: which indicator uses which (indicators.toml, measure.py).
"""

from strata.statistics.cost import log_limits
from strata.statistics.poisson import byar, exact_poisson, mid_p_poisson
from strata.statistics.proportion import wilson
from strata.statistics.ratio import Ratio, standardised_ratio
from strata.statistics.shapes import Limits

__all__ = ["Limits", "Ratio", "byar", "exact_poisson", "log_limits", "mid_p_poisson", "standardised_ratio", "wilson"]
