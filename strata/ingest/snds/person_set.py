"""One set of SNDS tables about persons, staged in a private database and judged there, ready to be stored slice by slice.

Belongs here: which rows are set aside and why, the tables as read, the account of each file. Not here: which files make a set
(person_files.py), one file or one value (table_file.py, columns.py), storing (warehouse/person_store.py).
DCIR is judged one month of flow after the other: the month is part of its key, so memory and disk follow one month, not the country.
"""

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from strata.engine.duckdb import connect
from strata.ingest.extract import FileSeen
from strata.ingest.lines.layouts import FORMATS
from strata.ingest.raw.raw_set import add_source, create_raw_tables
from strata.ingest.raw.raw_tables import RawTable, families, raw_tables
from strata.ingest.reasons import Refused
from strata.ingest.snds.stay_sets import WORK_PREFIX, TableSet, read_files, refused_files
from strata.ingest.snds.table_file import stage

TARGET = {"dcir": "care", "beneficiary": "beneficiary", "ald": "ald", "cartography": "cartography"}
_SQL = Path(__file__).parent / "sql"
_KEYS = ("flow_date", "treatment_date", "sender_kind", "sender_number", "sender_sequence", "office", "statement_number", "line_number",
         "payment_kind")  # fmt: skip


@dataclass(frozen=True)
class StagedPersons:
    """A set read and judged. database: a DuckDB file with `out` (the table as read, by slice_year and slice_month), `slice_file`
    (accepted lines of each file in each slice) and `set_aside` (the quarantine); None when the set could not be taken.
    notices: values taken as unknown, counted (French, English).
    """

    field: str
    sha256: str
    database: Path | None
    files: list[FileSeen]
    notices: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> str:
        """The table of the warehouse it fills, without read_."""
        return TARGET[self.field]


@contextmanager
def staged_persons(tables: TableSet, work: Path | None = None, memory_limit: str | None = None) -> Iterator[StagedPersons]:
    """Read a set into a private database under `work` (the system's temporary folder when None), removed at the end.

    memory_limit: of that database ('4GB'); beyond it DuckDB spills into the same private folder.
    """
    with tempfile.TemporaryDirectory(dir=work, prefix=WORK_PREFIX) as folder:
        database = Path(folder) / "staging.duckdb"
        connection = connect(database, memory_limit=memory_limit)
        try:
            files, reason, notices = _stage(connection, tables, Path(folder))
        finally:
            connection.close()
        yield StagedPersons(tables.field, tables.sha256, None if reason else database, files, notices)


_Notices = tuple[tuple[str, str], ...]


def _stage(connection: duckdb.DuckDBPyConnection, tables: TableSet, work: Path) -> tuple[list[FileSeen], str | None, _Notices]:
    """The account of the files, why the set is not taken (None when it is), what must be said of its values."""
    create_raw_tables(connection, tables.field)
    refused: dict[str, Refused] = {}
    for file in tables.files:
        try:
            stage(connection, file, add_source(connection, file.source.name), work)
        except Refused as error:
            refused[file.source.name] = error
    notices = tuple(_blank_impossible(connection, tables.field))
    reason = _why_not(tables, refused) or _judge_set(connection, tables)
    if reason:
        return refused_files(tables, refused, reason, work), reason, ()
    files = read_files(connection, tables)
    _account(connection, files)
    return files, None, notices


def _blank_impossible(connection: duckdb.DuckDBPyConnection, field: str) -> Iterator[tuple[str, str]]:
    """A number outside its range (snds_ranges.csv) says nothing; the row still does. Gives how many rows that concerns."""
    names = {table.name for table in raw_tables(field)}
    with (FORMATS / "snds_ranges.csv").open(encoding="utf-8", newline="") as handle:
        ranges = [row for row in csv.DictReader(handle) if row["raw_table"] in names]
    for row in ranges:
        outside = f"{row['name']} NOT BETWEEN {int(row['low'])} AND {row['high'] or 'year(current_date)'}"
        (count,) = connection.execute(f"SELECT count(*) FROM {row['raw_table']} WHERE {outside}").fetchall()[0]
        if count:
            connection.execute(f"UPDATE {row['raw_table']} SET {row['name']} = NULL WHERE {outside}")
            span = f"{row['low']}-{row['high']}" if row["high"] else f">= {row['low']}"
            yield (
                f"{field} : {count} ligne(s), {row['meaning_fr']} ({row['name']} hors de {span}) ; la ligne est gardée.",
                f"{field}: {count} line(s), {row['meaning_en']} ({row['name']} outside {span}); the line is kept.",
            )


