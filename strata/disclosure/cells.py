"""Whose number each published row gives away: the counts behind a measured frame.

Belongs here: one row per count, for every cell that is published. Not here: how counts add up (sums.py), which are too small (primary.py).

A year's flow is made of the persons of its eve: stock of 31 December and flow of the year after are one count, and wear one mask.
An indicator that counts other persons than the members of its cell (`persons` differ somewhere, or they are those of a `base`), or whose
numerator concerns some of them only (`numerator_persons`), has a count of its own, nested in theirs. So has what is left of a base once the
numerator is taken off (`rest_persons`): whoever reads stays and ambulatory stays reads the others. The same `measure` is the same count
whatever the indicator.
"""

import polars as pl

MEMBERS = "members"
PLACE = ["territory_id", "stratum", "sex", "age_band"]
CELL = ["condition", "state_year", *PLACE]
NODE = ["counted", *CELL]


def with_counts(measured: pl.DataFrame) -> pl.DataFrame:
    """The rows with `state_year`, and the names of the counts that they give away.

    `counted`: whoever is behind the row; `counted_above`: behind its numerator; `counted_rest`: behind what is left of its base (or NULL).
    """
    rows = _with_defaults(measured).with_columns(
        state_year=pl.when(pl.col("cohort") == "stock").then("year").otherwise(pl.col("year") - 1),
        counted_above=pl.when(pl.col("numerator_persons").is_not_null()).then(
            pl.when(pl.col("measure") != "").then("measure").otherwise(pl.col("table") + " numerator")
        ),
        counted_rest=pl.when(pl.col("rest_persons").is_not_null()).then("rest"),
    )
    is_everybody = (pl.col("persons") == pl.col("persons").max().over(CELL)).all(ignore_nulls=True).over("table", "measure")
    own = pl.when(is_everybody).then(pl.lit(MEMBERS)).otherwise("table")
    return rows.with_columns(counted=pl.coalesce("base", own))


def count_cells(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per count and cell: NODE and `persons`, in order. rows: as with_counts gives them."""
    known = rows.filter(pl.col("persons").is_not_null())
    members = known.group_by(CELL).agg(pl.col("persons").max()).select(pl.lit(MEMBERS).alias("counted"), *CELL, "persons")
    others = known.filter(pl.col("counted") != MEMBERS).select(*NODE, "persons")
    nested = [others, *(_nested(known, name, persons) for name, persons in _NESTED.items())]
    within = pl.concat(nested, how="vertical_relaxed").group_by(NODE).agg(pl.col("persons").min())
    return pl.concat([members, within], how="vertical_relaxed").with_columns(pl.col("persons").cast(pl.Int64)).sort(NODE)


_NESTED = {"counted_above": "numerator_persons", "counted_rest": "rest_persons"}


def _nested(known: pl.DataFrame, name: str, persons: str) -> pl.DataFrame:
    return known.filter(pl.col(name).is_not_null()).select(pl.col(name).alias("counted"), *CELL, pl.col(persons).alias("persons"))


def _with_defaults(measured: pl.DataFrame) -> pl.DataFrame:
    """Columns that only some frames bring: the table of the indicator, the persons of its numerator, of what is left of its base."""
    missing = {
        **{
            "table": pl.lit(MEMBERS),
            "measure": pl.lit(""),
            "spent_by": pl.lit(""),
            "base": pl.lit(None, pl.String),
            "rest": pl.lit(None, pl.String),
        },
        **dict.fromkeys(("numerator_persons", "rest_persons"), pl.lit(None, pl.Int64)),
    }
    return measured.with_columns(value.alias(name) for name, value in missing.items() if name not in measured.columns)
