"""What was drawn against what was found, person by person: the confusion matrix of a synthetic country.

Belongs here: joining the truth to the strata found, counting, sensitivity and predictive value. Not here: the country (strata/synthetic).
"""

from typing import NamedTuple

import polars as pl

from strata.statistics import wilson

STATES = ("1", "2", "3", "4", "at_risk_strict", "at_risk_extended", "none")
STRATA = STATES[:4]
CLEAR = "clear"
_KEY = ["pseudonym", "condition", "year"]


class Share(NamedTuple):
    """right of among, and Wilson's limits at 95 %."""

    right: int
    among: int
    lower: float
    upper: float


def pairs(truth: pl.DataFrame, found: pl.DataFrame, year: int) -> pl.DataFrame:
    """One row per person and condition with a status in the truth or in the warehouse that year: condition, reason, drawn, found.

    reason: why the files cannot tell ('clear' when they can). Found without a truth row: the person's reason of another year.
    """
    one_year = [frame.filter(pl.col("year") == year).with_columns(pl.col("year").cast(pl.Int64)) for frame in (truth, found)]
    both = _state(one_year[0], "drawn").join(_state(one_year[1], "found"), on=_KEY, how="full", coalesce=True)
    reasons = truth.filter("ambiguous").group_by("pseudonym", "condition").agg(pl.col("ambiguous_reason").min().alias("other_reason"))
    return both.join(reasons, on=["pseudonym", "condition"], how="left").select(
        "condition",
        pl.when(pl.col("drawn").is_null()).then("other_reason").otherwise("reason").fill_null(CLEAR).alias("reason"),
        *(pl.col(name).fill_null("none") for name in ("drawn", "found")),
    )


def _state(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    state = pl.when(pl.col("status") == "diseased").then(pl.col("stratum").cast(pl.String)).otherwise("status").alias(name)
    reason = [pl.col("ambiguous_reason").alias("reason")] if "ambiguous_reason" in rows.columns else []
    return rows.select(*_KEY, state, *reason)


def matrix(rows: pl.DataFrame) -> dict[tuple[str, str], int]:
    """(drawn, found) -> persons."""
    return {(drawn, found): count for drawn, found, count in rows.group_by("drawn", "found").len().iter_rows()}


def sensitivity(rows: pl.DataFrame, stratum: str) -> Share | None:
    """Of those drawn in a stratum, how many were found in it; None when nobody was drawn."""
    return _share(rows.filter(pl.col("drawn") == stratum))


def predictive_value(rows: pl.DataFrame, stratum: str) -> Share | None:
    """Of those found in a stratum, how many were drawn in it; None when nobody was found."""
    return _share(rows.filter(pl.col("found") == stratum))


def _share(rows: pl.DataFrame) -> Share | None:
    if rows.is_empty():
        return None
    right = rows.filter(pl.col("drawn") == pl.col("found")).height
    limits = wilson(right, rows.height)
    return Share(right, rows.height, limits.lower, limits.upper)
