"""What each cell of a drawn sheet held, as a hash, so that the sheet read back is known to be the one drawn.

Belongs here: which cells are sealed, and the comparison. Not here: reading their values (answers.py). Against slips of the hand, not
against anybody: who can change a cell can change its seal.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from strata.review import form

# What a seal is of: the sheet, the question (review) or the row (draw), the column. A question keeps its seal where rows are sorted.
Place = tuple[str, int, int]
SEALED = len(form.COLUMNS) - len(form.TO_FILL)  # columns of the review sheet
_DRAWN = len(form.GROUP_COLUMNS)  # columns of the draw sheet that hold facts and groups


@dataclass(frozen=True)
class Fault:
    """A sealed cell that is not as drawn. cell: 'E3'; kind: 'changed', 'missing' (a question, at the row it was drawn) or 'added'."""

    is_review: bool
    cell: str
    kind: str


def write_seals(review: Worksheet, draw: Worksheet, side: int) -> None:
    """Seal the cells of both sheets, beside the table of groups of the draw sheet."""
    for row, cells in enumerate([[texts[side] for texts in form.SEAL_COLUMNS.values()], *_rows(review, draw)], start=1):
        for column, value in enumerate(cells, start=form.SEALS_AT):
            draw.cell(row, column, value)


def _rows(review: Worksheet, draw: Worksheet) -> Iterator[list[Any]]:
    for place, (_, seal) in (_review(review) | _draw(draw)).items():
        yield [*place, seal]


def read_seals(draw: Worksheet) -> dict[Place, str]:
    """The seals of a sheet."""
    first, last = form.SEALS_AT, form.SEALS_AT + len(form.SEAL_COLUMNS) - 1
    rows = draw.iter_rows(min_row=2, min_col=first, max_col=last, values_only=True)
    return {(str(sheet), int(number), int(column)): str(seal) for sheet, number, column, seal in rows if seal is not None}


def faults(review: Worksheet, draw: Worksheet) -> Iterator[Fault]:
    """The cells that are not as drawn: those of the draw sheet first."""
    sealed = read_seals(draw)
    found = _draw(draw) | _review(review)
    for place in sorted({*sealed, *found}):
        _, number, column = place
        cell, seal = found.get(place, (f"{get_column_letter(column)}{number + (place[0] == 'review')}", ""))
        if seal != sealed.get(place):
            kind = "changed" if seal and place in sealed else "added" if seal else "missing"
            yield Fault(place[0] == "review", cell, kind)


def _review(sheet: Worksheet) -> dict[Place, tuple[str, str]]:
    """(cell, seal) of each sealed cell, empty ones too; rows without a question number are left out."""
    found = {}
    for row in range(2, sheet.max_row + 1):
        if isinstance(number := sheet.cell(row, 1).value, int | float):
            for column in range(1, SEALED + 1):
                place = ("review", int(number), column)
                found[place] = (f"{get_column_letter(column)}{row}", _seal(place, sheet.cell(row, column).value))
    return found


def _draw(sheet: Worksheet) -> dict[Place, tuple[str, str]]:
    """(cell, seal) of each cell that holds something."""
    cells = (cell for row in sheet.iter_rows(max_col=_DRAWN) for cell in row if cell.value is not None)
    places = ((("draw", cell.row, cell.column), cell) for cell in cells)
    return {place: (cell.coordinate, _seal(place, cell.value)) for place, cell in places}


def _seal(place: Place, value: Any) -> str:
    """The hash of what a cell shows: a spreadsheet writes a whole number as 3.0, a date with an hour, an empty cell as no text."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    shown = "" if value is None else value.isoformat()[:10] if isinstance(value, date) else str(value)
    return hashlib.sha256("\x1f".join((*map(str, place), shown)).encode()).hexdigest()[:16]
