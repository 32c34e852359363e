"""The nomenclatures a user may bring (CIM-10-FR, CCAM, GHM, NABM): the codes that exist, against which those met are checked.

Belongs here: turning each recognised file of the folder [paths] nomenclatures into rows of the table `nomenclature`.
Not here: the columns of each layout (strata/formats/user_tables.csv), nor what is counted (sql/quality/code_check.sql).
"""

from pathlib import Path

import polars as pl

from strata.ingest.user.csv_file import UserCsv, file_error, read_user_csv
from strata.ingest.user.layouts import recognise

SYSTEMS = ("cim10", "ccam", "ghm", "nabm")
_DATES = ("%Y-%m-%d", "%d%b%Y:%H:%M:%S")  # the second as SAS prints the tables of the SNDS: 01JAN1996:00:00:00
_SCHEMA = {"system": pl.String, "code": pl.String, "valid_from": pl.Date, "valid_to": pl.Date}
_SHAPE = r"^[A-Z0-9][A-Z0-9+]{2,9}$"
_SHORT = r"^[A-Z0-9]{1,2}$"  # of NABM, whose codes are numbers


def read_nomenclatures(folder: Path | None) -> pl.DataFrame:
    """system (SYSTEMS), code, valid_from, valid_to (NULL: always): one row per code and period, in order.

    folder None: no rows, and no code is checked. A file printed by year (GHM) gives each code a period per year.
    StrataError: no CSV in the folder, a file in no known layout, a code that has not the shape of one, a date that is none.
    """
    if folder is None:
        return pl.DataFrame(schema=_SCHEMA)
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        what, why = ("Nomenclature absente.", "Nomenclature missing."), ("Aucun fichier CSV ici.", "No CSV file here.")
        fix = ("Déposez-y les listes de codes, ou retirez la clé.", "Put the lists of codes there, or take the key out.")
        raise file_error(folder, None, None, what, why, fix)
    return pl.concat([_codes(read_user_csv(path)) for path in paths]).unique().sort(list(_SCHEMA), nulls_last=False)


def _codes(printed: UserCsv) -> pl.DataFrame:
    layout, table = recognise(printed, "nomenclature")
    code = table.text("code").str.to_uppercase().str.strip_chars().str.replace(".", "", literal=True)
    if layout.name == "nabm":
        code = code.str.replace(r"^0+([0-9])", "${1}")  # as care has them: 0092 and 92 are one
    is_short = code.str.contains(_SHORT) & (layout.name == "nabm")
    why = ("Trois à dix lettres ou chiffres sont attendus.", "Three to ten letters or digits are expected.")
    table.refuse_where(~code.str.contains(_SHAPE) & ~is_short, "code", ("Ce n'est pas un code.", "Not a code."), why)
    system = _system(table) if table.has("system") else pl.repeat(layout.name, len(code), dtype=pl.String, eager=True)
    first, last = _period(table)
    return pl.DataFrame({"system": system, "code": code, "valid_from": first, "valid_to": last}, schema=_SCHEMA)


def _system(table: UserCsv) -> pl.Series:
    system = table.text("system").str.to_lowercase()
    why = (f"Attendu : {', '.join(SYSTEMS)}.", f"Expected: {', '.join(SYSTEMS)}.")
    table.refuse_where(~system.is_in(SYSTEMS), "system", ("Nomenclature inconnue.", "Unknown nomenclature."), why)
    return system


def _period(table: UserCsv) -> tuple[pl.Series, pl.Series]:
    if table.has("year"):
        year = table.whole("year", 1990, 2100)
        dates = pl.DataFrame({"year": year}).select(first=pl.date("year", 1, 1), last=pl.date("year", 12, 31))
        return dates["first"], dates["last"]
    return _date(table, "valid_from"), _date(table, "valid_to")


def _date(table: UserCsv, name: str) -> pl.Series:
    if not table.has(name):
        return pl.repeat(None, table.rows.height, dtype=pl.Date, eager=True)
    text = table.rows[name]
    date = pl.select(pl.coalesce(text.str.to_datetime(shape, strict=False).dt.date() for shape in _DATES)).to_series()
    why = ("Une date AAAA-MM-JJ est attendue.", "A date YYYY-MM-DD is expected.")
    table.refuse_where(date.is_null() & text.is_not_null(), name, ("Date illisible.", "Unreadable date."), why)
    return date
