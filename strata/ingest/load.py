"""From the landing folder to the tables as read: the public entry of ingest.

Belongs here: what is read, in which order, what is already in, what is reported.
Not here: reading (atih/mco.py, snds/stay_sets.py) and storing (warehouse/store.py).
"""

import hashlib
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from strata.errors import StrataError
from strata.ingest.archives import SourceFile, open_sources
from strata.ingest.atih.care_batch import batches, read_together
from strata.ingest.atih.care_field import staged_files, unverified_notices
from strata.ingest.atih.found import Found
from strata.ingest.atih.staged_pair import HELD_BYTES, open_pair
from strata.ingest.atih.transmission import Announced, announced
from strata.ingest.atih.transmissions import FieldFiles, Pair, field_files, pairs
from strata.ingest.extract import FileSeen
from strata.ingest.local import person_key
from strata.ingest.reasons import reasons
from strata.ingest.recognise import Recognised, recognise_source, seen
from strata.ingest.snds.person_files import person_sets
from strata.ingest.snds.person_set import staged_persons
from strata.ingest.snds.stay_sets import WORK_PREFIX, Doubt, TableSet, notices, staged, table_sets
from strata.ingest.warehouse.accounts import held_lines, write_files
from strata.ingest.warehouse.known_archives import keep, recall
from strata.ingest.warehouse.lock import lock
from strata.ingest.warehouse.notices import absent_notices, nothing_there, still_shown
from strata.ingest.warehouse.person_store import store_persons
from strata.ingest.warehouse.store import Incoming, Slice, Stays, remove_absent, store, transaction
from strata.ingest.warehouse.tables import open_warehouse, writing

Progress = Callable[[str], None]
NO_FAULT = ("already_in", "superseded", "rss_beside_rsa", "named_by_ano")  # why a file is not taken though nothing is wrong with it
# Held at a time: their persons are looked up once for all of them, and that reads the pseudonym of everybody there is
TOGETHER_BYTES = 2 * HELD_BYTES
STORE_MEMORY = "192MB"  # of DuckDB while stays come piece by piece: it keeps what it has written as long as it may, to no use here
_FEWEST_TOGETHER = 2  # transmissions
STORE_THREADS = 2  # meanwhile: what it needs at least grows with them, and pieces are small
# Of the write log meanwhile, before it is put in its place: doing so hospital by hospital is a fifth of a first reading, and every 64 MB a
# fifth of reading one more month.
STORE_LOG = "256MB"


@dataclass
class IngestReport:
    """What one ingest did. files: every file of the landing folder as it is accounted for now; slices: by verdict (store.Slice).

    warnings: what must reach whoever is told that a run has ended, beside the notices: without a count.
    """

    files: list[FileSeen] = field(default_factory=list)
    slices: Counter[str] = field(default_factory=Counter)
    notices: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def refused_files(self) -> list[FileSeen]:
        """Files whose lines could not be taken; a copy, an older transmission or what another file says better is no fault."""
        return [file for file in self.files if file.reason and file.reason not in NO_FAULT]

    def total(self, name: str) -> int:
        """Sum over files of 'lines', 'accepted', 'quarantined' or 'refused'."""
        return sum(getattr(file, name) for file in self.files)


def ingest(landing: Path, warehouse: Path | duckdb.DuckDBPyConnection, progress: Progress | None = None) -> IngestReport:
    """Read what is new in `landing` into the warehouse (its path, or a connection whose caller holds the lock).

    progress is told the name of each file before it is read. StrataError when there is no folder `landing` (a share that is not mounted),
    when nothing can be recognised and the warehouse is empty, when a hospital-year comes in both forms, when another run writes, or when
    the disk refuses what is written. What was stored before an error stays, slice by slice whole.
    """
    if isinstance(warehouse, duckdb.DuckDBPyConnection):
        return _ingest(landing, warehouse, progress or (lambda name: None))
    with lock(warehouse.parent) as notice:
        connection = open_warehouse(warehouse)
        try:
            report = _ingest(landing, connection, progress or (lambda name: None))
        finally:
            connection.close()
    report.notices += [notice] if notice else []
    return report


