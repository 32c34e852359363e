"""How a run ends, whatever ends it: on record, told to whoever asked, with its true cause; and what is seen of one that was killed."""

import errno
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines import command
from pipelines.commands.terminal import Terminal
from pipelines.operation import history
from pipelines.operation.history import records
from pipelines.operation.installation import examine
from pipelines.pages import quality_page
from pipelines.pages.status_page import write_status_page
from pipelines.session import open_session
from strata.config import load
from strata.engine import models
from strata.errors import StrataError
from strata.ingest.archives import SourceFile
from strata.ingest.reasons import Refused
from strata.ingest.recognise import Recognised
from strata.ingest.snds.table_file import TableFile, _readable
from strata.ingest.warehouse.lock import LOCK_NAME, lock
from strata.publication.publish import _before, prune
from strata.publication.receipt import content_hash
from tests.support.repository import ROOT
from tests.support.small_country import hold_stays

FULL = "Failed to commit: could not write to file: No space left on device"
CORRUPT = "Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 4096"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The strata.toml of an empty project, in English, that asks to be told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRATA_LANGUAGE", "en")
    assert command.main(["init", "project"]) == 0
    found = tmp_path / "project" / "strata.toml"
    found.write_text(found.read_text(encoding="utf-8").replace('\nfile = ""', '\nfile = "told.json"'), encoding="utf-8")
    return found


def stop(error: BaseException) -> Callable[..., None]:
    """What raises this error, whatever it is given."""

    def stopped(*_: object) -> None:
        raise error

    return stopped


def told(path: Path) -> dict[str, str]:
    return dict(json.loads((path.parent / "told.json").read_text(encoding="utf-8")))


