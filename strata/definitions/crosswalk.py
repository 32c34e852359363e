"""What of a definition stands beside the tops of the CNAM cartography: cartography.csv of the folder of the condition, where there is one.

Belongs here: reading it, and refusing what the definition does not have. Not here: counting (sql/quality/cartography_crosswalk.sql). Tops
are columns to compare with, never a part of the definition.
"""

import csv
import re
from pathlib import Path
from typing import Any

from strata.definitions.text import wrong

NAME = "cartography.csv"
COLUMNS = ("comparison", "compared_with", "value", "top", "label_fr", "label_en", "note_fr", "note_en", "source")
_TOP = re.compile(r"(top|sup)_[a-z0-9_]+")
_STATUS = "diseased"


def read_crosswalk(folder: Path, condition: str, criteria: set[str]) -> list[tuple[Any, ...]]:
    """Rows of definition_cartography, none without the file. criteria: those of the definition.

    StrataError (usage): a column or a cell is missing, a top that is none, twice the same, a comparison that is of two things, a status
    other than 'diseased', a criterion that the definition has not.
    """
    path = folder / condition / NAME
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            rows, header = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(path, "", "ce fichier ne peut pas être lu", "this file cannot be read") from error
    if missing := [name for name in COLUMNS if name not in header]:
        raise wrong(path, missing[0], "cette colonne manque", "this column is missing", 1)
    asked: dict[str, tuple[str, str]] = {}
    seen: set[tuple[str, str]] = set()
    for line, row in enumerate(rows, start=2):
        _check(path, line, row, criteria)
        of, key = (row["compared_with"], row["value"]), (row["comparison"], row["top"])
        if key in seen or asked.setdefault(row["comparison"], of) != of:
            raise wrong(path, row["comparison"], "ce top ou une autre chose y est déjà", "this top or another thing is in it already", line)
        seen.add(key)
    return [(condition, *(row[name] for name in COLUMNS[:6])) for row in rows]


def _check(path: Path, line: int, row: dict[str, str], criteria: set[str]) -> None:
    empty = next((name for name in COLUMNS if not (row[name] or "").strip()), "")
    if empty or None in row:
        raise wrong(path, empty, "cette case est vide, ou il y en a trop", "this cell is empty, or there are too many", line)
    if not _TOP.fullmatch(row["top"]):
        raise wrong(path, "top", "un nom de top en minuscules est attendu", "the name of a top in lower case is expected", line)
    is_known = row["value"] == _STATUS if row["compared_with"] == "status" else row["value"] in criteria
    if row["compared_with"] not in ("status", "criterion") or not is_known:
        raise wrong(path, row["value"], "la définition n'a rien de tel", "the definition has nothing of the kind", line)