def _ingest(landing: Path, connection: duckdb.DuckDBPyConnection, progress: Progress) -> IngestReport:
    if not landing.is_dir():
        raise _no_folder(landing)
    sources = list(open_sources(landing))
    recall(connection, sources)
    found = [(source, recognise_source(source)) for source in sources]
    transmissions, tables, others = pairs(sources), table_sets(found), field_files(sources)
    taken = _taken(connection)
    persons = person_sets(found, lambda known: _is_known(taken, known), _work(connection))
    if not transmissions and not tables and not others and not persons and not _holds_anything(connection):
        raise _nothing_recognised(landing, sources)
    report = IngestReport(warnings=[] if sources else [nothing_there(landing)])
    with writing(_work(connection) or Path()):
        keep(connection, sources)
        for batch in _batches(connection, transmissions):
            report.slices.update(_load_pairs(connection, batch, progress))
        unverified: list[Found] = []
        for fields in batches(others):
            report.slices.update(_load_fields(connection, fields, progress, unverified))
        report.notices += unverified_notices(unverified)
        doubts: list[Doubt] = []
        for table_set in tables:
            report.slices.update(_load_set(connection, table_set, progress, doubts))
        here = [seen(source).sha256 for source in sources]
        absent = {one for table_set in tables for one in remove_absent(connection, table_set.sha256, here)}
        report.slices.update("removed" for one in absent if not one.is_kept)
        report.notices += notices(doubts) + absent_notices(absent)
        for person_set in persons:
            report.slices.update(_load_persons(connection, person_set, progress, report.notices))
        report.files = _account_for_the_rest(connection, found)
        _reach_further(connection, sources)
        report.notices += still_shown(connection, report.refused_files)
    return report


def _batches(connection: duckdb.DuckDBPyConnection, transmissions: list[Pair]) -> Iterator[list[Pair]]:
    """Transmissions that are new, in their order, as many together as may be held; a large one, which is not, by itself.

    What is in is asked again once a batch is stored: it may have taken the place of what a later one is a copy of.
    """
    rest = deque(transmissions)
    while rest:
        taken, size = _taken(connection), 0
        batch: list[Pair] = []
        while rest:
            own = sum(source.size for source in rest[0].sources)
            own = own if own < HELD_BYTES else TOGETHER_BYTES
            if _is_known(taken, rest[0].sources):
                rest.popleft()
            elif batch and size + own > TOGETHER_BYTES:
                break
            else:
                batch.append(rest.popleft())
                size += own
        if batch:
            yield batch


def _load_pairs(connection: duckdb.DuckDBPyConnection, batch: list[Pair], progress: Progress) -> list[str]:
    incoming: list[Incoming] = []
    work, taken = _work(connection), _taken(connection)
    with _little_memory(connection, work), ExitStack() as opened:
        for pair in (_beside_what_is_in(connection, pair) for pair in batch):
            if not _is_known(taken, pair.sources, beside=incoming):
                progress(pair.sources[0].name)
                incoming.append(_incoming(pair, opened.enter_context(open_pair(pair, work))))
                if incoming[-1].stays.person_key == "hash":
                    person_key.hold_to(connection)
        return _verdicts(store(connection, *incoming))


@contextmanager
def _little_memory(connection: duckdb.DuckDBPyConnection, work: Path | None) -> Iterator[None]:
    """STORE_MEMORY at most for the warehouse, which then spills beside itself; one in memory cannot, and is left alone.

    What a private database of the reader needs comes on top of it.
    """
    query = """
        SELECT current_setting('memory_limit'), current_setting('threads'), current_setting('checkpoint_threshold'),
               parse_formatted_bytes(current_setting('memory_limit')) > parse_formatted_bytes(?)
    """
    memory, threads, log, is_more = connection.execute(query, [STORE_MEMORY]).fetchall()[0]
    if work is None or not is_more:
        yield
        return
    settings = "SET threads = {}; SET memory_limit = '{}'; SET checkpoint_threshold = '{}'"
    connection.execute(settings.format(min(threads, STORE_THREADS), STORE_MEMORY, STORE_LOG))
    try:
        yield
    finally:
        connection.execute(settings.format(threads, memory, log))


def _beside_what_is_in(connection: duckdb.DuckDBPyConnection, pair: Pair) -> Pair:
    """The same; an RSS is left where the warehouse has the RSA of its hospital and year, though the file is gone."""
    query = "SELECT count(*) FROM read_file WHERE family = 'mco_rsa' AND finess = ? AND year = ? AND accepted > 0"
    if pair.rss is None or not connection.execute(query, [pair.rss.finess, pair.rss.year]).fetchall()[0][0]:
        return pair
    return Pair(None, None, left=tuple((file, "rss_beside_rsa") for file in pair.local))


def _incoming(pair: Pair, stays: Stays) -> Incoming:
    said = announced(pair.sources[0].name)
    sha256 = _sha256(file.sha256 for file in stays.files)
    return Incoming(stays, sha256, _last_month(stays.files, said), said.sent if said else None)


