"""What replaces what in the warehouse, which numbers stay the same, and the account of every file."""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from strata.errors import StrataError
from strata.ingest import load
from strata.ingest.listing.folder import list_folder
from strata.ingest.load import ingest
from strata.ingest.warehouse import lock as lock_file
from strata.ingest.warehouse.lock import LOCK_NAME, lock
from strata.ingest.warehouse.notices import beyond
from strata.ingest.warehouse.running import is_running, start_of
from strata.ingest.warehouse.store import Incoming, Slice, store
from tests.support.landing import PLACEHOLDER, rows, unaccounted, write_archive
from tests.support.repository import ROOT
from tests.support.rsa_lines import FINESS
from tests.support.snds_set import Rows, stay, together, write_csv, write_parquet

STAYS = "SELECT stay_number FROM read_stay ORDER BY 1"


class Project:
    """A landing folder and its warehouse."""

    def __init__(self, folder: Path) -> None:
        self.landing, self.warehouse = folder / "landing", folder / "warehouse" / "strata.duckdb"
        self.landing.mkdir()

    def ingest(self) -> dict[str, int]:
        verdicts = dict(ingest(self.landing, self.warehouse).slices)
        assert unaccounted(self.warehouse) == []
        return verdicts

    def rows(self, query: str) -> list[tuple]:
        return rows(self.warehouse, query)

    def stays(self) -> list[int]:
        return [int(row[0]) for row in self.rows(STAYS)]

    def account(self, source_file: str) -> tuple:
        query = "SELECT lines, accepted, quarantined, refused, reason FROM read_file WHERE source_file"
        (row,) = self.rows(f"{query} = '{source_file}'")
        return row


