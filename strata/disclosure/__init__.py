"""The only door out: what concerns too few persons is withheld, and so is what would give it back.

Belongs here: the order of the steps, one file each, and what is said of them. Not here: computing (measure.py), writing files (publish.py).

cells.py counts behind rows · sums.py and moves.py how they add up · primary.py too few · secondary.py what protects them · audit.py the
proof · suppression.py the loop · euros.py costs of one person · earlier.py publications before · coarsen.py expected costs ·
masking.py the rows.
docs/explanation/disclosure.md says what is promised, against whom, and what is not.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from strata.config import Disclosure
from strata.disclosure.cells import NODE, count_cells, with_counts
from strata.disclosure.coarsen import coarsened
from strata.disclosure.earlier import past_of
from strata.disclosure.euros import EuroMasks, suppress_euros
from strata.disclosure.masking import mask
from strata.disclosure.sums import Relations, sums_of
from strata.disclosure.suppression import PRIMARY, SECONDARY, Masks, suppress

__all__ = ["Protected", "Relations", "protect"]


class Protected(NamedTuple):
    """indicators: the frame that may leave, columns of measure.PUBLISHED. report: what it cost and what was proved, for the receipt."""

    indicators: pl.DataFrame
    report: dict[str, Any]


def protect(
    measured: pl.DataFrame, rules: Disclosure, *, relations: Relations | None = None, earlier: Iterable[pl.DataFrame] = ()
) -> Protected:
    """Withhold, audit, coarsen. measured: as measure.measure gives it. relations: what adds up beyond the columns.

    earlier: frames published before (columns of PUBLISHED): what they masked stays masked, what they printed is known.
    """
    relations = relations or Relations()
    rows = with_counts(measured)
    cells = count_cells(rows)
    masks = _masks(cells, relations, rules, past_of(cells, rows, earlier))
    euros = suppress_euros(rows, masks.cells.filter(pl.col("status").is_not_null()).select(NODE), rules.dominance_share, relations)
    indicators = mask(coarsened(rows), masks.cells, euros.cells)
    return Protected(indicators, _report(indicators, masks, euros))


def _masks(cells: pl.DataFrame, relations: Relations, rules: Disclosure, past: NDArray[np.str_]) -> Masks:
    """With large totals taken as known; without, where these and not the publication would tell (a stratum of a few in a whole nation)."""
    masks = suppress(sums_of(cells, relations), rules, past)
    if not len(masks.verdict.told) and not masks.elsewhere:
        return masks
    other = suppress(sums_of(cells, relations, is_many_known=False), rules, past)
    return min((masks, other), key=lambda one: (len(one.verdict.told), one.elsewhere))


def _report(indicators: pl.DataFrame, masks: Masks, euros: EuroMasks) -> dict[str, Any]:
    """What disclosure control cost and proved, in numbers that the published files show too."""
    status = masks.cells["status"]
    is_lost = pl.col("status").is_in([PRIMARY, SECONDARY])
    lost = (
        indicators.group_by("indicator_id").agg(rows=(is_lost | (pl.col("status") == "ok")).sum(), lost=is_lost.sum()).sort("indicator_id")
    )
    return {
        "cells": len(status),
        "primary": int((status == PRIMARY).sum()),
        "secondary": int((status == SECONDARY).sum()),
        "dominated": euros.dominated,
        "euros_only": euros.cells.height,
        "audited": masks.verdict.audited,
        "linear_programmes": masks.verdict.programmes,
        "not_proved": len(masks.verdict.told),
        "told_elsewhere": masks.elsewhere,
        "unlabelled": masks.unlabelled,
        "printed_earlier": masks.exposed,
        "lost": {row["indicator_id"]: {"rows": row["rows"], "lost": row["lost"]} for row in lost.iter_rows(named=True)},
    }