def _last_month(files: list[FileSeen], said: Announced | None) -> int | None:
    """The month a transmission goes to: the one its name announces, when it is of this hospital and year; never before a month seen.

    A small hospital may have nobody leave in December; its transmission of the whole year is whole all the same.
    """
    months = [file.month for file in files if file.month is not None]
    is_of_them = said is not None and any((file.finess, file.year) == (said.finess, said.year) for file in files)
    return max([*months, said.month] if said and is_of_them and months else months, default=None)


def _load_fields(connection: duckdb.DuckDBPyConnection, batch: list[FieldFiles], progress: Progress, unverified: list[Found]) -> list[str]:
    """Transmissions of SMR, HAD or PSY that may be read together. Files of a layout that no source confirms are added to `unverified`."""
    taken = _taken(connection)
    new = [files for files in batch if not _is_known(taken, files.sources)]
    for files in new:
        progress(files.sources[0].name)
    memory_limit = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    return _load_new(connection, new, memory_limit, unverified)


def _load_new(connection: duckdb.DuckDBPyConnection, new: list[FieldFiles], memory_limit: str, unverified: list[Found]) -> list[str]:
    """Together, or by halves until the one that has to be read alone is found."""
    if len(new) < _FEWEST_TOGETHER:
        return [verdict for files in new for verdict in _load_alone(connection, files, memory_limit, unverified)]
    together = read_together(new, memory_limit)
    if together is None:
        halves = new[: len(new) // 2], new[len(new) // 2 :]
        return [verdict for half in halves for verdict in _load_new(connection, half, memory_limit, unverified)]
    unverified += [found for one in together for found in one.unverified]
    return _verdicts(store(connection, *(_of_field(files, one.extract, one.extract.files) for files, one in zip(new, together))))


def _load_alone(connection: duckdb.DuckDBPyConnection, files: FieldFiles, memory_limit: str, unverified: list[Found]) -> list[str]:
    verdicts: list[str] = []
    work = _work(connection)
    with _little_memory(connection, work), staged_files(files, work, memory_limit) as ready:
        unverified += ready.unverified
        for extract in ready.extracts():
            verdicts += _verdicts(store(connection, _of_field(files, extract, ready.files)))
    return verdicts


def _of_field(files: FieldFiles, extract: Stays, seen: list[FileSeen]) -> Incoming:
    """A transmission of SMR, HAD or PSY, or a part of one, to be stored. seen: all its files."""
    said = announced(files.sources[0].name)
    return Incoming(extract, _sha256(file.sha256 for file in seen), _last_month(seen, said), said.sent if said else None)


def _load_set(connection: duckdb.DuckDBPyConnection, tables: TableSet, progress: Progress, doubts: list[Doubt]) -> list[str]:
    if _is_known(_taken(connection), [file.source for file in tables.files]):
        return []
    progress(", ".join(file.source.name for file in tables.files))
    verdicts: list[str] = []
    work = _work(connection)
    memory_limit = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    with _little_memory(connection, work), staged(tables, work, memory_limit) as ready:
        doubts += ready.doubts
        for extract in ready.extracts():
            verdicts += _verdicts(store(connection, Incoming(extract, tables.sha256, ready.month, file_lines=extract.file_lines)))
    return verdicts


def _load_persons(connection: duckdb.DuckDBPyConnection, tables: TableSet, progress: Progress, said: list[tuple[str, str]]) -> list[str]:
    progress(", ".join(file.source.name for file in tables.files))
    memory_limit = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    with staged_persons(tables, _work(connection), memory_limit) as ready:
        said += ready.notices
        return store_persons(connection, ready)


def _verdicts(slices: list[Slice]) -> list[str]:
    return [one.verdict for one in slices]


def _sha256(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(parts)).encode("ascii")).hexdigest()


def _is_known(taken: set[str], sources: list[SourceFile], beside: Iterable[Incoming] = ()) -> bool:
    """Whether all this content was taken before, or is about to be (beside), whatever its names. What was refused is read again."""
    wanted = {seen(source).sha256 for source in sources}
    return wanted - {file.sha256 for one in beside for file in one.stays.files if file.reason is None} <= taken


