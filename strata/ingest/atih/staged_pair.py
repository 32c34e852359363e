"""A pair of `.rsa` and `.ano` of any size, its stays handed on in pieces: what is held does not grow with the file.

Belongs here: which stay has which line of the .ano, and whether a transmission is held or staged. Not here: the private database
(staged_file.py), what makes a line acceptable (rsa.py, ano.py), refusing a pair or holding a small one (mco.py), local files
(local/staged_beside.py, local/staged_rss.py), storing (warehouse/store.py).

The .rsa is read twice: for what tells its stays apart, then for its stays. The rules are those of mco.py, in SQL: a test holds the two
to the same rows, quarantine and accounts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from strata.ingest.atih.ano import ANO, ano_pieces
from strata.ingest.atih.found import Found
from strata.ingest.atih.mco import JOINED, read_pair, stay_table, unless_refused
from strata.ingest.atih.rsa import KEYS, rsa_key_pieces, rsa_pieces
from strata.ingest.atih.staged_file import PIECES_MEMORY, StagedFile, create_tables, new_file, private_database, quarantine
from strata.ingest.atih.transmissions import Pair
from strata.ingest.extract import GROUP, Extract, FileSeen
from strata.ingest.lines.line_faults import Piece
from strata.ingest.local.reading import rss_unless_refused
from strata.ingest.local.staged_beside import stage_beside
from strata.ingest.local.staged_rss import StagedRss, stage_rss
from strata.ingest.query import Query
from strata.ingest.reasons import refusal

HELD_BYTES = 64 << 20  # a smaller transmission is held: staging it would cost more than it saves
_NO_LINE = -1


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
def open_pair(pair: Pair, work: Path | None = None) -> Iterator[Extract | StagedPair | StagedRss]:
    """A transmission to be stored: held when it is small, or when none of its stays can be taken; else staged under `work` meanwhile."""
    if (pair.rsa is None and pair.rss is None) or sum(source.size for source in pair.sources) < HELD_BYTES:
        yield read_pair(pair)
        return
    with private_database(work) as connection:
        if pair.rss is not None:
            yield rss_unless_refused(pair.rss, pair.vid_hosp, lambda rss, vid_hosp: stage_rss(connection, rss, vid_hosp))
        else:
            yield unless_refused(pair, lambda pair, rsa: _staged(connection, pair, rsa))


def _staged(connection: duckdb.DuckDBPyConnection, pair: Pair, rsa_found: Found) -> StagedPair:
    rsa = _stage(connection, rsa_found, 0)
    ano = _stage(connection, pair.ano, 1) if pair.ano else None
    if ano:
        is_same = all(ano.usual(name) == rsa.usual(name) for name in ("finess", "year"))
        ano.set_aside(_WITHOUT_RSA, "ano_without_rsa", is_same=is_same)
    else:
        create_tables(connection, {"ano": ANO})
    key, files = _person_lines(rsa, pair)
    connection.execute(_STAY_LINE)
    files = [one.seen() for one in (rsa, ano) if one] + files
    finess, year = rsa.usual("finess"), rsa.usual("year")
    connection.execute("DROP VIEW sound_stay; DROP VIEW sound_ano; DROP TABLE stay; DROP TABLE ano")
    connection.execute(f"SET memory_limit = '{PIECES_MEMORY}'")
    hospital_year = (finess, year) if finess and year else None
    return StagedPair(connection, rsa_found, hospital_year, files[0].accepted, quarantine(connection), files, key)


def _stage(connection: duckdb.DuckDBPyConnection, found: Found, kind: int) -> StagedFile:
    """Stage the lines of an .rsa (kind 0) or an .ano (1), and judge it as a whole."""
    assert found.layout is not None
    schemas, pieces = (({"stay": KEYS}, rsa_key_pieces), ({"ano": ANO}, ano_pieces))[kind]
    staged = new_file(connection, found.source, found.family, found.recognised.version, schemas)
    return staged.take(pieces(found.source.blocks(), found.layout)).check_whole()


# Lines of the .ano whose stay is not in the .rsa: all of them when it is of another hospital or year.
_WITHOUT_RSA = """
    SELECT a.line
    FROM sound_ano AS a
    ANTI JOIN (SELECT stay_number FROM sound_stay WHERE $is_same) AS r ON r.stay_number = a.stay_number
"""


def _person_lines(rsa: StagedFile, pair: Pair) -> tuple[str, list[FileSeen]]:
    """Make person_line, a row per stay that the .ano knows, or a local file; gives the key of the year, and the accounts of local files."""
    if pair.tra or pair.vid_hosp:
        return stage_beside(rsa, pair.tra, pair.vid_hosp)
    rsa.connection.execute(f"CREATE TEMP VIEW person_line AS SELECT stay_number, {', '.join(JOINED)} FROM sound_ano")
    return "noanon", []


# Grain: a stay taken, in the order of the file
_STAY_LINE = f"""
    CREATE TEMP TABLE stay_line AS
    SELECT r.line, {", ".join(f"p.{name}" for name in JOINED)}
    FROM sound_stay AS r
    LEFT JOIN person_line AS p ON p.stay_number = r.stay_number
    ORDER BY r.line
"""
