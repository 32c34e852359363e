"""A sheet of INSEE saved as CSV, one column per age class and sex, as lines of population.

Two kinds are read, whatever stands above their heading. Départements (estim-pop-dep-sexe-aq, -gca): a line of age classes ("0 à 4 ans"…
"95 ans et plus", "Total") under a line that says "Hommes", "Femmes" or "Ensemble" above the first class of each group; the code of the
département in the first column. Communes (pop-sexe-age-quinquennal): the line of codes (DR, CR, ageq_rec01s1rpop2022…).
Belongs here: finding heading, sexes, classes and year. Not here: who lives where (population.py).
"""

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from strata.ingest.user.csv_file import SEPARATORS, UserCsv, decoded, file_error

_SEXES = {"hommes": "M", "femmes": "F", "ensemble": "all"}
_CLASS = re.compile(r"^\d{1,3} (?:à|-) \d{1,3} ans$|^\d{1,3} ans (?:et|ou) plus$")
_CENSUS = re.compile(r"^ageq_rec(\d{2})s([12])rpop(\d{4})$")
_LAST_CENSUS_CLASS = 20  # 95 and over
_DEPARTEMENT = re.compile(r"^(?:\d{1,2}|2[AB]|9[78]\d)$")
_HEADING_WITHIN = 50
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
Line = tuple[int, list[str]]


@dataclass(frozen=True)
class Column:
    """One column of a sheet. sex: F, M or all. age_band: '0-4', '95+', or 'total'."""

    index: int
    sex: str
    age_band: str
    year: str


def read_sheet(path: Path) -> UserCsv | None:
    """The sheet as lines (line, year, departement or commune, sex, age_band, population), all text; None when it is not such a sheet."""
    text = decoded(path)
    separator = max(SEPARATORS, key=lambda one: max(map(_classes, _first_lines(text, one)), default=0))
    heading = next((index for index, cells in enumerate(_first_lines(text, separator)) if _classes(cells) >= 2), None)
    if heading is None:
        return None
    try:
        lines = _lines(text, separator)
    except csv.Error as error:
        why = ("Des guillemets ne se ferment pas.", "Quotation marks do not close.")
        fix = ("Enregistrez à nouveau la feuille en CSV.", "Save the sheet as CSV again.")
        raise file_error(path, None, None, ("Feuille de l'Insee illisible.", "Unreadable INSEE sheet."), why, fix) from error
    above, (number, header) = lines[:heading], lines[heading]
    if any(_CENSUS.match(cell.lower()) for cell in header):
        return _communes(path, header, lines[heading + 1 :])
    return _departements(path, number, _class_columns(path, number, above, header), lines[heading + 1 :])


