"""Statistics on small tables: pure functions over scipy, numbers or arrays in, numbers or arrays out.

Belongs here: one small module per published method. Not here: which indicator uses which (indicators.toml, measure.py).
Everywhere: what is impossible (a negative count) raises ValueError, what is unknown or cannot be said is NaN, never 0.
What they cover: docs/explanation/coverage.md.
"""

from strata.statistics.change import ratio_of_ratios
from strata.statistics.cost import log_limits
from strata.statistics.direct import direct_rate
from strata.statistics.funnel import funnel_limits
from strata.statistics.gamma_rate import fay_feuer
from strata.statistics.indirect import indirect_rate
from strata.statistics.overdispersion import additive_overdispersion, multiplicative_overdispersion
from strata.statistics.person_variance import cost_variance, repeated_event_variance, stay_variance
from strata.statistics.poisson import byar, exact_poisson, mid_p_poisson
from strata.statistics.proportion import clustered_share, wilson
from strata.statistics.ratio import standardised_ratio
from strata.statistics.repeated import repeated_count, repeated_ratio
from strata.statistics.resampling import bootstrap_ratio
from strata.statistics.shapes import Limits, Rate, Ratio
from strata.statistics.smoothing import Smoothed, gamma_poisson, marshall
from strata.statistics.standard_population import esp2013
from strata.statistics.trend import Trend, jonckheere_terpstra

__all__ = [
    "Limits",
    "Rate",
    "Ratio",
    "Smoothed",
    "Trend",
    "additive_overdispersion",
    "bootstrap_ratio",
    "byar",
    "clustered_share",
    "cost_variance",
    "direct_rate",
    "esp2013",
    "exact_poisson",
    "fay_feuer",
    "funnel_limits",
    "gamma_poisson",
    "indirect_rate",
    "jonckheere_terpstra",
    "log_limits",
    "marshall",
    "mid_p_poisson",
    "multiplicative_overdispersion",
    "ratio_of_ratios",
    "repeated_count",
    "repeated_event_variance",
    "repeated_ratio",
    "standardised_ratio",
    "stay_variance",
    "wilson",
]
