"""A pair of `.rsa` and `.ano` of any size, its stays handed on in pieces: what is held does not grow with the file.

Belongs here: the checks that need a whole file, which stay has which line of the .ano, in a private database that may spill to disk.
Not here: what makes a line acceptable (rsa.py, ano.py), refusing a pair or holding a small one (mco.py), storing (warehouse/store.py).

The .rsa is read twice: for what tells its stays apart, then for its stays. The rules are those of line_faults.FileRead and mco.py, in
SQL: a test holds the two to the same rows, quarantine and accounts.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from strata.engine.duckdb import connect
from strata.ingest.atih.ano import ano_pieces
from strata.ingest.atih.found import Found
from strata.ingest.atih.mco import JOINED, JOINED_BY, read_pair, stay_table, unless_refused
from strata.ingest.atih.rsa import rsa_key_pieces, rsa_pieces
from strata.ingest.atih.transmissions import Pair
from strata.ingest.extract import GROUP, Extract, FileSeen
from strata.ingest.lines.fixed_width import Array
from strata.ingest.lines.line_faults import Piece
from strata.ingest.local.reading import Beside, read_beside
from strata.ingest.reasons import refusal
from strata.ingest.snds.stay_sets import WORK_PREFIX

HELD_BYTES = 64 << 20  # a smaller pair is held: staging it would cost more than it saves
JUDGING_MEMORY, PIECES_MEMORY = "128MB", "32MB"  # of the private database, while the files are judged and afterwards
THREADS = 1  # what DuckDB needs at least grows with them
_INSERT_ROWS = 50_000
_BATCH_ROWS = 50_000  # of a query read in part: a million by default
_NO_LINE = -1


class Query:
    """The rows of a query, run again each time they are read; never held whole."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        self._connection, self._query = connection, query

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._connection.sql(self._query).to_arrow_reader(_BATCH_ROWS).__arrow_c_stream__(requested_schema)


@dataclass
class StagedPair:
    """One hospital-year judged as a whole, whose stays are still in their file. Beside `pieces`, what an Extract holds.

    connection: of the private database, whose table stay_line has a row per stay taken: its line, and JOINED. stays: how many.
    """

    connection: duckdb.DuckDBPyConnection
    rsa: Found
    hospital_year: tuple[str, int] | None
    stays: int
    quarantine: Query
    files: list[FileSeen]
    person_key: str
    form: str = "atih"
    field: str = "mco"

    def hospital_years(self) -> list[tuple[str, int]]:
        """(finess, year): one, none without a stay."""
        return [self.hospital_year] if self.hospital_year else []

    def persons(self) -> Query:
        """(line, pseudonym) of its stays."""
        return Query(self.connection, "SELECT line, pseudonym FROM stay_line")

    def pieces(self) -> Iterator[dict[str, pa.Table]]:
        """The tables of an Extract (extract.SCHEMAS), some thousand stays at a time. Refused when the file has changed since."""
        assert self.rsa.layout is not None
        first, stays = 1, 0
        for piece in rsa_pieces(self.rsa.source.blocks(), self.rsa.layout):
            tables = self._tables(piece, first)
            first += piece.lines
            stays += tables["stay"].num_rows
            yield tables
        if stays != self.stays:
            raise refusal("unreadable", self.rsa.source.name)

    def _tables(self, piece: Piece, first: int) -> dict[str, pa.Table]:
        """A piece, whose first line is `first`, without the lines set aside; its stays with their lines of the .ano."""
        columns = ", ".join(("line", *JOINED))
        query = f"SELECT {columns} FROM stay_line WHERE line BETWEEN {first} AND {first + piece.lines - 1} ORDER BY line"
        said = self.connection.sql(query).to_arrow_table()
        places = np.full(piece.lines, _NO_LINE)
        places[said.column("line").to_numpy() - first] = np.arange(len(said))
        tables = {name: pa.Table.from_batches([batch]) for name, batch in piece.batches.items()}
        is_taken = {name: places[table.column("line").to_numpy() - first] != _NO_LINE for name, table in tables.items()}
        tables = {name: table if is_taken[name].all() else table.filter(pa.array(is_taken[name])) for name, table in tables.items()}
        of_stay = said.take(pa.array(places[tables["stay"].column("line").to_numpy() - first]))
        return tables | {"stay": stay_table(tables["stay"], self.rsa, of_stay), "group": GROUP.empty_table()}


