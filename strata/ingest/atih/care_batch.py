"""Small transmissions of SMR, HAD or PSY read together: a private database and its SQL cost as much for forty stays as for thousands.

Belongs here: which transmissions go together, parting again what was read of them.
Not here: reading one (care_field.py), storing (load.py).

Those of one batch are of one field and year, each of another hospital. Whatever is out of the ordinary (a file that breaks, or that is of
another hospital or year than it seemed) is found before anything is given back, and each is then read by itself: the result is the same.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate, pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.engine.duckdb import connect
from strata.ingest.atih.care_field import main_tables, set_aside_later_years, set_aside_other_hospitals, stage, year_of
from strata.ingest.atih.found import Found
from strata.ingest.atih.transmission import announced
from strata.ingest.atih.transmissions import FieldFiles, why_not
from strata.ingest.extract import QUARANTINE, SCHEMAS, Extract, FileSeen
from strata.ingest.raw import raw_set
from strata.ingest.raw.raw_tables import raw_tables
from strata.ingest.reasons import Refused

BATCH_BYTES = 16 << 20  # of files that are read together, in memory
_OWN_GROUP = 1  # stays from which a hospital is handed over by itself
_NO_GROUP = -1  # of one without a stay that can be taken


@dataclass(frozen=True)
class CareRead:
    """One transmission read: its stays, account and quarantine. month: the last one; unverified: as in care_field.StagedFiles."""

    extract: Extract
    month: int | None
    unverified: tuple[Found, ...]


def batches(transmissions: Iterable[FieldFiles]) -> Iterator[list[FieldFiles]]:
    """Transmissions by what may be read together; those of one hospital, field and year stay in their order, in batches of their own."""
    waiting: dict[tuple[str, int, int], list[FieldFiles]] = {}
    met: Counter[tuple[str, int, str | None]] = Counter()  # by field, year and hospital
    for one in transmissions:
        key = _key(one)
        if key is None:  # whose it is, or of which year, may be anything: what comes before it is read before
            yield from _parts(waiting.values())
            waiting, met = {}, Counter()
            yield [one]
        else:
            waiting.setdefault((*key, met[*key, _finess(one)]), []).append(one)
            met[*key, _finess(one)] += 1
    yield from _parts(waiting.values())


def _parts(waiting: Iterable[list[FieldFiles]]) -> Iterator[list[FieldFiles]]:
    """Each cut where it goes beyond another BATCH_BYTES."""
    for batch in waiting:
        number = np.cumsum([_size(one) for one in batch]) // BATCH_BYTES
        yield from ([one for one, own in zip(batch, number) if own == part] for part in np.unique(number))


def _key(one: FieldFiles) -> tuple[str, int] | None:
    """(field, year) of a transmission that may be read with others; None for one that is large, refused or of nobody knows whom."""
    said = announced(one.sources[0].name)
    years = [int(found.year) for found in one.found if found.year and found.year.isdigit()]
    year = said.year if said else max(years, default=None)
    is_refused = one.is_half or any(why_not(found) for found in one.found)
    if is_refused or year is None or _finess(one) is None or _size(one) > BATCH_BYTES:
        return None
    return one.field, year


def _finess(one: FieldFiles) -> str | None:
    """The hospital that each of its files says it is of; None when they differ. A TRA does not say."""
    said = {found.finess for found in one.found if found.finess}
    return said.pop() if len(said) == 1 else None


def _size(one: FieldFiles) -> int:
    return sum(source.size for source in one.sources)


def read_together(batch: list[FieldFiles], memory_limit: str | None = None) -> list[CareRead] | None:
    """Each transmission of a batch, in their order; None when one of them must be read alone, and therefore each."""
    with closing(connect(None, memory_limit=memory_limit)) as connection:
        raw_set.create_raw_tables(connection, batch[0].field)
        try:
            seen = _staged(connection, batch)
        except Refused:
            return None
        set_aside_other_hospitals(connection, _found(batch))
        first_files = [0, *accumulate(len(files) for files in seen)]
        years = {year_of(connection, one, range(*ends)) for one, ends in zip(batch, pairwise(first_files))}
        if len(years) != 1 or not _is_as_it_seemed(connection, batch, year := years.pop()):
            return None
        set_aside_later_years(connection, batch[0].field, year)
        verdict = raw_set.judge(connection, batch[0].field, year, group_stays=_OWN_GROUP)
        if verdict.reason or verdict.year != year:
            return None
        raw_set.join(connection, batch[0].field)
        return _parted(connection, batch, seen, year)


def _staged(connection: duckdb.DuckDBPyConnection, batch: list[FieldFiles]) -> list[list[FileSeen]]:
    """The raw tables filled at once, and the files of each transmission."""
    held: defaultdict[str, list[pa.Table]] = defaultdict(list)

    def put(name: str, rows: pa.Table) -> None:
        held[name].append(rows)

    seen = [[stage(connection, found, raw_set.add_source(connection, found.source.name), put) for found in one.found] for one in batch]
    for name, tables in held.items():
        raw_set.insert_rows(connection, name, pa.concat_tables(tables, promote_options="permissive"))
    return seen


def _found(batch: list[FieldFiles]) -> list[Found]:
    return [found for one in batch for found in one.found]


def _is_as_it_seemed(connection: duckdb.DuckDBPyConnection, batch: list[FieldFiles], year: int) -> bool:
    """Whether every sound line is of the hospital of its transmission, and each transmission has stays of the year."""
    expected = dict(enumerate(_finess(one) for one in batch for _ in one.found))
    met = [f"SELECT DISTINCT file_no, finess FROM {name} WHERE reason IS NULL" for name in main_tables(_found(batch))]
    hospitals = connection.execute(" UNION ".join(met)).fetchall()
    mains = [table for table in raw_tables(batch[0].field) if table.stay_columns and table.year_column]
    of_year = [f"SELECT DISTINCT finess FROM {table.name} WHERE reason IS NULL AND {table.year_column} = {year}" for table in mains]
    with_stays = {row[0] for row in connection.execute(" UNION ".join(of_year)).fetchall()}
    return all(expected[file_no] == finess for file_no, finess in hospitals) and with_stays == set(expected.values())


def _parted(connection: duckdb.DuckDBPyConnection, batch: list[FieldFiles], seen: list[list[FileSeen]], year: int) -> list[CareRead]:
    """What was read, by transmission; the lines of its stays counted from its own files, as when it is read alone."""
    groups: dict[str | None, int] = dict(connection.execute("SELECT DISTINCT finess, group_no FROM stay_key").fetchall())
    months = dict(connection.execute("SELECT group_no, max(exit_month) FROM out_stay GROUP BY group_no").fetchall())
    rows_before = _rows_before(connection, batch[0].field, sum(map(len, seen)))
    tables = {name: _by_group(connection, name, schema) for name, schema in SCHEMAS.items()}
    aside = raw_set.quarantine(connection)
    read: list[CareRead] = []
    first_file = 0
    for one, files in zip(batch, seen):
        group = groups.get(_finess(one), _NO_GROUP)
        month = months.get(group)
        own = {name: _moved(found.get(group), SCHEMAS[name], rows_before[first_file]) for name, found in tables.items()}
        for file in files:  # a TRA does not say whose it is
            file.finess = file.finess or one.found[0].finess
        account = raw_set.accounted(connection, files, year, month, first_file)
        its = pc.is_in(aside.column("source_file"), value_set=pa.array([file.source_file for file in files]))
        extract = Extract("atih", one.field, own, aside.filter(its).cast(QUARANTINE), account)
        read.append(CareRead(extract, month, tuple(found for found in one.found if not found.is_verified)))
        first_file += len(files)
    return read


def _rows_before(connection: duckdb.DuckDBPyConnection, field: str, files: int) -> list[int]:
    """For each file, how many lines of stays lie in the files before it (raw_set numbers stays over all the files)."""
    mains = [table.name for table in raw_tables(field) if table.stay_columns]
    rows = " UNION ALL ".join(f"SELECT file_no, max(row_no) FROM {name} GROUP BY file_no" for name in mains)
    last = dict(connection.execute(rows).fetchall())
    return [0, *accumulate(last.get(file_no, 0) for file_no in range(files))]


def _by_group(connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema) -> dict[int, pa.Table]:
    """The rows of a table as read by group of hospitals, in their order."""
    found = connection.sql(f"SELECT group_no, {', '.join(schema.names)} FROM out_{name}").to_arrow_table()
    numbers = found.column("group_no").to_numpy()
    order = np.argsort(numbers, kind="stable")
    groups, starts = np.unique(numbers[order], return_index=True)
    rows = found.drop_columns("group_no").cast(schema).take(pa.array(order))
    return {int(group): rows.slice(start, end - start) for group, start, end in zip(groups, starts, [*starts[1:], len(numbers)])}


def _moved(rows: pa.Table | None, schema: pa.Schema, lines: int) -> pa.Table:
    if rows is None:
        return schema.empty_table()
    return rows.set_column(0, schema.field("line"), pc.subtract(rows.column("line"), lines))
