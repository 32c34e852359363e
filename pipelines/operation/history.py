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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.operation.causes import cause_of
from strata.config import Config
from strata.ingest.warehouse.lock import holder_of, this_command

FOLDER = "runs"
KEPT = 400  # of a run a day, a year
_CLOCKS_DIFFER = timedelta(minutes=5)
STARTED, SUCCEEDED, FAILED, INTERRUPTED = "started", "succeeded", "failed", "interrupted"


@dataclass(frozen=True)
class Record:
    """One run. state: 'started', 'succeeded', 'failed' (it said why) or 'interrupted' (it was killed). Times: UTC, ISO 8601.

    number: in the order begun, whatever the clock said; 0 in a record of an earlier version. seconds, rows: by table, in the order built.
    made: tables and views built. reused: those found up to date. checks: as in the receipt. publication: its folder.
    error: the four parts in French and in English. warnings: what deserves a look, likewise.
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
    warnings: list[list[str]] = field(default_factory=list)
    number: int = 0
    made: list[str] = field(default_factory=list)

    @property
    def made_count(self) -> int:
        """How many tables and views were built; of an earlier version, tables alone."""
        return len(self.made) or len(self.rows.keys() - set(self.reused))

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
    known = records(config)
    for record in known:
        if record.state == STARTED:
            write(config, _killed(config, record))
    for old in known[KEPT:]:
        for path in folder.glob(f"{old.run_id}.*"):
            path.unlink(missing_ok=True)
    record = Record(run_id, STARTED, now(), number=1 + max((one.number for one in known), default=0))
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
            held.write(_as_json(replace(record, seconds={}, rows={}, made=[], reused=[], checks=[])))
            held.truncate()


def _as_json(record: Record) -> str:
    return json.dumps(asdict(record), ensure_ascii=False, indent=1) + "\n"


def records(config: Config) -> list[Record]:
    """Every run on record, the one begun last first. A record that cannot be read is passed over: the next run writes a good one."""
    found = (_read(path) for path in folder_of(config).glob("*.json"))
    return sorted((record for record in found if record is not None), key=lambda one: (one.number, one.run_id), reverse=True)


def seen_now(config: Config) -> list[Record]:
    """Every run as it is seen now, the one begun last first: one on record as at work that does not hold the warehouse was killed."""
    at_work = {_at_work(config)}
    found = records(config)
    at_work.add(_at_work(config))  # one that began meanwhile
    return [_killed(config, one) if one.state == STARTED and one.run_id not in at_work else one for one in found]


def is_ahead(run_id: str) -> bool:
    """Whether a run bears a time that is still to come, by more than clocks of a network differ."""
    try:
        begun = datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return begun - datetime.now(UTC) > _CLOCKS_DIFFER


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


def _at_work(config: Config) -> str:
    holder, is_alive = holder_of(config.database.parent)
    return holder.run_id if holder is not None and is_alive else ""


def _killed(config: Config, record: Record) -> Record:
    """A run that was killed, ended when it was last heard of: the last line of its log."""
    ended = record.started
    with suppress(OSError, ValueError, KeyError):
        log = (folder_of(config) / f"{record.run_id}.log").read_text(encoding="utf-8")
        ended = str(json.loads(log.rpartition("\n")[0].rpartition("\n")[2])["time"])  # whole lines: the last may be cut off
    return replace(record, state=INTERRUPTED, ended=ended)


def _check(outcome: Any) -> dict[str, Any]:
    one = outcome.expectation
    facts: Mapping[str, Any] = {"table": one.table, "check": one.name, "severity": one.severity}
    return {**facts, "passed": outcome.has_passed, "failing_rows": outcome.failing_rows}


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
