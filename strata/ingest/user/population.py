"""The residents a user brings, by geographic code, territory, département or commune, as lines of the table `population`.

Belongs here: reading population.csv (or a folder of such files) and placing its residents. Not here: the sheets of INSEE (insee_sheet.py),
age bands and sums (sql/core/population_cell.sql).
"""

from pathlib import Path

import polars as pl

from strata.ingest.user.crosswalk import code_departements, commune_codes, five
from strata.ingest.user.csv_file import Text, UserCsv, file_error, read_user_csv
from strata.ingest.user.insee_sheet import read_sheet
from strata.ingest.user.layouts import recognise

OPEN_AGE = 120
_SEXES = {"F": "F", "2": "F", "M": "M", "1": "M", "H": "M"}
_YEARS = (1990, 2100)
_PEOPLE = 100_000_000
_BAND = r"^(\d{1,3})(?:\s*(?:-|à)\s*(\d{1,3}))?(?:\s*(\+|ans (?:et|ou) plus)|\s*ans?)?$"
_SCHEMA = {
    "year": pl.Int64,
    "geo_code": pl.String,
    "territory_id": pl.String,
    "sex": pl.String,
    "age_min": pl.Int64,
    "age_max": pl.Int64,
    "population": pl.Int64,
}


def read_population(
    path: Path, territories: pl.DataFrame | None = None, crosswalk: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, list[Text]]:
    """(rows, what must be said). rows: year, geo_code or territory_id, sex, age_min, age_max (120 when open), population.

    path: a file, or a folder of them (INSEE prints a sheet a year). territories and crosswalk: as read_territories and read_crosswalk give
    them. StrataError: residents counted twice, a territory nobody declared, départements that do not make whole territories.
    """
    paths = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    parts = [_read(one, territories, crosswalk) for one in paths]
    rows = pl.concat([pl.DataFrame(schema=_SCHEMA), *(frame for frame, _ in parts)])
    _refuse_files_that_overlap(path, [frame for frame, _ in parts])
    return rows, [notice for _, notices in parts for notice in notices]


def _read(path: Path, territories: pl.DataFrame | None, crosswalk: pl.DataFrame | None) -> tuple[pl.DataFrame, list[Text]]:
    """One file, in any of its layouts."""
    table = read_sheet(path) or recognise(read_user_csv(path), "population")[1]
    if table.has("departement"):
        return _by_departement(table, territories, crosswalk), []
    if table.has("commune"):
        return _by_commune(table, crosswalk)
    rows = _lines(table, _place(table))
    if territories is not None:
        _refuse_wrong_territories(table, rows, territories)
    return rows.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items()), []


def _lines(table: UserCsv, place: dict[str, pl.Series], whole: bool = True) -> pl.DataFrame:
    """A row per line of the file: year, the place, sex, ages, population (a whole number, or a weighted one)."""
    rows = pl.DataFrame({"year": table.whole("year", *_YEARS), **place, "sex": _sex(table), **_ages(table)})
    people = table.whole("population", 0, _PEOPLE) if whole else table.number("population")
    rows = rows.with_columns(people.alias("population"))
    _refuse_overlap(table, rows, ["year", *place, "sex"])
    return rows


def _by_departement(table: UserCsv, territories: pl.DataFrame | None, crosswalk: pl.DataFrame | None) -> pl.DataFrame:
    """Départements to the territories made of whole ones; the others are the rest. Never a share of a département."""
    departement = table.text("departement").str.to_uppercase().str.zfill(2)
    rows = _lines(table, {"departement": departement})
    owners = _owners(table, territories, crosswalk)
    what = ("Département inconnu de la table de passage.", "Département unknown to the crosswalk.")
    why = ("Ses codes géographiques ne sont pas connus.", "Its geographic codes are not known.")
    table.refuse_where(~departement.is_in(owners["departement"].implode()), "departement", what, why)
    _refuse_parts(table, rows, owners)
    placed = rows.join(owners.unique(), on="departement")
    keys = ["year", "territory_id", "sex", "age_min", "age_max"]
    summed = placed.group_by(keys).agg(pl.col("population").sum()).sort(keys).with_columns(geo_code=pl.lit(None, pl.String))
    return summed.select(list(_SCHEMA))


def _owners(table: UserCsv, territories: pl.DataFrame | None, crosswalk: pl.DataFrame | None) -> pl.DataFrame:
    """departement, territory_id (REST: none): each territory that has a code of the département."""
    if crosswalk is None or crosswalk.is_empty():
        what = ("Population par département sans table de passage.", "Population by département without a crosswalk.")
        why = ("Rien ne dit quels codes PMSI font un département.", "Nothing says which PMSI codes make a département.")
        fix = (
            "Déposez codepost (ATIH) et donnez son dossier : [paths] crosswalk.",
            "Drop codepost (ATIH) and name its folder: [paths] crosswalk.",
        )
        raise table.error(None, "departement", what, why, fix)
    codes = code_departements(crosswalk)
    if territories is None:
        return codes.select("departement", territory_id=pl.lit("REST")).unique()
    owned = codes.join(territories.select("geo_code", "territory_id"), on="geo_code", how="left")
    return owned.select("departement", pl.col("territory_id").fill_null("REST")).unique()


