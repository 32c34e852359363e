"""A run whose process was killed does not stay started in Dagster: neither its queue nor the sensor waits for it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import defs, session
from pipelines.killed_runs import PROCESS, WAREHOUSE, end_killed, end_others, say_where
from pipelines.landing_sensor import landing_sensor
from pipelines.schedules import JOB, monthly_schedule
from pipelines.years import Years
from strata.config import load
from strata.ingest.warehouse.lock import lock
from strata.ingest.warehouse.running import start_of

STARTED, STARTING, SUCCESS, FAILURE = (
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
)


def made(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, **tags: str) -> dg.DagsterRun:
    """A run of the job, as Dagster knows it."""
    run = instance.create_run_for_job(defs.resolve_job_def(JOB), status=status)
    instance.add_run_tags(run.run_id, tags)
    return run


def states(instance: dg.DagsterInstance, runs: list[dg.DagsterRun]) -> list[dg.DagsterRunStatus | None]:
    return [found.status if (found := instance.get_run_by_id(run.run_id)) else None for run in runs]


def process(**changes: object) -> str:
    """Of this process, but for what is changed."""
    return json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "started": start_of(os.getpid())} | changes)


def dead() -> str:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    return process(pid=int(child.stdout), started="")


def test_who_holds_the_lock_ends_the_others_of_the_warehouse(tmp_path: Path) -> None:
    """Not those of another one. `dg launch` gives no origin to a run; one that died before it said where it works is of none."""
    ours, theirs = tmp_path / "our été" / "warehouse", tmp_path / "theirs" / "warehouse"
    asked = [(ours, STARTED), (ours, STARTED), (ours, STARTING), (ours, SUCCESS), (theirs, STARTED), (None, STARTING)]
    with dg.DagsterInstance.ephemeral() as instance:
        runs = [made(instance, status, **({WAREHOUSE: str(where)} if where else {})) for where, status in asked]
        end_others(instance, runs[0], ours)
        assert states(instance, runs) == [STARTED, FAILURE, FAILURE, SUCCESS, STARTED, STARTING]


def test_a_run_whose_process_is_there_no_more_is_ended(tmp_path: Path) -> None:
    """That of another machine cannot be asked; a run of a former version has not said which process it is."""
    asked = [dead(), process(), dead(), process(host="elsewhere", pid=1), ""]
    with dg.DagsterInstance.ephemeral() as instance:
        tags = [{WAREHOUSE: str(tmp_path)} | ({PROCESS: one} if one else {}) for one in asked]
        tags[2][WAREHOUSE] = "theirs"
        runs = [made(instance, STARTED, **one) for one in tags]
        end_killed(instance, tmp_path)
        assert states(instance, runs) == [FAILURE, STARTED, STARTED, STARTED, STARTED]


@pytest.mark.parametrize("asks", ["schedule", "sensor"])
def test_whoever_asks_for_a_run_ends_those_that_were_killed(tmp_path: Path, asks: str) -> None:
    """Else the queue, which is for one run, would never start it, and the sensor would wait for what became of the first."""
    (tmp_path / "strata.toml").write_text("", encoding="utf-8")
    config, repository = load(tmp_path / "strata.toml"), defs.get_repository_def()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        killed = made(instance, STARTED, **{WAREHOUSE: str(config.database.parent), PROCESS: dead()})
        if asks == "schedule":
            monthly_schedule(config, Years(2017, 2025, 5)).evaluate_tick(dg.build_schedule_context(instance, repository_def=repository))
        else:
            landing_sensor(config, Years(2017, 2025, 5)).evaluate_tick(dg.build_sensor_context(instance, repository_def=repository))
        assert states(instance, [killed]) == [FAILURE]


def test_a_run_says_where_it_works_before_it_asks_for_the_lock(tmp_path: Path) -> None:
    """Killed while it asks, it is found too."""
    (tmp_path / "strata.toml").write_text("", encoding="utf-8")
    config = load(tmp_path / "strata.toml")

    @dg.op(required_resource_keys={"session"})
    def step() -> None:
        pass

    job = dg.GraphDefinition("one_step", node_defs=[step]).to_job(resource_defs={"session": session})
    with pytest.MonkeyPatch.context() as patched, dg.DagsterInstance.ephemeral() as instance:
        patched.setenv("STRATA_CONFIG", str(tmp_path / "strata.toml"))
        with lock(config.database.parent):
            assert not job.execute_in_process(raise_on_error=False, instance=instance).success
        (refused,) = instance.get_runs()
    assert refused.tags[WAREHOUSE] == str(config.database.parent.resolve()) and refused.tags[PROCESS] == process()


def test_two_runs_that_say_where_they_work_are_told_apart(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        runs = [made(instance, STARTED) for _ in range(2)]
        for run in runs:
            say_where(instance, run, tmp_path)
            end_others(instance, run, tmp_path)
        assert states(instance, runs) == [FAILURE, STARTED]
