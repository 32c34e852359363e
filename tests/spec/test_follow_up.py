"""Acts of follow-up: what is seen of them in a year, whom they are expected of, and the years of which nothing may be said."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from strata.config import Config
from strata.disclosure import protect
from strata.engine import models
from strata.measures.catalogue import catalogue_of
from strata.measures.measure import measure
from strata.settings import write_settings
from tests.support.cohort_warehouse import add_person, build, config, empty, pick

BLOOD, EYE, NOTHING, HEAVY = "blood", "eye", "nothing", "heavy"
ACTS = f"""
    INSERT INTO definition_act VALUES
        ('t2d', '{BLOOD}', 'Sang', 'Blood', 'Limite.', 'Limit.', 'month', 1, TRUE, TRUE),
        ('t2d', '{EYE}', 'Œil', 'Eye', 'Limite.', 'Limit.', 'day', 2, TRUE, TRUE),
        ('t2d', '{NOTHING}', 'Rien', 'Nothing', 'Limite.', 'Limit.', 'day', 1, FALSE, TRUE),
        ('t2d', '{HEAVY}', 'Lourd', 'Heavy', 'Limite.', 'Limit.', 'day', 1, TRUE, FALSE);
    INSERT INTO definition_act_way VALUES ('t2d', '{BLOOD}', 1, TRUE, FALSE), ('t2d', '{EYE}', 1, TRUE, FALSE),
        ('t2d', '{EYE}', 2, FALSE, TRUE), ('t2d', '{HEAVY}', 1, TRUE, TRUE);
    INSERT INTO definition_act_code VALUES ('t2d', '{BLOOD}', 1, 'codes', 'nabm', '1577', NULL, NULL),
        ('t2d', '{EYE}', 1, 'codes', 'ccam', 'BGQP002', NULL, NULL), ('t2d', '{EYE}', 2, 'by', 'speciality', '15', NULL, NULL),
        ('t2d', '{HEAVY}', 1, 'codes', 'prs', '1110', NULL, NULL), ('t2d', '{HEAVY}', 1, 'by', 'speciality', '1', NULL, NULL);
    INSERT INTO definition_act_expected
        SELECT 't2d', act, unnest(['1', '2', '3', '4']), times, years, 'source', 'S'
        FROM (VALUES ('{BLOOD}', 2, 1), ('{EYE}', 1, 2), ('{NOTHING}', 1, 1)) AS a (act, times, years)
        UNION ALL SELECT 't2d', '{HEAVY}', '4', 1, 1, 'proposal', 'P';
    INSERT INTO definition_act_quarter
        SELECT condition, act, stratum, quarter, times / years / 4 FROM definition_act_expected CROSS JOIN range(1, 5) AS r (quarter);
