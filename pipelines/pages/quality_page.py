"""The quality page: what a run read, set aside and checked, for the people who run it.

Belongs here: one HTML file and one CSV per table, beside the warehouse. Not here: the tables (quality_tables.py), the thresholds
(sql/quality/*.toml). It holds small counts by hospital: it stays with the warehouse and is never published.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.expectations import Expectation, in_force, suites
from pipelines.gate import is_national
from pipelines.pages.private_page import FRENCH, deliver, render
from pipelines.pages.quality_tables import TABLES, QualityTable, Text
from strata.config import Config

FOLDER = "quality"
_ROWS_SHOWN = 200  # the CSV beside the page has them all
_STATES: dict[str, Text] = {"held": ("Tenu", "Held"), "not_held": ("Non tenu", "Not held"), "not_made": ("Non fait", "Not made")}


@dataclass(frozen=True)
class Check:
    """One expectation as the page shows it. state: 'held', 'not_held' or 'not_made'; told: in words. seen: the range of its column."""

    label: str
    state: str
    told: str
    is_blocking: bool
    seen: str
    threshold: str
    source: str


@dataclass(frozen=True)
class Shown:
    """One table as the page shows it; rows: the first ones."""

    name: str
    title: str
    reading: str
    heads: list[str]
    rows: list[list[str]]
    total: int


_NUMBER = re.compile(r"-?\d[\d\u202f,]*([.,]\d+)?")


def write_quality_page(connection: duckdb.DuckDBPyConnection, config: Config, run_id: str) -> Path:
    """Write quality/index.html and its CSV files beside the warehouse, in the language of the project; gives the path of the page."""
    folder = config.database.parent / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    side = 0 if config.project.language == "fr" else 1
    present = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    tables = [_shown(connection, table, side, folder) for table in TABLES if table.source in present]
    whole = "setting" in present and is_national(connection, config)
    checks = _checks(connection, in_force((one for suite in suites().values() for one in suite), whole), present, side)
    facts = {"language": "fr" if side == 0 else "en", "checks": checks, "tables": tables, "run_id": run_id, "config": config}
    page = folder / "index.html"
    deliver(render("quality.html.j2", is_numeric=is_numeric, **facts), page)
    return page


def _shown(connection: duckdb.DuckDBPyConnection, table: QualityTable, side: int, folder: Path) -> Shown:
    heads, language = [head[side] for head in table.heads_shown()], "fr" if side == 0 else "en"
    found = table.found(connection, language)
    with (folder / f"{table.name}.csv").open("w", encoding="utf-8-sig", newline="") as handle:  # a spreadsheet needs the mark
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(heads)
        writer.writerows([_harmless(cell) for cell in row] for row in table.told(found, language))
    shown = table.told(found, language, is_on_page=True)[:_ROWS_SHOWN]
    return Shown(table.name, table.title[side], table.reading[side], heads, shown, len(found[1]))


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet will not take for a formula: names of files come from outside."""
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and not is_numeric(cell)) else cell


def is_numeric(cell: str) -> bool:
    """Whether a cell is a number, so that a column of them is aligned to the right."""
    return _NUMBER.fullmatch(cell) is not None


def _checks(connection: duckdb.DuckDBPyConnection, expectations: Iterable[Expectation], present: set[str], side: int) -> list[Check]:
    made, told = {}, set()
    if "check_result" in present:
        rows = connection.execute("SELECT table_name, check_name, has_passed, is_told FROM check_result").fetchall()
        made = {(table, name): "held" if has_passed else "not_held" for table, name, has_passed, _ in rows}
        told = {(table, name) for table, name, _, is_told in rows if is_told}
    checks = []
    for one in expectations:
        seen = _seen(connection, one) if one.table in present else ""
        state = made.get((one.table, one.name), "not_made") if seen else "not_made"  # nothing to hold a threshold against
        seen, threshold = (text if side else text.translate(FRENCH) for text in (seen or "–", _threshold(one)))
        is_blocking = one.is_blocking and (one.table, one.name) not in told
        checks.append(Check(one.label[side], state, _STATES[state][side], is_blocking, seen, threshold, one.source[side]))
    return checks


def _seen(connection: duckdb.DuckDBPyConnection, one: Expectation) -> str:
    """The lowest and the highest value met, or the number of rows; empty when there is no value."""
    if not one.column:
        return f"{connection.execute(f'SELECT count(*) FROM {one.table}').fetchall()[0][0]:,}"
    low, high = connection.execute(f"SELECT min({one.column}), max({one.column}) FROM {one.table}").fetchall()[0]
    if low is None:
        return ""
    return _number(low) if low == high else f"{_number(low)} – {_number(high)}"


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:.4f}".rstrip("0")


def _threshold(one: Expectation) -> str:
    if one.min is not None and one.max is not None:
        return f"{one.min:g} – {one.max:g}"
    return f"≥ {one.min:g}" if one.min is not None else f"≤ {one.max:g}"
