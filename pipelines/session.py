"""What the assets of one run share: the configuration, the warehouse, what was timed.

Belongs here: opening and closing a run. Not here: what a run computes (tables.py, assets.py) and who starts it (runner.py, definitions.py).
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.expectations import Outcome
from pipelines.operation import history
from strata.config import Config, load
from strata.engine import changes, fingerprints

SAMPLE = Path(__file__).parent.parent / "data_samples" / "strata.toml"

Progress = Callable[[str], None]


@dataclass
class Session:
    """One run. connection: the only writer of the warehouse. seconds and rows: by table, in the order built. outcomes: of the checks.

    made: tables and views built. reused: those that were up to date. contents: fingerprints of tables. error: what stopped the run, where
    the block of open_session does not see it (Dagster's steps). warnings: for whoever is told of the end.
    """

    config: Config
    run_id: str
    connection: duckdb.DuckDBPyConnection
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    publication: Path | None = None
    quality_page: Path | None = None
    made: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    log: history.RunLog | None = None
    error: list[str] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def enter(self, stage: tuple[str, str]) -> None:
        """Tell the person which stage begins, once per stage."""
        if stage not in self._told:
            self._told.add(stage)
            self.tell(stage)

    def tell(self, text: tuple[str, str]) -> None:
        """A line of progress, in the language of the project; in English in the log."""
        self.note("progress", text=text[1])
        self.progress(text[spoken(self.config)])

    def warn(self, text: tuple[str, str]) -> None:
        """A line of progress that whoever is told of the end of the run must see too: no count is in it."""
        self.warnings.append(text)
        self.tell(text)

    def content(self, table: str) -> str:
        """The fingerprint of a table as it is now; of one that is not there, a word."""
        if table not in self.contents:
            try:
                if table in changes.READ:
                    self.contents |= dict.fromkeys(changes.READ, changes.slices_content(self.connection))
                else:
                    self.contents[table] = fingerprints.content(self.connection, table)
            except duckdb.CatalogException:
                return "missing"
        return self.contents[table]

    def note(self, event: str, **facts: object) -> None:
        """A line of the log."""
        if self.log is not None:
            self.log.write(event, **facts)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time spent inside to `name`; keep why it stopped: where Dagster runs the step, nobody else sees it."""
        start = time.perf_counter()
        try:
            with _stored(self.config):
                yield
        except BaseException as raised:
            self.error = self.error or history.told(raised)
            raise
        spent = time.perf_counter() - start
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        self.note("step_ended", step=name, seconds=round(spent, 3), rows=self.rows.get(name))


def new_run_id() -> str:
    """A name for a run that sorts by time: 20251105T060000Z-1f3a9c."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


def config_path() -> Path:
    """STRATA_CONFIG, else ./strata.toml, else the sample project of the repository."""
    named = os.environ.get("STRATA_CONFIG")
    if named:
        return Path(named)
    here = Path("strata.toml")
    return here if here.exists() else SAMPLE


def load_config() -> Config:
    """The configuration of this process. StrataError when it is wrong; all defaults when a clone has no sample yet."""
    path = config_path()
    return load(path) if path != SAMPLE or path.exists() else Config(folder=Path.cwd())


@contextmanager
def open_session(config: Config, progress: Progress) -> Iterator[Session]:
    """Hold the lock and the warehouse from the first asset to the last, on record. StrataError when another run holds them."""
    from pipelines.operation.notice import held_or_told
    from pipelines.operation.room import refuse_without_room
    from strata.ingest.warehouse.tables import open_warehouse

    run_id = new_run_id()
    engine = config.engine

    def tell(text: tuple[str, str]) -> None:
        progress(text[spoken(config)])

    with held_or_told(config, run_id, tell) as notice:
        if notice:
            tell(notice)
        session = None
        error: BaseException | None = None
        try:
            log = _begin(config, run_id)
            refuse_without_room(config)
            connection = open_warehouse(config.database, memory_limit=engine.memory_limit or None, threads=engine.threads or None)
            session = Session(config, run_id, connection, progress, log=log)
            with _closing(session), _stored(config):
                yield session
        except BaseException as raised:
            error = raised
            raise
        finally:
            _end(config, run_id, session, error, progress)


def _begin(config: Config, run_id: str) -> history.RunLog:
    """The run on record, and on the status page."""
    from pipelines.pages.status_page import write_status_page
    from strata.ingest.warehouse.tables import writing

    with writing(config.database.parent):
        log = history.begin(config, run_id)
    with suppress(OSError):
        write_status_page(config)
    return log


@contextmanager
def _closing(session: Session) -> Iterator[None]:
    """The quality page, then the warehouse is closed. Neither, when the disk refuses it, may hide why the run stopped."""
    try:
        yield
    finally:
        try:
            _leave_quality_page(session)  # a refused run needs it most
        finally:
            with suppress(duckdb.Error):  # what was committed is in the write log: the next run puts it in its place
                session.connection.close()


@contextmanager
def _stored(config: Config) -> Iterator[None]:
    """What stops DuckDB in the warehouse is told as such; an interrupted query is no such thing."""
    from strata.ingest.warehouse.tables import storing

    with storing(config.database.parent):
        yield


def spoken(config: Config) -> int:
    """Which of two texts a person reads at work: 0 French, 1 English. STRATA_LANGUAGE, else the language of the project."""
    return 1 if (os.environ.get("STRATA_LANGUAGE") or config.project.language).lower().startswith("en") else 0


def _end(config: Config, run_id: str, session: Session | None, error: BaseException | None, progress: Progress) -> None:
    """Close the record, make the status page, tell whoever asked to be told. A disk that refuses them must not hide why the run stopped."""
    from pipelines.operation.notice import notify
    from pipelines.pages.status_page import write_status_page

    record = _record(config, run_id, session, error)
    if session is not None:
        session.note("run_ended", state=record.state, seconds=record.total_seconds, error=record.error[-1:])
    with suppress(OSError):
        history.write(config, record)
    if notice := notify(config, record):
        progress(notice[spoken(config)])
    with suppress(OSError):
        write_status_page(config)


def _record(config: Config, run_id: str, session: Session | None, error: BaseException | None) -> history.Record:
    begun = next((one for one in history.records(config) if one.run_id == run_id), history.Record(run_id, history.STARTED, history.now()))
    told = (session.error if session is not None else []) or (history.told(error) if error is not None else [])
    record = replace(begun, state=history.FAILED if told else history.SUCCEEDED, ended=history.now(), error=told)
    if session is None:
        return record
    return replace(
        record,
        seconds={name: round(spent, 3) for name, spent in session.seconds.items()},
        rows=session.rows,
        made=session.made,
        reused=session.reused,
        checks=history.checks_of(session.outcomes),
        warnings=[list(one) for one in session.warnings],
        publication=str(session.publication or ""),
    )


def _leave_quality_page(session: Session) -> None:
    """The page of what the run read and checked. A disk that refuses it must not hide why the run stopped."""
    from pipelines.pages.quality_page import write_quality_page

    try:
        session.quality_page = write_quality_page(session.connection, session.config, session.run_id)
    except (OSError, duckdb.Error):
        session.tell(("La page de qualité des données n'a pas pu être écrite", "The data-quality page could not be written"))
