"""What Dagster loads (`dg dev`, `dg check defs`): the assets, their checks, one job, one schedule, one resource.

Belongs here: putting the pieces together. Not here: making them. The project is found as the command finds it: STRATA_CONFIG,
else ./strata.toml, else the sample of the repository.
"""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets import build_assets
from pipelines.checks import build_checks
from pipelines.schedules import monthly_schedule, refresh_job
from pipelines.session import Session, load_config, open_session


@dg.resource(description="The lock, the configuration and the warehouse connection of one run.")
def session(context: dg.InitResourceContext) -> Iterator[Session]:
    """Opened once per run: the executor is in process, because DuckDB has one writer."""
    log = context.log
    with open_session(load_config(), lambda text: log.info(text) if log else None) as opened:
        yield opened


defs = dg.Definitions(
    assets=build_assets(),
    asset_checks=build_checks(),
    jobs=[refresh_job()],
    schedules=[monthly_schedule(load_config().schedule)],
    resources={"session": session},
    executor=dg.in_process_executor,
)
