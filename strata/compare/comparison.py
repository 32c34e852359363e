"""The same warehouse seen through two definitions: who is in, out, moved, and through which criteria and rules.

Belongs here: building the strata of both sides in a scratch database and gathering how they differ. Not here: any rule of the method
(sql/strata), words (pipelines/commands/compare_report.py). Persons are only ever counted here, by SQL: nothing grows with them in Python.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from strata.compare.sides import Side, find_side, named
from strata.config import Config
from strata.definitions.folder import write_definitions
from strata.engine import models
from strata.engine.scratch import look_in, open_scratch, rows, stratum_models
from strata.errors import StrataError
from strata.explain.labels import code_labels, list_labels

SCHEMA = "strata-compare/1"
NONE = "none"
STATES = ("1", "2", "3", "4", "at_risk_strict", "at_risk_extended", NONE)
_SQL = Path(__file__).parent
Row = dict[str, Any]
Tell = Callable[[tuple[str, str]], None]


@dataclass(frozen=True)
class Comparison:
    """One condition at one index date under two definitions. Lists of rows: docs/how-to/compare-definitions.md.

    matrix: persons by state before and after. moves: each change of state with its criteria and rules. changes: how the texts differ.
    labels: kind ('criterion', 'rule', 'type', 'type_group', 'list', 'code': 'list code') -> name -> its (French, English) words, of the
    second definition first; of codes, those that the two texts do not share.
    """

    condition: str
    before: str
    after: str
    definition_before: str
    definition_after: str
    label_fr: str
    label_en: str
    year: int
    index_date: date
    lookback_years: int
    fields_included: str
    is_synthetic: bool
    matrix: list[Row]
    moves: list[Row]
    changes: list[Row]
    labels: dict[str, dict[str, tuple[str, str]]]

    def persons(self, state: str, side: str) -> int:
        """Persons in a state, `side` being 'before' or 'after'."""
        return sum(row["persons"] for row in self.matrix if row[f"state_{side}"] == state)


def compare(config: Config, names: tuple[str, str], condition: str | None, year: int, tell: Tell) -> list[Comparison]:
    """Compare two definitions on the warehouse, which is not written to. tell: progress.

    The scratch database holds personal data: it lies in the warehouse folder and goes away at the end.
    StrataError (usage): a definition that is refused, or no condition that both define.
    """
    with tempfile.TemporaryDirectory(dir=config.database.parent, prefix="compare-") as place:
        folder = Path(place)
        sides = [find_side(name, config, folder / side) for name, side in zip(names, "ab")]
        with closing(open_scratch(config, folder / "scratch.duckdb", ("a", "b", "common"))) as connection:
            conditions = _conditions(connection, sides, condition)
            look_in(connection, "common")
            connection.execute(f"CREATE TABLE reporting_year AS SELECT * FROM reporting_year WHERE year = {year:d}")
            for side, schema in zip(sides, "ab"):
                tell((f"Strates selon {side.name}…", f"Strata after {side.name}…"))
                _build(connection, config, side, schema, conditions)
            look_in(connection, "common")
            connection.execute(f"CREATE TABLE moved AS {_sql('moved')}")
            return [_compared(connection, sides, one) for one in conditions]


def _conditions(connection: duckdb.DuckDBPyConnection, sides: list[Side], asked: str | None) -> list[str]:
    """The condition asked for, else those of the warehouse, when both sides define them."""
    look_in(connection, "common")
    run = [row["condition"] for row in rows(connection, "SELECT condition FROM definition ORDER BY condition")]
    both = sides[0].conditions & sides[1].conditions
    found = [one for one in ([asked] if asked else run or sorted(both)) if one in both]
    if not found:
        shared = ", ".join(sorted(both)) or "-"
        raise StrataError(
            what=("Rien à comparer", "Nothing to compare"),
            where="--condition" if asked else "--definitions",
            why=(f"les deux définitions ont en commun : {shared}", f"the two definitions have in common: {shared}"),
            fix=("Donner deux définitions d'une même maladie", "Give two definitions of one condition"),
            is_usage=True,
        )
    return found


def _build(connection: duckdb.DuckDBPyConnection, config: Config, side: Side, schema: str, conditions: list[str]) -> None:
    """The strata of one side in its schema, by the engine's own files; what they read beside it is the warehouse's."""
    look_in(connection, schema, "common")
    own = replace(config.paths, conditions=str(side.folder.resolve()))
    with named(side.name):
        write_definitions(connection, replace(config, paths=own, method=replace(config.method, conditions=conditions)))
    for name in stratum_models():
        connection.execute(f"CREATE TABLE {name} (not_yet BOOLEAN)")  # so that replacing it never means the warehouse's own
        models.build(connection, name)
    views = [one for one in models.models().values() if one.is_view]
    read = {name for one in views for name in one.inputs}
    for name in stratum_models():
        if not name.startswith("person_") and name not in read:  # stays and codes are large, and nothing reads them from here on
            connection.execute(f"DROP TABLE {schema}.{name}")


def _compared(connection: duckdb.DuckDBPyConnection, sides: list[Side], condition: str) -> Comparison:
    look_in(connection, "common")
    definitions = [rows(connection, f"SELECT * FROM {schema}.definition WHERE condition = ?", [condition])[0] for schema in "ab"]
    index = rows(
        connection,
        """SELECT year, index_date, reporting_year.lookback_years, fields AS fields_included, is_synthetic
           FROM reporting_year CROSS JOIN setting""",
    )[0]
    matrix, moves = _of(rows(connection, _sql("matrix")), condition), _moves(connection, condition)
    changes = _changes(connection, condition)  # looks in the schema of each side: the last to be asked
    return Comparison(
        condition=condition,
        before=sides[0].name,
        after=sides[1].name,
        definition_before=definitions[0]["definition_id"],
        definition_after=definitions[1]["definition_id"],
        label_fr=definitions[1]["label_fr"],
        label_en=definitions[1]["label_en"],
        matrix=matrix,
        moves=moves,
        changes=changes,
        labels=_labels(connection, condition) | {"list": _list_labels(sides, condition), "code": _code_labels(sides, condition, changes)},
        **index,
    )


_LABELLED = {
    "criterion": ("definition_criterion", "criterion_id"),
    "rule": ("definition_rule", "rule_id"),
    "type": ("definition_type_rule", "person_type"),
    "type_group": ("definition_type_group", "type_group"),
}


def _labels(connection: duckdb.DuckDBPyConnection, condition: str) -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for kind, (table, name) in _LABELLED.items():
        found[kind] = {}
        for schema in "ab":  # b last: its words win
            query = f"SELECT {name} AS name, label_fr, label_en FROM {schema}.{table} WHERE condition = ? ORDER BY name"
            found[kind] |= {row["name"]: (row["label_fr"], row["label_en"]) for row in rows(connection, query, [condition])}
    return found


def code_of(value: str) -> str:
    """The code of a line of a list: 'D64' of 'D64* [2022-01-01…]'."""
    return value.partition(" ")[0].rstrip("*")


def _list_labels(sides: list[Side], condition: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for side in sides:
        found |= list_labels(side.folder, condition)
    return found


def _code_labels(sides: list[Side], condition: str, changes: list[Row]) -> dict[str, tuple[str, str]]:
    """'list code' -> the words of each code that was added or removed."""
    found: dict[str, tuple[str, str]] = {}
    for row in (one for one in changes if one["kind"] == "list"):
        codes = {code_of(value) for aspect in row["aspects"] for value in (*aspect["removed"], *aspect["added"])}
        for side in sides:
            labels = code_labels(side.folder, condition, row["name"])
            found |= {f"{row['name']} {code}": labels[code] for code in sorted(codes) if code in labels}
    return found


def _of(found: list[Row], condition: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "condition"} for row in found if row["condition"] == condition]


def _moves(connection: duckdb.DuckDBPyConnection, condition: str) -> list[Row]:
    """One row per change of state, the most persons first, with the criteria and rules responsible."""
    moves: dict[tuple[str, str], Row] = {}
    for row in _of(rows(connection, _sql("matrix")), condition):
        if row["state_before"] != row["state_after"]:
            moves[row["state_before"], row["state_after"]] = row | {"criteria": [], "rules": []}
    for name, kind in (("move_criterion", "criteria"), ("move_rule", "rules")):
        for row in _of(rows(connection, _sql(name)), condition):
            moves[row.pop("state_before"), row.pop("state_after")][kind].append(row)
    return sorted(moves.values(), key=lambda row: (-row["persons"], row["state_before"], row["state_after"]))


def _changes(connection: duckdb.DuckDBPyConnection, condition: str) -> list[Row]:
    """How the two texts differ: kind, name, change ('added', 'removed' or 'changed'), and by aspect the values removed and added."""
    lines = []
    for schema in "ab":
        look_in(connection, schema)
        found = rows(connection, f"SELECT kind, name, aspect, value FROM ({_sql('definition_line')}) WHERE condition = ?", [condition])
        lines.append({tuple(row.values()) for row in found})
    names = [{line[:2] for line in side} for side in lines]
    aspects: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for side, key in ((0, "removed"), (1, "added")):
        for kind, name, aspect, value in sorted(lines[side] - lines[1 - side], key=str):
            if value is not None:
                aspects[kind, name].setdefault(aspect, {"aspect": aspect, "removed": [], "added": []})[key].append(value)
    found = []
    for (kind, name), changed in aspects.items():
        in_both = (kind, name) in names[0] and (kind, name) in names[1]
        change = "changed" if in_both else "added" if (kind, name) in names[1] else "removed"
        found.append({"kind": kind, "name": name, "change": change, "aspects": list(changed.values())})
    order = ("definition", "list", "event", "criterion", "type_group", "type_rule", "rule")
    return sorted(found, key=lambda row: (order.index(row["kind"]), row["name"], row["change"]))


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
