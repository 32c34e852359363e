"""The code lists of definitions: read from lists.csv and codes/*.csv, checked, one row a code and period.

Belongs here: the shape of each code system, dates, sources, and whether a code exists in the nomenclature a user brings.
Not here: what lists are for (compiler.py), nor codes themselves (strata/conditions).
"""

import csv
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from strata.definitions.text import wrong

CODE_SHAPE = {
    "icd10": re.compile(r"[A-Z][0-9]{2}[0-9+]{0,4}"),
    "ccam": re.compile(r"[A-Z]{4}[0-9]{3}"),
    "ghm": re.compile(r"[0-9]{2}[A-Z][0-9]{2}[0-9A-Z]?"),
    "unit": re.compile(r"[0-9]{2}[A-Z]?"),
    "supplement": re.compile(r"[a-z0-9]{2,4}"),
    "prs": re.compile(r"[0-9]{4}"),
    "nabm": re.compile(r"[0-9]{3,4}"),
    "cip13": re.compile(r"[0-9]{13}"),
    "speciality": re.compile(r"[0-9]{1,2}"),
    "atc": re.compile(r"[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?"),
}
NOMENCLATURE_OF = {"icd10": "cim10", "ccam": "ccam", "ghm": "ghm"}  # ours -> as a user brings it (ingest/user/nomenclature.py)
DRUGS = "drugs.csv"
LIST_COLUMNS = ("list_id", "system", "match", "label_fr", "label_en", "nomenclature_year", "source", "author")
CODE_COLUMNS = ("code", "valid_from", "valid_to", "label_fr", "label_en", "label_source")
LABEL_SOURCES = ("nomenclature", "own")  # the French label is the wording of the nomenclature, or a shorter one of ours
_ABOUT = LIST_COLUMNS[3:]
_ALWAYS = (date.min, date.max)


@dataclass(frozen=True)
class Code:
    """One line of a code list: the code has the meaning of the list from valid_from to valid_to, both included (None: no limit).

    label_fr, label_en: what the code means. label_source: one of LABEL_SOURCES.
    """

    line: int
    code: str
    valid_from: date | None
    valid_to: date | None
    label_fr: str
    label_en: str
    label_source: str

    @property
    def period(self) -> tuple[date, date]:
        return self.valid_from or _ALWAYS[0], self.valid_to or _ALWAYS[1]


@dataclass(frozen=True)
class CodeList:
    """One list. drugs: of an ATC list, the CIP13 codes that shared/drugs.csv gives it.

    about: its label_fr, label_en, nomenclature_year, source, author.
    """

    list_id: str
    system: str
    match: str
    path: Path
    codes: tuple[Code, ...]
    drugs: tuple[str, ...] = ()
    about: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def rows(self) -> list[tuple[str, str, str, str, date | None, date | None]]:
        """Rows of definition_code."""
        own = [(self.list_id, self.system, code.code, self.match, code.valid_from, code.valid_to) for code in self.codes]
        return own + [(self.list_id, "cip13", drug, "exact", None, None) for drug in self.drugs]


def read_code_lists(folder: Path, condition: str) -> tuple[dict[str, CodeList], list[Path]]:
    """The shared lists and those of the condition's own folder, by name, and the files read. StrataError: file, line, reason."""
    found: dict[str, CodeList] = {}
    files: list[Path] = []
    drugs = _drugs(folder / "shared" / DRUGS, files)
    for place in dict.fromkeys((folder / "shared", folder / condition)):
        index = place / "lists.csv"
        rows = _read(index, LIST_COLUMNS) if index.exists() else []
        files += [index] if index.exists() else []
        for line, row in enumerate(rows, start=2):
            if row["list_id"] in found:
                raise wrong(index, row["list_id"], "cette liste existe déjà", "this list exists already", line)
            _check_entry(index, line, row)
            found[row["list_id"]] = _list(place, row, drugs)
            files.append(found[row["list_id"]].path)
        _refuse_unlisted(place, rows)
    return found, files


