"""What earlier publications printed or masked of the cells that are published now.

Belongs here: matching their rows with the cells of today. Not here: reading their files (publish.py), what is made of it (suppression.py).

A cell is the same when its condition, definition, fields of care, look-back, date and place are. What was masked stays masked; what was
printed is known to whoever kept the file, and masking it now protects nothing.
"""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from strata.disclosure.cells import MEMBERS, NODE

KNOWN, MASKED = "known", "masked"
_SAME = ["condition", "definition_id", "fields", "cohort", "lookback_years"]


def past_of(cells: pl.DataFrame, rows: pl.DataFrame, earlier: Iterable[pl.DataFrame]) -> NDArray[np.str_]:
    """For each cell of `cells`: 'known', 'masked' (and printed nowhere), or ''. earlier: published frames. rows: with_counts."""
    found = [_seen(frame, rows) for frame in earlier]
    if not found:
        return np.full(len(cells), "", dtype="<U6")
    seen = pl.concat(found).group_by(NODE).agg(pl.col("known").any(), pl.col("masked").any())
    joined = cells.join(seen, on=NODE, how="left", maintain_order="left", nulls_equal=True)
    past = pl.when("known").then(pl.lit(KNOWN)).when("masked").then(pl.lit(MASKED)).otherwise(pl.lit(""))
    return joined.select(past).to_series().to_numpy().astype("<U6")


def _seen(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Each count of an earlier publication: printed by some row, masked in some row."""
    counts = rows.select("indicator_id", "counted", "counted_above", "counted_rest").unique()
    same = rows.select(*_SAME).unique()
    old = frame.join(same, on=same.columns, how="semi", nulls_equal=True).join(counts, on="indicator_id")
    old = old.with_columns(
        state_year=pl.when(pl.col("cohort") == "stock").then("year").otherwise(pl.col("year") - 1),
        known=pl.col("status") == "ok",
        masked=pl.col("status").str.starts_with("suppressed"),
    )
    each = [
        old.with_columns(counted=pl.lit(MEMBERS)),
        old,
        *(old.filter(pl.col(name).is_not_null()).with_columns(counted=name) for name in ("counted_above", "counted_rest")),
    ]
    return pl.concat([part.select(*NODE, "known", "masked") for part in each])