def _why_not(tables: TableSet, refused: dict[str, Refused]) -> str | None:
    taken = {file.family for file in tables.files if file.source.name not in refused}
    wanting = [one.family for one in families(tables.field) if not one.is_optional and one.family not in taken]
    if refused or wanting:
        return f"incomplete_set: {', '.join(wanting or sorted({file.family for file in tables.files} - taken))}"
    return "no_year_in_name" if tables.field == "cartography" and not tables.label[:4].isdecimal() else None


def _judge_set(connection: duckdb.DuckDBPyConnection, tables: TableSet) -> str | None:
    """Fill `problem`, `out` and `slice_file`; gives the reason why the set cannot be taken after all."""
    connection.execute("CREATE TABLE sentinel AS SELECT * FROM read_csv(?, header = true)", [(FORMATS / "snds_sentinels.csv").as_posix()])
    connection.execute("CREATE TABLE slice_file (slice_year SMALLINT, slice_month SMALLINT, file_no SMALLINT, accepted BIGINT)")
    for rank, table in enumerate(raw_tables(tables.field)):
        connection.execute(
            f"INSERT INTO problem SELECT '{table.name}', {rank}, file_no, row_no, reason FROM {table.name} WHERE reason IS NOT NULL"
        )
    for year, month in _flow_months(connection) if tables.field == "dcir" else [(_year(tables), 0)]:
        if _judge_slice(connection, tables.field, year, month):
            return "table_twice"
    return None


def _year(tables: TableSet) -> int:
    """0 for a referential: it has no year."""
    return int(tables.label[:4]) if tables.field == "cartography" else 0