def _refuse_unlisted(place: Path, rows: list[dict[str, str]]) -> None:
    """A file of codes that no line of lists.csv names would be read by nobody: a copy that was meant to count."""
    listed = {row["list_id"] for row in rows}
    for path in sorted((place / "codes").glob("*.csv")):
        if path.stem not in listed:
            why_fr = "aucune ligne de lists.csv ne nomme cette liste : elle ne serait lue par personne"
            raise wrong(path, "", why_fr, "no line of lists.csv names this list: nothing would read it")


def _list(place: Path, row: dict[str, str], drugs: list[tuple[str, str]]) -> CodeList:
    path = place / "codes" / f"{row['list_id']}.csv"
    codes = tuple(_codes(path, row["system"]))
    if not codes:
        raise wrong(path, "", "la liste est vide", "the list is empty")
    _refuse_repeated(path, codes, row["match"])
    of_class = tuple(sorted(cip13 for cip13, atc in drugs if row["system"] == "atc" and atc.startswith(tuple(code.code for code in codes))))
    about = {name: row[name].strip() for name in _ABOUT}
    return CodeList(row["list_id"], row["system"], row["match"], path, codes, of_class, about)


def _check_entry(index: Path, line: int, row: dict[str, str]) -> None:
    for name in LIST_COLUMNS:
        if not (row.get(name) or "").strip():
            raise wrong(index, name, "cette case est vide", "this cell is empty", line)
    if row["system"] not in CODE_SHAPE or row["match"] not in ("prefix", "exact"):
        raise wrong(index, row["list_id"], "nomenclature ou mode de comparaison inconnu", "unknown code system or match", line)
    if not re.fullmatch(r"20[0-9]{2}", row["nomenclature_year"]):
        raise wrong(index, "nomenclature_year", "une année est attendue", "a year is expected", line)


def _codes(path: Path, system: str) -> list[Code]:
    found = []
    for line, row in enumerate(_read(path, CODE_COLUMNS), start=2):
        if not CODE_SHAPE[system].fullmatch(row["code"] or ""):
            raise wrong(path, "", "ce code n'a pas la forme de sa nomenclature", "this code has not the shape of its system", line)
        code = Code(line, row["code"], _date(path, line, row["valid_from"]), _date(path, line, row["valid_to"]), *_words(path, line, row))
        if code.period[0] > code.period[1]:
            raise wrong(path, "", "la période finit avant de commencer", "the period ends before it begins", line)
        found.append(code)
    return found


def _words(path: Path, line: int, row: dict[str, str]) -> tuple[str, str, str]:
    """label_fr, label_en, label_source: a code is read by people, who need its words in their language and whose words they are."""
    label_fr, label_en, source = (row[name].strip() for name in CODE_COLUMNS[3:])
    for name, label in (("label_fr", label_fr), ("label_en", label_en)):
        if not label:
            raise wrong(path, name, "ce code n'a pas de libellé", "this code has no label", line)
    if source not in LABEL_SOURCES:
        raise wrong(path, "label_source", "nomenclature ou own est attendu", "nomenclature or own is expected", line)
    return label_fr, label_en, source


def _refuse_repeated(path: Path, codes: tuple[Code, ...], match: str) -> None:
    """A code twice at one time, or one that a shorter code of the list holds during all its period: one of the two is a mistake."""
    earlier: dict[str, list[Code]] = {}
    for code in codes:
        if any(_overlap(code, other) for other in earlier.get(code.code, [])):
            raise wrong(path, "", "ce code est déjà dans la liste", "this code is in the list already", code.line)
        earlier.setdefault(code.code, []).append(code)
    for code in codes if match == "prefix" else ():
        shorter = (other for size in range(1, len(code.code)) for other in earlier.get(code.code[:size], []))
        holder = next((other for other in shorter if other.period[0] <= code.period[0] and code.period[1] <= other.period[1]), None)
        if holder:
            why_fr = f"le code {holder.code} de la ligne {holder.line} le couvre déjà, par préfixe"
            raise wrong(path, "", why_fr, f"code {holder.code} of line {holder.line} already holds it, by prefix", code.line)


