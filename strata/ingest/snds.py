"""SNDS tables of MCO (T_MCOaaB, C, D, A, UM, VALO) to extracts: one set of tables is one year.

Belongs here: which tables go together, which rows are set aside, the join on (year, ETA_NUM, RSA_NUM), the account of each file.
Not here: one file or one value (snds_file.py, snds_columns.py), the select of each table as read (sql/snds_*.sql), storing (load.py).
A set is staged in a private DuckDB file and handed over by groups of hospitals, so that memory does not grow with the country.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from strata.engine.duckdb import connect
from strata.ingest.archives import SourceFile
from strata.ingest.extract import QUARANTINE, SCHEMAS, Extract, FileSeen
from strata.ingest.reasons import Refused
from strata.ingest.recognise import UNKNOWN, Recognised, seen
from strata.ingest.snds_columns import FAMILIES, OPTIONAL_FAMILIES, SQL_TYPES, columns
from strata.ingest.snds_file import TableFile, count_rows, header_line, stage

GROUP_STAYS = 200_000  # a group is filled by whole hospitals until it holds as many
WORK_PREFIX = "strata-snds-"
_SQL = Path(__file__).parent / "sql"
_NAMED_TABLE = re.compile(r"T_MCO(\d\d)(B|C|D|A|UM|VALO)(?![A-Z])", re.IGNORECASE)
_UNIQUE = {"T_MCOaaB": "duplicate_stay", "T_MCOaaC": "duplicate_row", "T_MCOaaUM": "duplicate_row", "T_MCOaaVALO": "duplicate_row"}


@dataclass(frozen=True)
class TableSet:
    """The tables of one year. label: the two digits of their names (T_MCO17B), else the folder or archive they lie in."""

    label: str
    files: tuple[TableFile, ...]

    @property
    def sha256(self) -> str:
        """Hash of what the tables hold, whatever their names and order."""
        parts = sorted(f"{file.family} {file.source.sha256}" for file in self.files)
        return hashlib.sha256("\n".join(parts).encode("ascii")).hexdigest()


@dataclass
class Staged:
    """A set read and judged. month: the last month of exit; None, with every file refused, when the set could not be taken."""

    connection: duckdb.DuckDBPyConnection
    month: int | None
    quarantine: pa.Table
    files: list[FileSeen]

    def extracts(self) -> Iterator[Extract]:
        """The stays by groups of whole hospitals; the account of the files and the quarantine come with the last one."""
        groups = _groups(self.connection) if self.month is not None else []
        for group in groups[:-1]:
            yield Extract("snds", "mco", _tables(self.connection, group), QUARANTINE.empty_table())
        last = _tables(self.connection, groups[-1]) if groups else {name: schema.empty_table() for name, schema in SCHEMAS.items()}
        yield Extract("snds", "mco", last, self.quarantine, self.files)


def table_sets(sources: Iterable[tuple[SourceFile, Recognised]]) -> list[TableSet]:
    """The sets among recognised sources, by label; sources of other families are left out, and copies of one content are taken once."""
    files = [
        TableFile(source, recognised if recognised.family in FAMILIES else _recognise_by_name(source)) for source, recognised in sources
    ]
    sets: dict[str, dict[str, TableFile]] = {}
    known: set[str] = set()
    for file in sorted(files, key=lambda file: (_named(file.source) is None, file.source.name)):
        content = seen(file.source).sha256 or file.source.name
        if file.family in FAMILIES and (_named(file.source) or content not in known):  # two years may well hold a table alike
            sets.setdefault(_label(file.source), {}).setdefault(content, file)
            known.add(content)
    return [TableSet(label, tuple(sorted(sets[label].values(), key=lambda file: file.source.name))) for label in sorted(sets)]


def _recognise_by_name(source: SourceFile) -> Recognised:
    """A table whose own columns are missing is still known by its name: it is then refused by the name of the column."""
    match = _named(source)
    if match is None or source.refused:
        return UNKNOWN
    family = f"T_MCOaa{match.group(2).upper()}"
    try:
        if source.head(4) == b"PAR1":
            return Recognised(family, "parquet")
        header = header_line(source)
    except Refused:
        return UNKNOWN
    return Recognised(family, "csv", max(";,\t|", key=header.count)) if header.strip() else UNKNOWN


def _label(source: SourceFile) -> str:
    match = _named(source)
    return match.group(1) if match else source.container


def _named(source: SourceFile) -> re.Match[str] | None:
    return _NAMED_TABLE.search(source.name.rpartition("!")[2].rpartition("/")[2])


@contextmanager
def staged(tables: TableSet, work: Path | None = None, memory_limit: str | None = None) -> Iterator[Staged]:
    """Read a set into a private database under `work` (the system's temporary folder when None), removed at the end.

    memory_limit: of that database ('4GB'); beyond it DuckDB spills into the same private folder.
    """
    with tempfile.TemporaryDirectory(dir=work, prefix=WORK_PREFIX) as folder:
        connection = connect(Path(folder) / "staging.duckdb", memory_limit=memory_limit)
        try:
            yield _stage(connection, tables, Path(folder))
        finally:
            connection.close()


def _stage(connection: duckdb.DuckDBPyConnection, tables: TableSet, work: Path) -> Staged:
    _create_tables(connection)
    refused: dict[str, Refused] = {}
    for file_no, file in enumerate(tables.files):
        try:
            stage(connection, file, file_no, work)
        except Refused as error:
            refused[file.source.name] = error
        connection.execute("INSERT INTO source VALUES (?, ?)", [file_no, file.source.name])
    if reason := _why_not(connection, tables, refused):
        return Staged(connection, None, QUARANTINE.empty_table(), _refused_files(tables, refused, reason, work))
    year = _year(connection, tables.label)
    _judge(connection, year)
    if _is_there_twice(connection):
        return Staged(connection, None, QUARANTINE.empty_table(), _refused_files(tables, {}, "table_twice", work))
    _join(connection)
    month = connection.execute("SELECT max(exit_month) FROM out_stay").fetchall()[0][0]
    return Staged(connection, month or 12, _quarantine(connection), _accepted_files(connection, tables, year, month))


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET preserve_insertion_order = true")  # the number of a row in its file is its order
    connection.execute("CREATE TABLE source (file_no SMALLINT, source_file VARCHAR)")
    connection.execute("CREATE TABLE problem (family VARCHAR, file_no SMALLINT, row_no BIGINT, reason VARCHAR)")
    for family in FAMILIES:
        values = ", ".join(f"{column.name} {SQL_TYPES[column.kind]}" for column in columns(family))
        connection.execute(f"CREATE TABLE {family} (file_no SMALLINT, row_no BIGINT, reason VARCHAR, {values})")


def _why_not(connection: duckdb.DuckDBPyConnection, tables: TableSet, refused: dict[str, Refused]) -> str | None:
    """Why the set cannot be taken: half a stay would be worse than none."""
    taken = {file.family for file in tables.files if file.source.name not in refused}
    spoiled = {file.family for file in tables.files if file.source.name in refused}
    if wanting := [family for family in FAMILIES if family in spoiled or family not in taken | OPTIONAL_FAMILIES]:
        return f"incomplete_set: {', '.join(wanting)}"
    return None if _year(connection, tables.label) is not None else "several_years"


def _year(connection: duckdb.DuckDBPyConnection, label: str) -> int | None:
    """The year of exit of the set: the content decides, the name only when the content holds several."""
    years = [row[0] for row in connection.execute("SELECT DISTINCT exit_year FROM T_MCOaaB WHERE reason IS NULL ORDER BY 1").fetchall()]
    return settled_year(years, label)


def settled_year(years: list[int], label: str) -> int | None:
    """The year of a set whose stays end in `years`; None when they do not say, nor its label."""
    named = 2000 + int(label) if label.isdecimal() and len(label) == 2 else None
    if len(years) == 1:
        return int(years[0])
    return named if named in years or not years else None


def _judge(connection: duckdb.DuckDBPyConnection, year: int | None) -> None:
    """Fill `problem` (one reason per row set aside) and `stay_key` (the stays that remain, numbered and grouped)."""
    for family in FAMILIES:
        connection.execute(f"INSERT INTO problem SELECT '{family}', file_no, row_no, reason FROM {family} WHERE reason IS NOT NULL")
    for family in ("T_MCOaaB", "T_MCOaaC"):
        _set_aside(connection, family, f"x.exit_year <> {year}", "other_year")
    for family, reason in _UNIQUE.items():
        _set_aside_repeated(connection, family, reason)
    connection.execute(_STAY_KEY, {"group_stays": GROUP_STAYS})
    for family in FAMILIES[1:]:
        _set_aside(connection, family, _NO_STAY.format(rows="T_MCOaaB"), "orphan_row")
        _set_aside(connection, family, _NO_STAY.format(rows="stay_key"), "stay_set_aside")


_NO_STAY = "NOT EXISTS (SELECT 1 FROM {rows} AS b WHERE b.finess = x.finess AND b.stay_number = x.stay_number)"
_SOUND = "NOT EXISTS (SELECT 1 FROM problem AS p WHERE p.family = '{family}' AND p.file_no = x.file_no AND p.row_no = x.row_no)"
_STAY_KEY = """
    CREATE TABLE stay_key AS
    WITH hospital AS (SELECT finess, count(*) AS stays FROM T_MCOaaB GROUP BY finess),
    hospital_group AS (
        SELECT finess, CAST((sum(stays) OVER (ORDER BY finess) - stays) // $group_stays AS INTEGER) AS group_no FROM hospital
    ),
    file_rows AS (SELECT file_no, max(row_no) AS last_row FROM T_MCOaaB GROUP BY file_no),
    file_start AS (SELECT file_no, sum(last_row) OVER (ORDER BY file_no) - last_row AS rows_before FROM file_rows)
    SELECT g.group_no, x.finess, x.stay_number, x.file_no, x.row_no, CAST(s.rows_before + x.row_no AS BIGINT) AS line
    FROM T_MCOaaB AS x
    JOIN hospital_group AS g ON g.finess = x.finess
    JOIN file_start AS s ON s.file_no = x.file_no
    WHERE NOT EXISTS (SELECT 1 FROM problem AS p WHERE p.family = 'T_MCOaaB' AND p.file_no = x.file_no AND p.row_no = x.row_no)
"""


def _set_aside(connection: duckdb.DuckDBPyConnection, family: str, condition: str, reason: str) -> None:
    """Give `reason` to the rows that meet the condition and have none yet."""
    sound = _SOUND.format(family=family)
    connection.execute(
        f"INSERT INTO problem SELECT '{family}', x.file_no, x.row_no, '{reason}' FROM {family} AS x WHERE {sound} AND {condition}"
    )


def _set_aside_repeated(connection: duckdb.DuckDBPyConnection, family: str, reason: str) -> None:
    """Of the rows that share a key, the first is kept. Only the few keys that repeat are ordered."""
    key = "finess, stay_number, unit_rank" if family == "T_MCOaaUM" else "finess, stay_number"
    sound = _SOUND.format(family=family)
    connection.execute(f"""
        INSERT INTO problem
        WITH repeated AS (SELECT {key} FROM {family} AS x WHERE {sound} GROUP BY ALL HAVING count(*) > 1),
        ranked AS (
            SELECT x.file_no, x.row_no, row_number() OVER (PARTITION BY {key} ORDER BY x.file_no, x.row_no) AS rank
            FROM {family} AS x
            JOIN repeated USING ({key})
            WHERE {sound}
        )
        SELECT '{family}', file_no, row_no, '{reason}' FROM ranked WHERE rank > 1
    """)


def _is_there_twice(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a stay lies in two files of T_MCOaaB: then D and A are there twice too, and acts would be counted twice."""
    return bool(connection.execute(_THERE_TWICE).fetchall()[0][0])


_THERE_TWICE = """
    SELECT count(*) FROM problem AS p
    JOIN T_MCOaaB AS x ON x.file_no = p.file_no AND x.row_no = p.row_no
    JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
    WHERE p.family = 'T_MCOaaB' AND p.reason = 'duplicate_stay' AND k.file_no <> p.file_no
"""


def _join(connection: duckdb.DuckDBPyConnection) -> None:
    for name in SCHEMAS:
        select = (_SQL / f"snds_{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"CREATE TABLE out_{name} AS {select} ORDER BY ALL")


def _groups(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT DISTINCT group_no FROM stay_key ORDER BY 1").fetchall()]


def _tables(connection: duckdb.DuckDBPyConnection, group: int) -> dict[str, pa.Table]:
    return {name: _table(connection, name, schema, group) for name, schema in SCHEMAS.items()}


def _table(connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, group: int) -> pa.Table:
    names = ", ".join(schema.names)
    found = connection.sql(f"SELECT {names} FROM out_{name} WHERE group_no = $group", params={"group": group})
    return found.to_arrow_table().cast(schema)


def _quarantine(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    query = """
        SELECT s.source_file, CAST(p.row_no AS INTEGER) AS source_line, p.reason
        FROM problem AS p JOIN source AS s ON s.file_no = p.file_no ORDER BY 1, 2
    """
    return connection.sql(query).to_arrow_table().cast(QUARANTINE)


def _accepted_files(connection: duckdb.DuckDBPyConnection, tables: TableSet, year: int | None, month: int | None) -> list[FileSeen]:
    counts = dict(connection.execute("SELECT file_no, count(*) FROM problem GROUP BY file_no").fetchall())
    broken = dict(connection.execute("SELECT file_no, count(*) FROM problem WHERE reason = 'broken_row' GROUP BY file_no").fetchall())
    files = []
    for file_no, file in enumerate(tables.files):
        rows = connection.execute(f"SELECT count(*) FROM {file.family} WHERE file_no = ?", [file_no]).fetchall()[0][0]
        lines, aside = rows + broken.get(file_no, 0), counts.get(file_no, 0)
        files.append(_seen(file, year=year, month=month, lines=lines, accepted=lines - aside, quarantined=aside))
    return files


def _refused_files(tables: TableSet, refused: dict[str, Refused], reason: str, work: Path) -> list[FileSeen]:
    """Every file of a set that is not taken: its own reason, or that of the set."""
    files = []
    for file in tables.files:
        own = refused.get(file.source.name)
        lines = _lines(file, work)
        files.append(_seen(file, lines=lines, refused=lines, reason=own.code if own else reason))
    return files


def _lines(file: TableFile, work: Path) -> int:
    try:
        return count_rows(file, work)
    except (Refused, pa.ArrowException, OSError):
        return 0


def _seen(file: TableFile, **account: int | str | None) -> FileSeen:
    return FileSeen(file.source.name, file.source.sha256, file.family, file.recognised.version, **account)  # type: ignore[arg-type]
