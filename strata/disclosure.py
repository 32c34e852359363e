"""The only door out: what concerns too few persons is withheld, and so is what would give it back by subtraction.

Belongs here: which cells are masked, and the masking. Not here: computing (measure.py), writing files (publish.py).

A cell of 1 to threshold - 1 persons is masked (primary). Then every sum it belongs to - strata of a place, places of the extract,
sexes, age bands - is withheld except its total, again and again until nothing more changes (secondary). Zeros are published unless
they are in such a sum. Masks are those of persons at a date: one mask for the stock of 31 December and the flow of the year after,
which are the same people, and for every indicator of either; a masked row gives no number at all.

This holds against subtraction and linear bounds on counts of 0 or more. Bounds that also use the label of a primary cell (1 to
threshold - 1: two cells of at most 10 that add up to 20 are 10 each) are not audited here.
"""

import polars as pl

from strata.measure import PUBLISHED, VALUES, in_order

# A sum: the column whose parts add up, its total, and its parts when not every other value is one.
_SUMS = {
    "territory_id": ("ALL", None),
    "stratum": ("all", ["1", "2", "3", "4"]),
    "sex": ("all", None),
    "age_band": ("all", None),
}
_PLACE = ["territory_id", "stratum", "sex", "age_band"]
_CELL = ["condition", "state_year", *_PLACE]
# Reasons that depend on who lives in the cell; the others are about the year or the configuration, and tell nothing.
_TELLING = ["no_person", "reference", "interval_not_claimed"]


def protect(measured: pl.DataFrame, threshold: int) -> pl.DataFrame:
    """The frame that may leave: columns of measure.PUBLISHED, masked rows without any number. measured: as measure.measure gives it."""
    return mask(measured, secondary(primary(measured, threshold), threshold))


def primary(measured: pl.DataFrame, threshold: int) -> pl.DataFrame:
    """One row per cell with `persons` and `status`: 'suppressed_primary' where they are 1 to threshold - 1, else NULL."""
    known = measured.filter(pl.col("persons").is_not_null()).with_columns(_state_year())
    cells = known.group_by(_CELL).agg(pl.col("persons").max(), is_small=pl.col("persons").is_between(1, threshold - 1).any())
    return cells.sort(_CELL).select(*_CELL, "persons", status=pl.when("is_small").then(pl.lit("suppressed_primary")))


def secondary(cells: pl.DataFrame, threshold: int) -> pl.DataFrame:
    """The same cells with 'suppressed_secondary' added until no sum and no difference gives a masked cell back."""
    masked = cells["status"].is_not_null().sum()
    while True:
        cells = _withhold(cells, _near_nested(threshold))
        for column, (total, parts) in _SUMS.items():
            cells = _withhold(cells, _in_open_sum(column, total, parts))
        before, masked = masked, cells["status"].is_not_null().sum()
        if masked == before:
            return cells


def mask(measured: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Apply the masks to every indicator: status, reason and no number; columns of PUBLISHED, in their order."""
    masks = cells.select(*_CELL, mask="status")
    rows = measured.with_columns(_state_year()).join(masks, on=_CELL, how="left", nulls_equal=True)
    is_masked = pl.col("mask").is_not_null() & ((pl.col("status") == "ok") | pl.col("reason").is_in(_TELLING))
    why = pl.when(pl.col("mask") == "suppressed_primary").then(pl.lit("few_persons")).otherwise(pl.lit("protects_another_cell"))
    hidden = rows.with_columns(
        *(pl.when(~is_masked).then(name).alias(name) for name in VALUES),
        status=pl.when(is_masked).then("mask").otherwise("status"),
        reason=pl.when(is_masked).then(why).otherwise("reason"),
    )
    return in_order(hidden.select(PUBLISHED.keys()))


def _state_year() -> pl.Expr:
    """The 31 December at which the persons of a row were found: a year's flow is the stock of its eve."""
    return pl.when(pl.col("cohort") == "stock").then("year").otherwise(pl.col("year") - 1).alias("state_year")


def _withhold(cells: pl.DataFrame, rule: pl.Expr) -> pl.DataFrame:
    return cells.with_columns(status=pl.when(pl.col("status").is_null() & rule).then(pl.lit("suppressed_secondary")).otherwise("status"))


def _in_open_sum(column: str, total: str, parts: list[str] | None) -> pl.Expr:
    """Parts of a sum where a part or the total is masked: one unknown alone would be found by subtraction."""
    is_part = pl.col(column).is_in(parts) if parts else pl.col(column) != total
    belongs = is_part | (pl.col(column) == total)
    others = [name for name in _CELL if name != column]
    return is_part & (pl.col("status").is_not_null() & belongs).any().over(others)


def _near_nested(threshold: int) -> pl.Expr:
    """Strict risk levels that differ from the extended one, which contains them, by 1 to threshold - 1 persons."""
    others = [name for name in _CELL if name != "stratum"]
    strict, extended = (
        pl.col("persons").filter(pl.col("stratum") == f"at_risk_{level}").first().over(others) for level in ("strict", "extended")
    )
    return (pl.col("stratum") == "at_risk_strict") & (extended - strict).is_between(1, threshold - 1)
