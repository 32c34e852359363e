"""The figures that the method note gives to check by: printed ratios, change, cost, funnel, standard population.

Belongs here: one published number, one assertion. Not here: limits of counts (test_intervals.py), rates (test_standardised_rates.py).
"""

import csv

import pytest

from strata.statistics import esp2013, funnel_limits, ratio_of_ratios, repeated_ratio, standardised_ratio
from strata.statistics.standard_population import TABLE

# stays of Haute-Saone, observed and expected, printed by the pioneers, and the percent recomputed in the note's audit
PRINTED = [(559, 776, -27.96), (1217, 987, 23.30), (184, 285, -35.44), (892, 601, 48.42), (375, 491, -23.6), (325, 386, -15.8)]


@pytest.mark.parametrize(("observed", "expected", "percent"), PRINTED)
def test_gaps_in_percent_as_recomputed(observed, expected, percent):
    assert 100 * (standardised_ratio(observed, expected).value - 1) == pytest.approx(percent, abs=0.05)


def test_the_change_of_a_ratio_between_two_years():
    assert ratio_of_ratios(1217, 987, 559, 776) == pytest.approx((1.712, 1.549, 1.892), abs=5e-4)


def test_the_standardised_cost_of_the_pioneers():
    ratio = repeated_ratio(286e6, 304.5e6, 0.0)
    assert ratio.value * 6_446 == pytest.approx(6_054, abs=1)
    assert ratio.value == pytest.approx(0.93919, abs=1e-4)


@pytest.mark.parametrize(("persons", "percent"), [(44_400, 2.8), (6_000, 7.6)])
def test_how_wide_a_cost_of_cv_3_is(persons, percent):
    # the note gives 0.939 (0.913-0.965) for 44 400 persons and 7.6 points for 6 000
    total = 6_446.0 * persons
    found = repeated_ratio(0.939 * total, total, persons * (3 * 0.939 * 6_446.0) ** 2)
    assert 50 * (found.upper - found.lower) / found.value == pytest.approx(percent, abs=0.1)


def test_no_interval_of_ten_thousand_skewed_costs_is_narrow():
    found = repeated_ratio(1e7, 1e7, 10_000 * (3 * 1e3) ** 2)  # about 6 percent on each side
    assert 0.05 < found.upper - 1 < 0.07


CHECKED = {10: (0.122, 0.378, 1.616, 2.066), 100: (0.701, 0.804, 1.196, 1.318), 1_000: (0.903, 0.938, 1.062, 1.099)}


@pytest.mark.parametrize(("expected", "limits"), CHECKED.items())
def test_funnel_limits(expected, limits):
    inner, outer = funnel_limits(expected)
    assert (outer.lower, inner.lower, inner.upper, outer.upper) == pytest.approx(limits, abs=5e-4)


def test_the_european_standard_population():
    weights = [1000, 4000, *[5500] * 3, *[6000] * 2, 6500, *[7000] * 4, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 800, 200]
    with TABLE.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [int(row["persons"]) for row in rows] == weights
    assert [int(row["age_min"]) for row in rows] == [0, 1, *range(5, 100, 5)]
    assert all("Eurostat" in row["source"] for row in rows)
    assert esp2013([0]) == 100_000
    assert esp2013([int(row["age_min"]) for row in rows]).tolist() == weights


def test_the_standard_population_of_adults_takes_two_fifths_of_15_to_19():
    # the bands of the product: 18-39, 40-49, 50-59, 60-64, then by five years to 90 and over
    adults = esp2013([18, 40, 50, 60, 65, 70, 75, 80, 85, 90])
    assert adults.tolist() == [2 / 5 * 5_500 + 25_500, 14_000, 13_500, 6_000, 5_500, 5_000, 4_000, 2_500, 1_500, 1_000]
