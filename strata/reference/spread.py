"""How the territories of the nation lie around a figure: lowest, quartiles, highest, and how much more they differ than by chance.

Belongs here: those numbers, made of told values only, so that they tell nothing a publication does not; from how many territories.
Not here: what may be told (disclosure), the pack they travel in (pack.py), what pages show of them.
"""

from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from strata.reference.pack import SPREAD_SCHEMA
from strata.settings import TABLES
from strata.statistics import additive_overdispersion, multiplicative_overdispersion

NAME = "reference_spread.csv"  # in a publication
TERMS = TABLES / "reference_spread.csv"
_SERIES = ["year", "condition", "indicator_id", "stratum", "cost_basis"]
_WHOLE = ["ALL", "REST"]
_QUARTILES = {"least": 0.0, "lower": 0.25, "median": 0.5, "upper": 0.75, "most": 1.0}


def territory_spread(told: pl.DataFrame) -> pl.DataFrame:
    """One row per year x condition x indicator x stratum x cost basis x figure ('value' or 'ratio'), in the columns of SPREAD_SCHEMA.

    told: indicators as published. Only what has a denominator: sizes of territories do not compare. Quartiles interpolate; all are rounded
    to as many digits, and made from as many territories, as strata/tables/reference_spread.csv says. phi and tau2: of ratios of counts.
    """
    places = told.filter(
        pl.col("status") == "ok", pl.col("sex") == "all", pl.col("age_band") == "all", ~pl.col("territory_id").is_in(_WHOLE)
    ).filter(pl.col("denominator").is_not_null())
    found = [_quartiles(places, figure) for figure in ("value", "ratio")]
    spread = pl.concat(found).join(_overdispersion(places), on=[*_SERIES, "figure"], how="left")
    return spread.select(pl.col(name).cast(kind) for name, kind in SPREAD_SCHEMA.items()).sort([*_SERIES, "figure"])


def write_spread(connection: duckdb.DuckDBPyConnection, told: pl.DataFrame, folder: Path) -> None:
    """Write reference_spread.csv beside the indicators: that of the pack in use, else of these territories; none when they are few."""
    spread = connection.sql("FROM reference_spread").pl()
    if spread.is_empty() and not told.filter(pl.col("coverage") == "national").is_empty():
        spread = territory_spread(of_territories(connection, told))
    if not spread.is_empty():
        spread.write_csv(folder / NAME, line_terminator="\n")


def of_territories(connection: duckdb.DuckDBPyConnection, told: pl.DataFrame) -> pl.DataFrame:
    """The rows but those of groups of territories: who lives in one would weigh twice."""
    groups = [name for (name,) in connection.sql("SELECT DISTINCT group_id FROM territory_group").fetchall()]
    return told.filter(~pl.col("territory_id").is_in(groups))


def _quartiles(places: pl.DataFrame, figure: str) -> pl.DataFrame:
    digits = int(_term("digits"))
    known = places.filter(pl.col(figure).is_not_null())
    grouped = known.group_by(_SERIES).agg(
        pl.len().alias("territories"),
        *(pl.col(figure).quantile(at, "linear").round_sig_figs(digits).alias(name) for name, at in _QUARTILES.items()),
    )
    return grouped.filter(pl.col("territories") >= _term("quartiles_at_least")).with_columns(figure=pl.lit(figure))


def _overdispersion(places: pl.DataFrame) -> pl.DataFrame:
    """phi and tau2 of each ratio of counts, NULL below their number of territories."""
    counts = places.filter((pl.col("cost_basis") == "none") & pl.col("ratio").is_not_null() & (pl.col("expected") > 0))
    rows = []
    for key, part in counts.sort([*_SERIES, "territory_id"]).group_by(_SERIES, maintain_order=True):
        pair, size = (part["numerator"].to_numpy(), part["expected"].to_numpy()), len(part)
        phi = multiplicative_overdispersion(*pair) if size >= _term("phi_at_least") else None
        tau2 = additive_overdispersion(*pair) if size >= _term("tau2_at_least") else None
        rows.append((*key, "ratio", phi, tau2))
    names = [*_SERIES, "figure", "phi", "tau2"]
    frame = pl.DataFrame(rows, schema={name: SPREAD_SCHEMA[name] for name in names}, orient="row")
    return frame.with_columns(pl.col("phi", "tau2").round_sig_figs(int(_term("digits"))))


@cache
def _terms() -> dict[str, float]:
    return dict(pl.read_csv(TERMS, columns=["term", "value"], schema_overrides={"value": pl.Float64}).rows())


def _term(name: str) -> float:
    return _terms()[name]
