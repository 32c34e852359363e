"""Extracts into the warehouse: a (finess, field, year) slice is replaced whole, in one transaction, or not touched.

Belongs here: who replaces whom, surrogate keys. Not here: which files to read, and when (load.py), the account of each file (accounts.py).

Of two productions of one slice the later month stays, whichever comes first. Within one month it is the one sent later (the date in the
name that e-PMSI gives); one without a date gives way to one with a date; where the dates are equal, or both unknown, the last one to
come stays: it is taken for a correction. The SNDS tables of one field and year replace those of an earlier extract hospital by hospital;
the hospitals they no longer have go out with the extract they came from, once that extract is no longer in the landing folder and most
of it has been replaced (remove_absent).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from strata.errors import StrataError
from strata.ingest.extract import FILE_LINES, SCHEMAS, STAY, FileSeen
from strata.ingest.raw.raw_tables import main_families
from strata.ingest.warehouse.accounts import held_lines, settle, uncount, write_files
from strata.ingest.warehouse.notices import Absent

# From this share of the stays of an earlier extract on, what replaced them is its year corrected: a hospital that this lacks has gone.
# Below, they are of somewhere else: the extract of another region shares with it at most the hospitals of a border.
SAME_PERIMETER = 0.5
LOOKED_UP_AT_A_TIME, KEPT_AT_A_TIME = 2_000_000, 500_000  # persons: what a statement needs grows with them
_CHILDREN = ("unit", "diagnosis", "procedure", "group")
_STAY_NAMES = [name for name in STAY.names if name not in ("line", "pseudonym")]
_STATUS = "CASE WHEN {p} IS NULL THEN 'missing' WHEN regexp_matches({p}, '^[xX]{{16}}') THEN 'placeholder' ELSE 'ok' END"


class Rows(Protocol):
    """A table, held or not, that can be read more than once: pa.Table, staged_pair.Query."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


class Stays(Protocol):
    """What can be stored: an Extract, or one that is still in its file (atih/staged_pair.py). One form and field."""

    form: str
    field: str
    files: list[FileSeen]
    person_key: str

    @property
    def quarantine(self) -> Rows: ...
    def hospital_years(self) -> list[tuple[str, int]]: ...
    def persons(self) -> Rows: ...
    def pieces(self) -> Iterator[dict[str, pa.Table]]: ...


@dataclass(frozen=True)
class Incoming:
    """Stays to be stored, and what tells this production of their slices from another.

    sha256: of the content behind it. month: the last one of the transmission. sent: when e-PMSI made it, None when unknown.
    Its pseudonyms are what stays.person_key says, 'noanon' or 'hash'; a slice without any is said to have 'none'.
    file_lines: lines of each file by hospital (extract.FILE_LINES); None when all of them are of the one hospital-year there is.
    """

    stays: Stays
    sha256: str
    month: int | None
    sent: datetime | None = None
    file_lines: pa.Table | None = None


class View:
    """What a view `incoming_…` of the connection shows: one table after another.

    The views are made before the transaction: one made inside it would hold its rows in memory until the end.
    """

    def __init__(self) -> None:
        self.table: Rows = pa.table({"nothing_yet": pa.nulls(0)})

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

    No insertion has an ORDER BY: after one that brings nothing, DuckDB 2.0.0 shows none of the rows that the same transaction inserts (a
    row group or more), until the file is opened again. Pieces come in the order of their lines, and lie so, near enough, without.
    Persons are looked up once for all of them: small hospitals had better come together (but what is not pieced is held meanwhile).
    StrataError when the same hospital-year of a field is already in from the other form of files; then, and on any failure, nothing
    of that one has changed.
    """
    slices: list[Slice] = []
    with _views(connection) as views:
        _meet_stays(connection, incoming, views)
        for number, one in enumerate(incoming):
            with transaction(connection):
                slices += _store(connection, number, one, views)
    return slices


def _store(connection: duckdb.DuckDBPyConnection, number: int, one: Incoming, views: Views) -> list[Slice]:
    """number: of `one` among those that come together (stay_person)."""
    slices = _judge(connection, one)
    taken = [each for each in slices if each.is_taken]
    _remove([each for each in taken if each.verdict == "replace"], connection)
    if taken:
        _insert(connection, taken, number, one, views)
    if one.stays.files:
        views["quarantine"].table = one.stays.quarantine
        _account(connection, one, slices)
    return slices


def number_persons(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Give a number to each usable pseudonym of the column `pseudonym` of a relation that has none yet, in their order.

    One reading of the table pseudonym, however many there are in the relation.
    """
    _meet(connection, relation)
    connection.execute("INSERT INTO pseudonym SELECT person_id, pseudonym FROM met_person WHERE is_new")