def _overlap(one: Code, other: Code) -> bool:
    return one.period[0] <= other.period[1] and other.period[0] <= one.period[1]


def _drugs(path: Path, files: list[Path]) -> list[tuple[str, str]]:
    """(CIP13, ATC class) of shared/drugs.csv, which need not be there: without it an ATC list finds no dispensing."""
    if not path.exists():
        return []
    files.append(path)
    for line, row in enumerate(_read(path, ("cip13", "atc")), start=2):
        if not (CODE_SHAPE["cip13"].fullmatch(row["cip13"] or "") and CODE_SHAPE["atc"].fullmatch(row["atc"] or "")):
            raise wrong(path, "", "ce code n'a pas la forme de sa nomenclature", "this code has not the shape of its system", line)
    return [(row["cip13"], row["atc"]) for row in _read(path, ("cip13", "atc"))]


def check_against(nomenclature: pl.DataFrame, lists: list[CodeList]) -> None:
    """Refuse the first code that the nomenclature does not hold. nomenclature: rows of nomenclature.read_nomenclatures.

    A code is looked for while it has its meaning: in a nomenclature with dates, where the two periods meet; in one without, which says
    what exists today, only when its own period is open. A prefix is held when some code begins with it.
    """
    for ours, theirs in NOMENCLATURE_OF.items():
        rows = nomenclature.filter(pl.col("system") == theirs).select("code", "valid_from", "valid_to").rows()
        if rows:
            known = _Known([(code, (first or _ALWAYS[0], last or _ALWAYS[1])) for code, first, last in rows])
            for code_list in (one for one in lists if one.system == ours):
                known.check(code_list)


class _Known:
    """The codes of one nomenclature, with their periods, for prefixes too."""

    def __init__(self, codes: list[tuple[str, tuple[date, date]]]) -> None:
        self.periods: dict[str, set[tuple[date, date]]] = {}
        for code, period in codes:
            for size in range(1, len(code) + 1):
                self.periods.setdefault(code[:size], set()).add(period)
        self.whole = {code for code, _ in codes}
        starts, ends = zip(*(period for _, period in codes), strict=True)
        self.span = (min(starts), max(ends))
        self.is_dated = any(period != _ALWAYS for _, period in codes)

    def check(self, code_list: CodeList) -> None:
        for code in code_list.codes:
            looked_for = code.valid_to is None if not self.is_dated else _meet(code.period, self.span)
            found = self.periods.get(code.code, set()) if code_list.match == "prefix" or code.code in self.whole else set()
            if looked_for and not any(_meet(code.period, period) for period in found):
                raise wrong(
                    code_list.path,
                    "",
                    "ce code n'est pas dans la nomenclature apportée, aux dates de la liste",
                    "this code is not in the nomenclature brought, at the dates of the list",
                    code.line,
                )


def _meet(one: tuple[date, date], other: tuple[date, date]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _date(path: Path, line: int, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise wrong(path, "", "une date AAAA-MM-JJ est attendue", "a date YYYY-MM-DD is expected", line) from error


def _read(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            rows, header = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(path, "", "ce fichier ne peut pas être lu", "this file cannot be read") from error
    missing = [name for name in columns if name not in header]
    if missing:
        raise wrong(path, missing[0], "cette colonne manque", "this column is missing", 1)
    ragged = next((line for line, row in enumerate(rows, start=2) if None in row or None in row.values()), None)
    if ragged:
        raise wrong(path, "", "la ligne n'a pas le nombre de cases de l'en-tête", "the line has not as many cells as the header", ragged)
    return rows
