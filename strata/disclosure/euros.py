"""Costs that one person makes: a cell of enough persons whose euros are nearly all of one of them.

Belongs here: finding those cells (dominance), masking their euros, and what would give them back. Not here: counts (suppression.py),
which stay published: 14 persons may be told, the euros of one of them may not.

Whoever knows the other 15 % knows the dear person closely. The protection is that of the dominance rule: the masked total must be able
to be as large as the largest cost over the share, with every published total unchanged. Euros are of 0 or more, and have no label.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from strata.disclosure.cells import CELL, MEMBERS, NODE
from strata.disclosure.secondary import Room, Target, complete
from strata.disclosure.sums import HIDDEN, MARGIN, Relations, Sums, sums_of

REASON = "one_person_dominates"
_SERIES = ["cohort", "cost_basis"]


class EuroMasks(NamedTuple):
    """cells: spent_by, CELL and reason, of those whose euros are masked though their counts are not. dominated: made by one person."""

    cells: pl.DataFrame
    dominated: int


def suppress_euros(rows: pl.DataFrame, masks: pl.DataFrame, share: float, relations: Relations) -> EuroMasks:
    """rows: with_counts, `cost_eur` and `largest_eur` beside (NULL where no euro is). masks: NODE of the masked counts.

    Euros of the members, and those of some stays of theirs (`spent_by`), are told apart: each has its own counts, and its own sums.
    """
    found = [
        _suppressed(part, str(spent_by), _masked(part, masks), share, relations)
        for (spent_by,), part in rows.sort("spent_by").group_by("spent_by", maintain_order=True)
    ]
    return EuroMasks(pl.concat([one.cells for one in found]), sum(one.dominated for one in found))


def _masked(part: pl.DataFrame, masks: pl.DataFrame) -> pl.DataFrame:
    """CELL of the euros that are withheld already, with the counts behind them or with the members."""
    behind = part.filter(pl.col("cost_basis") != "none")["counted"].unique().to_list()
    return masks.filter(pl.col("counted").is_in([MEMBERS, *behind])).select(CELL).unique()


def _suppressed(rows: pl.DataFrame, spent_by: str, masked: pl.DataFrame, share: float, relations: Relations) -> EuroMasks:
    spent = _spent(rows)
    dominated = spent.filter(pl.col("largest_eur") > share * pl.col("cost_eur")).join(masked, on=CELL, how="anti").select(CELL).unique()
    hidden = pl.concat([masked.select(CELL), dominated]).unique()
    if dominated.height:
        for _, part in spent.sort(*_SERIES, *CELL).group_by(_SERIES, maintain_order=True):
            hidden = _completed(part, hidden, share, relations)
    added = hidden.join(masked, on=CELL, how="anti").sort(CELL)
    told = added.join(dominated.with_columns(is_dominated=pl.lit(True)), on=CELL, how="left")
    reason = pl.when("is_dominated").then(pl.lit(REASON)).otherwise(pl.lit("protects_another_cell"))
    return EuroMasks(told.select(pl.lit(spent_by).alias("spent_by"), *CELL, reason=reason), dominated.height)


def _spent(rows: pl.DataFrame) -> pl.DataFrame:
    if "largest_eur" not in rows.columns:
        return pl.DataFrame(
            schema={name: rows.schema[name] for name in [*_SERIES, *CELL]} | {"cost_eur": pl.Float64, "largest_eur": pl.Float64}
        )
    known = rows.filter(pl.col("largest_eur").is_not_null())
    return known.group_by([*_SERIES, *CELL]).agg(pl.col("cost_eur", "largest_eur").max())


def _completed(part: pl.DataFrame, hidden: pl.DataFrame, share: float, relations: Relations) -> pl.DataFrame:
    """`hidden` with the cells of one series of costs that its dominated cells need."""
    cells = part.with_columns(counted=pl.lit(MEMBERS), persons=(pl.col("cost_eur") * 100).round().cast(pl.Int64)).sort(NODE)
    sums = sums_of(cells.select(*NODE, "persons"), relations)
    lacks = cells.select((pl.col("largest_eur") / share - pl.col("cost_eur")) * 100).to_series().to_numpy()
    targets = [Target(int(node), float(np.ceil(lacks[node]))) for node in np.flatnonzero(lacks > 0)]
    is_hidden = sums.kind == HIDDEN
    is_hidden[: len(cells)] = cells.join(hidden.with_columns(is_hidden=pl.lit(True)), on=CELL, how="left", maintain_order="left")[
        "is_hidden"
    ].fill_null(False)
    found, unserved = complete(_room(sums), targets, is_hidden)
    for target in unserved:  # nothing around it can move so far: its whole sums go
        found |= _neighbours(sums, target.node)
    return pl.concat([hidden, cells.filter(pl.Series(found[: len(cells)])).select(CELL)]).unique()


def _room(sums: Sums) -> Room:
    values = sums.values.astype(float)
    up = np.where(sums.kind == MARGIN, 0.0, np.inf)
    price = np.ones(len(values))
    for column, total, factor in (("territory_id", "ALL", 8.0), ("stratum", "all", 4.0)):
        price[: len(sums.cells)] *= np.where((sums.cells[column] == total).to_numpy(), factor, 1.0)
    return Room(sums.matrix, up, np.where(sums.kind == MARGIN, 0.0, values), price)


def _neighbours(sums: Sums, node: int) -> np.ndarray:
    together = (abs(sums.matrix).T @ abs(sums.matrix[:, [node]])).toarray().ravel() > 0
    return np.asarray(together)