def _meet(connection: duckdb.DuckDBPyConnection, relation: str, parts: int = 1) -> None:
    """Fill met_person: each usable pseudonym of the relation with its number, which is_new when it is not in the table pseudonym.

    parts: in how many the pseudonyms are looked up; what a look-up needs grows with them.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE met_pseudonym (pseudonym VARCHAR, person_id INTEGER)")
    query = _LOOK_UP.format(relation=relation, status=_STATUS.format(p="pseudonym"))
    for part in range(parts):
        connection.execute(query, {"parts": parts, "part": part})
    connection.execute(_MEET)


_LOOK_UP = """
    INSERT INTO met_pseudonym
    WITH met AS (SELECT DISTINCT pseudonym FROM {relation} WHERE {status} = 'ok' AND hash(pseudonym) % $parts = $part)
    SELECT met.pseudonym, p.person_id
    FROM met
    LEFT JOIN pseudonym AS p ON p.pseudonym = met.pseudonym
"""
# Grain: new_pseudonym: a usable pseudonym without a number, in order (which a window over all of them could not sort beyond memory).
# Its rows have consecutive rowids, which begin at 0 only outside a transaction.
_MEET = """
    CREATE OR REPLACE TEMP TABLE new_pseudonym AS
    SELECT pseudonym FROM met_pseudonym WHERE person_id IS NULL ORDER BY pseudonym;
    CREATE OR REPLACE TEMP TABLE met_person AS
    WITH last AS (SELECT coalesce(max(person_id), 0) AS person_id FROM pseudonym),
    first AS (SELECT min(rowid) AS row_no FROM new_pseudonym)
    SELECT pseudonym, person_id, false AS is_new FROM met_pseudonym WHERE person_id IS NOT NULL
    UNION ALL
    SELECT n.pseudonym, CAST(last.person_id + n.rowid - first.row_no + 1 AS INTEGER) AS person_id, true AS is_new
    FROM new_pseudonym AS n CROSS JOIN last CROSS JOIN first;
    DROP TABLE met_pseudonym;
    DROP TABLE new_pseudonym
"""


def _meet_stays(connection: duckdb.DuckDBPyConnection, incoming: tuple[Incoming, ...], views: Views) -> None:
    """Fill met_person, and stay_person: the person of each stay that has one. In the order of lines: a piece then finds its own at once."""
    connection.execute("CREATE OR REPLACE TEMP TABLE stay_pseudonym (number INTEGER, line BIGINT, pseudonym VARCHAR)")
    for number, one in enumerate(incoming):
        views["person"].table = one.stays.persons()
        connection.execute("INSERT INTO stay_pseudonym SELECT ?, line, pseudonym FROM incoming_person", [number])
    ((stays,),) = connection.execute("SELECT count(*) FROM stay_pseudonym").fetchall()
    parts = 1 + stays // LOOKED_UP_AT_A_TIME
    _meet(connection, "stay_pseudonym", parts)
    connection.execute("CREATE OR REPLACE TEMP TABLE met_stay (number INTEGER, line BIGINT, person_id INTEGER)")
    for part in range(parts):
        connection.execute(_MEET_STAYS, {"parts": parts, "part": part})
    connection.execute("DROP TABLE stay_pseudonym")
    connection.execute("CREATE OR REPLACE TEMP TABLE stay_person AS SELECT number, line, person_id FROM met_stay ORDER BY number, line")
    connection.execute("DROP TABLE met_stay")


_MEET_STAYS = """
    INSERT INTO met_stay
    SELECT i.number, i.line, p.person_id
    FROM stay_pseudonym AS i
    JOIN met_person AS p ON p.pseudonym = i.pseudonym
    WHERE hash(i.pseudonym) % $parts = $part AND hash(p.pseudonym) % $parts = $part
