"""What Dagster itself costs a run in one process: the whole graph with nothing in its steps.

Belongs here: the processor time of loading, of making the graph and of going through it. Not here: what the steps cost (one_more_month.py).

    python -m benchmarks.orchestration [--rounds 3]

One round a process, as `strata run` is one. The first is not told: it leaves the compiled sources behind, as on a user's machine.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import duckdb

from benchmarks.compiled import environment
from pipelines import assets, checks, tables
from pipelines.expectations import Expectation, Outcome
from pipelines.process import few_searches, leave
from pipelines.runner import materialise
from pipelines.session import Session
from strata.config import Config


def main() -> None:
    """Print what each round costs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", action="store_true", help="one round, in this process")
    chosen = parser.parse_args()
    if chosen.once:
        print(once())
        leave(0)
    for number in range(chosen.rounds + 1):
        before = os.times()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.orchestration", "--once"], env=environment(), check=True, capture_output=True
        )
        after = os.times()
        if number:
            spent = after.children_user - before.children_user + after.children_system - before.children_system
            print(f"{done.stdout.decode().strip()}, together {spent:.2f} s of processor time", flush=True)


def once() -> str:
    """Processor seconds of the three, the first since the process began."""
    loaded = time.process_time()
    session = Session(Config(folder=Path()), "run", duckdb.connect(), lambda _: None)
    for writer in tables.WRITERS:
        object.__setattr__(writer, "write", lambda _: None)
    with (
        few_searches(),
        patch.object(assets, "_make"),
        patch.object(assets, "_count", return_value=0),
        patch.object(assets, "_publish", return_value=Path()),
        patch.object(assets, "_prune"),
        patch.object(assets, "is_national", return_value=False),
        patch.object(assets, "passed", return_value=[]),
        patch.object(checks, "_checked", side_effect=_all_held),
        patch.object(Session, "content", return_value="the same"),
    ):
        graph = assets.build_assets(), checks.build_checks()
        made = time.process_time()
        materialise(session, *graph, "publication")
    ended = time.process_time()
    return f"loading {loaded:.2f} s, making the graph {made - loaded:.2f} s, going through it {ended - made:.2f} s"


def _all_held(_session: Session, expectations: tuple[Expectation, ...]) -> list[Outcome]:
    return [Outcome(one, True, 0) for one in expectations]


if __name__ == "__main__":
    main()
