"""A year of movement as probabilities: smoothed rows, the matrix a simulator takes, and whether it foretells the next stock.

Belongs here: what is made of published rows, and of them alone: nothing withheld can come back through it. Not here: counting who moves
(sql/reference/transition_cell.sql), what may be told of it (disclosure/). docs/explanation/movement.md says how to read it.

A probability is (n_ij + k p_ij) / (n_i + k): the counts of the row and k persons spread as the national row p (clinical text RP-1.0, 6.2).
k is in tables/movement_term.csv, with the bounds of calibration.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from strata.settings import TABLES
from strata.statistics.quantiles import beta_quantile

TERMS = TABLES / "movement_term.csv"
CALIBRATION = "movement_calibration.csv"  # in a publication
CALIBRATED: dict[str, Any] = {
    **dict.fromkeys(("condition", "territory_id"), pl.String),
    **{"year": pl.Int16, "stratum": pl.String, "predicted": pl.Float64, "withheld": pl.Float64, "observed": pl.Int64},
    **{"ratio": pl.Float64, "is_within": pl.Boolean},
}
METHOD = "dirichlet"
FROM_STATES = ("at_risk_extended", "1", "2", "3", "4")
TO_STATES = ("none", "1", "2", "3", "4", "dead", "left")
STATES = TO_STATES
NATION = "ALL"
_STRATA = ("1", "2", "3", "4")
_ROW = ["year", "condition", "territory_id", "stratum"]
_LEVEL = 0.95
_FEW = 5.5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Matrix:
    """The movement of one condition, place and year. Rows: FROM_STATES at the eve; columns: TO_STATES at the end of the year.

    counts: persons, NaN where withheld. members: persons of each row, NaN where withheld. probabilities: smoothed, each row sums to 1; a
    withheld count takes its part of what its row leaves, as the nation spreads. A row is NaN where that cannot be told: its members are
    withheld as well, or those of the national row. expired: of each row, those whose evidence merely expired (they are counted where they
    arrive as well), NaN for the row at risk and where withheld. entered: by stratum 1 to 4 of arrival.
    """

    condition: str
    territory_id: str
    year: int
    counts: Floats
    members: Floats
    probabilities: Floats
    expired: Floats
    entered: Floats

    def chain(self) -> Floats:
        """A square matrix over STATES for a Markov chain: nobody returns from 'dead' or 'left'; 'none' moves as those at risk do."""
        square = np.eye(len(STATES))
        square[: len(FROM_STATES)] = self.probabilities
        return square


@cache
def prior_weight() -> float:
    """Persons that the national row weighs in a probability."""
    return float(_terms()["prior_weight"])


def _terms() -> dict[str, str]:
    with TERMS.open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))


def smoothed(published: pl.DataFrame) -> pl.DataFrame:
    """The rows, those of probabilities of movement (method 'dirichlet', status 'ok') with their smoothed value and limits; order kept.

    reference_value: the national share, where it is published. A row of the nation is its own prior: its value is its share, with Wilson's
    limits, as it came. published: columns of the contract, after disclosure control.
    """
    rows = published.with_row_index("at")
    mine = rows.filter((pl.col("method") == METHOD) & (pl.col("status") == "ok"))
    if mine.is_empty():
        return published
    mine = mine.join(_priors(published), on=["indicator_id", "year", "condition", "stratum"], how="left")
    made = _posterior(mine).select("at", *(pl.col(f"new_{name}") for name in ("value", "lower", "upper", "reference_value")))
    rows = rows.join(made, on="at", how="left", maintain_order="left")
    names = [name for name in ("value", "lower", "upper", "reference_value") if name in published.columns]
    return rows.with_columns(pl.coalesce(f"new_{name}", name).alias(name) for name in names).select(published.columns)


def _posterior(rows: pl.DataFrame) -> pl.DataFrame:
    """`new_` value, limits and reference of each row; NULL where the row stays as it came. rows: with `prior` and `is_told`."""
    weight = prior_weight()
    share = rows["prior"].to_numpy().astype(float)
    count, members = (rows[name].to_numpy().astype(float) for name in ("numerator", "denominator"))
    first = count + weight * share
    is_own = (rows["territory_id"] == NATION).to_numpy() | ~(first > 0)
    with np.errstate(invalid="ignore"):
        low, high = (beta_quantile(at, first, members + weight - first) for at in ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    made = {"value": first / (members + weight), "lower": low, "upper": high}
    columns = {f"new_{name}": pl.Series(np.where(is_own, np.nan, values)).fill_nan(None).round(6) for name, values in made.items()}
    told = pl.when("is_told").then("prior").round(6)
    return rows.with_columns(**columns).with_columns(new_reference_value=told)


def _priors(published: pl.DataFrame) -> pl.DataFrame:
    """The national row of each outcome: `prior`, and `is_told` where it is a published share.

    What is withheld of a row shares what the row leaves: 5.5 persons (half of 11) for each outcome that moves somebody, an equal part at
    most, and the rest for those who stay; equal parts where those who stay are published.
    """
    nation = published.filter((pl.col("method") == METHOD) & (pl.col("territory_id") == NATION))
    row = ["year", "condition", "stratum"]
    told = pl.when(pl.col("status") == "ok").then(pl.col("numerator") / pl.col("denominator"))
    stays = pl.col("indicator_id") == pl.concat_str(pl.lit("transition_to_"), pl.col("stratum").str.replace("at_risk.*", "none"))
    nation = nation.with_columns(share=told, members=pl.col("denominator").max().over(row), stays=stays).with_columns(
        hidden=pl.col("share").is_null().sum().over(row), left=(1.0 - pl.col("share").sum().over(row)).clip(lower_bound=0.0)
    )
    part = pl.min_horizontal(pl.col("left") / pl.col("hidden"), pl.lit(_FEW) / pl.col("members"))
    rest = pl.col("left") - part * (pl.col("hidden") - 1)
    has_stay = (pl.col("stays") & pl.col("share").is_null()).any().over(row)
    guess = pl.when(~has_stay).then(pl.col("left") / pl.col("hidden")).when("stays").then(rest).otherwise(part)
    is_known = pl.col("members").is_not_null()
    prior = pl.when(is_known).then(pl.coalesce("share", guess))
    return nation.select("indicator_id", *row, prior=prior, is_told=pl.col("share").is_not_null())


def movement_matrix(published: pl.DataFrame, condition: str, year: int, territory_id: str = NATION) -> Matrix:
    """The matrix of one condition, place and year, with its counts, from the published rows.

    ValueError: the publication has no movement for them (names what it lacks).
    """
    mine = published.filter((pl.col("condition") == condition) & (pl.col("year") == year) & (pl.col("territory_id") == territory_id))
    counts, members = _counts(mine)
    if np.isnan(counts).all():
        raise ValueError(f"no movement is published for {condition}, {territory_id}, {year}")
    national = published.filter((pl.col("condition") == condition) & (pl.col("year") == year))
    prior = _grid(_priors(national).with_columns(pl.col("prior").alias("numerator")))
    return Matrix(
        condition, territory_id, year, counts, members, _probabilities(counts, members, prior),
        _column(mine, "transition_evidence_expired", FROM_STATES), _column(mine, "transition_entered", _STRATA),
    )  # fmt: skip


def _counts(rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Counts by row and outcome, and members by row, NaN where withheld."""
    counts, members = _grid(rows), _grid(rows.with_columns(pl.col("denominator").alias("numerator")))
    known = ~np.isnan(members)
    return counts, np.where(known.any(axis=1), np.where(known, members, -np.inf).max(axis=1), np.nan)


