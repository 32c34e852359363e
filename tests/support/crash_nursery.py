"""Runs that are killed: a process that has imported everything once, and makes a child per run.

Started as a program (`python -m tests.support.crash_nursery`), it reads one JSON line per run. {"project": strata.toml, "after": seconds}
kills the child then (SIGKILL: nothing of it can clean up). {"project", "at": [name, "before" | "after"]} has the child kill itself at a
named step. {"project"} lets it end. It answers with one JSON line: {"killed": bool, "code": exit code, "seconds": float}. POSIX only: it
forks.
"""

import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The named steps: where a run can be stopped on purpose. name -> module and attribute
STEPS = {
    "lock taken": ("pipelines.operation.history", "begin"),
    "warehouse opened": ("strata.ingest.warehouse.tables", "open_warehouse"),
    "transmission removed": ("strata.ingest.warehouse.store", "_remove"),
    "transmission stored": ("strata.ingest.warehouse.store", "_insert"),
    "account written": ("strata.ingest.warehouse.store", "_account"),
    "files accounted for": ("strata.ingest.load", "_account_for_the_rest"),
    "settings written": ("strata.settings", "write_settings"),
    "definitions written": ("strata.definitions.folder", "write_definitions"),
    "table built": ("strata.engine.models", "_build_in_buckets"),
    "check kept": ("pipelines.checks", "keep"),
    "indicators written": ("strata.publication.publish", "_write_data"),
    "receipt written": ("strata.publication.publish", "write_receipt"),
    "publication on the disk": ("strata.publication.publish", "_sync"),
    "pointer moved": ("strata.publication.publish", "_replace"),
    "old publications removed": ("strata.publication.publish", "prune"),
    "quality page written": ("pipelines.pages.quality_page", "write_quality_page"),
    "run recorded": ("pipelines.session", "_record"),
}
# What a run does after one file was sent again, in the order in which it does it. A run that resumes one that died there does it too.
STEPS_BY_PART = {
    "slices told": ("strata.engine.changes", "slices_content"),
    "stale rows replaced": ("strata.engine.parts", "_replace"),
    "stale rows exchanged": ("strata.engine.parts", "_swap"),
    "change kept": ("strata.engine.changes", "keep"),
    "compared": ("strata.engine.told", "compare"),
}
# What a run loads when it first needs it. Loaded here once, not in each child.
_LOADED_LATE = (
    "great_expectations", "pipelines.command", "pipelines.operation.notice", "pipelines.operation.room", "pipelines.runner",
    "pipelines.pages.definition_pages", "pipelines.pages.quality_page", "dashboards.site", "dashboards.exports.deck",
    "dashboards.exports.flat", "dashboards.exports.programme", "dashboards.exports.workbook", "strata.documents.whole",
    "strata.ingest.load", "strata.ingest.user.deaths", "strata.ingest.user.tables", "strata.publication.publish", "strata.reference.nation",
)  # fmt: skip


class Nursery:
    """The other end: starts the process and asks it for runs."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.support.crash_nursery"]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def run(self, project: Path, **how: Any) -> dict[str, Any]:
        """One run of the project, killed or not."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"project": str(project), **how}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


def _die_at(name: str, moment: str) -> None:
    """Make the named step kill this process, before it begins or once it has ended."""
    module_name, attribute = (STEPS | STEPS_BY_PART)[name]
    module = importlib.import_module(module_name)
    whole: Callable[..., Any] = getattr(module, attribute)

    def dies(*arguments: Any, **named: Any) -> Any:
        if moment == "after":
            whole(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, attribute, dies)


def _child(asked: dict[str, Any]) -> int:
    from pipelines import command

    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    if "at" in asked:
        _die_at(*asked["at"])
    return command.main(["run", "--config", asked["project"]])


def _load() -> None:
    """All that a run loads and that is the same for each; Dagster loads most of itself when it first runs something."""
    import dagster as dg

    for name in _LOADED_LATE:
        importlib.import_module(name)
    from dashboards.render import environment as of_pages
    from pipelines.pages.private_page import environment as of_private_pages
    from pipelines.runner import graph

    graph()
    for templates in (of_pages(), of_private_pages()):
        for name in templates.list_templates():
            templates.get_template(name)
    logging.getLogger("dagster").setLevel(logging.CRITICAL + 1)
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([dg.asset(lambda: None, name="nothing")], instance=instance)


def main() -> None:
    """Load, then one child a line."""
    _load()
    for line in sys.stdin:
        asked = json.loads(line)
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            code = 3
            try:
                code = _child(asked)
            finally:
                os._exit(code)
        _wait(child, asked.get("after"))
        status = os.waitpid(child, 0)[1]
        answer = {"killed": os.WIFSIGNALED(status), "code": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - start}
        print(json.dumps(answer), flush=True)


def _wait(child: int, seconds: float | None) -> None:
    """Let the child live so long, then kill it; without a limit, let it end."""
    if seconds is None:
        return
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
