"""When the whole graph is refreshed without anybody asking.

Belongs here: the monthly schedule, from [schedule] of strata.toml. Not here: the job itself.
"""

import dagster as dg

from pipelines.killed_runs import end_killed
from pipelines.years import Years
from strata.config import Config

JOB = "refresh"


def refresh_job() -> "dg.UnresolvedAssetJobDefinition":
    """Read, compute, check, publish: the same assets as `strata run`. Started for one year or several, it does the same."""
    return dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), description="Read what is new, recompute, check, publish.")


def monthly_schedule(config: Config, years: Years) -> dg.ScheduleDefinition:
    """The refresh of strata.toml's cron line, in its time zone. Stopped until a person starts it in Dagster.

    It is started for the last year, which is what a month brings; it makes every year that is stale, as any refresh.
    """

    def last_year(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        end_killed(context.instance, config.database.parent)
        return dg.RunRequest(partition_key=years.newest)

    return dg.ScheduleDefinition(
        name="monthly_refresh",
        job_name=JOB,
        cron_schedule=config.schedule.cron,
        execution_timezone=config.schedule.timezone,
        execution_fn=last_year,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Refresh once a month, after the hospitals have sent their files.",
    )
