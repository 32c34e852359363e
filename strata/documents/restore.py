"""Exports laid out again as a folder of definitions: an earlier version, as it was published, to compare, to read or to edit.

Belongs here: writing definition.toml and the code lists from the JSON. Not here: the shape of the JSON (export.py), the refusal of what
it says (strata/definitions). The calendar of follow-up and the tops of the CNAM decide no stratum and are not laid out.
"""

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from strata.definitions.code_lists import CODE_COLUMNS, LIST_COLUMNS
from strata.definitions.text import wrong
from strata.documents.export import SCHEMA, compile_export

_NAME = re.compile(r"[a-z0-9_]+")
Row = dict[str, Any]


def is_export(path: Path) -> bool:
    """Whether a file is the export of a definition; any other JSON is not."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("schema") == SCHEMA


def lay_exports(paths: Iterable[Path], folder: Path) -> None:
    """Write a folder of definitions, `shared` lists included, from exports of different conditions.

    StrataError (usage): an export that was changed, or two that do not say the same of a list.
    """
    lists: dict[str, Row] = {}
    for path in paths:
        export = json.loads(path.read_text(encoding="utf-8"))
        _refuse_changed(path, export)
        for one in export["code_lists"]:
            if lists.setdefault(one["list_id"], one) != one:
                raise wrong(
                    path, one["list_id"], "un autre export dit autre chose de cette liste", "another export says otherwise of this list"
                )
        place = folder / export["condition"]
        place.mkdir(parents=True)
        lines = (f"{name} = {_toml(name, value)}\n" for name, value in export["definition"].items())
        (place / "definition.toml").write_text("".join(lines), encoding="utf-8", newline="\n")
    _write_lists(folder / "shared", list(lists.values()))


def _refuse_changed(path: Path, export: Row) -> None:
    try:
        names = [export["condition"], *(one["list_id"] for one in export["code_lists"])]
        if not all(_NAME.fullmatch(name) for name in names):  # they name files
            raise ValueError
        compile_export(export)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise wrong(path, "", "cet export n'est pas entier", "this export is not whole") from error


def _write_lists(shared: Path, lists: list[Row]) -> None:
    (shared / "codes").mkdir(parents=True)
    _write(shared / "lists.csv", LIST_COLUMNS, lists)
    for one in lists:
        _write(shared / "codes" / f"{one['list_id']}.csv", CODE_COLUMNS, one["codes"])


def _write(path: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _toml(name: str, value: Any) -> str:
    """A value as TOML, tables inline: JSON, but for the signs of tables and for days, which are no texts."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(key, one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml("", one) for one in value) + "]"
    return str(value) if name == "valid_from" else json.dumps(value, ensure_ascii=False)
