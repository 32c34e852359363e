"""A refresh that starts by itself once an extract is complete in the landing folder.

Belongs here: looking at the folder again and again (a network share tells of no change) and deciding. Not here: the job (schedules.py), nor
judging an extract: a file that stays unreadable is left to the run, which refuses it by name.
"""

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import dagster as dg

from pipelines.killed_runs import end_killed
from pipelines.schedules import JOB
from pipelines.years import Years
from strata.config import Config
from strata.ingest.archives import BROKEN
from strata.ingest.warehouse.lock import holder_of

POLL_SECONDS = 60
STABLE_POLLS = 2  # size and time of every file the same that many times in a row
PATIENCE_POLLS = 30  # then an archive that cannot be opened is broken, not on its way
TRIES = 3  # of the same folder: a share or a disk may come back, an extract that is refused stays so
RETRY_POLLS = 60  # between two of them
_RUN_KEY = "dagster/run_key"  # tag of Dagster
_ON_THE_WAY = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".download")


@dataclass(frozen=True)
class Watch:
    """What is remembered from one look to the next. taken: the folder a refresh was asked for; seen: the folder at the last look.

    polls: looks since it is as it was seen. tries: refreshes asked for, of the folder seen.
    """

    taken: str = ""
    seen: str = ""
    polls: int = 0
    tries: int = 0

    @property
    def key(self) -> str:
        """Names the refresh that was asked for last: Dagster starts none of the same name twice."""
        return f"{self.taken}-{self.tries}"

    @classmethod
    def read(cls, cursor: str | None) -> "Watch":
        """From the cursor of the sensor; new when there is none or it is of another version."""
        try:
            return cls(**json.loads(cursor or "{}"))
        except (TypeError, ValueError):
            return cls()

    def write(self) -> str:
        """As a cursor."""
        return json.dumps(asdict(self))


def look(landing: Path, before: Watch, *, is_held: bool = False) -> tuple[Watch, str]:
    """One look at the folder: what to remember, and why nothing starts ('' when a refresh must).

    is_held: a run is at work in the warehouse, and would refuse another one.
    """
    files = sorted(path for path in landing.rglob("*") if path.is_file()) if landing.is_dir() else []
    seen = _fingerprint(files)
    polls, tries = (before.polls + 1, before.tries) if seen == before.seen else (1, 0)
    after = Watch(before.taken, seen, polls, tries)
    if not files:
        return after, "the landing folder holds no file"
    if seen == before.taken:
        return after, "nothing new since the last refresh that was started"
    if polls < STABLE_POLLS:
        return after, "files are still changing" if polls > 0 else "the last refresh failed: it is tried again later"
    waited_for = _unfinished(files)
    if waited_for and polls < PATIENCE_POLLS:
        return after, f"{waited_for} file(s) not complete yet"
    if is_held:
        return after, "another run is at work in the warehouse"
    return Watch(seen, seen, polls, tries + 1), ""


def again(watch: Watch) -> Watch:
    """What to remember when the refresh that was asked for did not succeed: it is asked for again later, TRIES times in all."""
    return watch if watch.tries >= TRIES else replace(watch, taken="", polls=-RETRY_POLLS)


def landing_sensor(config: Config, years: Years) -> dg.SensorDefinition:
    """The sensor of the project's landing folder. Stopped until a person starts it in Dagster. What came says which years are made."""

    @dg.sensor(
        name="landing_complete",
        job_name=JOB,
        minimum_interval_seconds=POLL_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Refresh when the landing folder has changed, then stayed as it is for two looks, every archive readable; a refresh "
        "that failed is tried again.",
    )
    def landing_complete(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        end_killed(context.instance, config.database.parent)
        before = Watch.read(context.cursor)
        if before.taken and _has_failed(context.instance, before.key):
            before = again(before)
        watch, reason = look(config.path("landing"), before, is_held=holder_of(config.database.parent)[1])
        if reason:
            return dg.SensorResult(skip_reason=dg.SkipReason(reason), cursor=watch.write())
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=watch.key, partition_key=years.newest)], cursor=watch.write())

    return landing_complete


def _has_failed(instance: dg.DagsterInstance, key: str) -> bool:
    """Whether a refresh that was asked for has ended, and not well."""
    runs = instance.get_runs(dg.RunsFilter(tags={_RUN_KEY: key}), limit=1)
    return any(run.is_finished and not run.is_success for run in runs)


def _fingerprint(files: list[Path]) -> str:
    """Names, sizes and times; contents are for the run to read."""
    seen = hashlib.sha256()
    for path in files:
        try:
            found = path.stat()
        except OSError:  # gone between the listing and now: the next look tells
            continue
        seen.update(f"{path.as_posix()}\0{found.st_size}\0{found.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return seen.hexdigest()


def _unfinished(files: list[Path]) -> int:
    return sum(path.suffix.lower() in _ON_THE_WAY or not _is_whole(path) for path in files)


def _is_whole(path: Path) -> bool:
    """Whether a file is empty of bytes, or an archive without the directory that is written last."""
    try:
        if path.suffix.lower() != ".zip":
            return path.stat().st_size > 0
        with zipfile.ZipFile(path):
            return True
    except (OSError, *BROKEN):
        return False
