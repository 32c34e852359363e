"""The raw tables of each field of care, which both forms of files (ATIH lines, SNDS tables) are first put into.

Belongs here: raw_tables.csv, raw_checks.csv and the columns of snds_<field>.csv as objects. Not here: filling the tables
(snds/table_file.py, the readers of ATIH lines), judging and joining them (raw_set.py).
Cells of raw_tables.csv that hold several names separate them by a blank. A raw table that several SNDS tables feed has one row
for each of them: only snds_table, is_optional and missing_finding then differ.
"""

import csv
from dataclasses import dataclass
from functools import cache

from strata.ingest.lines.layouts import FORMATS

SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "SMALLINT",
    "month": "SMALLINT",  # of a cell that holds month and year together
    "year": "SMALLINT",  # of the same
    "euros": "DECIMAL(12, 2)",
    "signed": "INTEGER",  # a quantity: negative in a reversal
    "tops": "VARCHAR",  # the names of the columns of a pattern (TOP_*) that are set, separated by blanks
    "date": "DATE",
    "datetime": "DATE",
}


@dataclass(frozen=True)
class RawTable:
    """One raw table. stay_columns: of a table whose rows make stays, the columns that tell one stay from another; empty for the others.

    parent, parent_key: the table in which each row must find its key; other_parent, other_parent_key: or in this one.
    key: what makes a row unique (empty: nothing does).
    mandatory: columns without which a row says nothing. year_column: decides (tables with stay_columns) and is held against
    the year of the set; rows of other years are set aside, or kept when keeps_other_years.
    """

    field: str
    name: str
    stay_columns: tuple[str, ...]
    parent: str
    parent_key: tuple[str, ...]
    other_parent: str
    other_parent_key: tuple[str, ...]
    key: tuple[str, ...]
    duplicate_reason: str
    mandatory: tuple[str, ...]
    year_column: str
    month_column: str
    keeps_other_years: bool


@dataclass(frozen=True)
class Family:
    """One family of files that feeds a raw table: an SNDS table by its name without a year. missing_finding: of the listing."""

    field: str
    family: str
    raw_table: str
    is_optional: bool
    missing_finding: str


@dataclass(frozen=True)
class RawColumn:
    """One column of a raw table: kind is a key of SQL_TYPES, width that of a code filled with zeros."""

    name: str
    kind: str
    width: int | None


def fields() -> tuple[str, ...]:
    """Every field of care that has raw tables."""
    return tuple(dict.fromkeys(row["field"] for row in _rows("raw_tables.csv") if row["stay_columns"]))


def person_fields() -> tuple[str, ...]:
    """Every group of raw tables about persons rather than stays: 'dcir', 'beneficiary', 'ald', 'cartography'."""
    return tuple(name for name in dict.fromkeys(row["field"] for row in _rows("raw_tables.csv")) if name not in fields())


@cache
def raw_tables(field: str) -> tuple[RawTable, ...]:
    """The raw tables of a field, a parent before its children."""
    return tuple(_raw_table(row) for row in _first([row for row in _rows("raw_tables.csv") if row["field"] == field], "raw_table"))


def _first(rows: list[dict[str, str]], name: str) -> list[dict[str, str]]:
    """Of the rows that share a value of `name`, the first; in their order."""
    return [row for rank, row in enumerate(rows) if row[name] not in {one[name] for one in rows[:rank]}]


def _raw_table(row: dict[str, str]) -> RawTable:
    return RawTable(
        field=row["field"],
        name=row["raw_table"],
        stay_columns=tuple(row["stay_columns"].split()),
        parent=row["parent"],
        parent_key=tuple(row["parent_key"].split()),
        other_parent=row["other_parent"],
        other_parent_key=tuple(row["other_parent_key"].split()),
        key=tuple(row["key"].split()),
        duplicate_reason=row["duplicate_reason"],
        mandatory=tuple(row["mandatory"].split()),
        year_column=row["year_column"],
        month_column=row["month_column"],
        keeps_other_years=row["other_years"] == "kept",
    )


def raw_table(name: str) -> RawTable:
    """The raw table called `name`; KeyError when there is none."""
    return _by_name()[name]


@cache
def _by_name() -> dict[str, RawTable]:
    return {table.name: table for field in (*fields(), *person_fields()) for table in raw_tables(field)}


@cache
def families(field: str) -> tuple[Family, ...]:
    """The SNDS tables of a field ('T_MCOaaB'…), in the order of raw_tables.csv."""
    return tuple(
        Family(row["field"], row["snds_table"], row["raw_table"], row["is_optional"] == "yes", row["missing_finding"])
        for row in _rows("raw_tables.csv")
        if row["field"] == field and row["snds_table"]
    )


@cache
def family(name: str) -> Family | None:
    """The SNDS table called `name`; None when it is not one of ours."""
    return next((one for field in (*fields(), *person_fields()) for one in families(field) if one.family == name), None)


@cache
def main_families() -> frozenset[str]:
    """The families of files (SNDS tables and ATIH files) a row of which starts a stay."""
    rows = [row for row in _rows("raw_tables.csv") if row["stay_columns"]]
    return frozenset(row[name] for row in rows for name in ("snds_table", "atih_family") if row[name])


@cache
def raw_columns(name: str) -> tuple[RawColumn, ...]:
    """The columns of a raw table, in the order of snds_<field>.csv."""
    table = raw_table(name)
    sources = {name} | {one.family for one in families(table.field) if one.raw_table == name}
    rows = _first([row for row in column_rows(table.field) if row["table"] in sources], "name")
    return tuple(RawColumn(row["name"], row["kind"], int(row["width"]) if row["width"] else None) for row in rows)


def unverified_from(family_name: str) -> int | None:
    """The first year for which the columns of an SNDS table are taken over unverified; None when they are verified throughout."""
    known = family(family_name)
    years = [row.get("unverified_from") for row in column_rows(known.field) if row["table"] == family_name] if known else []
    return min((int(year) for year in years if year), default=None)


def column_rows(field: str) -> tuple[dict[str, str], ...]:
    """snds_<field>.csv: table (an SNDS table, or a raw table for what only ATIH files have), column, name, kind, required, width."""
    return _rows(f"snds_{field}.csv")


def checks(name: str) -> tuple[tuple[str, str], ...]:
    """(condition in SQL, reason) of the rows of a raw table that cannot be true."""
    return tuple((row["condition"], row["reason"]) for row in _rows("raw_checks.csv") if row["raw_table"] == name)


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (FORMATS / name).open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))