def _refuse_parts(table: UserCsv, rows: pl.DataFrame, owners: pl.DataFrame) -> None:
    """A département in several territories, and a territory some of whose départements are missing, have no population: not spread."""
    what = (
        "Population non calculable : territoires qui ne sont pas des départements entiers.",
        "Population not computable: territories that are not whole départements.",
    )
    fix = ("Donnez la population par commune, par code PMSI ou par territoire.", "Give the population by commune, PMSI code or territory.")
    split = owners.filter(pl.col("territory_id").n_unique().over("departement") > 1)["departement"]
    why = (
        "Ce département est partagé entre plusieurs territoires, ou entre un territoire et le reste ; ses habitants ne sont pas répartis.",
        "This département is shared by several territories, or by one and the rest; its residents are not spread.",
    )
    table.refuse_where(rows["departement"].is_in(split.implode()), "departement", what, why, fix)
    needed = owners.filter(pl.col("territory_id") != "REST").group_by("territory_id").agg(needed=pl.len())
    given = rows.select("year", "departement").unique().join(owners, on="departement").join(needed, on="territory_id")
    partial = given.filter(pl.len().over("year", "territory_id") < pl.col("needed")).select("year", "departement", is_part=True)
    is_part = rows.select("year", "departement").join(partial, on=["year", "departement"], how="left", maintain_order="left")["is_part"]
    why = (
        "Un autre département du même territoire manque cette année-là.",
        "Another département of the same territory is missing that year.",
    )
    table.refuse_where(is_part.fill_null(False), "departement", what, why, fix)


def _by_commune(table: UserCsv, crosswalk: pl.DataFrame | None) -> tuple[pl.DataFrame, list[Text]]:
    """Communes to their geographic code, summed, then rounded to whole persons; communes without a code are counted and said."""
    codes = commune_codes(crosswalk) if crosswalk is not None else {}
    if not codes:
        what = ("Population par commune sans table de passage.", "Population by commune without a crosswalk.")
        why = ("Le code PMSI des communes n'est pas connu.", "The PMSI code of the communes is not known.")
        fix = ("Déposez la table commune - code PMSI : [paths] crosswalk.", "Drop the table commune - PMSI code: [paths] crosswalk.")
        raise table.error(None, "commune", what, why, fix)
    rows = _lines(table, {"commune": five(table.text("commune"))}, whole=False)
    placed = rows.with_columns(geo_code=pl.col("commune").replace_strict(codes, default=None, return_dtype=pl.String))
    lost = placed.filter(pl.col("geo_code").is_null())
    keys = ["year", "geo_code", "sex", "age_min", "age_max"]
    summed = placed.drop_nulls("geo_code").group_by(keys).agg(pl.col("population").sum().cast(pl.Float64).round().cast(pl.Int64)).sort(keys)
    return summed.with_columns(territory_id=pl.lit(None, pl.String)).select(list(_SCHEMA)), _without_code(table.path, lost)


def _without_code(path: Path, lost: pl.DataFrame) -> list[Text]:
    """What is said of communes that no code takes: how many, and how many residents a year at most."""
    if lost.is_empty():
        return []
    residents = lost.group_by("year").agg(pl.col("population").cast(pl.Float64).sum())["population"]
    communes, people = lost["commune"].n_unique(), round(float(residents.max() or 0))  # type: ignore[arg-type]
    return [
        (
            f"  {path.name} : {communes} commune(s) sans code PMSI dans la table de passage, non comptée(s) ({people} habitants)",
            f"  {path.name}: {communes} commune(s) without a PMSI code in the crosswalk, not counted ({people} residents)",
        )
    ]


def _refuse_files_that_overlap(path: Path, frames: list[pl.DataFrame]) -> None:
    """A folder gives each year in one file: two could count the same residents under different places."""
    years = [frame["year"].unique() for frame in frames]
    if not years:
        why = ("Aucun fichier CSV dans ce dossier.", "No CSV file in this folder.")
        fix = ("Déposez-y la population, un CSV par année.", "Put the population there, a CSV a year.")
        raise file_error(path, None, None, ("Population absente.", "Population missing."), why, fix)
    if pl.concat(years).is_duplicated().any():
        why = ("Deux fichiers donnent la même année.", "Two files give the same year.")
        fix = ("Réunissez-les, ou n'en gardez qu'un.", "Join them, or keep one of them only.")
        raise file_error(path, None, None, ("Habitants comptés deux fois.", "Residents counted twice."), why, fix)


