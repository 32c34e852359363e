"""Which columns of the SNDS tables are read, and how a cell as found becomes a typed value.

Belongs here: strata/formats/snds_mco.csv as objects, and the SQL of one value. Not here: opening files, joining tables (snds.py).
Several columns may feed one name: the first that is not blank wins, in the order of the file (EXE_SOI_DTD then ENT_DAT;
NIR_ANO_17 then NUM_ENQ, its name in project extractions).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from strata.ingest.layouts import FORMATS

FAMILIES = ("T_MCOaaB", "T_MCOaaC", "T_MCOaaD", "T_MCOaaA", "T_MCOaaUM", "T_MCOaaVALO")
OPTIONAL_FAMILIES = {"T_MCOaaVALO"}  # without it the cost is computed from tariffs
SQL_TYPES = {"text": "VARCHAR", "integer": "SMALLINT", "euros": "DECIMAL(12, 2)", "date": "DATE", "datetime": "DATE"}
_KEY = ("finess", "stay_number")
_MANDATORY = {  # a row where one is blank says nothing
    "T_MCOaaB": (*_KEY, "exit_year", "exit_month"),
    "T_MCOaaC": _KEY,
    "T_MCOaaD": (*_KEY, "code"),
    "T_MCOaaA": (*_KEY, "code"),
    "T_MCOaaUM": (*_KEY, "unit_rank"),
    "T_MCOaaVALO": _KEY,
}
_JUDGED = {  # impossible values, and their reason
    "T_MCOaaB": {"exit_month NOT BETWEEN 1 AND 12": "invalid_month", "unit_count = 0": "no_unit"},
    "T_MCOaaC": {
        "exit_date < entry_date": "exit_before_entry",
        "year(exit_date) <> exit_year OR month(exit_date) <> exit_month": "date_disagrees",
    },
    "T_MCOaaVALO": {"cost_billed_eur < 0": "negative_amount"},
}
_DATE = """CASE
    WHEN regexp_full_match({x}, '\\d{{4}}-\\d{{2}}-\\d{{2}}([ T].*)?') THEN TRY_CAST(left({x}, 10) AS DATE)
    WHEN regexp_full_match({x}, '\\d{{7,8}}') THEN CAST(try_strptime(lpad({x}, 8, '0'), '%d%m%Y') AS DATE)
    WHEN regexp_full_match({x}, '\\d{{2}}/\\d{{2}}/\\d{{4}}( .*)?') THEN CAST(try_strptime(left({x}, 10), '%d/%m/%Y') AS DATE)
    WHEN regexp_full_match({x}, '\\d{{2}}[A-Za-z]{{3}}\\d{{4}}(:.*)?') THEN CAST(try_strptime(left({x}, 9), '%d%b%Y') AS DATE)
END"""


@dataclass(frozen=True)
class Column:
    """One value of a row: our name, and the SNDS columns that may hold it."""

    name: str
    kind: str
    required: bool
    width: int | None
    sources: tuple[str, ...]


@cache
def columns(family: str) -> tuple[Column, ...]:
    """The values read from a table, in the order of snds_mco.csv."""
    with (FORMATS / "snds_mco.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["table"] == family]
    names = list(dict.fromkeys(row["name"] for row in rows))
    return tuple(_column(name, [row for row in rows if row["name"] == name]) for name in names)


def _column(name: str, rows: list[dict[str, str]]) -> Column:
    width = int(rows[0]["width"]) if rows[0]["width"] else None
    return Column(name, rows[0]["kind"], any(row["required"] == "yes" for row in rows), width, tuple(row["column"] for row in rows))


def missing_columns(family: str, present: set[str]) -> list[str]:
    """The SNDS columns a table should have and has not, as a person names them ('NIR_ANO_17 or NUM_ENQ')."""
    return [" or ".join(column.sources) for column in columns(family) if column.required and not present.intersection(column.sources)]


def text_sql(column: Column, present: Mapping[str, tuple[str, str]]) -> str:
    """SQL of the trimmed text of a value, NULL when blank. present: SNDS column -> (name in the file, DuckDB type)."""
    cells = [_cell_sql(*present[source]) for source in column.sources if source in present]
    if not cells:
        return "CAST(NULL AS VARCHAR)"
    text = f"coalesce({', '.join(cells)})"
    return f"lpad({text}, CAST(greatest({column.width}, length({text})) AS INTEGER), '0')" if column.width else text


def _cell_sql(name: str, duckdb_type: str) -> str:
    cell = '"' + name.replace('"', '""') + '"'
    if duckdb_type == "BOOLEAN":
        cell = f"CAST({cell} AS TINYINT)"
    text = f"CAST({cell} AS VARCHAR)"
    if duckdb_type.startswith(("FLOAT", "DOUBLE", "DECIMAL")):  # what a column of whole numbers may have become on its way
        text = f"regexp_replace({text}, '\\.0+$', '')"
    return f"nullif(nullif(trim({text}), ''), '.')"  # '.' is how SAS writes nothing


def value_sql(column: Column) -> str:
    """SQL of the typed value, from the text of the same name; NULL when the text cannot be read."""
    if column.kind == "integer":
        return f"CASE WHEN regexp_full_match({column.name}, '\\d+(\\.0+)?') THEN TRY_CAST({column.name} AS SMALLINT) END"
    if column.kind == "euros":
        number = f"replace({column.name}, ',', '.')"
        return f"CASE WHEN regexp_full_match({number}, '-?\\d+(\\.\\d+)?') THEN TRY_CAST({number} AS DECIMAL(12, 2)) END"
    if column.kind in ("date", "datetime"):
        return _DATE.format(x=column.name)
    return column.name


def reason_sql(family: str) -> str:
    """SQL of the reason why a row is set aside on its own account, NULL when it is sound. Reads each name, typed, and text_<name>."""
    cases = [f"WHEN text_{column.name} IS NULL THEN 'missing_value'" for column in columns(family) if column.name in _MANDATORY[family]]
    cases.append(
        "WHEN NOT regexp_full_match(finess, '[0-9][0-9AB][0-9]{7}') OR NOT regexp_full_match(stay_number, '\\d{10}') THEN 'invalid_key'"
    )
    for column in columns(family):
        if column.kind != "text":
            reason = "invalid_date" if column.kind.startswith("date") else "not_a_number"
            cases.append(f"WHEN {column.name} IS NULL AND text_{column.name} IS NOT NULL THEN '{reason}'")
    cases += [f"WHEN {condition} THEN '{reason}'" for condition, reason in _JUDGED.get(family, {}).items()]
    return "CASE " + " ".join(cases) + " END"
