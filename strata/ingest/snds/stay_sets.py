"""SNDS tables of the PMSI (T_MCOaaB, T_SSRaaB, T_HADaaB, T_RIPaaRSA and those that go with them): one set is one field and year.

Belongs here: which tables go together, what refuses a whole set, the account of a set that is refused.
Not here: one file or one value (table_file.py, columns.py), what is done with rows whatever their form (raw/raw_set.py), storing (load.py).
A set is staged in a private DuckDB file and handed over by groups of hospitals, so that memory does not grow with the country.
"""

import csv
import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from strata.engine.duckdb import connect
from strata.ingest.archives import SourceFile
from strata.ingest.extract import QUARANTINE, Extract, FileSeen
from strata.ingest.raw import raw_set
from strata.ingest.raw.raw_tables import families, family, fields, unverified_from
from strata.ingest.reasons import Refused
from strata.ingest.recognise import SEPARATORS, UNKNOWN, Recognised, binary_version, seen
from strata.ingest.snds.stay_family import named
from strata.ingest.snds.table_file import TableFile, count_rows, header_line, stage

WORK_PREFIX = "strata-snds-"
NOTICES = Path(__file__).parent / "set_notices.csv"
_UNVERIFIED = "unverified_layout"  # the notice of a table whose year nobody verified


@dataclass(frozen=True)
class TableSet:
    """The tables of one field and year. label: the two digits of their names (T_MCO17B), else the folder or archive they lie in."""

    field: str
    label: str
    files: tuple[TableFile, ...]

    @property
    def sha256(self) -> str:
        """Hash of what the tables hold, whatever their names and order."""
        parts = sorted(f"{file.family} {file.source.sha256}" for file in self.files)
        return hashlib.sha256("\n".join(parts).encode("ascii")).hexdigest()

    @property
    def announced_year(self) -> int | None:
        """What the names of the tables say."""
        return 2000 + int(self.label) if re.fullmatch(r"[0-9]{2}", self.label) else None


@dataclass(frozen=True)
class Doubt:
    """A row of set_notices.csv that a table of one field and year deserves."""

    notice: str
    field: str
    table: str
    year: int


@dataclass
class Staged:
    """A set read and judged. month: the last month of exit; None when the set could not be taken: every file is then refused.

    doubts: what a person must know of its content (`notices` puts those of a whole landing folder in words).
    """

    connection: duckdb.DuckDBPyConnection
    field: str
    year: int | None
    month: int | None
    files: list[FileSeen]
    doubts: tuple[Doubt, ...] = ()

    def extracts(self) -> Iterator[Extract | raw_set.HospitalGroup]:
        """The stays by groups of whole hospitals; the account of the files and the quarantine come with the last one."""
        if self.month is not None:
            yield from raw_set.extracts(self.connection, self.field, "snds", self.files, self.year, self.month)
        else:
            yield Extract("snds", self.field, raw_set.empty_tables(), QUARANTINE.empty_table(), self.files)


def table_sets(sources: Iterable[tuple[SourceFile, Recognised]]) -> list[TableSet]:
    """The sets among recognised sources, by field and label; others are left out, and copies of one content are taken once."""
    files = [TableFile(source, recognised if family(recognised.family) else _recognise_by_name(source)) for source, recognised in sources]
    sets: dict[tuple[str, str], dict[str, TableFile]] = {}
    known: set[str] = set()
    for file in sorted(files, key=lambda file: (named(file.source.name) is None, file.source.name)):
        content, table = seen(file.source).sha256 or file.source.name, family(file.family)
        if table and table.field in fields() and (named(file.source.name) or content not in known):  # two years may well hold a table alike
            sets.setdefault((table.field, _label(file.source)), {}).setdefault(content, file)
            known.add(content)
    return [TableSet(*key, tuple(sorted(sets[key].values(), key=lambda file: file.source.name))) for key in sorted(sets, key=_rank)]


def _rank(key: tuple[str, str]) -> tuple[int, str]:
    return fields().index(key[0]), key[1]


def _recognise_by_name(source: SourceFile) -> Recognised:
    """A table whose own columns are missing is still known by its name: it is then refused by the name of the column."""
    said = named(source.name)
    if said is None or source.refused:
        return UNKNOWN
    try:
        if version := binary_version(source.head()):
            return Recognised(said.family.family, version)
        header = header_line(source)
    except Refused:
        return UNKNOWN
    return Recognised(said.family.family, "csv", max(SEPARATORS, key=header.count)) if header.strip() else UNKNOWN


def _label(source: SourceFile) -> str:
    said = named(source.name)
    return said.label if said else source.container