CAUSES = [
    (duckdb.FatalException(FULL), "The disk is full"),
    (duckdb.IOException("Could not write file: Input/output error"), "this folder takes no writing"),
    (duckdb.Error(CORRUPT), "It is damaged"),
    (duckdb.FatalException(f"database has been invalidated. Original error: {CORRUPT}"), "It is damaged"),
    (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
    (KeyboardInterrupt(), "Run interrupted by a person"),
    (RuntimeError("Query interrupted"), "Run interrupted by a person"),
]


@pytest.mark.parametrize(("error", "cause"), CAUSES)
def test_a_run_that_is_stopped_is_ended_and_told_with_its_true_cause(
    path: Path, error: BaseException, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality_page, "write_quality_page", stop(error))  # the disk refuses that page too
    with pytest.raises((Exception, KeyboardInterrupt)), open_session(load(path), lambda _: None):
        raise error
    (record,) = records(load(path))
    page = (load(path).database.parent / "status.html").read_text(encoding="utf-8")
    assert record.state == told(path)["state"] == history.FAILED
    assert cause in record.error[1] and cause in told(path)["error"] and cause in page
    assert [line.partition(":")[0] for line in record.error[1].splitlines()] == ["Problem", "Where", "Why", "What to do"]


def test_a_disk_that_fills_while_tables_are_made_is_no_defect_of_the_program(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = stop(duckdb.FatalException(FULL))
    monkeypatch.setattr(models, "_build_in_buckets", full)
    monkeypatch.setattr(quality_page, "write_quality_page", full)
    hold_stays(load(path).database, "person | exit | das\n1 | 2024-03-10 | E1190")
    assert command.main(["run", "--config", str(path)]) == 1
    said = capsys.readouterr().err
    assert "Why: The disk is full" in said and "What to do: Make room" in said and "defect" not in said
    assert "The disk is full" in told(path)["error"] and records(load(path))[0].state == history.FAILED


def test_a_defect_of_the_quality_page_does_not_leave_the_run_running(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_page, "write_quality_page", stop(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError), open_session(load(path), lambda _: None):
        pass
    assert records(load(path))[0].state == told(path)["state"] == history.FAILED


def no_new_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without room for one file more."""
    written = Path.write_text

    def full(self: Path, *given: object, **named: object) -> int:
        if self.suffix == ".new":
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return written(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)


def test_a_record_is_ended_on_a_disk_without_room_for_another_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(path)
    history.begin(config, "20250101T000000Z-aaaaaa")
    no_new_file(monkeypatch)
    history.write(config, replace(records(config)[0], state=history.FAILED, error=["plein", "full"], rows={"stay": 4}))
    (record,) = records(config)
    assert (record.state, record.error, record.rows) == (history.FAILED, ["plein", "full"], {})


def test_what_stopped_a_step_is_kept_where_dagster_hides_it(path: Path) -> None:
    with open_session(load(path), lambda _: None) as session, suppress(StrataError), session.timed("extract"):
        raise StrataError(("quoi", "what"), "ici", ("car", "because"), ("faire", "do"))
    (record,) = records(load(path))
    assert record.state == history.FAILED and "Why: because" in record.error[1]


def killed(path: Path, run_id: str = "20250101T000000Z-aaaaaa") -> None:
    """A run of January 2025 on record as at work, last heard of after ten minutes; its lock was left behind."""
    config = load(path)
    log = history.begin(config, run_id)
    history.write(config, replace(records(config)[0], started="2025-01-01T00:00:00+00:00"))
    said = [{"time": f"2025-01-01T00:{minute}:00+00:00", "event": "progress"} for minute in ("05", "10")]
    log.path.write_text("".join(json.dumps(one) + "\n" for one in said) + '{"time": "2025-0', encoding="utf-8")
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "started": "2025-01-01T00:00:00+00:00", "run_id": run_id}
    (config.database.parent / LOCK_NAME).write_text(json.dumps(holder), encoding="utf-8")


def test_a_killed_run_is_seen_as_such_at_once_and_wherever_one_looks(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    killed(path)
    config = load(path)
    assert command.main(["status", "--config", str(path)]) == 1
    page = (config.database.parent / "status.html").read_text(encoding="utf-8")
    assert "interrupted" in capsys.readouterr().out and "interrupted" in page and "10 min 00 s" in page
    assert command.main(["status", "--json", "--config", str(path)]) == 1
    (told_run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (told_run["state"], told_run["ended"]) == (history.INTERRUPTED, "2025-01-01T00:10:00+00:00")
    assert [one.problems[0].what[1] for one in examine(path) if one.label[1] == "last run"] == ["Interrupted run"]


def test_a_killed_run_ended_when_it_was_last_heard_of_not_when_the_next_began(path: Path) -> None:
    killed(path)
    history.begin(load(path), "20250103T000000Z-bbbbbb")
    assert [(one.state, one.total_seconds) for one in records(load(path))] == [(history.STARTED, 0.0), (history.INTERRUPTED, 600.0)]


def test_a_run_at_work_is_on_its_page_and_no_other_command_takes_it_for_killed(path: Path) -> None:
    with open_session(load(path), lambda _: None):
        assert [one.state for one in history.seen_now(load(path))] == [history.STARTED]
        assert "running" in (load(path).database.parent / "status.html").read_text(encoding="utf-8")
    killed(path)
    with lock(load(path).database.parent):  # of `publish use`
        assert history.seen_now(load(path))[0].state == history.INTERRUPTED


def test_the_run_begun_last_is_first_whatever_the_clock_said(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = load(path)
    for run_id, state in (("29990101T000000Z-aaaaaa", history.SUCCEEDED), ("20250102T000000Z-bbbbbb", history.FAILED)):
        history.begin(config, run_id)
        history.write(config, replace(records(config)[0], state=state))
    assert [one.state for one in records(config)] == [history.FAILED, history.SUCCEEDED]
    assert command.main(["status", "--config", str(path)]) == 1


def test_doctor_tells_a_run_and_a_publication_dated_in_the_future(path: Path) -> None:
    def remarks() -> list[str]:
        return [one.where for part in examine(path) for one in part.problems if one.what[1] == "A run is dated in the future"]

    assert remarks() == []
    history.begin(load(path), "29990101T000000Z-aaaaaa")
    load(path).path("published").mkdir()
    (load(path).path("published") / "latest").write_text("29990102T000000Z-bbbbbb\n", encoding="utf-8")
    assert remarks() == ["29990101T000000Z-aaaaaa", "29990102T000000Z-bbbbbb"]


def test_the_page_tells_what_to_look_at_first_in_the_words_of_a_person(path: Path) -> None:
    config = load(path)
    history.begin(config, "r1")
    asked = [("held", "blocking", True), ("odd", "warning", False), ("wrong", "blocking", False)]
    checks = [{"table": "t", "check": name, "severity": how, "passed": held, "failing_rows": 12345} for name, how, held in asked]
    begun = replace(records(config)[0], state=history.SUCCEEDED, started="2025-07-01T04:00:00+00:00", ended="2025-07-01T05:02:10+00:00")
    tables = replace(begun, rows={"stay": 1234567, "care": 1}, made=["stay", "a_view"], reused=["care"])
    history.write(config, replace(tables, checks=checks, warnings=[["années non montrées", "years not shown"]]))
    page = write_status_page(config).read_text(encoding="utf-8")
    assert [page.index(f">{name}<") for name in ("wrong", "odd", "held")] == sorted(page.index(f">{one[0]}<") for one in asked)
    assert '<tr class="failed"><td>wrong' in page and '<tr class="warned"><td>odd' in page and '<tr class=""><td>held' in page
    assert all(f">{shown}<" in page for shown in ("2025-07-01 06:00", "1 h 02 min", "12,345", "1,234,567"))
    assert "not held, blocking" in page and "not held, to look at" in page  # not by the colour alone
    assert "<div>years not shown</div>" in page
    assert '<td class="number">2</td><td class="number">1</td><td class="number">2</td>' in page  # made, kept, not held


@pytest.mark.parametrize("damage", [b"\xff\x00\xfe", b"", b"../..", b"run 1", "exécution".encode()])
def test_a_damaged_pointer_is_no_pointer_and_stops_nothing(path: Path, damage: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    published = load(path).path("published")
    (published / "r1").mkdir(parents=True)
    (published / "r1" / "receipt.json").write_text('{"files": {}, "content_hash": "' + content_hash({}) + '"}', encoding="utf-8")
    (published / "latest").write_bytes(damage)
    with open_session(load(path), lambda _: None):
        assert prune(published, 1) == [] and _before(published) is None
    assert command.main(["status", "--config", str(path)]) == 0
    assert command.main(["publish", "verify", str(published)]) == 2
    assert "No publication is shown" in [one.what[1] for part in examine(path) for one in part.problems]
    assert command.main(["publish", "use", "--config", str(path)]) == 0
    assert command.main(["publish", "use", "r1", "--config", str(path)]) == 0
    said = capsys.readouterr()
    assert "* r1" in said.out and "defect" not in said.out + said.err


STOPPED = """
import os, signal, sys, time
import pipelines.{module} as place
from pipelines import command

def stop(*_):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)

place.{function} = stop
sys.argv = ["strata", "run", "--config", sys.argv[1]]
command.program()
"""


@pytest.mark.parametrize(("module", "function"), [("assets", "_make"), ("operation.room", "refuse_without_room")])
def test_a_service_that_is_stopped_ends_its_run_and_tells_it(path: Path, module: str, function: str) -> None:
    """systemctl stop, a machine that shuts down: in a step, where Dagster listens to signals too, and outside."""
    if os.name != "posix":
        return  # Windows ends a process without asking
    hold_stays(load(path).database, "person | exit | das\n1 | 2024-03-10 | E1190")
    program = STOPPED.format(module=module, function=function)
    started = [sys.executable, "-W", "ignore", "-c", program, str(path)]
    done = subprocess.run(started, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    (record,) = records(load(path))
    assert (done.returncode, record.state) == (1, history.FAILED), done.stderr
    assert "Run interrupted by a person, or by the service" in told(path)["error"] and not (load(path).database.parent / LOCK_NAME).exists()
    assert "Interrupted; the last publication stays." in done.stderr


def test_a_reader_of_the_progress_who_leaves_ends_no_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Left(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", Left())
        with open_session(load(path), Terminal("en").progress) as session:
            session.tell(("Séjours…", "Stays…"))
    assert records(load(path))[0].state == history.SUCCEEDED


@pytest.mark.parametrize(("chosen", "said"), [("", "Séjours…"), ("fr", "Séjours…"), ("en", "Stays…")])
def test_progress_is_in_the_language_of_whoever_started_the_run(
    path: Path, chosen: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_LANGUAGE", chosen)
    config = load(path)
    heard: list[str] = []
    with open_session(replace(config, project=replace(config.project, language="fr")), heard.append) as session:
        session.tell(("Séjours…", "Stays…"))
    assert heard == [said]


@pytest.mark.parametrize("words", [FULL, CORRUPT])
def test_a_table_that_the_disk_refuses_to_read_is_not_held_against_its_file(words: str, tmp_path: Path) -> None:
    """What is refused is a word on the file that was sent: the disk beside it is another matter."""
    file = TableFile(SourceFile("B.parquet", 1, tmp_path / "B.parquet"), Recognised("T_MCOaaB", "parquet"))
    for error, expected in ((duckdb.IOException(words), duckdb.IOException), (duckdb.InvalidInputException("no magic bytes"), Refused)):
        with pytest.raises(expected), _readable(file, tmp_path):
            raise error


UNREAD = """
import os, sys
from pathlib import Path
from pipelines import command, runner

runner.run = lambda *_, **__: runner.RunResult("r1", Path("published") / "r1")
read, write = os.pipe()
os.dup2(write, 1)
os.close(read)
sys.argv = ["strata", "run", "--config", sys.argv[1]]
command.program()
"""


def test_a_run_whose_answer_nobody_reads_has_succeeded(path: Path) -> None:
    started = [sys.executable, "-W", "ignore", "-c", UNREAD, str(path)]
    done = subprocess.run(started, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
