"""Which PMSI geographic code a commune or a postcode belongs to: the ATIH files a user drops in the folder [paths] crosswalk.

Belongs here: reading them, and what they say of communes, postcodes and départements. Not here: what territories, residents and stays
make of it (territories.py, population.py, sql/core/stay.sql).
"""

import re
from pathlib import Path

import polars as pl

from strata.ingest.user.csv_file import UserCsv, file_error, read_user_csv
from strata.ingest.user.layouts import recognise

_YEARS = (1990, 2100)
_NO_YEAR = 0
_COLLECTIVITIES = {
    "97133": "977",
    "97150": "978",
}  # Saint-Barthélemy and Saint-Martin keep postcodes of Guadeloupe, and are not counted in it
_SCHEMA = {"kind": pl.String, "place": pl.String, "geo_code": pl.String, "year": pl.Int64, "residents": pl.Int64}


def read_crosswalk(folder: Path | None) -> pl.DataFrame:
    """kind ('commune' | 'postcode'), place, geo_code, year (0: not said), residents (NULL: not said): a row per place and year.

    folder None: no rows. StrataError: no CSV in the folder, a file in no known layout, a place given twice for one year.
    """
    if folder is None:
        return pl.DataFrame(schema=_SCHEMA)
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        what, why = ("Table de passage absente.", "Crosswalk missing."), ("Aucun fichier CSV ici.", "No CSV file here.")
        fix = ("Déposez-y codepost (ATIH), enregistré en CSV.", "Put codepost (ATIH) there, saved as CSV.")
        raise file_error(folder, None, None, what, why, fix)
    places = pl.concat([_places(recognise(read_user_csv(path), "crosswalk")[1]) for path in paths])
    if places.select("kind", "place", "year").is_duplicated().any():
        why = ("Deux fichiers de la même année placent le même code.", "Two files of one year place the same code.")
        fix = ("Gardez-en un par année, l'année dans le nom.", "Keep one a year, with the year in its name.")
        raise file_error(folder, None, None, ("Table de passage en double.", "Crosswalk given twice."), why, fix)
    return places


def five(codes: pl.Series) -> pl.Series:
    """A geographic code, commune or postcode in five characters: spreadsheets lose the zero in front."""
    return codes.str.to_uppercase().str.zfill(5)


def current_places(crosswalk: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The places of each geographic code in the last year that has the code: one that was replaced keeps the places it had then."""
    return crosswalk.filter((pl.col("kind") == kind) & (pl.col("year") == pl.col("year").max().over("kind", "geo_code")))


def commune_codes(crosswalk: pl.DataFrame) -> dict[str, str]:
    """commune -> geographic code, by the last year that has the commune."""
    communes = crosswalk.filter(pl.col("kind") == "commune").sort("year")
    return dict(communes.select("place", "geo_code").rows())


def postcode_codes(crosswalk: pl.DataFrame) -> pl.DataFrame:
    """postcode, geo_code: by the last year that has the postcode; a row per postcode."""
    postcodes = crosswalk.filter(kind="postcode").filter(pl.col("year") == pl.col("year").max().over("place"))
    return postcodes.select("geo_code", postcode="place").select("postcode", "geo_code").sort("postcode")


def code_departements(crosswalk: pl.DataFrame) -> pl.DataFrame:
    """geo_code, departement: the one where most of its residents live, for the codes of the last year.

    From communes; from postcodes when there are no communes.
    """
    kind = "commune" if (crosswalk["kind"] == "commune").any() else "postcode"
    places = crosswalk.filter(kind=kind).filter(pl.col("year") == pl.col("year").max()).with_columns(departement=_departement())
    weights = places.group_by("geo_code", "departement").agg(pl.col("residents").sum())
    ordered = weights.sort("geo_code", "residents", "departement", descending=[False, True, False])
    return ordered.group_by("geo_code", maintain_order=True).first().select("geo_code", "departement")


def _departement() -> pl.Expr:
    """From the place; a Corsican postcode (20…) says no département, its geographic code does."""
    place, is_postcode = pl.col("place"), pl.col("kind") == "postcode"
    corsica = pl.when(is_postcode & place.str.starts_with("20")).then(pl.col("geo_code").str.head(2))
    islands = corsica.when(is_postcode & place.is_in(list(_COLLECTIVITIES))).then(place.replace(_COLLECTIVITIES))
    return islands.when(place.str.contains("^9[78]")).then(place.str.head(3)).otherwise(place.str.head(2))


def _places(table: UserCsv) -> pl.DataFrame:
    """The rows of one file. A point where residents are not known is ATIH's."""
    kind = "commune" if table.has("commune") else "postcode"
    if kind == "postcode":  # ATIH repeats the postcodes of Corsica (20…) under a 2A… or 2B… that nobody writes on a letter
        table = table.where(~table.text(kind).str.contains("^2[ABab]"))
    place = five(table.text(kind))
    year = table.whole("year", *_YEARS) if table.has("year") else pl.repeat(_year_of(table.path), table.rows.height, eager=True)
    rows = {"kind": pl.repeat(kind, table.rows.height, eager=True), "place": place, "geo_code": five(table.text("geo_code")), "year": year}
    frame = pl.DataFrame(rows | {"residents": _residents(table)}, schema=_SCHEMA)
    what, why = ("Code placé deux fois.", "Code placed twice."), ("Même année, même code.", "Same year, same code.")
    table.refuse_where(~frame.select(pl.struct("place", "year").is_first_distinct()).to_series(), kind, what, why)
    return frame


def _residents(table: UserCsv) -> pl.Series | None:
    if not table.has("residents"):
        return None
    known = table.rows["residents"]
    blanked = UserCsv(table.path, table.rows.with_columns(residents=known.set(known == ".", None)), table.printed)
    return blanked.whole("residents", 0, 100_000_000, may_be_blank=True)


def _year_of(path: Path) -> int:
    found = re.search(r"(?<!\d)(?:19|20)\d{2}(?!\d)", path.stem)
    return int(found.group()) if found else _NO_YEAR
