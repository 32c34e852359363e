"""One extract into the warehouse: a (finess, field, year) slice is replaced whole, in one transaction, or not touched.

Belongs here: who replaces whom, surrogate keys, the account of each file. Not here: which files to read, and when (load.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields

import duckdb

from strata.errors import StrataError
from strata.ingest.extract import STAY, Extract, FileSeen

STAY_FAMILIES = ("mco_rsa", "T_MCOaaB")  # one line of them is one stay
_CHILDREN = ("unit", "diagnosis", "procedure", "group")
_STAY_NAMES = [name for name in STAY.names if name not in ("line", "pseudonym")]
_FILE_NAMES = ", ".join(field.name for field in fields(FileSeen))
_STATUS = "CASE WHEN {p} IS NULL THEN 'missing' WHEN regexp_matches({p}, '^[xX]{{16}}') THEN 'placeholder' ELSE 'ok' END"


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


def store(connection: duckdb.DuckDBPyConnection, extract: Extract, *, month: int | None, sha256: str) -> list[Slice]:
    """Put the extract in; gives what became of each of its slices.

    month: the last month of the transmission; a slice already in from a later one stays. sha256: of the content behind the extract.
    StrataError when the same hospital-year is already in from the other form of files; then, and on any failure, nothing has changed.
    """
    with transaction(connection), _incoming(connection, extract):
        slices = _judge(connection, extract.form, month, sha256)
        taken = [one for one in slices if one.is_taken]
        _remove([one for one in taken if one.verdict == "replace"], connection)
        _insert(connection, taken, extract.form, month, sha256)
        if extract.files:
            _account(connection, extract, slices, sha256)
    return slices


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _incoming(connection: duckdb.DuckDBPyConnection, extract: Extract) -> Iterator[None]:
    names = {f"incoming_{name}": table for name, table in extract.tables.items()} | {"incoming_quarantine": extract.quarantine}
    for name, table in names.items():
        connection.register(name, table)
    try:
        yield
    finally:
        for name in names:
            connection.unregister(name)


def _judge(connection: duckdb.DuckDBPyConnection, form: str, month: int | None, sha256: str) -> list[Slice]:
    rows = connection.execute("""
        WITH incoming AS (SELECT DISTINCT finess, field, year FROM incoming_stay)
        SELECT i.finess, i.field, i.year, s.slice_id, s.form, s.month, s.sha256
        FROM incoming AS i
        LEFT JOIN read_slice AS s ON s.finess = i.finess AND s.field = i.field AND s.year = i.year
        ORDER BY i.finess, i.field, i.year
    """).fetchall()
    next_id = connection.execute("SELECT coalesce(max(slice_id), 0) + 1 FROM read_slice").fetchall()[0][0]
    slices = []
    for finess, field, year, slice_id, form_in, month_in, sha256_in in rows:
        if form_in is not None and form_in != form:
            raise _both_forms(finess, year)
        if slice_id is None:
            slices.append(Slice(finess, field, year, next_id, "new"))
            next_id += 1
        else:
            verdict = "already_in" if sha256_in == sha256 else "superseded" if (month_in or 0) > (month or 0) else "replace"
            slices.append(Slice(finess, field, year, slice_id, verdict))
    return slices


def _remove(replaced: list[Slice], connection: duckdb.DuckDBPyConnection) -> None:
    """Take slices out; the account of the files they came from says so. A slice keeps its number, and a range of stay numbers."""
    for one in replaced:
        first, last = one.slice_id << 32, (one.slice_id + 1 << 32) - 1
        connection.execute(_UNCOUNT, {"first": first, "last": last})
        connection.execute(_UNCOUNT_ANO, {"finess": one.finess, "year": one.year})
        for name in ("stay", *_CHILDREN):
            connection.execute(f"DELETE FROM read_{name} WHERE stay_id BETWEEN ? AND ?", [first, last])
        connection.execute("DELETE FROM read_slice WHERE slice_id = ?", [one.slice_id])


_UNCOUNT = """
    UPDATE read_file SET accepted = accepted - gone.stays, refused = refused + gone.stays, reason = 'superseded'
    FROM (SELECT source_file, count(*) AS stays FROM read_stay WHERE stay_id BETWEEN $first AND $last GROUP BY source_file) AS gone
    WHERE read_file.source_file = gone.source_file
"""
_UNCOUNT_ANO = """
    UPDATE read_file SET refused = refused + accepted, accepted = 0, reason = 'superseded'
    WHERE family = 'mco_ano' AND finess = $finess AND year = $year AND accepted > 0
