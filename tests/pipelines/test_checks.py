"""Great Expectations over small frames: what passes, what fails, what crashes, and what never shows."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb
import pandas as pd
import pytest
import sqlglot

from pipelines.checks import validate, values_of
from pipelines.expectations import Expectation, Outcome, suites
from strata.engine.models import models

SHARE = Expectation("chaining", "enough", "blocking", ("assez", "enough"), ("identité", "identity"), column="share", min=0.5, max=1)


def checked(expectations: tuple[Expectation, ...], **columns: Sequence[float | None]) -> list[Outcome]:
    """What the checks give on a table `chaining` of these columns."""
    connection = duckdb.connect()
    names = ", ".join(f"CAST(unnest(${name}) AS DOUBLE) AS {name}" for name in columns)
    connection.execute(f"CREATE TABLE chaining AS SELECT {names}", columns)
    return validate(values_of(connection, expectations), expectations)


@pytest.mark.parametrize(
    ("values", "failing"),
    [([0.5, 1.0], 0), ([0.4, 1.0], 1), ([0.4, 1.1], 2), ([None, 0.7], 1), ([None, 0.4], 2), ([], 0)],
)
def test_every_value_is_held_against_its_bounds_and_null_fails(values: list[float | None], failing: int) -> None:
    (outcome,) = checked((SHARE,), share=values)
    assert (outcome.has_passed, outcome.failing_rows) == (failing == 0, failing)


@pytest.mark.parametrize(("low", "high", "failing"), [(0.5, None, 1), (None, 0.5, 2), (1, 1, 2), (-1, 2, 0)])
def test_a_bound_that_is_not_given_holds_nobody(low: float | None, high: float | None, failing: int) -> None:
    (outcome,) = checked((replace(SHARE, min=low, max=high),), share=[0.4, 1.0, 0.6])
    assert outcome.failing_rows == failing


@pytest.mark.parametrize(("rows", "has_passed"), [(0, False), (1, True), (2, True)])
def test_without_a_column_the_number_of_rows_counts(rows: int, has_passed: bool) -> None:
    (outcome,) = checked((replace(SHARE, column="", min=1, max=None),), share=[0.0] * rows)
    assert outcome.has_passed is has_passed and outcome.failing_rows == int(not has_passed)


def test_each_check_has_its_own_rows_and_bounds() -> None:
    names = [f"check_{letter}" for letter in "zamby"]
    wanted = tuple(replace(SHARE, name=name, column=name, min=None, max=1) for name in names)
    found = checked(wanted, **{name: [number, 5] for number, name in enumerate(names)})
    assert [(one.expectation.name, one.failing_rows) for one in found] == [(name, 1 + (number > 1)) for number, name in enumerate(names)]


OWN = replace(SHARE, min_column="low_own", max_column="high_own")


@pytest.mark.parametrize(("low", "high", "failing"), [(None, None, 1), (0.1, None, 0), (None, 0.9, 2), (0.3, 0.9, 1)])
def test_a_row_may_have_its_own_bounds(low: float | None, high: float | None, failing: int) -> None:
    (outcome,) = checked((OWN,), share=[0.4, 1.0], low_own=[low, low], high_own=[high, high])
    assert outcome.failing_rows == failing


@pytest.mark.parametrize(
    ("shares", "severity", "is_refusal", "at"),
    [([0.4, 0.9], "blocking", True, ("7",)), ([0.9, 0.4], "warning", False, ("8",)), ([0.4, 0.4], "blocking", True, ("7", "8"))],
)
def test_rows_that_bind_nobody_are_told_and_rows_at_fault_are_named(
    shares: list[float], severity: str, is_refusal: bool, at: tuple[str, ...]
) -> None:
    wanted = replace(SHARE, binding_column="binds = 1", named_by=("CAST(of AS INTEGER)",))
    (outcome,) = checked((wanted,), share=shares, binds=[1, 0], of=[7, 8])
    assert (outcome.expectation.severity, outcome.is_refusal, outcome.at) == (severity, is_refusal, at)


def test_a_crashed_expectation_is_an_error_and_no_failed_check() -> None:
    with pytest.raises(RuntimeError, match="crashed"):
        validate(
            pd.DataFrame({"check": ["chaining.enough"], "value": ["text"], "low": [0.5], "high": [1.0], "name": [""], "binds": [True]}),
            (SHARE,),
        )
    with pytest.raises(duckdb.BinderException, match="share"):
        checked((SHARE,), another=[1])


def test_every_shipped_expectation_reads_a_column_of_its_table_and_names_its_source() -> None:
    assert suites()
    for table, suite in suites().items():
        tree = sqlglot.parse_one(models()[table].sql, read="duckdb")
        columns = {column.alias_or_name for column in tree.selects}
        assert len({one.name for one in suite}) == len(suite)
        for one in suite:
            assert all(one.source) and all(one.label)
            read = {one.column, one.min_column, one.max_column, one.binding_column, *one.named_by} - {""}
            assert read <= columns, one


def test_a_threshold_without_bounds_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sql")
    (folder / "quality").mkdir()
    texts = 'label_fr = "c"\nlabel_en = "d"\nsource_fr = "e"\nsource_en = "f"\n'
    entry = f'[[expectation]]\nname = "a"\ncolumn = "b"\nseverity = "blocking"\n{texts}'
    (folder / "quality" / "stay_check.toml").write_text(entry, encoding="utf-8")
    with pytest.raises(ValueError, match="min or max"):
        suites(folder)
