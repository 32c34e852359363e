"""What the name of an e-PMSI archive says: FINESS.YEAR.MONTH.ddmmyyyyhhmmss.*, or FINESS.YEAR.MONTH.* for a file.

Belongs here: reading that name. Not here: what the file holds, which its content alone decides (recognise.py, mco.py).
"""

import re
from dataclasses import dataclass
from datetime import datetime

_NAME = re.compile(
    r"(?<![0-9A-Z])(?P<finess>[0-9][0-9AB][0-9]{7})\.(?P<year>20[0-9]{2})\.(?P<month>1[0-2]|0?[1-9])\.(?:(?P<sent>[0-9]{14})\.)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Announced:
    """sent: when the transmission was made, local time; None when the name has no date."""

    finess: str
    year: int
    month: int
    sent: datetime | None


def announced(name: str) -> Announced | None:
    """What the last part of `name` (of SourceFile) to follow the pattern says: the archive's when its entry's has no date."""
    said = [_announced(match) for match in _NAME.finditer(name)]
    dated = [one for one in said if one.sent] or said
    return dated[-1] if dated else None


def _announced(match: re.Match[str]) -> Announced:
    return Announced(match["finess"].upper(), int(match["year"]), int(match["month"]), _sent(match["sent"]))


def _sent(digits: str | None) -> datetime | None:
    try:
        return datetime.strptime(digits, "%d%m%Y%H%M%S") if digits else None
    except ValueError:  # fourteen digits that are no date
        return None
