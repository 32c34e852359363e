"""The tables a user brings: territories, population, tariffs, nomenclatures (docs/design.md, "Tables a user brings").

Belongs here: writing them in the warehouse, all or none. Not here: reading each (territories.py, population.py,
tariffs.py, nomenclature.py, crosswalk.py), using them (sql/).
"""

from pathlib import Path

import duckdb
import polars as pl

from strata.ingest.user.crosswalk import postcode_codes, read_crosswalk
from strata.ingest.user.csv_file import Text
from strata.ingest.user.nomenclature import read_nomenclatures
from strata.ingest.user.population import read_population
from strata.ingest.user.tariffs import read_tariffs
from strata.ingest.user.territories import read_territories
from strata.ingest.warehouse.lock import lock
from strata.ingest.warehouse.store import transaction
from strata.ingest.warehouse.tables import open_warehouse


def load_user_tables(
    warehouse: Path | duckdb.DuckDBPyConnection,
    *,
    territories: Path,
    population: Path,
    tariffs: Path,
    crosswalk: Path | None = None,
    nomenclatures: Path | None = None,
) -> list[Text]:
    """Replace the tables that a user brings, all or none (warehouse: as for `load.ingest`). Returns what must be said, in two languages.

    population: a file, or a folder of them. tariffs: a folder; when there is none, the tariff tables are empty. crosswalk: a folder, needed
    when places are communes, postcodes or départements; it also places the postcodes of a grouped RSS.
    nomenclatures: for codes to be checked.
    StrataError (exit 2) names file, line and column.
    """
    tables, notices = _read(territories, population, tariffs, crosswalk)
    tables["nomenclature"] = read_nomenclatures(nomenclatures)
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


def _read(territories: Path, population: Path, tariffs: Path, crosswalk: Path | None) -> tuple[dict[str, pl.DataFrame], list[Text]]:
    """Every table by its name, and what must be said."""
    places = read_crosswalk(crosswalk)
    territory, straddle = read_territories(territories, places)
    residents, residents_said = read_population(population, territory, places)
    tariff_tables, tariffs_said = read_tariffs(tariffs)
    tables = {"territory": territory, "territory_straddle": straddle, "postcode": postcode_codes(places)}
    tables |= {"population": residents, **tariff_tables}
    return tables, [*residents_said, *tariffs_said]


def _write(connection: duckdb.DuckDBPyConnection, tables: dict[str, pl.DataFrame]) -> None:
    with transaction(connection):
        for name, rows in tables.items():
            connection.register("incoming_rows", rows.to_arrow())
            connection.execute(f"DELETE FROM {name}")
            connection.execute(f"INSERT INTO {name} BY NAME SELECT {', '.join(rows.columns)} FROM incoming_rows")
            connection.unregister("incoming_rows")
