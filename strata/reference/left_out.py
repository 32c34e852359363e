"""The nation without one of its territories: its cells, and whether they may be told beside those of the whole.

Belongs here: whoever holds both packs subtracts them and has the territory, so its own cells must be tellable too. Not here: merging the
cells (reference.py, which takes the territory as one more series).
"""

import duckdb
import polars as pl

from strata.engine.models import models
from strata.errors import StrataError

_PLACED = ("stock_cell", "flow_cell", "use_cell", "population_cell", "published_territory")
_AGAIN = ("cohort_cell", "cohort_use", "population_total", "national_cell")


def split(connection: duckdb.DuckDBPyConnection, territory_id: str) -> pl.DataFrame:
    """national_cell twice: `side` 'rest', the nation without the territory, and 'own', the territory alone.

    Made by the same SQL over temporary tables, which take the place of the warehouse's, then go. StrataError (usage): no such territory.
    """
    known = {name for (name,) in connection.execute("SELECT territory_id FROM territory").fetchall()}
    if territory_id not in known:
        raise _refused(
            territory_id,
            (f"ce territoire n'est pas déclaré (déclarés : {_list(known)})", f"this territory is not declared (declared: {_list(known)})"),
        )
    sides = {"rest": "territory_id <> ?", "own": "territory_id = ?"}
    return pl.concat(_cells(connection, where, territory_id).with_columns(side=pl.lit(side)) for side, where in sides.items())


def check_told(told: pl.DataFrame, territory_id: str) -> None:
    """StrataError: the publication withholds some of the territory's persons, or has none of them; two packs would give them back."""
    persons = told.filter(pl.col("indicator_id") == "persons", pl.col("territory_id") == territory_id)
    withheld = persons.filter(pl.col("status").str.starts_with("suppressed"))
    if persons.filter(pl.col("status") == "ok").is_empty() or not withheld.is_empty():
        raise _refused(
            territory_id,
            (
                "des effectifs de ce territoire sont masqués ; la différence avec le paquet entier les rendrait",
                "some of this territory's numbers of persons are withheld; the difference with the whole pack would give them back",
            ),
        )


def check_dominance(connection: duckdb.DuckDBPyConnection, merged: pl.DataFrame, territory_id: str, dominance_share: float) -> None:
    """StrataError: one person makes most of the euros of a merged cell of the territory. merged: cells of side 'own', with `merged`."""
    keys = ["year", "condition", "cohort", "cost_basis", "stratum", "sex", "age_band"]
    query = f"SELECT {', '.join(keys)}, CAST(largest_eur AS DOUBLE) AS largest_eur FROM cohort_cell WHERE territory_id = ?"
    largest = connection.sql(query, params=[territory_id]).pl()
    costs = merged.filter(pl.col("measure") == "cost", pl.col("per") == "member")
    dearest = costs.join(largest, on=keys, how="left").group_by([*keys[:-1], "merged"])
    shares = dearest.agg(pl.col("largest_eur").max(), pl.col("numerator").first())  # `numerator` is the merged cell's already
    if not shares.filter(pl.col("largest_eur") > dominance_share * pl.col("numerator")).is_empty():
        raise _refused(
            territory_id,
            (
                "une personne fait l'essentiel des euros d'une case de ce territoire",
                "one person makes most of the euros of a cell of this territory",
            ),
        )


def _cells(connection: duckdb.DuckDBPyConnection, where: str, territory_id: str) -> pl.DataFrame:
    known = models()
    try:
        for name in _PLACED:
            connection.execute(f"CREATE TEMP TABLE {name} AS FROM {name} WHERE {where}", [territory_id])
        for name in _AGAIN:
            connection.execute(f"CREATE TEMP TABLE {name} AS {known[name].sql}")
        return connection.sql("FROM national_cell").pl()
    finally:
        for name in (*_PLACED, *_AGAIN):
            connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "—"


def _refused(territory_id: str, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=("La référence sans ce territoire ne peut pas être construite", "The reference without this territory cannot be built"),
        where=f"--leave-out {territory_id}",
        why=why,
        fix=(
            "Construire la référence entière : un territoire de moins de 2 % du pays n'y change presque rien",
            "Build the whole reference: a territory of less than 2 % of the country hardly changes it",
        ),
        is_usage=True,
    )