"""


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
    views = {name: View() for name in (*SCHEMAS, "quarantine", "slice", "file", "person")}
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
        uncount(connection, "read_slice_file", one.slice_id)
        for name in ("stay", *_CHILDREN):
            connection.execute(f"DELETE FROM read_{name} WHERE stay_id BETWEEN ? AND ?", [first, last])
        connection.execute("DELETE FROM read_slice WHERE slice_id = ?", [one.slice_id])


def _stay_ids(one: Slice) -> tuple[int, int]:
    return one.slice_id << 32, (one.slice_id + 1 << 32) - 1


def remove_absent(connection: duckdb.DuckDBPyConnection, sha256: str, here: list[str]) -> list[Absent]:
    """Take out the hospitals that SNDS tables now held (of the set `sha256`) no longer have, and earlier tables of their year had.

    Those stay whose main table is still among the contents `here` (hashes of the landing folder: an extract in parts), or of a later month.
    Those of an extract of which less than SAME_PERIMETER has been replaced stay too, and are told (is_kept).
    """
    values = {"sha256": sha256, "mains": list(main_families()), "here": here, "same": SAME_PERIMETER}
    absent = connection.execute(_ABSENT, values).fetchall()
    with transaction(connection):
        gone = [(slice_id, finess, field, year) for slice_id, finess, field, year, _, is_kept in absent if not is_kept]
        _remove([Slice(finess, field, year, slice_id, "removed") for slice_id, finess, field, year in gone], connection)
    return [Absent(*row[1:]) for row in absent]


_ABSENT = """
    WITH incoming AS (SELECT field, year, month FROM read_slice WHERE sha256 = $sha256 AND form = 'snds' LIMIT 1),
    main_file AS (
        SELECT DISTINCT s.sha256 AS set_sha256, f.source_file, f.sha256, f.accepted, f.refused
        FROM read_slice AS s
        JOIN incoming AS i ON i.field = s.field AND i.year = s.year
        JOIN read_slice_file AS l ON l.slice_id = s.slice_id
        JOIN read_file AS f ON f.source_file = l.source_file AND f.sha256 = l.sha256
        WHERE s.form = 'snds' AND s.sha256 <> $sha256 AND list_contains($mains, f.family)
    ),
    former AS (
        SELECT set_sha256, sum(refused) < $same * sum(accepted + refused) AS is_kept
        FROM main_file
        GROUP BY set_sha256
        HAVING NOT bool_or(list_contains($here, sha256))
    )
    SELECT s.slice_id, s.finess, s.field, s.year, count(x.stay_id) AS stays, f.is_kept
    FROM read_slice AS s
    JOIN incoming AS i ON i.field = s.field AND i.year = s.year
    JOIN former AS f ON f.set_sha256 = s.sha256
    LEFT JOIN read_stay AS x ON x.slice_id = s.slice_id
    WHERE s.form = 'snds' AND coalesce(s.month, 0) <= coalesce(i.month, 0)
    GROUP BY s.slice_id, s.finess, s.field, s.year, f.is_kept
    ORDER BY s.finess
