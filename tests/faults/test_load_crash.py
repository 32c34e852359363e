"""A load that dies in the middle: the old slice is intact, the account too, and the next run converges."""

from pathlib import Path

import duckdb
import pytest

from strata.ingest import load
from strata.ingest.load import ingest
from strata.ingest.raw import raw_set
from strata.ingest.snds import stay_sets as snds
from strata.ingest.warehouse import known_archives, store
from tests.support.landing import rows, unaccounted, write_archive
from tests.support.snds_set import stay, together, write_csv

TABLES = ("read_stay", "read_unit", "read_diagnosis", "read_procedure", "read_file", "read_slice", "pseudonym", "quarantine")


def state(warehouse: Path) -> list[list[tuple]]:
    return [rows(warehouse, f"SELECT * FROM {name} ORDER BY ALL") for name in TABLES]


class Crash(BaseException):
    """Not an Exception: like a keyboard interrupt, nothing may catch it on the way."""


@pytest.mark.parametrize("step", ["_remove", "_insert", "_insert_children", "_account"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_replacement_that_dies_leaves_the_old_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, moment: str) -> None:
    landing, warehouse = tmp_path / "landing", tmp_path / "w" / "strata.duckdb"
    write_archive(landing / "m06.zip", {1: 1, 2: 6})
    ingest(landing, warehouse)
    before = state(warehouse)
    write_archive(landing / "m12.zip", {1: 1, 3: 12})
    whole = getattr(store, step)

    def dies(*arguments: object) -> None:
        if moment == "after":
            whole(*arguments)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(store, step, dies)
        with pytest.raises(Crash):
            ingest(landing, warehouse)
    assert state(warehouse) == before
    assert [path.name for path in warehouse.parent.iterdir()] == ["strata.duckdb"]
    assert dict(ingest(landing, warehouse).slices) == {"replace": 1}
    assert unaccounted(warehouse) == []


@pytest.mark.parametrize("statement", ["DELETE FROM archive_entry", "INSERT INTO archive_entry", "COMMIT"])
def test_a_run_that_dies_while_it_keeps_what_archives_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    landing, warehouse = tmp_path / "landing", tmp_path / "w" / "strata.duckdb"
    write_archive(landing / "a.zip", {1: 1})
    ingest(landing, warehouse)
    before = rows(warehouse, "FROM archive_entry ORDER BY ALL")
    write_archive(landing / "b.zip", {1: 1, 2: 6})

    class Dying:
        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self.connection = connection

        def execute(self, query: str, *values: object) -> object:
            if query.startswith(statement):
                raise Crash
            return self.connection.execute(query, *values)

    whole = known_archives.keep
    with monkeypatch.context() as patched:
        patched.setattr(load, "keep", lambda connection, sources: whole(Dying(connection), sources))
        with pytest.raises(Crash):
            ingest(landing, warehouse)
    assert rows(warehouse, "FROM archive_entry ORDER BY ALL") == before
    assert dict(ingest(landing, warehouse).slices) == {"replace": 1}


def test_an_archive_whose_hashes_are_kept_but_whose_stays_are_not_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, warehouse = tmp_path / "landing", tmp_path / "w" / "strata.duckdb"
    write_archive(landing / "a.zip", {1: 1})

    def dies(*arguments: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(store, "_insert", dies)
        with pytest.raises(Crash):
            ingest(landing, warehouse)
    assert rows(warehouse, "SELECT count(*) FROM archive_entry") == [(2,)]
    assert dict(ingest(landing, warehouse).slices) == {"new": 1}
    assert unaccounted(warehouse) == []


def test_a_set_that_dies_between_two_groups_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, warehouse = tmp_path / "landing", tmp_path / "w" / "strata.duckdb"
    write_csv(landing, together(*(stay(number, finess=f"99000{number}000") for number in (1, 2, 3))))
    monkeypatch.setattr(raw_set, "GROUP_STAYS", 1)
    whole, calls = store._insert, iter((False, True))

    def dies_second(*arguments: object) -> None:
        if next(calls):
            raise Crash
        whole(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(store, "_insert", dies_second)
        with pytest.raises(Crash):
            ingest(landing, warehouse)
    assert rows(warehouse, "SELECT count(*) FROM read_stay") == [(1,)]
    assert rows(warehouse, "SELECT count(*) FROM read_file") == [(0,)]  # a file counts as read when its last stay is in
    (warehouse.parent / f"{snds.WORK_PREFIX}left").mkdir()
    assert dict(ingest(landing, warehouse).slices) == {"already_in": 1, "new": 2}
    assert rows(warehouse, "SELECT accepted, refused, reason FROM read_file WHERE family = 'T_MCOaaB'") == [(3, 0, None)]
    assert [path.name for path in warehouse.parent.iterdir()] == ["strata.duckdb"]


def test_a_failing_statement_rolls_back(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    with pytest.raises(duckdb.Error), store.transaction(connection):
        connection.execute("DELETE FROM t")
        connection.execute("SELECT * FROM missing")
    assert connection.sql("SELECT count(*) FROM t").fetchall() == [(1,)]
