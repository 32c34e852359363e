"""What Dagster's own tools see: definitions that load without a warning, one schedule, one executor."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from pipelines.code_versions import code_versions
from pipelines.definitions import _has_ended, defs, session
from pipelines.operation.history import FAILED, records
from pipelines.schedules import JOB, monthly_schedule
from pipelines.session import SAMPLE, config_path
from pipelines.years import Years
from strata.config import Config, Method, Paths, Schedule, load
from strata.definitions.folder import CONDITIONS
from strata.errors import StrataError

ROOT = Path(__file__).parents[2]
DG = Path(sys.executable).parent / ("dg.exe" if os.name == "nt" else "dg")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A child process at the root of the repository."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | environment
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, encoding="utf-8", timeout=120, check=False)


def test_the_definitions_load_without_a_warning() -> None:
    loaded = run(sys.executable, "-W", "error", "-c", "import pipelines.definitions")
    assert (loaded.returncode, loaded.stderr) == (0, "")


def test_what_loading_the_definitions_costs_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A figure, not a limit: it depends on the machine. dg dev loads them so, in a process of its own."""
    timed = "import os; before = os.times(); import pipelines.definitions; after = os.times(); print(sum(after[:2]) - sum(before[:2]))"
    loaded = run(sys.executable, "-c", timed)
    assert loaded.returncode == 0, loaded.stderr
    with capsys.disabled():
        print(f"\ndefinitions loaded in {float(loaded.stdout):.1f} s of processor time")


def test_dg_finds_the_project_and_has_nothing_to_say() -> None:
    checked = run(str(DG), "check", "defs")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "All definitions loaded successfully" in checked.stdout
    assert "Warning" not in checked.stdout + checked.stderr


def test_a_wrong_configuration_is_said_when_the_definitions_load(tmp_path: Path) -> None:
    (tmp_path / "strata.toml").write_text("[years]\nfrist = 2021\n", encoding="utf-8")
    loaded = run(sys.executable, "-c", "import pipelines.definitions", STRATA_CONFIG=str(tmp_path / "strata.toml"))
    assert loaded.returncode != 0 and "frist" in loaded.stderr


def test_lists_and_parameters_have_a_version_that_follows_them(tmp_path: Path) -> None:
    shown = {spec.key.to_user_string(): spec.code_version for assets in defs.assets or [] for spec in assets.specs}  # type: ignore[union-attr]
    assert shown["definition_code"] and shown["setting"] and shown["stay"]
    shutil.copytree(CONDITIONS, tmp_path / "conditions")
    config = Config(folder=tmp_path, paths=Paths(conditions="conditions"))
    before = code_versions(config)
    list_of_codes = next((tmp_path / "conditions").rglob("*.csv"))
    list_of_codes.write_bytes(list_of_codes.read_bytes() + b"\n")
    after, other = code_versions(config), code_versions(replace(config, method=Method(lookback_years=3)))
    assert after["definition_tables"] != before["definition_tables"] and after["settings"] == before["settings"] != other["settings"]


def test_the_job_takes_every_asset_and_runs_in_one_process() -> None:
    job = defs.resolve_job_def(JOB)
    assert job.executor_def is dg.in_process_executor
    assert job.asset_layer.executable_asset_keys == set(defs.resolve_asset_graph().materializable_asset_keys)


def test_every_check_makes_the_publication_wait() -> None:
    specs = [spec for check in defs.asset_checks or [] for spec in check.check_specs]
    assert specs and all(spec.blocking for spec in specs)


def test_the_schedule_is_that_of_the_project_and_waits_to_be_started() -> None:
    config = Config(Path(), schedule=Schedule(cron="30 4 2 * *", timezone="Europe/Paris"))
    schedule = monthly_schedule(config, Years(2017, 2025, 5))
    assert (schedule.cron_schedule, schedule.execution_timezone, schedule.job_name) == ("30 4 2 * *", "Europe/Paris", JOB)
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert [one.name for one in defs.schedules or []] == ["monthly_refresh"]


def test_the_project_is_the_one_named_else_here_else_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRATA_CONFIG", raising=False)
    assert config_path() == SAMPLE
    (tmp_path / "strata.toml").touch()
    assert config_path() == Path("strata.toml")
    monkeypatch.setenv("STRATA_CONFIG", "elsewhere.toml")
    assert config_path() == Path("elsewhere.toml")


@pytest.mark.parametrize("name", ["DAGSTER_DISABLE_TELEMETRY", "GX_ANALYTICS_ENABLED"])
def test_no_library_reports_on_the_hospital(name: str) -> None:
    assert os.environ[name] in ("yes", "false")


def test_dagster_started_from_a_clone_reports_nothing_and_runs_one_at_a_time(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "dagster.yaml", tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None and queue.max_concurrent_runs == 1


def test_the_record_of_a_run_of_dagster_says_why_it_failed(tmp_path: Path) -> None:
    """Its steps hide what stopped them; Dagster's log alone had it."""
    (tmp_path / "strata.toml").write_text("", encoding="utf-8")
    config = load(tmp_path / "strata.toml")

    @dg.op(required_resource_keys={"session"})
    def extract(context: dg.OpExecutionContext) -> None:
        with context.resources.session.timed("extract"):
            raise StrataError(("quoi", "what"), "ici", ("car", "because"), ("faire", "do"))

    @dg.job(resource_defs={"session": session})
    def one_step() -> None:
        extract()

    with pytest.MonkeyPatch.context() as patched, dg.DagsterInstance.ephemeral() as instance:
        patched.setenv("STRATA_CONFIG", str(tmp_path / "strata.toml"))
        assert not one_step.execute_in_process(raise_on_error=False, instance=instance).success
    (record,) = records(config)
    assert record.state == FAILED and record.error[1].splitlines() == ["Problem: what", "Where: ici", "Why: because", "What to do: do"]


def test_a_run_that_has_ended_opens_no_session_again() -> None:
    """dg launch looks at its run once it is over; that was one more run on record."""
    job = defs.resolve_job_def(JOB)
    started, success = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS
    with dg.DagsterInstance.ephemeral() as instance:
        runs = [instance.create_run_for_job(job, status=status) for status in (started, success)]
        assert [_has_ended(instance, run) for run in runs] == [False, True]