"""


def _insert(connection: duckdb.DuckDBPyConnection, taken: list[Slice], number: int, one: Incoming, views: Views) -> None:
    names = ("slice_id", "finess", "field", "year")
    views["slice"].table = pa.table({name: [getattr(each, name) for each in taken] for name in names})
    for piece in one.stays.pieces():
        for name, table in piece.items():
            views[name].table = table
        _insert_piece(connection, number, piece)
    _keep_new_persons(connection)
    values = {"form": one.stays.form, "month": one.month, "sha256": one.sha256, "sent": one.sent, "person_key": one.stays.person_key}
    connection.execute(_INSERT_SLICES, values)
    views["file"].table = _file_lines(one, taken) if one.file_lines is None else one.file_lines
    connection.execute(_INSERT_FILES)


def _keep_new_persons(connection: duckdb.DuckDBPyConnection) -> None:
    """Only those of the slices taken: whom nothing shows is not kept. So many at a time, whatever the number of them."""
    first, last = connection.execute("SELECT min(person_id), max(person_id) FROM met_person WHERE is_new").fetchall()[0]
    for start in range(first or 0, (last or -1) + 1, KEPT_AT_A_TIME):
        connection.execute(_NEW_PERSONS, {"first": start, "last": start + KEPT_AT_A_TIME - 1})


def _file_lines(one: Incoming, taken: list[Slice]) -> pa.Table:
    """The lines of files that are all of one hospital-year."""
    (only,) = taken
    keys = {"finess": only.finess, "year": only.year}
    rows = [{**keys, "source_file": file.source_file, "sha256": file.sha256, "lines": file.accepted} for file in one.stays.files]
    return pa.Table.from_pylist([row for row in rows if row["lines"]], FILE_LINES)


def _insert_piece(connection: duckdb.DuckDBPyConnection, number: int, piece: dict[str, pa.Table]) -> None:
    lines = pc.min_max(piece["stay"].column("line")).as_py()
    connection.execute(_INSERT_STAYS, {"number": number, "first": lines["min"], "last": lines["max"]})
    for name in _CHILDREN:
        if piece[name].num_rows:
            _insert_children(connection, name)


_INSERT_STAYS = f"""
    INSERT INTO read_stay BY NAME
    SELECT CAST(i.slice_id AS BIGINT) * 4294967296 + s.line AS stay_id, i.slice_id, p.person_id,
           {_STATUS.format(p="s.pseudonym")} AS pseudonym_status, {", ".join(f"s.{name}" for name in _STAY_NAMES)}
    FROM incoming_stay AS s
    JOIN incoming_slice AS i ON i.finess = s.finess AND i.field = s.field AND i.year = s.year
    LEFT JOIN (
        SELECT line, person_id FROM stay_person WHERE number = $number AND line BETWEEN $first AND $last
    ) AS p ON p.line = s.line
"""
_STAYS_NOW = "read_stay AS s JOIN incoming_slice AS i ON i.slice_id = s.slice_id"
_NEW_PERSONS = f"""
    INSERT INTO pseudonym
    SELECT m.person_id, m.pseudonym
    FROM met_person AS m
    WHERE m.is_new AND m.person_id BETWEEN $first AND $last
      AND m.person_id IN (SELECT s.person_id FROM {_STAYS_NOW} WHERE s.person_id BETWEEN $first AND $last)
      AND m.person_id NOT IN (SELECT p.person_id FROM pseudonym AS p WHERE p.person_id BETWEEN $first AND $last)
"""  # an Incoming before this one may have brought some of them
_INSERT_SLICES = f"""
    INSERT INTO read_slice BY NAME
    WITH chained AS (SELECT DISTINCT s.slice_id FROM {_STAYS_NOW} WHERE s.person_id IS NOT NULL)
    SELECT i.slice_id, i.finess, i.field, i.year, $form AS form, $month AS month, $sha256 AS sha256, $sent AS sent,
           CASE WHEN c.slice_id IS NULL THEN 'none' ELSE $person_key END AS person_key
    FROM incoming_slice AS i
    LEFT JOIN chained AS c ON c.slice_id = i.slice_id
"""

_INSERT_FILES = """
    INSERT INTO read_slice_file
    SELECT i.slice_id, f.source_file, f.sha256, f.lines
    FROM incoming_file AS f
    JOIN incoming_slice AS i ON i.finess = f.finess AND i.year = f.year
"""


def _insert_children(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"""
        INSERT INTO read_{name} BY NAME
        SELECT CAST(i.slice_id AS BIGINT) * 4294967296 + x.line AS stay_id, x.* EXCLUDE (line)
        FROM incoming_{name} AS x
        JOIN incoming_stay AS s ON s.line = x.line
        JOIN incoming_slice AS i ON i.finess = s.finess AND i.field = s.field AND i.year = s.year
    """)


def _account(connection: duckdb.DuckDBPyConnection, one: Incoming, slices: list[Slice]) -> None:
    """Write the account of the files, and their quarantine."""
    held = held_lines(connection, one.stays.files)
    settle(one.stays.files, held, next((each.verdict for each in slices if not each.is_taken), "superseded"))
    write_files(connection, one.stays.files, held)
    connection.execute("INSERT INTO quarantine BY NAME SELECT source_file, source_line, reason FROM incoming_quarantine")


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
