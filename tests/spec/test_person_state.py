"""Who a person is at the index date: residence, age, sex, alive, from stays that disagree."""

import pytest

from tests.support.small_country import built, config


def state(stays: str, column: str, *, year: int = 2025, residence: str = "last") -> object:
    """One column of the only person's state; None when the person has none."""
    connection = built(stays, settings=config(method={"residence": residence}))
    found = connection.execute(f"SELECT {column} FROM person_state JOIN person USING (person_id) WHERE year = ?", [year]).fetchall()
    return found[0][0] if found else None


MOVED = "person | exit | geo\n1 | 2023-02-01 | 9A001\n1 | 2023-05-01 | 9A001\n1 | 2025-02-01 | 9A002"


@pytest.mark.parametrize(("residence", "geo_code"), [("last", "9A002"), ("modal", "9A001")])
def test_the_residence_is_the_last_or_the_most_frequent(residence: str, geo_code: str) -> None:
    assert state(MOVED, "geo_code", residence=residence) == geo_code
    assert state(MOVED, "geo_code", residence=residence, year=2024) == "9A001"


def test_two_residences_as_frequent_are_settled_by_the_last_and_two_of_one_day_by_the_larger_code() -> None:
    assert state("person | exit | geo\n1 | 2025-05-01 | 9A001\n1 | 2025-02-01 | 9A002", "geo_code", residence="modal") == "9A001"
    assert state("person | exit | geo\n1 | 2025-02-01 | 9A002\n1 | 2025-02-01 | 9A001", "geo_code") == "9A002"


@pytest.mark.parametrize("geo", ["99100", "99999"])
def test_abroad_or_unknown_is_not_a_residence(geo: str) -> None:
    assert state(f"person | exit | geo\n1 | 2025-05-01 | {geo}", "geo_code") is None
    assert state(f"person | exit | geo\n1 | 2024-05-01 | 9A001\n1 | 2025-05-01 | {geo}", "geo_code") == "9A001"


@pytest.mark.parametrize(("version", "geo", "geo_code"), [("122", "08100", "9A002"), ("122", "08200", "08200"), ("228", "08100", "08100")])
def test_the_crosswalk_places_the_postcode_of_a_grouped_rss_and_no_code_of_an_rsa(version: str, geo: str, geo_code: str) -> None:
    also = f"INSERT INTO postcode VALUES ('08100', '9A002'); UPDATE read_stay SET format_version = '{version}'"
    connection = built(f"person | exit | geo\n1 | 2025-05-01 | {geo}", also=also)
    assert connection.execute("SELECT geo_code FROM person_state WHERE year = 2025").fetchall() == [(geo_code,)]


def test_the_birth_year_is_the_lower_median() -> None:
    stays = "person | exit | born\n1 | 2024-05-01 | 1950\n1 | 2024-06-01 | 1951\n1 | 2025-05-01 | 1990\n1 | 2025-06-01 | 1950"
    assert state(stays, "age_years") == 75
    assert state(stays, "age_years", year=2024) == 74


def test_the_sex_is_the_most_frequent_one_and_f_when_equal() -> None:
    rows = "person | exit | sex\n1 | 2025-05-01 | 1\n1 | 2025-06-01 | 2"
    assert state(rows, "person_state.sex") == "F"
    assert state(rows + "\n1 | 2025-07-01 | 1", "person_state.sex") == "M"


def test_the_first_death_in_hospital_counts() -> None:
    stays = "person | exit | exit_mode\n1 | 2024-05-01 | 9\n1 | 2025-05-01 | 9"
    assert state(stays, "is_alive", year=2023) is None  # no stay yet
    assert state(stays, "is_alive", year=2024) is False
    assert str(state(stays, "death_date")) == "2024-05-01"
