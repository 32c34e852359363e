"""What keeps an installation alive: doctor, purge, schedule, status, publications shown again, room on the disk, who is told."""

import configparser
import errno
import json
import os
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines import command
from pipelines.landing_sensor import PATIENCE_POLLS, RETRY_POLLS, STABLE_POLLS, TRIES, Watch, landing_sensor, look
from pipelines.operation import history, installation, room
from pipelines.operation.history import Record, records, write
from pipelines.operation.installation import examine
from pipelines.operation.notice import notify
from pipelines.operation.service_entries import entry, parse
from pipelines.pages.status_page import shown, write_status_page
from pipelines.session import open_session
from pipelines.years import Years
from strata.config import Config, Notify, Paths, Schedule, load
from strata.errors import StrataError
from strata.ingest.warehouse.lock import LOCK_NAME, this_command
from strata.publication.publish import POINTER, prune, publications, use
from strata.publication.receipt import NAME, content_hash, file_hashes
from tests.support.landing import write_archive


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The strata.toml of an empty project, in English."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRATA_LANGUAGE", "en")
    assert command.main(["init", "project"]) == 0
    return tmp_path / "project" / "strata.toml"


def publication(published: Path, run_id: str) -> None:
    """A folder with a receipt that agrees with it."""
    (published / run_id).mkdir(parents=True)
    (published / run_id / "indicators.parquet").write_text(run_id, encoding="utf-8")
    hashes = file_hashes(published / run_id)
    (published / run_id / NAME).write_text(json.dumps({"files": hashes, "content_hash": content_hash(hashes)}), encoding="utf-8")
    (published / POINTER).write_text(f"{run_id}\n", encoding="utf-8")


def at_fault(path: Path) -> set[str]:
    return {one.label[1] for one in examine(path) if one.is_fault}


def test_doctor_has_nothing_to_mend_in_a_new_project_and_changes_nothing(path: Path) -> None:
    before = sorted(path.parent.rglob("*"))
    assert at_fault(path) <= {"territories, populations, tariffs"}  # the files of `init` are to be filled
    assert sorted(path.parent.rglob("*")) == before


def test_doctor_names_each_thing_that_is_wrong(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    config = load(path)
    (path.parent / "territories.csv").write_text("nonsense\n1\n", encoding="utf-8")
    shutil.rmtree(config.path("landing"))
    publication(config.path("published"), "run-1")
    (config.path("published") / "run-1" / "indicators.parquet").write_text("changed", encoding="utf-8")
    config.database.parent.mkdir(mode=0o700)
    config.database.write_text("not a database", encoding="utf-8")
    monkeypatch.setattr(room, "LEAST", 1 << 62)
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "true")
    expected = {"folders", "territories, populations, tariffs", "publication shown", "warehouse", "room on the disk", "no telemetry"}
    assert expected <= at_fault(path)
    assert command.main(["doctor", "--config", str(path)]) == 1
    said = capsys.readouterr().out
    assert said.count("What to do:") == said.count("Problem:") >= len(expected) and "Traceback" not in said


