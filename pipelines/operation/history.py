"""What each run did: one record and one log per run, in `runs/` beside the warehouse.

Belongs here: writing and reading them. Not here: showing them (status_page.py, commands/status.py) nor telling somebody (notice.py).
The folder stays with the warehouse: counts are exact. No identifier and no cell is in it: tables, counts, seconds, the four parts of an
error.
"""

import json
import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.operation.causes import cause_of
from strata.config import Config
from strata.ingest.warehouse.lock import this_command

FOLDER = "runs"
KEPT = 400  # of a run a day, a year
STARTED, SUCCEEDED, FAILED, INTERRUPTED = "started", "succeeded", "failed", "interrupted"


@dataclass(frozen=True)
class Record:
    """One run. state: 'started', 'succeeded', 'failed' (it said why) or 'interrupted' (it was killed). Times: UTC, ISO 8601.

    seconds, rows: by table, in the order built. reused: tables found up to date. checks: as in the receipt. publication: its folder.
    error: the four parts in French and in English.
    """

    run_id: str
    state: str
    started: str
    ended: str = ""
    command: str = field(default_factory=this_command)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    reused: list[str] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    publication: str = ""
    error: list[str] = field(default_factory=list)

    @property
    def total_seconds(self) -> float:
        """Seconds from beginning to end; 0 while it is not known."""
        if not self.ended:
            return 0.0
        return (datetime.fromisoformat(self.ended) - datetime.fromisoformat(self.started)).total_seconds()


class RunLog:
    """The log of one run: JSON lines, for a machine. A disk that refuses a line must not stop the run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, event: str, **facts: Any) -> None:
        """Add one line: time, event, facts."""
        line = json.dumps({"time": now(), "event": event, **facts}, ensure_ascii=False)
        with suppress(OSError), self.path.open("a", encoding="utf-8", newline="\n") as log:
            log.write(line + "\n")


def begin(config: Config, run_id: str) -> RunLog:
    """Record that a run has started, and that those still said to be running were killed: the caller holds the lock. Gives its log."""
    folder = folder_of(config)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for record in records(config):
        if record.state == STARTED:
            write(config, replace(record, state=INTERRUPTED, ended=record.ended or now()))
    for old in records(config)[KEPT:]:
        for path in folder.glob(f"{old.run_id}.*"):
            path.unlink(missing_ok=True)
    record = Record(run_id, STARTED, now())
    write(config, record)
    log = RunLog(folder / f"{run_id}.log")
    log.write("run_started", run_id=run_id, command=record.command, host=record.host, pid=record.pid)
    return log


def write(config: Config, record: Record) -> None:
    """Write a record, whole or not at all. On a full disk its outcome alone, in the place that it had when it began."""
    path = folder_of(config) / f"{record.run_id}.json"
    new = path.with_suffix(".new")
    try:
        new.write_text(_as_json(record), encoding="utf-8")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        with path.open("r+", encoding="utf-8") as held:  # no new room is asked for; a record cut off is passed over
            held.write(_as_json(replace(record, seconds={}, rows={}, reused=[], checks=[])))
            held.truncate()


def _as_json(record: Record) -> str:
    return json.dumps(asdict(record), ensure_ascii=False, indent=1) + "\n"


def records(config: Config) -> list[Record]:
    """Every run on record, the latest first. A record that cannot be read is passed over: the next run writes a good one."""
    found = (_read(path) for path in sorted(folder_of(config).glob("*.json"), reverse=True))
    return [record for record in found if record is not None]


def told(error: BaseException) -> list[str]:
    """An error as it may be kept: its four parts, in French and in English."""
    cause = cause_of(error)
    return [cause.text("fr"), cause.text("en")]


def checks_of(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Outcomes of checks as the record keeps them."""
    return [_check(one) for one in outcomes]


def folder_of(config: Config) -> Path:
    """Where records and logs lie."""
    return config.database.parent / FOLDER


def now() -> str:
    """This second, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _check(outcome: Any) -> dict[str, Any]:
    one = outcome.expectation
    facts: Mapping[str, Any] = {"table": one.table, "check": one.name, "severity": one.severity}
    return {**facts, "passed": outcome.has_passed, "failing_rows": outcome.failing_rows}


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
