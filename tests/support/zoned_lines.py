"""Lines of SMR, HAD and PSY files written in plain Python from the layout tables, by our names: the oracle of the zone reader's tests.

Belongs here: one line from the values of its zones, and a plausible transmission of each field. Shares no code with strata: it
reads the CSV tables itself. Fields nobody reads hold letters, so that a shifted column shows.
"""

import csv
from datetime import date
from functools import cache
from pathlib import Path

FORMATS = Path(__file__).parents[2] / "strata" / "formats"
Values = dict[str, object]  # by our name; None is blank
FILLING = "z"


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (FORMATS / name).open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


@cache
def versions(family: str) -> dict[str, dict[str, str]]:
    """The rows of families.csv of a family, by version."""
    return {row["version"]: row for row in _rows("families.csv") if row["family"] == family}


@cache
def named_fields(family: str, version: str, zone: str) -> dict[str, tuple[int, int, str]]:
    """Our name -> (start from 0, width, kind) of the named fields of a zone; empty when this version has no such zone."""
    rows = [row for row in _rows(f"{family}.csv") if row["zone"] == zone and row[version] and row["name"]]
    spans = {row["name"]: [int(part) for part in row[version].split(":")] for row in rows}
    return {row["name"]: (spans[row["name"]][0] - 1, spans[row["name"]][1], row["kind"]) for row in rows}


@cache
def width(family: str, version: str, zone: str) -> int:
    spans = [row[version].split(":") for row in _rows(f"{family}.csv") if row["zone"] == zone and row[version]]
    return max((int(start) + int(size) - 1 for start, size in spans), default=0)


@cache
def zones(family: str, version: str) -> dict[str, str]:
    """Zone -> name of its count ('' for a block that is there once), in file order, for the zones of this version."""
    return {row["zone"]: row["count_name"] for row in _rows("zones.csv") if row["family"] == family and width(family, version, row["zone"])}


def cell(value: object, size: int, kind: str) -> str:
    """Text to the left, numbers to the right with zeros, dates ddmmyyyy."""
    if value is None:
        return " " * size
    text = value.strftime("%d%m%Y") if isinstance(value, date) else str(value)
    assert len(text) <= size, (text, size)
    return text.rjust(size, "0") if kind in ("integer", "cents") and text.isdigit() else text.ljust(size)


def record(family: str, version: str, zone: str, values: Values) -> str:
    fields = named_fields(family, version, zone)
    unknown = set(values) - set(fields)
    assert not unknown, unknown
    cells = [FILLING] * width(family, version, zone)
    for name, (start, size, kind) in fields.items():
        cells[start : start + size] = cell(values.get(name), size, kind)
    return "".join(cells)


def line(family: str, version: str, fixed: Values, repeated: dict[str, list[Values]] | None = None) -> str:
    """One line; counts and the version code are filled in. repeated: the records of each zone; of a single block, one."""
    rows = {zone: list((repeated or {}).get(zone, [])) for zone in zones(family, version)}
    code = versions(family)[version]["codes"].split()
    head: Values = {"format_version": code[0]} if code else {}
    rows |= {zone: rows[zone] or [{}] for zone, count in zones(family, version).items() if not count}
    for zone, count in zones(family, version).items():
        if count in named_fields(family, version, "fixed"):
            head[count] = len(rows[zone])
        elif count:
            block = next(one for one in rows if count in named_fields(family, version, one))
            rows[block] = [{**rows[block][0], count: len(rows[zone])}]
    parts = [record(family, version, "fixed", {**head, **fixed})]
    return "".join(parts + [record(family, version, zone, values) for zone, records in rows.items() for values in records])
