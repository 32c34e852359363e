"""A grouped RSS of any size, its stays handed on in pieces: what is held does not grow with the file.

Belongs here: the rules of rss.py that need a whole file, in SQL, in a private database that may spill to disk (a test holds the two to the
same rows, quarantine and accounts). Not here: what makes a RUM acceptable, how RUM become a stay (rss.py), storing (warehouse/store.py).
The RUM of one RSS may lie anywhere in the file: everything that is read of them is staged, and taken up again stay by stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from strata.ingest.atih.staged_file import PIECES_MEMORY, StagedFile, new_file, quarantine
from strata.ingest.extract import GROUP, FileSeen
from strata.ingest.lines.line_faults import FileRead
from strata.ingest.local.files import LocalFile
from strata.ingest.local.reading import known_persons, with_persons
from strata.ingest.local.rss import RSS_TABLES, RUM, rss_stays, rum_pieces
from strata.ingest.local.staged_beside import account, settle, stage_persons
from strata.ingest.query import Query

_PIECE_STAYS = 20_000
_OF_STAY = {name: RSS_TABLES[name] for name in ("rum", "diagnosis", "procedure")}


@dataclass
class StagedRss:
    """One hospital-year judged as a whole, in a private database; beside `pieces`, what an Extract holds.

    stays: how many; months: those in which they end.
    """

    connection: duckdb.DuckDBPyConnection
    rss: LocalFile
    hospital_year: tuple[str, int] | None
    stays: int
    months: tuple[int, ...]
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
        return Query(self.connection, "SELECT line, pseudonym FROM rss_person")

    def pieces(self) -> Iterator[dict[str, pa.Table]]:
        """The tables of an Extract (extract.SCHEMAS), some thousand stays at a time, in the order of their first lines."""
        for before in range(0, self.stays, _PIECE_STAYS):
            query = f"SELECT line, pseudonym FROM rss_person WHERE rowid BETWEEN {before} AND {before + _PIECE_STAYS - 1} ORDER BY line"
            persons = self.connection.sql(query).to_arrow_table()
            lines = persons.column("line")
            stays = rss_stays(self._read(lines[0].as_py(), lines[-1].as_py()), before)
            yield stays.tables | {"stay": with_persons(stays.tables["stay"], persons.column("pseudonym")), "group": GROUP.empty_table()}

    def _read(self, first: int, last: int) -> FileRead:
        """What was read of the stays whose first line lies between two, as rss.read_rum gives it."""
        tables = {
            name: self.connection.sql(
                f"SELECT {', '.join(schema.names)} FROM {name}_of_stay WHERE stay_line BETWEEN {first} AND {last} ORDER BY stay_line, rowid"
            )
            .to_arrow_table()
            .cast(schema)
            for name, schema in _OF_STAY.items()
        }
        return FileRead(self.rss.source.name, self.rss.family, self.rss.recognised.version or "", "rum", tables)


def stage_rss(connection: duckdb.DuckDBPyConnection, rss: LocalFile, vid_hosp: LocalFile | None) -> StagedRss:
    """Refused when a file breaks while it is read; StrataError (usage) when there is a VID-HOSP and no secret."""
    assert rss.layout is not None
    rum = new_file(connection, rss.source, rss.family, rss.layout.version, RSS_TABLES)
    rum.take(rum_pieces(rss.source.blocks(), rss.layout))
    year = _judge(rum)
    opened = known_persons(vid_hosp)
    persons = stage_persons(connection, opened.vid_hosp)
    if persons:
        settle(persons, "rss_stay")
    connection.execute(_OF_STAYS)
    own = rum.seen()
    finess = own.finess
    months = tuple(row[0] for row in connection.execute("SELECT DISTINCT month(exit_date) FROM rss_stay ORDER BY 1").fetchall())
    own.year, own.month = year, max(months, default=None)
    files = [*opened.left, own, *([account(persons, finess, year)] if persons else [])]
    ((stays,),) = connection.execute("SELECT count(*) FROM rss_stay").fetchall()
    connection.execute(_LET_GO)
    connection.execute(f"SET memory_limit = '{PIECES_MEMORY}'")
    hospital_year = (finess, year) if finess and year else None
    return StagedRss(connection, rss, hospital_year, stays, months, quarantine(connection), files, opened.key)


def _judge(rum: StagedFile) -> int | None:
    """None of the RUM of an RSS is lost, one hospital, one year of exit: rss_stay. Gives the year."""
    strange = "INSERT INTO spoiled SELECT line, rss_number FROM sound_rum WHERE finess <> ?"
    rum.connection.execute(strange, [rum.usual("finess")])
    rum.keep_usual("finess", "other_finess")
    rum.set_aside("SELECT x.line FROM sound_rum AS x SEMI JOIN spoiled AS s ON s.rss_number = x.rss_number", "unit_set_aside")
    rum.connection.execute(_RSS)
    usual = rum.connection.execute("SELECT year FROM rss GROUP BY year ORDER BY sum(units) DESC, year LIMIT 1").fetchone()
    year = usual[0] if usual else None
    rum.set_aside(_OTHER_YEAR, "other_year", year=year)
    rum.connection.execute(_RSS_STAY, [year])
    return year


# Grain: an RSS of which no RUM is lost. nas: of its first RUM, by entry, exit and line.
_RSS = """
    CREATE TEMP TABLE rss AS
    SELECT rss_number, min(line) AS stay_line, max(exit_date) AS exit_date, CAST(year(max(exit_date)) AS SMALLINT) AS year,
           count(*) AS units, arg_min_null(nas, (entry_date, exit_date, line)) AS nas
    FROM sound_rum
    GROUP BY rss_number
"""
_OTHER_YEAR = "SELECT x.line FROM sound_rum AS x JOIN rss AS s ON s.rss_number = x.rss_number WHERE s.year <> $year"
# Grain: a stay, in the order of its first line.
_RSS_STAY = """
    CREATE TEMP TABLE rss_stay AS
    SELECT stay_line, rss_number, nas, exit_date, year
    FROM rss
    WHERE year = ?
    ORDER BY stay_line
"""
_DATED = {"year": "s.year", "exit_month": "CAST(month(s.exit_date) AS SMALLINT) AS exit_month"}
# Grain: a stay and its person; a RUM, a diagnosis, an act of a stay. In the order of stays, and of what was read of each.
_OF_STAYS = f"""
    CREATE TEMP TABLE rss_person AS
    SELECT s.stay_line AS line, v.pseudonym
    FROM rss_stay AS s
    LEFT JOIN sound_vid_hosp AS v ON v.nas = s.nas
    ORDER BY s.stay_line;
    CREATE TEMP TABLE rum_of_stay AS
    SELECT s.stay_line, {", ".join(_DATED.get(name, f"x.{name}") for name in RUM.names)}
    FROM sound_rum AS x
    JOIN rss_stay AS s ON s.rss_number = x.rss_number
    ORDER BY s.stay_line, x.line;
""" + "".join(
    f"""
    CREATE TEMP TABLE {name}_of_stay AS
    SELECT r.stay_line, {", ".join(f"x.{column}" for column in _OF_STAY[name].names)}
    FROM {name} AS x
    JOIN rum_of_stay AS r ON r.line = x.line
    ORDER BY r.stay_line, x.rowid;
"""
    for name in ("diagnosis", "procedure")
)
_LET_GO = "DROP VIEW sound_rum; DROP VIEW sound_vid_hosp; DROP TABLE rss; DROP TABLE rss_stay" + "".join(
    f"; DROP TABLE {name}" for name in (*RSS_TABLES, "vid_hosp")
)
