"""From the files of one transmission of SMR, HAD or PSY to the extracts of its hospital and year.

Belongs here: which zone of a line feeds which raw table (raw_zones.csv), what refuses a whole transmission, the account of its files.
Not here: which files go together (transmissions.py), the lines themselves (lines/zoned.py), what the rows of several files say together
(raw/raw_set.py and sql/<field>), storing (load.py).

An ambulatory act (R3A) finds its person by the link index it shares with its ANO line (ILIAISON, from 2020); before, by the hash of
the patient number (CRYPTIPP) it shares with the sequences of stays, whose ANO lines say who they are. Either is the column ipp_hash.
"""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.engine.duckdb import connect
from strata.ingest.atih.found import Found
from strata.ingest.atih.refused import refused_file
from strata.ingest.atih.transmission import announced
from strata.ingest.atih.transmissions import FieldFiles, care_year, why_not
from strata.ingest.extract import QUARANTINE, Extract, FileSeen
from strata.ingest.lines.fixed_width import Array
from strata.ingest.lines.layouts import FORMATS, layouts
from strata.ingest.lines.zoned import ROW, Zoned, zoned_blocks
from strata.ingest.raw import raw_set
from strata.ingest.raw.raw_tables import RawColumn, raw_columns, raw_tables
from strata.ingest.reasons import Refused
from strata.ingest.snds.stay_sets import WORK_PREFIX

IN_MEMORY_BYTES = 64 << 20  # a smaller transmission is staged without a file
_KEYS = ("stay_number", "unit_number", "sequence_number", "stay_identifier")  # filled with zeros to their width
_PATIENT, _LINK = "ipp_hash", "link_index"
_BILLING = "billing_base_eur"
_CENT = pa.scalar(Decimal("0.01"))


@dataclass
class StagedFiles:
    """A transmission read and judged. month: the last one with an end of care; None when it could not be taken.

    unverified: its files read by a layout that no source confirms.
    """

    connection: duckdb.DuckDBPyConnection
    field: str
    year: int | None
    month: int | None
    files: list[FileSeen]
    unverified: tuple[Found, ...] = ()

    def extracts(self) -> Iterator[Extract | raw_set.HospitalGroup]:
        """The stays; the account of the files and the quarantine come with the last extract."""
        if self.year is not None:
            yield from raw_set.extracts(self.connection, self.field, "atih", self.files, self.year, self.month)
        else:
            yield Extract("atih", self.field, raw_set.empty_tables(), QUARANTINE.empty_table(), self.files)


@contextmanager
def staged_files(files: FieldFiles, work: Path | None = None, memory_limit: str | None = None) -> Iterator[StagedFiles]:
    """Read a transmission into a private database: in memory when it is small, else under `work`, removed at the end."""
    with tempfile.TemporaryDirectory(dir=work, prefix=WORK_PREFIX) as folder:
        is_small = sum(source.size for source in files.sources) < IN_MEMORY_BYTES
        connection = connect(None if is_small else Path(folder) / "staging.duckdb", memory_limit=memory_limit)
        try:
            yield _staged(connection, files)
        finally:
            connection.close()


def _staged(connection: duckdb.DuckDBPyConnection, files: FieldFiles) -> StagedFiles:
    faults = {one.family: fault for one in files.found if (fault := why_not(one))}
    if reason := _refusal(files, faults):
        return StagedFiles(connection, files.field, None, None, _refused_files(files, faults, reason))
    raw_set.create_raw_tables(connection, files.field)
    seen: list[FileSeen] = []
    for one in files.found:
        file_no = raw_set.add_source(connection, one.source.name)
        put = partial(raw_set.insert_rows, connection)
        try:
            seen.append(refused_file(one, faults[one.family]) if one.family in faults else stage(connection, one, file_no, put))
        except Refused as refused:
            return StagedFiles(connection, files.field, None, None, _refused_files(files, {one.family: refused.code}, _BESIDE))
    set_aside_other_hospitals(connection, files.found)
    return _judged(connection, files, seen)


