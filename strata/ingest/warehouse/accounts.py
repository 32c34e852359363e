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


Held = dict[tuple[str, str], int]


def held_lines(connection: duckdb.DuckDBPyConnection, files: list[FileSeen]) -> Held:
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


def settle(files: list[FileSeen], held: Held, reason: str) -> None:
    """Give files that were read the account of what is held of them; what is not, is refused for `reason`."""
    for file in files:
        if file.reason is None:
            accepted = min(held.get((file.source_file, file.sha256), 0), file.accepted)
            file.refused += file.accepted - accepted
            file.accepted = accepted
            file.reason = reason if file.refused else None


_FORGET = "DELETE FROM read_file WHERE list_contains(?, source_file) AND NOT list_contains(?, sha256 || ' ' || source_file)"
_SUPERSEDE = """
    UPDATE read_file SET refused = refused + quarantined, quarantined = 0, reason = 'superseded' WHERE list_contains(?, source_file)
"""


def write_files(connection: duckdb.DuckDBPyConnection, files: list[FileSeen], held: Held) -> None:
    """Write the account of files, and clear their quarantine; the quarantine of what was read is written after. held: of their names.

    A file seen again under the same name takes the place of the old row, but for what is still held: the same content, refused now (a
    set that cannot be taken changes nothing), keeps its account; another content keeps its row, its quarantine counted as refused, since
    its lines can no longer be looked at.
    """
    written = [file for file in files if file.accepted or (file.source_file, file.sha256) not in held]
    if not written:
        return
    now = {file.source_file: file.sha256 for file in written}
    others = [(name, sha256) for name, sha256 in held if now.get(name, sha256) != sha256]
    connection.execute("DELETE FROM quarantine WHERE list_contains(?, source_file)", [list(now)])
    connection.execute(_FORGET, [list(now), [f"{sha256} {name}" for name, sha256 in others]])
    if others:
        connection.execute(_SUPERSEDE, [[name for name, _ in others]])
    row = f"({', '.join('?' * len(fields(FileSeen)))})"
    values = [value for file in written for value in astuple(file)]
    connection.execute(f"INSERT INTO read_file ({_NAMES}) VALUES {', '.join([row] * len(written))}", values)
