"""What the assets of one run share: the configuration, the warehouse, what was timed.

Belongs here: opening and closing a run. Not here: what a run computes (tables.py, assets.py) and who starts it (runner.py, definitions.py).
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.expectations import Outcome
from strata.config import Config, load

SAMPLE = Path(__file__).parent.parent / "data_samples" / "strata.toml"

Progress = Callable[[str], None]


@dataclass
class Session:
    """One run. connection: the only writer of the warehouse. seconds and rows: by table, in the order built. outcomes: of the checks."""

    config: Config
    run_id: str
    connection: duckdb.DuckDBPyConnection
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    publication: Path | None = None
    quality_page: Path | None = None
    _told: set[tuple[str, str]] = field(default_factory=set)

    def enter(self, stage: tuple[str, str]) -> None:
        """Tell the person which stage begins, once per stage."""
        if stage not in self._told:
            self._told.add(stage)
            self.tell(stage)

    def tell(self, text: tuple[str, str]) -> None:
        """A line of progress, in the language of the project."""
        self.progress(text[0 if self.config.project.language == "fr" else 1])

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time spent inside to `name`."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


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
    """Hold the lock and the warehouse from the first asset to the last. StrataError when another run holds them."""
    from strata.ingest.warehouse.lock import lock
    from strata.ingest.warehouse.tables import open_warehouse

    run_id = new_run_id()
    engine = config.engine
    with lock(config.database.parent, run_id) as notice:
        if notice:
            progress(notice[0 if config.project.language == "fr" else 1])
        connection = open_warehouse(config.database, memory_limit=engine.memory_limit or None, threads=engine.threads or None)
        session = Session(config, run_id, connection, progress)
        try:
            yield session
        finally:
            _leave_quality_page(session)  # a refused run needs it most
            connection.close()


def _leave_quality_page(session: Session) -> None:
    """The page of what the run read and checked. A disk that refuses it must not hide why the run stopped."""
    from pipelines.quality_page import write_quality_page

    try:
        session.quality_page = write_quality_page(session.connection, session.config, session.run_id)
    except OSError:
        session.tell(("La page de qualité des données n'a pas pu être écrite", "The data-quality page could not be written"))
