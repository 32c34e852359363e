"""Expected costs known no more closely than one person's worth.

Belongs here: rounding what is expected of the members of a cell, and the ratios made of it. Not here: masking.

The means of a pack by sex and age band are known to whoever holds the pack. An expected cost to the cent is a sum of those means, one for
each member, and for a few dozen members only one set of sexes and ages gives it. Rounded to the next 1, 2 or 5 x 10^k at or above one
person's share (expected / persons), it hides the move of one person to another band: N persons leave a few N values for millions of
sets. Costs expected of the residents (a known population) tell nothing of the members and stay exact.
"""

import polars as pl

from strata.measures.catalogue import load_catalogue

_RATIO_DECIMALS = 5
_SCALED = ["lower", "upper", "ratio_lower", "ratio_upper"]


def step_of(expected: pl.Expr, persons: pl.Expr) -> pl.Expr:
    """The smallest 1, 2 or 5 x 10^k that is at least one person's share of the expected."""
    share = expected / persons
    tens = pl.lit(10.0) ** (share.log10() + 1e-12).floor()
    lead = share / tens
    return tens * pl.when(lead <= 1 + 1e-9).then(1).when(lead <= 2 + 1e-9).then(2).when(lead <= 5 + 1e-9).then(5).otherwise(10)


def coarsened(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `expected` rounded where it is made of the members (`expects_members`), and what follows from it made again."""
    if "expects_members" not in rows.columns:
        return rows
    concerned = pl.col("expects_members") & (pl.col("expected") > 0) & (pl.col("persons") > 0)
    step = step_of(pl.col("expected"), pl.col("persons"))
    coarse = ((pl.col("expected") / step).round() * step).round(2)
    rows = rows.with_columns(coarse=pl.when(concerned).then(coarse), decimals=_decimals())
    factor = pl.col("expected") / pl.col("coarse")
    ratio = (pl.col("numerator") / pl.col("coarse")).round(_RATIO_DECIMALS)
    value = pl.when(pl.col("unit") == "ratio").then(ratio).otherwise(pl.col("numerator") / pl.col("coarse") * pl.col("reference_value"))
    made = {name: pl.col(name) * factor for name in _SCALED} | {
        "value": value,
        "ratio": ratio,
        "expected": pl.col("coarse"),
        "denominator": pl.col("coarse"),
    }
    gap = {"value": pl.col("numerator") - pl.col("coarse")} | {
        limit: (pl.col(f"ratio_{limit}") * factor - 1) * pl.col("coarse") for limit in ("lower", "upper")
    }
    made |= {name: pl.when(pl.col("method") == "cost_gap").then(over).otherwise(made[name]) for name, over in gap.items()}
    is_coarse = pl.col("coarse").is_not_null() & pl.col("ratio").is_not_null()
    changed = rows.with_columns(pl.when(is_coarse).then(new).otherwise(name).alias(name) for name, new in made.items())
    return _rounded(changed).drop("coarse", "decimals")


def _decimals() -> pl.Expr:
    units = load_catalogue().units
    return pl.col("unit").replace_strict({name: unit["decimals"] for name, unit in units.items()}, default=2, return_dtype=pl.Int64)


def _rounded(rows: pl.DataFrame) -> pl.DataFrame:
    parts = rows.group_by("decimals", maintain_order=True)
    of_unit = pl.concat([part.with_columns(pl.col("value", "lower", "upper").round(decimals)) for (decimals,), part in parts])
    return of_unit.with_columns(pl.col("ratio", "ratio_lower", "ratio_upper").round(_RATIO_DECIMALS))
