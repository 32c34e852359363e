"""One file of an SNDS table (CSV, Parquet or SAS7BDAT, loose or in an archive) into a staging table, every row accounted for.

Belongs here: making a file visible to DuckDB, its header, its broken rows. Not here: what a row means (stay_sets.py, columns.py).
"""

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from strata.engine.duckdb import is_damage
from strata.ingest.archives import SourceFile
from strata.ingest.raw.raw_set import check_sql
from strata.ingest.raw.raw_tables import RawTable, family, raw_table
from strata.ingest.reasons import Refused, refusal
from strata.ingest.recognise import BOM, Recognised
from strata.ingest.snds.columns import columns, missing_columns, reason_sql, text_sql, value_sql
from strata.ingest.snds.sas import sas_rows, sas_to_parquet
from strata.system_errors import quotes_full_disk

_GLOB = set("*?[]")  # DuckDB would take such a path for a pattern
_NO_LETTER = bytes(
    range(0x80, 0xA0)
)  # latin-1 has no letter there, and DuckDB stops at one: É in UTF-8, ’ and œ of Windows are made of them
_MADE_READABLE = bytes.maketrans(_NO_LETTER, b"?" * len(_NO_LETTER))
_NO_TEXT = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x1f\x8b": "gzip"}  # how the file begins
Types = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class TableFile:
    """One file recognised as (a part of) a table."""

    source: SourceFile
    recognised: Recognised

    @property
    def family(self) -> str:
        return self.recognised.family

    @property
    def raw_table(self) -> RawTable:
        """The raw table it feeds. KeyError when it is no SNDS table."""
        known = family(self.family)
        return raw_table(known.raw_table if known else "")


def local_path(file: TableFile, work: Path) -> Path:
    """Where DuckDB can read the file: its own path, or a private copy in `work` (an archive entry, a CSV it would stop at, SAS7BDAT)."""
    if file.recognised.version == "sas7bdat":
        return _sas_as_parquet(file, work)
    path, is_readable = file.source.path, file.recognised.version == "parquet" or not _stops_duckdb(file.source)
    if path is not None and is_readable and not _GLOB & set(str(path)):
        return path
    with tempfile.NamedTemporaryFile(dir=work, delete=False) as copy:
        for rank, block in enumerate(file.source.blocks()):
            copy.write(block if is_readable else (block if rank else _from_header(block)).translate(_MADE_READABLE))
    return Path(copy.name)


def _sas_as_parquet(file: TableFile, work: Path) -> Path:
    """Only the columns that are read; those of a pattern (TOP_*) all together."""
    wanted = {source for column in columns(file.family) for source in column.sources}
    starts = tuple(source.removesuffix("*") for source in wanted if source.endswith("*"))
    with _sas_path(file, work) as path:
        return sas_to_parquet(path, work, lambda name: name.upper() in wanted or name.upper().startswith(starts))


@contextmanager
def _sas_path(file: TableFile, work: Path) -> Iterator[Path]:
    """Where pyreadstat can read the file, its name in a refusal being that of the source."""
    path = file.source.path
    with tempfile.TemporaryDirectory(dir=work) as folder:
        if path is None:
            path = Path(folder) / "table.sas7bdat"
            with path.open("wb") as copy:
                copy.writelines(file.source.blocks())
        try:
            yield path
        except Refused as error:
            raise refusal(error.code, file.source.name) from error


def _stops_duckdb(source: SourceFile) -> bool:
    head = source.head()
    return _from_header(head) != head.removeprefix(BOM) or any(
        not block.isascii() and len(block.translate(None, _NO_LETTER)) < len(block) for block in source.blocks()
    )


def _from_header(head: bytes) -> bytes:
    """Without what may stand before the header: a mark, blank lines (the first would be taken for the header)."""
    return head.removeprefix(BOM).lstrip(b"\r\n")


def scan_sql(file: TableFile, path: Path) -> str:
    """The FROM clause that reads the file as text, row by row; broken CSV rows go to DuckDB's reject_errors."""
    literal = "'" + str(path).replace("'", "''") + "'"
    if file.recognised.version != "csv":
        return f"read_parquet({literal})"
    names = ", ".join("'" + name.replace("'", "''") + "': 'VARCHAR'" for name in _header(file))
    return (
        f"read_csv({literal}, columns = {{{names}}}, delim = '{file.recognised.separator}', header = true, auto_detect = false, "
        "quote = '\"', escape = '\"', encoding = 'latin-1', compression = 'none', store_rejects = true)"
    )  # codes are ASCII: latin-1 takes the labels beside them, whatever they are written in


def header_line(source: SourceFile) -> str:
    """The first line of a CSV that is not empty, without its end; '' when there is none."""
    lines = _from_header(source.head()).splitlines()  # of bytes: some letters end a line of text
    return lines[0].decode("latin-1") if lines else ""