def write_archived_tables(path: Path, tables: Rows) -> None:
    """Tables that do not say their year by their names: each archive is a set."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w") as archive:
        write_csv(Path(folder), tables)
        for one in sorted(Path(folder).iterdir()):
            archive.write(one, one.name.replace("T_MCO17", "extract_"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_first_load_fills_every_table(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1, 2: 6})
    assert project.ingest() == {"new": 1}
    assert project.rows("SELECT finess, field, year, form, month FROM read_slice") == [(FINESS, "mco", 2022, "atih", 6)]
    counts = [project.rows(f"SELECT count(*) FROM read_{name}")[0][0] for name in ("stay", "unit", "diagnosis", "procedure")]
    assert counts == [2, 2, 2, 0]
    assert project.rows("SELECT stay_id, CAST(slice_id AS BIGINT) * 4294967296 + source_line FROM read_stay ORDER BY 1") == [
        (2**32 + 1,) * 2,
        (2**32 + 2,) * 2,
    ]
    assert project.rows("SELECT count(*) FROM read_diagnosis WHERE stay_id NOT IN (SELECT stay_id FROM read_stay)") == [(0,)]


def test_the_same_landing_again_changes_nothing(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1, 2: 6})
    project.ingest()
    before = [project.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in ("read_stay", "read_file", "read_slice", "pseudonym")]
    assert project.ingest() == {}
    assert [project.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in ("read_stay", "read_file", "read_slice", "pseudonym")] == before


def test_of_two_transmissions_of_one_month_the_later_one_stays_whatever_the_order_of_names(project: Project) -> None:
    later, earlier = f"{FINESS}.2022.12.03032023093000.out.zip", f"{FINESS}.2022.12.15022023093000.out.zip"
    write_archive(project.landing / later, {1: 1, 2: 12, 3: 12})
    write_archive(project.landing / earlier, {1: 1, 2: 12})
    assert project.ingest() == {"new": 1, "replace": 1}
    assert project.stays() == [1, 2, 3]
    assert project.account(f"{earlier}!x.rsa")[-1] == "superseded"
    assert project.ingest() == {}


@pytest.mark.parametrize(("name", "month"), [(f"{FINESS}.2022.12.15022023093000", 12), ("999999999.2022.12.15022023093000", 6), ("m", 6)])
def test_a_transmission_goes_to_the_month_its_name_announces_when_it_is_its_own(project: Project, name: str, month: int) -> None:
    write_archive(project.landing / f"{name}.out.zip", {1: 1, 3: 6})  # nobody left after June
    project.ingest()
    assert project.rows("SELECT month FROM read_slice") == [(month,)]


def test_a_copy_under_another_name_is_skipped_and_accounted_for(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1, 2: 6})
    project.ingest()
    shutil.copy(project.landing / "a.zip", project.landing / "b.zip")
    assert project.ingest() == {}
    assert project.stays() == [1, 2]
    assert project.account("b.zip!x.rsa") == (2, 0, 0, 2, "already_in")
    assert project.account("a.zip!x.rsa") == (2, 2, 0, 0, None)


def test_a_month_in_which_nobody_left_is_held_to_its_end(project: Project) -> None:
    """The same lines again under the name of a later month: nothing is missing, and an earlier transmission does not come back."""
    write_archive(project.landing / f"{FINESS}.2022.10.15112022093000.out.zip", {1: 1, 3: 6})
    project.ingest()
    write_archive(project.landing / f"{FINESS}.2022.11.15122022093000.out.zip", {1: 1, 3: 6})
    assert project.ingest() == {}
    assert project.rows("SELECT month, CAST(sent AS VARCHAR) FROM read_slice") == [(11, "2022-12-15 09:30:00")]
    write_archive(project.landing / f"{FINESS}.2022.10.20112022093000.out.zip", {1: 1, 2: 5, 3: 6})
    assert project.ingest() == {"superseded": 1}
    assert project.rows("SELECT month FROM read_slice") == [(11,)]


def test_a_later_transmission_replaces_the_hospital_year_and_no_other(project: Project) -> None:
    write_archive(project.landing / "m06.zip", {1: 1, 2: 6})
    write_archive(project.landing / "other.zip", {7: 3}, finess="990000049")
    write_archive(project.landing / "year.zip", {8: 12}, year=2021)
    project.ingest()
    write_archive(project.landing / "m12.zip", {1: 1, 3: 12})
    assert project.ingest() == {"replace": 1}
    assert project.stays() == [1, 3, 7, 8]
    assert project.account("m06.zip!x.rsa") == (2, 0, 0, 2, "superseded")
    assert project.account("m06.zip!x.ano") == (2, 0, 0, 2, "superseded")
    assert project.rows("SELECT count(*) FROM read_unit") == [(4,)]
    assert project.ingest() == {}


def test_an_earlier_transmission_does_not_come_back(project: Project) -> None:
    write_archive(project.landing / "m12.zip", {1: 1, 3: 12})
    project.ingest()
    write_archive(project.landing / "a_m06.zip", {1: 1, 2: 6})
    assert project.ingest() == {"superseded": 1}
    assert project.stays() == [1, 3]
    assert project.account("a_m06.zip!x.rsa") == (2, 0, 0, 2, "superseded")
    assert project.ingest() == {}


def test_a_corrected_year_of_the_same_month_replaces(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1, 2: 12})
    project.ingest()
    write_archive(project.landing / "b.zip", {1: 1, 4: 12})
    assert project.ingest() == {"replace": 1}
    assert project.stays() == [1, 4]
    assert project.ingest() == {}  # neither takes the place of the other for ever


def test_a_file_overwritten_in_place_has_one_account(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1, 2: 6})
    project.ingest()
    write_archive(project.landing / "a.zip", {1: 1, 2: 6, 3: 12})
    assert project.ingest() == {"replace": 1}
    assert project.rows("SELECT source_file, accepted FROM read_file ORDER BY 1") == [("a.zip!x.ano", 3), ("a.zip!x.rsa", 3)]


def test_one_transmission_after_the_other_or_both_at_once(tmp_path: Path) -> None:
    for name in ("stepwise", "at_once"):
        (tmp_path / name).mkdir()
    stepwise, at_once = Project(tmp_path / "stepwise"), Project(tmp_path / "at_once")
    for project in (stepwise, at_once):
        write_archive(project.landing / "m06.zip", {1: 1, 2: 6})
    stepwise.ingest()
    for project in (stepwise, at_once):
        write_archive(project.landing / "m12.zip", {1: 1, 3: 12})
        project.ingest()
    assert stepwise.rows("SELECT * FROM read_stay ORDER BY ALL") == at_once.rows("SELECT * FROM read_stay ORDER BY ALL")


def test_persons_keep_their_number_and_new_ones_follow_in_order(project: Project) -> None:
    write_archive(project.landing / "m06.zip", {1: 1, 2: 6}, {1: "PZ000000000000000", 2: "PB000000000000000"})
    project.ingest()
    write_archive(
        project.landing / "m12.zip", {1: 1, 2: 6, 3: 12}, {1: "PZ000000000000000", 2: "PA000000000000000", 3: "P0000000000000000"}
    )
    project.ingest()
    persons = project.rows("SELECT person_id, pseudonym FROM pseudonym ORDER BY 1")
    assert persons == [(1, "PB" + "0" * 15), (2, "PZ" + "0" * 15), (3, "P" + "0" * 16), (4, "PA" + "0" * 15)]
    assert project.rows("SELECT person_id FROM read_stay ORDER BY stay_number") == [(2,), (4,), (3,)]


def test_blank_and_placeholder_pseudonyms_are_nobody(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1, 2: 2, 3: 3, 4: 4}, {1: "", 2: PLACEHOLDER, 3: "X" * 16 + "S"})
    project.ingest()
    found = project.rows("SELECT person_id, pseudonym_status FROM read_stay ORDER BY stay_number")
    assert found == [(None, "missing"), (None, "placeholder"), (None, "placeholder"), (1, "ok")]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_hospital_year_in_both_forms_is_refused_by_name(project: Project, at_once: bool) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    if not at_once:
        project.ingest()
    write_csv(project.landing, stay(5, finess=FINESS, B={"SOR_ANN": "2022"}, C={"EXE_SOI_DTD": "", "EXE_SOI_DTF": ""}), year="22")
    with pytest.raises(StrataError) as error:
        ingest(project.landing, project.warehouse)
    assert FINESS in error.value.where and "2022" in error.value.where
    assert project.stays() == [1]


def test_tables_of_a_year_are_loaded_and_replaced_by_hospital(project: Project) -> None:
    write_csv(project.landing / "a", together(stay(1), stay(2, finess="990000022")))
    assert project.ingest() == {"new": 2}
    assert project.account("a/T_MCO17B.csv") == (2, 2, 0, 0, None)
    shutil.rmtree(project.landing / "a")
    write_parquet(project.landing, together(stay(1), stay(3)))
    assert project.ingest() == {"replace": 1, "removed": 1}
    assert project.stays() == [1, 3]
    assert project.account("a/T_MCO17B.csv") == (2, 0, 0, 2, "superseded")
    assert project.rows(HELD) == [(True,)]


def test_tables_replaced_whole_are_accounted_for_as_such(project: Project) -> None:
    write_csv(project.landing, stay(1))
    project.ingest()
    shutil.rmtree(project.landing)
    write_parquet(project.landing, together(stay(1), stay(3)))
    project.ingest()
    old = project.rows("SELECT DISTINCT accepted, reason FROM read_file WHERE source_file LIKE '%.csv'")
    assert old == [(0, "superseded")]


def test_what_is_refused_is_reported_and_read_again(project: Project) -> None:
    write_csv(project.landing, stay(1))
    lost = project.landing / "T_MCO17UM.csv"
    content = lost.read_bytes()
    lost.unlink()
    report = ingest(project.landing, project.warehouse)
    assert {file.reason for file in report.refused_files} == {"incomplete_set: T_MCOaaUM"}
    assert (report.total("lines"), report.total("refused")) == (5, 5)
    lost.write_bytes(content)
    assert project.ingest() == {"new": 1}
    assert ingest(project.landing, project.warehouse).refused_files == []


def test_a_file_that_is_no_extract_is_listed(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    (project.landing / "notes.txt").write_text("to do", encoding="utf-8")
    project.ingest()
    assert project.rows("SELECT family, lines FROM read_file WHERE source_file = 'notes.txt'") == [("unknown", 0)]


def test_nothing_recognised_is_an_error(project: Project) -> None:
    (project.landing / "notes.txt").write_text("to do", encoding="utf-8")
    with pytest.raises(StrataError, match="Aucune extraction"):
        ingest(project.landing, project.warehouse)


def test_a_landing_folder_that_is_gone_is_an_error_whatever_is_held(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    project.ingest()
    shutil.rmtree(project.landing)
    with pytest.raises(StrataError, match="Le dossier des extractions manque") as error:
        ingest(project.landing, project.warehouse)
    assert error.value.is_usage and project.stays() == [1]


def test_an_emptied_landing_folder_leaves_the_warehouse_as_it_is(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    project.ingest()
    assert ingest(project.landing, project.warehouse).warnings == []
    (project.landing / "a.zip").unlink()
    ((french, english),) = ingest(project.landing, project.warehouse).warnings
    assert "aucun fichier" in french and "no file" in english
    assert project.stays() == [1]


def test_years_read_after_the_last_one_published_are_told(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    project.ingest()
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        year = connection.execute("SELECT max(year) FROM read_slice").fetchall()[0][0]
        assert beyond(connection, year) == []
        ((french, english),) = beyond(connection, year - 1)
    assert f"{year} " in french and f"ends with {year - 1}" in english


def test_progress_names_what_is_read(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    told: list[str] = []
    ingest(project.landing, project.warehouse, progress=told.append)
    assert told == ["a.zip!x.rsa"]


def test_what_is_in_is_neither_stored_again_nor_between_what_is_new(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (2, 4):
        write_archive(project.landing / f"{number}.zip", {1: 1}, finess=f"99000{number}000")
    project.ingest()
    together: list[int] = []

    def counted(connection: duckdb.DuckDBPyConnection, *incoming: Incoming) -> list[Slice]:
        together.append(len(incoming))
        return store(connection, *incoming)

    monkeypatch.setattr(load, "store", counted)
    assert project.ingest() == {}
    assert together == []
    for number in (1, 3, 5):
        write_archive(project.landing / f"{number}.zip", {1: 1}, finess=f"99000{number}000")
    assert project.ingest() == {"new": 3}
    assert together == [3]
    monkeypatch.setattr(load, "HELD_BYTES", 0)
    for number in (6, 7):
        write_archive(project.landing / f"{number}.zip", {1: 1}, finess=f"99000{number}000")
    shutil.copy(project.landing / "6.zip", project.landing / "8.zip")
    assert project.ingest() == {"new": 2}
    assert together == [3, 1, 1]  # once 6.zip is in, its copy is known


def test_the_folder_is_for_its_owner_only(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    project.ingest()
    if os.name == "posix":
        assert project.warehouse.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in project.warehouse.parent.iterdir()] == ["strata.duckdb"]


def test_one_writer_at_a_time(project: Project) -> None:
    write_archive(project.landing / "a.zip", {1: 1})
    with lock(project.warehouse.parent, "first"):
        with pytest.raises(StrataError) as error:
            ingest(project.landing, project.warehouse)
        assert str(os.getpid()) in error.value.why[0] and socket.gethostname() in error.value.why[0]
        assert LOCK_NAME in error.value.where
    assert project.ingest() == {"new": 1}


def write_lock(folder: Path, **changes: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "started": "2025-01-01T00:00:00+00:00", "run_id": "old"} | changes
    (folder / LOCK_NAME).write_text(json.dumps(holder), encoding="utf-8")


def test_the_lock_of_a_dead_run_is_taken_over_with_a_notice(tmp_path: Path) -> None:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    write_lock(tmp_path, pid=int(child.stdout))
    with lock(tmp_path) as notice:
        assert notice is not None and "repris" in notice[0]
    assert not (tmp_path / LOCK_NAME).exists()


def test_a_process_number_used_again_by_this_run_is_no_holder(tmp_path: Path) -> None:
    write_lock(tmp_path)
    with lock(tmp_path) as notice:
        assert notice is not None


def test_the_number_of_a_dead_holder_given_to_another_process_is_no_holder(tmp_path: Path) -> None:
    write_lock(tmp_path, pid=os.getppid(), process_started=f"{start_of(os.getppid())}1")
    with lock(tmp_path) as notice:
        assert (notice is not None) == (start_of(os.getppid()) != "")  # a system that does not say when leaves the doubt
        held = json.loads((tmp_path / LOCK_NAME).read_text(encoding="utf-8"))
        assert held["process_started"] == start_of(os.getpid())
    write_lock(tmp_path, pid=os.getppid(), process_started=start_of(os.getppid()))
    with pytest.raises(StrataError), lock(tmp_path):
        raise AssertionError("the lock was given to two")


def test_two_processes_that_begin_at_two_times_differ() -> None:
    time.sleep(0.05)  # some clock ticks after ours
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        starts = {start_of(child.pid), start_of(os.getpid())}
        assert len(starts) == 2 or starts == {""}
    assert start_of(child.pid) == "" and not is_running(child.pid)


def test_two_that_take_over_the_same_dead_lock_do_not_both_hold_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lock(tmp_path, process_started="another time")
    whole = lock_file._take_over

    def late(path: Path, run_id: str) -> bool:
        write_lock(tmp_path, pid=os.getppid(), run_id="faster")  # between looking at the lock and taking it over
        return whole(path, run_id)

    monkeypatch.setattr(lock_file, "_take_over", late)
    with pytest.raises(StrataError), lock(tmp_path):
        raise AssertionError("the lock was given to two")
    assert json.loads((tmp_path / LOCK_NAME).read_text(encoding="utf-8"))["run_id"] == "faster"
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_NAME]


# Takes the lock of a dead run again and again; each time leaves one of a dead run. Prints how often, and how often it was not alone.
TAKES_OVER = """
import os, sys, time
from contextlib import suppress
from pathlib import Path
from strata.errors import StrataError
from strata.ingest.warehouse import lock
path, alone = Path(sys.argv[1]) / lock.LOCK_NAME, Path(sys.argv[1]) / "alone"
taken = crowded = 0
until = time.monotonic() + 2
while time.monotonic() < until:
    with suppress(StrataError):
        lock._take(path, "")
        taken += 1
        try:
            os.close(os.open(alone, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            crowded += 1
        alone.unlink(missing_ok=True)
        dead = path.with_name(f"dead {os.getpid()}")
        dead.write_text(path.read_text().replace('"process_started": "', '"process_started": "not '))
        dead.replace(path)
print(taken, crowded)
"""


def test_of_many_that_take_over_dead_locks_one_holds_it(tmp_path: Path) -> None:
    if start_of(os.getpid()) == "":
        return  # here a run that is alive cannot be made to look dead
    write_lock(tmp_path, process_started="another time")
    command = [sys.executable, "-c", TAKES_OVER, str(tmp_path)]
    many = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    said = [child.communicate()[0].split() for child in many]
    assert [crowded for _, crowded in said] == ["0"] * len(many)
    assert sum(int(taken) for taken, _ in said) > 10
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_NAME]


def test_a_run_that_died_while_it_took_a_lock_over_stands_in_nobodys_way(tmp_path: Path) -> None:
    write_lock(tmp_path, process_started="another time")
    taking = tmp_path / lock_file.TAKING_NAME
    taking.touch()
    with pytest.raises(StrataError), lock(tmp_path):
        raise AssertionError("the lock was given to two")
    an_hour_ago = time.time() - 3600
    os.utime(taking, (an_hour_ago, an_hour_ago))
    with lock(tmp_path) as notice:
        assert notice is not None
    assert list(tmp_path.iterdir()) == []


class Windows:
    """kernel32 as far as it is asked: a handle or none, a code of exit, a time of creation."""

    def __init__(self, handle: int, code: int, created: int) -> None:
        self.handle, self.code, self.created, self.closed = handle, code, created, 0

    def OpenProcess(self, *_: object) -> int:
        return self.handle

    def GetExitCodeProcess(self, _: int, code: Any) -> int:
        code._obj.value = self.code
        return 1

    def GetProcessTimes(self, _: int, created: Any, *__: object) -> int:
        created._obj.value = self.created
        return 1

    def CloseHandle(self, _: int) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("handle", "error", "code", "is_alive", "start"),
    [(7, 0, 259, True, "133"), (7, 0, 1, False, "133"), (0, 5, 0, True, ""), (0, 87, 0, False, "")],
    ids=["at work", "ended", "of another account", "no such process"],
)
def test_a_process_of_windows_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, handle: int, error: int, code: int, is_alive: bool, start: str
) -> None:
    kernel = Windows(handle, code, 133)
    monkeypatch.setattr(ctypes, "WinDLL", lambda *_, **__: kernel, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: error, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert (is_running(41), start_of(41)) == (is_alive, start)
    assert kernel.closed == (2 if handle else 0)


@pytest.mark.parametrize("changes", [{"host": "elsewhere"}, {"pid": os.getppid()}])
def test_a_lock_that_may_be_alive_is_respected(tmp_path: Path, changes: dict[str, object]) -> None:
    write_lock(tmp_path, **changes)
    with pytest.raises(StrataError), lock(tmp_path):
        raise AssertionError("the lock was given to two")
    assert (tmp_path / LOCK_NAME).exists()


HELD = """
    SELECT (SELECT sum(accepted) FROM read_file WHERE family = 'T_MCOaaB') = (SELECT count(*) FROM read_stay)
       AND (SELECT sum(accepted) FROM read_file WHERE family = 'T_MCOaaD') = (SELECT count(*) FROM read_diagnosis)
"""


def test_some_rows_of_a_table_again_refuse_the_set_and_what_is_held_keeps_its_account(project: Project) -> None:
    write_csv(project.landing, together(stay(1), stay(2)))
    project.ingest()
    before = [project.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in ("read_stay", "quarantine")]
    write_csv(project.landing, stay(2), suffix="_2")
    report = ingest(project.landing, project.warehouse)
    assert {file.source_file for file in report.refused_files} == {f"T_MCO17{table}_2.csv" for table in ("B", "C", "D", "A", "UM", "VALO")}
    assert project.account("T_MCO17B.csv") == (2, 2, 0, 0, None)
    assert project.account("T_MCO17B_2.csv") == (1, 0, 0, 1, "table_twice")
    assert [project.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in ("read_stay", "quarantine")] == before
    assert project.rows(HELD) == [(True,)] and unaccounted(project.warehouse) == []
    ((french, english),) = report.notices
    assert "mco 2017" in french and "2 séjour" in french and "2 stay" in english and "T_MCO17B_2.csv" in english
    assert ingest(project.landing, project.warehouse).notices == report.notices  # as long as it is so


def test_a_file_overwritten_by_one_that_is_refused_leaves_the_account_of_what_is_held(project: Project) -> None:
    write_csv(project.landing, together(stay(1), stay(2)))
    project.ingest()
    (project.landing / "T_MCO17B.csv").write_text("ETA_NUM;RSA_NUM\n990000011;1\n", encoding="utf-8")
    report = ingest(project.landing, project.warehouse)
    accounts = project.rows("SELECT lines, accepted, refused FROM read_file WHERE source_file = 'T_MCO17B.csv' ORDER BY lines")
    assert accounts == [(1, 0, 1), (2, 2, 0)] and project.rows(HELD) == [(True,)]
    assert len(report.notices) == 1 and unaccounted(project.warehouse) == []
    write_csv(project.landing, together(stay(1), stay(3)))
    assert project.ingest() == {"replace": 1}
    assert project.account("T_MCO17B.csv") == (2, 2, 0, 0, None) and project.stays() == [1, 3]


def test_a_corrected_year_without_a_hospital_takes_it_out_and_says_so(project: Project) -> None:
    write_csv(project.landing, together(stay(1), stay(5), stay(2, finess="990000022"), stay(3, finess="990000022")))
    project.ingest()
    write_csv(project.landing, together(stay(1), stay(4)))
    report = ingest(project.landing, project.warehouse)
    assert dict(report.slices) == {"replace": 1, "removed": 1} and project.stays() == [1, 4]
    ((french, english),) = report.notices
    assert "990000022" in french and "2017" in french and "2 stays" in english
    assert project.rows(HELD) == [(True,)] and unaccounted(project.warehouse) == []


@pytest.mark.parametrize("border", [[], [stay(1, B={"AGE_ANN": "68"})]], ids=["nothing shared", "a hospital of the border shared"])
def test_another_region_brought_after_emptying_the_folder_takes_nothing_out_and_says_so(project: Project, border: list[Rows]) -> None:
    write_csv(project.landing, together(stay(1), stay(2, finess="990000022"), stay(3, finess="990000022")))
    project.ingest()
    write_csv(project.landing, together(*border, stay(4, finess="990000033")))
    report = ingest(project.landing, project.warehouse)
    assert report.slices["removed"] == 0 and project.stays() == [1, 2, 3, 4]
    ((french, english),) = report.notices
    assert "990000022" in french and "2017" in french and f"{2 if border else 3} stays" in english
    assert project.rows(HELD) == [(True,)] and unaccounted(project.warehouse) == []
    assert ingest(project.landing, project.warehouse).notices == report.notices  # as long as it is so


def test_hospitals_of_an_extract_that_is_still_there_stay_beside_those_of_another(project: Project) -> None:
    write_archived_tables(project.landing / "north.zip", stay(1))
    project.ingest()
    write_archived_tables(project.landing / "south.zip", stay(2, finess="990000022"))
    report = ingest(project.landing, project.warehouse)
    assert dict(report.slices) == {"new": 1} and report.notices == [] and project.stays() == [1, 2]


def test_an_older_extract_takes_no_hospital_out(project: Project) -> None:
    write_csv(project.landing, together(stay(1, B={"SOR_MOI": "12"}), stay(2, finess="990000022")))
    project.ingest()
    write_csv(project.landing, stay(1))
    report = ingest(project.landing, project.warehouse)
    assert dict(report.slices) == {"superseded": 1} and project.stays() == [1, 2]
    assert project.rows(HELD) == [(True,)] and unaccounted(project.warehouse) == []


def test_a_hospital_replaced_leaves_the_tables_it_shared_with_another_by_its_own_rows(project: Project) -> None:
    """Diagnoses, acts and units too: not by what the file of the first row of a stay holds, nor all or none."""
    write_archived_tables(project.landing / "both.zip", together(stay(1), stay(2), stay(3, finess="990000022")))
    project.ingest()
    write_archived_tables(project.landing / "one.zip", together(stay(1), stay(2), stay(4)))
    assert project.ingest() == {"replace": 1}
    assert project.rows(HELD) == [(True,)]
    assert project.rows("SELECT DISTINCT accepted, refused FROM read_file WHERE source_file LIKE 'both.zip!%'") == [(1, 2)]


def test_two_extracts_of_a_year_side_by_side_are_listed_and_the_older_goes_out_with_its_file(project: Project) -> None:
    write_archived_tables(project.landing / "a.zip", together(stay(1), stay(2, finess="990000022")))
    write_archived_tables(project.landing / "b.zip", stay(1, B={"AGE_ANN": "68"}))
    assert project.ingest() == {"new": 2, "replace": 1}
    found = [(one.finding, one.finess, one.year) for one in list_folder(project.landing).findings]
    assert ("hospital_only_in_older", "990000022", 2017) in found and ("hospital_only_in_older", FINESS, 2017) not in found
    (project.landing / "a.zip").unlink()
    assert project.ingest() == {"removed": 1} and project.stays() == [1] and project.ingest() == {}
