"""A small CSV that a person made by hand or in a spreadsheet: any usual separator, comma decimals, UTF-8 or latin-1.

Belongs here: reading it as text, turning columns into values, saying where it is wrong. Not here: what the tables mean (tables.py).
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from strata.errors import StrataError

SEPARATORS = ";,\t|"
UNPRINTABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"  # what copying from a slide leaves: no XML file may hold it
Text = tuple[str, str]  # (French, English)


@dataclass(frozen=True)
class UserCsv:
    """A file read as text. rows: one column per header name (lower case), blanks NULL, and `line`, the line in the file.

    printed: our name of a column -> its name in the file, where they differ (layouts.py).
    """

    path: Path
    rows: pl.DataFrame
    printed: Mapping[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the file has the column."""
        return name in self.rows.columns

    def require(self, *names: str) -> None:
        """StrataError when one of the columns is missing."""
        if missing := [name for name in names if not self.has(name)]:
            found = ", ".join(name for name in self.rows.columns if name != "line")
            raise self.error(
                None,
                missing[0],
                ("Colonne manquante.", "Missing column."),
                (f"Colonnes trouvées : {found}.", f"Columns found: {found}."),
                (f"Ajoutez : {', '.join(missing)}.", f"Add: {', '.join(missing)}."),
            )

    def text(self, name: str) -> pl.Series:
        """A column that must be filled on every line."""
        column = self.rows[name]
        self.refuse_where(column.is_null(), name, ("Valeur manquante.", "Missing value."), ("La cellule est vide.", "The cell is blank."))
        return column

    def whole(self, name: str, low: int, high: int, *, may_be_blank: bool = False) -> pl.Series:
        """A column of whole numbers from low to high, filled on every line unless it may be blank."""
        column = self.rows[name] if may_be_blank else self.text(name)
        number = _without_spaces(column).str.replace(r"[.,]0{1,2}$", "").cast(pl.Int64, strict=False)
        why = (f"Un nombre entier de {low} à {high} est attendu.", f"A whole number from {low} to {high} is expected.")
        is_bad = (number.is_null() & column.is_not_null()) | (number < low) | (number > high)
        self.refuse_where(is_bad.fill_null(False), name, ("Nombre impossible.", "Impossible number."), why)
        return number

    def number(self, name: str) -> pl.Series:
        """A column of numbers, zero or more, to six decimals (a census weighs its people), filled on every line."""
        plain = _without_spaces(self.text(name)).str.replace(",", ".", literal=True)
        number = plain.set(~plain.str.contains(r"^\d{1,9}(\.\d+)?$"), None).cast(pl.Decimal(18, 6), strict=False)
        why = ("Un nombre positif ou nul est attendu.", "A number, zero or more, is expected.")
        self.refuse_where(number.is_null(), name, ("Nombre impossible.", "Impossible number."), why)
        return number

    def money(self, name: str, *, blank_is_zero: bool = False, may_be_blank: bool = False) -> pl.Series:
        """A column of euros, zero or more, with a point or a comma; blank only where a blank means zero, or is allowed (NULL)."""
        column = self.rows[name] if may_be_blank else self.rows[name].fill_null("0") if blank_is_zero else self.text(name)
        plain = _without_spaces(column).str.replace(r"^(\d+),(\d{1,2})$", "$1.$2")  # 1,234 could mean two things
        is_amount = plain.str.contains(r"^\d+(\.\d+)?$")
        amount = plain.set(~is_amount.fill_null(True), None).cast(pl.Decimal(14, 4), strict=False)
        why = ("Un montant en euros, positif ou nul, est attendu.", "An amount in euros, zero or more, is expected.")
        is_bad = amount.is_null() & column.is_not_null()
        self.refuse_where(is_bad, name, ("Montant impossible.", "Impossible amount."), why)
        return amount.round(2).cast(pl.Decimal(12, 2))

    def refuse_where(self, is_bad: pl.Series, column: str, what: Text, why: Text, fix: Text | None = None) -> None:
        """StrataError about the first line where is_bad, and how many there are."""
        if is_bad.any():
            lines = self.rows["line"].filter(is_bad)
            count = (f" {len(lines)} ligne(s) concernée(s).", f" {len(lines)} line(s) concerned.")
            fix = fix or ("Corrigez ces lignes puis relancez.", "Correct these lines and run again.")
            raise self.error(int(lines[0]), column, what, (why[0] + count[0], why[1] + count[1]), fix)

    def error(self, line: int | None, column: str | None, what: Text, why: Text, fix: Text) -> StrataError:
        """The four-part error at a place of this file, whose column is named as the file prints it."""
        return file_error(self.path, line, self.printed.get(column, column) if column else None, what, why, fix)

    def where(self, is_kept: pl.Series) -> "UserCsv":
        """The same file without the other lines."""
        return replace(self, rows=self.rows.filter(is_kept))


