"""Which layout a table that a user brings is in: the columns as printed in the file, and our names for them.

Belongs here: finding the layout of strata/formats/user_tables.csv that a header fits, giving the columns our names. A new heading is
a row there. Not here: what the columns hold (territories.py, population.py, tariffs.py, crosswalk.py).
"""

import csv
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

from strata.errors import StrataError
from strata.ingest.lines.layouts import FORMATS
from strata.ingest.user.csv_file import UserCsv


@dataclass(frozen=True)
class Layout:
    """One way a table is printed. columns: (as printed, lower case, ? for any character; our name; whether it must be there)."""

    table: str
    name: str
    columns: tuple[tuple[str, str, bool], ...]

    def names(self, header: list[str]) -> dict[str, str]:
        """Our name -> column of the header; of two columns for one name, the one of the earlier row."""
        found: dict[str, str] = {}
        for pattern, name, _ in self.columns:
            for column in header:
                if fnmatchcase(column, pattern):
                    found.setdefault(name, column)
        return found

    def missing(self, header: list[str]) -> list[str]:
        """The columns that must be there and are not."""
        found = self.names(header)
        return [pattern for pattern, name, is_required in self.columns if is_required and name not in found]

    def share_found(self, header: list[str]) -> float:
        """How much of what must be there is there, 0 to 1."""
        required = sum(is_required for _, _, is_required in self.columns)
        return 1 - len(self.missing(header)) / required


@cache
def layouts() -> tuple[Layout, ...]:
    """Every layout of strata/formats/user_tables.csv, in its order."""
    columns: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
    with (FORMATS / "user_tables.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            columns.setdefault((row["table"], row["layout"]), []).append((row["column"], row["name"], row["required"] == "1"))
    return tuple(Layout(table, name, tuple(rows)) for (table, name), rows in columns.items())


def recognise(table: UserCsv, *accepted: str) -> tuple[Layout, UserCsv]:
    """The layout of one of the accepted tables that the header fits, and the file under our names; StrataError when it fits none."""
    header = [name for name in table.rows.columns if name != "line"]
    known = [layout for layout in layouts() if layout.table in accepted]
    best = max(known, key=lambda layout: (layout.share_found(header), len(layout.names(header))))
    if missing := best.missing(header):
        raise _unknown(table, best, missing, known)
    names = best.names(header)
    renamed = table.rows.select("line", *(table.rows[column].alias(name) for name, column in names.items()))
    return best, replace(table, rows=renamed, printed=names)


def _unknown(table: UserCsv, best: Layout, missing: list[str], known: list[Layout]) -> StrataError:
    """The nearest layout names the missing column; a header far from all of them is not recognised at all."""
    header = [name for name in table.rows.columns if name != "line"]
    forms = " | ".join(", ".join(column for column, _, is_required in layout.columns if is_required) for layout in known)
    fix = (f"Colonnes attendues, au choix : {forms}.", f"Columns expected, one of: {forms}.")
    found = ", ".join(header)
    if best.share_found(header) <= 1 / 2:
        what = ("Tableau non reconnu.", "Table not recognised.")
        return table.error(1, None, what, (f"Colonnes trouvées : {found}.", f"Columns found: {found}."), fix)
    lacks = ", ".join(missing)
    why = (f"Manque : {lacks}. Colonnes trouvées : {found}.", f"Missing: {lacks}. Columns found: {found}.")
    return table.error(None, missing[0], ("Colonne manquante.", "Missing column."), why, fix)
