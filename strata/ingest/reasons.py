"""Why a line is set aside or a file refused: the reasons are rows of quarantine_reasons.csv.

Belongs here: loading those rows and turning a refusal into the four-part error. Not here: deciding (atih/mco.py, archives.py).
"""

import csv
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from strata.errors import StrataError

TABLE = Path(__file__).parent / "quarantine_reasons.csv"


@dataclass(frozen=True)
class Reason:
    """One row: scope is 'line' (quarantine), 'file' or 'entry' (refusal); label and fix are (French, English)."""

    reason: str
    scope: str
    label: tuple[str, str]
    fix: tuple[str, str]


@dataclass(eq=False)
class Refused(StrataError):
    """A whole file that cannot be taken. reason is a row of the table; detail holds format names only, never cell content."""

    reason: str = field(default="unreadable")
    detail: str = field(default="")

    @property
    def code(self) -> str:
        """What FileSeen.reason keeps: the reason, and its detail when there is one."""
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


@cache
def reasons() -> dict[str, Reason]:
    """Every known reason, by name."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return {
            row["reason"]: Reason(row["reason"], row["scope"], (row["label_fr"], row["label_en"]), (row["fix_fr"], row["fix_en"]))
            for row in csv.DictReader(handle)
        }


def refusal(code: str, where: str) -> Refused:
    """The error for a refused file, from `reason` or `reason: detail` as FileSeen.reason keeps it."""
    name, _, detail = code.partition(": ")
    row = reasons()[name]
    why = (f"{row.label[0]} ({detail})", f"{row.label[1]} ({detail})") if detail else row.label
    return Refused(("Fichier refusé", "File refused"), where, why, row.fix, reason=name, detail=detail)