def _without_spaces(column: pl.Series) -> pl.Series:
    return column.str.replace_all(r"[\s\u00a0\u202f]", "")


def file_error(path: Path, line: int | None, column: str | None, what: Text, why: Text, fix: Text) -> StrataError:
    """The four-part error about a file the user brings: the configuration of the project is at fault, not the extract."""
    place = [str(path), f"ligne/line {line}" if line else "", f"colonne/column {column}" if column else ""]
    return StrataError(what=what, where=", ".join(part for part in place if part), why=why, fix=fix, is_usage=True)


def read_user_csv(path: Path) -> UserCsv:
    """Read a file as text. StrataError when it is missing, empty, or not a table."""
    text = decoded(path)
    header = text.lstrip("\r\n").splitlines()[0] if text.strip() else ""
    separator = max(SEPARATORS, key=header.count)
    if not header:
        raise _unreadable(path, None, ("Le fichier est vide.", "The file is empty."))
    try:
        rows = pl.read_csv(
            io.BytesIO(text.encode("utf-8")), separator=separator, infer_schema=False, row_index_name="line", row_index_offset=2
        )
    except pl.exceptions.PolarsError as error:
        why = ("Une ligne n'a pas le nombre de colonnes de l'en-tête.", "A line does not have the number of columns of the header.")
        raise _unreadable(path, _odd_line(text, separator), why) from error
    names = {name: name.strip().lower() for name in rows.columns}
    if len(set(names.values())) < len(names) or any(name.endswith("_duplicated_0") for name in names):
        raise _unreadable(path, 1, ("Deux colonnes ont le même nom.", "Two columns have the same name."))
    return UserCsv(path, _trimmed(rows.rename(names)))


def decoded(path: Path) -> str:
    """The text of a file, UTF-8 or latin-1. StrataError when it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        why = ("Il manque, ou les droits de lecture manquent.", "It is missing, or may not be read.")
        raise _unreadable(path, None, why) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _trimmed(rows: pl.DataFrame) -> pl.DataFrame:
    """Cells without blanks around, blank cells NULL, blank lines left out. What no page, slide or document can hold is a blank."""
    cells = pl.col(pl.String).str.replace_all(UNPRINTABLE, " ").str.strip_chars()
    trimmed = rows.with_columns(pl.when(cells != "").then(cells))
    return trimmed.filter(~pl.all_horizontal(pl.exclude("line").is_null()))


def _odd_line(text: str, separator: str) -> int | None:
    """The first line whose number of cells is not the header's, for the message."""
    lines = csv.reader(io.StringIO(text), delimiter=separator)
    width = len(next(lines))
    return next((number for number, cells in enumerate(lines, start=2) if len(cells) > width), None)


def _unreadable(path: Path, line: int | None, why: Text) -> StrataError:
    fix = ("Enregistrez un CSV avec une ligne d'en-tête puis relancez.", "Save a CSV with one header line and run again.")
    return file_error(path, line, None, ("Fichier illisible comme tableau.", "File that cannot be read as a table."), why, fix)
