"""Which columns of the SNDS tables are read, and how a cell as found becomes a typed value.

Belongs here: strata/formats/snds_<field>.csv as objects, and the SQL of one value. Not here: opening files (table_file.py),
what a row of a raw table must hold (raw/raw_set.py). Several columns may feed one name: the first that is not blank wins, in the order
of the file (EXE_SOI_DTD then ENT_DAT; NIR_ANO_17 then NUM_ENQ, its name in project extractions).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from strata.ingest.raw.raw_tables import SQL_TYPES, column_rows, family, raw_columns

_DATE = """CASE
    WHEN regexp_full_match({x}, '\\d{{4}}-\\d{{2}}-\\d{{2}}([ T].*)?') THEN TRY_CAST(left({x}, 10) AS DATE)
    WHEN regexp_full_match({x}, '(0001|1[6-9]\\d{{2}}|2[01]\\d{{2}})(0[1-9]|1[0-2])\\d{{2}}') THEN CAST(try_strptime({x}, '%Y%m%d') AS DATE)
    WHEN regexp_full_match({x}, '\\d{{7,8}}') THEN CAST(try_strptime(lpad({x}, 8, '0'), '%d%m%Y') AS DATE)
    WHEN regexp_full_match({x}, '\\d{{2}}/\\d{{2}}/\\d{{4}}( .*)?') THEN CAST(try_strptime(left({x}, 10), '%d/%m/%Y') AS DATE)
    WHEN regexp_full_match({x}, '\\d{{2}}[A-Za-z]{{3}}\\d{{4}}(:.*)?') THEN CAST(try_strptime(left({x}, 9), '%d%b%Y') AS DATE)
END"""
_YEAR_FIRST, _MONTH_FIRST = "'(19|20)\\d{{2}}-?(0[1-9]|1[0-2])(-.*)?'", "'(0?[1-9]|1[0-2])/?(19|20)\\d{{2}}'"
_VALUES = {  # {x}: the text of the cell
    "integer": "CASE WHEN regexp_full_match({x}, '\\d+(\\.0+)?') THEN TRY_CAST({x} AS {type}) END",
    "signed": "CASE WHEN regexp_full_match({x}, '-?\\d+([.,]0+)?') THEN TRY_CAST(regexp_replace({x}, '[.,]0+$', '') AS {type}) END",
    "euros": """CASE WHEN regexp_full_match(replace({x}, ',', '.'), '-?\\d+(\\.\\d+)?')
                     THEN TRY_CAST(replace({x}, ',', '.') AS {type}) END""",
    "date": _DATE,
    "datetime": _DATE,
    "year": f"""CASE WHEN regexp_full_match({{x}}, {_YEAR_FIRST}) THEN CAST(left({{x}}, 4) AS {{type}})
                     WHEN regexp_full_match({{x}}, {_MONTH_FIRST}) THEN CAST(right({{x}}, 4) AS {{type}}) END""",
    "month": f"""CASE WHEN regexp_full_match({{x}}, {_YEAR_FIRST}) THEN CAST(left(ltrim(substr({{x}}, 5), '-'), 2) AS {{type}})
                      WHEN regexp_full_match({{x}}, {_MONTH_FIRST})
                      THEN CAST(rtrim(left({{x}}, length({{x}}) - 4), '/') AS {{type}}) END""",
}
_REASONS = {"date": "invalid_date", "datetime": "invalid_date", "month": "invalid_date", "year": "invalid_date"}


@dataclass(frozen=True)
class Column:
    """One value of a row: our name, and the SNDS columns that may hold it (none: only ATIH files have it)."""

    name: str
    kind: str
    required: bool
    width: int | None
    sources: tuple[str, ...]


@cache
def columns(table: str) -> tuple[Column, ...]:
    """The values an SNDS table gives to its raw table, in the order of the latter."""
    known = family(table)
    if known is None:
        raise KeyError(table)
    rows = [row for row in column_rows(known.field) if row["table"] == table and row["column"]]
    return tuple(
        Column(
            one.name,
            one.kind,
            any(row["required"] == "yes" for row in rows if row["name"] == one.name),
            one.width,
            tuple(row["column"] for row in rows if row["name"] == one.name),
        )
        for one in raw_columns(known.raw_table)
    )


def missing_columns(table: str, present: set[str]) -> list[str]:
    """The SNDS columns a table should have and has not, as a person names them ('NIR_ANO_17 or NUM_ENQ')."""
    return [" or ".join(column.sources) for column in columns(table) if column.required and not _found(column, present)]


def _literal(text: str) -> str:
    return text.replace("'", "''")


def _found(column: Column, present: Iterable[str]) -> list[str]:
    """The SNDS columns that hold a value; a source that ends with * stands for every column that begins so."""
    starts = tuple(source.removesuffix("*") for source in column.sources if source.endswith("*"))
    return [name for name in present if name in column.sources or (starts and name.startswith(starts))]


def text_sql(column: Column, present: Mapping[str, tuple[str, str]]) -> str:
    """SQL of the trimmed text of a value, NULL when blank. present: SNDS column -> (name in the file, DuckDB type)."""
    if column.kind == "tops":
        is_set = (
            f"CASE WHEN TRY_CAST({_cell_sql(*present[name])} AS DOUBLE) > 0 THEN '{_literal(name.lower())}' END"
            for name in _found(column, present)
        )
        return f"nullif(concat_ws(' ', {', '.join(is_set)}), '')"
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
    return f"CASE trim({text}) WHEN '' THEN NULL WHEN '.' THEN NULL ELSE trim({text}) END"  # '.' is how SAS writes nothing


def value_sql(column: Column) -> str:
    """SQL of the typed value, from the text of the same name; NULL when the text cannot be read."""
    if column.kind in ("text", "tops"):
        return column.name
    return _VALUES[column.kind].format(x=column.name, type=SQL_TYPES[column.kind])


def reason_sql(table: str) -> str:
    """SQL of the reason why a cell cannot be read, NULL when all can. Reads each name, typed, and text_<name>."""
    cases = [
        f"WHEN {column.name} IS NULL AND text_{column.name} IS NOT NULL THEN '{_REASONS.get(column.kind, 'not_a_number')}'"
        for column in columns(table)
        if column.kind != "text" and column.sources
    ]
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"
