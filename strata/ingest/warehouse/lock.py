"""One writer of a warehouse at a time.

Belongs here: the lock file in the warehouse folder, who holds it, taking over from a process that died. Not here: asking the system for a
process (running.py), nor what is written.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from strata.errors import StrataError
from strata.ingest.warehouse.running import has_surely_ended, start_of
from strata.ingest.warehouse.tables import writing

LOCK_NAME = "strata.lock"
TAKING_NAME = f"{LOCK_NAME}.taking"  # there for the milliseconds in which a dead run's lock is taken over
_MODULE = "command"  # `python -m pipelines.command`, as entries of cron and services start what a person calls strata
WRITING_SECONDS = 5  # longer than it takes to write one line
_held: set[Path] = set()  # by this process: a process number alone may be that of a run that died (containers reuse them)


@dataclass(frozen=True)
class Holder:
    """Who writes: process number, machine, UTC start, run, command (its first two words: never what it was asked).

    process_started: of the process itself, as the system says it; '' where it does not, or in the lock of an earlier version.
    """

    pid: int
    host: str
    started: str
    run_id: str
    command: str = ""
    process_started: str = ""

    @classmethod
    def now(cls, run_id: str) -> "Holder":
        """This process."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(os.getpid(), socket.gethostname(), started, run_id, this_command(), start_of(os.getpid()))

    @property
    def has_surely_ended(self) -> bool:
        """Whether the process is surely there no more."""
        return has_surely_ended(self.host, self.pid, self.process_started)

    def __str__(self) -> str:
        return ", ".join(part for part in (self.host, f"pid {self.pid}", self.started, self.command) if part)


def holder_of(folder: Path) -> tuple[Holder | None, bool]:
    """Who holds the warehouse in `folder`, and whether they may be alive. (None, False) when nobody does."""
    path = folder.resolve() / LOCK_NAME
    holder = _holder(path)
    return holder, path.exists() and (path in _held or not _is_dead(path))


@contextmanager
def lock(folder: Path, run_id: str = "") -> Iterator[tuple[str, str] | None]:
    """Hold the warehouse in `folder` (made, mode 0700, when new). Gives a notice (French, English) when taken over from a dead run.

    StrataError when another process, or another thread of this one, holds it, or when the folder takes no writing.
    """
    path = folder.resolve() / LOCK_NAME
    with writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        notice = _take(path, run_id)
    _held.add(path)
    try:
        yield notice
    finally:
        _held.discard(path)
        _remove(path)


def _take(path: Path, run_id: str) -> tuple[str, str] | None:
    """Make the lock file; gives a notice when it was taken over."""
    if _create(path, run_id) or (not path.exists() and _create(path, run_id)):  # given back this instant
        return None
    holder = _holder(path)
    if path in _held or not _is_dead(path):
        raise _is_held(path, holder)
    if not _take_over(path, run_id):
        raise _is_held(path, _holder(path.with_name(TAKING_NAME)) or _holder(path))
    who = holder or "?"
    return (
        f"Verrou repris : l'exécution qui le tenait s'est arrêtée sans le rendre ({who}).",
        f"Lock taken over: the run that held it stopped without giving it back ({who}).",
    )


def _take_over(path: Path, run_id: str) -> bool:
    """Take the lock of a dead holder; False when another run was faster.

    Only who has made the second file removes the first, so that a lock found dead is still that one when it goes. Left where a run died in
    the milliseconds this takes, the second file is removed too; there alone, two that come at one instant could still both go on, and the
    database lets one of them open it.
    """
    taking = path.with_name(TAKING_NAME)
    if _is_dead(taking):
        _remove(taking)
    if not _create(taking, run_id):
        return False
    try:
        if _is_dead(path):
            _remove(path)
        return _create(path, run_id)
    finally:
        _remove(taking)


def _create(path: Path, run_id: str) -> bool:
    """Write the lock file unless it is there: the file system decides who is first."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(Holder.now(run_id))))
    except OSError:  # a full disk: nobody holds what could not be written
        _remove(path)
        raise
    return True


def this_command() -> str:
    """The program and its command: 'strata run'. No further word: it might name a person."""
    words = [word for word in sys.argv[1:2] if word.isalpha()]
    program = Path(sys.argv[0]).stem
    return " ".join(["strata" if program == _MODULE else program, *words])


def _holder(path: Path) -> Holder | None:
    """What the lock says; None when it was cut off while being written, or has just been given back."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_dead(path: Path) -> bool:
    """Whether a lock is there whose holder surely died: an empty one may be being written."""
    holder = _holder(path)
    return _is_old(path) if holder is None else holder.has_surely_ended


def _is_old(path: Path) -> bool:
    """Whether a file is there that was begun too long ago to be one that is being written."""
    try:
        return time.time() - path.stat().st_mtime >= WRITING_SECONDS
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _is_held(path: Path, holder: Holder | None) -> StrataError:
    who = holder or "?"
    return StrataError(
        what=("Une autre exécution écrit dans cet entrepôt.", "Another run is writing in this warehouse."),
        where=str(path),
        why=(f"Verrou tenu par : {who}.", f"Lock held by: {who}."),
        fix=(
            "Attendez sa fin. Si aucune exécution n'est en cours sur cette machine, supprimez ce fichier.",
            "Wait for it to end. If no run is in progress on that machine, delete this file.",
        ),
    )
