"""From a column of an indicator back to what was read: which columns of which tables it is made of, by parsing the SQL.

Belongs here: the edges (tables/lineage.csv, which a run reads without parsing anything) and the page made of them. Run as a program, it
writes both again: python -m strata.lineage. Not here: the graph of tables (models.py).
"""

import csv
import io
from collections import defaultdict
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage

from strata.catalogue import load_catalogue
from strata.config import from_dict
from strata.definitions import TABLES
from strata.ingest.warehouse import tables as warehouse
from strata.models import models
from strata.settings import write_settings

EDGES = Path(__file__).parent / "tables" / "lineage.csv"
PAGE = Path(__file__).parent.parent / "docs" / "reference" / "lineage.md"
_NUMBERS = ("persons", "numerator", "denominator", "expected")

Edge = tuple[str, str, str, str]


def edges() -> list[Edge]:
    """(table, column, table read, column read) of every column of every SQL file, in order; constants have none."""
    schema = _schema()
    found: list[Edge] = []
    for name, model in models().items():
        known = {table: schema[table] for table in model.inputs if table in schema}
        columns = _columns(model.sql)
        schema[name] = dict.fromkeys(columns, "VARCHAR")
        for column in columns:
            node = lineage(column, model.sql, schema=known, dialect="duckdb", validate_qualify_columns=False)
            leaves = {(one.source.name, one.name.rpartition(".")[2]) for one in node.walk() if isinstance(one.source, exp.Table)}
            found += [(name, column, table, read) for table, read in leaves if table in model.inputs]
    return sorted(set(found))


def text_of(found: list[Edge]) -> str:
    """The edges as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([("table_name", "column_name", "from_table", "from_column"), *found])
    return out.getvalue()


def page(found: list[Edge]) -> str:
    """docs/reference/lineage.md: per indicator, the columns as read and the tables of rules that its numbers rest on."""
    back = defaultdict(set)
    for table, column, source, read in found:
        back[table, column].add((source, read))
    lines = [
        "# Where each number comes from",
        "",
        "Made from the SQL files by `python -m strata.lineage`; every step, column by column, is in `strata/tables/lineage.csv`.",
        "Columns named are those that a number is computed from. *Rows* are the tables, as read or written by the product, that decide who",
        "and what is counted (joins, filters): `definition_code` holds the code lists (`strata/conditions`). The fields of the ATIH and",
        "SNDS files behind the `read_` columns are in `strata/formats`.",
    ]
    for entry in load_catalogue().indicators.values():
        roots = _roots(entry.table, back)
        lines += ["", f"## {entry.id}", "", f"Table `{entry.table}`."]
        lines += [f"- `{table}`: {', '.join(f'`{column}`' for column in sorted(columns))}" for table, columns in sorted(roots.items())]
        lines += [f"- rows: {', '.join(f'`{table}`' for table in _sources(entry.table))}"]
    return "\n".join(lines) + "\n"


def _sources(table: str) -> list[str]:
    """Every table that no SQL file makes, behind this one."""
    waiting, seen = [table], set[str]()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += models()[at].inputs if at in models() else ()
    return sorted(seen - set(models()))


def _roots(table: str, back: dict[tuple[str, str], set[tuple[str, str]]]) -> dict[str, set[str]]:
    waiting, seen = [(table, column) for column in _NUMBERS], set[tuple[str, str]]()
    roots: dict[str, set[str]] = defaultdict(set)
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += back.get(at, ())
            if at[0] not in models():
                roots[at[0]].add(at[1])
    return roots


def _columns(sql: str) -> list[str]:
    return list(sqlglot.parse_one(sql, read="duckdb").named_selects)


def _schema() -> dict[str, dict[str, str]]:
    """The tables that no SQL file makes, with their columns, as the product itself writes them."""
    connection = duckdb.connect()
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    connection.execute(TABLES.read_text(encoding="utf-8"))
    connection.execute(
        "INSERT INTO read_slice BY NAME SELECT 1 AS slice_id, '990000001' AS finess, 'mco' AS field, 2024 AS year, 12 AS month"
    )
    raw = {"years": {"first": 2024, "last": 2024}, "coverage": {"mco": {"scope": "own", "last_complete_month": "2024-12"}}}
    write_settings(connection, from_dict(raw, Path()))
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, kind in connection.execute("SELECT table_name, column_name, data_type FROM duckdb_columns()").fetchall():
        found[table][column] = kind
    return found


if __name__ == "__main__":
    made = edges()
    EDGES.write_bytes(text_of(made).encode())
    PAGE.write_bytes(page(made).encode())