_BESIDE = "transmission_refused"


def _refusal(files: FieldFiles, faults: dict[str, str]) -> str | None:
    """Why the whole transmission is refused, None when it is read: half of it must not replace a whole one."""
    if files.is_half:
        return files.is_half
    return _BESIDE if any(not family.endswith("_tra") for family in faults) else None


def _refused_files(files: FieldFiles, faults: dict[str, str], reason: str) -> list[FileSeen]:
    return [refused_file(one, faults.get(one.family, reason)) for one in files.found]


def stage(connection: duckdb.DuckDBPyConnection, found: Found, file_no: int, put: Callable[[str, pa.Table], None]) -> FileSeen:
    """Put the sound lines of a file, as rows of raw tables, and the others into `problem`; gives its account, lines counted."""
    assert found.layout is not None
    code = found.recognised.code
    seen = FileSeen(found.source.name, "", found.family, found.layout.version, found.finess, is_unverified=not found.is_verified)
    for zoned in zoned_blocks(found.source.blocks(), found.layout, None if code is None else (*found.layout.codes, code)):
        seen.lines += zoned.lines
        _set_aside(connection, file_no, zoned.faults)
        for zone, name in _raw_zones(found.family):
            if zone in zoned.cells:
                put(name, raw_set.of_file(_raw_rows(zoned, zone, raw_columns(name)), file_no))
    seen.sha256 = found.source.sha256
    return seen


@cache
def _raw_zones(family: str) -> tuple[tuple[str, str], ...]:
    """(zone, raw table) of a family."""
    with (FORMATS / "raw_zones.csv").open(encoding="utf-8", newline="") as handle:
        return tuple((row["zone"], row["raw_table"]) for row in csv.DictReader(handle) if row["family"] == family)


def _set_aside(connection: duckdb.DuckDBPyConnection, file_no: int, faults: list[tuple[Array, str]]) -> None:
    if not faults:
        return
    numbers = np.concatenate([lines for lines, _ in faults])
    reasons = np.concatenate([np.full(len(lines), reason, dtype=object) for lines, reason in faults])
    connection.register("faulty_line", pa.table({ROW: numbers, "reason": pa.array(reasons, pa.string())}))
    connection.execute(f"INSERT INTO problem SELECT '', 0, {file_no}, row_no, reason FROM faulty_line")
    connection.unregister("faulty_line")


def _raw_rows(zoned: Zoned, zone: str, columns: Iterable[RawColumn]) -> pa.Table:
    """The rows of a zone under the names of a raw table; what the layout does not have is left out."""
    kinds = {column.name: column for column in columns}
    rows = zoned.table(zone, [*kinds, _LINK, "contact_date"])
    made: dict[str, pa.ChunkedArray] = {name: _as_raw(rows.column(name), kinds[name]) for name in rows.column_names if name in kinds}
    if _PATIENT in kinds and _LINK in rows.column_names:
        made[_PATIENT] = rows.column(_LINK)
    if "contact_date" in rows.column_names and "month" in kinds and "month" not in made:
        made |= {"month": pc.month(rows.column("contact_date")), "year": pc.year(rows.column("contact_date"))}
    table = pa.table({ROW: rows.column(ROW), "reason": pa.nulls(len(rows), pa.string()), **made})
    if _BILLING not in made:
        return table
    return table.filter(pc.or_(*(pc.is_valid(table.column(name)) for name in (_BILLING, "billable"))))


def _as_raw(values: pa.ChunkedArray, column: RawColumn) -> pa.ChunkedArray:
    if column.kind == "euros":
        return pc.multiply(values.cast(pa.decimal128(19, 0)), _CENT)
    if column.name in _KEYS and column.width:
        return pc.utf8_lpad(pc.utf8_ltrim(values, " "), column.width, "0")
    return values


