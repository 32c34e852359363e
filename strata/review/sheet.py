"""The draw as an XLSX file for the reviewers: one row per question, lists to answer from, everything else locked.

Belongs here: writing it. Not here: who is drawn (draw.py), the words (form.py), reading it back (answers.py).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from strata.explain.words import Words
from strata.review import form
from strata.review.draw import Draw, Stay
from strata.review.seals import write_seals

_HEAD = PatternFill("solid", fgColor="DDE6EF")
_TO_FILL = PatternFill("solid", fgColor="FFF4E3")


def write_sheet(draw: Draw, path: Path, language: str) -> None:
    """Write the file, that its owner alone may read (where the system knows rights). It holds no pseudonym."""
    side = form.LANGUAGES.index(language)
    book = Workbook()
    readme = book.active
    for sheet in [readme, *(book.create_sheet() for _ in range(3))]:
        sheet.title = form.SHEETS[language][book.index(sheet)]
        sheet.protection.sheet = True  # against slips of the hand, not against anybody: no password
    _write_readme(readme, draw, language)
    _write_review(book.worksheets[form.REVIEW], draw, side)
    _write_stays(book.worksheets[form.STAYS], draw, side)
    _write_draw(book.worksheets[form.DRAW], draw, side)
    write_seals(book.worksheets[form.REVIEW], book.worksheets[form.DRAW], side)
    book.active = form.REVIEW
    path.touch(mode=0o600)
    book.save(path)


def _write_readme(sheet: Worksheet, draw: Draw, language: str) -> None:
    sheet.column_dimensions["A"].width = 110
    lines = [f"{draw.definition_id}, {draw.year}", *form.NOTICE[language], *_asked(draw, language)]
    for row, line in enumerate([*lines, *([form.SYNTHETIC[language]] if draw.is_synthetic else [])], start=1):
        cell = _put(sheet, row, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=row <= 2)


def _asked(draw: Draw, language: str) -> list[str]:
    """What each stratum is and what each criterion drawn asks: a reviewer cannot say 'too high' without the others."""
    words, side = Words(language), form.LANGUAGES.index(language)
    colon = words.choose(" : ", ": ")
    stratum = form.KINDS["stratum"][side].capitalize()
    strata = [f"{stratum} {number}{colon}{words.label(profile)}" for number, profile in sorted(draw.profiles.items())]
    criteria = [f"{words.label(one.label)}{colon}{_within(draw, one.value, words)}" for one in draw.groups if one.kind == "criterion"]
    return [*strata, *criteria, form.DEFINITION[language].format(condition=draw.condition)]


def _within(draw: Draw, criterion: str, words: Words) -> str:
    """How many of what a criterion counts, and between which days."""
    asked, until = draw.criteria[criterion], words.shown(draw.index_date)
    unit = words.say("counted", asked.counted) + ("s" if asked.at_least > 1 else "")
    return words.choose(
        f"au moins {asked.at_least} {unit} dans les {asked.months} mois qui finissent le {until}",
        f"at least {asked.at_least} {unit} in the {asked.months} months that end on {until}",
    )


def _write_review(sheet: Worksheet, draw: Draw, side: int) -> None:
    _write_heads(sheet, form.COLUMNS, side)
    labels = {(group.kind, group.value): group.label[side] for group in draw.groups}
    lists = {kind: _answer_list(sheet, kind, side) for kind in form.ANSWERS}
    answer = list(form.COLUMNS).index("answer") + 1
    for row, one in enumerate(draw.questions, start=2):
        last = one.stays[0] if one.stays else None
        place = (last.finess, last.field, last.entry_date, last.exit_date, last.source_file, last.source_line) if last else (None,) * 6
        _put_row(
            sheet,
            row,
            (one.number, one.person_id, form.KINDS[one.kind][side], labels[one.kind, one.value], one.value, *place, one.all_stays),
        )
        lists[one.kind].add(sheet.cell(row, answer))
        for column in range(answer, answer + len(form.TO_FILL)):
            cell = sheet.cell(row, column)
            cell.protection, cell.fill = Protection(locked=False), _TO_FILL


def _answer_list(sheet: Worksheet, kind: str, side: int) -> DataValidation:
    words = ",".join(texts[side] for texts in form.ANSWERS[kind].values())
    wrong = ("Choisir un mot de la liste", "Choose a word of the list")[side]
    chosen = DataValidation("list", formula1=f'"{words}"', allow_blank=True, showErrorMessage=True, error=wrong)
    sheet.add_data_validation(chosen)
    return chosen


def _write_stays(sheet: Worksheet, draw: Draw, side: int) -> None:
    _write_heads(sheet, form.STAY_COLUMNS, side)
    found = [
        (one.number, one.person_id, s.finess, s.field, s.entry_date, s.exit_date, s.source_file, s.source_line, _words(draw, s, side))
        for one in draw.questions
        for s in one.stays
    ]
    for row, cells in enumerate(found, start=2):
        _put_row(sheet, row, cells)


def _words(draw: Draw, stay: Stay, side: int) -> str:
    """What a stay counts for, in words."""
    return "; ".join(draw.criteria[name].label[side] for name in stay.criteria.split(", "))


def _write_draw(sheet: Worksheet, draw: Draw, side: int) -> None:
    facts = (form.SCHEMA, draw.condition, draw.definition_id, draw.year, draw.seed, int(draw.is_synthetic))
    for row, (texts, fact) in enumerate(zip(form.FACTS.values(), facts), start=1):
        _put_row(sheet, row, (texts[side], fact))
    head = len(facts) + 2
    _put_row(sheet, head, [texts[side] for texts in form.GROUP_COLUMNS.values()])
    for row, group in enumerate(draw.groups, start=head + 1):
        _put_row(sheet, row, (form.KINDS[group.kind][side], group.label[side], group.value, group.held, group.drawn))
    for column, width in zip("ABC", (48, 60, 26)):
        sheet.column_dimensions[column].width = width


def _write_heads(sheet: Worksheet, columns: dict[str, tuple[str, str, int]], side: int) -> None:
    for column, (*texts, width) in enumerate(columns.values(), start=1):
        cell = _put(sheet, 1, column, texts[side])
        cell.font, cell.fill = Font(bold=True), _HEAD
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"


def _put_row(sheet: Worksheet, row: int, cells: Iterable[Any]) -> None:
    for column, value in enumerate(cells, start=1):
        if value is not None:
            _put(sheet, row, column, value)


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> Any:
    cell = sheet.cell(row, column, value)
    if isinstance(value, str):
        cell.data_type = "s"  # a name of file that begins with = is no formula
    return cell
