"""Which production of a slice stays, whichever comes first; fields apart; persons' numbers; stays in pieces; an older warehouse."""

from collections.abc import Iterator
from datetime import datetime
from itertools import permutations
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from strata.engine.duckdb import connect
from strata.errors import StrataError
from strata.ingest import archives
from strata.ingest.atih import staged_pair
from strata.ingest.extract import QUARANTINE, SCHEMAS, Extract, FileSeen
from strata.ingest.load import ingest
from strata.ingest.warehouse import tables as warehouse
from strata.ingest.warehouse.store import Incoming, number_persons, store
from strata.ingest.warehouse.tables import open_warehouse
from tests.support.landing import rows, unaccounted, write_archive
from tests.support.rsa_lines import ANO_OF_YEAR, FINESS, RSA_OF_YEAR, ano_line, plain_ano, plain_stay, rsa_line

YEAR = 2022
EARLY, LATE, UNKNOWN = datetime(2023, 1, 5, 9, 30), datetime(2023, 3, 3, 9, 30), None


def archive(sent: datetime | None, month: int = 12) -> str:
    return f"{FINESS}.{YEAR}.{month}.{sent:%d%m%Y%H%M%S}.out.zip" if sent else f"of unknown date {month}.zip"


@pytest.mark.parametrize("first, second", list(permutations([EARLY, LATE, UNKNOWN], 2)))
@pytest.mark.parametrize("at_once", [True, False])
def test_of_one_month_the_one_sent_later_stays_and_an_unknown_date_gives_way(
    tmp_path: Path, first: datetime | None, second: datetime | None, at_once: bool
) -> None:
    landing, path = tmp_path / "landing", tmp_path / "w" / "s.duckdb"
    stays = {EARLY: {1: 12}, LATE: {1: 12, 2: 12}, UNKNOWN: {1: 12, 2: 12, 3: 12}}
    for sent in (first, second):
        write_archive(landing / archive(sent), stays[sent])
        if not at_once:
            ingest(landing, path)
    ingest(landing, path)
    kept = max(one for one in (first, second) if one)
    assert rows(path, "SELECT count(*) FROM read_stay") == [(len(stays[kept]),)]
    assert rows(path, "SELECT sent, person_key FROM read_slice") == [(kept, "noanon")]
    assert unaccounted(path) == [] and not ingest(landing, path).slices


@pytest.mark.parametrize("sent", [LATE, UNKNOWN])
def test_a_later_month_stays_whatever_the_dates(tmp_path: Path, sent: datetime | None) -> None:
    landing, path = tmp_path / "landing", tmp_path / "w" / "s.duckdb"
    write_archive(landing / archive(sent), {1: 1, 2: 12})
    ingest(landing, path)
    write_archive(landing / archive(datetime(2024, 1, 1), 6), {1: 1, 3: 6})
    assert dict(ingest(landing, path).slices) == {"superseded": 1}
    assert rows(path, "SELECT month, sent FROM read_slice") == [(12, sent)]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = connect(None)
    opened.execute(warehouse._DDL.read_text(encoding="utf-8"))
    yield opened
    opened.close()


def extract(field: str, numbers: list[int], name: str, pseudonym: str = "P", form: str = "atih", weeks: int = 1) -> Extract:
    """Stays of one hospital-year, each of some units (of one line each, outside MCO)."""
    keys = {"finess": FINESS, "field": field, "year": YEAR, "source_file": name, "chaining_codes": "0" * 9}
    stays = [{**keys, "line": n, "source_line": n, "stay_number": str(n), "pseudonym": f"{pseudonym}{n:016d}"} for n in numbers]
    units = [{"line": n, "unit_rank": rank, "dp": "I500"} for n in numbers for rank in range(1, weeks + 1)]
    tables = {table: schema.empty_table() for table, schema in SCHEMAS.items()}
    tables["stay"], tables["unit"] = (pa.Table.from_pylist(made, SCHEMAS[table]) for table, made in (("stay", stays), ("unit", units)))
    family = {"mco": "mco_rsa", "smr": "smr_rha", "had": "had_rapss", "psy": "psy_rpsa"}[field]
    lines = len(units) if field != "mco" else len(stays)
    beside = FileSeen(f"{name}.ano", f"{name}.ano", f"{field}_ano", finess=FINESS, year=YEAR, lines=1, accepted=1)
    files = [FileSeen(name, name, family, finess=FINESS, year=YEAR, lines=lines, accepted=lines), beside]
    return Extract(form, field, tables, QUARANTINE.empty_table(), files)


