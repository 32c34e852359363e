"""How a run ends, whatever ends it: on record, told to whoever asked, with its true cause; and what is seen of one that was killed."""

import errno
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines import assets, command
from pipelines.operation import history
from pipelines.operation.history import records
from pipelines.pages import quality_page
from pipelines.session import open_session
from strata.config import load
from strata.errors import StrataError
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
    monkeypatch.setattr(assets, "_make", full)
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
