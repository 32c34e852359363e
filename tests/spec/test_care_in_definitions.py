"""Evidence shown outside stays: days of ambulatory care and long-term illness, and the level of risk that looks at them."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from strata.definitions.folder import CONDITIONS
from strata.engine import models
from tests.support.small_country import built, config

STAYS = "person | exit | das | born | exit_mode\n"
HELD = "INSERT INTO read_person_slice (slice_id, field, year, month) VALUES (1, 'dcir', 2025, 12)"
STEROID, OTHER = "3400900000015", "3400900000022"
DRUGS = f"cip13,atc\n{STEROID},H02AB06\n{OTHER},C10AA05\n3400900000039,N05AH03\n"

FOLLOWED = """
id = "TEST-0.1"
condition = "followed"
label_fr = "Suivi"
label_en = "Followed"
age_min = 18
source = "A form for tests"
strata.1 = { fr = "un", en = "one" }
[events.ald]
any = [{ codes = ["dm_any"], in = "ald" }]
[events.test]
any = [{ codes = ["hba1c"], in = "care" }]
[events.any_stay]
any = []
[criteria]
ald = { event = "ald", label_fr = "ald", label_en = "ald" }
ald_12m = { event = "ald", months = 12, label_fr = "ald_12m", label_en = "ald_12m" }
two_tests_12m = { event = "test", at_least = 2, count = "day", months = 12, label_fr = "two_tests_12m", label_en = "two_tests_12m" }
any_stay = { event = "any_stay", label_fr = "any_stay", label_en = "any_stay" }
[[rules]]
id = "population"
label_fr = "population"
label_en = "population"
purpose = "population"
any = ["ald"]
[[rules]]
id = "known"
label_fr = "known"
label_en = "known"
purpose = "known"
any = ["ald"]
[[rules]]
id = "S1"
label_fr = "S1"
label_en = "S1"
stratum = 1
any = ["ald"]
[[versions]]
id = "TEST-0.1"
valid_from = 2026-01-01
source = "A form for tests"
changes_fr = ["Première version."]
changes_en = ["First version."]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the definitions with a condition known by ALD and care, and the drugs of a project that has IR_PHA_R."""
    place = Path(shutil.copytree(CONDITIONS, tmp_path / "conditions"))
    (place / "followed" / "codes").mkdir(parents=True)
    (place / "followed" / "definition.toml").write_text(FOLLOWED, encoding="utf-8")
    head = "list_id,system,match,label_fr,label_en,nomenclature_year,source,author\n"
    (place / "followed" / "lists.csv").write_text(head + "hba1c,nabm,exact,HbA1c,HbA1c,2025,NABM,test\n", encoding="utf-8")
    (place / "followed" / "codes" / "hba1c.csv").write_text(
        "code,valid_from,valid_to,label_fr,label_en,label_source\n1577,,,HbA1c,HbA1c,own\n", encoding="utf-8"
    )
    (place / "shared" / "drugs.csv").write_text(DRUGS, encoding="utf-8")
    return place


def care(*lines: str) -> str:
    """Lines 'person day system code quantity' as read."""
    values = []
    for line in lines:
        person, day, system, code, quantity = line.split()
        values.append(f"(1, {person}, '{day}', '{system}', '{code}', '1110', {quantity}, 0)")
    columns = "slice_id, person_id, care_date, system, code, service, quantity, base_eur"
    return f"INSERT INTO read_care ({columns}) VALUES {', '.join(values)};"


def ald(start: str, end: str | None, code: str = "E11") -> str:
    last = f"'{end}'" if end else "NULL"
    return (
        "INSERT INTO read_ald (slice_id, person_id, ald_number, cim10_code, exemption_kind, start_date, end_date) "
        f"VALUES (1, 1, 8, '{code}', '41', '{start}', {last});"
    )


def evidence(folder: Path, also: str, condition: str = "followed", year: int = 2025) -> dict[str, tuple[Any, ...]]:
    """criterion -> (events, last_date, expires_on) of the only person."""
    settings = config(paths={"conditions": str(folder)}, method={"conditions": [condition]})
    rows = built(STAYS + "1 | 2024-05-01 | Z000 | 1990 | 8", settings=settings, also=also).execute(
        "SELECT criterion_id, events, last_date::VARCHAR, expires_on::VARCHAR FROM person_evidence WHERE year = ?", [year]
    )
    return {criterion: tuple(rest) for criterion, *rest in rows.fetchall()}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2015-01-01", None, (1, "2025-12-31", "2030-12-31")),  # open: in force at the index date
        ("2015-01-01", "2021-01-01", (1, "2021-01-01", "2026-01-01")),  # ended on the first day of the look-back
        ("2015-01-01", "2020-12-31", None),
        ("2025-12-31", None, (1, "2025-12-31", "2030-12-31")),
        ("2026-01-01", None, None),
    ],
)
def test_a_long_term_illness_counts_until_a_look_back_after_its_end(
    folder: Path, start: str, end: str | None, expected: tuple[Any, ...] | None
) -> None:
    assert evidence(folder, ald(start, end)).get("ald") == expected


def test_a_long_term_illness_is_met_by_prefix_and_within_its_months(folder: Path) -> None:
    assert set(evidence(folder, ald("2015-01-01", "2024-12-31", "E1198"))) == {"ald", "any_stay"}
    assert {"ald", "ald_12m"} <= set(evidence(folder, ald("2015-01-01", "2025-01-01", "E1198")))
    assert "ald" not in evidence(folder, ald("2015-01-01", None, "I10"))


def test_care_is_counted_by_days_and_what_was_taken_back_does_not_count(folder: Path) -> None:
    twice = care("1 2025-02-01 nabm 1577 1", "1 2025-02-01 nabm 1577 1", "1 2025-06-01 nabm 1577 1")
    assert evidence(folder, twice)["two_tests_12m"] == (2, "2025-06-01", "2026-02-01")
    assert "two_tests_12m" not in evidence(folder, care("1 2025-02-01 nabm 1577 1", "1 2025-02-01 nabm 1577 1"))
    assert "two_tests_12m" not in evidence(folder, twice + care("1 2025-06-01 nabm 1577 -1"))
    assert "two_tests_12m" not in evidence(folder, care("1 2025-02-01 nabm 1577 1", "1 2025-06-01 prs 1577 1"))


def test_who_has_no_stay_is_nobody_even_with_a_long_term_illness(folder: Path) -> None:
    settings = config(paths={"conditions": str(folder)}, method={"conditions": ["followed"]})
    connection = built(STAYS + "1 | 2019-05-01 | Z000 | 1990 | 8", settings=settings, also=ald("2015-01-01", None))
    assert connection.execute("SELECT * FROM person_stratum WHERE year = 2025").fetchall() == []
    assert connection.execute("SELECT status, stratum FROM person_stratum WHERE year = 2023").fetchall() == [("diseased", 1)]


def dcir_level(folder: Path, also: str, das: str = "Z000", exit_mode: str = "8", held: str = HELD) -> dict[str, Any]:
    """What person_stratum says, what at_risk_dcir says, and which criteria of t2d are looked for, of a person of 35 years."""
    settings = config(paths={"conditions": str(folder)}, method={"conditions": ["t2d"]})
    connection = built(STAYS + f"1 | 2024-05-01 | {das} | 1990 | {exit_mode}", settings=settings, also=f"{also};{held}")
    models.build(connection, "risk_with_care")
    query = "SELECT {} FROM {} WHERE year = 2025"
    return {
        "counted": connection.execute(query.format("persons, persons_with_care", "risk_with_care")).fetchall(),
        "status": connection.execute(query.format("status", "person_stratum")).fetchall(),
        "dcir": connection.execute(query.format("rule_id, is_added", "at_risk_dcir")).fetchall(),
        "blind": connection.execute("SELECT criterion_id FROM criterion_source WHERE NOT is_evaluated ORDER BY 1").fetchall(),
    }


THREE = care(*(f"1 2025-0{month}-01 cip13 {STEROID} 1" for month in (2, 5, 9)))


def test_three_dispensings_of_steroids_are_a_strict_risk_beside_the_published_levels(folder: Path) -> None:
    assert dcir_level(folder, THREE) == {"status": [], "counted": [(0, 1)], "dcir": [("R-drugs", True)], "blind": []}
    assert dcir_level(folder, THREE.replace(STEROID, OTHER))["dcir"] == []
    two = care(*(f"1 2025-0{month}-01 cip13 {STEROID} 2" for month in (2, 5)))
    assert dcir_level(folder, two)["dcir"] == []
    assert dcir_level(folder, THREE.replace("2025-02", "2024-12"))["dcir"] == []


def test_the_level_with_care_holds_the_strict_one_and_no_known_diabetic_nor_the_dead(folder: Path) -> None:
    found = dcir_level(folder, THREE, das="E6604")
    assert (found["dcir"], found["counted"]) == ([("R-strong", False)], [(1, 1)])
    assert dcir_level(folder, THREE, das="E1198")["dcir"] == []
    assert dcir_level(folder, THREE, das="E1098")["dcir"] == []
    assert dcir_level(folder, THREE, exit_mode="9")["dcir"] == []


def test_without_the_drugs_or_without_dcir_the_level_is_unknown_and_says_so(folder: Path) -> None:
    blind = [("antipsychotic_12m",), ("steroid_three_12m",)]
    unheld = dcir_level(folder, THREE, das="E6604", held="")
    assert (unheld["blind"], unheld["dcir"], unheld["counted"]) == (blind, [], [])
    (folder / "shared" / "drugs.csv").unlink()
    assert dcir_level(folder, THREE, das="E6604")["blind"] == blind
    assert dcir_level(folder, THREE, das="E6604")["dcir"] == []
