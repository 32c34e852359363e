"""The gate before publication: what the checks gave is kept in the warehouse, and nothing passes without it.

Belongs here: filling the table `check_result`, and the refusal. Not here: checking (checks.py). Dagster already stops behind a failed
blocking check; the gate also holds when someone materialises `publication` alone.
"""

from collections.abc import Iterable

import duckdb

from pipelines.expectations import LAYER, Expectation, Outcome, told
from strata.config import Config
from strata.errors import StrataError


def is_national(connection: duckdb.DuckDBPyConnection, config: Config) -> bool:
    """Whether the extract is that of a nation: declared so, and not synthetic (invented costs prove no definition)."""
    return config.scope == "national" and not connection.execute("SELECT is_synthetic FROM setting").fetchall()[0][0]


def keep(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], outcomes: Iterable[Outcome]) -> None:
    """Keep what the checks of these tables gave, in place of what they gave before. With none: rebuilt, unchecked."""
    connection.execute("DELETE FROM check_result WHERE list_contains(?, table_name)", [sorted(tables)])
    rows = [(one.expectation.table, one.expectation.name, one.has_passed, one.failing_rows, one.is_told, list(one.at)) for one in outcomes]
    if rows:
        connection.execute(
            "INSERT INTO check_result SELECT unnest(?), unnest(?), unnest(?), unnest(?), unnest(?), unnest(CAST(? AS VARCHAR[][]))",
            list(map(list, zip(*rows, strict=True))),
        )


def passed(connection: duckdb.DuckDBPyConnection, expectations: Iterable[Expectation]) -> list[Outcome]:
    """Every outcome, when each expectation was held against the tables as they are and none refuses. Else StrataError."""
    rows = connection.sql("SELECT table_name, check_name, has_passed, failing_rows, is_told, at_fault FROM check_result").fetchall()
    known = {(table, name): facts for table, name, *facts in rows}
    expected = list(expectations)
    unchecked = [one for one in expected if (one.table, one.name) not in known]
    if unchecked:
        raise _refusal([Outcome(one, False, 0) for one in unchecked], ("contrôles non faits", "checks not made"))
    outcomes = [_outcome(one, *known[one.table, one.name]) for one in expected]
    refuse_failures(outcomes)
    return outcomes


def refuse_failures(outcomes: Iterable[Outcome]) -> None:
    """StrataError listing the blocking checks that failed, when there are any."""
    failed = [one for one in outcomes if one.is_refusal]
    if failed:
        raise _refusal(failed, ("contrôles en échec", "failed checks"))


def _outcome(one: Expectation, has_passed: bool, failing_rows: int, is_told: bool, at: list[str]) -> Outcome:
    return Outcome(told(one) if is_told else one, has_passed, failing_rows, tuple(at), is_told)


def _refusal(refused: list[Outcome], why: tuple[str, str]) -> StrataError:
    lists = ["".join(f"\n  - {_line(one, side)}" for one in refused) for side in (0, 1)]
    return StrataError(
        what=("Rien n'est publié : les contrôles bloquants ne sont pas passés", "Nothing is published: blocking checks did not pass"),
        where=", ".join(sorted({f"sql/{LAYER}/{one.expectation.table}.toml" for one in refused})),
        why=(f"{why[0]}{lists[0]}", f"{why[1]}{lists[1]}"),
        fix=(
            "La publication précédente reste en place ; lire `strata check`, corriger l'extraction ou la configuration, relancer",
            "The previous publication stays; read `strata check`, mend the extract or the configuration, run again",
        ),
    )


def _line(one: Outcome, side: int) -> str:
    """A check that refuses: what it asks, its name, how many rows are at fault and which, where rows have a name."""
    held, which = one.expectation, "".join(f"\n      {name}" for name in one.at)
    return f"{held.label[side]} ({held.table}.{held.name} : {one.failing_rows}){which}"
