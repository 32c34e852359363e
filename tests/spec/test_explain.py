"""What `strata explain` says: every fact from the engine's own tables, what nearly held, why there is no status."""

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.commands.explain_report import as_text, view
from strata.config import Config
from strata.definitions.folder import CONDITIONS
from strata.errors import StrataError
from strata.explain import Explanation, explain, find_person, open_person, person, scope
from strata.explain.engine import step
from tests.support.small_country import built, config, joined
from tests.support.small_project import person_of, project, save

HEAD = "person | exit | nights | dp | das | acts | ghm | provenance | exit_mode | born | chain | geo | entry"


def explained(folder: Path, stays: str, condition: str, name: str = "1", year: int = 2025, **options: Any) -> Explanation:
    """The explanation of one person of these stays."""
    chosen = project(folder, stays, **options)
    return of(chosen, name, condition, year)


def of(chosen: Config, name: str, condition: str, year: int = 2025) -> Explanation:
    number = person_of(chosen, name)
    with closing(open_person(chosen, number)) as connection:
        return explain(connection, number, condition, year)


def near(one: Explanation, rule_id: str) -> list[dict[str, Any]]:
    """Why a rule nearly held."""
    return [row for row in one.near if row["rule_id"] == rule_id]


def stops(one: Explanation) -> list[str]:
    """The questions answered by no, in order."""
    return [row["gate"] for row in one.gates if not row["is_passed"]]


def test_the_deciding_rule_is_that_of_the_warehouse_with_its_dated_events(tmp_path: Path) -> None:
    stays = f"""{HEAD}
        1 | 2025-03-10 | 3 | J189 | E1198 | JVJF004@0 JVJF004@2 | | | | 1950
        1 | 2023-05-01 | 1 | E1198 | | | | | | 1950"""
    one = explained(tmp_path, stays, "t2d")
    assert (one.status, one.stratum, one.rule_id) == ("diseased", 4, "S4-dialysis")
    dialysis = next(row for row in one.criteria if row["criterion_id"] == "dialysis_2_days_12m")
    assert (dialysis["events"], dialysis["at_least"], dialysis["months"], dialysis["counted"]) == (2, 2, 12, "day")
    stay = dialysis["stays"][0]
    assert (stay["exit_date"], stay["field"], stay["finess"], stay["days"]) == (date(2025, 3, 10), "mco", "990000001", 2)
    assert (stay["source_file"], stay["source_line"], stay["expires_on"]) == ("small", 1, date(2026, 3, 10))
    assert [(code["position"], code["code"], code["day_offset"]) for code in stay["codes"]] == [
        ("act", "JVJF004", 0),
        ("act", "JVJF004", 2),
    ]


def test_the_type_says_its_votes_and_the_rule_that_settled_it(tmp_path: Path) -> None:
    stays = f"{HEAD}\n1 | 2025-01-01 | 1 | E1198 | \n1 | 2025-02-01 | 1 | E1198 | \n1 | 2025-03-01 | 1 | E1098 |"
    one = explained(tmp_path, stays, "t2d")
    assert one.type is not None and one.type["person_type"] == "t2"
    assert {row["type_group"]: row["stays"] for row in one.type["groups"] if row["stays"]} == {"t1": 1, "t2": 2}
    deciding = [row for row in one.type["rules"] if row["is_deciding"]]
    assert [(row["person_type"], row["terms"][0]["metric"]) for row in deciding] == [("t2", "share:t2")]
    assert deciding[0]["terms"][0]["value"] == pytest.approx(2 / 3)


