"""What a folder holds, without loading it into a warehouse: per hospital, field of care and year.

Belongs here: looking into each file once, for its lines and months. Not here: recognising (recognise.py), what replaces
what and what is missing (rules.py), the checks of each line (that is reading), printing (pipelines/commands/list.py).
"""

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from strata.engine.duckdb import connect
from strata.ingest.archives import SourceFile, open_sources
from strata.ingest.atih.found import Found
from strata.ingest.atih.transmission import announced
from strata.ingest.atih.transmissions import (
    CareCount,
    FieldFiles,
    Pair,
    care_year,
    count_care,
    count_lines,
    field_files,
    pairs,
    why_not,
)
from strata.ingest.listing.listed import Finding, Listing, Part, PersonTable, Transmission, Unread
from strata.ingest.listing.rules import flows_missing, found_in, judged
from strata.ingest.local.listing import add_local, parts_beside, unread
from strata.ingest.raw.raw_set import settled_year
from strata.ingest.raw.raw_tables import families, main_families
from strata.ingest.reasons import Refused
from strata.ingest.recognise import Recognised, recognise_source, seen
from strata.ingest.snds.person_files import flow_months, person_tables
from strata.ingest.snds.stay_sets import WORK_PREFIX, TableSet, table_sets
from strata.ingest.snds.table_file import Counted, TableFile, count_by_hospital, count_of

_FINESS, _YEAR = re.compile(r"[0-9][0-9AB][0-9]{7}"), re.compile(r"20[0-9]{2}")


def list_folder(folder: Path, progress: Callable[[str], None] | None = None) -> Listing:
    """What lies in `folder` (or in that one file or archive). progress is told the name of each file before it is read.

    What cannot be read is in `unread`: nothing raises but a folder that cannot be walked (OSError).
    """
    sources = list(open_sources(folder))
    found = [(source, recognise_source(source)) for source in sources]
    listing, say = Listing(), progress or (lambda name: None)
    for pair in pairs(sources):
        say(pair.sources[0].name)
        _add_pair(listing, pair)
    for files in field_files(sources):
        say(files.sources[0].name)
        _add_files(listing, files)
    with tempfile.TemporaryDirectory(prefix=WORK_PREFIX) as work, connect(None) as connection:
        for tables in table_sets(found):
            say(tables.files[0].source.name)
            _add_set(listing, tables, connection, Path(work))
        for file in person_tables(found):
            say(file.source.name)
            _add_persons(listing, file, connection, Path(work))
    listing.transmissions = judged(listing.transmissions)
    listing.findings += [*found_in(listing.transmissions), *flows_missing(listing.persons)]
    listing.findings.sort(key=lambda one: (one.finess or "", one.field, one.year or 0, one.finding, one.files))
    _add_the_rest(listing, found)
    return listing


def _add_pair(listing: Listing, pair: Pair) -> None:
    if pair.rss or pair.left:
        add_local(listing, pair)
        return
    halves = [half for half in (pair.rsa, pair.ano) if half]
    finess, year = _finess(halves[0]), _year(halves[0])
    counts = [_count(half) for half in halves]
    if pair.rsa is None:
        listing.findings.append(Finding("rsa_missing", finess, "mco", year, "", (halves[0].source.name,)))
    if pair.rsa is None or any(count.refused for count in counts):
        other = "pair_refused" if pair.rsa else "ano_file_without_rsa"
        listing.unread += [_unread(half.source, half.recognised, count.refused or other) for half, count in zip(halves, counts)]
        listing.unread += [unread(file, file.why_not or "pair_refused") for file in pair.local]
        return
    said = announced(halves[0].source.name)
    parts = tuple(_part(half.source, half.recognised, count.lines) for half, count in zip(halves, counts))
    parts += parts_beside(listing, pair.local)
    sent = said.sent if said else None
    listing.transmissions.append(Transmission("atih", finess, "mco", year, counts[0].months, sent, parts))


def _add_files(listing: Listing, files: FieldFiles) -> None:
    """A transmission of SMR, HAD or PSY."""
    counts, faults = _care(files)
    said = announced(files.sources[0].name)
    months = Counter[tuple[int, int]]()
    for count in counts.values():
        months.update(count.months)
    by_year = Counter[int]()
    for (year_of, _), lines in months.items():
        by_year[year_of] += lines
    year = care_year(by_year, said.year if said else None)
    finess = next((known for one in files.found if (known := _finess(one))), None)
    names = tuple(source.name for source in files.sources)
    if files.is_half:
        finding, of = ("undecided_transmission", files.undecided) if files.undecided else ("half_transmission", files.missing)
        listing.findings.append(Finding(finding, finess, files.field, year, " ".join(of), names))
    if files.is_half or any(not family.endswith("_tra") for family in faults):
        reason = files.is_half or "transmission_refused"
        listing.unread += [_unread(one.source, one.recognised, faults.get(one.family, reason)) for one in files.found]
        return
    listing.unread += [_unread(one.source, one.recognised, faults[one.family]) for one in files.found if one.family in faults]
    for one in files.found:
        if one.family.endswith("_tra") and year and one.year not in (None, str(year)):
            listing.findings.append(Finding("tra_of_another_year", finess, files.field, year, one.year or "", (one.source.name,)))
    parts = tuple(_care_part(one, counts[one.family]) for one in files.found if one.family in counts)
    met = tuple(sorted(month for year_of, month in months if year_of == year))
    listing.transmissions.append(Transmission("atih", finess, files.field, year, met, said.sent if said else None, parts))


