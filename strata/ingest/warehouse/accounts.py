"""The account of each file: lines = accepted + quarantined + refused, where accepted are the lines that are held, no more and no less.

Belongs here: read_file, and how many lines of each file each slice holds (read_slice_file, read_person_file). Not here: who replaces whom
(store.py, person_store.py), what a file says (the readers).

A content is told by the name and the hash of its file. A file overwritten in place whose former content is still held, wholly or in part,
has two rows: what was held keeps its account until something replaces it.
"""

from dataclasses import astuple, fields

import duckdb

from strata.ingest.extract import FileSeen

_NAMES = ", ".join(field.name for field in fields(FileSeen))
_HELD = """
    WITH held AS (FROM read_slice_file UNION ALL BY NAME FROM read_person_file)
    SELECT h.source_file, h.sha256, CAST(sum(h.accepted) AS BIGINT)
    FROM held AS h
    WHERE list_contains(?, h.source_file)
    GROUP BY 1, 2
"""


def held_lines(connection: duckdb.DuckDBPyConnection, files: list[FileSeen]) -> dict[tuple[str, str], int]:
    """Lines now held of the contents that have the names of these files, by (source_file, sha256)."""
    rows = connection.execute(_HELD, [[file.source_file for file in files]]).fetchall()
    return {(name, sha256): lines for name, sha256, lines in rows if lines}


def uncount(connection: duckdb.DuckDBPyConnection, table: str, slice_id: int) -> None:
    """A slice goes out: its lines are no longer accepted, file by file. table: read_slice_file or read_person_file."""
    connection.execute(_UNCOUNT.format(table=table), {"slice_id": slice_id})
    connection.execute(f"DELETE FROM {table} WHERE slice_id = ?", [slice_id])


_UNCOUNT = """
    UPDATE read_file SET accepted = read_file.accepted - gone.lines, refused = refused + gone.lines, reason = 'superseded'
    FROM (SELECT source_file, sha256, sum(accepted) AS lines FROM {table} WHERE slice_id = $slice_id GROUP BY ALL) AS gone
    WHERE read_file.source_file = gone.source_file AND read_file.sha256 = gone.sha256 AND read_file.accepted >= gone.lines
"""


def settle(connection: duckdb.DuckDBPyConnection, files: list[FileSeen], reason: str) -> None:
    """Give files that were read the account of what is held of them; what is not, is refused for `reason`."""
    held = held_lines(connection, files)
    for file in files:
        if file.reason is None:
            accepted = min(held.get((file.source_file, file.sha256), 0), file.accepted)
            file.refused += file.accepted - accepted
            file.accepted = accepted
            file.reason = reason if file.refused else None


def write_files(connection: duckdb.DuckDBPyConnection, files: list[FileSeen]) -> None:
    """Write the account of files, and clear their quarantine; the quarantine of what was read is written after.

    A file seen again under the same name takes the place of the old row, but for what is still held: the same content, refused now (a
    set that cannot be taken changes nothing), keeps its account; another content keeps its row, its quarantine counted as refused, since
    its lines can no longer be looked at.
    """
    held = held_lines(connection, files)
    for file in files:
        if not file.accepted and (file.source_file, file.sha256) in held:
            continue
        others = [sha256 for name, sha256 in held if name == file.source_file and sha256 != file.sha256]
        connection.execute("DELETE FROM quarantine WHERE source_file = ?", [file.source_file])
        connection.execute("DELETE FROM read_file WHERE source_file = ? AND NOT list_contains(?, sha256)", [file.source_file, others])
        if others:
            query = "UPDATE read_file SET refused = refused + quarantined, quarantined = 0, reason = 'superseded' WHERE source_file = ?"
            connection.execute(query, [file.source_file])
        connection.execute(f"INSERT INTO read_file ({_NAMES}) VALUES ({', '.join('?' * len(fields(file)))})", astuple(file))
