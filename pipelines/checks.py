"""Great Expectations suites as Dagster asset checks, over the small tables of sql/quality.

Belongs here: validating one small frame, one check step per table. Not here: the counts (sql/quality/*.sql), the thresholds
(the .toml beside each), what a failure stops (gate.py).
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.expectations import Expectation, Outcome, in_force, suites
from pipelines.gate import is_national, keep
from pipelines.session import Session
from strata.engine.models import SQL_FOLDER

if TYPE_CHECKING:
    import pandas as pd

# BASIC without examples: the default result carries the cells at fault.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


def build_checks(folder: Path = SQL_FOLDER) -> list[dg.AssetChecksDefinition]:
    """One check step per quality table, one asset check per expectation."""
    return [_check(table, expectations) for table, expectations in suites(folder).items()]


def _check(table: str, expectations: tuple[Expectation, ...]) -> dg.AssetChecksDefinition:
    # `blocking` also makes what is downstream wait; Dagster stops it for an ERROR only, so a warning is told and passes.
    specs = [
        dg.AssetCheckSpec(one.name, asset=table, blocking=True, description=f"{one.label[1]}. Source: {one.source[1]}")
        for one in expectations
    ]

    @dg.multi_asset_check(name=f"{table}_expectations", specs=specs, required_resource_keys={"session"})
    def check(context: dg.AssetCheckExecutionContext):  # type: ignore[no-untyped-def] # an annotated generator reads as one output to Dagster
        session: Session = context.resources.session
        with session.timed("checks"):
            held = in_force(expectations, is_national(session.connection, session.config))
            outcomes = validate(session.connection.sql(f"SELECT * FROM {table}").df(), held)
            keep(session.connection, table, outcomes)
        session.outcomes += outcomes
        for outcome in outcomes:
            yield _result(outcome)

    return check


def _result(outcome: Outcome) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=outcome.expectation.table,
        check_name=outcome.expectation.name,
        passed=outcome.has_passed,
        severity=dg.AssetCheckSeverity.ERROR if outcome.expectation.is_blocking else dg.AssetCheckSeverity.WARN,
        metadata={"failing_rows": outcome.failing_rows},
    )


def validate(frame: "pd.DataFrame", expectations: tuple[Expectation, ...]) -> list[Outcome]:
    """Hold one small frame against its expectations. RuntimeError when an expectation crashes: that is not a failed check."""
    import great_expectations as gx  # three seconds: paid by a run that checks, not by `strata --help`

    suite = gx.ExpectationSuite("quality", expectations=[part for one in expectations for part in _parts(one, gx.expectations)])
    results = _whole_frame().get_batch({"dataframe": frame}).validate(suite, result_format=RESULT_FORMAT).results
    # Results come back in another order: they are found by the name carried in `meta`.
    return [_outcome(one, [result for result in results if _name(result) == one.name]) for one in expectations]


@cache
def _whole_frame() -> Any:
    """How Great Expectations is handed a frame. Made once a process: it writes its configuration to text each time."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment] # stored as the mapping of its documentation
    return context.data_sources.add_pandas("quality").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def _name(result: Any) -> str:
    return str(result.expectation_config.meta["name"])


def _parts(one: Expectation, kinds: Any) -> list[Any]:
    bounds: dict[str, Any] = {"min_value": one.min, "max_value": one.max, "meta": {"name": one.name}}
    if not one.column:
        return [kinds.ExpectTableRowCountToBeBetween(**bounds)]
    no_null = kinds.ExpectColumnValuesToNotBeNull(column=one.column, meta={"name": one.name})  # `between` passes over NULL
    return [kinds.ExpectColumnValuesToBeBetween(column=one.column, **bounds), no_null]


def _outcome(one: Expectation, results: list[Any]) -> Outcome:
    if not results or any(not result.result for result in results):
        raise RuntimeError(f"expectation {one.table}.{one.name} crashed: is there a column {one.column!r}?")
    failing = sum(result.result.get("unexpected_count", 1) for result in results if not result.success)
    return Outcome(one, failing == 0, failing)