@contextmanager
def open_pair(pair: Pair, work: Path | None = None) -> Iterator[Extract | StagedPair]:
    """A pair to be stored: held when it is small, or when none of its stays can be taken; else staged under `work` until the end."""
    if pair.rsa is None or sum(source.size for source in pair.sources) < HELD_BYTES:
        yield read_pair(pair)
        return
    with tempfile.TemporaryDirectory(dir=work, prefix=WORK_PREFIX) as folder:
        connection = connect(Path(folder) / "staging.duckdb", memory_limit=JUDGING_MEMORY, threads=THREADS)
        try:
            yield unless_refused(pair, lambda pair, rsa: _staged(connection, pair, rsa))
        finally:
            connection.close()


def _staged(connection: duckdb.DuckDBPyConnection, pair: Pair, rsa: Found) -> StagedPair:
    connection.execute(_TABLES)
    connection.executemany("INSERT INTO source VALUES (?, ?)", [[number, source.name] for number, source in enumerate(pair.sources)])
    found = [one for one in (rsa, pair.ano) if one]
    lines = [_stage(connection, number, one) for number, one in enumerate(found)]
    if pair.ano:
        _set_aside_without_rsa(connection)
    beside = _person_lines(connection, pair)
    connection.execute(_STAY_LINE)
    files = [_seen(connection, number, one, count) for number, (one, count) in enumerate(zip(found, lines))] + beside.files
    finess, year = (_usual(connection, "sound_rsa", name) for name in ("finess", "year"))
    connection.execute("DROP VIEW sound_rsa; DROP VIEW sound_ano; DROP TABLE mco_rsa; DROP TABLE mco_ano")
    connection.execute(f"SET memory_limit = '{PIECES_MEMORY}'")
    hospital_year = (str(finess), int(str(year))) if finess and year else None
    return StagedPair(connection, rsa, hospital_year, files[0].accepted, Query(connection, _QUARANTINE), files, beside.key)


# Grain: mco_rsa, mco_ano: a line without fault of its own; aside: a line set aside, of any file; sound_…: the others.
_TABLES = """
    CREATE TEMP TABLE source (file_no INTEGER, source_file VARCHAR);
    CREATE TEMP TABLE aside (file_no INTEGER, source_line INTEGER, reason VARCHAR);
    CREATE TEMP TABLE mco_rsa (line BIGINT, finess VARCHAR, year SMALLINT, stay_number VARCHAR, exit_month SMALLINT);
    CREATE TEMP TABLE mco_ano (
        line BIGINT, finess VARCHAR, stay_number VARCHAR, pseudonym VARCHAR, chaining_codes VARCHAR, billable VARCHAR,
        year SMALLINT, exit_month SMALLINT, entry_date DATE, exit_date DATE
    );
    CREATE TEMP VIEW sound_rsa AS
        SELECT x.line, x.finess, x.year, x.stay_number, x.exit_month
        FROM mco_rsa AS x ANTI JOIN aside AS q ON q.file_no = 0 AND q.source_line = x.line;
    CREATE TEMP VIEW sound_ano AS
        SELECT x.line, x.finess, x.year, x.stay_number, x.exit_month, x.pseudonym, x.chaining_codes, x.entry_date, x.exit_date, x.billable
        FROM mco_ano AS x ANTI JOIN aside AS q ON q.file_no = 1 AND q.source_line = x.line
"""
_SOUND = ("sound_rsa", "sound_ano")  # by file_no


def _stage(connection: duckdb.DuckDBPyConnection, file_no: int, found: Found) -> int:
    """Stage the lines of a file, judge it as a whole; gives how many lines it has."""
    assert found.layout is not None
    pieces = (rsa_key_pieces, ano_pieces)[file_no](found.source.blocks(), found.layout)
    count = 0
    for some in _gathered(pieces):
        count += sum(piece.lines for piece in some)
        _insert(connection, found.family, pa.Table.from_batches([batch for piece in some for batch in piece.batches.values()]))
        for lines, reason in (fault for piece in some for fault in piece.faults):
            _insert(connection, "aside", _aside(file_no, lines, reason))
    for column, reason in (("finess", "other_finess"), ("year", "other_year")):
        values = {"file_no": file_no, "usual": _usual(connection, _SOUND[file_no], column), "reason": reason}
        connection.execute(f"INSERT INTO aside SELECT $file_no, line, $reason FROM {_SOUND[file_no]} WHERE {column} <> $usual", values)
    connection.execute(_REPEATED.format(sound=_SOUND[file_no], file_no=file_no))
    return count


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


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    connection.register("incoming", rows)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT {', '.join(rows.column_names)} FROM incoming")
    connection.unregister("incoming")


