"""Extracts into the warehouse: a (finess, field, year) slice is replaced whole, in one transaction, or not touched.

Belongs here: who replaces whom, surrogate keys, the account of each file. Not here: which files to read, and when (load.py).

Of two productions of one slice the later month stays, whichever comes first. Within one month it is the one sent later (the date in the
name that e-PMSI gives); one without a date gives way to one with a date; where the dates are equal, or both unknown, the last one to
come stays: it is taken for a correction.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Protocol

import duckdb
import pyarrow as pa

from strata.errors import StrataError
from strata.ingest.extract import SCHEMAS, STAY, FileSeen
from strata.ingest.raw.raw_tables import families, main_families, raw_tables

_CHILDREN = ("unit", "diagnosis", "procedure", "group")
_STAY_NAMES = [name for name in STAY.names if name not in ("line", "pseudonym")]
_FILE_NAMES = ", ".join(field.name for field in fields(FileSeen))
_STATUS = "CASE WHEN {p} IS NULL THEN 'missing' WHEN regexp_matches({p}, '^[xX]{{16}}') THEN 'placeholder' ELSE 'ok' END"


class Stays(Protocol):
    """What can be stored: an Extract, or one that is still in its file (atih_mco.PiecedExtract). One form and field."""

    form: str
    field: str
    quarantine: pa.Table
    files: list[FileSeen]
    person_key: str

    def hospital_years(self) -> list[tuple[str, int]]: ...
    def pseudonyms(self) -> pa.ChunkedArray: ...
    def pieces(self) -> Iterator[dict[str, pa.Table]]: ...


@dataclass(frozen=True)
class Incoming:
    """Stays to be stored, and what tells this production of their slices from another.

    sha256: of the content behind it. month: the last one of the transmission. sent: when e-PMSI made it, None when unknown.
    Its pseudonyms are what stays.person_key says, 'noanon' or 'hash'; a slice without any is said to have 'none'.
    """

    stays: Stays
    sha256: str
    month: int | None
    sent: datetime | None = None


class View:
    """What a view `incoming_…` of the connection shows: one table after another.

    The views are made before the transaction: one made inside it would hold its rows in memory until the end.
    """

    def __init__(self) -> None:
        self.table = pa.table({"nothing_yet": pa.nulls(0)})

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


Views = dict[str, View]


@dataclass(frozen=True)
class Slice:
    """What an extract brings for one hospital, field and year. verdict: 'new', 'replace', 'already_in' or 'superseded'."""

    finess: str
    field: str
    year: int
    slice_id: int
    verdict: str

    @property
    def is_taken(self) -> bool:
        return self.verdict in ("new", "replace")


def store(connection: duckdb.DuckDBPyConnection, *incoming: Incoming) -> list[Slice]:
    """Put each in, in a transaction of its own; gives what became of their slices.

    Persons are looked up once for all of them: small hospitals had better come together (but what is not pieced is held meanwhile).
    StrataError when the same hospital-year of a field is already in from the other form of files; then, and on any failure, nothing
    of that one has changed.
    """
    slices: list[Slice] = []
    with _views(connection) as views:
        views["pseudonym"].table = _pseudonyms(incoming)
        _meet(connection, "incoming_pseudonym")
        for one in incoming:
            with transaction(connection):
                slices += _store(connection, one, views)
    return slices


def _store(connection: duckdb.DuckDBPyConnection, one: Incoming, views: Views) -> list[Slice]:
    slices = _judge(connection, one)
    taken = [each for each in slices if each.is_taken]
    _remove([each for each in taken if each.verdict == "replace"], connection)
    if taken:
        _insert(connection, taken, one, views)
    if one.stays.files:
        views["quarantine"].table = one.stays.quarantine
        _account(connection, one, slices)
    return slices


def number_persons(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Give a number to each usable pseudonym of the column `pseudonym` of a relation that has none yet, in their order.

    One reading of the table pseudonym, however many there are in the relation.
    """
    _meet(connection, relation)
    connection.execute("INSERT INTO pseudonym SELECT person_id, pseudonym FROM met_person WHERE is_new ORDER BY person_id")


