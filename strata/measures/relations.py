"""How the published places, conditions and persons of a run add up, for whoever protects them.

Belongs here: reading it from the tables of the run and of the package. Not here: the equations (disclosure/sums.py).
"""

import csv
from collections.abc import Sequence

import duckdb

from strata.config import Config
from strata.disclosure import Relations
from strata.measures.catalogue import CHARACTERISTIC
from strata.reference.nation import pack_margins
from strata.settings import TABLES


def relations_of(connection: duckdb.DuckDBPyConnection, config: Config) -> Relations:
    """What adds up beyond the columns: groups of territories, unions of conditions, women and ages, the pack made of the extract."""
    unions = connection.sql("SELECT condition, one, other FROM declared_union").fetchall()
    same = _same()
    of_ages = [measure for measure, (column, _) in same.items() if column == "age_band"]
    groups = connection.sql("SELECT group_id, list(territory_id ORDER BY territory_id) FROM territory_group GROUP BY group_id ORDER BY ALL")
    return Relations(
        wholes=dict(groups.fetchall()),
        unions={condition: (one, other) for condition, one, other in unions},
        same=same,
        partitions=[of_ages],
        margins=pack_margins(connection, config),
    )


def _same() -> dict[str, tuple[str, Sequence[str]]]:
    """Characteristics that are a sex or a group of age bands."""
    with (TABLES / "age_band.csv").open(encoding="utf-8", newline="") as file:
        bands = [(row["age_band"], int(row["age_min"]), int(row["age_max"])) for row in csv.DictReader(file)]
    found: dict[str, tuple[str, Sequence[str]]] = {}
    with CHARACTERISTIC.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["sex"]:
                found[row["measure"]] = ("sex", [row["sex"]])
            elif row["age_min"]:
                low, high = int(row["age_min"]), int(row["age_max"])
                found[row["measure"]] = ("age_band", [name for name, first, last in bands if low <= first and last <= high])
    return found
