"""The confusion matrix, on persons drawn by hand: who counts where, and what is a share of what."""

from typing import Any

import polars as pl
import pytest

from tests.support import confusion

NOT = None


def frames(*people: tuple[str | None, str | None, str | None]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(drawn, found, reason) per person, in 2025; a state that is no stratum is a status."""
    truth, found = [], []
    for number, (drawn, seen, reason) in enumerate(people):
        key = {"pseudonym": str(number), "condition": "c", "year": 2025}
        if drawn is not None:
            truth.append(key | state(drawn) | {"ambiguous": reason is not None, "ambiguous_reason": reason})
        if seen is not None:
            found.append(key | state(seen))
    schema: dict[str, Any] = {"pseudonym": pl.String, "condition": pl.String, "year": pl.Int64, "status": pl.String, "stratum": pl.Int32}
    return pl.DataFrame(truth, schema | {"ambiguous": pl.Boolean, "ambiguous_reason": pl.String}), pl.DataFrame(found, schema)


def state(name: str) -> dict[str, Any]:
    return {"status": "diseased", "stratum": int(name)} if name.isdigit() else {"status": name, "stratum": 0}


@pytest.fixture
def rows() -> pl.DataFrame:
    people = [
        ("3", "3", NOT),
        ("3", "1", "missing_code"),
        ("3", NOT, "late_chaining"),
        ("at_risk_strict", "3", "miscoded"),
        (NOT, "3", NOT),
    ]
    return confusion.pairs(*frames(*people), 2025)


def test_everybody_with_a_status_on_one_side_is_there_once(rows: pl.DataFrame) -> None:
    assert confusion.matrix(rows) == {
        ("3", "3"): 1, ("3", "1"): 1, ("3", "none"): 1, ("at_risk_strict", "3"): 1, ("none", "3"): 1,
    }  # fmt: skip
    assert sorted(rows["reason"]) == ["clear", "clear", "late_chaining", "miscoded", "missing_code"]


def test_sensitivity_is_of_those_drawn_and_predictive_value_of_those_found(rows: pl.DataFrame) -> None:
    seen, worth = confusion.sensitivity(rows, "3"), confusion.predictive_value(rows, "3")
    assert seen is not None and worth is not None
    assert (seen.right, seen.among, worth.right, worth.among) == (1, 3, 1, 3)
    assert 0 < seen.lower < 1 / 3 < seen.upper < 1
    assert confusion.sensitivity(rows, "2") is None and confusion.predictive_value(rows, "2") is None


def test_another_year_is_another_matter() -> None:
    truth, found = frames(("3", "3", NOT))
    assert confusion.pairs(truth, found, 2024).is_empty()