def _lines(text: str, separator: str, limit: int | None = None) -> list[Line]:
    """Number of each line (the last one, where a cell runs over several) and its cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [(reader.line_num, [cell.replace("\u00a0", " ").strip() for cell in cells]) for cells in islice(reader, limit)]


def _first_lines(text: str, separator: str) -> list[list[str]]:
    """Where a heading can stand; none in what cannot be read as a table."""
    try:
        return [cells for _, cells in _lines(text, separator, _HEADING_WITHIN)]
    except csv.Error:
        return []


def _classes(cells: list[str]) -> int:
    return sum(bool(_CLASS.match(cell) or _CENSUS.match(cell.lower())) for cell in cells)


def _class_columns(path: Path, number: int, above: list[Line], header: list[str]) -> list[Column]:
    """The columns of a département sheet: a sex holds until the next one is named."""
    groups = next((cells for _, cells in reversed(above) if any(cell.lower() in _SEXES for cell in cells)), [])
    title = " ".join(cell for _, cells in above for cell in cells)
    year = _YEAR.search(title.partition("Année")[2]) or _YEAR.search(path.stem)
    if not groups or year is None:
        why = (
            "Ni la ligne Hommes / Femmes, ni l'année (« Année 2024 », ou le nom du fichier) ne peuvent manquer.",
            "Neither the line Hommes / Femmes nor the year ('Année 2024', or the name of the file) can be missing.",
        )
        fix = ("Enregistrez la feuille entière en CSV.", "Save the whole sheet as CSV.")
        raise file_error(path, number, None, ("Feuille de l'Insee incomplète.", "Incomplete INSEE sheet."), why, fix)
    columns, sex = [], ""
    for index, cell in enumerate(header):
        sex = _SEXES.get(groups[index].lower() if index < len(groups) else "", sex)
        if sex and (_CLASS.match(cell) or cell.lower() == "total"):
            columns.append(Column(index, sex, cell if _CLASS.match(cell) else "total", year.group()))
    return columns


def _departements(path: Path, heading: int, columns: list[Column], lines: list[Line]) -> UserCsv:
    """The lines whose first cell is the code of a département: the others are sums of them, or notes."""
    kept = [(number, cells) for number, cells in lines if cells and _DEPARTEMENT.match(cells[0])]
    counted = [column for column in columns if column.age_band != "total" and column.sex != "all"]
    if not kept or {column.sex for column in counted} != {"F", "M"}:
        why = ("Aucune ligne de département, ou un sexe manque.", "No line of a département, or one sex is missing.")
        fix = ("Enregistrez la feuille entière en CSV.", "Save the whole sheet as CSV.")
        raise file_error(path, heading, None, ("Feuille de l'Insee incomplète.", "Incomplete INSEE sheet."), why, fix)
    table = _long(path, [(number, cells[0], cells) for number, cells in kept], "departement", counted)
    _check_totals(table, columns, kept)
    return table


def _communes(path: Path, header: list[str], lines: list[Line]) -> UserCsv:
    """The lines of a census sheet: the commune is DR (département) and CR (the rest of five characters)."""
    names = [cell.lower() for cell in header]
    if not {"dr", "cr"} <= set(names):
        why = ("Les colonnes DR et CR donnent la commune.", "The columns DR and CR give the commune.")
        fix = ("Enregistrez la feuille COM_… entière en CSV.", "Save the whole sheet COM_… as CSV.")
        raise file_error(path, None, "DR, CR", ("Colonne manquante.", "Missing column."), why, fix)
    columns = [_census_column(index, found) for index, name in enumerate(names) if (found := _CENSUS.match(name))]
    departement, rest = names.index("dr"), names.index("cr")
    first = columns[0].index  # a line without any number is a note
    kept = [(number, cells) for number, cells in lines if any(cells[first:])]
    places = [(number, _commune(cells[departement], cells[rest]), cells) for number, cells in kept]
    return _long(path, places, "commune", columns)


def _commune(departement: str, rest: str) -> str:
    code = departement.zfill(2)
    return code + rest.zfill(5 - len(code)) if departement and rest else ""


def _census_column(index: int, found: re.Match[str]) -> Column:
    rank = int(found.group(1))
    first = 5 * (rank - 1)
    return Column(index, found.group(2), f"{first}+" if rank == _LAST_CENSUS_CLASS else f"{first}-{first + 4}", found.group(3))


def _long(path: Path, places: list[tuple[int, str, list[str]]], kind: str, columns: list[Column]) -> UserCsv:
    """A line per place and column. A cell the line has not is blank, and refused later as a blank."""
    numbers, names = [number for number, _, _ in places], [name or None for _, name, _ in places]
    frames = [
        pl.DataFrame(
            {
                "line": pl.Series(numbers, dtype=pl.UInt32),
                kind: pl.Series(names, dtype=pl.String),
                "population": pl.Series(
                    [cells[column.index] or None if column.index < len(cells) else None for _, _, cells in places], dtype=pl.String
                ),
            }
        ).with_columns(year=pl.lit(column.year), sex=pl.lit(column.sex), age_band=pl.lit(column.age_band))
        for column in columns
    ]
    return UserCsv(path, pl.concat(frames))


def _check_totals(table: UserCsv, columns: list[Column], lines: list[Line]) -> None:
    """The total printed for each sex is the sum of its classes, to one person a class: otherwise a column was lost or shifted."""
    totals = {column.sex: column.index for column in columns if column.age_band == "total"}
    counted = pl.DataFrame({"line": table.rows["line"], "sex": table.rows["sex"], "counted": table.whole("population", 0, 100_000_000)})
    sums = counted.group_by("line", "sex").agg(pl.col("counted").sum(), classes=pl.len())
    for sex in sorted(totals.keys() & {"F", "M"}):
        printed = pl.DataFrame(
            {
                "line": [number for number, _ in lines],
                "total": [cells[totals[sex]] if totals[sex] < len(cells) else None for _, cells in lines],
            }
        )
        checked = UserCsv(table.path, printed).whole("total", 0, 100_000_000)
        compared = printed.with_columns(total=checked, line=pl.col("line").cast(pl.UInt32))
        compared = compared.join(sums.filter(sex=sex), on="line", maintain_order="left")
        is_off = (compared["total"] - compared["counted"]).abs() > compared["classes"]
        what = ("Total différent de la somme des âges.", "Total that is not the sum of the ages.")
        why = ("Une colonne manque ou est décalée.", "A column is missing or shifted.")
        UserCsv(table.path, compared).refuse_where(is_off, "total", what, why)
