"""Where each field of a fixed-width ATIH line lies, from the tables in strata/formats.

Belongs here: loading those tables into small immutable objects. Not here: reading lines (atih/mco.py) or writing them (synthetic).
"""

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

FORMATS = Path(__file__).parents[2] / "formats"


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
    """A block repeated as many times as the field `count_name` of the fixed part, or of a block before it, says.

    count_name None: the block is there once (the fixed part, the grouping blocks of HAD).
    """

    name: str
    count_name: str | None
    width: int
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field called `name` (ours, or ATIH's); KeyError when this version has none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        """Under both names; the first field of a name is meant."""
        pairs = [(name, field) for field in self.fields for name in (field.name, field.atih_name)]
        return dict(reversed(pairs))


@dataclass(frozen=True)
class Layout:
    """One version of one file family: the fixed part, then the repeated zones in file order.

    codes: what the lines hold in `format_version`, the first being the one to write; empty where the line length is the version.
    is_verified: False when a source is missing for a part of it (families.csv says which): what it reads is said to be uncertain.
    """

    family: str
    version: str
    year_from: int
    year_to: int
    fixed: Zone
    zones: tuple[Zone, ...]
    codes: tuple[str, ...] = ()
    is_verified: bool = True

    def zone(self, name: str) -> Zone:
        """The zone called `name`, 'fixed' included; KeyError when this version has none."""
        for candidate in (self.fixed, *self.zones):
            if candidate.name == name:
                return candidate
        raise KeyError(name)


@cache
def layouts(family: str) -> dict[str, Layout]:
    """Every version of a family ('mco_rsa', 'smr_ano'…), by version; none for a family without layouts."""
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
    zones = [zone for name in ("fixed", *counts) if (zone := _zone(family, row["version"], name, counts.get(name) or None))]
    codes, is_verified = tuple(row["codes"].split()), row["status"] == "verified"
    return Layout(family, row["version"], int(row["year_from"]), int(row["year_to"]), zones[0], tuple(zones[1:]), codes, is_verified)


def _zone(family: str, version: str, zone: str, count_name: str | None) -> Zone | None:
    """None when this version has no such zone."""
    fields = [
        Field(row["name"], row["field"], row["kind"], *_span(row[version]))
        for row in _rows(f"{family}.csv")
        if row["zone"] == zone and row[version]
    ]
    fields.sort(key=lambda field: field.start)
    if not fields:
        return None
    return Zone(zone, count_name, max(field.start + field.width for field in fields), tuple(fields))


def _span(cell: str) -> tuple[int, int]:
    start, width = cell.split(":")
    return int(start) - 1, int(width)


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (FORMATS / name).open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))
