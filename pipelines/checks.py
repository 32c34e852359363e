"""Great Expectations suites as Dagster asset checks, over the small tables of sql/quality.

Belongs here: reading the expectations (sql/quality/<table>.toml), validating one frame, keeping the results, the gate before publication.
Not here: the counts themselves (sql/quality/*.sql) nor the thresholds (the .toml beside each).
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from pipelines.session import Session
from strata.errors import StrataError
from strata.models import SQL_FOLDER

if TYPE_CHECKING:
    import pandas as pd

LAYER = "quality"
# BASIC without examples: the default result carries the cells at fault.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_DDL = """CREATE TABLE IF NOT EXISTS check_result (
    table_name VARCHAR, check_name VARCHAR, is_blocking BOOLEAN, has_passed BOOLEAN, failing_rows BIGINT)"""


@dataclass(frozen=True)
class Expectation:
    """One promise on a table of sql/quality: every value of `column` (never NULL) lies in [min, max]; without a column, the number of rows.

    severity: 'blocking' stops the publication, 'warning' is reported. label: (French, English). source: where the threshold comes from.
    """

    table: str
    name: str
    severity: str
    label: tuple[str, str]
    source: str
    column: str = ""
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What one expectation gave. failing_rows: rows of the quality table at fault (1 when it is the number of rows that is)."""

    table_name: str
    check_name: str
    is_blocking: bool
    has_passed: bool
    failing_rows: int


@cache
def suites(folder: Path = SQL_FOLDER) -> dict[str, tuple[Expectation, ...]]:
    """The expectations by table, from the .toml files beside the SQL of the quality layer."""
    return {path.stem: tuple(_parse(path)) for path in sorted((folder / LAYER).glob("*.toml"))}


def _parse(path: Path) -> Iterator[Expectation]:
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["expectation"]:
        label = (entry.pop("label_fr"), entry.pop("label_en"))
        expectation = Expectation(table=path.stem, label=label, **entry)
        if expectation.severity not in ("blocking", "warning") or (expectation.min is None and expectation.max is None):
            raise ValueError(f"{path.name}: {expectation.name}: severity is blocking or warning, and min or max is given")
        yield expectation


def build_checks(folder: Path = SQL_FOLDER) -> list[dg.AssetChecksDefinition]:
    """One check step per quality table, one asset check per expectation."""
    return [_check(table, expectations) for table, expectations in suites(folder).items()]


def _check(table: str, expectations: tuple[Expectation, ...]) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(one.name, asset=table, blocking=one.severity == "blocking", description=f"{one.label[1]}. Source: {one.source}")
        for one in expectations
    ]

    @dg.multi_asset_check(name=f"{table}_expectations", specs=specs, required_resource_keys={"session"})
    def check(context: dg.AssetCheckExecutionContext):  # type: ignore[no-untyped-def] # as in assets.py
        session: Session = context.resources.session
        with session.timed("checks"):
            outcomes = validate(session.connection.sql(f"SELECT * FROM {table}").df(), expectations)
            store(session.connection, table, outcomes)
        for outcome in outcomes:
            yield _result(outcome)

    return check


def _result(outcome: Outcome) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=outcome.table_name,
        check_name=outcome.check_name,
        passed=outcome.has_passed,
        severity=dg.AssetCheckSeverity.ERROR if outcome.is_blocking else dg.AssetCheckSeverity.WARN,
        metadata={"failing_rows": outcome.failing_rows},
    )