@contextmanager
def staged(tables: TableSet, work: Path | None = None, memory_limit: str | None = None) -> Iterator[Staged]:
    """Read a set into a private database under `work` (the system's temporary folder when None), removed at the end.

    memory_limit: of that database ('4GB'); beyond it DuckDB spills into the same private folder.
    """
    with tempfile.TemporaryDirectory(dir=work, prefix=WORK_PREFIX) as folder:
        connection = connect(Path(folder) / "staging.duckdb", memory_limit=memory_limit)
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")  # nobody opens it again: closing it need not write it
        try:
            yield _stage(connection, tables, Path(folder))
        finally:
            connection.close()


def _stage(connection: duckdb.DuckDBPyConnection, tables: TableSet, work: Path) -> Staged:
    raw_set.create_raw_tables(connection, tables.field)
    refused: dict[str, Refused] = {}
    for file in tables.files:
        try:
            stage(connection, file, raw_set.add_source(connection, file.source.name), work)
        except Refused as error:
            refused[file.source.name] = error
    if wanting := _wanting(tables, refused):
        return _refused(connection, tables, refused, f"incomplete_set: {', '.join(wanting)}", work)
    verdict = raw_set.judge(connection, tables.field, tables.announced_year)
    if verdict.reason:
        return _refused(connection, tables, {}, verdict.reason, work)
    month = raw_set.join(connection, tables.field)
    return Staged(connection, tables.field, verdict.year, month or 12, read_files(connection, tables), _doubts(tables, verdict.year or 0))


def _wanting(tables: TableSet, refused: dict[str, Refused]) -> list[str]:
    """The tables without which the set cannot be taken: half a stay would be worse than none."""
    taken = {file.family for file in tables.files if file.source.name not in refused}
    spoiled = {file.family for file in tables.files if file.source.name in refused}
    known = families(tables.field)
    return [one.family for one in known if one.family in spoiled or not (one.is_optional or one.family in taken)]


def read_files(connection: duckdb.DuckDBPyConnection, tables: TableSet) -> list[FileSeen]:
    """The files of a set that is taken, their rows counted."""
    files = []
    for file_no, file in enumerate(tables.files):
        query = f"SELECT count(*) FROM {file.raw_table.name} WHERE file_no = ?"
        files.append(_seen(file, lines=connection.execute(query, [file_no]).fetchall()[0][0]))
    return files


def _doubts(tables: TableSet, year: int) -> tuple[Doubt, ...]:
    """The tables of a set that set_notices.csv speaks of, and those that nobody verified for that year."""
    about = {row["raw_table"]: row["notice"] for row in _notice_rows() if row["raw_table"]}
    raw = sorted({(file.family, file.raw_table.name) for file in tables.files})
    known = [Doubt(about[name], tables.field, family, year) for family, name in raw if name in about]
    return (*known, *(Doubt(_UNVERIFIED, tables.field, family, year) for family, _ in raw if (unverified_from(family) or 9999) <= year))


def notices(doubts: Iterable[Doubt]) -> list[tuple[str, str]]:
    """Doubts in words (French, English): one notice for the tables and years of a field, whatever their number."""
    groups: dict[tuple[str, str], list[Doubt]] = {}
    for doubt in doubts:
        groups.setdefault((doubt.notice, doubt.field), []).append(doubt)
    texts = {row["notice"]: (row["notice_fr"], row["notice_en"]) for row in _notice_rows()}
    return [_in_words(texts[notice], group) for (notice, _), group in sorted(groups.items())]


def _in_words(text: tuple[str, str], group: list[Doubt]) -> tuple[str, str]:
    years = sorted({doubt.year for doubt in group})
    span = f"{years[0]}-{years[-1]}" if len(years) > 1 else str(years[0])
    words = {"tables": ", ".join(sorted({doubt.table for doubt in group})), "years": span}
    return text[0].format_map(words), text[1].format_map(words)


def _notice_rows() -> list[dict[str, str]]:
    with NOTICES.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _refused(connection: duckdb.DuckDBPyConnection, tables: TableSet, refused: dict[str, Refused], reason: str, work: Path) -> Staged:
    """A set that is not taken."""
    return Staged(connection, tables.field, None, None, refused_files(tables, refused, reason, work))


def refused_files(tables: TableSet, refused: dict[str, Refused], reason: str, work: Path) -> list[FileSeen]:
    """The files of a set that is not taken: each with its own reason, or that of the set."""
    files = []
    for file in tables.files:
        own = refused.get(file.source.name)
        lines = _lines(file, work)
        files.append(_seen(file, lines=lines, refused=lines, reason=own.code if own else reason))
    return files


def _lines(file: TableFile, work: Path) -> int:
    try:
        return count_rows(file, work)
    except (Refused, pa.ArrowException, OSError):
        return 0


def _seen(file: TableFile, **account: int | str | None) -> FileSeen:
    return FileSeen(file.source.name, file.source.sha256, file.family, file.recognised.version, **account)  # type: ignore[arg-type]
