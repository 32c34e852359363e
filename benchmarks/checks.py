"""What the checks cost beside the same checks written in one pass of SQL.

Belongs here: the two timings and their ratio, on a warehouse that a run has filled. Not here: what is checked (sql/quality).

    python -m benchmarks.checks --project FOLDER [--rounds 3]

Both make the counted tables of sql/quality that have expectations. Ours then holds each against its expectations as a run does (Great
Expectations, results kept); the other asks SQL how many rows are outside their bounds, a query a table. Imports are left out of both.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import great_expectations as gx

from pipelines.checks import validate
from pipelines.expectations import Expectation, suites
from pipelines.gate import keep
from strata.config import load
from strata.engine.duckdb import connect
from strata.engine.models import build

assert gx.__version__  # imported before the clock starts


def main() -> None:
    """Print seconds of both, of what they share, the ratio, and whether they find the same."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        copy = Path(shutil.copyfile(load(chosen.project / "strata.toml").database, Path(work) / "warehouse.duckdb"))
        connection = connect(copy)
        ours, theirs = zip(*((timed(connection, by_expectations), timed(connection, by_sql)) for _ in range(chosen.rounds)), strict=True)
        stays = connection.execute("SELECT count(*) FROM stay").fetchall()[0][0]
        connection.close()
    ratios = [one[0] / other[0] for one, other in zip(ours, theirs, strict=True)]
    print(f"{stays} stays, {sum(map(len, suites().values()))} checks of {len(suites())} tables")
    print(f"ours {statistics.median(one[0] for one in ours):.2f} s, one pass of SQL {statistics.median(one[0] for one in theirs):.2f} s")
    print(f"ratio, median of {chosen.rounds} rounds in pairs: {statistics.median(ratios):.2f}")
    print("the same rows at fault" if ours[0][1] == theirs[0][1] else "THEY DO NOT FIND THE SAME")


Check = Callable[[duckdb.DuckDBPyConnection, str, tuple[Expectation, ...]], dict[str, int]]


def timed(connection: duckdb.DuckDBPyConnection, check: Check) -> tuple[float, dict[str, int]]:
    """Seconds for every table made and checked, and the rows at fault by check."""
    found: dict[str, int] = {}
    start = time.perf_counter()
    for table, expectations in suites().items():
        build(connection, table)
        found |= check(connection, table, expectations)
    return time.perf_counter() - start, found


def by_expectations(connection: duckdb.DuckDBPyConnection, table: str, expectations: tuple[Expectation, ...]) -> dict[str, int]:
    """As a run does."""
    outcomes = validate(connection.sql(f"SELECT * FROM {table}").df(), expectations)
    keep(connection, table, outcomes)
    return {f"{table}.{one.expectation.name}": one.failing_rows for one in outcomes}


def by_sql(connection: duckdb.DuckDBPyConnection, table: str, expectations: tuple[Expectation, ...]) -> dict[str, int]:
    """All the counts of a table in one query."""
    counts = connection.execute(f"SELECT {', '.join(map(at_fault, expectations))} FROM {table}").fetchall()[0]
    return {f"{table}.{one.name}": int(count) for one, count in zip(expectations, counts, strict=True)}


def at_fault(one: Expectation) -> str:
    """The rows outside the bounds or empty; 1 when it is the number of rows that is outside."""
    value = one.column or "count(*)"
    outside = " OR ".join(f"{value} {sign} {bound}" for sign, bound in (("<", one.min), (">", one.max)) if bound is not None)
    return f"count(*) FILTER (WHERE {outside} OR {value} IS NULL)" if one.column else f"CASE WHEN {outside} THEN 1 ELSE 0 END"


if __name__ == "__main__":
    main()
