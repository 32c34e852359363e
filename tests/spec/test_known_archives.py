"""An archive that has not changed is told by its bytes on disk; whatever has changed is read, and all ends as if nothing were kept."""

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strata.engine.duckdb import connect
from strata.ingest.archives import SourceFile, open_sources
from strata.ingest.load import ingest
from strata.ingest.warehouse.known_archives import keep
from strata.ingest.warehouse.tables import empty
from tests.support.landing import rows, write_archive

TABLES = ("read_file", "read_slice", "read_slice_file", "quarantine", "read_stay", "read_diagnosis", "pseudonym")
KEPT = "SELECT archive_sha256, entry_rank, sha256 FROM archive_entry ORDER BY ALL"


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    write_archive(tmp_path / "landing" / "a.zip", {1: 1, 2: 6})
    write_archive(tmp_path / "landing" / "b.zip", {1: 2}, finess="990000023")
    return tmp_path / "landing"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "w" / "strata.duckdb"


@pytest.fixture
def unzipped(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the files that were read to their end, as often as they were."""
    names: list[str] = []
    whole = SourceFile.blocks

    def told(self: SourceFile, *size: int) -> Iterator[bytes]:
        names.append(self.name)
        return whole(self, *size)

    monkeypatch.setattr(SourceFile, "blocks", told)
    yield names


def forget(warehouse: Path, statement: str) -> None:
    with connect(warehouse) as connection:
        connection.execute(statement)


def rewrite(path: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> None:
    """The archive again, each entry (name, bytes) changed."""
    with zipfile.ZipFile(path) as archive:
        entries = [change(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)


def test_an_archive_that_has_not_changed_is_not_unzipped(landing: Path, warehouse: Path, unzipped: list[str]) -> None:
    ingest(landing, warehouse)
    assert {*unzipped} == {"a.zip!x.ano", "a.zip!x.rsa", "b.zip!x.ano", "b.zip!x.rsa"}
    unzipped.clear()
    (landing / "a.zip").rename(landing / "moved.zip")
    os.utime(landing / "b.zip", (0, 0))
    assert dict(ingest(landing, warehouse).slices) == {}
    assert unzipped == []  # neither name nor time is looked at


def test_an_archive_replaced_in_place_is_read_again_though_its_size_and_time_are_the_same(landing: Path, warehouse: Path) -> None:
    path = landing / "a.zip"
    ingest(landing, warehouse)
    before = path.stat()
    write_archive(path, {1: 1, 2: 7})
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert dict(ingest(landing, warehouse).slices) == {"replace": 1}
    assert rows(warehouse, "SELECT exit_month FROM read_stay WHERE stay_number = '0000000002'") == [(7,)]


def test_a_loose_file_is_hashed_each_time(tmp_path: Path, landing: Path, warehouse: Path, unzipped: list[str]) -> None:
    with zipfile.ZipFile(landing / "a.zip") as archive:
        archive.extractall(landing / "loose")
    (landing / "a.zip").unlink()
    ingest(landing, warehouse)
    unzipped.clear()
    ingest(landing, warehouse)
    assert unzipped == ["loose/x.ano", "loose/x.rsa"]


@pytest.mark.parametrize("statement", ["DELETE FROM archive_entry", "DROP TABLE archive_entry"])
def test_a_warehouse_that_kept_nothing_hashes_again_and_changes_nothing(
    landing: Path, warehouse: Path, unzipped: list[str], statement: str
) -> None:
    ingest(landing, warehouse)
    before = {name: rows(warehouse, f"FROM {name} ORDER BY ALL") for name in (*TABLES, "archive_entry")}
    forget(warehouse, statement)
    unzipped.clear()
    assert dict(ingest(landing, warehouse).slices) == {}
    assert len(unzipped) == 4
    assert {name: rows(warehouse, f"FROM {name} ORDER BY ALL") for name in before} == before


def test_only_what_lies_in_the_folder_is_kept(landing: Path, warehouse: Path) -> None:
    ingest(landing, warehouse)
    assert sorted(row[2] for row in rows(warehouse, KEPT)) == sorted(row[0] for row in rows(warehouse, "SELECT sha256 FROM read_file"))
    (landing / "a.zip").unlink()
    ingest(landing, warehouse)
    assert [row[1] for row in rows(warehouse, KEPT)] == [0, 1]


def test_an_entry_that_breaks_is_never_taken_for_known(landing: Path, warehouse: Path) -> None:
    content = (landing / "a.zip").read_bytes()
    (landing / "a.zip").write_bytes(content.replace(b"P0000000000000002", b"P0000000000000003"))  # stored as it is: its checksum is wrong
    for _ in range(2):
        report = ingest(landing, warehouse)
        assert {file.source_file: file.reason for file in report.refused_files} == {
            "a.zip!x.ano": "corrupt_archive",
            "a.zip!x.rsa": "pair_refused",
        }
        assert len(rows(warehouse, KEPT)) == 3


def _move(landing: Path) -> None:
    (landing / "b.zip").rename(landing / "c.zip")


def _copy(landing: Path) -> None:
    shutil.copy(landing / "a.zip", landing / "copy.zip")


def _rename_entries(landing: Path) -> None:
    rewrite(landing / "a.zip", lambda name, content: (f"y/{name}", content))


def _swap_entries(landing: Path) -> None:
    """The names of the two entries change places, what they hold does not: .rsa is now called .ano."""
    rewrite(landing / "a.zip", lambda name, content: ("x.ano" if name == "x.rsa" else "x.rsa", content))


def _replace_under_another_name(landing: Path) -> None:
    """What is in moves away, and another content takes its name."""
    (landing / "a.zip").rename(landing / "was_a.zip")
    write_archive(landing / "a.zip", {1: 1, 3: 9})


def _spoil(landing: Path) -> None:
    rewrite(landing / "a.zip", lambda name, content: (name, b"" if name == "x.ano" else content))


CHANGES = (_move, _copy, _rename_entries, _swap_entries, _replace_under_another_name, _spoil)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_happens_to_files_ends_as_if_nothing_were_kept(landing: Path, change: Callable[[Path], None]) -> None:
    with_rows, without = empty(), empty()
    for moment in range(3):  # new, changed, the same again
        if moment == 1:
            change(landing)
        assert ingest(landing, with_rows) == ingest(landing, without)
        for name in TABLES:
            query = f"FROM {name} ORDER BY ALL"
            assert with_rows.execute(query).fetchall() == without.execute(query).fetchall(), name
        assert with_rows.execute(KEPT).fetchall()
        without.execute("DELETE FROM archive_entry")


def test_entries_whose_names_are_printed_alike_are_not_taken_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    with zipfile.ZipFile(tmp_path / "landing" / "a.zip", "w") as archive:
        archive.writestr("x\u200b.txt", "one")
        archive.writestr("x\\u200b.txt", "other")
    connection = empty()
    sources = list(open_sources(tmp_path / "landing"))
    hashes = {source.sha256 for source in sources}
    keep(connection, sources)
    assert {sha256 for _, _, sha256 in connection.execute(KEPT).fetchall()} == hashes
    assert len(hashes) == 2


@pytest.mark.parametrize("changed", ["a.zip", "copy.zip"])
def test_an_archive_that_changes_while_it_is_read_is_not_kept(landing: Path, changed: str) -> None:
    """Nor what a copy of it was seen to hold: one row cannot tell which of the two was read."""
    _copy(landing)
    sources = list(open_sources(landing))
    hashes = {source.name: source.sha256 for source in sources}
    write_archive(landing / changed, {1: 1, 2: 7})
    connection = empty()
    keep(connection, sources)
    assert {row[2] for row in connection.execute(KEPT).fetchall()} == {hashes["b.zip!x.ano"], hashes["b.zip!x.rsa"]}