def _refuse_wrong_territories(table: UserCsv, rows: pl.DataFrame, territories: pl.DataFrame) -> None:
    """Residents who would be counted elsewhere (a territory that territories.csv has not) or twice (by code and by territory)."""
    named = rows["territory_id"].is_not_null()
    what = ("Territoire non déclaré.", "Territory not declared.")
    why = ("territories.csv n'a pas ce territory_id (REST : le reste).", "territories.csv has no such territory_id (REST: the rest).")
    known = [*territories["territory_id"].unique(), "REST"]
    table.refuse_where(named & ~rows["territory_id"].is_in(known), "territory_id", what, why)
    owner = dict(territories.select("geo_code", "territory_id").rows())
    by_code = rows["geo_code"].replace_strict(owner, default="REST", return_dtype=pl.String)
    placed = rows.select("year", territory_id=pl.when(named).then("territory_id").otherwise(by_code), is_named=named)
    is_both = placed.select(pl.col("is_named").n_unique().over("year", "territory_id") > 1).to_series()
    what = ("Habitants comptés deux fois.", "Residents counted twice.")
    why = ("Ce territoire est donné par codes et en entier la même année.", "This territory is given by code and as a whole in one year.")
    table.refuse_where(is_both & named, "territory_id", what, why)


def _place(table: UserCsv) -> dict[str, pl.Series]:
    """geo_code and territory_id, one of them filled on every line."""
    if not table.has("geo_code") and not table.has("territory_id"):
        table.require("geo_code")
    blank = pl.Series([None] * table.rows.height, dtype=pl.String)
    place = {name: table.rows[name] if table.has(name) else blank for name in ("geo_code", "territory_id")}
    is_bad = place["geo_code"].is_null() == place["territory_id"].is_null()
    what = ("Lieu absent ou donné deux fois.", "Place missing or given twice.")
    why = (
        "geo_code ou territory_id, l'un des deux, est attendu sur chaque ligne.",
        "Either geo_code or territory_id is expected on every line.",
    )
    table.refuse_where(is_bad, "geo_code", what, why)
    return {"geo_code": five(place["geo_code"]), "territory_id": place["territory_id"]}


def _sex(table: UserCsv) -> pl.Series:
    sex = table.text("sex").str.to_uppercase().replace_strict(_SEXES, default=None, return_dtype=pl.String)
    why = ("F, M, H, 1 (homme) ou 2 (femme) est attendu.", "F, M, H, 1 (man) or 2 (woman) is expected.")
    table.refuse_where(sex.is_null(), "sex", ("Sexe inconnu.", "Unknown sex."), why)
    return sex


def _ages(table: UserCsv) -> dict[str, pl.Series]:
    """First and last year of age, both included: from two columns (a blank last one is open), or from '18-19', '0 à 4 ans', '95+', '42'."""
    if not table.has("age_band") and table.has("age_min"):
        first, last = table.whole("age_min", 0, OPEN_AGE), pl.repeat(OPEN_AGE, table.rows.height, dtype=pl.Int64, eager=True)
        if table.has("age_max"):
            last = table.whole("age_max", 0, OPEN_AGE, may_be_blank=True).fill_null(OPEN_AGE)
        return _ordered_ages(table, "age_max" if table.has("age_max") else "age_min", first, last)
    if not table.has("age_band"):
        table.require("age_band")
    parts = table.text("age_band").str.extract_groups(_BAND).struct
    first, last = parts.field("1").cast(pl.Int64), parts.field("2").cast(pl.Int64)
    is_open = parts.field("3").is_not_null()
    last = last.fill_null(first.set(is_open, OPEN_AGE))
    return _ordered_ages(table, "age_band", first, last)


def _ordered_ages(table: UserCsv, column: str, first: pl.Series, last: pl.Series) -> dict[str, pl.Series]:
    is_bad = first.is_null() | (last < first) | (last > OPEN_AGE)
    why = ("Une tranche comme 18-19, 95+ ou un âge est attendu.", "A band such as 18-19, 95+ or one age is expected.")
    table.refuse_where(is_bad.fill_null(True), column, ("Tranche d'âge illisible.", "Unreadable age band."), why)
    return {"age_min": first, "age_max": last}


def _refuse_overlap(table: UserCsv, rows: pl.DataFrame, key: list[str]) -> None:
    """The same residents twice: a repeated line, or a band inside another. key: what separates residents beside their age."""
    ordered = rows.select(*key, "age_min", "age_max", rank=pl.int_range(pl.len())).sort(*key, "age_min", "age_max", "rank")
    overlap = ordered.with_columns(is_bad=pl.col("age_min") <= pl.col("age_max").cum_max().shift(1).over(key)).sort("rank")
    what = ("Habitants comptés deux fois.", "Residents counted twice.")
    why = (
        "Même année, lieu et sexe, âges déjà donnés sur une autre ligne.",
        "Same year, place and sex, ages already given on another line.",
    )
    column = next(name for name in ("age_band", "age_min") if table.has(name))
    table.refuse_where(overlap["is_bad"].fill_null(False), column, what, why)
