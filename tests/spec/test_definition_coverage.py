"""The page that says what of the clinical text is where tells the truth: its tests exist, and its rules, with none left out."""

import re
import tomllib

import pytest

from strata.definitions.folder import CONDITIONS
from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "explanation" / "definition-coverage.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)
    assert len(named) > 60
    missing = [
        f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / "tests" / "spec" / file).read_text(encoding="utf-8")
    ]
    assert missing == []


@pytest.mark.parametrize("condition", ["t2d", "hf"])
def test_every_rule_is_on_the_page_and_the_page_names_no_other(condition: str) -> None:
    rules = {rule["id"] for rule in tomllib.loads((CONDITIONS / condition / "definition.toml").read_text(encoding="utf-8"))["rules"]}
    lines = [line for line in PAGE.splitlines() if line.startswith("|") and re.search(rf"\b{condition} ", line)]
    named = {name for line in lines for name in re.findall(r"`((?:S\d|R)-[\w*-]+)`", line)}
    assert {name for name in named if "*" not in name} <= rules
    spoken_of = {rule for rule in rules if rule in named or any(name.endswith("*") and rule.startswith(name[:-1]) for name in named)}
    assert rules - spoken_of == {"population", "known", "S1"}


def test_every_boundary_of_the_clinical_text_has_its_line_and_its_test() -> None:
    lines = [line for line in PAGE.partition("| Boundary | Test |")[2].partition("\n## ")[0].splitlines() if line.startswith("| ")]
    tests = [re.findall(r"`test_output_boundaries\.py::(test_\w+)`", line) for line in lines]
    written = re.findall(r"def (test_\w+)\(", (ROOT / "tests" / "spec" / "test_output_boundaries.py").read_text(encoding="utf-8"))
    assert len(lines) == 10 and sorted(name for names in tests for name in names) == sorted(written)
