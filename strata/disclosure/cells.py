"""Whose number each published row gives away: the counts behind a measured frame.

Belongs here: one row per count, for every cell that is published. Not here: how counts add up (sums.py), which are too small (primary.py).

A year's flow is made of the persons of its eve: stock of 31 December and flow of the year after are one count, and wear one mask.
An indicator that counts other persons than the members of its cell (`persons` differ somewhere), or whose numerator concerns some of
them only (`numerator_persons`), has a count of its own, nested in theirs.
"""

import polars as pl

MEMBERS = "members"
PLACE = ["territory_id", "stratum", "sex", "age_band"]
CELL = ["condition", "state_year", *PLACE]
NODE = ["counted", *CELL]


def with_counts(measured: pl.DataFrame) -> pl.DataFrame:
    """The rows with `state_year`, and the names of the counts that they give away: `counted`, `counted_above` (NULL when everybody)."""
    rows = _with_defaults(measured).with_columns(
        state_year=pl.when(pl.col("cohort") == "stock").then("year").otherwise(pl.col("year") - 1),
        counted_above=pl.when(pl.col("numerator_persons").is_not_null()).then(pl.col("table") + " numerator"),
    )
    is_everybody = (pl.col("persons") == pl.col("persons").max().over(CELL)).all(ignore_nulls=True).over("table")
    return rows.with_columns(counted=pl.when(is_everybody).then(pl.lit(MEMBERS)).otherwise("table"))


def count_cells(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per count and cell: NODE and `persons`, in order. rows: as with_counts gives them."""
    known = rows.filter(pl.col("persons").is_not_null())
    members = known.group_by(CELL).agg(pl.col("persons").max()).select(pl.lit(MEMBERS).alias("counted"), *CELL, "persons")
    others = known.filter(pl.col("counted") != MEMBERS).select(*NODE, "persons")
    above = known.filter(pl.col("counted_above").is_not_null()).select(
        pl.col("counted_above").alias("counted"), *CELL, pl.col("numerator_persons").alias("persons")
    )
    parts = [members, others.group_by(NODE).agg(pl.col("persons").min()), above.group_by(NODE).agg(pl.col("persons").min())]
    return pl.concat(parts, how="vertical_relaxed").with_columns(pl.col("persons").cast(pl.Int64)).sort(NODE)


def _with_defaults(measured: pl.DataFrame) -> pl.DataFrame:
    """Columns that only some frames bring: the table of the indicator, the persons of its numerator."""
    missing = {"table": pl.lit(MEMBERS), "numerator_persons": pl.lit(None, pl.Int64)}
    return measured.with_columns(value.alias(name) for name, value in missing.items() if name not in measured.columns)
