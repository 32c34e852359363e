"""The tables a user brings: territories, population, tariffs (docs/design.md, "Tables a user brings").

Belongs here: what each must hold and how it becomes a warehouse table. Not here: reading a CSV (user_csv.py), using the tables (sql/).
"""

from pathlib import Path

import duckdb
import polars as pl

from strata.ingest.lock import lock
from strata.ingest.store import transaction
from strata.ingest.user_csv import Text, UserCsv, read_user_csv
from strata.ingest.user_tariffs import read_tariffs
from strata.ingest.warehouse import open_warehouse

OPEN_AGE = 120
RESERVED_TERRITORIES = ("REST", "ALL")
_SEXES = {"F": "F", "2": "F", "M": "M", "1": "M", "H": "M"}
_YEARS = (1990, 2100)


def load_user_tables(warehouse: Path | duckdb.DuckDBPyConnection, *, territories: Path, population: Path, tariffs: Path) -> list[Text]:
    """Replace the tables that a user brings, all or none (warehouse: as for `load.ingest`). Returns what must be said, in two languages.

    tariffs is a folder; when there is none, the tariff tables are empty. StrataError (exit 2) names file, line and column.
    """
    declared = read_territories(territories)
    tariff_tables, notices = read_tariffs(tariffs)
    tables = {"territory": declared, "population": read_population(population, declared), **tariff_tables}
    if isinstance(warehouse, duckdb.DuckDBPyConnection):
        _write(warehouse, tables)
        return notices
    with lock(warehouse.parent):
        connection = open_warehouse(warehouse)
        try:
            _write(connection, tables)
        finally:
            connection.close()
    return notices


def _write(connection: duckdb.DuckDBPyConnection, tables: dict[str, pl.DataFrame]) -> None:
    with transaction(connection):
        for name, rows in tables.items():
            connection.register("incoming_rows", rows.to_arrow())
            connection.execute(f"DELETE FROM {name}")
            connection.execute(f"INSERT INTO {name} BY NAME SELECT {', '.join(rows.columns)} FROM incoming_rows")
            connection.unregister("incoming_rows")


def read_territories(path: Path) -> pl.DataFrame:
    """territory_id, territory_name, geo_code: one line per PMSI geographic code, each code in one territory."""
    table = read_user_csv(path)
    table.require("territory_id", "territory_name", "geo_code")
    rows = pl.DataFrame(
        {name: table.text(name) for name in ("territory_id", "territory_name")} | {"geo_code": _geo_code(table.text("geo_code"))}
    )
    reserved = rows["territory_id"].str.to_uppercase().is_in(RESERVED_TERRITORIES)
    what = ("Identifiant de territoire réservé.", "Reserved territory id.")
    table.refuse_where(
        reserved, "territory_id", what, ("REST et ALL ont un sens dans les publications.", "REST and ALL mean something in publications.")
    )
    what = ("Code géographique déclaré deux fois.", "Geographic code declared twice.")
    why = (
        "Chaque code PMSI appartient à un seul territoire, sur une seule ligne.",
        "Each PMSI code belongs to one territory, on one line.",
    )
    table.refuse_where(~rows["geo_code"].is_first_distinct(), "geo_code", what, why)
    names = rows.select(pl.col("territory_name").n_unique().over("territory_id") > 1).to_series()
    what = ("Un territoire porte deux noms.", "A territory has two names.")
    table.refuse_where(names, "territory_name", what, ("Même territory_id, noms différents.", "Same territory_id, different names."))
    return rows


def read_population(path: Path, territories: pl.DataFrame | None = None) -> pl.DataFrame:
    """year, geo_code or territory_id, sex, age_min, age_max (120 when open), population: residents, each counted once.

    territories, when given (as read_territories gives them): a territory that nobody declared, and residents given both by code and by
    territory, are refused.
    """
    table = read_user_csv(path)
    table.require("year", "sex", "population")
    age = next((name for name in ("age_band", "age") if table.has(name)), None)
    if age is None:
        table.require("age_band")
    place = _place(table)
    ages = _ages(table, age or "age_band")
    rows = pl.DataFrame({"year": table.whole("year", *_YEARS), **place, "sex": _sex(table), **ages}).with_columns(
        table.whole("population", 0, 100_000_000).alias("population")
    )
    _refuse_overlap(table, rows, age or "age_band")
    if territories is not None:
        _refuse_wrong_territories(table, rows, territories)
    return rows


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
    return {"geo_code": _geo_code(place["geo_code"]), "territory_id": place["territory_id"]}


def _geo_code(codes: pl.Series) -> pl.Series:
    """Five characters: spreadsheets lose the zero in front."""
    return codes.str.to_uppercase().str.zfill(5)


def _sex(table: UserCsv) -> pl.Series:
    sex = table.text("sex").str.to_uppercase().replace_strict(_SEXES, default=None, return_dtype=pl.String)
    why = ("F, M, H, 1 (homme) ou 2 (femme) est attendu.", "F, M, H, 1 (man) or 2 (woman) is expected.")
    table.refuse_where(sex.is_null(), "sex", ("Sexe inconnu.", "Unknown sex."), why)
    return sex


def _ages(table: UserCsv, column: str) -> dict[str, pl.Series]:
    """'18-19', '95+' or '42' as first and last year of age, both included."""
    text = table.text(column)
    first = text.str.extract(r"^(\d{1,3})\s*(?:-\s*\d{1,3}|\+)?$").cast(pl.Int64)
    last = text.str.extract(r"-\s*(\d{1,3})$").cast(pl.Int64)
    last = last.fill_null(pl.select(pl.when(text.str.ends_with("+")).then(OPEN_AGE).otherwise(first)).to_series())
    is_bad = first.is_null() | (last < first) | (last > OPEN_AGE)
    why = ("Une tranche comme 18-19, 95+ ou un âge est attendu.", "A band such as 18-19, 95+ or one age is expected.")
    table.refuse_where(is_bad, column, ("Tranche d'âge illisible.", "Unreadable age band."), why)
    return {"age_min": first, "age_max": last}


def _refuse_overlap(table: UserCsv, rows: pl.DataFrame, column: str) -> None:
    """The same residents twice: a repeated line, or a band inside another."""
    key = ["year", "geo_code", "territory_id", "sex"]
    ordered = rows.select(*key, "age_min", "age_max", rank=pl.int_range(pl.len())).sort(*key, "age_min", "age_max", "rank")
    overlap = ordered.with_columns(is_bad=pl.col("age_min") <= pl.col("age_max").cum_max().shift(1).over(key)).sort("rank")
    what = ("Habitants comptés deux fois.", "Residents counted twice.")
    why = (
        "Même année, lieu et sexe, âges déjà donnés sur une autre ligne.",
        "Same year, place and sex, ages already given on another line.",
    )
    table.refuse_where(overlap["is_bad"].fill_null(False), column, what, why)