def test_doctor_says_that_a_configuration_is_wrong_and_still_looks_at_the_machine(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text("[years]\nfrist = 2021\n", encoding="utf-8")
    assert command.main(["doctor", "--config", str(path)]) == 1
    said = capsys.readouterr().out
    assert "frist" in said and "[ok] Python" in said


def test_doctor_tells_a_lock_left_behind_and_a_killed_run(path: Path) -> None:
    config = load(path)
    history.begin(config, "20250101T000000Z-aaaaaa")
    holder = {"pid": os.getpid(), "host": history.Record("", "", "").host, "started": "2025-01-01T00:00:00+00:00", "run_id": "x"}
    (config.database.parent / LOCK_NAME).write_text(json.dumps(holder), encoding="utf-8")
    told = {one.label[1]: one.problems[0].what[1] for one in examine(path) if one.problems and one.label[1] in ("lock", "last run")}
    assert told == {"lock": "Lock left behind", "last run": "Interrupted run"}


def test_doctor_goes_on_where_the_warehouse_belongs_to_another_account(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(installation, "holder_of", refused)
    found = [(one.label[1], one.is_fault) for one in examine(path)]
    assert ("access", True) in found and found[-1] == ("publication shown", False)


@pytest.mark.parametrize(
    ("program", "said"), [("/usr/bin/strata", "strata run"), ("/x/pipelines/command.py", "strata run"), ("dg", "dg run")]
)
def test_a_run_that_an_entry_starts_bears_the_name_a_person_knows(program: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [program, "run", "--config", "a person"])
    assert this_command() == said


def test_the_help_names_what_can_be_done_with_publications(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["publish", "--help"])
    said = capsys.readouterr().out.partition("ACTION\n")[0]  # what `strata --help` says of it too
    assert all(f"({name})" in said for name in ("verify", "use", "compare"))


def held(path: Path, **changes: object) -> None:
    """The warehouse is held by a process that is at work (the one that started this one)."""
    holder = {"pid": os.getppid(), "host": history.Record("", "", "").host, "started": "2025-01-01T00:00:00+00:00", "run_id": "x"}
    load(path).database.parent.mkdir(mode=0o700, exist_ok=True)
    (load(path).database.parent / LOCK_NAME).write_text(json.dumps(holder | changes), encoding="utf-8")


def test_doctor_has_an_eye_on_a_lock_held_for_more_than_a_day(path: Path) -> None:
    held(path)
    (lock,) = [one for one in examine(path) if one.label[1] == "lock"]
    assert [one.what[1] for one in lock.problems] == ["The lock has been held for more than a day"] and not lock.is_fault
    held(path, started=history.now())
    assert [one.problems for one in examine(path) if one.label[1] == "lock"] == [[]]


def ask_to_be_told(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count('\nfile = ""') == 1
    path.write_text(text.replace('\nfile = ""', '\nfile = "told.json"'), encoding="utf-8")


def test_a_run_that_another_one_refuses_is_told(path: Path) -> None:
    ask_to_be_told(path)
    held(path)
    assert command.main(["run", "--config", str(path)]) == 1
    told = json.loads((path.parent / "told.json").read_text(encoding="utf-8"))
    assert told["state"] == "failed" and "Another run is writing" in told["error"]
    assert records(load(path)) == []  # whoever holds the lock keeps the records


def test_what_a_run_reads_and_shows_nowhere_is_told_to_whoever_asks(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask_to_be_told(path)
    write_archive(path.parent / "landing" / "a.zip", dict.fromkeys(range(1, 50), 1))
    text = path.read_text(encoding="utf-8").replace("last = 2025", "last = 2021")
    path.write_text(text, encoding="utf-8")
    for turn in ("a year too many", "an empty folder"):
        command.main(["check", "--config", str(path)])
        warnings = json.loads((path.parent / "told.json").read_text(encoding="utf-8"))["warnings"]
        assert any("Stays of 2022 were read" in one for one in warnings) and warnings[-1] in capsys.readouterr().err
        assert len(warnings) == (1 if turn == "a year too many" else 2)
        (path.parent / "landing" / "a.zip").unlink(missing_ok=True)
    assert any(problem.where == "[years] last" for one in examine(path) for problem in one.problems)


def test_a_killed_run_does_not_stay_started(path: Path) -> None:
    config = load(path)
    history.begin(config, "20250101T000000Z-aaaaaa")
    history.begin(config, "20250102T000000Z-bbbbbb")
    assert [one.state for one in records(config)] == [history.STARTED, history.INTERRUPTED]


def test_a_run_that_fails_is_on_record_with_its_words(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["run", "--config", str(path)]) != 0
    (record,) = records(load(path))
    assert record.state == history.FAILED and "Problem:" in record.error[1] and record.ended >= record.started
    log = (history.folder_of(load(path)) / f"{record.run_id}.log").read_text(encoding="utf-8")
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events[0] == "run_started" and events[-1] == "run_ended"
    capsys.readouterr()
    assert command.main(["status", "--config", str(path)]) == 1
    assert "failed" in capsys.readouterr().out


def test_the_status_page_shows_runs_checks_and_steps(path: Path) -> None:
    config = load(path)
    checks = [{"table": "stay_check", "check": "every_stay_explained", "severity": "blocking", "passed": False, "failing_rows": 4}]
    history.begin(config, "r1")
    write(
        config,
        replace(records(config)[0], state=history.FAILED, ended=history.now(), checks=checks, rows={"stay": 41}, error=["<b>fr", "<b>en"]),
    )
    page = write_status_page(config).read_text(encoding="utf-8")
    assert "not held" in page and "stay" in page and "&lt;b&gt;en" in page and "<b>en" not in page


def test_who_asks_is_told_and_who_cannot_be_told_changes_nothing(path: Path, tmp_path: Path) -> None:
    program = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read(), encoding='utf-8')"
    told = replace(load(path), notify=Notify("told.json", [sys.executable, "-X", "utf8", "-c", program, str(tmp_path / "heard.json")]))
    record = Record("r1", history.SUCCEEDED, history.now(), history.now(), rows={"person": 3})
    assert notify(told, record) is None
    heard, written = (json.loads(one.read_text(encoding="utf-8")) for one in (tmp_path / "heard.json", path.parent / "told.json"))
    assert heard == written and heard["state"] == "succeeded" and "rows" not in heard
    assert notify(replace(told, notify=Notify("", ["no-such-program"])), record) is not None


def test_a_run_without_room_is_refused_before_anything_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(path.parent / "landing" / "a.zip", dict.fromkeys(range(1, 50), 1))
    assert room.room(load(path)).needed > room.LEAST
    monkeypatch.setattr(room, "LEAST", 1 << 62)
    with pytest.raises(StrataError) as refusal, open_session(load(path), lambda _: None):
        raise AssertionError("the run was let in")
    assert "GB are needed" in refusal.value.why[1] and not load(path).database.exists()


def test_a_warehouse_made_again_needs_room_for_every_extract(path: Path) -> None:
    write_archive(path.parent / "landing" / "a.zip", dict.fromkeys(range(1, 50), 1))
    config = load(path)
    new = room.room(config).needed
    history.begin(config, "20250101T000000Z-aaaaaa")
    later = "2999-01-01T00:00:00+00:00"
    write(config, replace(records(config)[0], state=history.SUCCEEDED, started=later, ended=later, publication="x"))
    assert room.room(config).needed == new  # restored without its warehouse: everything is read again
    config.database.write_bytes(b"")
    assert room.room(config).needed == room.LEAST < new


def test_publications_on_a_disk_of_their_own_need_room_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(path)
    before = room.room(config).needed
    publication(config.path("published"), "r1")
    (config.path("published") / "r1" / "large").write_bytes(bytes(1_000_000))
    assert 2_000_000 <= room.room(config).needed - before < 2_100_000
    monkeypatch.setattr(room, "_disk", lambda folder: str(folder))
    assert room.room(config).needed == before
    monkeypatch.setattr(room, "PUBLISHED_AGAIN", 1 << 62)
    with pytest.raises(StrataError) as refusal:
        room.refuse_without_room(config)
    assert refusal.value.where == str(config.path("published"))


def test_an_archive_that_lies_about_its_size_does_not_stop_the_run(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("x.rsa", bytes(300_000_000))
    assert room._read_bytes(tmp_path / "bomb.zip") == (tmp_path / "bomb.zip").stat().st_size


def test_the_last_publications_stay_and_an_earlier_one_can_be_shown(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = load(path).path("published")
    runs = [f"2025010{day}T000000Z-aaaaaa" for day in range(1, 8)]
    for run_id in runs:
        publication(published, run_id)
    assert command.main(["publish", "use", runs[1], "--config", str(path)]) == 0
    assert shown(load(path)) == runs[1]
    assert f"* {runs[1]}" in capsys.readouterr().out
    assert prune(published, 3, spare=[runs[2]]) == [runs[3], runs[0]]
    assert publications(published) == [runs[6], runs[5], runs[4], runs[2], runs[1]]
    assert prune(published, 0) == []


def test_publications_of_the_same_numbers_go_first_and_are_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = load(path).path("published")
    runs = [f"2025010{day}T060000Z-aaaaaa" for day in range(1, 6)]
    for run_id, numbers in zip(runs, (1, 2, 2, 2, 3), strict=True):
        publication(published, run_id)
        (published / run_id / "indicators.parquet").unlink()
        pl.DataFrame({"data_through": [date(2025, numbers, 28)]}).write_parquet(published / run_id / "indicators.parquet")
        hashes = file_hashes(published / run_id)
        (published / run_id / NAME).write_text(json.dumps({"files": hashes, "content_hash": content_hash(hashes)}), encoding="utf-8")
    assert command.main(["publish", "use", "--config", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"* {runs[4]}  2025-01-05 06:00 UTC  data through 2025-03-28"
    assert ["same numbers as the one before" in line for line in said] == [False, True, True, False, False]
    assert prune(published, 3) == [runs[2], runs[1]]
    assert publications(published) == [runs[4], runs[3], runs[0]]


@pytest.mark.parametrize("run_id", ["gone", "../published", ".."])
def test_a_publication_that_is_not_there_or_was_changed_is_not_shown(path: Path, run_id: str) -> None:
    published = load(path).path("published")
    publication(published, "first")
    publication(published, "second")
    with pytest.raises(StrataError):
        use(published, run_id)
    (published / "first" / "indicators.parquet").write_text("changed", encoding="utf-8")
    with pytest.raises(StrataError):
        use(published, "first")
    assert shown(load(path)) == "second"


def test_purge_asks_removes_what_is_personal_and_keeps_publications(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from openpyxl import Workbook

    from strata.review.form import SHEETS

    config = load(path)
    for name in ("strata.duckdb", "quality/index.html", "runs/a.json", "status.html", "strata-snds-left/x", "audit.log"):
        (config.database.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (config.database.parent / name).write_text("", encoding="utf-8")
    review, other = Workbook(), Workbook()
    for title in SHEETS["fr"]:
        review.create_sheet(title)
    review.save(path.parent / "review.xlsx")
    other.save(path.parent / "other.xlsx")
    write_archive(path.parent / "landing" / "a.zip", {1: 1})
    publication(config.path("published"), "r1")
    assert command.main(["purge", "--config", str(path)]) == 2  # nobody said yes
    assert config.database.exists()
    capsys.readouterr()
    assert command.main(["purge", "--yes", "--config", str(path)]) == 0
    assert sorted(one.name for one in config.database.parent.iterdir()) == ["audit.log"]
    left = {one.relative_to(path.parent).as_posix() for one in path.parent.rglob("*") if one.is_file()}
    assert {"other.xlsx", "landing/a.zip", "published/r1/receipt.json", "published/latest"} <= left and "review.xlsx" not in left
    said = capsys.readouterr().out
    assert "Removed: 6" in said and "backups" in said and "audit.log" in said
    assert '"purge"' in (config.database.parent / "audit.log").read_text(encoding="utf-8")


def scheduled(path: Path, cron: str = "0 6 5 * *", folder: str = "") -> Config:
    return replace(load(path), schedule=Schedule(cron=cron), paths=Paths(), folder=Path(folder) if folder else path.parent)


def test_the_cron_line_is_that_of_the_project(path: Path) -> None:
    line = entry("cron", scheduled(path, "30 4 1-3 * *"), path).files["crontab"]
    assert line.startswith("30 4 1-3 * * cd ") and f"run --config {path.resolve()}" in line and line.count("\n") == 1


def test_the_cron_line_works_in_a_project_that_never_ran(path: Path) -> None:
    line = entry("cron", scheduled(path), path).files["crontab"].split(maxsplit=5)[5].replace("\\%", "%")
    if os.name == "posix":
        subprocess.run(["/bin/sh", "-c", line], check=False, cwd="/")
        assert "Problem:" in (path.parent / "cron.log").read_text(encoding="utf-8")  # there is no extract yet
        assert len(records(load(path))) == 1


def test_the_commands_that_install_dagster_bear_a_folder_with_a_blank(path: Path) -> None:
    spaced = path.parent / "a folder" / "strata.toml"
    make, copy, *_ = entry("dagster", scheduled(path), spaced).install
    assert shlex.split(make) == ["mkdir", "-p", str(spaced.resolve().parent / "dagster")]
    assert len(shlex.split(copy)) == 3


def test_the_units_of_systemd_read_as_units(path: Path) -> None:
    spaced = path.parent / "a folder 100%" / "strata.toml"
    for kind, names in {"systemd": ("strata.service", "strata.timer"), "dagster": ("strata-dagster.service",)}.items():
        files = entry(kind, scheduled(path), spaced).files
        assert set(files) == set(names)
        for text in files.values():
            unit = configparser.RawConfigParser(strict=False, allow_no_value=False)
            unit.optionxform = str  # type: ignore[assignment, method-assign]
            unit.read_string(text)
            assert unit.has_section("Unit") and "Description" in unit["Unit"]
    service = entry("systemd", scheduled(path), spaced).files["strata.service"]
    assert f'"{spaced.resolve().as_posix().replace("%", "%%")}"' in service or os.name == "nt"
    assert "OnCalendar=*-*-05 06:00:00 Europe/Paris" in entry("systemd", scheduled(path), spaced).files["strata.timer"]


def test_the_units_of_systemd_pass_its_own_lint(path: Path, tmp_path: Path) -> None:
    lint = shutil.which("systemd-analyze")
    if lint is None:
        return  # read by the test above
    assert command.main(["schedule", "--kind", "systemd", "--config", str(path), "--out", str(tmp_path / "units")]) == 0
    assert command.main(["schedule", "--kind", "dagster", "--config", str(path), "--out", str(tmp_path / "units")]) == 0
    files = [str(one) for one in sorted((tmp_path / "units").iterdir())]
    linted = subprocess.run([lint, "verify", *files], capture_output=True, text=True, check=False)
    ours = [line for line in linted.stderr.splitlines() if "strata" in line]
    assert len(files) == 3 and ours == []


@pytest.mark.parametrize(("cron", "wanted"), [("0 6 5 * *", "Day"), ("0 6 * * 1", "Monday"), ("15 2 * * *", "DaysInterval")])
def test_the_windows_task_is_xml_that_its_schema_orders_so(path: Path, cron: str, wanted: str) -> None:
    named = replace(scheduled(path, cron), project=replace(load(path).project, name="A & B <c>"))
    text = entry("windows", named, path).files["strata-task.xml"]
    root = ET.fromstring(text.replace(' encoding="UTF-16"', ""))
    names = [one.tag.rpartition("}")[2] for one in root]
    assert names == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    assert wanted in [one.tag.rpartition("}")[2] for one in root.iter()]


def test_the_windows_task_is_written_as_windows_reads_it(path: Path, tmp_path: Path) -> None:
    assert command.main(["schedule", "--kind", "windows", "--config", str(path), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "strata-task.xml").read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")


@pytest.mark.parametrize("line", ["*/5 * * * *", "0 6 5 *", "0 6 5 * 1", "61 6 5 * *", "0 6,7 5 * *", "x 6 5 * *", "0 6 5-2 * *"])
def test_a_cron_line_too_rich_is_refused(line: str) -> None:
    with pytest.raises(StrataError):
        parse(line)


def polled(landing: Path, times: int, watch: Watch) -> tuple[Watch, list[bool]]:
    """The folder looked at so many times; at which of them a refresh started."""
    started = []
    for _ in range(times):
        watch, reason = look(landing, watch)
        started.append(reason == "")
        watch = Watch.read(watch.write())
    return watch, started


def test_a_refresh_starts_once_when_the_landing_folder_is_complete(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    watch, started = polled(landing, 3, Watch())
    assert started == [False] * 3
    write_archive(landing / "a.zip", {1: 1})
    watch, started = polled(landing, 4, watch)
    assert started == [turn == STABLE_POLLS - 1 for turn in range(4)]
    content = (landing / "a.zip").read_bytes()
    (landing / "b.zip").write_bytes(content[: len(content) // 2])  # on its way: the directory of an archive comes last
    watch, started = polled(landing, 5, watch)
    assert started == [False] * 5
    (landing / "b.zip").write_bytes(content + b"")
    watch, started = polled(landing, 2, watch)
    assert started == [False, True]


def asked(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, looks: int, cursor: str) -> tuple[list[str], str]:
    """The refreshes a sensor asks for in so many looks (their names), and its cursor."""
    keys = []
    for _ in range(looks):
        with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
            found = sensor(context)
        keys += [one.run_key for one in found.run_requests or []]
        cursor = found.cursor or ""
    return keys, cursor


def test_a_refresh_waits_for_the_run_at_work_and_is_asked_for_again_when_it_failed(path: Path) -> None:
    @dg.op
    def fails() -> None:
        raise RuntimeError

    job = dg.GraphDefinition("refresh", node_defs=[fails]).to_job()
    config = load(path)
    sensor = landing_sensor(config, Years.of(config))
    write_archive(config.path("landing") / "a.zip", {1: 1})
    with dg.DagsterInstance.ephemeral() as instance:
        held(path)
        keys, cursor = asked(sensor, instance, 3 * STABLE_POLLS, "")
        assert keys == []
        (config.database.parent / LOCK_NAME).unlink()
        names = []
        for _ in range(TRIES + 1):
            keys, cursor = asked(sensor, instance, RETRY_POLLS + STABLE_POLLS, cursor)
            names += keys
            for key in keys:
                job.execute_in_process(instance=instance, tags={"dagster/run_key": str(key)}, raise_on_error=False)
    assert len(set(names)) == len(names) == TRIES  # Dagster would pass over a name it has seen


def test_a_file_that_never_gets_whole_does_not_hold_the_others_for_ever(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    _, started = polled(tmp_path, PATIENCE_POLLS + 1, Watch())
    assert started == [turn == PATIENCE_POLLS - 1 for turn in range(PATIENCE_POLLS + 1)]
