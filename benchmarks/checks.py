"""What the checks cost beside the same checks written in one pass of SQL.

Belongs here: the two timings and their ratio, on a warehouse that a run has filled. Not here: what is checked (sql/quality).

    python -m benchmarks.checks --project FOLDER [--rounds 5]

Both count, from the tables of stays and persons: they make the tables of sql/quality that have expectations and those of sql/quality that
these read. Ours then holds them against their expectations as a run does (Great
Expectations, results kept); the other asks SQL how many rows are outside their bounds, a query a table. Imports are left out of both. Each
round times one and then the other, the second round the other way round, and so on. Processor time says more on a busy machine.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path

import duckdb
import great_expectations as gx

from pipelines.checks import validate, values_of
from pipelines.expectations import LAYER, Expectation, suites
from pipelines.gate import keep
from strata.config import load
from strata.engine.duckdb import connect
from strata.engine.models import build, models

assert gx.__version__  # imported before the clock starts


def main() -> None:
    """Print seconds of both, of what they share, the ratio, and whether they find the same."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        copy = Path(shutil.copyfile(load(chosen.project / "strata.toml").database, Path(work) / "warehouse.duckdb"))
        connection = connect(copy)
        timed(connection, by_expectations)  # whoever reads first pays for the disk
        rounds = [pair(connection, number) for number in range(chosen.rounds)]
        ours, theirs = zip(*rounds, strict=True)
        stays = connection.execute("SELECT count(*) FROM stay").fetchall()[0][0]
        connection.close()
    print(f"{stays} stays, {sum(map(len, suites().values()))} checks of {len(suites())} tables, {len(counted())} tables made")
    for number, clock in enumerate(("seconds", "CPU seconds")):
        medians = [statistics.median(one[0][number] for one in side) for side in (ours, theirs)]
        ratio = statistics.median(one[0][number] / other[0][number] for one, other in zip(ours, theirs, strict=True))
        print(f"{clock}: ours {medians[0]:.2f}, one pass of SQL {medians[1]:.2f}; ratio, median of {chosen.rounds} pairs: {ratio:.2f}")
    print("the same rows at fault" if ours[0][1] == theirs[0][1] else "THEY DO NOT FIND THE SAME")


Check = Callable[[duckdb.DuckDBPyConnection], dict[str, int]]
Timed = tuple[tuple[float, float], dict[str, int]]


def pair(connection: duckdb.DuckDBPyConnection, number: int) -> tuple[Timed, Timed]:
    """Ours and the other, one after the other, in turn."""
    if number % 2:
        other = timed(connection, by_sql)
        return timed(connection, by_expectations), other
    return timed(connection, by_expectations), timed(connection, by_sql)


def timed(connection: duckdb.DuckDBPyConnection, check: Check) -> Timed:
    """Seconds and CPU seconds for every table made and checked, and the rows at fault by check."""
    start = time.perf_counter(), time.process_time()
    for table in counted():
        build(connection, table)
    found = check(connection)
    return (time.perf_counter() - start[0], time.process_time() - start[1]), found


@cache
def counted() -> tuple[str, ...]:
    """The tables that have expectations and those of sql/quality that they are made of, in build order."""
    known = models()
    wanted = set(suites())
    for name in reversed(known):
        if name in wanted:
            wanted.update(one for one in known[name].inputs if one in known and known[one].layer == LAYER)
    return tuple(name for name in known if name in wanted)


def by_expectations(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """As a run does."""
    every = tuple(chain.from_iterable(suites().values()))
    outcomes = validate(values_of(connection, every), every)
    keep(connection, suites(), outcomes)
    return {f"{one.expectation.table}.{one.expectation.name}": one.failing_rows for one in outcomes}


def by_sql(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """All the counts of a table in one query."""
    found: dict[str, int] = {}
    for table, expectations in suites().items():
        counts = connection.execute(f"SELECT {', '.join(map(at_fault, expectations))} FROM {table}").fetchall()[0]
        found |= {f"{table}.{one.name}": int(count) for one, count in zip(expectations, counts, strict=True)}
    return found


def at_fault(one: Expectation) -> str:
    """The rows outside the bounds or empty; 1 when it is the number of rows that is outside."""
    value = one.column or "count(*)"
    outside = " OR ".join(f"{value} {sign} {bound}" for sign, bound in (("<", one.min), (">", one.max)) if bound is not None)
    return f"count(*) FILTER (WHERE {outside} OR {value} IS NULL)" if one.column else f"CASE WHEN {outside} THEN 1 ELSE 0 END"


if __name__ == "__main__":
    main()
