"""The tariffs a user brings: what a GHS, a daily supplement, a GMT or a GHT is worth, by year.

Belongs here: turning each recognised file of the folder into the table it fills. Not here: the columns of each layout
(strata/formats/user_tables.csv), nor what a stay is worth (sql/staging/stay_value.sql).
"""

import csv
import re
from functools import cache
from pathlib import Path

import polars as pl

from strata.errors import StrataError
from strata.ingest.lines.layouts import FORMATS
from strata.ingest.user.csv_file import Text, UserCsv, file_error, read_user_csv
from strata.ingest.user.layouts import recognise

_YEARS = (1990, 2100)
_EUR = pl.Decimal(12, 2)
_Kinds = dict[str, pl.DataType | type[pl.DataType]]
_GHS: _Kinds = {"ghs": pl.String, "ghm": pl.String, "base_eur": _EUR, "exb_flat_eur": _EUR, "exb_day_eur": _EUR, "exh_day_eur": _EUR}
_GMT_DAYS: _Kinds = {"flat_from_days": pl.Int64, "flat_to_days": pl.Int64}
_GMT_EUR: _Kinds = {"low_eur": _EUR, "flat_eur": _EUR, "flat_2_eur": _EUR}
_SCHEMAS: dict[str, _Kinds] = {
    "tariff_ghs": {"tariff_year": pl.Int64, **_GHS},
    "tariff_ghs_private": {"tariff_year": pl.Int64, **_GHS},
    "tariff_supplement": {"tariff_year": pl.Int64, "supplement": pl.String, "day_eur": _EUR},
    "tariff_gmt": {"tariff_year": pl.Int64, "gmt": pl.String, "gme": pl.String, **_GMT_DAYS, **_GMT_EUR},
    "tariff_ght": {"tariff_year": pl.Int64, "ght": pl.String, "home": pl.String, "day_eur": _EUR},
}
_SECTOR = re.compile(r"(?:^|[^a-z])(pub|pri)")
_BLANK_IS_ZERO = ("exb_flat_eur", "exb_day_eur", "exh_day_eur")


def read_tariffs(folder: Path) -> tuple[dict[str, pl.DataFrame], list[Text]]:
    """The tariff tables of the CSV files of a folder, told apart by their columns, and what must be said about files set aside.

    Tables: tariff_ghs, tariff_ghs_private, tariff_supplement, tariff_gmt, tariff_ght; empty without a file. Euros. StrataError: a file
    that fits no layout, a value that cannot be, a tariff given twice.
    """
    frames = {name: [pl.DataFrame(schema=schema)] for name, schema in _SCHEMAS.items()}
    notices = []
    for path in sorted(folder.glob("*.csv")):
        name, rows = _read(read_user_csv(path))
        if name is None:
            notices.append(_unused(path))
        else:
            frames[name].append(rows)
    tables = {name: pl.concat(parts) for name, parts in frames.items()}
    for name, rows in tables.items():
        if rows.select(_key(name)).is_duplicated().any():
            raise _tariff_twice(folder, ", ".join(_key(name)))
    return tables, notices


def _key(name: str) -> list[str]:
    """What a tariff is given for: its year and its codes."""
    return [column for column, kind in _SCHEMAS[name].items() if kind == pl.String or column == "tariff_year"]


def _read(table: UserCsv) -> tuple[str | None, pl.DataFrame]:
    """The table that a file fills (None: nothing uses the tariffs of private hospitals there) and its rows."""
    if table.has("anseqta") and any(table.has(column) for _, column in supplement_columns()):
        return "tariff_supplement", _supplements(table)
    layout, named = recognise(table, "tariff_ghs", "tariff_gmt", "tariff_ght", "tariff_supplement")
    is_private = layout.name in ("atih", "refpmsi") and layout.table != "tariff_gmt" and _sector(table.path) == "pri"
    rows = _rows(named, layout.table)
    if not is_private:
        return layout.table, rows
    return ("tariff_ghs_private" if layout.table == "tariff_ghs" else None), rows


def _rows(table: UserCsv, name: str) -> pl.DataFrame:
    """The rows of a recognised file, in the columns of the table it fills; a column the layout has not is NULL, or 0 where a blank is."""
    values = {"tariff_year": _year(table)}
    for column, kind in list(_SCHEMAS[name].items())[1:]:
        values[column] = _column(table, column, kind)
    rows = pl.DataFrame(values, schema=_SCHEMAS[name])
    what = ("Tarif donné deux fois.", "Tariff given twice.")
    why = ("Même année, mêmes codes.", "Same year, same codes.")
    is_repeat = ~rows.select(pl.struct(_key(name)).is_first_distinct()).to_series()
    table.refuse_where(is_repeat, _key(name)[1], what, why)
    if name == "tariff_supplement":  # the ATIH file prices more supplements than a stay is given here
        return rows.filter(pl.col("supplement").is_in([ours for ours, _ in supplement_columns()]))
    return rows


