"""Printed figures made again by the method of their catalogue entry, with its parts: those that hold, and those that do not.

Belongs here: arithmetic of the public slides (2019, 2023 and 2024 figures). Not here: intervals (test_method_vectors.py).
"""

import numpy as np
import pytest

from strata.measures.catalogue import load_catalogue
from strata.measures.methods import COMPUTATIONS, Parts


def value(indicator_id: str, numerator: float, denominator: float | None = None, expected: float | None = None) -> float:
    """What the catalogue's method of the indicator makes of these parts, in the indicator's unit."""
    catalogue = load_catalogue()
    entry = catalogue.indicators[indicator_id]
    given = (numerator, denominator, expected, 1.0, None, 1.0)
    parts = Parts(*(np.array([np.nan if part is None else part], dtype=float) for part in given))
    figure = COMPUTATIONS[catalogue.methods[entry.method]["computes"]](parts)[0]
    return float(figure[0]) * catalogue.units[entry.unit].get("scale", 1)


# indicator, numerator, denominator or expected, printed (as a whole per cent of difference)
GAPS_THAT_HOLD = [
    ("condition_stays_vs_expected", 1217, 987, 23.3),
    ("ambulatory_stays_vs_expected", 184, 285, -35.4),
    ("ambulatory_stays_vs_expected", 892, 601, 48.4),
    ("cost_vs_expected", 6054, 6446, -6.1),
    ("overnight_stays_vs_expected", 559 - 184, 776 - 285, -23.6),
    ("overnight_stays_vs_expected", 1217 - 892, 987 - 601, -15.8),
]


@pytest.mark.parametrize(("indicator_id", "observed", "expected", "printed"), GAPS_THAT_HOLD)
def test_gaps_to_expected_that_hold(indicator_id, observed, expected, printed):
    assert round(100 * (value(indicator_id, observed, expected=expected) - 1), 1) == printed


def test_the_printed_27_per_cent_is_28():
    gap = 100 * (value("condition_stays_vs_expected", 559, expected=776) - 1)
    assert round(gap, 2) == -27.96
    assert round(gap) == -28 != -27


@pytest.mark.parametrize(
    ("indicator_id", "numerator", "denominator", "percent"),
    [
        ("ambulatory_share", 892, 1217, 73.3),
        ("ambulatory_share", 285, 776, 36.7),
        ("ambulatory_share", 601, 987, 60.9),
        ("urgent_share", 659_996, 2_291_654, 28.8),
    ],
)
def test_shares_that_hold(indicator_id, numerator, denominator, percent):
    assert round(100 * value(indicator_id, numerator, denominator), 1) == percent


@pytest.mark.parametrize(
    ("indicator_id", "numerator", "denominator", "ours", "printed"),
    [
        ("ambulatory_share", 184, 559, 0.329, 0.32),
        ("cost_per_patient", 12_821e6, 1_979_870, 6_476, 6_194),
        ("cost_per_patient", 11_560e6, 1_113_533, 10_381, 9_361),
        ("amputation_rate", 13_008, 1_979_870, 6.57, 6.3),
    ],
)
def test_printed_ratios_that_do_not_hold_are_not_made(indicator_id, numerator, denominator, ours, printed):
    found = value(indicator_id, numerator, denominator)
    assert found == pytest.approx(ours, rel=2e-3)
    assert found != pytest.approx(printed, rel=1e-2)


def test_the_total_rose_while_the_mean_fell():
    before, after = 559 * 2_345, 1_217 * 1_555
    assert round(100 * (1_555 / 2_345 - 1)) == -34
    assert round(100 * (value("cost_total", after) / value("cost_total", before) - 1)) == 44
    assert value("overnight_stays_vs_expected", 375, expected=491) < value("overnight_stays_vs_expected", 325, expected=386)


def test_three_quarters_of_a_thousand_is_read_per_thousand():
    assert value("stays_per_1000", 3, 4) == 750


# 2021: residents, then persons with heart failure, at risk of it, with type 2 diabetes, at risk of it, and the shares printed in per cent
TERRITORIES = {
    "Aube-Sézannais": (314_590, (4_808, 45_968, 10_168, 80_225), (1.53, 14.61, 3.23, 25.50)),
    "Cornouaille": (297_219, (5_261, 49_400, 7_866, 93_305), (1.77, 16.62, 2.65, 31.39)),
    "Deux-Sèvres": (363_167, (6_395, 51_745, 11_888, 102_011), (1.76, 14.25, 3.27, 28.09)),
    "Douaisis": (219_016, (3_421, 36_198, 7_991, 55_551), (1.56, 16.53, 3.65, 25.36)),
    "Haute-Saône": (171_288, (3_690, 26_621, 6_099, 50_638), (2.15, 15.54, 3.56, 29.56)),
    "the five": (1_365_280, (23_575, 209_932, 44_012, 381_730), (1.73, 15.38, 3.22, 27.96)),
}


@pytest.mark.parametrize("name", TERRITORIES)
def test_the_shares_of_the_2021_table_are_of_residents_of_any_age(name):
    residents, persons, printed = TERRITORIES[name]
    for count, percent in zip(persons, printed, strict=True):
        assert 100 * value("prevalence_all_ages", count, residents) == pytest.approx(percent, abs=0.0051), f"{count} of {residents}"


def test_the_totals_of_the_2021_table_are_their_sums():
    *parts, (residents, persons, _) = TERRITORIES.values()
    assert sum(part[0] for part in parts) == residents
    assert [sum(part[1][at] for part in parts) for at in range(4)] == list(persons)


@pytest.mark.parametrize(("euros", "stays", "per_stay"), [(12_821e6, 2_291_654, 5_595), (11_560e6, 1_683_245, 6_868)])
def test_the_national_cost_of_a_stay_follows_from_the_printed_totals(euros, stays, per_stay):
    assert round(value("cost_per_mco_stay", euros, stays)) == per_stay
