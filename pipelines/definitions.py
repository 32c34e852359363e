"""What Dagster loads (`dg dev`, `dg check defs`): the assets by year, their checks, one job, one schedule, one sensor, one resource.

Belongs here: putting the pieces together. Not here: making them. The project is found as the command finds it: STRATA_CONFIG,
else ./strata.toml, else the sample of the repository.
"""

from collections.abc import Iterator

import dagster as dg

from pipelines import killed_runs
from pipelines.assets import build_assets
from pipelines.checks import build_checks
from pipelines.code_versions import code_versions
from pipelines.gate import refuse_failures
from pipelines.landing_sensor import landing_sensor
from pipelines.operation.history import told
from pipelines.schedules import JOB, monthly_schedule, refresh_job
from pipelines.session import Session, load_config, open_session
from pipelines.years import PARTITION, RANGE_START, Years
from strata.errors import StrataError

_config = load_config()
_years = Years.of(_config)


@dg.resource(description="The lock, the configuration and the warehouse connection of one run.")
def session(context: dg.InitResourceContext) -> Iterator[Session | None]:
    """Opened once per run: the executor is in process, because DuckDB has one writer."""
    log = context.log
    if context.instance is not None and context.run is not None and _has_ended(context.instance, context.run):
        yield None
        return
    config = load_config()
    if context.run is not None:
        _refuse_without_year(context.run)
        if context.instance is not None:
            killed_runs.say_where(context.instance, context.run, config.database.parent)
    with open_session(config, lambda text: log.info(text) if log else None) as opened:
        if context.instance is not None and context.run is not None:
            killed_runs.end_killed(context.instance, config.database.parent, context.run.run_id)
        yield opened
        if context.instance is not None and context.run is not None:
            opened.error = _why(opened, context.instance, context.run)


def _refuse_without_year(ours: dg.DagsterRun) -> None:
    """Dagster starts a job of partitioned tables without a partition, and fails in the middle."""
    if ours.job_name == JOB and not any(tag in ours.tags for tag in (PARTITION, RANGE_START)):
        raise StrataError(
            what=("Ce lancement n'est d'aucune année", "This run is for no year"),
            where=f"Dagster, {JOB}",
            why=(
                "les tables par année en demandent une ; toutes celles que les données demandent seront refaites",
                "tables by year ask for one; all those that the data ask for will be made again",
            ),
            fix=(f"dg launch --job {JOB} --partition {_years.newest}", f"dg launch --job {JOB} --partition {_years.newest}"),
            is_usage=True,
        )


def _has_ended(instance: dg.DagsterInstance, ours: dg.DagsterRun) -> bool:
    """`dg launch` asks for the resources once more when its run is over, to look at it: that is no run to lock, record and tell of."""
    run = instance.get_run_by_id(ours.run_id)
    return run is not None and run.is_finished


def _why(opened: Session, instance: dg.DagsterInstance, ours: dg.DagsterRun) -> list[str]:
    """Why a run failed, for its record: what stopped a step, else the checks that refuse, else which steps; nothing when it did not."""
    if opened.error:
        return opened.error
    try:
        refuse_failures(opened.outcomes)
    except StrataError as refusal:
        return told(refusal)
    failed = instance.all_logs(ours.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    names = ", ".join(sorted({one.step_key for one in failed if one.step_key}))
    return [f"Étapes en échec : {names}", f"Failed steps: {names}"] if names else []


defs = dg.Definitions(
    assets=build_assets(years=_years, versions=code_versions(_config)),
    asset_checks=build_checks(),
    jobs=[refresh_job()],
    schedules=[monthly_schedule(_config, _years)],
    sensors=[landing_sensor(_config, _years)],
    resources={"session": session},
    executor=dg.in_process_executor,
)
