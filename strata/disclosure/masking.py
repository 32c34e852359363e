"""Writing the masks into the rows: a status, a reason, and no number.

Belongs here: which rows a mask reaches. Not here: which counts are masked (suppression.py, euros.py).
"""

import polars as pl

from strata.config import COST_BASES
from strata.disclosure.cells import CELL, MEMBERS, NODE
from strata.disclosure.suppression import SECONDARY
from strata.measures.measure import PUBLISHED, VALUES, in_order

# Reasons that depend on who lives in the cell; the others are about the year or the configuration, and tell nothing.
_TELLING = ["no_person", "reference", "interval_not_claimed"]


def mask(rows: pl.DataFrame, counts: pl.DataFrame, euros: pl.DataFrame) -> pl.DataFrame:
    """Columns of PUBLISHED, masked rows without a number, in their order. rows: with_counts. counts: masks by NODE. euros: masks of euros.

    A row is masked when its members are, or the persons it counts, those of its numerator or of the rest, or, when in euros, the euros.
    """
    masks = counts.filter(pl.col("status").is_not_null()).select(*NODE, "status", "reason")
    members = masks.filter(pl.col("counted") == MEMBERS).drop("counted")
    above, rest = masks.rename({"counted": "counted_above"}), masks.rename({"counted": "counted_rest"})
    bases = pl.DataFrame({"cost_basis": list(COST_BASES)})
    in_euros = euros.with_columns(status=pl.lit(SECONDARY)).join(bases, how="cross")
    reached = [
        (members, CELL),
        (masks, NODE),
        (above, ["counted_above", *CELL]),
        (rest, ["counted_rest", *CELL]),
        (in_euros, ["spent_by", "cost_basis", *CELL]),
    ]
    for number, (found, keys) in enumerate(reached):
        found = found.select(*keys, pl.col("status").alias(f"status_{number}"), pl.col("reason").alias(f"reason_{number}"))
        rows = rows.join(found, on=keys, how="left", maintain_order="left")
    status, reason = (pl.coalesce(f"{name}_{number}" for number in range(len(reached))) for name in ("status", "reason"))
    is_masked = status.is_not_null() & ((pl.col("status") == "ok") | pl.col("reason").is_in(_TELLING))
    hidden = rows.with_columns(
        *(pl.when(~is_masked).then(name).alias(name) for name in VALUES),
        status=pl.when(is_masked).then(status).otherwise("status"),
        reason=pl.when(is_masked).then(reason).otherwise("reason"),
    )
    return in_order(hidden.select(PUBLISHED.keys()))
