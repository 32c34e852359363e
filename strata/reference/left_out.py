"""The nation without one of its territories: its cells, and whether they may be told beside those of the whole.

Belongs here: whoever holds both packs subtracts them and has the territory, so its own cells must be tellable too; with a second such pack,
so must what is left when every territory let out is taken away. Which ones were: left_out.csv, beside the publications. Not here: merging
the cells (nation.py, which takes each of these as one more series).
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from strata.engine.models import models
from strata.errors import StrataError

REGISTER = "left_out.csv"
PACKED, OWN, LEFT = "rest", "own", "left"
_PLACED = ("stock_cell", "flow_cell", "use_cell", "population_cell", "published_territory")
_AGAIN = ("cohort_cell", "cohort_use", "population_total", "national_cell")
_COLUMNS = ("territory_id", "reference_id")


def let_out(published: Path) -> tuple[str, ...]:
    """Territories without which a pack of this extract was let out before, in the order of their ids. published: folder of publications."""
    path = published / REGISTER
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(sorted({row["territory_id"] for row in csv.DictReader(file)}))


def note_let_out(published: Path, territory_id: str, reference_id: str) -> None:
    """Remember that a pack without this territory is let out: to be called before it is written."""
    published.mkdir(parents=True, exist_ok=True)
    path = published / REGISTER
    is_new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([_COLUMNS] * is_new + [(territory_id, reference_id)])


def sides_of(connection: duckdb.DuckDBPyConnection, territory_id: str, others: Sequence[str] = ()) -> dict[str, list[str]]:
    """The places of each part of the nation that the packs tell: 'rest', which is packed; 'own', the territory; each of the others.

    others: territories let out before. With some, 'left': what no pack leaves out. StrataError (usage): no such territory.
    """
    known = {name for (name,) in connection.execute("SELECT territory_id FROM territory").fetchall()}
    if territory_id not in known:
        raise _refused(
            territory_id,
            (f"ce territoire n'est pas déclaré (déclarés : {_list(known)})", f"this territory is not declared (declared: {_list(known)})"),
        )
    places = sorted(name for (name,) in connection.execute("SELECT territory_id FROM published_territory").fetchall())
    before = [name for name in others if name != territory_id and name in places]
    sides = {PACKED: [name for name in places if name != territory_id], OWN: [territory_id]}
    sides |= {f"{OWN} {name}": [name] for name in before}
    left = [name for name in sides[PACKED] if name not in before]
    held = connection.execute("SELECT count(*) FROM stock_cell WHERE list_contains(?, territory_id)", [left]).fetchall()
    return sides | ({LEFT: left} if before and held != [(0,)] else {})


def split(connection: duckdb.DuckDBPyConnection, sides: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """national_cell once for each side, named in `side`. Made by the same SQL over temporary tables, which take the place of the
    warehouse's, then go.
    """
    return pl.concat(_cells(connection, places).with_columns(side=pl.lit(side)) for side, places in sides.items())


def check_told(told: pl.DataFrame, sides: Mapping[str, Sequence[str]]) -> None:
    """StrataError: the publication withholds some persons of a place that packs tell apart, or has none of them; they would give them back.

    What is left of several places is a sum that the publication does not print: its cells are merged, and it is not looked at here.
    """
    for side, places in sides.items():
        if side == PACKED or len(places) > 1:
            continue
        (place,) = places
        persons = told.filter(pl.col("indicator_id") == "persons", pl.col("territory_id") == place)
        withheld = persons.filter(pl.col("status").str.starts_with("suppressed"))
        if persons.filter(pl.col("status") == "ok").is_empty() or not withheld.is_empty():
            raise _refused(
                sides[OWN][0],
                (
                    f"des effectifs sont masqués ({place}) ; on les retrouverait par différence avec les autres paquets",
                    f"some of the numbers of persons of {place} are withheld; the difference with the other packs would reveal them",
                ),
            )


def check_dominance(
    connection: duckdb.DuckDBPyConnection, merged: pl.DataFrame, sides: Mapping[str, Sequence[str]], dominance_share: float
) -> None:
    """StrataError: one person makes most of the euros of a merged cell that packs tell. merged: the cells of every side, with `merged`."""
    keys = ["year", "condition", "cohort", "cost_basis", "stratum", "sex", "age_band"]
    query = f"""SELECT {", ".join(keys)}, CAST(max(largest_eur) AS DOUBLE) AS largest_eur FROM cohort_cell
                WHERE list_contains(?, territory_id) GROUP BY ALL"""
    for side, places in sides.items():
        if side == PACKED:
            continue
        largest = connection.sql(query, params=[list(places)]).pl()
        costs = merged.filter(pl.col("side") == side, pl.col("measure") == "cost", pl.col("per") == "member")
        dearest = costs.join(largest, on=keys, how="left").group_by([*keys[:-1], "merged"])
        shares = dearest.agg(pl.col("largest_eur").max(), pl.col("numerator").first())  # `numerator` is the merged cell's already
        if not shares.filter(pl.col("largest_eur") > dominance_share * pl.col("numerator")).is_empty():
            raise _refused(
                sides[OWN][0],
                (
                    f"une personne fait l'essentiel des euros d'une case ({_list(set(places))})",
                    f"one person makes most of the euros of a cell ({_list(set(places))})",
                ),
            )


def _cells(connection: duckdb.DuckDBPyConnection, places: Sequence[str]) -> pl.DataFrame:
    known = models()
    try:
        for name in _PLACED:
            connection.execute(f"CREATE TEMP TABLE {name} AS FROM {name} WHERE list_contains(?, territory_id)", [list(places)])
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
