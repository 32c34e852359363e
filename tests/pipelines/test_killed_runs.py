"""A run whose process was killed does not stay started in Dagster: neither its queue nor the sensor waits for it."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import defs, session
from pipelines.killed_runs import PROCESS, WAREHOUSE, end_killed
from pipelines.landing_sensor import landing_sensor
from pipelines.schedules import JOB, monthly_schedule
from pipelines.years import Years
from strata.config import load
from strata.ingest.warehouse.lock import Holder, lock

STARTED, STARTING, CANCELING = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING
SUCCESS, FAILURE, CANCELED = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED


def made(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, warehouse: Path | None, **process: object) -> dg.DagsterRun:
    """A run of the job, as Dagster knows it. process: what it said, this one but for what is changed; nothing: it said none."""
    run = instance.create_run_for_job(defs.resolve_job_def(JOB), status=status)
    said = asdict(Holder.now(run.run_id)) | process
    tags = ({WAREHOUSE: str(warehouse)} if warehouse else {}) | ({PROCESS: json.dumps(said)} if process else {})
    instance.add_run_tags(run.run_id, tags)
    return run


def states(instance: dg.DagsterInstance, runs: list[dg.DagsterRun]) -> list[dg.DagsterRunStatus | None]:
    return [found.status if (found := instance.get_run_by_id(run.run_id)) else None for run in runs]


@pytest.fixture(scope="module")
def dead() -> dict[str, object]:
    """Of a process that is there no more."""
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    return {"pid": int(child.stdout), "process_started": ""}


ALIVE: dict[str, object] = {"pid": os.getpid()}
ELSEWHERE: dict[str, object] = {"host": "elsewhere", "pid": 1}


def test_a_run_whose_process_is_there_no_more_is_ended(tmp_path: Path, dead: dict[str, object]) -> None:
    """Not that of another machine, which cannot be asked, nor one of another warehouse. One being cancelled holds a place too."""
    asked = [(STARTED, dead), (STARTING, dead), (CANCELING, dead), (SUCCESS, dead), (STARTED, ALIVE), (STARTED, ELSEWHERE)]
    with dg.DagsterInstance.ephemeral() as instance:
        runs = [made(instance, status, tmp_path, **process) for status, process in asked]
        runs.append(made(instance, STARTED, tmp_path / "theirs", **dead))
        end_killed(instance, tmp_path)
        assert states(instance, runs) == [FAILURE, FAILURE, CANCELED, SUCCESS, STARTED, STARTED, STARTED]


def test_a_run_that_is_run_again_begins_with_what_the_first_said_and_is_not_that_one(tmp_path: Path, dead: dict[str, object]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        again = made(instance, STARTING, tmp_path, run_id="the first", **dead)
        end_killed(instance, tmp_path)
        end_killed(instance, tmp_path, "ours")
        assert states(instance, [again]) == [STARTING]


def test_a_run_of_a_former_version_which_said_no_process_is_ended_when_nobody_holds_the_warehouse(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        former, unknown = made(instance, STARTED, tmp_path), made(instance, STARTED, None)
        with lock(tmp_path):
            end_killed(instance, tmp_path)
            assert states(instance, [former]) == [STARTED]
        end_killed(instance, tmp_path)
        assert states(instance, [former, unknown]) == [FAILURE, STARTED]


@pytest.mark.parametrize("asks", ["schedule", "sensor"])
def test_whoever_asks_for_a_run_ends_those_that_were_killed(tmp_path: Path, asks: str, dead: dict[str, object]) -> None:
    """Else the queue, which is for one run, would never start it, and the sensor would wait for what became of the first."""
    (tmp_path / "strata.toml").write_text("", encoding="utf-8")
    config, repository = load(tmp_path / "strata.toml"), defs.get_repository_def()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        killed = made(instance, STARTED, config.database.parent, **dead)
        if asks == "schedule":
            monthly_schedule(config, Years(2017, 2025, 5)).evaluate_tick(dg.build_schedule_context(instance, repository_def=repository))
        else:
            landing_sensor(config, Years(2017, 2025, 5)).evaluate_tick(dg.build_sensor_context(instance, repository_def=repository))
        assert states(instance, [killed]) == [FAILURE]


@pytest.mark.parametrize("is_held", [True, False], ids=["refused", "at work"])
def test_a_run_says_where_it_works_and_ends_the_others_once_it_has_the_lock(tmp_path: Path, is_held: bool, dead: dict[str, object]) -> None:
    """It says so before it asks for the lock: killed while it asks, it is found too. Who holds it knows that nobody elsewhere does."""
    (tmp_path / "strata.toml").write_text("", encoding="utf-8")
    config = load(tmp_path / "strata.toml")

    @dg.op(required_resource_keys={"session"})
    def step() -> None:
        pass

    job = dg.GraphDefinition("one_step", node_defs=[step]).to_job(resource_defs={"session": session})
    with pytest.MonkeyPatch.context() as patched, dg.DagsterInstance.ephemeral() as instance:
        patched.setenv("STRATA_CONFIG", str(tmp_path / "strata.toml"))
        others = [made(instance, STARTED, config.database.parent, **process) for process in (dead, ELSEWHERE, {}, ALIVE)]
        with lock(config.database.parent) if is_held else nullcontext():
            assert job.execute_in_process(raise_on_error=False, instance=instance).success is not is_held
        ours = next(run for run in instance.get_runs() if run.run_id not in {other.run_id for other in others})
        assert states(instance, others) == ([STARTED] * 4 if is_held else [FAILURE, FAILURE, FAILURE, STARTED])
    assert ours.tags[WAREHOUSE] == str(config.database.parent.resolve())
    assert json.loads(ours.tags[PROCESS])["run_id"] == ours.run_id