def _meet(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Fill met_person: each usable pseudonym of the relation with its number, which is_new when it is not in the table pseudonym."""
    connection.execute(_MEET.format(relation=relation, status=_STATUS.format(p="pseudonym")))


_MEET = """
    CREATE OR REPLACE TEMP TABLE met_person AS
    WITH met AS (SELECT DISTINCT pseudonym FROM {relation} WHERE {status} = 'ok'),
    known AS (SELECT met.pseudonym, p.person_id FROM met LEFT JOIN pseudonym AS p ON p.pseudonym = met.pseudonym),
    last AS (SELECT coalesce(max(person_id), 0) AS person_id FROM pseudonym),
    ranked AS (
        SELECT pseudonym, person_id, row_number() OVER (PARTITION BY person_id IS NULL ORDER BY pseudonym) AS new_rank FROM known
    )
    SELECT r.pseudonym, CAST(coalesce(r.person_id, last.person_id + r.new_rank) AS INTEGER) AS person_id, r.person_id IS NULL AS is_new
    FROM ranked AS r
    CROSS JOIN last
"""


def _pseudonyms(incoming: tuple[Incoming, ...]) -> pa.Table:
    chunks = [chunk for one in incoming for chunk in one.stays.pseudonyms().chunks]
    return pa.table({"pseudonym": pa.chunked_array(chunks, pa.string())})


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # what broke the transaction may have ended it, and must not be hidden
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _views(connection: duckdb.DuckDBPyConnection) -> Iterator[Views]:
    views = {name: View() for name in (*SCHEMAS, "quarantine", "slice", "pseudonym")}
    for name, view in views.items():
        connection.register(f"incoming_{name}", view)
    try:
        yield views
    finally:
        for name in views:
            connection.unregister(f"incoming_{name}")


def _judge(connection: duckdb.DuckDBPyConnection, one: Incoming) -> list[Slice]:
    next_id = connection.execute("SELECT coalesce(max(slice_id), 0) + 1 FROM read_slice").fetchall()[0][0]
    slices = []
    for finess, year in one.stays.hospital_years():
        known = next(iter(connection.execute(_SLICE_IN, [finess, one.stays.field, year]).fetchall()), None)
        if known is None:
            slices.append(Slice(finess, one.stays.field, year, next_id, "new"))
            next_id += 1
        elif known[1] != one.stays.form:
            raise _both_forms(finess, one.stays.field, year)
        else:
            slices.append(Slice(finess, one.stays.field, year, known[0], _verdict(one, *known[2:])))
    return slices


_SLICE_IN = "SELECT slice_id, form, sha256, month, sent FROM read_slice WHERE finess = ? AND field = ? AND year = ?"


def _verdict(one: Incoming, sha256_in: str, month_in: int | None, sent_in: datetime | None) -> str:
    """Against the production that is in: the rule said at the head of this file."""
    if sha256_in == one.sha256:
        return "already_in"
    is_older = (one.month or 0, one.sent or datetime.min) < (month_in or 0, sent_in or datetime.min)
    return "superseded" if is_older else "replace"


def _remove(replaced: list[Slice], connection: duckdb.DuckDBPyConnection) -> None:
    """Take slices out; the account of the files they came from says so. A slice keeps its number, and a range of stay numbers."""
    for one in replaced:
        first, last = _stay_ids(one)
        gone = _lines_by_file(connection, one.field, f"s.stay_id BETWEEN {first} AND {last}")
        for source_file, lines in gone.items():
            connection.execute(_UNCOUNT, {"source_file": source_file, "lines": lines})
        mains = list(main_families())
        connection.execute(_UNCOUNT_BESIDE, {"field": one.field, "finess": one.finess, "year": one.year, "mains": mains})
        for name in ("stay", *_CHILDREN):
            connection.execute(f"DELETE FROM read_{name} WHERE stay_id BETWEEN ? AND ?", [first, last])
        connection.execute("DELETE FROM read_slice WHERE slice_id = ?", [one.slice_id])


def _stay_ids(one: Slice) -> tuple[int, int]:
    return one.slice_id << 32, (one.slice_id + 1 << 32) - 1


def _lines_by_file(connection: duckdb.DuckDBPyConnection, field: str, condition: str) -> dict[str, int]:
    """Lines of each file that are stays now in, where `condition` holds of read_stay AS s.

    A line is a stay where the key of the raw table says so (an RSA), else a unit of one (a week, a sequence).
    """
    is_stay = all(table.key == table.stay_columns for table in raw_tables(field) if table.stay_columns)
    units = "" if is_stay else "JOIN read_unit AS u ON u.stay_id = s.stay_id"
    query = f"SELECT s.source_file, count(*) FROM read_stay AS s {units} WHERE {condition} GROUP BY s.source_file"
    return dict(connection.execute(query).fetchall())


_UNCOUNT = """
    UPDATE read_file SET accepted = accepted - least($lines, accepted), refused = refused + least($lines, accepted), reason = 'superseded'
    WHERE source_file = $source_file
"""
_UNCOUNT_BESIDE = """
    UPDATE read_file SET refused = refused + accepted, accepted = 0, reason = 'superseded'
    WHERE (starts_with(family, $field || '_') OR family = 'vid_hosp') AND NOT list_contains($mains, family)
      AND finess = $finess AND year = $year AND accepted > 0
"""


def _insert(connection: duckdb.DuckDBPyConnection, taken: list[Slice], one: Incoming, views: Views) -> None:
    names = ("slice_id", "finess", "field", "year")
    views["slice"].table = pa.table({name: [getattr(each, name) for each in taken] for name in names})
    for piece in one.stays.pieces():
        for name, table in piece.items():
            views[name].table = table
        _insert_piece(connection, [name for name in _CHILDREN if piece[name].num_rows])
    for statement in _NEW_PERSONS:
        connection.execute(statement)
    values = {"form": one.stays.form, "month": one.month, "sha256": one.sha256, "sent": one.sent, "person_key": one.stays.person_key}
    connection.execute(_INSERT_SLICES, values)


def _insert_piece(connection: duckdb.DuckDBPyConnection, children: list[str]) -> None:
    connection.execute(_INSERT_STAYS)
    for name in children:
        _insert_children(connection, name)


_INSERT_STAYS = f"""
    INSERT INTO read_stay BY NAME
    SELECT CAST(i.slice_id AS BIGINT) * 4294967296 + s.line AS stay_id, i.slice_id, p.person_id,
           {_STATUS.format(p="s.pseudonym")} AS pseudonym_status, {", ".join(f"s.{name}" for name in _STAY_NAMES)}
    FROM incoming_stay AS s
    JOIN incoming_slice AS i ON i.finess = s.finess AND i.field = s.field AND i.year = s.year
    LEFT JOIN met_person AS p ON p.pseudonym = s.pseudonym
    ORDER BY stay_id
"""
_STAYS_NOW = "read_stay AS s JOIN incoming_slice AS i ON i.slice_id = s.slice_id"
_PERSONS_NOW = f"SELECT s.person_id FROM {_STAYS_NOW}"
_NEW_PERSONS = (  # only those of the slices taken: whom nothing shows is not kept
    f"INSERT INTO pseudonym SELECT person_id, pseudonym FROM met_person WHERE is_new AND person_id IN ({_PERSONS_NOW}) ORDER BY person_id",
    f"UPDATE met_person SET is_new = false WHERE is_new AND person_id IN ({_PERSONS_NOW})",
)
_INSERT_SLICES = f"""
    INSERT INTO read_slice BY NAME
    WITH chained AS (SELECT DISTINCT s.slice_id FROM {_STAYS_NOW} WHERE s.person_id IS NOT NULL)
    SELECT i.slice_id, i.finess, i.field, i.year, $form AS form, $month AS month, $sha256 AS sha256, $sent AS sent,
           CASE WHEN c.slice_id IS NULL THEN 'none' ELSE $person_key END AS person_key
    FROM incoming_slice AS i
    LEFT JOIN chained AS c ON c.slice_id = i.slice_id
    ORDER BY i.slice_id
"""


def _insert_children(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"""
        INSERT INTO read_{name} BY NAME
        SELECT CAST(i.slice_id AS BIGINT) * 4294967296 + x.line AS stay_id, x.* EXCLUDE (line)
        FROM incoming_{name} AS x
        JOIN incoming_stay AS s ON s.line = x.line
        JOIN incoming_slice AS i ON i.finess = s.finess AND i.field = s.field AND i.year = s.year
        ORDER BY stay_id
    """)


def _account(connection: duckdb.DuckDBPyConnection, one: Incoming, slices: list[Slice]) -> None:
    """Write the account of the files, and their quarantine: lines = accepted + quarantined + refused."""
    files = one.stays.files
    in_now = _lines_by_file(connection, one.stays.field, f"s.slice_id IN (SELECT slice_id FROM read_slice WHERE sha256 = '{one.sha256}')")
    reason = next((each.verdict for each in slices if not each.is_taken), None)
    is_in = any(in_now.get(file.source_file) for file in files)
    is_whole = sum(in_now.values()) == sum(file.accepted for file in files if file.family in main_families())
    for file in files:
        if file.reason is None:
            is_counted = file.family in main_families() and not is_whole  # a stay over two files has its lines in the first one's count
            lines_in = in_now.get(file.source_file, 0) if is_counted else file.accepted if is_in else 0
            accepted = min(lines_in, file.accepted)
            file.refused += file.accepted - accepted
            file.accepted = accepted
            file.reason = (reason or "superseded") if file.refused else None
    names = [file.source_file for file in files]
    connection.execute("DELETE FROM quarantine WHERE source_file IN (SELECT unnest(?))", [names])
    connection.execute("INSERT INTO quarantine BY NAME SELECT source_file, source_line, reason FROM incoming_quarantine")
    write_files(connection, files)
    if one.stays.form == "snds":
        known = [each.family for each in families(one.stays.field)]
        mains = list(main_families().intersection(known))
        connection.execute(_UNCOUNT_TABLES, {"year": files[0].year, "current": names, "families": known, "mains": mains})


_UNCOUNT_TABLES = """
    UPDATE read_file SET refused = refused + accepted, accepted = 0, reason = 'superseded'
    WHERE list_contains($families, family) AND year = $year AND accepted > 0 AND NOT list_contains($current, source_file)
      AND NOT EXISTS (
          SELECT 1 FROM read_file AS b
          WHERE list_contains($mains, b.family) AND b.year = $year AND b.accepted > 0 AND NOT list_contains($current, b.source_file)
      )
"""


def write_files(connection: duckdb.DuckDBPyConnection, files: list[FileSeen]) -> None:
    """Write the account of files, one row each; a file seen again under the same name takes the place of the old row."""
    for file in files:
        connection.execute("DELETE FROM read_file WHERE source_file = ?", [file.source_file])
        connection.execute(f"INSERT INTO read_file ({_FILE_NAMES}) VALUES ({', '.join('?' * len(fields(file)))})", astuple(file))


def _both_forms(finess: str, field: str, year: int) -> StrataError:
    return StrataError(
        what=("Le même établissement et la même année arrivent sous deux formes.", "The same hospital and year come in both forms."),
        where=f"finess {finess}, {field}, {year}",
        why=(
            "Ses séjours viennent à la fois de fichiers ATIH et de tables SNDS : ils seraient comptés deux fois.",
            "Its stays come both from ATIH files and from SNDS tables: they would be counted twice.",
        ),
        fix=(
            "Retirez du dossier de dépôt l'une des deux formes pour cette année ; si l'entrepôt contient l'ancienne, recréez-le.",
            "Take one of the two forms of that year out of the landing folder; when the warehouse holds the old one, make it again.",
        ),
    )