def kept(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return connection.execute("SELECT field, stay_number FROM read_stay ORDER BY ALL").fetchall()


@pytest.mark.parametrize("field", ["smr", "had", "psy"])
def test_a_field_replaces_its_own_slice_only_and_counts_lines_not_stays(connection: duckdb.DuckDBPyConnection, field: str) -> None:
    store(connection, Incoming(extract("mco", [1, 2], "mco"), "a", 6), Incoming(extract(field, [1, 2], "old", weeks=3), "b", 6))
    accounts = "SELECT source_file, accepted, refused, reason FROM read_file ORDER BY 1"
    assert connection.execute(accounts).fetchall()[-2:] == [("old", 6, 0, None), ("old.ano", 1, 0, None)]
    (one,) = store(connection, Incoming(extract(field, [3], "new", weeks=2), "c", 12))
    assert one.verdict == "replace"
    assert kept(connection) == sorted([("mco", "1"), ("mco", "2"), (field, "3")])
    assert connection.execute(accounts).fetchall() == [
        ("mco", 2, 0, None),
        ("mco.ano", 1, 0, None),
        ("new", 2, 0, None),
        ("new.ano", 1, 0, None),
        ("old", 0, 6, "superseded"),
        ("old.ano", 0, 1, "superseded"),
    ]


def test_a_table_in_two_files_is_accepted_whole_when_a_stay_goes_from_one_to_the_other(connection: duckdb.DuckDBPyConnection) -> None:
    one = extract("smr", [1, 2], "first", weeks=3, form="snds")  # a stay names the file of its first week
    family = one.files[0].family
    one.files = [FileSeen(name, name, family, year=YEAR, lines=lines, accepted=lines) for name, lines in (("first", 4), ("second", 2))]
    store(connection, Incoming(one, "a", 12))
    accounts = connection.execute("SELECT source_file, accepted, refused, reason FROM read_file ORDER BY 1").fetchall()
    assert accounts == [("first", 4, 0, None), ("second", 2, 0, None)]


def test_both_forms_are_refused_field_by_field(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, Incoming(extract("mco", [1], "mco"), "a", 12), Incoming(extract("smr", [1], "smr", form="snds"), "b", 12))
    with pytest.raises(StrataError) as error:
        store(connection, Incoming(extract("smr", [2], "other"), "c", 12))
    assert "smr" in error.value.where
    assert kept(connection) == [("mco", "1"), ("smr", "1")]


def test_a_slice_says_what_its_persons_are_known_by(connection: duckdb.DuckDBPyConnection) -> None:
    hashed, nobody = extract("smr", [1], "smr", pseudonym="H"), extract("had", [1], "had", pseudonym="X" * 15)
    hashed.person_key = "hash"
    nobody.tables["stay"] = pa.Table.from_pylist([{**nobody.tables["stay"].to_pylist()[0], "pseudonym": None}], SCHEMAS["stay"])
    store(connection, Incoming(extract("mco", [1], "mco"), "a", 12), Incoming(hashed, "b", 12), Incoming(nobody, "c", 12))
    found = connection.execute("SELECT field, person_key FROM read_slice ORDER BY 1").fetchall()
    assert found == [("had", "none"), ("mco", "noanon"), ("smr", "hash")]


def test_persons_of_what_comes_together_have_one_number_and_those_of_what_is_not_taken_none(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, Incoming(extract("mco", [5], "mco"), "a", 12))
    old = Incoming(extract("mco", [1], "older", pseudonym="A"), "b", 6)
    store(connection, old, Incoming(extract("smr", [5, 7], "smr"), "c", 12), Incoming(extract("had", [7, 8], "had"), "d", 12))
    persons = connection.execute("SELECT pseudonym, person_id FROM pseudonym ORDER BY 1").fetchall()
    assert [name for name, _ in persons] == [f"P{n:016d}" for n in (5, 7, 8)]
    assert len({number for _, number in persons}) == 3
    found = connection.execute(
        "SELECT DISTINCT stay_number, pseudonym FROM read_stay JOIN pseudonym USING (person_id) ORDER BY 1"
    ).fetchall()
    assert found == [(str(n), f"P{n:016d}") for n in (5, 7, 8)]


def test_numbers_are_given_once_in_the_order_of_pseudonyms(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE met AS SELECT unnest(['Pb', 'Pa', 'Pb', NULL, 'xxxxxxxxxxxxxxxxD', 'Pz']) AS pseudonym")
    number_persons(connection, "(SELECT pseudonym FROM met WHERE pseudonym = 'Pz')")
    number_persons(connection, "met")
    number_persons(connection, "met")
    assert connection.execute("SELECT person_id, pseudonym FROM pseudonym ORDER BY 1").fetchall() == [(1, "Pz"), (2, "Pa"), (3, "Pb")]


def write_pair(folder: Path, others: dict[int, dict[str, object]], count: int = 60) -> None:
    """An .rsa and its .ano of `count` stays; others: values of some of the RSA lines, by line."""
    stays = [plain_stay(YEAR, number) for number in range(1, count + 1)]
    for line, values in others.items():
        stays[line - 1]["fixed"] |= values
    folder.mkdir(parents=True)
    (folder / "x.rsa").write_text("".join(rsa_line(RSA_OF_YEAR[YEAR], stay, filling=" ") + "\n" for stay in stays), encoding="ascii")
    lines = [ano_line(ANO_OF_YEAR[YEAR], plain_ano(YEAR, number)) for number in range(1, count + 1)]
    (folder / "x.ano").write_text("".join(f"{line}\n" for line in reversed(lines)), encoding="ascii")


ODD = {3: {"NOFINESS": "990000099"}, 20: {"ANSOR": 2023, "NOVRSA": "227"}, 41: {"CLE_RSA": "0000000001"}, 42: {"DUREE": "  x "}}


@pytest.mark.parametrize("block_bytes", [700, 4_000, 1 << 20])
def test_the_size_of_pieces_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    """The first line of a double is in another piece than the second; other hospitals and years are told from the whole file."""
    monkeypatch.setattr(archives.SourceFile.blocks, "__defaults__", (block_bytes,))
    monkeypatch.setattr(staged_pair, "HELD_BYTES", 0)
    write_pair(tmp_path / "landing", ODD)
    path = tmp_path / "w" / "s.duckdb"
    report = ingest(tmp_path / "landing", path)
    assert unaccounted(path) == []
    found = rows(path, "SELECT source_line, reason FROM quarantine WHERE source_file = 'x.rsa' ORDER BY 1")
    assert found == [(3, "other_finess"), (20, "year_outside_version"), (41, "duplicate_stay"), (42, "not_a_number")]
    assert rows(path, "SELECT count(*), count(person_id), min(person_id), max(stay_id) % 4294967296 FROM read_stay") == [(56, 56, 1, 60)]
    wrong = "SELECT count(*) FROM read_stay JOIN pseudonym USING (person_id) WHERE right(pseudonym, 10) <> stay_number"
    assert rows(path, wrong) == [(0,)]
    assert rows(path, "SELECT count(*) FROM read_diagnosis WHERE stay_id IN (SELECT stay_id FROM read_stay)") == [(112,)]
    assert rows(path, "SELECT count(*) FROM read_diagnosis") == [(112,)]
    assert report.total("lines") == 120


def test_a_file_that_changes_between_its_two_readings_is_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_pair, "HELD_BYTES", 0)
    write_pair(tmp_path / "landing", {})
    path, rsa = tmp_path / "w" / "s.duckdb", tmp_path / "landing" / "x.rsa"

    def shortened(*_: object) -> list:
        rsa.write_bytes(rsa.read_bytes()[: rsa.stat().st_size // 2])
        return []

    monkeypatch.setattr("strata.ingest.warehouse.store._remove", shortened)
    with pytest.raises(StrataError) as error:
        ingest(tmp_path / "landing", path)
    assert error.value.where == "x.rsa"
    assert rows(path, "SELECT count(*) FROM read_stay") == [(0,)]


def test_a_warehouse_of_an_earlier_version_opens_and_goes_on(tmp_path: Path) -> None:
    landing, path = tmp_path / "landing", tmp_path / "w" / "s.duckdb"
    write_archive(landing / archive(EARLY), {1: 12})
    write_archive(landing / "other.zip", {1: 12}, {1: ""}, finess="990000049")
    ingest(landing, path)
    old = connect(path)
    for table, column in (("read_slice", "sent"), ("read_slice", "person_key"), ("read_stay", "care_form"), ("read_stay", "is_unfinished")):
        old.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    old.execute("ALTER TABLE read_procedure DROP COLUMN system; INSERT INTO read_procedure (code) VALUES ('DEQP003')")
    old.execute("DROP TABLE read_slice_file; ALTER TABLE read_person_file DROP COLUMN sha256")
    old.close()
    open_warehouse(path).close()
    assert rows(path, "SELECT finess, sent, person_key FROM read_slice ORDER BY 1") == [
        (FINESS, None, "noanon"),
        ("990000049", None, "none"),
    ]
    assert rows(path, "SELECT DISTINCT system FROM read_procedure") == [("ccam",)]
    write_archive(landing / archive(LATE), {1: 12, 2: 12})
    assert dict(ingest(landing, path).slices) == {"replace": 1}
    assert rows(path, "SELECT count(*), count(care_form) FROM read_stay") == [(3, 0)]
    assert rows(path, "SELECT sent FROM read_slice ORDER BY finess") == [(LATE,), (None,)]
    assert unaccounted(path) == []
