"""What person_evidence says of a criterion met: how many events, the first, the last, and when it ends without a new one."""

from datetime import date

import pytest

from tests.support.small_country import built, config

ONE = "person | exit | dp | das\n"


def evidence(stays: str, criterion: str, *, year: int = 2025, **sections: dict[str, object]) -> tuple[int, str, str, str] | None:
    """(events, first_date, last_date, expires_on) of the only person, NULL when the criterion is not met."""
    rows = built(stays, settings=config(**sections)).execute(
        "SELECT events, first_date, last_date, expires_on FROM person_evidence WHERE criterion_id = ? AND year = ? AND condition = 't2d'",
        [criterion, year],
    )
    found = rows.fetchall()
    assert len(found) < 2
    return next(((events, *(day.isoformat() for day in days)) for events, *days in found), None)


def test_evidence_counts_from_the_first_to_the_last_and_ends_a_look_back_after_the_last() -> None:
    stays = ONE + "1 | 2022-03-15 | J189 | E1198\n1 | 2020-12-31 | J189 | E1198\n1 | 2024-02-29 | J189 | E1198"
    assert evidence(stays, "diabetes_type_2") == (2, "2022-03-15", "2024-02-29", "2029-02-28")
    assert evidence(stays, "diabetes_type_2", year=2022) == (2, "2020-12-31", "2022-03-15", "2027-03-15")


def test_a_number_of_events_ends_when_the_one_that_makes_the_number_is_too_old() -> None:
    stays = ONE + "1 | 2024-02-01 | E1108 |\n1 | 2024-07-01 | E1108 |\n1 | 2025-03-01 | E1108 |"
    assert evidence(stays, "severe_metabolic_twice_24m") == (3, "2024-02-01", "2025-03-01", "2026-07-01")
    assert evidence(stays, "severe_metabolic_24m") == (3, "2024-02-01", "2025-03-01", "2027-03-01")


def test_two_events_of_one_day_make_the_number_that_day() -> None:
    assert evidence(ONE + "1 | 2025-03-01 | E1108 |\n1 | 2025-03-01 | E1108 |", "severe_metabolic_twice_24m") == (
        2, "2025-03-01", "2025-03-01", "2027-03-01"
    )  # fmt: skip


def test_an_episode_is_dated_by_its_last_stay_and_counts_once() -> None:
    stays = "person | entry | exit | dp | nights\n1 | 2025-03-01 | 2025-03-05 | I5019 | 4\n1 | 2025-03-06 | 2025-03-20 | I5019 | 14"
    assert evidence(stays, "decompensation_24m") == (1, "2025-03-20", "2025-03-20", "2027-03-20")


@pytest.mark.parametrize(("years", "expires_on"), [(5, "2027-06-01"), (1, "2026-06-01")])
def test_no_evidence_outlives_the_look_back(years: int, expires_on: str) -> None:
    found = evidence(ONE + "1 | 2025-06-01 | I639 | E1198", "stroke_24m", method={"lookback_years": years})
    assert found == (1, "2025-06-01", "2025-06-01", expires_on)


@pytest.mark.parametrize("exit_date", ["2024-07-01", "2024-06-30"])
def test_in_a_partial_year_windows_end_with_the_last_complete_month(exit_date: str) -> None:
    half = {"coverage": {"mco": {"scope": "national", "last_complete_month": "2025-06"}}}
    stays = ONE + f"1 | {exit_date} | J189 | E1198 Z992+0 N185"
    assert (evidence(stays, "dialysis_status_12m", **half) is not None) == (date.fromisoformat(exit_date) > date(2024, 6, 30))


@pytest.mark.parametrize(
    ("exit_date", "code", "is_met"),
    [("2017-02-28", "E6600", True), ("2017-03-01", "E6600", False), ("2017-03-01", "E6609", True), ("2017-02-28", "E6605", True)],
)
def test_an_obesity_code_of_before_march_2017_counts_only_then(exit_date: str, code: str, is_met: bool) -> None:
    assert (evidence(ONE + f"1 | {exit_date} | J189 | {code}", "obesity_30", year=2021) is not None) == is_met


@pytest.mark.parametrize(
    ("exit_date", "code", "is_met"),
    [
        ("2017-02-28", "E6600", False), ("2017-02-28", "E6601", True), ("2017-02-28", "E6692", True), ("2017-03-01", "E6601", False),
        ("2017-03-01", "E6692", False), ("2017-03-01", "E6605", True), ("2017-03-01", "E6604", False),
    ],
)  # fmt: skip
def test_a_bmi_of_35_is_said_by_other_codes_before_march_2017(exit_date: str, code: str, is_met: bool) -> None:
    """E66.x1 and x2 were BMI 40 to 50 and 50 or more; x0, 30 to 40, cannot tell."""
    assert (evidence(ONE + f"1 | {exit_date} | J189 | {code}", "obesity_35", year=2021) is not None) == is_met