def _header(file: TableFile) -> list[str]:
    names = next(csv.reader(io.StringIO(header_line(file.source)), delimiter=file.recognised.separator or ","))
    return [name.strip() or f"column {rank}" for rank, name in enumerate(names, start=1)]


def types(connection: duckdb.DuckDBPyConnection, file: TableFile, path: Path) -> Types:
    """SNDS column (upper case) -> (name in the file, DuckDB type). Refused when a column is missing or there twice."""
    if file.recognised.version == "csv":
        _refuse_no_text(file.source)
        names = _header(file)
        found = [(name, "VARCHAR") for name in names]
    else:
        found = [(row[0], row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {scan_sql(file, path)}").fetchall()]
        names = _parquet_names(file, path)
    twice = [name for name, count in Counter(name.upper() for name in names).items() if count > 1]
    if twice:
        known = {source for column in columns(file.family) for source in column.sources}
        named = twice[0] if twice[0] in known else "?"  # without a header it would be a cell
        raise refusal(f"duplicate_column: {file.family}.{named}", file.source.name)
    present = {name.upper(): (name, duckdb_type) for name, duckdb_type in found}
    if missing := missing_columns(file.family, set(present)):
        raise refusal(f"missing_column: {file.family}.{', '.join(missing)}", file.source.name)
    return present


def _refuse_no_text(source: SourceFile) -> None:
    """A CSV in two-byte letters or compressed has a header nobody can read: say that rather than name every column."""
    head = source.head(2)
    kind = next((kind for mark, kind in _NO_TEXT.items() if head.startswith(mark)), "UTF-16" if head.count(b"\0") == 1 else None)
    if kind:
        raise refusal(f"unreadable_table: {kind}", source.name)


def _parquet_names(file: TableFile, path: Path) -> list[str]:
    """The columns as they are named: DuckDB gives one that is there twice another name."""
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise refusal("unreadable_table", file.source.name) from error


def stage(connection: duckdb.DuckDBPyConnection, file: TableFile, file_no: int, work: Path) -> None:
    """Append the rows of the file to its raw table, the broken ones with nothing but their number and that reason.

    Refused when it cannot be read to its end, lacks a column, or when a lost quote has swallowed lines.
    """
    with _readable(file, work) as path:
        connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        connection.execute(_insert_sql(file, file_no, types(connection, file, path), path))
        if file.recognised.version == "csv":
            _account_for_broken_rows(connection, file, file_no)


@dataclass(frozen=True)
class Counted:
    """Of a table that is not staged. rows: (finess, year, month, rows), year and month NULL but in a table whose rows make stays.

    stays: by hospital, of a table whose rows are parts of stays; empty where a row is a stay, or of one.
    """

    rows: list[tuple[str, int | None, int | None, int]]
    stays: dict[str, int]


def count_by_hospital(connection: duckdb.DuckDBPyConnection, file: TableFile, work: Path) -> Counted:
    """Rows that cannot be cut, or whose finess is not one, are left out. Refused as by `stage`."""
    raw = file.raw_table
    parts = [name for name in raw.stay_columns if name != "finess"] if raw.stay_columns != raw.key else []
    with _readable(file, work) as path:
        present = types(connection, file, path)
        names = (raw.year_column, raw.month_column) if raw.stay_columns else ("", "")
        wanted = {column.name: column for column in columns(file.family) if column.name in ("finess", *names, *parts)}
        texts = ", ".join(f"{text_sql(column, present)} AS {name}" for name, column in wanted.items())
        year, month = (value_sql(wanted[name]) if name in wanted else "CAST(NULL AS SMALLINT)" for name in names)
        found = f"WITH found AS (SELECT {texts} FROM {scan_sql(file, path)}), own AS (SELECT * FROM found WHERE {_IS_FINESS})"
        by_month = f"{found} SELECT finess, {year} AS year, {month} AS month, count(*) FROM own GROUP BY ALL ORDER BY ALL"
        by_hospital = f"{found} SELECT finess, count(DISTINCT ({', '.join(parts)})) FROM own GROUP BY finess"
        rows = connection.execute(by_month).fetchall()
        return Counted(rows, dict(connection.execute(by_hospital).fetchall()) if parts else {})


_IS_FINESS = "regexp_full_match(finess, '[0-9][0-9AB][0-9]{7}')"


def count_of(connection: duckdb.DuckDBPyConnection, file: TableFile, work: Path) -> int:
    """Rows of a table that is not staged, those that cannot be cut left out. Refused as by `stage`."""
    with _readable(file, work) as path:
        types(connection, file, path)
        return int(connection.execute(f"SELECT count(*) FROM {scan_sql(file, path)}").fetchall()[0][0])


def distinct_months(connection: duckdb.DuckDBPyConnection, file: TableFile, name: str, work: Path) -> list[str]:
    """The months ('2019-02') of one of the dates of a table that is not staged; dates that cannot be read are left out.

    Refused as by `stage`.
    """
    with _readable(file, work) as path:
        column = next(column for column in columns(file.family) if column.name == name)
        text = text_sql(column, types(connection, file, path))
        query = f"""
            WITH found AS (SELECT DISTINCT {text} AS {name} FROM {scan_sql(file, path)})
            SELECT DISTINCT strftime({value_sql(column)}, '%Y-%m') AS month FROM found WHERE {value_sql(column)} IS NOT NULL ORDER BY 1
        """
        return [row[0] for row in connection.execute(query).fetchall()]


@contextmanager
def _readable(file: TableFile, work: Path) -> Iterator[Path]:
    """Where DuckDB can read the file, for as long as it does. Refused when it cannot be read to its end."""
    path = local_path(file, work)
    try:
        yield path
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):
        raise  # our SQL is wrong, not the file
    except duckdb.Error as error:
        if quotes_full_disk(error) or is_damage(error):
            raise  # the warehouse, or the disk beside it
        raise refusal("unreadable_table", file.source.name) from error
    finally:
        if path != file.source.path:
            path.unlink()


def _insert_sql(file: TableFile, file_no: int, present: Types, path: Path) -> str:
    wanted = columns(file.family)
    texts = ",\n".join(f"{text_sql(column, present)} AS {column.name}" for column in wanted)
    values = ",\n".join(f"{value_sql(column)} AS {column.name}, {column.name} AS text_{column.name}" for column in wanted)
    names = ", ".join(column.name for column in wanted)
    return f"""
        INSERT INTO {file.raw_table.name}
        WITH found AS (SELECT row_number() OVER () AS row_no, {texts} FROM {scan_sql(file, path)}),
        typed AS (SELECT row_no, {values} FROM found),
        judged AS (SELECT row_no, {reason_sql(file.family)} AS unreadable, {names} FROM typed)
        SELECT {file_no}, row_no, coalesce(unreadable, {check_sql(file.raw_table.name)}), {names} FROM judged
    """


def _account_for_broken_rows(connection: duckdb.DuckDBPyConnection, file: TableFile, file_no: int) -> None:
    name = file.raw_table.name
    rows = connection.execute(f"SELECT count(*) FROM {name} WHERE file_no = {file_no}").fetchall()[0][0]
    broken = connection.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()[0][0]
    if rows + broken != _newlines(file.source) and rows + broken != _data_lines(file.source):
        raise refusal("broken_quotes", file.source.name)
    if broken:
        connection.execute(_RENUMBER.format(name=name, file_no=file_no))
        query = f"SELECT DISTINCT {file_no} AS file_no, line - 1 AS row_no, 'broken_row' AS reason FROM reject_errors"
        connection.execute(f"INSERT INTO {name} BY NAME {query}")


# DuckDB does not number the broken rows: each row after some of them gets the number it has in the file.
_RENUMBER = """
    WITH broken AS (SELECT DISTINCT line FROM reject_errors),
    gap AS (SELECT line - 1 - row_number() OVER (ORDER BY line) AS rows_before, row_number() OVER (ORDER BY line) AS broken FROM broken),
    last_gap AS (SELECT rows_before, max(broken) AS broken FROM gap GROUP BY rows_before),
    shift AS (
        SELECT r.row_no, g.broken
        FROM {name} AS r
        ASOF JOIN last_gap AS g ON r.row_no > g.rows_before
        WHERE r.file_no = {file_no}
    )
    UPDATE {name} AS staged
    SET row_no = staged.row_no + shift.broken
    FROM shift
    WHERE staged.file_no = {file_no} AND staged.row_no = shift.row_no
"""


def count_rows(file: TableFile, work: Path) -> int:
    """Rows of a file that is not staged, for its account."""
    if file.recognised.version == "sas7bdat":
        with _sas_path(file, work) as path:
            return sas_rows(path)
    if file.recognised.version == "parquet":
        return int(pq.read_metadata(local_path(file, work)).num_rows)
    return _data_lines(file.source)


def _newlines(source: SourceFile) -> int:
    """Data lines of a file that is well formed: one newline each, the header's and the last one's apart."""
    newlines, last = 0, b""
    for block in source.blocks():
        newlines, last = newlines + block.count(b"\n"), block[-1:]
    return newlines - (last == b"\n")


def _data_lines(source: SourceFile) -> int:
    """Lines that are not blank, whatever ends them, without the header."""
    with source.open() as stream:
        return sum(1 for line in io.TextIOWrapper(stream, encoding="latin-1") if line.strip()) - 1
