"""What replaces what among the transmissions of a folder, and what is missing or odd: told in advance, without a warehouse.

Belongs here: the rule of warehouse/store.py (a later cumulative month, or the last of one month, replaces a year) and the findings.
Not here: where transmissions come from (folder.py).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from strata.ingest.atih.transmission import announced
from strata.ingest.listing.listed import GROUPED_RSS, Finding, PersonTable, Transmission
from strata.ingest.raw.raw_tables import families

_YEAR_MONTHS = range(1, 13)
_SERVICES = "ER_PRS_F"  # the table of DCIR that the others detail
# Exits a month from which a month without any is odd: where seven are usual, chance leaves one empty less than once in 1 000 (Poisson,
# exp(-7)). A hospital with a stay a fortnight has empty months, and nothing is missing.
_MONTHLY_EXITS = 7
Slices = dict[tuple[str, str, int], list[Transmission]]


def judged(transmissions: list[Transmission]) -> list[Transmission]:
    """The same, in the order of hospital and year, each with its status. They come in the order in which they would be read."""
    rest = [one for one in transmissions if one.status == "refused" or not one.finess or not one.year]
    decided = [one for group in _slices(transmissions).values() for one in _decided(group)]
    return sorted(rest + decided, key=lambda one: (one.finess or "", one.field, one.year or 0, one.form, one.last_month, one.files))


def _slices(transmissions: Iterable[Transmission]) -> Slices:
    """Those that can be read, by what is replaced whole."""
    slices: Slices = defaultdict(list)
    for one in transmissions:
        if one.finess and one.year and one.status != "refused":
            slices[one.finess, one.field, one.year].append(one)
    return slices


def _decided(group: list[Transmission]) -> list[Transmission]:
    """A content seen before is a copy; of the others the last one of the latest month is kept."""
    first = {one.content: one for one in reversed(group)}
    own = [one for one in group if first[one.content] is one]
    last_month = max(one.last_month for one in own)
    kept = [one for one in own if one.last_month == last_month][-1]
    return [_status(one, first[one.content], kept) for one in group]


def _status(one: Transmission, first: Transmission, kept: Transmission) -> Transmission:
    if one is kept:
        return one
    if one is not first:
        return replace(one, status="copy", reason="same_content", by=first.files[0])
    reason = "later_month" if one.last_month < kept.last_month else "correction"
    return replace(one, status="replaced", reason=reason, by=kept.files[0])


def found_in(transmissions: list[Transmission]) -> list[Finding]:
    """The findings of all the transmissions together; their statuses are decided."""
    made = [finding for group in _slices(transmissions).values() for finding in (*_of_group(group), *_months(group))]
    made += [finding for one in transmissions if one.form == "atih" for finding in _of_files(one)]
    return made + list(_missing_years(transmissions)) + list(_only_in_older(transmissions))


def _of_files(one: Transmission) -> Iterator[Finding]:
    """The stays against their .ano, the content against the name, what no source confirms."""
    rsa, ano = (next((part for part in one.parts if part.family == family), None) for family in ("mco_rsa", f"{one.field}_ano"))
    families = {part.family for part in one.parts}
    if rsa is not None and "vid_hosp" in families and "mco_tra" not in families:
        yield Finding("tra_missing", one.finess, one.field, one.year, "", one.files)
    if ano is None and not families & {"mco_tra", GROUPED_RSS}:
        yield Finding("ano_missing", one.finess, one.field, one.year, "", one.files)
    elif rsa is not None and ano is not None and rsa.lines != ano.lines and one.status == "kept":
        yield Finding("lines_differ", one.finess, one.field, one.year, f"{rsa.lines} / {ano.lines}", one.files)
    said = announced(one.files[0])
    if said and one.finess and one.year and (said.finess, said.year) != (one.finess, one.year):
        yield Finding("name_disagrees", one.finess, one.field, one.year, f"{said.finess} {said.year}", one.files)
    lone = {part.family for part in one.parts if part.family in ("psy_rpsa", "psy_r3a")}
    if len(lone) == 1:
        yield Finding("psy_half", one.finess, one.field, one.year, " ".join(lone), one.files)
    if unverified := [f"{part.family} {part.version}" for part in one.parts if part.is_unverified]:
        yield Finding("unverified_layout", one.finess, one.field, one.year, " ".join(unverified), one.files)


def _of_group(group: list[Transmission]) -> Iterator[Finding]:
    one = group[0]
    if len({other.form for other in group}) > 1:
        yield Finding("both_forms", one.finess, one.field, one.year, "", tuple(sorted({other.files[0] for other in group})))
    same_month = Counter(other.last_month for other in group if other.status != "copy")
    last_month = max(same_month)
    rivals = [other for other in group if other.last_month == last_month and other.status != "copy"]
    if len(rivals) > 1 and not all(other.sent for other in rivals):
        files = tuple(sorted(other.files[0] for other in rivals))
        yield Finding("order_unknown", one.finess, one.field, one.year, str(last_month), files)


def _months(group: list[Transmission]) -> Iterator[Finding]:
    for one in group:
        if one.status == "kept" and (wanting := _wanting(one)):
            yield Finding("months_missing", one.finess, one.field, one.year, ranges(wanting), one.files)


def _wanting(one: Transmission) -> list[int]:
    """Months that the transmission does not reach, as its name says; all those without an exit where its volume makes none implausible."""
    empty = [month for month in _YEAR_MONTHS if month not in one.months]
    if one.stays >= _MONTHLY_EXITS * len(one.months):
        return empty
    said = announced(one.files[0])
    reached = one.last_month if said and (said.finess, said.year) == (one.finess, one.year) else 12
    return [month for month in empty if month > reached]


def _missing_years(transmissions: Iterable[Transmission]) -> Iterator[Finding]:
    years: dict[tuple[str, str], set[int]] = defaultdict(set)
    for finess, field, year in _slices(transmissions):
        years[finess, field].add(year)
    for (finess, field), present in years.items():
        for year in sorted(set(range(min(present), max(present))) - present):
            yield Finding("year_missing", finess, field, year, str(year))


def _only_in_older(transmissions: Iterable[Transmission]) -> Iterator[Finding]:
    """Hospitals that only the older of two extracts of SNDS tables of a year has: those of a set of which others are replaced."""
    sets: dict[tuple[str, int | None, tuple[str, ...]], list[Transmission]] = defaultdict(list)
    for one in transmissions:
        if one.form == "snds":
            sets[one.field, one.year, one.files].append(one)
    for group in sets.values():
        newer = next((one.by for one in group if one.status == "replaced"), None)
        for one in group:
            if newer and one.status == "kept":
                yield Finding("hospital_only_in_older", one.finess, one.field, one.year, newer, one.files)


def flows_missing(tables: list[PersonTable]) -> list[Finding]:
    """Of DCIR: months that ER_PRS_F skips between its first and its last, and those it has that a table of details lacks.

    A table of a few lines a month (_MONTHLY_EXITS) has empty months, and nothing is missing.
    """
    held: dict[str, set[str]] = {one.family: set() for one in families("dcir")}
    lines = Counter[str]()
    for one in tables:
        held.get(one.family, set()).update(one.months)
        lines[one.family] += one.lines
    services = held[_SERVICES]
    if not services:
        return [Finding("table_missing", None, "dcir", None, _SERVICES)] if any(held.values()) else []
    every = [f"{year}-{month:02d}" for year in range(int(min(services)[:4]), int(max(services)[:4]) + 1) for month in _YEAR_MONTHS]
    gaps = {family: services - months for family, months in held.items() if lines[family] >= _MONTHLY_EXITS * len(months)}
    gaps[_SERVICES] = {month for month in every if min(services) < month < max(services)} - services
    return [_flow_finding(family, year, months) for family, missing in gaps.items() for year, months in _by_year(missing)]


def _by_year(months: Iterable[str]) -> list[tuple[int, list[int]]]:
    return [(int(year), [int(month[5:]) for month in own]) for year, own in groupby(sorted(months), key=lambda month: month[:4])]


def _flow_finding(family: str, year: int, months: list[int]) -> Finding:
    return Finding("flow_months_missing", None, "dcir", year, f"{family} : {ranges(months)}")


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers as a person writes them: '1-3 7'."""
    text: list[list[int]] = []
    for number in sorted(numbers):
        if text and text[-1][-1] == number - 1:
            text[-1][1:] = [number]
        else:
            text.append([number])
    return " ".join("-".join(str(number) for number in pair) for pair in text)