def validate(frame: "pd.DataFrame", expectations: tuple[Expectation, ...]) -> list[Outcome]:
    """Hold one small frame against its expectations. Raises RuntimeError when an expectation crashes: that is not a failed check."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment] # a dict is what the variable stores
    source = context.data_sources.add_pandas("quality").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")
    suite = gx.ExpectationSuite("quality", expectations=[part for one in expectations for part in _expectations(one)])
    results = source.get_batch({"dataframe": frame}).validate(suite, result_format=RESULT_FORMAT).results
    # Results come back in another order: they are found by the name carried in `meta`.
    return [_outcome(one, [r for r in results if r.expectation_config.meta["name"] == one.name], len(frame)) for one in expectations]


def _expectations(one: Expectation) -> list[Any]:
    from great_expectations import expectations as gxe

    meta = {"name": one.name}
    if not one.column:
        return [gxe.ExpectTableRowCountToBeBetween(min_value=one.min, max_value=one.max, meta=meta)]
    return [
        gxe.ExpectColumnValuesToBeBetween(column=one.column, min_value=one.min, max_value=one.max, meta=meta),
        gxe.ExpectColumnValuesToNotBeNull(column=one.column, meta=meta),  # `between` passes over NULL
    ]


def _outcome(one: Expectation, results: list[Any], rows: int) -> Outcome:
    if any(not result.result for result in results) or not results:
        raise RuntimeError(f"expectation {one.table}.{one.name} crashed: is there a column {one.column!r}?")
    has_passed = all(result.success for result in results)
    failing = sum(result.result.get("unexpected_count", 0) for result in results)
    return Outcome(one.table, one.name, one.severity == "blocking", has_passed, 0 if has_passed else max(1, min(failing, rows)))


def store(connection: duckdb.DuckDBPyConnection, table: str, outcomes: list[Outcome]) -> None:
    """Keep the outcomes of one table in `check_result`, in place of its earlier ones."""
    connection.execute(_DDL)
    connection.execute("DELETE FROM check_result WHERE table_name = ?", [table])
    for outcome in outcomes:
        connection.execute("INSERT INTO check_result VALUES (?, ?, ?, ?, ?)", list(asdict(outcome).values()))


def forget(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """A rebuilt table has not been checked."""
    store(connection, table, [])


def refuse_unless_checked(connection: duckdb.DuckDBPyConnection, expected: Mapping[str, tuple[Expectation, ...]]) -> list[dict[str, object]]:
    """The gate before publication: every check made on the tables as they are, none blocking failed. Gives the results for the receipt.

    Dagster already stops behind a failed blocking check; this also holds when someone materialises `publication` alone.
    """
    connection.execute(_DDL)
    rows = connection.sql("SELECT table_name, check_name, is_blocking, has_passed, failing_rows FROM check_result ORDER BY ALL").fetchall()
    outcomes = {(row[0], row[1]): Outcome(*row) for row in rows}
    missing = [one for suite in expected.values() for one in suite if (one.table, one.name) not in outcomes]
    if missing:
        raise _not_published([(one, 0) for one in missing], ("contrôles non faits", "checks not made"))
    failed = failures(list(outcomes.values()), expected)
    if failed:
        raise _not_published(failed, ("contrôles en échec", "checks failed"))
    return [asdict(outcomes[one.table, one.name]) for suite in expected.values() for one in suite]


def failures(outcomes: list[Outcome], expected: Mapping[str, tuple[Expectation, ...]]) -> list[tuple[Expectation, int]]:
    """The blocking expectations that failed, with the number of rows at fault."""
    failed = {(one.table_name, one.check_name): one.failing_rows for one in outcomes if one.is_blocking and not one.has_passed}
    return [(one, failed[one.table, one.name]) for suite in expected.values() for one in suite if (one.table, one.name) in failed]


def _not_published(failed: list[tuple[Expectation, int]], why: tuple[str, str]) -> StrataError:
    lines = [
        "".join(f"\n  - {one.label[side]} ({one.table}.{one.column or 'rows'}, {rows})" for one, rows in failed) for side in (0, 1)
    ]
    return StrataError(
        what=("Rien n'est publié : un contrôle bloquant a échoué", "Nothing is published: a blocking check failed"),
        where=", ".join(sorted({f"sql/{LAYER}/{one.table}.toml" for one, _ in failed})),
        why=(f"{why[0]} :{lines[0]}", f"{why[1]}:{lines[1]}"),
        fix=(
            "La publication précédente reste en place ; voir `strata check`, corriger les extractions ou la configuration, relancer",
            "The previous publication stays; see `strata check`, mend the extracts or the configuration, run again",
        ),
    )