def _flow_months(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    flows = " UNION ".join(
        f"SELECT DISTINCT year(flow_date) AS year, month(flow_date) AS month FROM {table.name} WHERE reason IS NULL"
        for table in raw_tables("dcir")
    )
    found = [(int(year), int(month)) for year, month in connection.execute(f"{flows} ORDER BY 1, 2").fetchall()]
    return found or [(1, 1)]  # a month that nothing is in, so that the tables are made


def _judge_slice(connection: duckdb.DuckDBPyConnection, field: str, year: int, month: int) -> bool:
    """Judge the rows of one slice and append what remains to `out`; whether a row lies in two files: then the set is not taken."""
    for rank, table in enumerate(raw_tables(field)):
        _make_line_table(connection, table, year, month)
        if table.key and _set_aside_repeated(connection, table, rank):
            return True
        if table.parent:
            _set_aside_parentless(connection, table, rank)
        connection.execute(f"INSERT INTO slice_file SELECT {year}, {month}, file_no, count(*) FROM sound_{table.name} GROUP BY file_no")
    _fill_out(connection, field, year, month)
    return False


def _make_line_table(connection: duckdb.DuckDBPyConnection, table: RawTable, year: int, month: int) -> None:
    """line_<table>: the rows of the slice that are sound by themselves; of DCIR, the nine keys become one number of 128 bits."""
    if table.field == "dcir":
        texts = ", ".join(f"ltrim(CAST({key} AS VARCHAR), '0')" for key in _KEYS)  # 007 and 7 are one number
        key = f"md5_number(concat_ws('|', {texts})) AS line_key, "
        others = f"EXCLUDE ({', '.join(key for key in _KEYS if key != 'flow_date')})"
        where = f"reason IS NULL AND flow_date >= make_date({year}, {month}, 1) AND flow_date <= last_day(make_date({year}, {month}, 1))"
    else:
        key, others, where = "", "", "reason IS NULL"
    connection.execute(f"CREATE OR REPLACE TABLE line_{table.name} AS SELECT {key}* {others} FROM {table.name} WHERE {where}")
    connection.execute(f"""
        CREATE OR REPLACE VIEW sound_{table.name} AS
        SELECT * FROM line_{table.name} AS x
        WHERE NOT EXISTS (SELECT 1 FROM problem AS p WHERE p.raw_table = '{table.name}' AND p.file_no = x.file_no AND p.row_no = x.row_no)
    """)


def _set_aside_repeated(connection: duckdb.DuckDBPyConnection, table: RawTable, rank: int) -> bool:
    """Of the rows that share a key, the first is kept; whether such rows of a main table lie in two files: the table is there twice.

    The archive of the beneficiaries may repeat rows of the table itself: those are set aside as any other.
    """
    key = ", ".join(table.key)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE repeated AS
        WITH key AS (SELECT {key} FROM line_{table.name} WHERE {table.key[-1]} IS NOT NULL GROUP BY ALL HAVING count(*) > 1)
        SELECT x.file_no, x.row_no, row_number() OVER (PARTITION BY {key} ORDER BY x.file_no, x.row_no) AS copy,
               first_value(x.file_no) OVER (PARTITION BY {key} ORDER BY x.file_no, x.row_no) AS first_file
        FROM line_{table.name} AS x
        JOIN key USING ({key})
    """)
    connection.execute(f"INSERT INTO problem SELECT '{table.name}', {rank}, file_no, row_no, 'duplicate_row' FROM repeated WHERE copy > 1")
    elsewhere = connection.execute("SELECT count(*) FROM repeated WHERE file_no <> first_file").fetchall()[0][0]
    return bool(elsewhere) and table.field == "dcir" and not table.parent


def _set_aside_parentless(connection: duckdb.DuckDBPyConnection, table: RawTable, rank: int) -> None:
    """Rows whose main row is not there are orphans; those whose main row was set aside go with it."""
    match = " AND ".join(f"b.{column} = x.{column}" for column in table.parent_key)
    parent = f"(SELECT {', '.join(table.parent_key)} FROM line_{table.parent})"
    connection.execute(f"""
        INSERT INTO problem
        SELECT '{table.name}', {rank}, x.file_no, x.row_no,
               CASE WHEN EXISTS (SELECT 1 FROM {parent} AS b WHERE {match}) THEN 'line_set_aside' ELSE 'orphan_line' END
        FROM sound_{table.name} AS x
        WHERE NOT EXISTS (SELECT 1 FROM sound_{table.parent} AS b WHERE {match})
    """)


def _fill_out(connection: duckdb.DuckDBPyConnection, field: str, year: int, month: int) -> None:
    """Append the tables as read of the slice to `out`."""
    select = (_SQL / f"{TARGET[field]}.sql").read_text(encoding="utf-8")
    query = f"SELECT CAST({year} AS SMALLINT) AS slice_year, CAST({month} AS SMALLINT) AS slice_month, made.* FROM ({select}) AS made"
    exists = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'out'").fetchall()[0][0]
    connection.execute(f"INSERT INTO out {query}" if exists else f"CREATE TABLE out AS {query}")


def _account(connection: duckdb.DuckDBPyConnection, files: list[FileSeen]) -> None:
    """Fill `set_aside`, and what was accepted of each file."""
    connection.execute("""
        CREATE TABLE set_aside AS
        SELECT s.source_file, CAST(p.row_no AS INTEGER) AS source_line, p.reason
        FROM problem AS p
        JOIN source AS s ON s.file_no = p.file_no
    """)
    aside = dict(connection.execute("SELECT file_no, count(*) FROM problem GROUP BY file_no").fetchall())
    slices = "SELECT min(slice_year), max(slice_year), max(slice_month) FROM slice_file WHERE slice_year > 0"
    first, last, month = connection.execute(slices).fetchall()[0]
    for file_no, file in enumerate(files):
        file.quarantined = aside.get(file_no, 0)
        file.accepted = file.lines - file.quarantined
        if first is not None and first == last:
            file.year, file.month = first, month or None
