"""What a listing is made of: transmissions, findings, files that bring nothing, and the texts of the findings.

Belongs here: those objects. Not here: looking into files (folder.py), telling what replaces what or is missing (rules.py).
Nothing in them but file names, FINESS numbers, years, months, versions, counts and hashes: never a cell.
"""

import csv
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from strata.ingest.atih.transmission import announced
from strata.ingest.raw.raw_tables import main_families
from strata.ingest.reasons import Reason

TABLE = Path(__file__).parent / "listing_findings.csv"
GROUPED_RSS = "mco_rum"  # in place of an RSA: its lines are units


@dataclass(frozen=True)
class Part:
    """What one file brings to a transmission. lines: of this hospital, the header of a table left out.

    stays: of a file outside MCO, whose lines are parts of stays; None where a line is a stay.
    is_unverified: no source confirms the layout it is read by.
    """

    file: str
    family: str
    version: str | None
    lines: int
    sha256: str
    stays: int | None = None
    is_unverified: bool = False


@dataclass(frozen=True)
class Transmission:
    """One hospital, field of care and year as one production gives them. months: of exit, those met in the content.

    finess, year: None when the first lines do not say. sent: from the name of the archive, local time.
    status: 'kept', 'replaced', 'copy' or 'refused'; reason: 'later_month', 'correction', 'same_content', or that of the refusal;
    by: the first file of the transmission that replaces this one, or of which it is a copy.
    """

    form: str  # 'atih' | 'snds'
    finess: str | None
    field: str  # 'mco'
    year: int | None
    months: tuple[int, ...]
    sent: datetime | None
    parts: tuple[Part, ...]
    status: str = "kept"
    reason: str | None = None
    by: str | None = None

    @property
    def stays(self) -> int:
        """Stays, as far as lines tell."""
        parts = [part for part in self.parts if part.family in main_families() or part.family == GROUPED_RSS]
        return sum(part.lines if part.stays is None else part.stays for part in parts)

    @property
    def last_month(self) -> int:
        """The month it goes to: the last one met, or the one its name announces when it is of this hospital and year (load.py)."""
        said = announced(self.files[0]) if self.files else None
        is_of_them = said is not None and (said.finess, said.year) == (self.finess, self.year)
        return max([*self.months, said.month] if said and is_of_them else self.months, default=0)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(part.file for part in self.parts)

    @property
    def content(self) -> tuple[str, ...]:
        """What two copies share."""
        return tuple(sorted(part.sha256 for part in self.parts))


@dataclass(frozen=True)
class Finding:
    """Something missing or odd: a row of listing_findings.csv, the hospital-year it concerns (finess None: all of that year)."""

    finding: str
    finess: str | None
    field: str
    year: int | None
    detail: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unread:
    """A file that would bring nothing.

    reason: of its refusal, 'same_content' (as `same_as`), None when it is not recognised.
    """

    file: str
    size_bytes: int
    family: str
    reason: str | None = None
    same_as: str | None = None


@dataclass(frozen=True)
class PersonTable:
    """One file of an SNDS table about persons: no stays, so in no transmission. months: of flow ('2019-02'), of DCIR only."""

    file: str
    family: str
    version: str | None
    lines: int
    months: tuple[str, ...] = ()


@dataclass
class Listing:
    """Everything in a folder: each file is part of a transmission, a table about persons, or unread."""

    transmissions: list[Transmission] = field(default_factory=list)
    persons: list[PersonTable] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


@cache
def findings() -> dict[str, Reason]:
    """The texts of every finding, by name."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return {
            row["finding"]: Reason(row["finding"], "listing", (row["label_fr"], row["label_en"]), (row["fix_fr"], row["fix_en"]))
            for row in csv.DictReader(handle)
        }
