"""Laws of explanations, on random persons: they agree with the strata, they name what counts, and what they name is what decides."""

from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strata.config import Config
from strata.explain import Explanation, explain, open_person, scope
from tests.generative.test_strata_laws import HEADER, assigned, stays
from tests.support.small_project import project

PERSONS = 10


def explanations(chosen: Config) -> dict[tuple[int, str], Explanation]:
    """Every person x condition of a small country, at the end of its last year."""
    with duckdb.connect(str(chosen.database), read_only=True) as connection:
        people = [number for (number,) in connection.execute("SELECT person_id FROM pseudonym ORDER BY person_id").fetchall()]
    conditions, year = scope(chosen, None, None)
    found = {}
    for number in people:
        with closing(open_person(chosen, number)) as connection:
            found |= {(number, condition): explain(connection, number, condition, year) for condition in conditions}
    return found


def warehouse_rows(chosen: Config, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(chosen.database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def counted(row: dict[str, Any]) -> int:
    """What the listed stays of a criterion add up to, counted as it counts."""
    listed = [stay for stay in row["stays"] if not stay["is_beside"]]
    if row["counted"] == "stay":
        return len(listed)
    if row["counted"] == "episode":
        return len({stay["episode_no"] for stay in listed})
    by_day: dict[Any, int] = defaultdict(int)
    for stay in listed:
        by_day[stay["exit_date"]] = max(by_day[stay["exit_date"]], stay["days"] or 1)
    return sum(by_day.values())


@settings(max_examples=1, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_explanations_agree_with_the_warehouse_and_what_they_name_decides(tmp_path: Path, seed: int) -> None:
    rows = stays(seed, PERSONS)
    chosen = project(tmp_path / str(seed), "\n".join([HEADER, *rows]))
    found = explanations(chosen)
    decided = warehouse_rows(chosen, "SELECT person_id, condition, status, stratum, rule_id FROM person_stratum WHERE year = 2025")
    evidence = warehouse_rows(
        chosen, "SELECT person_id, condition, criterion_id, events, expires_on FROM person_evidence WHERE year = 2025"
    )
    assert {(key, one.status, one.stratum, one.rule_id) for key, one in found.items() if one.status} == {
        ((number, condition), status, stratum, rule) for number, condition, status, stratum, rule in decided
    }
    met = {
        (*key, row["criterion_id"], row["events"], row["expires_on"]) for key, one in found.items() for row in one.criteria if row["is_met"]
    }
    assert met == set(evidence) and len(decided) > PERSONS
    for one in found.values():
        for row in one.criteria:
            assert not row["is_met"] or counted(row) == row["events"] >= row["at_least"]
            assert all(stay["codes"] for stay in row["stays"]) or row["criterion_id"] == "any_stay"
    assert_what_is_named_decides(rows, found, warehouse_names(chosen))


def warehouse_names(chosen: Config) -> dict[int, str]:
    return dict(warehouse_rows(chosen, "SELECT person_id, ltrim(pseudonym, '0') FROM pseudonym"))


def assert_what_is_named_decides(rows: list[str], found: dict[tuple[int, str], Explanation], names: dict[int, str]) -> None:
    """Without the stays that the deciding rule names, nobody keeps that rule."""
    for condition in {condition for _, condition in found}:
        with_status = {number: one for (number, of), one in found.items() if of == condition and one.status}
        named = {line for one in with_status.values() for line in lines_that_decide(one)}
        without = assigned([row for line, row in enumerate(rows, start=1) if line not in named])
        for number, one in with_status.items():
            assert without.get((names[number], condition)) != (one.status, one.stratum, one.rule_id)


def lines_that_decide(one: Explanation) -> set[int]:
    """The source lines of the stays counted by the criteria of the deciding rule."""
    members = {row["criterion_id"] for rule in one.rules if rule["is_deciding"] for row in rule["members"]}
    assert members
    return {stay["source_line"] for row in one.criteria if row["criterion_id"] in members for stay in row["stays"] if not stay["is_beside"]}


def test_the_law_would_see_a_stay_that_is_not_named() -> None:
    rows = [f"1 | 2025-0{month}-01 | 5 | E1198 | N183 |  | 05M092 | 0 |  | 1950" for month in (6, 7)]
    assert assigned(rows[:1]) == assigned(rows)  # two stays show the criterion: taking one away keeps the rule
