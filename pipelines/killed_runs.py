"""Runs that Dagster believes to be at work, and that are not: their process was killed, or the machine stopped.

Belongs here: saying of a run where it works, telling and ending those that were killed. Not here: the lock of the warehouse
(strata/ingest/warehouse/lock.py), our own record of runs (operation/history.py).

Dagster sees a run end only while it watches. After a power cut it stays started: its queue of one run (dagster.yaml) would wait for ever,
and the sensor for its outcome.
"""

import json
import os
import socket
from pathlib import Path

import dagster as dg

from strata.ingest.warehouse.lock import holder_of
from strata.ingest.warehouse.running import has_surely_ended, start_of

WAREHOUSE, PROCESS = "strata/warehouse", "strata/process"  # tags of runs
_AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]  # these hold a place of the queue


def say_where(instance: dg.DagsterInstance, run: dg.DagsterRun, warehouse: Path) -> None:
    """Before a run asks for the lock: killed from here on, it is found."""
    process = {"run": run.run_id, "host": socket.gethostname(), "pid": os.getpid(), "started": start_of(os.getpid())}
    instance.add_run_tags(run.run_id, _of(warehouse) | {PROCESS: json.dumps(process)})


def end_killed(instance: dg.DagsterInstance, warehouse: Path, ours: str = "") -> None:
    """Runs of this warehouse whose process is there no more. ours: the run that holds its lock; '' where one is only asked for.

    The process of another machine cannot be asked: it was killed if we hold the lock. So was a run of a former version, which said no
    process, if nobody alive holds it.
    """
    is_free = bool(ours) or not holder_of(warehouse)[1]
    for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK, tags=_of(warehouse))):
        process = _process(run)
        if run.run_id == ours or (process is None and (run.status == dg.DagsterRunStatus.STARTING or not is_free)):
            continue
        is_elsewhere = process is not None and process[0] != socket.gethostname()
        if process is None or has_surely_ended(*process) or (is_elsewhere and ours):
            _end(instance, run)


def _process(run: dg.DagsterRun) -> tuple[str, int, str] | None:
    """Host, number and start of the process of a run; None where it has not said it: one that is run again begins with another's tags."""
    try:
        said = json.loads(run.tags[PROCESS])
        return (str(said["host"]), int(said["pid"]), str(said["started"])) if said["run"] == run.run_id else None
    except (KeyError, TypeError, ValueError):
        return None


def _end(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    if run.status == dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, "Its process is there no more.")
    else:
        instance.report_run_failed(run, "Killed: its process is there no more.")


def _of(warehouse: Path) -> dict[str, str]:
    """One Dagster may look after several warehouses, and knows the runs of `dg launch` by no origin at all."""
    return {WAREHOUSE: str(warehouse.resolve())}