def _taken(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Hashes of the contents that were taken, as the account says now."""
    return {row[0] for row in connection.execute(f"SELECT DISTINCT sha256 FROM read_file WHERE {_TAKEN}").fetchall()}


_TAKEN = f"(reason IS NULL OR reason IN {NO_FAULT}) AND family <> 'unknown' AND sha256 <> ''"


def _account_for_the_rest(connection: duckdb.DuckDBPyConnection, found: list[tuple[SourceFile, Recognised]]) -> list[FileSeen]:
    """Give a row to each file no reader took (copies, unknown and refused files); gives the account of the whole folder."""
    accounts = []
    with transaction(connection):
        rows = _rows_by_name(connection.execute("SELECT * FROM read_file").fetchall())
        for source, _ in found:
            account = seen(source)
            row = rows.get(source.name, {}).get(account.sha256)
            if row is None:
                row = _copy_of(connection, account)
                write_files(connection, [row], held_lines(connection, [row]))
                rows |= _rows_by_name(connection.execute("SELECT * FROM read_file WHERE source_file = ?", [source.name]).fetchall())
            accounts.append(row)
    return accounts


def _rows_by_name(rows: Iterable[tuple[Any, ...]]) -> dict[str, dict[str, FileSeen]]:
    """Accounts by the name of the file, then by the hash of its content."""
    by_name: dict[str, dict[str, FileSeen]] = {}
    for one in (FileSeen(*row) for row in rows):
        by_name.setdefault(one.source_file, {}).setdefault(one.sha256, one)
    return by_name


def _reach_further(connection: duckdb.DuckDBPyConnection, sources: list[SourceFile]) -> None:
    """A hospital that nobody has left since sends the same content under the name of a later month: what is held goes to that month."""
    said = [(seen(source).sha256, one.finess, one.year, one.month, one.sent) for source in sources if (one := announced(source.name))]
    if said:
        connection.execute(_LATER_NAME, list(map(list, zip(*said, strict=True))))


_LATER_NAME = """
    WITH said AS (SELECT unnest($1) AS sha256, unnest($2) AS finess, unnest($3) AS year, unnest($4) AS month, unnest($5) AS sent),
    later AS (
        SELECT held.slice_id, max(said.month) AS month, arg_max_null(said.sent, said.month) AS sent
        FROM read_slice_file AS file
        JOIN read_slice AS held ON held.slice_id = file.slice_id
        JOIN said ON said.sha256 = file.sha256 AND said.finess = held.finess AND said.year = held.year
        WHERE held.form = 'atih' AND said.month > held.month
        GROUP BY held.slice_id
    )
    UPDATE read_slice SET month = later.month, sent = later.sent FROM later WHERE read_slice.slice_id = later.slice_id
"""


def _copy_of(connection: duckdb.DuckDBPyConnection, account: FileSeen) -> FileSeen:
    """The account of a file whose content is in under another name; itself when it is not."""
    query = f"SELECT * FROM read_file WHERE sha256 = ? AND {_TAKEN} ORDER BY reason IS NOT NULL, source_file LIMIT 1"
    row = connection.execute(query, [account.sha256]).fetchone()
    if row is None:
        return account
    copy = FileSeen(*row)
    copy.source_file, copy.reason = account.source_file, copy.reason or "already_in"
    copy.accepted, copy.quarantined, copy.refused = 0, 0, copy.lines
    return copy


def _work(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """Where a set is staged: the warehouse folder, for its owner only, freed of what a run that died has left. None in memory."""
    database = connection.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()[0][0]
    if not database:
        return None
    folder = Path(database).parent
    for left in folder.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    return folder


def _holds_anything(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(connection.execute("SELECT 1 FROM read_slice UNION ALL SELECT 1 FROM read_person_slice LIMIT 1").fetchall())


def _nothing_recognised(landing: Path, sources: list[SourceFile]) -> StrataError:
    refused = Counter(source.refused for source in sources if source.refused)
    labels = [(name, reasons()[name].label, count) for name, count in sorted(refused.items())]
    french = "".join(f" {label[0]} : {count}." for _, label, count in labels)
    english = "".join(f" {label[1]}: {count}." for _, label, count in labels)
    return StrataError(
        what=("Aucune extraction reconnue.", "No extract recognised."),
        where=str(landing),
        why=(
            f"{len(sources)} fichier(s) vu(s), aucun .rsa ATIH ni table T_MCOaaB du SNDS.{french}",
            f"{len(sources)} file(s) seen, no ATIH .rsa nor SNDS table T_MCOaaB.{english}",
        ),
        fix=(
            "Déposez-y les archives e-PMSI (FINESS.ANNÉE.MOIS…zip) telles quelles, ou les tables SNDS en CSV ou Parquet.",
            "Bring the e-PMSI archives (FINESS.YEAR.MONTH…zip) untouched, or the SNDS tables in CSV or Parquet.",
        ),
    )


def _no_folder(landing: Path) -> StrataError:
    return StrataError(
        what=(
            "Le dossier des extractions manque ; rien n'a été lu ni changé",
            "The landing folder is missing; nothing was read or changed",
        ),
        where=str(landing),
        why=(
            "il n'y a pas de dossier de ce nom : partage réseau non monté ?",
            "there is no folder of that name: a share that is not mounted?",
        ),
        fix=("Le monter ou le créer, ou corriger [paths] landing", "Mount or make it, or mend [paths] landing"),
        is_usage=True,
    )
