"""The same Dagster assets as the schedule, in this process, for a person at a terminal.

Belongs here: one run and its outcome. Not here: reading arguments and printing (command.py).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import dagster as dg

from pipelines.assets import build_assets
from pipelines.checks import build_checks
from pipelines.expectations import Outcome
from pipelines.fleeting_instance import fleeting_instance
from pipelines.gate import refuse_failures
from pipelines.process import few_searches
from pipelines.session import Progress, Session, open_session
from strata.config import Config
from strata.engine.models import SQL_FOLDER

_SILENT_CONSOLE = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunResult:
    """What a run did. publication: the folder, None when none was asked for. quality_page: beside the warehouse.

    seconds and rows by table, in the order built.
    """

    run_id: str
    publication: Path | None
    quality_page: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def warnings(self) -> list[Outcome]:
        """The checks that failed without stopping the publication."""
        return [one for one in self.outcomes if not one.has_passed]


def run(config: Config, *, progress: Progress, until: str | tuple[str, ...] = "publication", folder: Path = SQL_FOLDER) -> RunResult:
    """Build groups of assets ('publication', 'quality', 'reference'…) and all they need, with the checks of what is built.

    StrataError: the first that an asset raised, or the one that lists the blocking checks that failed. The warehouse is closed
    either way, and the last publication stays.
    """
    with few_searches(), open_session(config, progress) as session:
        materialise(session, *graph(folder), until)
    return RunResult(session.run_id, session.publication, session.quality_page, session.seconds, session.rows, session.outcomes)


@cache
def graph(folder: Path = SQL_FOLDER) -> tuple[list[dg.AssetsDefinition], list[dg.AssetChecksDefinition]]:
    """Assets and checks of a folder of SQL files: the same for every run of a process."""
    return build_assets(folder), build_checks(folder)


def materialise(
    session: Session, assets: Sequence[dg.AssetsDefinition], checks: Sequence[dg.AssetChecksDefinition], until: str | tuple[str, ...]
) -> None:
    """Materialise groups and everything upstream, with a Dagster instance that leaves nothing behind.

    The strata are made whole whatever is asked for: people and other tools read their reasons, which no page does.
    """
    groups = ("strata", until) if isinstance(until, str) else ("strata", *until)
    logging.getLogger("dagster").setLevel(logging.CRITICAL + 1)  # a person reads our lines; Dagster would repeat each traceback
    with fleeting_instance() as instance:
        try:
            dg.materialize(
                [*assets, *checks],
                instance=instance,
                resources={"session": session},
                selection=dg.AssetSelection.groups(*groups).upstream(),
                run_config=_SILENT_CONSOLE,
            )
        except dg.DagsterError:
            refuse_failures(session.outcomes)  # a blocking check stops the run with an error of Dagster's own
            raise
