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

from strata.ingest.warehouse.running import has_surely_ended, start_of

WAREHOUSE, PROCESS = "strata/warehouse", "strata/process"  # tags of runs
_AT_WORK = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]


def say_where(instance: dg.DagsterInstance, run: dg.DagsterRun, warehouse: Path) -> None:
    """Before a run asks for the lock: killed from here on, it is found."""
    process = {"host": socket.gethostname(), "pid": os.getpid(), "started": start_of(os.getpid())}
    instance.add_run_tags(run.run_id, _of(warehouse) | {PROCESS: json.dumps(process)})


def end_others(instance: dg.DagsterInstance, ours: dg.DagsterRun, warehouse: Path) -> None:
    """We hold the lock of this warehouse: another run of it that Dagster believes to be at work was killed, or is about to be refused."""
    for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK, tags=_of(warehouse))):
        if run.run_id != ours.run_id:
            instance.report_run_failed(run, "Killed: another run holds the lock of its warehouse.")


def end_killed(instance: dg.DagsterInstance, warehouse: Path) -> None:
    """Before a run is asked for: those of this warehouse whose process, on this machine, is there no more."""
    for run in instance.get_runs(dg.RunsFilter(statuses=_AT_WORK, tags=_of(warehouse))):
        process = json.loads(run.tags.get(PROCESS, "{}"))
        if process and has_surely_ended(process["host"], process["pid"], process["started"]):
            instance.report_run_failed(run, "Killed: its process is there no more.")


def _of(warehouse: Path) -> dict[str, str]:
    """One Dagster may look after several warehouses, and knows the runs of `dg launch` by no origin at all."""
    return {WAREHOUSE: str(warehouse.resolve())}