"""


def _insert(connection: duckdb.DuckDBPyConnection, taken: list[Slice], form: str, month: int | None, sha256: str) -> None:
    if not taken:
        return
    connection.execute("CREATE OR REPLACE TEMP TABLE incoming_slice (slice_id INTEGER, finess VARCHAR, field VARCHAR, year SMALLINT)")
    connection.executemany("INSERT INTO incoming_slice VALUES (?, ?, ?, ?)", [[s.slice_id, s.finess, s.field, s.year] for s in taken])
    connection.execute(
        "INSERT INTO read_slice SELECT slice_id, finess, field, year, ?, ?, ? FROM incoming_slice ORDER BY slice_id", [form, month, sha256]
    )
    connection.execute(_NEW_PERSONS)
    connection.execute(_INSERT_STAYS)
    for name in _CHILDREN:
        _insert_children(connection, name)


_NEW_PERSONS = f"""
    INSERT INTO pseudonym
    WITH met AS (
        SELECT DISTINCT s.pseudonym
        FROM incoming_stay AS s
        JOIN incoming_slice AS i ON i.finess = s.finess AND i.field = s.field AND i.year = s.year
        WHERE {_STATUS.format(p="s.pseudonym")} = 'ok'
    ),
    last AS (SELECT coalesce(max(person_id), 0) AS person_id FROM pseudonym)
    SELECT last.person_id + row_number() OVER (ORDER BY met.pseudonym), met.pseudonym
    FROM met
    CROSS JOIN last
    WHERE NOT EXISTS (SELECT 1 FROM pseudonym AS known WHERE known.pseudonym = met.pseudonym)
"""
_INSERT_STAYS = f"""
    INSERT INTO read_stay BY NAME
    SELECT CAST(i.slice_id AS BIGINT) * 4294967296 + s.line AS stay_id, i.slice_id, p.person_id,
           {_STATUS.format(p="s.pseudonym")} AS pseudonym_status, {", ".join(f"s.{name}" for name in _STAY_NAMES)}
    FROM incoming_stay AS s
    JOIN incoming_slice AS i ON i.finess = s.finess AND i.field = s.field AND i.year = s.year
    LEFT JOIN pseudonym AS p ON p.pseudonym = s.pseudonym
    ORDER BY stay_id
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


def _account(connection: duckdb.DuckDBPyConnection, extract: Extract, slices: list[Slice], sha256: str) -> None:
    """Write the account of the files of the extract, and their quarantine: lines = accepted + quarantined + refused."""
    in_now = dict(connection.execute(_STAYS_IN_NOW, [sha256]).fetchall())
    reason = next((one.verdict for one in slices if not one.is_taken), None)
    for file in extract.files:
        if file.reason is None:
            is_in = any(in_now.get(other.source_file) for other in extract.files)
            accepted = in_now.get(file.source_file, 0) if file.family in STAY_FAMILIES else file.accepted if is_in else 0
            file.refused += file.accepted - accepted
            file.accepted = accepted
            file.reason = (reason or "superseded") if file.refused else None
    connection.execute("DELETE FROM quarantine WHERE source_file IN (SELECT unnest(?))", [[file.source_file for file in extract.files]])
    connection.execute("INSERT INTO quarantine BY NAME SELECT source_file, source_line, reason FROM incoming_quarantine")
    write_files(connection, extract.files)
    if extract.form == "snds":
        connection.execute(_UNCOUNT_TABLES, {"year": extract.files[0].year, "current": [file.source_file for file in extract.files]})


_STAYS_IN_NOW = """
    SELECT s.source_file, count(*) FROM read_stay AS s JOIN read_slice AS i ON i.slice_id = s.slice_id
    WHERE i.sha256 = ? GROUP BY s.source_file
"""
_UNCOUNT_TABLES = """
    UPDATE read_file SET refused = refused + accepted, accepted = 0, reason = 'superseded'
    WHERE family LIKE 'T_MCOaa%' AND year = $year AND accepted > 0 AND NOT list_contains($current, source_file)
      AND NOT EXISTS (
          SELECT 1 FROM read_file AS b
          WHERE b.family = 'T_MCOaaB' AND b.year = $year AND b.accepted > 0 AND NOT list_contains($current, b.source_file)
      )
"""


def write_files(connection: duckdb.DuckDBPyConnection, files: list[FileSeen]) -> None:
    """Write the account of files, one row each; a file seen again under the same name takes the place of the old row."""
    for file in files:
        connection.execute("DELETE FROM read_file WHERE source_file = ?", [file.source_file])
        connection.execute(f"INSERT INTO read_file ({_FILE_NAMES}) VALUES ({', '.join('?' * len(fields(file)))})", astuple(file))


def _both_forms(finess: str, year: int) -> StrataError:
    return StrataError(
        what=("Le même établissement et la même année arrivent sous deux formes.", "The same hospital and year come in both forms."),
        where=f"finess {finess}, {year}",
        why=(
            "Ses séjours viennent à la fois de fichiers ATIH (.rsa) et de tables SNDS (T_MCOaaB) : ils seraient comptés deux fois.",
            "Its stays come both from ATIH files (.rsa) and from SNDS tables (T_MCOaaB): they would be counted twice.",
        ),
        fix=(
            "Retirez du dossier de dépôt l'une des deux formes pour cette année ; si l'entrepôt contient l'ancienne, recréez-le.",
            "Take one of the two forms of that year out of the landing folder; when the warehouse holds the old one, make it again.",
        ),
    )