def _aside(file_no: int, lines: Array, reason: str) -> pa.Table:
    return pa.table({"file_no": pa.repeat(file_no, len(lines)), "source_line": lines, "reason": pa.repeat(reason, len(lines))})


def _usual(connection: duckdb.DuckDBPyConnection, sound: str, column: str) -> str | int | None:
    """The commonest value of a column (the smallest of equals); None when there is no line."""
    query = f"SELECT {column} FROM {sound} GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT 1"
    found = connection.execute(query).fetchone()
    return found[0] if found else None


_REPEATED = """
    INSERT INTO aside
    WITH repeated AS (SELECT stay_number, min(line) AS first_line FROM {sound} GROUP BY stay_number HAVING count(*) > 1)
    SELECT {file_no}, x.line, 'duplicate_stay'
    FROM {sound} AS x
    JOIN repeated AS r ON r.stay_number = x.stay_number
    WHERE x.line > r.first_line
"""


def _set_aside_without_rsa(connection: duckdb.DuckDBPyConnection) -> None:
    """Lines of the .ano whose stay is not in the .rsa: all of them when it is of another hospital or year."""
    is_same = all(_usual(connection, "sound_ano", name) == _usual(connection, "sound_rsa", name) for name in ("finess", "year"))
    connection.execute(_WITHOUT_RSA, {"is_same": is_same})


_WITHOUT_RSA = """
    INSERT INTO aside
    SELECT 1, a.line, 'ano_without_rsa'
    FROM sound_ano AS a
    ANTI JOIN (SELECT stay_number FROM sound_rsa WHERE $is_same) AS r ON r.stay_number = a.stay_number
"""


def _person_lines(connection: duckdb.DuckDBPyConnection, pair: Pair) -> Beside:
    """Make person_line, a row (JOINED_BY) per stay that the .ano knows, or a local file: those are held, with the lines of the .ano."""
    lines = f"SELECT {', '.join(JOINED_BY)} FROM sound_ano"
    if not pair.tra and not pair.vid_hosp:
        connection.execute(f"CREATE TEMP VIEW person_line AS {lines}")
        return Beside(pa.table({}))
    connection.execute(f"SET memory_limit = '{PIECES_MEMORY}'")
    stays = "SELECT finess, year, stay_number FROM sound_rsa ORDER BY line"
    held = (connection.sql(query).to_arrow_table() for query in (stays, f"{lines} ORDER BY line"))
    beside = read_beside(pair.tra, pair.vid_hosp, *held)
    connection.execute(f"SET memory_limit = '{JUDGING_MEMORY}'")
    connection.execute(f"CREATE TEMP TABLE person_line AS {lines} LIMIT 0")
    _insert(connection, "person_line", beside.lines)
    for table in beside.quarantine:
        connection.register("incoming", table)
        connection.execute(_ASIDE_BESIDE)
        connection.unregister("incoming")
    beside.lines = pa.table({})
    pa.default_memory_pool().release_unused()
    return beside


_ASIDE_BESIDE = """
    INSERT INTO aside
    SELECT s.file_no, i.source_line, i.reason
    FROM incoming AS i
    JOIN source AS s ON s.source_file = i.source_file
"""
# Grain: a stay taken, in the order of the file
_STAY_LINE = f"""
    CREATE TEMP TABLE stay_line AS
    SELECT r.line, {", ".join(f"p.{name}" for name in JOINED)}
    FROM sound_rsa AS r
    LEFT JOIN person_line AS p ON p.stay_number = r.stay_number
    ORDER BY r.line
"""
_QUARANTINE = """
    SELECT s.source_file, q.source_line, q.reason
    FROM aside AS q
    JOIN source AS s ON s.file_no = q.file_no
    ORDER BY q.file_no, q.source_line
"""


def _seen(connection: duckdb.DuckDBPyConnection, file_no: int, found: Found, lines: int) -> FileSeen:
    """The account of a file: lines = accepted + quarantined."""
    sound = _SOUND[file_no]
    seen = FileSeen(found.source.name, found.source.sha256, found.family, found.recognised.version)
    seen.finess, seen.year = (_usual(connection, sound, name) for name in ("finess", "year"))  # type: ignore[assignment]
    ((seen.accepted, seen.month),) = connection.execute(f"SELECT count(*), max(exit_month) FROM {sound}").fetchall()
    ((seen.quarantined,),) = connection.execute("SELECT count(*) FROM aside WHERE file_no = ?", [file_no]).fetchall()
    seen.lines = lines
    return seen
