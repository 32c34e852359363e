"""The user's file on the deployment of a programme: persons included by stratum, meetings, people trained, partners.

Belongs here: reading and checking the CSV. Not here: its block of the page (follow_up.py).
"""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from strata.errors import StrataError

COLUMNS = ("territory_id", "date", "measure", "condition", "stratum", "value")
INCLUSIONS = "inclusions"
PROCESS = ("meetings", "trained_professionals", "partners")
STRATA = ("4", "3", "2", "1")


@dataclass(frozen=True)
class Entry:
    """One line of the file: `value` more persons included (condition and stratum given), or more meetings, people trained, partners."""

    territory_id: str
    day: date
    measure: str
    condition: str
    stratum: str
    value: int


def read_follow_up(path: Path) -> tuple[Entry, ...]:
    """Read a CSV of the columns COLUMNS, separated by ; or ,. StrataError naming the line that cannot be read, never its content."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        first = handle.readline()
        handle.seek(0)
        reader = csv.DictReader(handle, delimiter=";" if ";" in first else ",")
        if set(reader.fieldnames or ()) != set(COLUMNS):
            columns = ", ".join(COLUMNS)
            raise _refused(path, (f"colonnes attendues : {columns}", f"columns expected: {columns}"))
        return tuple(_entry(path, reader.line_num, row) for row in reader)


def _entry(path: Path, line: int, row: dict[str, str]) -> Entry:
    where = f"{path}, {line}"
    try:
        entry = Entry(
            row["territory_id"], date.fromisoformat(row["date"]), row["measure"], row["condition"], row["stratum"], int(row["value"])
        )
    except (TypeError, ValueError) as error:
        reason = ("la date s'écrit AAAA-MM-JJ et la valeur est un nombre entier", "the date is YYYY-MM-DD and the value a whole number")
        raise _refused(where, reason) from error
    if entry.measure not in (INCLUSIONS, *PROCESS) or entry.value < 0:
        names = ", ".join((INCLUSIONS, *PROCESS))
        raise _refused(where, (f"measure parmi {names}, valeur positive", f"measure one of {names}, value not negative"))
    if entry.measure == INCLUSIONS and (not entry.condition or entry.stratum not in STRATA):
        raise _refused(
            where, ("une inclusion a une maladie et une strate de 1 à 4", "an inclusion has a condition and a stratum from 1 to 4")
        )
    return entry


def _refused(where: Path | str, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=("Ce fichier de suivi ne se lit pas", "This follow-up file cannot be read"),
        where=str(where),
        why=why,
        fix=("Corriger cette ligne du fichier", "Mend this line of the file"),
        is_usage=True,
    )
