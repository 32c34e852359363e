"""What `strata compare` counts: the same persons under two definitions, who moves and through what."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.commands.compare_report import shown
from strata.compare import Comparison, compare
from strata.config import Config
from strata.definitions.folder import CONDITIONS
from strata.documents import as_export, read_whole
from strata.engine.models import models
from strata.engine.scratch import stratum_models
from strata.errors import StrataError
from tests.generative.test_strata_laws import HEADER, stays
from tests.support.small_project import project


def silent(text: tuple[str, str]) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A project whose warehouse holds forty persons."""
    return project(tmp_path_factory.mktemp("project"), "\n".join([HEADER, *stays(1, 40)]))


def edited(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy of the definitions with texts replaced: (file, before, after)."""
    shutil.copytree(CONDITIONS, folder / "edited")
    for name, before, after in edits:
        path = folder / "edited" / name
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8", newline="\n")
    return folder / "edited"


def compared(made: Config, after: Path | str, condition: str = "t2d") -> Comparison:
    return compare(made, ("built-in", str(after)), condition, 2025, silent)[0]


def rows(made: Config, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(made.database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_definition_compared_with_itself_moves_nobody(made: Config) -> None:
    for one in compare(made, ("built-in", "built-in"), None, 2025, silent):
        assert one.moves == [] and one.changes == []
        held = rows(made, f"SELECT count(*) FROM person_stratum WHERE year = 2025 AND condition = '{one.condition}'")[0][0]
        assert sum(row["persons"] for row in one.matrix) == held > 0


def test_a_lower_score_moves_persons_up_and_names_the_rule(made: Config, tmp_path: Path) -> None:
    folder = edited(tmp_path, ("t2d/definition.toml", 'at_least = 3\n# "Multiple', 'at_least = 2\n# "Multiple'))
    one = compared(made, folder)
    assert {(row["state_before"], row["state_after"]) for row in one.moves} == {("3", "4")}
    assert {row["rule_after"] for row in one.moves[0]["rules"]} == {"S4-three-organs"} and one.moves[0]["criteria"] == []
    aspects = [{"aspect": "min_score", "removed": ["3"], "added": ["2"]}]
    assert one.changes == [{"kind": "rule", "name": "S4-three-organs", "change": "changed", "aspects": aspects}]
    assert (
        one.persons("4", "after") - one.persons("4", "before")
        == one.moves[0]["persons"]
        == sum(row["persons"] for row in one.moves[0]["rules"])
    )


def test_a_code_taken_away_names_the_criterion_that_disappears(made: Config, tmp_path: Path) -> None:
    folder = _without(tmp_path, "L97")
    one = compared(made, folder)
    assert one.moves and one.changes[0]["kind"] == "list"
    assert list(one.labels["code"]) == ["foot_disease L97"] and all(one.labels["code"]["foot_disease L97"])  # gone, yet told in words
    for move in one.moves:
        lost = [row for row in move["criteria"] if row["change"] == "disappears"]
        assert lost and move["persons"] >= lost[0]["deciding_persons"] > 0


def _without(tmp_path: Path, code: str) -> Path:
    lines = (CONDITIONS / "shared" / "codes" / "foot_disease.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    return edited(tmp_path, ("shared/codes/foot_disease.csv", next(line for line in lines if line.startswith(f"{code},")), ""))


def test_a_population_that_shrinks_says_who_leaves(made: Config, tmp_path: Path) -> None:
    folder = edited(tmp_path, ("shared/codes/dm_t2.csv", "\nE11,,", "\nE1190,,"))
    one = compared(made, folder)
    leaving = sum(row["persons"] for row in one.moves if row["state_before"] in "1234" and row["state_after"] not in ("1", "2", "3", "4"))
    assert leaving == sum(one.persons(stratum, "before") - one.persons(stratum, "after") for stratum in "1234") > 0
    assert {row["change"] for move in one.moves for row in move["criteria"] if row["criterion_id"] == "diabetes_type_2"} == {"disappears"}


def test_the_edited_folder_of_one_condition_is_enough(made: Config, tmp_path: Path) -> None:
    folder = edited(
        tmp_path,
        ("t2d/definition.toml", 'stroke_24m = { event = "stroke_dp", months = 24,', 'stroke_24m = { event = "stroke_dp", months = 12,'),
    )
    shutil.copytree(folder / "t2d", tmp_path / "mine")
    one = compared(made, tmp_path / "mine")
    assert [(row["kind"], row["name"], row["aspects"][0]["added"]) for row in one.changes] == [("criterion", "stroke_24m", ["12"])]


def test_the_exports_of_a_publication_are_a_side_of_their_own(made: Config, tmp_path: Path) -> None:
    text = edited(tmp_path, ("shared/codes/foot_disease.csv", "\nL97,", "\nL96,"))
    for condition in ("t2d", "hf"):
        (tmp_path / f"{condition}.json").write_text(json.dumps(as_export(read_whole(CONDITIONS, condition))), encoding="utf-8")
    same = compare(made, ("built-in", str(tmp_path)), None, 2025, silent)
    assert {one.condition for one in same} == {"t2d", "hf"} and all(not one.moves and not one.changes for one in same)
    (other,) = compare(made, (str(tmp_path / "t2d.json"), str(text)), None, 2025, silent)
    assert [row["name"] for row in other.changes] == ["foot_disease"]


def test_both_directions_say_the_same(made: Config, tmp_path: Path) -> None:
    folder = _without(tmp_path, "L97")
    forth = compared(made, folder)
    back = compare(made, (str(folder), "built-in"), "t2d", 2025, silent)[0]
    assert {(row["state_before"], row["state_after"], row["persons"]) for row in forth.moves} == {
        (row["state_after"], row["state_before"], row["persons"]) for row in back.moves
    }


def test_the_warehouse_is_not_touched_and_nothing_is_left_beside_it(made: Config, tmp_path: Path) -> None:
    before = made.database.read_bytes()
    compared(made, _without(tmp_path, "L97"))
    assert made.database.read_bytes() == before
    assert [path.name for path in made.database.parent.iterdir()] == ["strata.duckdb"]


def test_only_tables_between_definitions_and_strata_are_built() -> None:
    built = {name: models()[name].layer for name in stratum_models()}
    assert set(built.values()) == {"strata"} and "person_stratum" in built and not [name for name in built if name.startswith("read_")]


def test_what_cannot_be_compared_is_refused(made: Config, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for names, condition in ((("built-in", str(tmp_path / "empty")), None), (("built-in", "built-in"), "gout")):
        with pytest.raises(StrataError) as refused:
            compare(made, names, condition, 2025, silent)
        assert refused.value.is_usage
    folder = edited(tmp_path, ("t2d/definition.toml", "age_min = 18", 'age_min = "old"'))
    with pytest.raises(StrataError, match=r"definition\.toml"):
        compared(made, folder)
    assert [path.name for path in made.database.parent.iterdir()] == ["strata.duckdb"]


@given(st.integers(0, 10**6), st.integers(1, 40))
def test_a_number_that_may_be_shown_outside_is_never_below_the_threshold(persons: int, threshold: int) -> None:
    text = shown(persons, threshold)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    assert min(numbers) >= threshold and (text == f"<{threshold}") == (persons < threshold)
    assert persons < threshold or abs(max(numbers) - persons) <= 5 or numbers[0] <= persons <= numbers[-1]
    assert shown(persons, None) == str(persons)
