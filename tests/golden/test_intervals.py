"""Intervals of counts, shares and costs against the vectors of the method note. Rates: test_standardised_rates.py."""

import math

import numpy as np
import pytest
from scipy.stats import poisson

from strata.statistics import byar, exact_poisson, log_limits, mid_p_poisson, standardised_ratio, wilson

# observed, expected, O/E, exact, mid-P, Byar: 95 % limits of O/E to four decimals
VECTORS = [
    (559, 776, 0.7204, (0.6619, 0.7826), (0.6625, 0.7820), (0.6619, 0.7826)),
    (1217, 987, 1.2330, (1.1647, 1.3043), (1.1652, 1.3038), (1.1647, 1.3043)),
    (184, 285, 0.6456, (0.5557, 0.7459), (0.5573, 0.7441), (0.5557, 0.7459)),
    (892, 601, 1.4842, (1.3884, 1.5849), (1.3892, 1.5840), (1.3884, 1.5849)),
    (0, 4.2, 0.0, (0.0, 0.8783), (0.0, 0.7133), (0.0, 0.8733)),
    (3, 4.2, 0.7143, (0.1473, 2.0874), (0.1817, 1.9439), (0.1436, 2.0870)),
    (11, 8.5, 1.2941, (0.6460, 2.3155), (0.6805, 2.2493), (0.6451, 2.3157)),
    (25, 25, 1.0, (0.6471, 1.4762), (0.6615, 1.4544), (0.6470, 1.4763)),
]


@pytest.mark.parametrize(("observed", "expected", "ratio", "exact", "mid_p", "approximate"), VECTORS)
def test_vectors_of_observed_over_expected(observed, expected, ratio, exact, mid_p, approximate):
    assert observed / expected == pytest.approx(ratio, abs=5e-5)
    for method, limits in ((exact_poisson, exact), (mid_p_poisson, mid_p), (byar, approximate)):
        assert [limit / expected for limit in method(observed)] == pytest.approx(limits, abs=6e-5), method.__name__


def test_exact_below_ten_and_byar_from_ten():
    assert standardised_ratio(9, 1.0)[1:] == exact_poisson(9)
    assert standardised_ratio(10, 1.0)[1:] == byar(10)


def test_arrays_and_numbers_agree():
    counts = np.array([[0, 3], [11, 559]])
    for method in (exact_poisson, byar, mid_p_poisson):
        lower, upper = method(counts)
        assert lower.shape == upper.shape == counts.shape
        assert (lower[1, 0], upper[1, 0]) == pytest.approx(method(11), rel=1e-12)
        assert isinstance(method(11).lower, float)


def test_exact_limits_cover_at_least_what_they_say():
    for mean in (0.5, 2.0, 7.3, 15.0, 40.0):
        counts = np.arange(0, 150)
        lower, upper = exact_poisson(counts)
        held = (lower <= mean) & (mean <= upper)
        assert poisson.pmf(counts, mean)[held].sum() >= 0.95


def test_wilson_against_its_closed_form():
    # 10 of 100, z = 1.959964: (p + z2/2n -/+ z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n)
    assert wilson(10, 100) == pytest.approx((0.0552291, 0.1743657), abs=1e-6)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775328), abs=1e-6)
    assert wilson(10, 10) == pytest.approx((0.7224672, 1.0), abs=1e-6)
    assert math.isnan(wilson(0, 0).lower)


def test_cost_ratio_of_the_order_of_magnitude_of_the_method_note():
    persons, variation = 44_400, 3.0  # R = 0.939 (0.913-0.965)
    total = 1_000.0 * persons
    limits = log_limits(0.939, total, persons * (variation * 1_000.0) ** 2)
    assert limits == pytest.approx((0.913, 0.965), abs=1e-3)


def test_nonsense_is_refused_and_the_unknown_stays_unknown():
    with pytest.raises(ValueError, match="negative"):
        exact_poisson(-1)
    with pytest.raises(ValueError, match="trials"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="level"):
        byar(3, level=95)
    assert math.isnan(exact_poisson(float("nan")).lower)
    assert math.isnan(standardised_ratio(3, 0).value)
    assert math.isnan(log_limits(1.0, 0.0, 4.0).lower)
