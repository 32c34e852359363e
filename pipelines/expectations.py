"""What is expected of the small tables of sql/quality: rows of a .toml beside each SQL file.

Belongs here: reading them and what one of them gave. Not here: validating (checks.py) nor what follows from a failure (gate.py).
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from strata.engine.models import SQL_FOLDER

LAYER = "quality"
IF_NATIONAL = "blocking_if_national"
_SEVERITIES = ("blocking", "warning", IF_NATIONAL)


@dataclass(frozen=True)
class Expectation:
    """Every value of `column` lies in [min, max] and none is NULL; without a column, the number of rows does.

    severity: 'blocking' stops the publication, 'warning' is reported, 'blocking_if_national' is one or the other (in_force).
    label, source (of the threshold): (French, English). min_column, max_column: the row's own bound, where it has one. binding_column: the
    rows where it is false are told, whatever the severity. named_by: the columns that name a row at fault; nothing personal.
    """

    table: str
    name: str
    severity: str
    label: tuple[str, str]
    source: tuple[str, str]
    column: str = ""
    min: float | None = None
    max: float | None = None
    min_column: str = ""
    max_column: str = ""
    binding_column: str = ""
    named_by: tuple[str, ...] = ()

    @property
    def is_blocking(self) -> bool:
        return self.severity == "blocking"


@dataclass(frozen=True)
class Outcome:
    """What one expectation gave. failing_rows: rows of the quality table at fault (1 when it is their number that is).

    at: their names, where the expectation says how a row is named. is_told: none of them binds; the expectation then is `told`.
    """

    expectation: Expectation
    has_passed: bool
    failing_rows: int
    at: tuple[str, ...] = ()
    is_told: bool = False

    @property
    def is_refusal(self) -> bool:
        return self.expectation.is_blocking and not self.has_passed


@cache
def suites(folder: Path = SQL_FOLDER) -> dict[str, tuple[Expectation, ...]]:
    """The expectations by table. ValueError when one has no bound or an unknown severity."""
    return {path.stem: tuple(_read(path)) for path in sorted((folder / LAYER).glob("*.toml"))}


def in_force(expectations: Iterable[Expectation], is_national: bool) -> tuple[Expectation, ...]:
    """The same with the severity they have here: what is asked of a nation's extract stops the publication there, and is told elsewhere."""
    severity = "blocking" if is_national else "warning"
    return tuple(replace(one, severity=severity) if one.severity == IF_NATIONAL else one for one in expectations)


def told(expectation: Expectation) -> Expectation:
    """The same where no row at fault binds: it is reported and stops nothing."""
    return replace(expectation, severity="warning")


def _read(path: Path) -> Iterator[Expectation]:
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["expectation"]:
        label = (entry.pop("label_fr"), entry.pop("label_en"))
        source = (entry.pop("source_fr"), entry.pop("source_en"))
        named_by = tuple(entry.pop("named_by", ()))
        one = Expectation(table=path.stem, label=label, source=source, named_by=named_by, **entry)
        if one.severity not in _SEVERITIES or (one.min is None and one.max is None):
            raise ValueError(f"{path.name} {one.name}: severity is one of {', '.join(_SEVERITIES)}, and min or max is given")
        yield one
