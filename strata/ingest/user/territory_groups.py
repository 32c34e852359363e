"""Places made of several territories, as the user declares them: a group of hospitals, or a territory made of its sub-territories.

Belongs here: reading territory_groups.csv. Not here: the territories (territories.py), how the places add up (relations.py).
A territory may be in several groups, nested or not: every territory is published, so whatever two groups leave is a sum of published cells.
"""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from strata.ingest.user.csv_file import read_user_csv
from strata.ingest.user.territories import RESERVED

COLUMNS = ("group_id", "group_name", "territory_id")


def read_territory_groups(path: Path, territories: Collection[str]) -> pl.DataFrame:
    """Rows of COLUMNS, one per group and territory. territories: the declared ones (REST may be in a group too).

    StrataError (usage): a column is missing, a name is taken, a territory unknown, a line repeated.
    """
    table = read_user_csv(path)
    table.require(*COLUMNS)
    rows = pl.DataFrame({name: table.text(name) for name in COLUMNS})
    taken = rows["group_id"].str.to_uppercase().is_in(RESERVED) | rows["group_id"].is_in(list(territories))
    why = ("ALL, REST et les territoires déclarés ont déjà ce nom.", "ALL, REST and the declared territories have this name already.")
    table.refuse_where(taken, "group_id", ("Identifiant de groupe déjà pris.", "Group id already taken."), why)
    unknown = ~rows["territory_id"].is_in([*territories, "REST"])
    why = ("territories.csv n'a pas ce territory_id.", "territories.csv has no such territory_id.")
    table.refuse_where(unknown, "territory_id", ("Territoire inconnu.", "Unknown territory."), why)
    again = ~rows.select("group_id", "territory_id").is_unique()
    why = ("Un territoire compte une fois dans un groupe.", "A territory counts once in a group.")
    table.refuse_where(again, "territory_id", ("Ligne répétée.", "Line repeated."), why)
    names = rows.select(pl.col("group_name").n_unique().over("group_id") > 1).to_series()
    why = ("Même group_id, noms différents.", "Same group_id, different names.")
    table.refuse_where(names, "group_name", ("Un groupe porte deux noms.", "A group has two names."), why)
    return rows.sort(pl.all())
