"""The territories a user declares, by PMSI geographic codes, communes or postcodes, as lists of whole geographic codes.

Belongs here: reading territories.csv, and giving a code that two territories share to one of them. Not here: the tables of passage
(crosswalk.py), nor who lives there (population.py).
"""

from pathlib import Path

import polars as pl

from strata.ingest.user.crosswalk import current_places, five
from strata.ingest.user.csv_file import UserCsv, read_user_csv
from strata.ingest.user.layouts import recognise

RESERVED = ("REST", "ALL")
_STRADDLE = {"territory_id": pl.String, "geo_code": pl.String, "residents": pl.Int64}


def read_territories(path: Path, crosswalk: pl.DataFrame | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(territory, territory_straddle). crosswalk: as read_crosswalk gives it, needed for communes and postcodes.

    territory: territory_id, territory_name, geo_code; each code in one territory. territory_straddle: territory_id (REST: nobody's),
    geo_code, residents: those who live in territory_id by declaration and are counted where the whole code is.
    """
    _, table = recognise(read_user_csv(path), "territory")
    kind = next(name for name in ("geo_code", "commune", "postcode") if table.has(name))
    rows = pl.DataFrame({name: table.text(name) for name in ("territory_id", "territory_name")} | {kind: five(table.text(kind))})
    _refuse_wrong_lines(table, rows, kind)
    if kind == "geo_code":
        return rows, pl.DataFrame(schema=_STRADDLE)
    shares = _shares(table, rows, kind, crosswalk)
    winners = shares.group_by("geo_code", maintain_order=True).first()
    territories = rows.select("territory_id", "territory_name").unique().join(winners, on="territory_id")
    _refuse_empty(table, rows, territories)
    losers = shares.join(winners, on=["geo_code", "territory_id"], how="anti")
    return territories.select("territory_id", "territory_name", "geo_code").sort(pl.all()), losers.select(list(_STRADDLE)).sort(pl.all())


def _refuse_wrong_lines(table: UserCsv, rows: pl.DataFrame, kind: str) -> None:
    what = ("Identifiant de territoire réservé.", "Reserved territory id.")
    why = ("REST et ALL ont un sens dans les publications.", "REST and ALL mean something in publications.")
    table.refuse_where(rows["territory_id"].str.to_uppercase().is_in(RESERVED), "territory_id", what, why)
    what = ("Code géographique déclaré deux fois.", "Geographic code declared twice.")
    why = ("Chaque code appartient à un seul territoire, sur une seule ligne.", "Each code belongs to one territory, on one line.")
    table.refuse_where(~rows[kind].is_first_distinct(), kind, what, why)
    names = rows.select(pl.col("territory_name").n_unique().over("territory_id") > 1).to_series()
    what = ("Un territoire porte deux noms.", "A territory has two names.")
    table.refuse_where(names, "territory_name", what, ("Même territory_id, noms différents.", "Same territory_id, different names."))


def _shares(table: UserCsv, rows: pl.DataFrame, kind: str, crosswalk: pl.DataFrame | None) -> pl.DataFrame:
    """geo_code, territory_id, residents of the codes that a territory touches; the one that gets the code comes first."""
    places = current_places(crosswalk, kind) if crosswalk is not None else None
    if places is None or places.is_empty():
        what = ("Table de passage absente.", "Crosswalk missing.")
        french = {"commune": "communes", "postcode": "codes postaux"}[kind]
        why = (f"Le code géographique PMSI des {french} n'est pas connu.", f"The PMSI geographic code of each {kind} is not known.")
        fix = (
            "Déposez le fichier de l'ATIH et donnez son dossier : [paths] crosswalk.",
            "Drop the ATIH file and name its folder: [paths] crosswalk.",
        )
        raise table.error(None, kind, what, why, fix)
    what = ("Code absent de la table de passage.", "Code absent from the crosswalk.")
    why = ("Sa dernière année ne le connaît pas (commune fusionnée ?).", "Its last year does not know it (a merged commune?).")
    table.refuse_where(~rows[kind].is_in(places["place"].implode()), kind, what, why)
    owned = places.join(rows.select(place=kind, territory_id="territory_id"), on="place", how="left")
    owned = owned.with_columns(pl.col("territory_id").fill_null("REST"))
    touched = owned.filter((pl.col("territory_id") != "REST").any().over("geo_code"))
    _refuse_uncounted(table, rows, kind, touched)
    shares = touched.group_by("geo_code", "territory_id").agg(pl.col("residents").sum())
    return shares.sort("geo_code", -pl.col("residents"), pl.col("territory_id") == "REST", "territory_id")


def _refuse_uncounted(table: UserCsv, rows: pl.DataFrame, kind: str, touched: pl.DataFrame) -> None:
    """A shared code goes to the larger side only when residents are known: some blanks are merged communes, all of them are ignorance."""
    is_shared = pl.col("territory_id").n_unique().over("geo_code") > 1
    unknown = touched.filter(is_shared & pl.col("residents").is_null().all().over("geo_code"))["place"]
    what = ("Code partagé entre deux territoires.", "Code shared by two territories.")
    why = ("La table de passage ne dit pas combien d'habitants y vivent.", "The crosswalk does not say how many residents live there.")
    fix = ("Ajoutez-y la population, ou déclarez les codes PMSI.", "Add the population to it, or declare PMSI codes.")
    table.refuse_where(rows[kind].is_in(unknown.implode()), kind, what, why, fix)


def _refuse_empty(table: UserCsv, rows: pl.DataFrame, territories: pl.DataFrame) -> None:
    what = ("Territoire sans aucun code géographique.", "Territory without any geographic code.")
    why = ("Un voisin plus peuplé a reçu chacun de ses codes.", "A neighbour with more residents was given each of its codes.")
    fix = ("Réunissez ces territoires, ou agrandissez celui-ci.", "Join these territories, or enlarge this one.")
    table.refuse_where(~rows["territory_id"].is_in(territories["territory_id"].implode()), "territory_id", what, why, fix)
