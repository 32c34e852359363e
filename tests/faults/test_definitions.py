"""A definition that is not whole is refused, with its file, the entry or line, and the reason."""

import shutil
from pathlib import Path

import pytest

from strata.definitions import CONDITIONS, compile_definitions
from strata.errors import StrataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the conditions that a test may spoil."""
    return Path(shutil.copytree(CONDITIONS, tmp_path / "conditions"))


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path) -> StrataError:
    with pytest.raises(StrataError) as caught:
        compile_definitions(folder, ["t2d"])
    assert caught.value.is_usage
    return caught.value


def test_the_shipped_definitions_compile_alike_from_a_copy(folder: Path) -> None:
    assert compile_definitions(folder, ["t2d", "hf"]).rows == compile_definitions(CONDITIONS, ["t2d", "hf"]).rows


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "why"),
    [
        ("shared/codes/htn.csv", "I10,,", "I1O,,", "htn.csv ligne 2", "shape"),
        ("shared/codes/htn.csv", "I11,,", "I10,,", "htn.csv ligne 3", "already"),
        (
            "shared/codes/htn.csv",
            "code,valid_from,valid_to\nI10,,\nI11,,\nI12,,\nI13,,\nI15,,",
            "code,valid_from,valid_to",
            "htn.csv",
            "empty",
        ),
        ("shared/lists.csv", "acs,icd10,prefix", "acs,icd10,contains", "lists.csv ligne", "match"),
        ("shared/lists.csv", '"SNDS documentation, disease map sheet"', "", "lists.csv ligne", "empty"),
        ("t2d/definition.toml", 'codes = ["dm_t1"]', 'codes = ["dm_t9"]', "events.type_1", "dm_t9"),
        ("t2d/definition.toml", 'codes = ["eye_act"], in = "act"', 'codes = ["eye_act"], in = "dp"', "events.eye", "does not fit"),
        ("t2d/definition.toml", 'stay_none = ["session"]', 'stay_none = ["seance"]', "events.decompensation", "trait"),
        ("t2d/definition.toml", 'stay_all = ["mco"]\nstay_none', "stay_none", "criteria.decompensation_24m", "MCO stays"),
        ("t2d/definition.toml", 'acs = { event = "acs_dp" }', 'acs = { event = "acs_pd" }', "criteria.acs", "acs_pd"),
        ("t2d/definition.toml", 'count = "day", months = 12', 'count = "week", months = 12', "criteria.dialysis", "count"),
        ("t2d/definition.toml", "months = 24 }", "month = 24 }", "criteria.decompensation_24m", "no such"),
        ("t2d/definition.toml", "at_least = 3\n", "at_least = 30\n", "S4-three-organs", "never"),
        ("t2d/definition.toml", 'id = "S4-transplant"', 'id = "S4-dialysis"', "S4-dialysis", "same name"),
        ("t2d/definition.toml", 'any = ["transplant"]', 'any = ["graft"]', "S4-transplant", "graft"),
        ("t2d/definition.toml", "stratum = 4", "stratum = 5", "S4-dialysis", "5"),
        ("t2d/definition.toml", '"share:t2 > 0.5"', '"share:t3 > 0.5"', "type.rules 3", "share:t3"),
        ("t2d/definition.toml", '"share:t2 > 0.5"', '"share:t2 is big"', "type.rules 3", "unreadable"),
        ("t2d/definition.toml", 'population_type = "t2"', 'population_type = "t4"', "population_type", "no rule"),
        ("t2d/definition.toml", 'source = "', 'origin = "', "origin", "no such"),
        ("t2d/definition.toml", 'condition = "t2d"', 'condition = "dt2"', "condition", "folder"),
        ("t2d/definition.toml", "[criteria]", "[criteria", "definition.toml", "TOML"),
        ("t2d/definition.toml", 'purpose = "population"', 'purpose = "known"', "rules", "population"),
    ],
)
def test_a_spoilt_definition_is_refused_by_name(folder: Path, file: str, old: str, new: str, where: str, why: str) -> None:
    spoil(folder / file, old, new)
    error = refusal(folder)
    assert where in error.where
    assert why in error.why[1]


def test_a_missing_folder_is_refused(folder: Path) -> None:
    shutil.rmtree(folder / "t2d")
    assert "t2d/definition.toml" in refusal(folder).where