def main_tables(found: Iterable[Found]) -> list[str]:
    """The raw tables that have a row for each line of one of the files."""
    return sorted({name for one in found for zone, name in _raw_zones(one.family) if zone == "fixed"})


def set_aside_other_hospitals(connection: duckdb.DuckDBPyConnection, found: Iterable[Found]) -> None:
    """Lines of another hospital than that of most lines of their file."""
    for name in main_tables(found):
        connection.execute(_OTHER_HOSPITALS.format(name=name))


_OTHER_HOSPITALS = """
    WITH counted AS (SELECT file_no, finess, count(*) AS lines FROM {name} WHERE reason IS NULL GROUP BY file_no, finess),
    usual AS (SELECT DISTINCT ON (file_no) file_no, finess FROM counted ORDER BY file_no, lines DESC, finess)
    UPDATE {name} AS x
    SET reason = 'other_finess'
    FROM usual
    WHERE x.file_no = usual.file_no AND x.reason IS NULL AND x.finess <> usual.finess
"""


def _judged(connection: duckdb.DuckDBPyConnection, files: FieldFiles, seen: list[FileSeen]) -> StagedFiles:
    year = year_of(connection, files, range(len(files.found)))
    set_aside_later_years(connection, files.field, year)
    verdict = raw_set.judge(connection, files.field, year)
    if verdict.reason:
        return StagedFiles(connection, files.field, None, None, _refused_files(files, {}, verdict.reason))
    month = raw_set.join(connection, files.field)
    for file in seen:  # a TRA does not say whose it is
        file.finess = file.finess or files.found[0].finess
    return StagedFiles(connection, files.field, verdict.year, month, seen, tuple(one for one in files.found if not one.is_verified))


def unverified_notices(found: Iterable[Found]) -> list[tuple[str, str]]:
    """Which files were read by a layout that no source confirms (French, English): one notice per family, version and layout."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        if one.layout is not None:
            said = one.recognised.code or one.layout.version
            groups.setdefault((one.family, said, one.layout.version), []).append(one.source.name)
    return [_notice(*key, names) for key, names in sorted(groups.items())]


def _notice(family: str, said: str, version: str, names: list[str]) -> tuple[str, str]:
    layout = layouts(family)[version]
    years = f"{layout.year_from}-{layout.year_to}"
    return (
        f"{len(names)} fichier(s) {family} au format non vérifié (version {said}, lue comme {version}, années {years}), par exemple "
        f"{names[0]}. Contrôlez quelques séjours et les effectifs avant de publier.",
        f"{len(names)} {family} file(s) of a format not verified (version {said}, read as {version}, years {years}), for instance "
        f"{names[0]}. Check a few stays and the counts before publishing.",
    )


def year_of(connection: duckdb.DuckDBPyConnection, files: FieldFiles, file_numbers: range) -> int:
    """The year of the transmission that has these files; when no line can be read, that of its name or version: nothing is filed then."""
    mains = [table for table in raw_tables(files.field) if table.stay_columns and table.year_column]
    its = f"reason IS NULL AND file_no BETWEEN {file_numbers.start} AND {file_numbers.stop - 1}"
    rows = " UNION ALL ".join(f"SELECT {table.year_column} AS year FROM {table.name} WHERE {its}" for table in mains)
    query = f"SELECT CAST(year AS INTEGER), count(*) FROM ({rows}) WHERE year IS NOT NULL GROUP BY year"
    said = announced(files.sources[0].name)
    year = care_year(dict(connection.execute(query).fetchall()), said.year if said else None)
    known = max(one.layout.year_from for one in files.found if one.layout)
    return year or (said.year if said else known)


def set_aside_later_years(connection: duckdb.DuckDBPyConnection, field: str, year: int) -> None:
    """Stays of a year after that of the transmission are a mistake; those of years before go on."""
    for table in raw_tables(field):
        if table.stay_columns and table.year_column:
            connection.execute(f"UPDATE {table.name} SET reason = 'other_year' WHERE reason IS NULL AND {table.year_column} > {year}")
