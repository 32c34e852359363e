"""When the whole graph is refreshed without anybody asking.

Belongs here: the monthly schedule, from [schedule] of strata.toml. Not here: the job itself.
"""

import dagster as dg

from strata.config import Schedule

JOB = "refresh"


def refresh_job() -> "dg.UnresolvedAssetJobDefinition":
    """Read, compute, check, publish: the same assets as `strata run`."""
    return dg.define_asset_job(JOB, selection=dg.AssetSelection.all(), description="Read what is new, recompute, check, publish.")


def monthly_schedule(schedule: Schedule) -> dg.ScheduleDefinition:
    """The refresh of strata.toml's cron line, in its time zone. Stopped until a person starts it in Dagster."""
    return dg.ScheduleDefinition(
        name="monthly_refresh",
        job_name=JOB,
        cron_schedule=schedule.cron,
        execution_timezone=schedule.timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Refresh once a month, after the hospitals have sent their files.",
    )
