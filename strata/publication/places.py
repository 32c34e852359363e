"""Which published places may be set side by side: places.csv, beside the indicators.

Belongs here: of each place, what it is and which territories it is made of. Not here: how places add up for disclosure control
(measures/relations.py).

Declared territories and REST are a partition: everybody of the extract lives in one of them, and in one only. A group holds territories
that are published too, and may overlap another group; ALL holds everybody. Whoever ranks places, or adds them, takes the partition.
"""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

NAME = "places.csv"
SEPARATOR = "|"
KINDS = ("territory", "rest", "group", "extract")
SCHEMA: dict[str, Any] = {
    "territory_id": pl.String,
    "name": pl.String,
    "kind": pl.String,
    "is_in_partition": pl.Boolean,
    "territories": pl.String,
}


def places(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per published place, in the order of their ids.

    territory_id: as in indicators.csv. name: as declared; its id for REST and ALL. is_in_partition: of the set that counts nobody twice.
    territories: ids of what it is made of, joined by SEPARATOR (of a territory: itself).
    """
    query = """
        WITH named AS (
            SELECT DISTINCT territory_id AS place_id, territory_name AS name, 'territory' AS kind FROM territory
            UNION ALL SELECT DISTINCT group_id, group_name, 'group' FROM territory_group
            UNION ALL SELECT * FROM (VALUES ('REST', 'REST', 'rest'), ('ALL', 'ALL', 'extract')) AS whole (place_id, name, kind)
        )
        SELECT place_id AS territory_id, name, kind, kind IN ('territory', 'rest') AS is_in_partition,
            string_agg(territory_id, ? ORDER BY territory_id) AS territories
        FROM named INNER JOIN place_part USING (place_id)
        GROUP BY place_id, name, kind ORDER BY place_id"""
    return connection.sql(query, params=[SEPARATOR]).pl().select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def write_places(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write places.csv in `folder`."""
    places(connection).write_csv(folder / NAME, line_terminator="\n")