def _column(table: UserCsv, column: str, kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    """One column of a tariff table."""
    if column in _BLANK_IS_ZERO:
        return table.money(column, blank_is_zero=True) if table.has(column) else pl.repeat("0", table.rows.height, eager=True).cast(_EUR)
    if column in _GMT_DAYS:
        return table.whole(column, 0, 1000, may_be_blank=True)
    if column in _GMT_EUR:
        return table.money(column, may_be_blank=column != "flat_eur")
    if column == "home":
        return (table.rows[column] if table.has(column) else pl.repeat(None, table.rows.height, dtype=pl.String, eager=True)).fill_null("")
    return table.money(column) if kind == _EUR else _code(table, column)


def _code(table: UserCsv, column: str) -> pl.Series:
    """A code as the stays write it: GHS and GMT on four digits, GHT on two, supplements in lower case."""
    text = table.text(column)
    width = {"ghs": 4, "gmt": 4, "ght": 2}.get(column)
    return text.str.zfill(width) if width else text.str.to_lowercase() if column == "supplement" else text


def _year(table: UserCsv) -> pl.Series:
    """The tariff year: its column, else that of the date of effect, else the one in the name of the file."""
    if table.has("tariff_year"):
        return table.whole("tariff_year", *_YEARS)
    if table.has("effective_date"):
        years = table.text("effective_date").str.extract(r"^\d{2}/\d{2}/(\d{4})$").cast(pl.Int64)
        why = ("Une date JJ/MM/AAAA est attendue.", "A date DD/MM/YYYY is expected.")
        table.refuse_where(years.is_null(), "effective_date", ("Date illisible.", "Unreadable date."), why)
        return years
    if found := re.search(r"(?<!\d)(?:19|20)\d{2}(?!\d)", table.path.stem):
        return pl.repeat(int(found.group()), table.rows.height, dtype=pl.Int64, eager=True)
    why = ("Ni colonne, ni nom de fichier ne la donne.", "Neither a column nor the name of the file gives it.")
    fix = ("Ajoutez-la au nom du fichier : sup_pub_2025.csv.", "Add it to the name of the file: sup_pub_2025.csv.")
    raise table.error(None, None, ("Année du tarif inconnue.", "Year of the tariff unknown."), why, fix)


def _sector(path: Path) -> str:
    """'pub' or 'pri', from the name of a file whose columns are the same for both."""
    if found := _SECTOR.search(path.stem.lower()):
        return found.group(1)
    why = ("Public et privé ont les mêmes colonnes dans ce format.", "Public and private have the same columns in this layout.")
    fix = ("Nommez-le comme l'ATIH : ghs_pub… ou ghs_pri….", "Name it as ATIH does: ghs_pub… or ghs_pri….")
    raise file_error(path, None, None, ("Secteur du tarif inconnu.", "Sector of the tariff unknown."), why, fix)


def _supplements(table: UserCsv) -> pl.DataFrame:
    """Wide by year to one line per year and supplement; a column the file has not gives no tariff."""
    year = table.whole("anseqta", *_YEARS)
    what, why = ("Année donnée deux fois.", "Year given twice."), ("Une ligne par année est attendue.", "One line per year is expected.")
    table.refuse_where(~year.is_first_distinct(), "anseqta", what, why)
    frames = [
        pl.DataFrame({"tariff_year": year, "day_eur": table.money(column)}).select(
            "tariff_year", pl.lit(name).alias("supplement"), "day_eur"
        )
        for name, column in supplement_columns()
        if table.has(column)
    ]
    return pl.concat(frames)


@cache
def supplement_columns() -> tuple[tuple[str, str], ...]:
    """(our supplement, its column in the tariff of supplements), from strata/formats/supplements.csv."""
    with (FORMATS / "supplements.csv").open(encoding="utf-8", newline="") as handle:
        return tuple((row["supplement"], row["tariff_column"]) for row in csv.DictReader(handle))


def _unused(path: Path) -> Text:
    return (
        f"  {path.name} : tarifs privés lus et laissés de côté (seuls les tarifs privés de GHS ont un usage)",
        f"  {path.name}: private tariffs read and set aside (only private GHS tariffs have a use)",
    )


def _tariff_twice(folder: Path, key: str) -> StrataError:
    why = (f"Deux fichiers donnent un tarif pour les mêmes {key}.", f"Two files give a tariff for the same {key}.")
    fix = ("N'en gardez qu'un.", "Keep one of them only.")
    return file_error(folder, None, None, ("Tarif donné deux fois.", "Tariff given twice."), why, fix)