def _grid(rows: pl.DataFrame) -> Floats:
    """FROM_STATES x TO_STATES of `numerator`, NaN where there is none."""
    return np.column_stack([_column(rows, f"transition_to_{name}", FROM_STATES) for name in TO_STATES])


def _column(rows: pl.DataFrame, indicator_id: str, strata: tuple[str, ...]) -> Floats:
    found = dict(rows.filter(pl.col("indicator_id") == indicator_id).select("stratum", "numerator").iter_rows())
    return np.array([np.nan if found.get(name) is None else float(found[name]) for name in strata])


def _probabilities(counts: Floats, members: Floats, prior: Floats) -> Floats:
    """Smoothed rows. A withheld count is its part of what the row leaves, and nothing where the nation spreads nobody; see Matrix."""
    hidden = np.isnan(counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = prior / prior.sum(axis=1, keepdims=True)  # a row of the prior that lacks a part is NaN
        left = np.maximum(members[:, None] - np.nansum(counts, axis=1, keepdims=True), 0.0)
        among = np.where(hidden, spread, 0.0)
        total = among.sum(axis=1, keepdims=True)
        part = np.where(total > 0, among / total, among)  # NaN stays NaN
        smooth = np.where(hidden, left * part, counts) + prior_weight() * spread
        return np.asarray(smooth / smooth.sum(axis=1, keepdims=True))


def calibration(published: pl.DataFrame) -> pl.DataFrame:
    """The stock that a year of movement foretells, against the one found a year later.

    One row per condition, place, foretold year and stratum 1-4 where both are published, in the columns of CALIBRATED: predicted (the stock
    of the year before moved by that year's matrix, and as many entries again), withheld: the part of predicted that rests on withheld
    counts, spread as Matrix says (0: on none), observed (persons), ratio (observed / predicted), is_within: it is within the bounds of
    tables/movement_term.csv.
    """
    low, high = (float(_terms()[name]) for name in ("calibrated_from", "calibrated_to"))
    rows = []
    moved = published.filter((pl.col("indicator_id") == "transition_to_1") & (pl.col("status") == "ok"))
    for condition, place, year in (
        moved.select("condition", "territory_id", "year").unique().sort("condition", "territory_id", "year").iter_rows()
    ):
        matrix = movement_matrix(published, condition, year, place)
        now, later = (_stock(published, condition, place, at) for at in (year, year + 1))
        moves = now[:, None] * matrix.probabilities[1:, 1:5]
        predicted = moves.sum(axis=0) + matrix.entered
        withheld = np.where(np.isnan(matrix.counts[1:, 1:5]), moves, 0.0).sum(axis=0) / predicted
        for at, stratum in enumerate(_STRATA):
            if not np.isnan(predicted[at]) and later[at] > 0:
                ratio = round(float(later[at] / predicted[at]), 5)
                parts = (round(float(predicted[at]), 1), round(float(withheld[at]), 3), int(later[at]), ratio, low <= ratio <= high)
                rows.append((condition, place, year + 1, stratum, *parts))
    return pl.DataFrame(rows, schema=CALIBRATED, orient="row")


def write_calibration(published: pl.DataFrame, folder: Path) -> None:
    """Write movement_calibration.csv in `folder`; none where no year of movement is published with the year after it."""
    found = calibration(published)
    if not found.is_empty():
        found.write_csv(folder / CALIBRATION, line_terminator="\n")


def _stock(published: pl.DataFrame, condition: str, place: str, year: int) -> Floats:
    is_there = (pl.col("condition") == condition) & (pl.col("territory_id") == place) & (pl.col("year") == year)
    is_whole = (pl.col("sex") == "all") & (pl.col("age_band") == "all")
    return _column(published.filter(is_there & is_whole), "persons", _STRATA)
