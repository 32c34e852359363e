"""Great Expectations as Dagster asset checks, over the small tables of sql/quality.

Belongs here: putting what is checked into one small frame, validating it, the check step. Not here: the counts (sql/quality/*.sql), the
thresholds (the .toml beside each), what a failure stops (gate.py).

An expectation costs Great Expectations about as much as a million rows cost DuckDB. So the values of every check lie in one frame beside
their bounds, a row a value, and three expectations say of all rows at once that none is empty, below its bound or above it.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from pipelines.expectations import Expectation, Outcome, in_force, suites, told
from pipelines.gate import is_national, keep
from pipelines.session import Session
from strata.engine.models import SQL_FOLDER

if TYPE_CHECKING:
    import pandas as pd

# The rows at fault by the name of their check; no list of the values at fault in the text of an error.
_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["check", "name", "binds"],
    "return_unexpected_index_query": False,
    "partial_unexpected_count": 0,
}


def build_checks(folder: Path = SQL_FOLDER) -> list[dg.AssetChecksDefinition]:
    """One check step for all quality tables, one asset check per expectation; a part of them may be asked for."""
    every = tuple(chain.from_iterable(suites(folder).values()))
    # `blocking` also makes what is downstream wait; Dagster stops it for an ERROR only, so a warning is told and passes.
    specs = [
        dg.AssetCheckSpec(one.name, asset=one.table, blocking=True, description=f"{one.label[1]}. Source: {one.source[1]}") for one in every
    ]

    @dg.multi_asset_check(name="expectations", specs=specs, can_subset=True, required_resource_keys={"session"})
    def check(context: dg.AssetCheckExecutionContext):  # type: ignore[no-untyped-def] # an annotated generator reads as one output to Dagster
        session: Session = context.resources.session
        asked = {(key.asset_key.to_user_string(), key.name) for key in context.selected_asset_check_keys}
        with session.timed("checks"):
            outcomes = _checked(session, tuple(one for one in every if (one.table, one.name) in asked))
        session.outcomes += outcomes
        for outcome in outcomes:
            yield _result(outcome)

    return [check] if every else []


def _checked(session: Session, expectations: tuple[Expectation, ...]) -> list[Outcome]:
    held = in_force(expectations, is_national(session.connection, session.config))
    outcomes = validate(values_of(session.connection, held), held)
    keep(session.connection, {one.table for one in held}, outcomes)
    return outcomes


def _result(outcome: Outcome) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=outcome.expectation.table,
        check_name=outcome.expectation.name,
        passed=outcome.has_passed,
        severity=dg.AssetCheckSeverity.ERROR if outcome.expectation.is_blocking else dg.AssetCheckSeverity.WARN,
        metadata={"failing_rows": outcome.failing_rows},
    )


def values_of(connection: duckdb.DuckDBPyConnection, expectations: Iterable[Expectation]) -> "pd.DataFrame":
    """What is checked: `check` ('table.name'), `value`, `low`, `high` (infinite without a bound), `name` of the row, whether it `binds`.

    A row for each row of the table; a single one where it is their number that is checked.
    """
    return connection.sql("\nUNION ALL\n".join(map(_values, expectations))).df()


def _values(one: Expectation) -> str:
    low, high = (_bound(*bound) for bound in ((one.min_column, one.min, "-infinity"), (one.max_column, one.max, "infinity")))
    name = f"concat_ws(' ', {', '.join(one.named_by)})" if one.named_by else "''"
    columns = f'{low} AS low, {high} AS high, {name} AS "name", {one.binding_column or "TRUE"} AS binds'
    return f"SELECT '{_key(one)}' AS \"check\", CAST({one.column or 'count(*)'} AS DOUBLE) AS value, {columns} FROM {one.table}"


def _bound(column: str, of_all: float | None, without: str) -> str:
    """The row's own bound, else that of all rows, else none."""
    text = f"CAST('{without if of_all is None else of_all}' AS DOUBLE)"
    return f"coalesce({column}, {text})" if column else text


def validate(frame: "pd.DataFrame", expectations: Iterable[Expectation]) -> list[Outcome]:
    """Hold a frame of values_of against its bounds. RuntimeError when an expectation crashes: that is not a failed check."""
    import great_expectations as gx  # three seconds: paid by a run that checks, not by `strata --help`

    suite = gx.ExpectationSuite("quality", expectations=_suite(gx.expectations))
    results = _whole_frame().get_batch({"dataframe": frame}).validate(suite, result_format=_RESULT_FORMAT).results
    if any(not result.result for result in results):
        raise RuntimeError("an expectation crashed: are all values numbers?")
    failing: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in (row for result in results for row in result.result["unexpected_index_list"]):
        failing[row["check"]].append(row)
    return [_outcome(one, failing[_key(one)]) for one in expectations]


def _outcome(one: Expectation, failing: list[dict[str, Any]]) -> Outcome:
    """Where no row at fault binds, the outcome is one to tell."""
    is_told = bool(failing) and not any(row["binds"] for row in failing)
    names = tuple(sorted({row["name"] for row in failing} - {""}))
    return Outcome(told(one) if is_told else one, not failing, len(failing), names, is_told)


def _suite(kinds: Any) -> list[Any]:
    """An empty value is at fault once: the two comparisons pass over it."""
    bounds = {"or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return [
        kinds.ExpectColumnValuesToNotBeNull(column="value"),
        kinds.ExpectColumnPairValuesAToBeGreaterThanB(column_A="value", column_B="low", **bounds),
        kinds.ExpectColumnPairValuesAToBeGreaterThanB(column_A="high", column_B="value", **bounds),
    ]


@cache
def _whole_frame() -> Any:
    """How Great Expectations is handed a frame. Made once a process: it writes its configuration to text each time."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment] # stored as the mapping of its documentation
    return context.data_sources.add_pandas("quality").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def _key(one: Expectation) -> str:
    return f"{one.table}.{one.name}"
