"""Great Expectations over small frames: what passes, what fails, what crashes, and what never shows."""

from dataclasses import replace

import pandas as pd
import pytest
import sqlglot

from pipelines.checks import validate
from pipelines.expectations import Expectation, suites
from strata.engine.models import models

SHARE = Expectation("chaining", "enough", "blocking", ("assez", "enough"), "identity", column="share", min=0.5, max=1)


@pytest.mark.parametrize(
    ("values", "failing"),
    [([0.5, 1.0], 0), ([0.4, 1.0], 1), ([0.4, 1.1], 2), ([None, 0.7], 1), ([], 0)],
)
def test_every_value_is_held_against_its_bounds_and_null_fails(values: list[float | None], failing: int) -> None:
    (outcome,) = validate(pd.DataFrame({"share": pd.Series(values, dtype="float64")}), (SHARE,))
    assert (outcome.has_passed, outcome.failing_rows) == (failing == 0, failing)


@pytest.mark.parametrize(("rows", "has_passed"), [(0, False), (1, True), (2, True)])
def test_without_a_column_the_number_of_rows_counts(rows: int, has_passed: bool) -> None:
    (outcome,) = validate(pd.DataFrame({"share": [0.0] * rows}), (replace(SHARE, column="", min=1, max=None),))
    assert outcome.has_passed is has_passed and outcome.failing_rows == int(not has_passed)


def test_results_keep_their_names_whatever_their_order() -> None:
    names = [f"check_{letter}" for letter in "zamby"]
    frame = pd.DataFrame({name: [number] for number, name in enumerate(names)})
    wanted = tuple(replace(SHARE, name=name, column=name, min=None, max=1) for name in names)
    assert [(one.expectation.name, one.has_passed) for one in validate(frame, wanted)] == [
        (name, number <= 1) for number, name in enumerate(names)
    ]


def test_a_crashed_expectation_is_an_error_and_no_failed_check() -> None:
    with pytest.raises(RuntimeError, match="crashed"):
        validate(pd.DataFrame({"another": [1]}), (SHARE,))


def test_every_shipped_expectation_reads_a_column_of_its_table_and_names_its_source() -> None:
    assert suites()
    for table, suite in suites().items():
        tree = sqlglot.parse_one(models()[table].sql, read="duckdb")
        columns = {column.alias_or_name for column in tree.selects}
        assert len({one.name for one in suite}) == len(suite)
        for one in suite:
            assert all(one.source) and all(one.label)
            assert not one.column or one.column in columns, one


def test_a_threshold_without_bounds_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sql")
    (folder / "quality").mkdir()
    texts = 'label_fr = "c"\nlabel_en = "d"\nsource_fr = "e"\nsource_en = "f"\n'
    entry = f'[[expectation]]\nname = "a"\ncolumn = "b"\nseverity = "blocking"\n{texts}'
    (folder / "quality" / "stay_check.toml").write_text(entry, encoding="utf-8")
    with pytest.raises(ValueError, match="min or max"):
        suites(folder)
