"""From a column of an indicator back to what was read: which columns of which tables it is made of, by parsing the SQL.

Belongs here: the edges (tables/lineage.csv, which a run reads without parsing anything) and the page made of them. Run as a program, it
writes both and tables/source_field.csv again: python -m strata.lineage. Not here: the graph of tables (models.py), the fields of the files
behind a column as read (source_fields.py).
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb
from sqlglot import exp

from strata.config import from_dict
from strata.definitions.code_lists import read_code_lists
from strata.definitions.folder import CONDITIONS, SCHEMA, compile_definitions
from strata.engine.models import models
from strata.ingest.warehouse import tables as warehouse
from strata.lineage.source_fields import columns_of, named, read_source_fields, traced
from strata.measures.catalogue import load_catalogue
from strata.settings import TABLES, write_settings

EDGES = TABLES / "lineage.csv"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "lineage.md"
_NUMBERS = ("persons", "numerator", "denominator", "expected")

Edge = tuple[str, str, str, str]


def edges() -> list[Edge]:
    """(table, column, table read, column read) of every column of every SQL file, in order; constants have none."""
    schema = _schema()
    found: list[Edge] = []
    for name, model in models().items():
        known = {table: schema[table] for table in model.inputs if table in schema}
        schema[name] = dict.fromkeys(columns_of(model.sql), "VARCHAR")
        for column, node in traced(model.sql, known).items():
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
        "and what is counted (joins, filters): `definition_code` holds the [code lists](#code-lists). The fields of the ATIH and SNDS",
        "files behind the `read_` columns are [at the end](#fields-of-the-files) and in `strata/tables/source_field.csv`.",
    ]
    for entry in load_catalogue().indicators.values():
        roots = _roots(entry.table, back)
        lines += ["", f"## {entry.id}", "", f"Table `{entry.table}`."]
        lines += [f"- `{table}`: {', '.join(f'`{column}`' for column in sorted(columns))}" for table, columns in sorted(roots.items())]
        sources = _sources(entry.table)
        lines += [f"- rows: {', '.join(f'`{table}`' for table in sources)}"]
        if "definition_code" in sources:
            lines += [f"- code lists: {_whose(entry.table, entry.conditions)}"]
    return "\n".join([*lines, *_code_lists(), *_fields(found)]) + "\n"


def _whose(table: str, conditions: Iterable[str]) -> str:
    """Links to the code lists that decide: of the condition of the row, of the events shared by all where stays are told apart."""
    names = [part for name in conditions for part in name.split("_or_")] or ["each condition"]  # of a union, those of both
    links = [f"[{name}](#code-lists{'' if name == 'each condition' else f'-of-{name}'})" for name in names]
    return ", ".join([*links, *(["[shared](#code-lists-of-shared)"] if "used_stay" in _upstream(table) else [])])


def _code_lists() -> list[str]:
    """One section per condition, and one of the events shared by all: their lists, with the events that look for them."""
    conditions = sorted(path.parent.name for path in CONDITIONS.glob("*/definition.toml"))
    rows = compile_definitions(CONDITIONS, conditions).rows
    events = {number: (condition, name) for number, condition, name, *_ in rows["definition_event"]}
    used: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for number, _, _, list_id, _ in rows["definition_term"]:
        condition, event = events[number]
        used[condition][list_id].add(event)
    lines = ["", "## Code lists", "", "Lists, and the events of the definition that look for them (`strata/conditions`)."]
    for condition, lists in sorted(used.items()):
        labels = {name: one.about["label_en"] for name, one in read_code_lists(CONDITIONS, condition)[0].items()}
        lines += ["", f"### Code lists of {condition}", ""]
        lines += [f"- `{name}` ({labels[name]}): {', '.join(f'`{one}`' for one in sorted(lists[name]))}" for name in sorted(lists)]
    return lines


def _fields(found: list[Edge]) -> list[str]:
    """Each column as read that some table is made of, with the fields of the files it comes from."""
    told = named(read_source_fields())
    columns = sorted({(table, column) for _, _, table, column in found if (table, column) in told})
    lines = [
        "",
        "## Fields of the files",
        "",
        "By field of care: the ATIH file (lower case, `strata/formats`) or the SNDS table, then its field.",
        "",
    ]
    return [
        *lines,
        "| Column as read | Fields |",
        "|---|---|",
        *(f"| `{table}.{column}` | {told[table, column]} |" for table, column in columns),
    ]


def _upstream(table: str) -> set[str]:
    """Every table behind this one, itself included."""
    waiting, seen = [table], set[str]()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += models()[at].inputs if at in models() else ()
    return seen


def _sources(table: str) -> list[str]:
    """Every table that no SQL file makes, behind this one."""
    return sorted(_upstream(table) - set(models()))


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


def _schema() -> dict[str, dict[str, str]]:
    """The tables that no SQL file makes, with their columns, as the product itself writes them."""
    connection = duckdb.connect()
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    connection.execute(SCHEMA.read_text(encoding="utf-8"))
    connection.execute(
        "INSERT INTO read_slice BY NAME SELECT 1 AS slice_id, '990000001' AS finess, 'mco' AS field, 2024 AS year, 12 AS month"
    )
    raw = {"years": {"first": 2024, "last": 2024}, "coverage": {"mco": {"scope": "own", "last_complete_month": "2024-12"}}}
    write_settings(connection, from_dict(raw, Path()))
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, kind in connection.execute("SELECT table_name, column_name, data_type FROM duckdb_columns()").fetchall():
        found[table][column] = kind
    return found
