"""The gate before publication: what the checks gave is kept in the warehouse, and nothing passes without it.

Belongs here: the table `check_result` and the refusal. Not here: checking (checks.py). Dagster already stops behind a failed blocking
check; the gate also holds when someone materialises `publication` alone.
"""

from collections.abc import Iterable

import duckdb

from pipelines.expectations import LAYER, Expectation, Outcome
from strata.config import Config
from strata.errors import StrataError

_DDL = """CREATE TABLE IF NOT EXISTS check_result (
    table_name VARCHAR, check_name VARCHAR, has_passed BOOLEAN, failing_rows BIGINT)"""


def is_national(connection: duckdb.DuckDBPyConnection, config: Config) -> bool:
    """Whether the extract is that of a nation: declared so, and not synthetic (invented costs prove no definition)."""
    return config.scope == "national" and not connection.execute("SELECT is_synthetic FROM setting").fetchall()[0][0]


def keep(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], outcomes: Iterable[Outcome]) -> None:
    """Keep what the checks of these tables gave, in place of what they gave before. With none: rebuilt, unchecked."""
    connection.execute(_DDL)
    connection.execute("DELETE FROM check_result WHERE list_contains(?, table_name)", [sorted(tables)])
    rows = [(one.expectation.table, one.expectation.name, one.has_passed, one.failing_rows) for one in outcomes]
    if rows:
        connection.execute(
            "INSERT INTO check_result SELECT unnest(?), unnest(?), unnest(?), unnest(?)", list(map(list, zip(*rows, strict=True)))
        )


def passed(connection: duckdb.DuckDBPyConnection, expectations: Iterable[Expectation]) -> list[Outcome]:
    """Every outcome, when each expectation was held against the tables as they are and none refuses. Else StrataError."""
    connection.execute(_DDL)
    rows = connection.sql("SELECT table_name, check_name, has_passed, failing_rows FROM check_result").fetchall()
    known = {(table, name): (has_passed, failing) for table, name, has_passed, failing in rows}
    expected = list(expectations)
    unchecked = [one for one in expected if (one.table, one.name) not in known]
    if unchecked:
        raise _refusal([(one, 0) for one in unchecked], ("contrôles non faits", "checks not made"))
    outcomes = [Outcome(one, *known[one.table, one.name]) for one in expected]
    refuse_failures(outcomes)
    return outcomes


def refuse_failures(outcomes: Iterable[Outcome]) -> None:
    """StrataError listing the blocking checks that failed, when there are any."""
    failed = [(one.expectation, one.failing_rows) for one in outcomes if one.is_refusal]
    if failed:
        raise _refusal(failed, ("contrôles en échec", "failed checks"))


def _refusal(refused: list[tuple[Expectation, int]], why: tuple[str, str]) -> StrataError:
    lists = ["".join(f"\n  - {one.label[side]} ({one.table}.{one.name} : {rows})" for one, rows in refused) for side in (0, 1)]
    return StrataError(
        what=("Rien n'est publié : les contrôles bloquants ne sont pas passés", "Nothing is published: blocking checks did not pass"),
        where=", ".join(sorted({f"sql/{LAYER}/{one.table}.toml" for one, _ in refused})),
        why=(f"{why[0]}{lists[0]}", f"{why[1]}{lists[1]}"),
        fix=(
            "La publication précédente reste en place ; lire `strata check`, corriger l'extraction ou la configuration, relancer",
            "The previous publication stays; read `strata check`, mend the extract or the configuration, run again",
        ),
    )
