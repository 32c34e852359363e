"""A staged set of tables about persons into the warehouse: a slice is replaced whole, in one transaction, or not touched.

Belongs here: who replaces whom, the account of each file. Not here: stays (store.py), reading and judging (snds/person_set.py).
A slice is one month of flow of DCIR, one referential (year 0) or one year of cartography. Rows never pass through Python.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from strata.ingest.extract import FileSeen
from strata.ingest.snds.person_set import StagedPersons
from strata.ingest.warehouse.accounts import held_lines, uncount, write_files
from strata.ingest.warehouse.store import number_persons, transaction

_STAGING = "staged_persons"


def store_persons(connection: duckdb.DuckDBPyConnection, ready: StagedPersons) -> list[str]:
    """Put the set in; gives what became of each of its slices: 'new', 'replace' or 'already_in'.

    A set that could not be taken leaves nothing but the account of its files. What was stored before an error stays, slice by slice whole.
    """
    if ready.database is None:
        with transaction(connection):
            _write_account(connection, ready.files)
        return []
    with _attached(connection, ready.database):
        slices = connection.execute(f"SELECT DISTINCT slice_year, slice_month FROM {_STAGING}.slice_file ORDER BY 1, 2").fetchall()
        verdicts = [_store_slice(connection, ready, int(year), int(month)) for year, month in slices]
        with transaction(connection):
            _write_account(connection, ready.files)
            connection.execute(f"INSERT INTO quarantine BY NAME SELECT source_file, source_line, reason FROM {_STAGING}.set_aside")
    return verdicts


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, database: Path) -> Iterator[None]:
    literal = "'" + str(database).replace("'", "''") + "'"
    connection.execute(f"ATTACH {literal} AS {_STAGING} (READ_ONLY)")
    try:
        yield
    finally:
        connection.execute(f"DETACH {_STAGING}")


def _store_slice(connection: duckdb.DuckDBPyConnection, ready: StagedPersons, year: int, month: int) -> str:
    query = "SELECT slice_id, sha256 FROM read_person_slice WHERE field = ? AND year = ? AND month = ?"
    held = connection.execute(query, [ready.field, year, month]).fetchone()
    if held and held[1] == ready.sha256:
        return "already_in"
    with transaction(connection):
        slice_id = held[0] if held else _next_slice(connection)
        if held:
            _remove(connection, ready.target, slice_id)
        connection.execute("INSERT INTO read_person_slice VALUES (?, ?, ?, ?, ?)", [slice_id, ready.field, year, month, ready.sha256])
        here = f"slice_year = {year} AND slice_month = {month}"
        number_persons(connection, f"(SELECT pseudonym FROM {_STAGING}.out WHERE {here})")
        connection.execute(_INSERT.format(target=ready.target, slice_id=slice_id, here=here, more=_year_column(ready, year)))
        content = {"names": [one.source_file for one in ready.files], "hashes": [one.sha256 for one in ready.files]}
        connection.execute(_INSERT_FILES.format(slice_id=slice_id, here=here), content)
    return "replace" if held else "new"


def _year_column(ready: StagedPersons, year: int) -> str:
    return f"{year} AS year, " if ready.field == "cartography" else ""


_INSERT = f"""
    INSERT INTO read_{{target}} BY NAME
    SELECT {{slice_id}} AS slice_id, p.person_id, {{more}}x.* EXCLUDE (slice_year, slice_month, pseudonym)
    FROM {_STAGING}.out AS x
    LEFT JOIN pseudonym AS p ON p.pseudonym = x.pseudonym
    WHERE {{here}}
"""
_INSERT_FILES = f"""
    INSERT INTO read_person_file BY NAME
    SELECT {{slice_id}} AS slice_id, s.source_file, map($names, $hashes)[s.source_file] AS sha256, sum(x.accepted) AS accepted
    FROM {_STAGING}.slice_file AS x
    JOIN {_STAGING}.source AS s ON s.file_no = x.file_no
    WHERE {{here}}
    GROUP BY s.source_file
"""


def _next_slice(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("SELECT coalesce(max(slice_id), 0) + 1 FROM read_person_slice").fetchall()[0][0])


def _remove(connection: duckdb.DuckDBPyConnection, target: str, slice_id: int) -> None:
    """Take a slice out; the account of the files it came from says so."""
    uncount(connection, "read_person_file", slice_id)
    for table in (f"read_{target}", "read_person_slice"):
        connection.execute(f"DELETE FROM {table} WHERE slice_id = ?", [slice_id])


def _write_account(connection: duckdb.DuckDBPyConnection, files: list[FileSeen]) -> None:
    connection.execute("DELETE FROM quarantine WHERE source_file IN (SELECT unnest(?))", [[file.source_file for file in files]])
    write_files(connection, files, held_lines(connection, files))
