"""One refresh as `strata run` makes it, each step timed in processor seconds of all threads.

Belongs here: the process that one_more_month.py measures; it loads what the command loads, and no more. Not here: measuring it.

    python -m benchmarks.one_refresh PROJECT [--tables]

--tables stops before the publication.
"""

import argparse
import time
from pathlib import Path
from types import SimpleNamespace

from pipelines import session
from pipelines.process import leave
from pipelines.runner import run
from strata.config import load


def main() -> None:
    """Refresh the project, and leave as the command does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("--tables", action="store_true")
    chosen = parser.parse_args()
    vars(session)["time"] = SimpleNamespace(perf_counter=time.process_time)  # `timed` asks for nothing else
    until = ("quality", "reference") if chosen.tables else "publication"
    run(load(chosen.project / "strata.toml"), progress=lambda _: None, until=until)
    leave(0)


if __name__ == "__main__":
    main()
