"""What the reviewers found: a filled sheet, read back into predictive values.

Belongs here: reading and refusing. Not here: what a sheet looks like (form.py). A refusal names the sheet, row and column, never what a
cell holds.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from strata.errors import StrataError
from strata.review import form
from strata.review.seals import Fault, faults
from strata.statistics import wilson

Text = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """A filled sheet. facts: those of the draw. groups: (kind, value) -> persons held, drawn, and number of each answer ('': none yet).

    labels: (kind, value) -> its words, as they were drawn.
    """

    facts: dict[str, Any]
    groups: dict[tuple[str, str], tuple[int, int, dict[str, int]]]
    labels: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Value:
    """One positive predictive value. asked: 'stratum', 'condition' (of those of a stratum) or 'criterion'; 'every_stratum' and
    'every_condition' weigh the strata. judged: answers that tell.

    share and its Wilson limits at 95 %; None when nobody could be judged.
    """

    asked: str
    value: str
    held: int
    drawn: int
    judged: int
    confirmed: int
    share: float | None
    lower: float | None
    upper: float | None


def values(found: Found) -> list[Value]:
    """Of the persons put in a stratum, how many are in it and how many have the condition; of those who meet a criterion, how many do."""
    result = []
    for (kind, value), (held, drawn, counts) in found.groups.items():
        told = {answer: count for answer, count in counts.items() if answer not in ("", "cannot_tell")}
        judged = sum(told.values())
        if kind == "criterion":
            result.append(_value("criterion", value, held, drawn, judged, told.get("present", 0)))
        else:
            result.append(_value("stratum", value, held, drawn, judged, told.get("confirmed", 0)))
            result.append(_value("condition", value, held, drawn, judged, judged - told.get("not_condition", 0)))
    return result


def _value(asked: str, value: str, held: int, drawn: int, judged: int, confirmed: int) -> Value:
    if not judged:
        return Value(asked, value, held, drawn, 0, 0, None, None, None)
    lower, upper = wilson(confirmed, judged)
    return Value(asked, value, held, drawn, judged, confirmed, confirmed / judged, lower, upper)


def weighted(found: Found) -> list[Value]:
    """The values of the whole definition, each stratum weighing the persons it holds; none while a stratum has no judged answer.

    Strata are drawn in other proportions than they have, so that their plain mean is that of nobody. Limits are Wilson's at the
    effective number of judged answers: what a simple draw as precise as this one would have held (Kish), or fewer where the
    strata that weigh most are the least certain.
    """
    strata = [one for one in values(found) if one.asked != "criterion"]
    return [_weighted(asked, [one for one in strata if one.asked == asked]) for asked in ("stratum", "condition") if strata]


def _weighted(asked: str, strata: list[Value]) -> Value:
    held, drawn, judged = (sum(getattr(one, name) for one in strata) for name in ("held", "drawn", "judged"))
    confirmed = sum(one.confirmed for one in strata)
    name = f"every_{asked}"
    if any(one.share is None for one in strata):
        return Value(name, "", held, drawn, judged, confirmed, None, None, None)
    parts = [(one.held / held, one.confirmed / one.judged, one.judged) for one in strata]
    share = sum(weight * part for weight, part, _ in parts)
    spread = sum(weight**2 * part * (1 - part) / answers for weight, part, answers in parts)
    effective = 1 / sum(weight**2 / answers for weight, _, answers in parts)
    if spread > 0:
        effective = min(effective, share * (1 - share) / spread)
    lower, upper = wilson(share * effective, effective)
    return Value(name, "", held, drawn, judged, confirmed, share, float(lower), float(upper))


def read_review(path: Path) -> Found:
    """Read a filled sheet, whole or in part. StrataError naming sheet, row and column when it is not the one that was drawn."""
    try:
        book = load_workbook(path, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise _refused(path.name, ("ce n'est pas un classeur XLSX lisible", "this is no XLSX workbook that can be read")) from error
    language = next(
        (one for one in form.LANGUAGES if {form.SHEETS[one][form.REVIEW], form.SHEETS[one][form.DRAW]} <= set(book.sheetnames)), None
    )
    if language is None:
        raise _refused(path.name, ("les feuilles d'une revue n'y sont pas", "the sheets of a review are not in it"))
    side = form.LANGUAGES.index(language)
    review, draw = (book[form.SHEETS[language][place]] for place in (form.REVIEW, form.DRAW))
    facts, (groups, labels) = _read_facts(draw, side), _read_groups(draw, side)
    changed = list(faults(review, draw))
    _refuse_changed(draw, [one for one in changed if not one.is_review])
    counts: dict[tuple[str, str], dict[str, int]] = {group: {} for group in groups}
    for group, answer in _read_rows(review, groups, side):
        counts[group][answer] = counts[group].get(answer, 0) + 1
    _refuse_changed(review, [one for one in changed if one.is_review])
    return Found(facts, {group: (*groups[group], counts[group]) for group in groups}, labels)


def _read_facts(sheet: Worksheet, side: int) -> dict[str, Any]:
    facts = {}
    for row, (name, texts) in enumerate(form.FACTS.items(), start=1):
        _expect(sheet, row, 1, texts[side])
        facts[name] = sheet.cell(row, 2).value
    if facts["schema"] == form.UNSEALED:
        why = (
            "cette revue a été tirée avant que ses cases portent une empreinte : rien ne dit qu'elle est celle qui a été tirée",
            "this review was drawn before its cells bore a seal: nothing says that it is the one drawn",
        )
        raise _cell(sheet, 1, 2, why)
    if facts["schema"] != form.SCHEMA:
        raise _cell(sheet, 1, 2, ("ce schéma n'est pas connu", "this schema is not known"))
    return facts


def _read_groups(sheet: Worksheet, side: int) -> tuple[dict[tuple[str, str], tuple[int, int]], dict[tuple[str, str], str]]:
    """(persons held and drawn, words) of each group."""
    head = len(form.FACTS) + 2
    for column, texts in enumerate(form.GROUP_COLUMNS.values(), start=1):
        _expect(sheet, head, column, texts[side])
    groups, labels = {}, {}
    for row in range(head + 1, sheet.max_row + 1):
        if all(sheet.cell(row, column).value is None for column in range(1, len(form.GROUP_COLUMNS) + 1)):
            continue
        group = (_kind(sheet, row, 1, side), _text(sheet, row, 3))
        labels[group] = _text(sheet, row, 2)
        groups[group] = (_whole(sheet, row, 4), _whole(sheet, row, 5))
    if not groups:
        raise _cell(sheet, head + 1, 1, ("aucun groupe tiré", "no group drawn"))
    return groups, labels


def _read_rows(sheet: Worksheet, groups: Iterable[tuple[str, str]], side: int) -> Iterator[tuple[tuple[str, str], str]]:
    """The group and answer of each row."""
    place = {name: column for column, name in enumerate(form.COLUMNS, start=1)}
    for name, column in place.items():
        _expect(sheet, 1, column, form.COLUMNS[name][:2][side])
    seen: dict[int, int] = {}
    for row in range(2, sheet.max_row + 1):
        if all(sheet.cell(row, column).value in (None, "") for column in place.values()):
            continue
        number = _whole(sheet, row, place["number"])
        if number in seen:
            raise _cell(sheet, row, place["number"], (f"déjà à la ligne {seen[number]}", f"already in row {seen[number]}"))
        seen[number] = row
        _whole(sheet, row, place["person_id"])
        group = (_kind(sheet, row, place["kind"], side), _text(sheet, row, place["value"]))
        if group not in groups:
            raise _cell(sheet, row, place["value"], ("rien de tel n'a été tiré", "nothing of the kind was drawn"))
        yield group, _answer(sheet, row, place["answer"], group[0], side)


def _answer(sheet: Worksheet, row: int, column: int, kind: str, side: int) -> str:
    value = sheet.cell(row, column).value
    if value is None or not str(value).strip():
        return ""
    written = " ".join(str(value).split()).casefold()
    for answer, texts in form.ANSWERS[kind].items():
        if written == texts[side].casefold():
            return answer
    allowed = [", ".join(texts[one] for texts in form.ANSWERS[kind].values()) for one in (0, 1)]
    raise _cell(
        sheet, row, column, (f"la réponse n'est pas de la liste : {allowed[side]}", f"the answer is not of the list: {allowed[side]}")
    )


def _kind(sheet: Worksheet, row: int, column: int, side: int) -> str:
    value = sheet.cell(row, column).value
    for kind, texts in form.KINDS.items():
        if value == texts[side]:
            return kind
    raise _cell(sheet, row, column, ("ni strate ni critère", "neither a stratum nor a criterion"))


def _whole(sheet: Worksheet, row: int, column: int) -> int:
    value = sheet.cell(row, column).value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        raise _cell(sheet, row, column, ("un nombre entier est attendu", "a whole number is expected"))
    return int(value)


def _text(sheet: Worksheet, row: int, column: int) -> str:
    value = sheet.cell(row, column).value
    if value is None:
        raise _cell(sheet, row, column, ("la case est vide", "the cell is empty"))
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _expect(sheet: Worksheet, row: int, column: int, text: str) -> None:
    if sheet.cell(row, column).value != text:
        raise _cell(sheet, row, column, (f"« {text} » est attendu ici", f"'{text}' is expected here"))


_CHANGED: dict[str, Text] = {
    "changed": ("ce n'est pas ce qui a été tiré", "this is not what was drawn"),
    "missing": ("ce qui a été tiré n'y est plus", "what was drawn is there no more"),
    "added": ("ceci n'a pas été tiré", "this was not drawn"),
}


def _refuse_changed(sheet: Worksheet, changed: list[Fault]) -> None:
    """Every cell drawn is there as it was drawn, and no other. Names the first ones; a whole row by its first column."""
    if not changed:
        return
    first = [one for one in changed if one.kind == changed[0].kind]
    cells = list({one.cell.lstrip(ascii_uppercase): one.cell for one in reversed(first)}.values())[::-1]
    raise _refused(", ".join(f"{sheet.title}!{cell}" for cell in cells[:10]), _CHANGED[changed[0].kind])


def _cell(sheet: Worksheet, row: int, column: int, why: Text) -> StrataError:
    return _refused(f"{sheet.title}!{get_column_letter(column)}{row}", why)


def _refused(where: str, why: Text) -> StrataError:
    return StrataError(
        what=("Feuille de revue refusée", "Review sheet refused"),
        where=where,
        why=why,
        fix=(
            "Corriger cette case, ou repartir du fichier de strata review draw (même graine : mêmes personnes)",
            "Mend this cell, or start from the file of strata review draw again (same seed: same persons)",
        ),
    )
