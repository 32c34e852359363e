"""What the archives of the landing folder were found to hold: one that has not changed is told by its bytes on disk, and not unzipped.

Belongs here: the table archive_entry, read before files are looked into and written once they are. Not here: hashing (archives.py).

An archive is told by the hash of all its bytes, never by its name, size or time: a file replaced in place is another archive. Rows are
only kept of an archive whose bytes were the same before its directory was read and after its entries were; an entry that breaks has none
and is read again each time. Without a row everything is unzipped, with the same result. The hash of a file identifies nobody.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from strata.ingest.archives import SourceFile, sha256_of
from strata.ingest.warehouse.store import transaction

Hashes = dict[tuple[str, int], str]  # (archive_sha256, entry_rank) -> sha256 of what the entry holds


def recall(connection: duckdb.DuckDBPyConnection, sources: Iterable[SourceFile]) -> None:
    """Tell the entries of archives met before what they hold (SourceFile.sha256)."""
    kept = _kept(connection)
    for source in sources:
        if source.entry and not source.refused:
            source.known_sha256 = source.known_sha256 or kept.get((source.entry.archive_sha256, source.entry.rank))


def keep(connection: duckdb.DuckDBPyConnection, sources: Iterable[SourceFile]) -> None:
    """Keep what the archives of the landing folder (all of `sources`) hold, as far as it has been read, and nothing of other archives."""
    kept, paths, read = _kept(connection), dict[Path, str](), Hashes()
    for entry, sha256 in ((source.entry, source.known_sha256) for source in sources if not source.refused):
        if entry and sha256:
            paths[entry.archive] = entry.archive_sha256
            read[entry.archive_sha256, entry.rank] = sha256
    new = {archive for archive, _ in read.keys() - kept.keys()}
    changed = {sha256 for path, sha256 in paths.items() if sha256 in new and sha256_of(path) != sha256}
    now = {key: sha256 for key, sha256 in read.items() if key[0] not in changed}
    if now != kept:
        with transaction(connection):
            connection.execute("DELETE FROM archive_entry")
            rows = [(*key, sha256) for key, sha256 in now.items()]
            connection.execute(_INSERT, list(map(list, zip(*rows))) or [[], [], []])


_INSERT = "INSERT INTO archive_entry SELECT unnest($1::VARCHAR[]), unnest($2::INTEGER[]), unnest($3::VARCHAR[])"


def _kept(connection: duckdb.DuckDBPyConnection) -> Hashes:
    rows = connection.execute("SELECT archive_sha256, entry_rank, sha256 FROM archive_entry").fetchall()
    return {(archive_sha256, rank): sha256 for archive_sha256, rank, sha256 in rows}
