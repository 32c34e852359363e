"""Where each field of a fixed-width ATIH line lies, from the tables in strata/formats.

Belongs here: loading those tables into small immutable objects. Not here: reading lines (atih_mco.py) or writing them (synthetic).
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FORMATS = Path(__file__).parent.parent / "formats"


@dataclass(frozen=True)
class Field:
    """One field of one version. start is 0-based; kind is text, integer, cents, date (ddmmyyyy) or filler."""

    name: str
    atih_name: str
    kind: str
    start: int
    width: int


@dataclass(frozen=True)
class Zone:
    """A block repeated as many times as the fixed part says in the field `count_name` (None for the fixed part)."""

    name: str
    count_name: str | None
    width: int
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field called `name` (ours, or ATIH's); KeyError when this version has none."""
        for candidate in self.fields:
            if name in (candidate.name, candidate.atih_name):
                return candidate
        raise KeyError(name)


@dataclass(frozen=True)
class Layout:
    """One version of one file family: the fixed part, then the repeated zones in file order."""

    family: str
    version: str
    year_from: int
    year_to: int
    fixed: Zone
    zones: tuple[Zone, ...]


@cache
def layouts(family: str) -> dict[str, Layout]:
    """Every version of a family ('mco_rsa', 'mco_ano'), by version."""
    versions = [row for row in _rows("families.csv") if row["family"] == family]
    return {row["version"]: _layout(family, row) for row in versions}


def layout_for_year(family: str, year: int) -> Layout:
    """The version a family has for stays that end in `year`; KeyError when none."""
    for layout in layouts(family).values():
        if layout.year_from <= year <= layout.year_to:
            return layout
    raise KeyError(f"{family} {year}")


def _layout(family: str, row: dict[str, str]) -> Layout:
    counts = {zone["zone"]: zone["count_name"] for zone in _rows("zones.csv") if zone["family"] == family}
    ordered = ["fixed", *counts]
    zones = [_zone(family, row["version"], name, counts.get(name)) for name in ordered]
    return Layout(family, row["version"], int(row["year_from"]), int(row["year_to"]), zones[0], tuple(zones[1:]))


def _zone(family: str, version: str, zone: str, count_name: str | None) -> Zone:
    fields = [
        Field(row["name"], row["field"], row["kind"], *_span(row[version]))
        for row in _rows(f"{family}.csv")
        if row["zone"] == zone and row[version]
    ]
    fields.sort(key=lambda field: field.start)
    return Zone(zone, count_name, max(field.start + field.width for field in fields), tuple(fields))


def _span(cell: str) -> tuple[int, int]:
    start, width = cell.split(":")
    return int(start) - 1, int(width)


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (FORMATS / name).open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))
