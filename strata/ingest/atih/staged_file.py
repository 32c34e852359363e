"""Files of lines in a private database that may spill to disk: staged a piece at a time, judged as a whole by SQL, accounted for.

Belongs here: the database, the lines of a file that are set aside, the checks any file needs, its account. Not here: what makes a line
acceptable (the readers), what files have to do with each other (staged_pair.py, local/staged_beside.py, local/staged_rss.py).
The rules are those of line_faults.FileRead, in SQL: tests hold the two to the same rows, quarantine and accounts.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from strata.engine.duckdb import connect
from strata.ingest.archives import SourceFile
from strata.ingest.extract import FileSeen
from strata.ingest.lines.line_faults import Piece
from strata.ingest.query import Query
from strata.ingest.snds.stay_sets import WORK_PREFIX

JUDGING_MEMORY, PIECES_MEMORY = "128MB", "32MB"  # of the private database, while the files are judged and afterwards
THREADS = 1  # what DuckDB needs at least grows with them; and rows stay in the order in which they come
NO_FILE = -1
_INSERT_ROWS = 50_000


@contextmanager
def private_database(work: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """One under `work` (or the system's folder) until the end, with tables source, a row per file, and aside, a row per line set aside."""
    with tempfile.TemporaryDirectory(dir=work, prefix=WORK_PREFIX) as folder:
        connection = connect(Path(folder) / "staging.duckdb", memory_limit=JUDGING_MEMORY, threads=THREADS)
        try:
            connection.execute("CREATE TEMP TABLE source (file_no INTEGER, source_file VARCHAR)")
            connection.execute("CREATE TEMP TABLE aside (file_no INTEGER, source_line INTEGER, reason VARCHAR)")
            yield connection
        finally:
            connection.close()


def quarantine(connection: duckdb.DuckDBPyConnection) -> Query:
    """The lines set aside of all the files, in their order."""
    return Query(connection, _QUARANTINE)


_QUARANTINE = """
    SELECT s.source_file, q.source_line, q.reason
    FROM aside AS q
    JOIN source AS s ON s.file_no = q.file_no
    ORDER BY q.file_no, q.source_line
"""


@dataclass
class StagedFile:
    """One file: its tables, and sound_<main>, the lines of its main table that are not set aside."""

    connection: duckdb.DuckDBPyConnection
    file_no: int
    source: SourceFile
    family: str
    version: str | None
    main: str
    lines: int = 0

    @property
    def sound(self) -> str:
        return f"sound_{self.main}"

    def take(self, pieces: Iterable[Piece]) -> "StagedFile":
        """Insert the tables of the pieces, and set their faulty lines aside."""
        for some in _gathered(pieces):
            self.lines += sum(piece.lines for piece in some)
            for name in some[0].batches:
                insert(self.connection, name, pa.Table.from_batches([piece.batches[name] for piece in some]))
            for lines, reason in (fault for piece in some for fault in piece.faults):
                columns = {"file_no": pa.repeat(self.file_no, len(lines)), "source_line": lines, "reason": pa.repeat(reason, len(lines))}
                insert(self.connection, "aside", pa.table(columns))
        return self

    def usual(self, column: str) -> Any:
        """The commonest value of a column (the smallest of equals), blanks apart; None when it has none."""
        query = f"SELECT {column} FROM {self.sound} WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT 1"
        found = self.connection.execute(query).fetchone()
        return found[0] if found else None

    def set_aside(self, lines: str, reason: str, **values: object) -> None:
        """lines: a query whose only column is the number of a line; values: its parameters."""
        query = f"INSERT INTO aside WITH bad (line) AS ({lines}) SELECT $file_no, line, $reason FROM bad"
        self.connection.execute(query, values | {"file_no": self.file_no, "reason": reason})

    def keep_usual(self, column: str, reason: str) -> None:
        """Set aside what is not of the usual value of a column."""
        self.set_aside(f"SELECT line FROM {self.sound} WHERE {column} <> $usual", reason, usual=self.usual(column))

    def check_whole(self) -> "StagedFile":
        """One hospital, one year, one line per stay (the first is kept)."""
        self.keep_usual("finess", "other_finess")
        self.keep_usual("year", "other_year")
        self.set_aside(_REPEATED.format(sound=self.sound), "duplicate_stay")
        return self

    def seen(self) -> FileSeen:
        """The account of the file: lines = accepted + quarantined."""
        seen = FileSeen(self.source.name, self.source.sha256, self.family, self.version, self.usual("finess"), self.usual("year"))
        ((seen.accepted, seen.month),) = self.connection.execute(f"SELECT count(*), max(exit_month) FROM {self.sound}").fetchall()
        ((seen.quarantined,),) = self.connection.execute("SELECT count(*) FROM aside WHERE file_no = ?", [self.file_no]).fetchall()
        seen.lines = self.lines
        return seen


_REPEATED = """
    WITH repeated AS (SELECT stay_number, min(line) AS first_line FROM {sound} GROUP BY stay_number HAVING count(*) > 1)
    SELECT x.line
    FROM {sound} AS x
    JOIN repeated AS r ON r.stay_number = x.stay_number
    WHERE x.line > r.first_line
"""


def new_file(
    connection: duckdb.DuckDBPyConnection, source: SourceFile, family: str, version: str | None, schemas: Mapping[str, pa.Schema]
) -> StagedFile:
    """A file whose tables are empty. schemas: its main table, with a row per line, first."""
    ((number,),) = connection.execute("SELECT count(*) FROM source").fetchall()
    connection.execute("INSERT INTO source VALUES (?, ?)", [number, source.name])
    create_tables(connection, schemas, number)
    return StagedFile(connection, number, source, family, version, next(iter(schemas)))


def create_tables(connection: duckdb.DuckDBPyConnection, schemas: Mapping[str, pa.Schema], file_no: int = NO_FILE) -> None:
    """Empty tables, and the view sound_<first of them>; without file_no those of a file that is not there."""
    for name, schema in schemas.items():
        connection.register("incoming", schema.empty_table())
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT {', '.join(schema.names)} FROM incoming")
        connection.unregister("incoming")
    main, columns = next((name, ", ".join(f"x.{column}" for column in schema.names)) for name, schema in schemas.items())
    connection.execute(f"""
        CREATE TEMP VIEW sound_{main} AS
        SELECT {columns} FROM {main} AS x ANTI JOIN aside AS q ON q.file_no = {file_no} AND q.source_line = x.line
    """)


def _gathered(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Pieces by _INSERT_ROWS lines or more: an insertion costs as much as some thousand lines."""
    some: list[Piece] = []
    for piece in pieces:
        some.append(piece)
        if sum(one.lines for one in some) >= _INSERT_ROWS:
            yield some
            some = []
    if some:
        yield some


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Add rows to a table of the private database, by the names of their columns."""
    connection.register("incoming", rows)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT {', '.join(rows.column_names)} FROM incoming")
    connection.unregister("incoming")
