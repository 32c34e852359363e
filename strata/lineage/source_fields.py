"""From a column as read back to the fields of the ATIH files and of the SNDS tables: by parsing the SQL of the ingest, then the layouts.

Belongs here: the edges of tables/source_field.csv (column, field of care, form, file, its field). Not here: from an indicator to the
columns as read (columns.py). Layouts (strata/formats) and the SQL of strata/ingest say everything.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.lineage import Node, lineage

from strata.ingest.raw.raw_tables import raw_columns, raw_tables
from strata.settings import TABLES

TABLE = TABLES / "source_field.csv"
HEADER = ("table_name", "column_name", "field", "form", "file", "source_field")
_FORMATS = Path(__file__).parents[1] / "formats"
_INGEST = Path(__file__).parents[1] / "ingest"
_STAYS = ("mco", "smr", "had", "psy")
_PERSONS = {"dcir": "care", "beneficiary": "beneficiary", "ald": "ald", "cartography": "cartography"}
# What the set says of its files, and codes: the columns its SQL reads of them.
_OF_SET = {
    "source": ["file_no", "source_file"],
    "stay_key": ["raw_table", "finess", "stay_number", "file_no", "row_no", "group_no", "line"],
    "file_year": ["year"],
    "care_form": ["field", "code", "care_form"],
    "had_home": ["code", "home"],
    "sentinel": ["raw_table", "name", "first_date", "last_date"],
}
# Lines of an RSA become the tables as read without raw tables: the zone says which.
_RSA = {"fixed": "stay", "um": "unit", "da": "diagnosis", "actes": "procedure"}
_OF_GHM = ("ghm_cmd", "ghm_type", "ghm_number", "ghm_severity")

_AS_READ = {"pseudonym": "person_id"}  # the number that stands for it

Source = tuple[str, str, str, str, str, str]
Leaf = tuple[str, str, str, str]  # table as read, column, raw table, raw column
_FIRST = ("patient", "part", "summary")  # of a field: what its tables as read are made from


def source_fields() -> list[Source]:
    """(table as read, column, field of care, 'atih' or 'snds', file or table, field of it), in order."""
    found = [row for field in (*_STAYS, *_PERSONS) for row in _of_field(field)]
    return sorted({*found, *_of_rsa()})


def _of_field(field: str) -> Iterator[Source]:
    for table, column, raw_table, raw_column in _traced(field):
        read = f"read_{table}"
        for file, name in _snds_fields(field, raw_table, raw_column):
            yield read, column, field, "snds", file, name
        for file, name in _atih_fields(raw_table, raw_column):
            yield read, column, field, "atih", file, name


def columns_of(sql: str) -> list[str]:
    """The columns a query gives, in order."""
    query = sqlglot.parse_one(sql, read="duckdb")
    return list(query.named_selects) if isinstance(query, exp.Query) else []


def traced(sql: str, schema: dict[str, dict[str, str]], views: dict[str, str] | None = None) -> dict[str, Node]:
    """Column of a query -> what it is made of, down to the tables of `schema`, through the `views` by name. The query is parsed once."""
    made_of: dict[str, Node] = lineage(None, sql, schema=schema, sources=views, dialect="duckdb", trim_selects=False)
    return made_of


@cache
def _traced(field: str) -> frozenset[Leaf]:
    """By the SQL of the field. What only names the rows (keys, ranks) is left out where a column has more to it than that."""
    keys = {name for row in _rows("raw_tables") if row["field"] == field for name in row["key"].split()} | {"row_no", "file_no", "line_key"}
    found = set(_leaves(field))
    said = {leaf[:2] for leaf in found if leaf[3] not in keys}
    return frozenset(leaf for leaf in found if leaf[3] not in keys or leaf[:2] not in said)


def _leaves(field: str) -> Iterator[Leaf]:
    views = {path.stem: _sql(path, field) for path in _views(field)}
    held = {table.name: ["file_no", "row_no", "line_key", *(one.name for one in raw_columns(table.name))] for table in raw_tables(field)}
    schema = {name: dict.fromkeys(columns, "VARCHAR") for name, columns in (held | _OF_SET).items()}
    for table, path in _selects(field):
        for column, node in traced(_sql(path, field), schema, views).items():
            for leaf in node.walk():
                if isinstance(leaf.source, exp.Table) and leaf.source.name not in (*_OF_SET, *views):
                    yield table, _AS_READ.get(column, column), leaf.source.name, leaf.name.rpartition(".")[2]


def _views(field: str) -> list[Path]:
    raw = _INGEST / "raw" / "sql"
    listed = [raw / "chaining.sql", *(raw / field / f"{name}.sql" for name in _FIRST)] if field in _STAYS else []
    whole = [raw / "whole_stay.sql"] if (raw / field / "part.sql").exists() else []
    return [path for path in listed if path.exists()] + whole


def _selects(field: str) -> list[tuple[str, Path]]:
    if field in _PERSONS:
        return [(_PERSONS[field], _INGEST / "snds" / "sql" / f"{_PERSONS[field]}.sql")]
    raw = _INGEST / "raw" / "sql"
    own = [(path.stem, path) for path in sorted((raw / field).glob("*.sql")) if path.stem not in _FIRST]
    return own + ([("stay", raw / "stay_of_parts.sql")] if (raw / field / "part.sql").exists() else [])


def _sql(path: Path, field: str) -> str:
    """The SQL over the raw tables themselves: `sound_` only says that rows set aside are not among them."""
    text = re.sub(r"\bsound_(chaining|billing)\b", rf"{field}_\1", path.read_text(encoding="utf-8"))
    return re.sub(r"\bsound_", "", text)


def _snds_fields(field: str, raw_table: str, raw_column: str) -> Iterator[tuple[str, str]]:
    tables = {row["snds_table"] for row in _rows("raw_tables") if row["raw_table"] == raw_table}
    for row in _rows(f"snds_{field}"):
        if row["table"] in tables and row["name"] == raw_column:
            yield row["table"], row["column"]


def _atih_fields(raw_table: str, raw_column: str) -> Iterator[tuple[str, str]]:
    for zone in _rows("raw_zones"):
        if zone["raw_table"] == raw_table:
            for row in _rows(zone["family"]):
                if row["zone"] == zone["zone"] and row["name"] == raw_column:
                    yield zone["family"], row["field"]


def _of_rsa() -> Iterator[Source]:
    """The RSA by the names of its zones, which are those of the raw columns ('unit_dp' of a RUM is its `dp`), and its line of chaining."""
    for table, column, raw_table, raw_column in _traced("mco"):
        for row in _rows("mco_rsa"):
            names = {row["name"], row["name"].removeprefix("unit_")} if row["zone"] == "um" else {row["name"]}
            names |= {"ghm"} if row["name"] in _OF_GHM else set()
            if _RSA.get(row["zone"]) == table and raw_table == f"mco_{table}" and raw_column in names:
                yield f"read_{table}", column, "mco", "atih", "mco_rsa", row["field"]
        for row in _rows("mco_ano"):
            if raw_table == "mco_chaining" and raw_column == row["name"]:
                yield f"read_{table}", column, "mco", "atih", "mco_ano", row["field"]


@cache
def _rows(name: str) -> list[dict[str, str]]:
    with (_FORMATS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_source_fields() -> list[Source]:
    """The committed rows, without parsing anything."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in list(csv.reader(file))[1:]]


def text_of(found: Iterable[Source]) -> str:
    """The rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([HEADER, *found])
    return out.getvalue()


def named(found: Iterable[Source]) -> dict[tuple[str, str], str]:
    """(table, column) -> its fields in words: 'mco: mco_rsa `DP`, T_MCOaaB `DGN_PAL`; smr: …'."""
    by_column: dict[tuple[str, str], dict[str, list[str]]] = {}
    for table, column, field, _, file, name in found:
        by_column.setdefault((table, column), {}).setdefault(field, []).append(f"{file} `{name}`")
    return {key: "; ".join(f"{field}: {', '.join(names)}" for field, names in fields.items()) for key, fields in by_column.items()}
