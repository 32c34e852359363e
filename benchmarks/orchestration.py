"""What Dagster itself costs a run in one process: the whole graph with nothing in its steps.

Belongs here: the processor time of loading, of making the graph and of going through it. Not here: what the steps cost (one_more_month.py).

    python -m benchmarks.orchestration

One round a process: loading is a part of it, and is paid once.
"""

import time
from pathlib import Path
from unittest.mock import patch

import duckdb

from pipelines import assets, checks, tables
from pipelines.expectations import Expectation, Outcome
from pipelines.runner import materialise
from pipelines.session import Session
from strata.config import Config


def main() -> None:
    """Print processor seconds of the three, the first since the process began."""
    loaded = time.process_time()
    session = Session(Config(folder=Path()), "run", duckdb.connect(), lambda _: None)
    for writer in tables.WRITERS:
        object.__setattr__(writer, "write", lambda _: None)
    with (
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
    parts = f"loading {loaded:.1f} s, making the graph {made - loaded:.1f} s, going through it {ended - made:.1f} s"
    print(f"{parts}, together {ended:.1f} s of processor time")


def _all_held(_session: Session, expectations: tuple[Expectation, ...]) -> list[Outcome]:
    return [Outcome(one, True, 0) for one in expectations]


if __name__ == "__main__":
    main()