def test_a_rule_lacks_one_event(tmp_path: Path) -> None:
    one = explained(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 5 | I5019 |", "hf")
    found = [row for row in near(one, "S4-repeated-decompensation") if row["criterion_id"] == "decompensation_twice_12m"]
    assert [(row["reason"], row["events"], row["would_be"]["stratum"]) for row in found] == [("number", 1, 4)]


def test_a_rule_held_until_its_evidence_expired(tmp_path: Path) -> None:
    stays = f"{HEAD}\n1 | 2023-12-20 | 5 | I639 | E1198\n1 | 2025-06-01 | 1 | E1198 |"
    found = near(explained(tmp_path, stays, "t2d"), "S4-recent-stroke")
    assert [(row["reason"], row["last_date"], row["expired_on"], row["would_be"]["stratum"]) for row in found] == [
        ("window", date(2023, 12, 20), date(2025, 12, 20), 4)
    ]


def test_of_two_events_asked_for_the_one_that_left_is_named(tmp_path: Path) -> None:
    """Two in sixty months: the older leaves first, and the last one has nothing to do with the date."""
    stays = f"{HEAD}\n1 | 2019-11-13 | 5 | I5019 |\n1 | 2021-01-08 | 5 | I5019 |\n1 | 2025-06-01 | 1 | J189 | I5019"
    one = explained(tmp_path, stays, "hf")
    found = [row for row in near(one, "S3-two-episodes") if row["reason"] == "window"]
    assert [(row["left_date"], row["last_date"], row["expired_on"]) for row in found] == [
        (date(2019, 11, 13), date(2021, 1, 8), date(2024, 11, 13))
    ]
    for language, words in (
        ("fr", "sorti de la fenêtre est du 13/11/2019, le dernier du 08/01/2021"),
        ("en", "left the window is of 2019-11-13"),
    ):
        assert words in " ".join(as_text(view(one, config(), language, most_stays=5)).split())


def test_two_events_that_never_met_in_one_window_are_no_rule_that_expired(tmp_path: Path) -> None:
    stays = f"{HEAD}\n1 | 2021-06-01 | 5 | I5019 |\n1 | 2023-06-01 | 5 | I5019 |"
    found = near(explained(tmp_path, stays, "hf"), "S4-repeated-decompensation")
    assert [row for row in found if row["reason"] == "window"] == []


def test_a_stay_has_the_codes_and_lacks_a_trait(tmp_path: Path) -> None:
    one = explained(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 0 | I5019 |", "hf")
    assert one.stratum == 1
    found = near(one, "S3-decompensation-12m")
    assert [(row["reason"], row["lacks_any"], row["would_be"]["stratum"]) for row in found] == [
        ("trait", ["overnight", "urgent", "death"], 3)
    ]


def test_a_stay_that_a_filter_leaves_out_is_named_with_its_filter(tmp_path: Path) -> None:
    stays = f"{HEAD}\n1 | 2025-06-01 | 5 | I5019 | | | | | | 1950 | 100000000\n1 | 2025-07-01 | 1 | J189 | | | | | | 1950 |"
    one = explained(tmp_path, stays, "hf")
    found = near(one, "population")
    assert [(row["reason"], row["filters"], row["would_be"]["status"]) for row in found] == [("filter", ["chaining_error"], "diseased")]
    assert [(row["reason"], row["source_line"]) for row in one.filtered_stays] == [("chaining_error", 1)]


def test_a_score_is_one_short_and_says_of_what(tmp_path: Path) -> None:
    found = near(explained(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 1 | E1198 | N183 L97", "t2d"), "S4-three-organs")
    assert [(row["reason"], row["score"], row["min_score"]) for row in found] == [("score", 2, 3)]
    assert {"organ_eye", "organ_brain"} <= set(found[0]["any_of"]) and not {"organ_kidney", "organ_foot"} & set(found[0]["any_of"])


def test_only_the_age_is_missing(tmp_path: Path) -> None:
    found = near(explained(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 1 | J189 | E6603 | | | | | 1985", "t2d"), "R-overweight-45")
    assert [(row["reason"], row["would_be"]["status"]) for row in found] == [("age", "at_risk_strict")]


def test_no_status_says_the_first_question_answered_by_no(tmp_path: Path) -> None:
    expected = {
        f"{HEAD}\n{stays}": (None, [first])
        for stays, first in [
            ("1 | 2025-06-01 | 1 | E1198 | | | | | | 1950 | 100000000", "usable_stay"),
            ("1 | 2019-06-01 | 1 | E1198 |", "look_back"),
            ("1 | 2025-06-01 | 1 | E1198 | | | | | | 1950 | | 99100", "residence"),
            ("1 | 2025-06-01 | 1 | E1198 | | | | | 9", "alive"),
            ("1 | 2025-06-01 | 1 | E1198 | | | | | | 2010", "age"),
            ("1 | 2025-06-01 | 1 | J189 | | | | | | 1990", "population"),
        ]
    }
    chosen = project(tmp_path, joined(expected))
    found = {table: of(chosen, str(number), "t2d") for number, table in enumerate(expected, start=1)}
    assert {table: (one.status, stops(one)[:1]) for table, one in found.items()} == expected


def test_another_type_is_known_and_neither_diseased_nor_at_risk(tmp_path: Path) -> None:
    one = explained(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 1 | E1098 |", "t2d")
    assert one.status is None and stops(one) == ["type", "not_known"]


def test_evidence_of_the_condition_itself_that_expired_is_told_apart(tmp_path: Path) -> None:
    stays = f"{HEAD}\n1 | 2020-11-30 | 1 | E1198 | | | | | | 1990\n1 | 2025-06-01 | 1 | J189 | | | | | | 1990"
    one = explained(tmp_path, stays, "t2d")
    assert one.status is None
    assert {(row["reason"], row["expired_on"]) for row in near(one, "population")} == {("window", date(2025, 11, 30))}


def test_what_evidence_becomes_as_it_ages_is_what_the_engine_says_then(tmp_path: Path) -> None:
    stays = f"{HEAD}\n1 | 2024-03-01 | 5 | I639 | E1198 | | | | | 1950"
    one = explained(tmp_path, stays, "t2d")
    assert [(row["date"], row["stratum"]) for row in one.changes] == [(date(2026, 3, 1), 3), (date(2029, 3, 1), None)]


def test_a_majority_of_types_turns_when_a_vote_leaves_the_look_back_before_the_last_one_does(tmp_path: Path) -> None:
    votes = [("E1198", "2021-02-01"), ("E1198", "2021-03-01"), ("E1198", "2024-06-01"), ("E1098", "2023-05-01"), ("E1098", "2024-05-01")]
    stays = "\n".join(f"1 | {exit_date} | 1 | J189 | {code} | | | | | 1950" for code, exit_date in votes)
    one = explained(tmp_path, f"{HEAD}\n{stays}", "t2d")
    changes = [(date(2026, 3, 1), None), (date(2028, 5, 1), "diseased"), (date(2029, 6, 1), None)]  # a minority, a tie, nothing
    assert (one.status, [(row["date"], row["status"]) for row in one.changes]) == ("diseased", changes)


def test_an_age_that_a_rule_asks_for_comes_too(tmp_path: Path) -> None:
    one = explained(tmp_path, f"{HEAD}\n1 | 2025-03-01 | 1 | J189 | | | | | | 1982", "t2d")
    assert one.status is None
    assert [(row["date"], row["status"]) for row in one.changes] == [(date(2027, 1, 1), "at_risk_extended"), (date(2030, 3, 1), None)]


def test_a_warehouse_with_the_definitions_of_an_unfinished_run_explains_nothing(tmp_path: Path) -> None:
    connection = built(f"{HEAD}\n1 | 2025-06-01 | 1 | E1198 |")
    connection.execute("UPDATE definition_criterion SET at_least = 3 WHERE criterion_id = 'diabetes_type_2'")
    chosen = replace(config(), folder=tmp_path)
    save(connection, chosen)
    with pytest.raises(StrataError, match="pas d'accord avec lui-même"):
        of(chosen, "1", "t2d")


def test_a_warehouse_without_a_column_of_today_is_said_to_be_older(tmp_path: Path) -> None:
    chosen = project(tmp_path, "person | exit | das\n1 | 2025-03-01 | E1198")
    number = person_of(chosen, "1")
    with duckdb.connect(str(chosen.database)) as connection:
        connection.execute("ALTER TABLE definition_criterion DROP COLUMN label_en")
    with pytest.raises(StrataError, match="version plus ancienne") as caught:
        open_person(chosen, number)
    assert "definition_criterion.label_en" in caught.value.where


def test_persons_conditions_and_years_the_warehouse_lacks_are_refused(tmp_path: Path) -> None:
    chosen = project(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 1 | E1198 |")
    conditions, year = scope(chosen, None, None)
    assert {"t2d", "hf"} <= set(conditions) and year == 2025
    assert find_person(chosen, "1".rjust(17, "0")) == 1 and find_person(chosen, "2") is None
    for call in (lambda: person(chosen, 2), lambda: scope(chosen, "gout", None), lambda: scope(chosen, None, 1999)):
        with pytest.raises(StrataError) as refused:
            call()
        assert refused.value.is_usage and "gout" not in str(refused.value)


def test_nothing_of_another_person_nor_any_pseudonym_is_in_the_cut(tmp_path: Path) -> None:
    chosen = project(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 1 | E1198 |\n2 | 2025-06-01 | 1 | E1198 |")
    with closing(open_person(chosen, 2)) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'person'").fetchall()
        columns = connection.execute("SELECT column_name FROM duckdb_columns() WHERE schema_name = 'person'").fetchall()
        assert ("pseudonym",) not in tables and ("pseudonym",) not in columns
        assert connection.execute("SELECT DISTINCT person_id FROM person.stay").fetchall() == [(2,)]
        with pytest.raises(duckdb.Error):
            connection.execute("DELETE FROM warehouse.main.stay")


LONG_ILLNESS = """
[events.long_illness]
any = [{ codes = ["copd"], in = "ald" }]
[criteria.long_illness]
event = "long_illness"
label_fr = "ALD respiratoire"
label_en = "Long respiratory illness"
[[rules]]
id = "R-long-illness"
label_fr = "ALD"
label_en = "Long illness"
at_risk = "strict"
any = ["long_illness"]
"""


def test_a_long_term_illness_is_listed_with_its_dates_and_no_hospital(tmp_path: Path) -> None:
    shutil.copytree(CONDITIONS, tmp_path / "conditions")
    with (tmp_path / "conditions" / "hf" / "definition.toml").open("a", encoding="utf-8") as definition:
        definition.write(LONG_ILLNESS)
    granted = """INSERT INTO read_ald BY NAME SELECT 1 AS slice_id, 1 AS person_id, 1 AS twin_rank, 14 AS ald_number, 'J449' AS cim10_code,
        '41' AS exemption_kind, DATE '2019-05-01' AS start_date, DATE '2024-05-01' AS end_date;
        INSERT INTO read_person_slice BY NAME SELECT 1 AS slice_id, 'ald' AS field, 0 AS year"""
    settings = replace(config(paths={"conditions": str(tmp_path / "conditions")}), folder=tmp_path)
    one = explained(tmp_path, f"{HEAD}\n1 | 2025-06-01 | 1 | J189 | | | | | | 1990", "hf", settings=settings, also=granted)
    assert (one.status, one.rule_id) == ("at_risk_strict", "R-long-illness")
    met = next(row for row in one.criteria if row["criterion_id"] == "long_illness")
    assert (met["source"], met["is_evaluated"], met["events"]) == ("ald", True, 1)
    stay = met["stays"][0]
    assert (stay["entry_date"], stay["exit_date"], stay["field"], stay["finess"]) == (date(2019, 5, 1), date(2024, 5, 1), "ald", None)
    assert [(code["position"], code["code"]) for code in stay["codes"]] == [("ald", "J449")]
    unknown = {row["criterion_id"] for row in one.criteria if not row["is_evaluated"]}
    assert "long_illness" not in unknown and unknown


def test_a_step_that_the_engine_does_not_have_is_an_error() -> None:
    assert "scored" in step("scored")
    with pytest.raises(KeyError, match="gone"):
        step("gone")
