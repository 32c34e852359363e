"""Runs that Dagster believes to be at work, and that are not: their process was killed, or the machine stopped.

Belongs here: saying of a run where it works, telling and ending those that were killed. Not here: the lock of the warehouse
(strata/ingest/warehouse/lock.py), our own record of runs (operation/history.py).

Dagster sees a run end only while it watches. After a power cut it stays started: its queue of one run (dagster.yaml) would wait for ever,
and the sensor for its outcome.
"""

import json
import socket
from dataclasses import asdict
from pathlib import Path

import dagster as dg

from strata.ingest.warehouse.lock import Holder, holder_of

WAREHOUSE, PROCESS = "strata/warehouse", "strata/process"  # tags of runs
_AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]  # these hold a place of the queue


def say_where(instance: dg.DagsterInstance, run: dg.DagsterRun, warehouse: Path) -> None:
    """Before a run asks for the lock: killed from here on, it is found."""
    instance.add_run_tags(run.run_id, _of(warehouse) | {PROCESS: json.dumps(asdict(Holder.now(run.run_id)))})


def end_killed(instance: dg.DagsterInstance, warehouse: Path, ours: str = "") -> None:
    """End the runs of this warehouse whose process is there no more. ours: the run that holds its lock; '' where one is only asked for."""
    for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK, tags=_of(warehouse))):
        if run.run_id != ours and _was_killed(run, warehouse, ours):
            _end(instance, run)


def _was_killed(run: dg.DagsterRun, warehouse: Path, ours: str) -> bool:
    """The process of another machine cannot be asked: it was killed if we hold the lock.

    So was a run of a former version, which said no process, if nobody alive holds it. One that is starting has not said it yet.
    """
    process = _process(run)
    if process is None:
        return run.status != dg.DagsterRunStatus.STARTING and (bool(ours) or not holder_of(warehouse)[1])
    return process.has_surely_ended or (bool(ours) and process.host != socket.gethostname())


def _process(run: dg.DagsterRun) -> Holder | None:
    """What a run said of its process; None where it has not: one that is run again begins with the tags of another."""
    try:
        said = Holder(**json.loads(run.tags[PROCESS]))
    except (KeyError, TypeError, ValueError):
        return None
    return said if said.run_id == run.run_id else None


def _end(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    if run.status == dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, "Its process is there no more.")
    else:
        instance.report_run_failed(run, "Killed: its process is there no more.")


def _of(warehouse: Path) -> dict[str, str]:
    """One Dagster may look after several warehouses, and knows the runs of `dg launch` by no origin at all."""
    return {WAREHOUSE: str(warehouse.resolve())}
