"""Which counts concern too few persons to be told: printed ones, and hidden ones that subtraction would give.

Belongs here: the threshold, the rule of zeros, what a label says. Not here: the costs that one person makes (euros.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strata.config import Disclosure
from strata.disclosure.audit import Labels
from strata.disclosure.sums import CELL_KIND, HIDDEN, MARGIN, Sums


@dataclass(frozen=True)
class Primary:
    """By node. is_small: a printed count to be masked. is_told: a hidden one that must not be found. labels: what a mask says of each."""

    is_small: NDArray[np.bool_]
    is_told: NDArray[np.bool_]
    labels: Labels


def primary(sums: Sums, rules: Disclosure) -> Primary:
    """Counts of 1 to threshold - 1 persons; zeros too when `publish_zero` is false."""
    least, most = (1 if rules.publish_zero else 0), rules.threshold - 1
    is_few = (sums.values >= least) & (sums.values <= most)
    is_small = is_few & (sums.kind == CELL_KIND)
    is_told = (sums.values >= 1) & (sums.values <= most) & (sums.kind == HIDDEN)
    return Primary(is_small, is_told, _labels(sums, is_small, least, rules.threshold))


def _labels(sums: Sums, is_small: NDArray[np.bool_], least: int, threshold: int) -> Labels:
    """A primary cell holds `least` to threshold - 1; a secondary one none, or the threshold and more; the rest says nothing."""
    is_zero, is_cell = sums.values == 0, sums.kind == CELL_KIND
    low = np.select([is_small, is_cell & ~is_zero], [float(least), float(threshold)], 0.0)
    high = np.select([is_small, is_cell & is_zero], [threshold - 1.0, 0.0], np.inf)
    is_margin = sums.kind == MARGIN
    return Labels(np.where(is_margin, sums.values, low), np.where(is_margin, sums.values, high), is_small)


def unlabelled(labels: Labels, nodes: NDArray[np.int64]) -> Labels:
    """The labels without those of `nodes`: printed as secondary, which then says nothing of them."""
    low, high, is_primary = labels.low.copy(), labels.high.copy(), labels.is_primary.copy()
    low[nodes], high[nodes], is_primary[nodes] = 0.0, np.inf, False
    return Labels(low, high, is_primary)
