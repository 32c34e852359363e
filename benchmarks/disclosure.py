"""What disclosure control costs on the warehouse of a project that has been run.

Belongs here: its time, and the size of what it protects. Not here: whether it protects (tests/disclosure).

    python -m benchmarks.disclosure --project FOLDER [--rounds 3]

Measures the indicators once, protects them as a publication does, and prints a row of docs/explanation/benchmarks.md: counts, small
ones, withheld ones, programmes of the last audit, seconds, processor seconds (medians of the rounds). Nothing is written.
"""

import argparse
import statistics
import time
from pathlib import Path

import polars as pl

from strata.config import Config, load
from strata.disclosure import Protected, Relations, protect
from strata.engine.duckdb import connect
from strata.measures.catalogue import load_catalogue
from strata.measures.measure import measure
from strata.measures.relations import relations_of
from strata.publication.publish import read_indicators


def main() -> None:
    """Print the row."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    config = load(chosen.project / "strata.toml")
    with connect(config.database, read_only=True) as connection:
        measured, relations = measure(connection, config, load_catalogue()), relations_of(connection, config)
    rounds = [timed(measured, relations, config) for _ in range(chosen.rounds)]
    seconds, processor, protected = (list(column) for column in zip(*rounds, strict=True))
    report = protected[0].report
    withheld, small = report["primary"] + report["secondary"], report["primary"] + report["unlabelled"]
    times = f"{statistics.median(seconds):.1f} | {statistics.median(processor):.1f}"
    print(f"| {len(measured)} | {report['cells']} | {small} | {withheld} | {report['linear_programmes']} | {times} |")


def timed(measured: pl.DataFrame, relations: Relations, config: Config) -> tuple[float, float, Protected]:
    """Seconds, processor seconds, and what came of it."""
    earlier = [read_indicators(config.folder / name) for name in config.disclosure.earlier_masks]
    clock, processor = time.perf_counter(), time.process_time()
    protected = protect(measured, config.disclosure, relations=relations, earlier=earlier)
    return time.perf_counter() - clock, time.process_time() - processor, protected


if __name__ == "__main__":
    main()
