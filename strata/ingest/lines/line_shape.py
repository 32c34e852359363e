"""Which family, version and code the lines of a fixed-width file have, by what lies at their fixed places.

Belongs here: what a line can be, judged on the first lines of a file. Not here: tables and names of files (recognise.py), every
line of the file (zoned.py), which files go together (atih/transmissions.py).

A line that says its version (RHA, SSRHA, RAPSS, RPSA, R3A) is known by that code beside a FINESS; where several layouts have the
code, or none has it, by the announced lengths of its zones and its year. A line that does not (ANO, TRA) is known by its length;
where several layouts are as long, by the cells that are dates and numbers in one and not in the other.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from strata.ingest.lines.layouts import Field, Layout, Zone, layouts

FIELDS = ("smr", "had", "psy")
CODED = ("smr_rha", "smr_ssrha", "had_rapss", "psy_rpsa", "psy_r3a")
BY_LENGTH = ("smr_ano", "had_ano", "psy_ano", "had_tra", "smr_tra")
FAMILIES = CODED + BY_LENGTH
YEAR_OF = {"smr_rha": "week_year", "had_rapss": "end_year", "psy_rpsa": "end_year", "psy_r3a": "year"}
_FINESS = re.compile(rb"[0-9][0-9AB][0-9]{7}")
_CODE = re.compile(rb"[MHP][0-9][0-9A-Z]")
_SHARE_THAT_FITS = 0.8  # of the first lines, before an unknown code is read by a known layout
_DATES = ("entry_date", "exit_date", "contact_date")
_YEAR_FIELDS = ("entry_year", "exit_year", "week_year", "end_year", "year")


@dataclass(frozen=True)
class Shape:
    """version: of families.csv, None when no layout fits. code: what the lines say, where they say one. lines: how many are so."""

    family: str
    version: str | None
    code: str | None = None
    lines: int = 0


def shape_of(lines: list[bytes]) -> Shape | None:
    """What most of the lines are; None when they are of none of these families."""
    votes = Counter(vote for line in lines if (vote := _coded(line) or _long_as(line)))
    if not votes:
        return None
    (families, code), _ = votes.most_common(1)[0]
    ours = [line for line in lines if (_coded(line) or _long_as(line)) == (families, code)]
    return replace(_settled(families, code, ours), lines=len(ours))


Vote = tuple[tuple[str, ...], str | None]


def _coded(line: bytes) -> Vote | None:
    """The families a line may be of by its code, and the code."""
    for finess_at, code_at in _places():
        code = line[code_at : code_at + 3]
        if _CODE.fullmatch(code) and _FINESS.fullmatch(line[finess_at : finess_at + 9]):
            text = code.decode("ascii")
            known = tuple(family for family in CODED if text in _codes(family))
            return known or tuple(family for family in CODED if any(one[0] == text[0] for one in _codes(family))), text
    return None


@cache
def _places() -> tuple[tuple[int, int], ...]:
    """Where FINESS and code lie, in each layout that has a code."""
    every = [layout.fixed for family in CODED for layout in layouts(family).values()]
    return tuple(dict.fromkeys((fixed.field("finess").start, fixed.field("format_version").start) for fixed in every))


@cache
def _codes(family: str) -> frozenset[str]:
    return frozenset(code for layout in layouts(family).values() for code in layout.codes)


def _long_as(line: bytes) -> Vote | None:
    """The families without a code that have lines as long, of which this line has at least the cells."""
    families = dict.fromkeys(layout.family for layout in _of_length(len(line)) if _score(line, layout) > 0)
    return (tuple(families), None) if families else None


@cache
def _of_length(length: int) -> tuple[Layout, ...]:
    """The layouts without a code that have lines of this length, in the order of BY_LENGTH."""
    return tuple(layout for family in BY_LENGTH for layout in layouts(family).values() if layout.fixed.width == length)


def _settled(families: tuple[str, ...], code: str | None, lines: list[bytes]) -> Shape:
    candidates = [layout for family in families for layout in layouts(family).values()]
    if code is None:
        best = max(candidates, key=lambda layout: (sum(_score(line, layout) for line in lines), _is_of_year(layout, lines)))
        return Shape(best.family, best.version)
    listed = [layout for layout in candidates if code in layout.codes]
    fits = {id(layout): sum(announced_length(line, layout) == len(line) for line in lines) / len(lines) for layout in candidates}
    if listed:
        best = max(listed, key=lambda layout: (fits[id(layout)], _is_of_year(layout, lines)))
        if fits[id(best)] or not any(_is_read_as(layout, fits, lines) for layout in candidates):
            return Shape(best.family, best.version, code)
    read_as = [layout for layout in candidates if _is_read_as(layout, fits, lines)]
    if not read_as:
        return Shape(families[0], None, code)
    best = max(read_as, key=lambda layout: fits[id(layout)])
    return Shape(best.family, best.version, code)


def _is_read_as(layout: Layout, fits: dict[int, float], lines: list[bytes]) -> bool:
    """Whether lines with a code that is not that of the layout may be read by it: their lengths and their year are right."""
    return fits[id(layout)] >= _SHARE_THAT_FITS and _is_of_year(layout, lines)


def _is_of_year(layout: Layout, lines: list[bytes]) -> bool:
    """Whether the last year the lines speak of is one of the layout; a layout without year says nothing against."""
    years = [year for line in lines if (year := year_of(line, layout))]
    return not years or layout.year_from <= max(years) <= layout.year_to


def year_of(line: bytes, layout: Layout) -> int | None:
    """The last year a line speaks of, read by `layout`; None when it has none or is no year."""
    fields = [field for field in layout.fixed.fields if field.name in _YEAR_FIELDS]
    years = [line[field.start : field.start + field.width] for field in fields]
    years += [line[field.start + 4 : field.start + 8] for field in layout.fixed.fields if field.name in _DATES]
    return max((int(year) for year in years if year.isdigit() and year.startswith(b"20")), default=None)


def announced_length(line: bytes, layout: Layout) -> int | None:
    """How long a line says it is, by the counts of its zones; None when it is too short or counts in letters."""
    counts = _counts_in(line, layout.fixed, 0)
    at = layout.fixed.width
    for zone in layout.zones:
        count = 1 if zone.count_name is None else counts.get(zone.count_name)
        if count is None or at > len(line):
            return None
        if zone.count_name is None:
            counts |= _counts_in(line, zone, at)
        at += count * zone.width
    return at


def _counts_in(line: bytes, zone: Zone, at: int) -> dict[str, int | None]:
    """Numbers of a record that begins at `at`, by name: blank is 0, letters None."""
    return {field.name: _number(line, field, at) for field in zone.fields if field.kind == "integer" and field.name.endswith("_count")}


def _number(line: bytes, field: Field, at: int) -> int | None:
    cell = line[at + field.start : at + field.start + field.width]
    if len(cell) < field.width:
        return None
    text = cell.strip()
    return 0 if not text else int(text) if text.isdigit() else None


def _score(line: bytes, layout: Layout) -> int:
    """How well a line without a code fits a layout: its good cells less the bad ones; 0 when its length or its key is another."""
    if len(line) != layout.fixed.width:
        return 0
    keys = [field for field in layout.fixed.fields if field.name in _KEYS]
    if not all(_is_key(line, field, _filler_after(line, layout, field)) for field in keys):
        return 0
    checked = [field for field in layout.fixed.fields if field.kind == "date"]
    return 1 + max(0, sum(_date_score(line[field.start : field.start + field.width]) for field in checked) + len(checked))


_KEYS = ("finess", "stay_number", "unit_number", "sequence_number", "local_stay_number", "week", "rhs_line")


def _is_key(line: bytes, field: Field, after: bytes) -> bool:
    """Whether a key is one; after: the filler that follows it, which must not go on with it (PSY and SMR differ by one digit)."""
    cell = line[field.start : field.start + field.width]
    if field.name == "finess":
        return _FINESS.fullmatch(cell) is not None
    return cell.strip().isdigit() and not cell.endswith(b" ") and not after[:1].isdigit()


def _filler_after(line: bytes, layout: Layout, field: Field) -> bytes:
    end = field.start + field.width
    return next((line[end : end + one.width] for one in layout.fixed.fields if one.start == end and one.kind == "filler"), b"")


def _date_score(cell: bytes) -> int:
    if not cell.strip():
        return 0
    try:
        date(int(cell[4:]), int(cell[2:4]), int(cell[:2]))
    except ValueError:
        return -1
    return 1 if cell.isdigit() else -1
