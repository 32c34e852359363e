"""Euros of a pack that one person makes: cells merged until nobody makes most of one, and what is not written when nothing helps.

Belongs here: that rule, for the nation and for every part of it that a pack tells. Not here: cells of too few persons (nation.py), the
same rule in a publication (disclosure/euros.py).
"""

from collections.abc import Sequence

import polars as pl

GROUP = ["year", "condition", "cohort", "alike"]  # levels that share their bands: see nation.py
_SERIES = ["side", "stratum", "sex", "cost_basis"]


def merge_dominated(euros: Sequence[Sequence[float]], largest: Sequence[Sequence[float]], share: float) -> list[int]:
    """For each cell from the youngest, the number of its merged cell. euros, largest: of each series in each cell.

    A cell where one person makes more than `share` of the euros of a series is merged with the next older one; what remains at the oldest
    end joins the cells before it. All together still dominated: one cell, which is then not written.
    """

    def is_dominated(run: Sequence[int]) -> bool:
        return any(max(largest[at][one] for at in run) > share * sum(euros[at][one] for at in run) for one in range(len(euros[0])))

    runs: list[list[int]] = []
    for at in range(len(euros)):
        if runs and is_dominated(runs[-1]):
            runs[-1].append(at)
        else:
            runs.append([at])
    while len(runs) > 1 and is_dominated(runs[-1]):
        last = runs.pop()
        runs[-1] += last
    return [number for number, run in enumerate(runs) for _ in run]


def undominated_parts(cells: pl.DataFrame, share: float) -> dict[int, int]:
    """The merged cell of each `part` of the costs of one group of levels, by part. cells: rows of one condition and year, with `part`."""
    costs = cells.filter((pl.col("measure") == "cost") & (pl.col("per") == "member"))
    series = costs.group_by("part", *_SERIES).agg(pl.col("numerator").sum(), pl.col("largest_eur").max()).sort("part", *_SERIES)
    parts = series.group_by("part", maintain_order=True).agg("numerator", "largest_eur")
    if parts.is_empty():
        return {}
    merged = merge_dominated(parts["numerator"].to_list(), parts["largest_eur"].to_list(), share)
    return dict(zip(parts["part"].to_list(), merged, strict=True))


def without_dominated(cells: pl.DataFrame, share: float) -> pl.DataFrame:
    """The cells without the costs of a group of levels where one person makes more than `share` of a series, all bands together.

    cells: with `alike`.
    """
    costs = cells.filter((pl.col("measure") == "cost") & (pl.col("per") == "member"))
    sums = costs.group_by(*GROUP, *_SERIES).agg(pl.col("numerator").sum(), pl.col("largest_eur").max())
    dominated = sums.filter(pl.col("largest_eur") > share * pl.col("numerator")).select(*GROUP, measure=pl.lit("cost")).unique()
    return cells.join(dominated, on=[*GROUP, "measure"], how="anti", maintain_order="left")