"""


def declared(folder: Path, **care: Any) -> Config:
    whole = {"scope": "national", "last_complete_month": "2025-12"}
    coverage = {"mco": whole, **({"dcir": {"scope": "national"} | care} if care.pop("is_declared", True) else {})}
    return config(folder, coverage=coverage)


def warehouse(settings: Config, flows: str = "SELECT year, month FROM range(2023, 2027) AS y (year), range(1, 13) AS m (month)") -> Any:
    """Ambulatory care of every flow, four acts of follow-up, nobody yet."""
    connection = empty(settings)
    connection.execute(f"INSERT INTO read_person_slice BY NAME SELECT 1 AS slice_id, 'dcir' AS field, year, month FROM ({flows})")
    write_settings(connection, settings)
    connection.execute(ACTS)
    return connection


def care(connection: Any, person: int, *lines: str) -> None:
    """Lines 'day system code service speciality quantity'."""
    for line in lines:
        connection.execute("INSERT INTO care VALUES (?, ?, ?, ?, ?, ?, ?)", [person, *line.split()])


def crowd(connection: Any, stratum: str = "4") -> None:
    for person in range(1, 61):
        add_person(connection, person, states={2023: stratum, 2024: stratum, 2025: stratum})


def rows_of(connection: Any, settings: Config) -> pl.DataFrame:
    build(connection, settings)
    return measure(connection, settings, catalogue_of(connection))


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    return declared(tmp_path)


def test_a_gap_is_fewer_acts_than_expected_in_the_year(settings: Config) -> None:
    connection = warehouse(settings)
    crowd(connection)
    tests = ("1577 3211 0 1", "1577 3211 0 1")
    care(connection, 1, *(f"2024-{month}-10 nabm {test}" for month, test in zip(("01", "06"), tests, strict=True)))  # two months
    care(connection, 2, "2024-01-10 nabm 1577 3211 0 1", "2024-01-25 nabm 1577 3211 0 1")  # two tests, one month
    care(
        connection, 3, "2023-12-31 nabm 1577 3211 0 1", "2024-01-01 nabm 1577 3211 0 1", "2025-01-01 nabm 1577 3211 0 1"
    )  # one in the year
    care(connection, 4, "2024-02-01 nabm 1577 3211 0 2", "2024-12-31 nabm 1577 3211 0 1")  # twice paid, and another month
    care(connection, 5, "2024-02-01 nabm 1577 3211 0 0", "2024-06-01 nabm 1577 3211 0 0")  # euros only
    care(connection, 7, "2024-02-01 nabm 1577 3211 0 -1", "2024-12-31 nabm 1577 3211 0 -1")  # reversals whose lines no flow holds
    care(connection, 6, "2024-02-01 nabm 1577 3211 0 1", "2024-08-01 nabm 592 3211 0 1")  # another test
    care(connection, 99, "2024-02-01 nabm 1577 3211 0 1")  # nobody found
    row = pick(rows_of(connection, settings), "care_gap_blood")
    assert (row["numerator"], row["denominator"], row["status"]) == (58, 60, "ok")
    assert row["value"] == pytest.approx(58 / 60, abs=1e-6) and row["lower"] < row["value"] < row["upper"]


def test_an_act_expected_once_in_two_years_looks_at_both_and_is_shown_by_a_code_or_a_speciality(settings: Config) -> None:
    connection = warehouse(settings)
    crowd(connection)
    care(connection, 1, "2023-01-01 ccam BGQP002 1352 15 1")
    care(connection, 2, "2024-12-31 prs 1112 1112 15 1")
    care(connection, 3, "2022-12-31 ccam BGQP002 1352 15 1", "2025-01-01 ccam BGQP002 1352 15 1")
    row = pick(rows_of(connection, settings), "care_gap_eye")
    assert (row["numerator"], row["denominator"]) == (58, 60)


def test_an_act_may_ask_for_a_service_and_for_who_made_it(settings: Config) -> None:
    connection = warehouse(settings)
    crowd(connection)
    care(connection, 1, "2024-05-01 prs 1110 1110 1 1", "2024-06-01 prs 1110 1110 1 1")
    care(connection, 2, "2024-05-01 prs 1110 1110 3 1", "2024-05-01 prs 1112 1112 1 1")
    assert pick(rows_of(connection, settings), "care_gap_heavy", stratum="4")["numerator"] == 59


def test_the_quarters_tell_acts_seen_and_expected(settings: Config) -> None:
    connection = warehouse(settings)
    crowd(connection)
    for person in range(1, 21):
        care(connection, person, "2024-03-31 nabm 1577 3211 0 1", "2024-04-01 nabm 1577 3211 0 1", "2024-06-30 nabm 1577 3211 0 1")
    rows = rows_of(connection, settings)
    first, second, third = (pick(rows, f"care_acts_blood_q{quarter}") for quarter in (1, 2, 3))
    assert [(row["numerator"], row["denominator"], row["expected"]) for row in (first, second, third)] == [
        (20, 60, 30),
        (40, 60, 30),
        (0, 60, 30),
    ]
    assert (first["value"], second["value"]) == (0.333, 0.667)
    assert second["upper"] - second["lower"] > first["upper"] - first["lower"]  # acts of one person come together


def test_what_no_code_shows_and_what_a_stratum_does_not_expect_are_said(settings: Config) -> None:
    connection = warehouse(settings)
    crowd(connection)
    rows = rows_of(connection, settings)
    said = {name: pick(rows, f"care_gap_{name}", stratum="1")["reason"] for name in (NOTHING, HEAVY)}
    assert said == {NOTHING: "not_observable", HEAVY: "not_expected"}
    assert pick(rows, "care_gap_heavy")["reason"] == "not_expected"  # all strata together do not expect it
    assert not [name for name in rows["indicator_id"].unique() if name.startswith("care_acts_nothing")]


ALL_FLOWS = "SELECT year, month FROM range(2023, 2027) AS y (year), range(1, 13) AS m (month)"


@pytest.mark.parametrize(
    ("care", "flows", "year", "is_counted"),
    [
        ({}, ALL_FLOWS, 2024, True),
        ({"is_declared": False}, ALL_FLOWS, 2024, False),
        ({"scope": "regional"}, ALL_FLOWS, 2024, False),  # narrower than the stays: whoever is found elsewhere would have no care
        ({"last_complete_month": "2024-11"}, ALL_FLOWS, 2024, False),
        ({"last_complete_month": "2024-12"}, ALL_FLOWS, 2025, False),
        ({}, f"{ALL_FLOWS} WHERE NOT (year = 2024 AND month = 7)", 2024, False),
        ({}, f"{ALL_FLOWS} WHERE NOT (year = 2025 AND month = 1)", 2024, False),
        ({}, f"{ALL_FLOWS} WHERE NOT (year = 2024 AND month = 1)", 2024, True),  # it brings the care of December
        ({}, f"{ALL_FLOWS} WHERE year * 12 + month <= 2025 * 12 + 5", 2024, False),  # less than six months after the year
        ({}, f"{ALL_FLOWS} WHERE year * 12 + month <= 2025 * 12 + 6", 2024, True),
        ({"last_complete_month": "2024-12"}, f"{ALL_FLOWS} WHERE year * 12 + month <= 2025 * 12 + 5", 2024, True),
    ],
)
def test_only_a_year_whose_care_is_declared_and_seen_is_counted(
    tmp_path: Path, care: dict[str, Any], flows: str, year: int, is_counted: bool
) -> None:
    connection = warehouse(declared(tmp_path, **care), flows)
    models.build(connection, "act_year")
    assert connection.execute("SELECT count(*) FROM act_year WHERE act = 'blood' AND year = ?", [year]).fetchall() == [(int(is_counted),)]


def test_a_year_that_is_not_counted_has_a_reason_never_a_zero(tmp_path: Path) -> None:
    settings = declared(tmp_path, is_declared=False)
    connection = warehouse(settings)
    crowd(connection)
    row = pick(rows_of(connection, settings), "care_gap_blood")
    assert (row["status"], row["reason"], row["numerator"], row["value"]) == ("not_computable", "ambulatory_care", None, None)


def test_two_years_of_care_are_asked_for_where_the_act_is_expected_in_two(tmp_path: Path) -> None:
    settings = declared(tmp_path)
    connection = warehouse(settings, f"{ALL_FLOWS} WHERE year >= 2024")
    crowd(connection)
    rows = rows_of(connection, settings)
    assert [pick(rows, f"care_gap_{act}")["reason"] for act in (BLOOD, EYE)] == [None, "ambulatory_care"]
    assert pick(rows, "care_gap_eye", year=2025)["reason"] is None


def test_a_class_of_drugs_without_its_codes_is_missed_not_absent(settings: Config) -> None:
    connection = warehouse(settings)
    crowd(connection)
    connection.execute("DELETE FROM definition_act_code WHERE act = 'blood'")
    assert pick(rows_of(connection, settings), "care_gap_blood")["reason"] == "ambulatory_care"


def test_without_ambulatory_care_nothing_is_owed(tmp_path: Path) -> None:
    settings = declared(tmp_path, is_declared=False)
    connection = empty(settings)
    connection.execute(ACTS)
    crowd(connection)
    rows = rows_of(connection, settings)
    assert not [name for name in rows["indicator_id"].unique() if name.startswith("care_")]
    assert [connection.execute(f"SELECT count(*) FROM {name}").fetchall() for name in ("person_act", "act_cell")] == [[(0,)], [(0,)]]


def test_few_persons_in_a_gap_are_withheld_with_what_would_give_them_back(settings: Config) -> None:
    connection = warehouse(settings)
    for person in range(1, 241):
        add_person(connection, person, states={2024: str(1 + person % 4), 2025: str(1 + person % 4)})
        if person > 8 or person % 4 < 3:
            care(connection, person, "2024-02-01 nabm 1577 3211 0 1", "2024-08-01 nabm 1577 3211 0 1")
    told = protect(rows_of(connection, settings), settings.disclosure).indicators
    found = {stratum: pick(told, "care_gap_blood", stratum=stratum) for stratum in ("4", "all")}  # the same two persons
    assert all(row["status"].startswith("suppressed") and row["numerator"] is None for row in found.values())
    assert pick(told, "persons")["numerator"] == 240  # how many they are is told whatever is withheld of their follow-up


def test_the_quarters_do_not_bound_a_gap_that_is_withheld(settings: Config) -> None:
    """60 of 70 persons have one act each, in one quarter or another: 70 less the acts seen would say that ten had none."""
    connection = warehouse(settings)
    connection.execute("UPDATE definition_act_expected SET times = 1 WHERE act = 'blood'")
    for person in range(1, 71):
        add_person(connection, person, states={2024: "4", 2025: "4"})
        if person <= 60:
            care(connection, person, f"2024-{1 + 3 * (person % 4):02d}-10 nabm 1577 3211 0 1")
    rows = rows_of(connection, settings)
    assert pick(rows, "care_gap_blood")["numerator"] == 10
    told = protect(rows, settings.disclosure).indicators
    names = ["care_gap_blood", *(f"care_acts_blood_q{quarter}" for quarter in range(1, 5))]
    assert [pick(told, name)["numerator"] for name in names] == [None] * 5


def test_a_stratum_of_few_persons_has_no_number(settings: Config) -> None:
    connection = warehouse(settings)
    for person in range(1, 50):
        add_person(connection, person, states={2024: "4", 2025: "4"})
    rows = rows_of(connection, settings)
    assert {pick(rows, name)["reason"] for name in ("care_gap_blood", "care_acts_blood_q1")} == {"small_place"}


def test_acts_are_found_range_after_range_as_at_once(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """The promise of person_act (-- Buckets): persons meet nobody else."""
    connection = warehouse(settings)
    crowd(connection)
    for person in range(1, 21):
        care(
            connection, person, "2024-03-31 nabm 1577 3211 0 1", f"2024-04-{person:02d} prs 1112 1112 15 1", "2024-05-01 prs 1110 1110 1 1"
        )
    build(connection, settings)
    whole = sorted(connection.execute("FROM person_act").fetchall())
    assert len(whole) == 60
    ranges = ["(person_id < 8 OR person_id IS NULL)", "person_id >= 8 AND person_id < 15", "person_id >= 15"]
    monkeypatch.setattr(models, "_ranges", lambda connection, column, inputs, share: ranges)
    models.build(connection, "person_act")
    assert sorted(connection.execute("FROM person_act").fetchall()) == whole