def _care(files: FieldFiles) -> tuple[dict[str, CareCount], dict[str, str]]:
    """By family: what its file is of, or why it cannot be read."""
    counts: dict[str, CareCount] = {}
    faults: dict[str, str] = {}
    for one in files.found:
        try:
            if reason := why_not(one):
                faults[one.family] = reason
            else:
                counts[one.family] = count_care(one)
        except Refused as refused:
            faults[one.family] = refused.code
    return counts, faults


def _care_part(found: Found, count: CareCount) -> Part:
    source, recognised = found.source, found.recognised
    stays = count.stays if count.months else None
    return Part(source.name, recognised.family, recognised.version, count.lines, source.sha256, stays, not found.is_verified)


@dataclass(frozen=True)
class _Count:
    """Lines and months of exit of a file, or the reason why it cannot be read."""

    lines: int = 0
    months: tuple[int, ...] = ()
    refused: str | None = None


def _count(found: Found) -> _Count:
    if reason := why_not(found):
        return _Count(refused=reason)
    try:
        return _Count(*count_lines(found))
    except Refused as refused:
        return _Count(refused=refused.code)


def _finess(found: Found) -> str | None:
    """None when the first lines hold something else there, which must not be shown."""
    return found.finess if found.finess and _FINESS.fullmatch(found.finess) else None


def _year(found: Found) -> int | None:
    return int(found.year) if found.year and _YEAR.fullmatch(found.year) else None


def _part(source: SourceFile, recognised: Recognised, lines: int, stays: int | None = None) -> Part:
    return Part(source.name, recognised.family, recognised.version, lines, source.sha256, stays)


def _unread(source: SourceFile, recognised: Recognised, reason: str | None, same_as: str | None = None) -> Unread:
    return Unread(source.name, source.size, recognised.family, reason, same_as)


def _add_set(listing: Listing, tables: TableSet, connection: duckdb.DuckDBPyConnection, work: Path) -> None:
    counts: list[tuple[TableFile, Counted]] = []
    for file in tables.files:
        try:
            counts.append((file, count_by_hospital(connection, file, work)))
        except Refused as refused:
            listing.unread.append(_unread(file.source, file.recognised, refused.code))
    years = {row[1] for file, counted in counts if file.family in main_families() for row in counted.rows if row[1]}
    keeps_other_years = any(file.raw_table.keeps_other_years for file, _ in counts)
    year = settled_year(sorted(years), tables.announced_year, keeps_other_years)
    missing = [one for one in families(tables.field) if one.family not in {file.family for file, _ in counts}]
    names = tuple(file.source.name for file, _ in counts)
    for one in missing:
        if finding := one.missing_finding if one.is_optional else "table_missing":
            listing.findings.append(Finding(finding, None, tables.field, year, one.family, names))
    for file, counted in counts:
        if file.family in main_families() and not counted.rows:
            listing.findings.append(Finding("no_stay_in_table", None, tables.field, year, file.family, (file.source.name,)))
    mandatory = [one.family for one in missing if not one.is_optional]
    reason = f"incomplete_set: {', '.join(mandatory)}" if mandatory else None if year else "several_years"
    listing.transmissions += _of_hospitals(tables.field, counts, year, reason)


def _of_hospitals(field: str, counts: list[tuple[TableFile, Counted]], year: int | None, reason: str | None) -> list[Transmission]:
    """One transmission per hospital of a set; refused together when there is a reason."""
    lines: dict[str, Counter[str]] = defaultdict(Counter)  # by hospital, by file
    months: dict[str, set[int]] = defaultdict(set)
    for file, counted in counts:
        for finess, exit_year, month, count in counted.rows:
            lines[finess][file.source.name] += count
            if exit_year == year and month is not None and 1 <= month <= 12:
                months[finess].add(month)
    return [
        Transmission(
            form="snds",
            finess=finess,
            field=field,
            year=year,
            months=tuple(sorted(months[finess])),
            sent=None,
            parts=tuple(
                _part(file.source, file.recognised, lines[finess][file.source.name], counted.stays.get(finess)) for file, counted in counts
            ),
            status="refused" if reason else "kept",
            reason=reason,
        )
        for finess in sorted(lines)
    ]


def _add_persons(listing: Listing, file: TableFile, connection: duckdb.DuckDBPyConnection, work: Path) -> None:
    source, recognised = file.source, file.recognised
    try:
        lines, months = count_of(connection, file, work), flow_months(connection, file, work)
        listing.persons.append(PersonTable(source.name, recognised.family, recognised.version, lines, months))
    except Refused as refused:
        listing.unread.append(_unread(source, recognised, refused.code))


def _add_the_rest(listing: Listing, found: Iterable[tuple[SourceFile, Recognised]]) -> None:
    """Files that are in no transmission and hold no person: refused, copies of one that is, or not recognised."""
    persons = {one.file for one in listing.persons}
    taken = {part.file: part.sha256 for one in listing.transmissions for part in one.parts}
    taken |= {source.name: seen(source).sha256 for source, _ in found if source.name in persons}
    first = {sha256: file for file, sha256 in sorted(taken.items(), reverse=True)}
    listed = taken.keys() | {one.file for one in listing.unread}
    for source, recognised in found:
        if source.name not in listed:
            account = seen(source)
            same_as = first.get(account.sha256)
            reason = account.reason or ("same_content" if same_as else None)
            listing.unread.append(_unread(source, recognised, reason, same_as))
    listing.unread.sort(key=lambda one: one.file)
