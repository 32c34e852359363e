"""The audit: what can a reader who adds, subtracts and optimises still tell about a masked count?

Belongs here: the bounds of every count that must not be told, from everything published. Independent of how the masks were chosen
(secondary.py): nothing of it is used here.

The reader knows every published number, every sum, and what a label says: a primary cell holds 1 to threshold - 1 persons, a secondary
one none or at least the threshold (taken as known: which of the two). For each count, the smallest and the largest number are computed
without its own label. It is proved when they are `threshold` apart - so one of them lies outside 1..threshold - 1 - and when, with its
own label too, half of what the label allows remains. Part of a total that is itself few persons, it cannot be anything else: the second
condition alone is asked.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from strata.disclosure.sums import Sums, parts_of

_TINY = 1e-6


@dataclass(frozen=True)
class Labels:
    """What the label of each node says it holds, at least and at most. is_primary: the node is printed as a primary cell."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    is_primary: NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """told: nodes that the published numbers still tell. told_by_label: those that only their own label narrows too much.

    programmes: linear programmes solved. audited: nodes looked at.
    """

    told: NDArray[np.int64]
    told_by_label: NDArray[np.int64]
    programmes: int
    audited: int


def bounds_of(sums: Sums, unknown: NDArray[np.bool_], labels: Labels, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Smallest and largest count of each of `nodes` (one row each), its own label apart, given what is not `unknown`."""
    columns = np.flatnonzero(unknown)
    matrix = sums.matrix[:, columns]
    right = matrix @ sums.values[columns]
    position = {int(node): at for at, node in enumerate(columns)}
    part, rows_of, columns_of = _parts(matrix)
    pieces = {mine: matrix[rows_of[mine]][:, columns_of[mine]].tocsc() for mine in {int(part[position[int(node)]]) for node in nodes}}
    found = np.empty((len(nodes), 2))
    for at, node in enumerate(nodes):
        mine = int(part[position[int(node)]])
        inside, rows = columns_of[mine], rows_of[mine]
        limits = np.column_stack([labels.low[columns[inside]], labels.high[columns[inside]]])
        aim = np.searchsorted(inside, position[int(node)])
        limits[aim] = (0, np.inf)
        found[at] = [_extreme(pieces[mine], right[rows], limits, int(aim), sign) for sign in (1, -1)]
    return found


def audit(sums: Sums, unknown: NDArray[np.bool_], labels: Labels, nodes: NDArray[np.int64], threshold: int) -> Verdict:
    """Which of `nodes` (the counts that must not be told) stay too closely bounded."""
    bounds = bounds_of(sums, unknown, labels, nodes)
    low, high = np.ceil(bounds[:, 0] - _TINY), np.floor(bounds[:, 1] + _TINY)
    left = np.minimum(high, labels.high[nodes]) - np.maximum(low, labels.low[nodes])
    is_vague = (high - low >= threshold) | within_few(sums, labels)[nodes]
    is_blurred = left >= spread_left(threshold)
    is_hushable = is_vague & ~is_blurred & labels.is_primary[nodes]
    is_told = ~is_hushable & ~(is_vague & is_blurred)
    return Verdict(nodes[is_told], nodes[is_hushable], 2 * len(nodes), len(nodes))


def spread_left(threshold: int) -> int:
    """How far apart two counts must stay that a primary cell may still hold, its label known: half of what the label allows."""
    return (threshold - 1) // 2


def within_few(sums: Sums, labels: Labels) -> NDArray[np.bool_]:
    """Nodes that are part of a total printed as few persons: the total's label says that they are few too."""
    totals = csr_matrix(sums.matrix > 0) @ labels.is_primary.astype(float) > 0
    return np.asarray(csr_matrix(sums.matrix < 0).T @ totals.astype(float) > 0)


def _extreme(matrix: csr_matrix, right: NDArray[np.float64], limits: NDArray[np.float64], aim: int, sign: int) -> float:
    objective = np.zeros(matrix.shape[1])
    objective[aim] = sign
    found = linprog(objective, A_eq=matrix, b_eq=right, bounds=limits, method="highs-ds")
    if found.status in (3, 4):  # unbounded; HiGHS may not say which way before it looks again
        return float(np.inf) if sign < 0 else 0.0
    if found.status != 0:
        raise ArithmeticError("the published numbers contradict each other")
    return float(found.x[aim])


def _parts(matrix: csr_matrix) -> tuple[NDArray[np.int32], dict[int, NDArray[np.int64]], dict[int, NDArray[np.int64]]]:
    """The unknown nodes cut into sets that share no equation: number of each node's set, and its rows and columns."""
    part = parts_of(matrix)
    entries = matrix.tocoo()
    row_part = np.full(matrix.shape[0], -1)
    row_part[entries.row] = part[entries.col]
    order, row_order = np.argsort(part, kind="stable"), np.argsort(row_part, kind="stable")
    numbers = np.arange(part.max(initial=-1) + 1)
    cuts = [np.searchsorted(part[order], numbers, side) for side in ("left", "right")]
    row_cuts = [np.searchsorted(row_part[row_order], numbers, side) for side in ("left", "right")]
    columns_of = {int(one): np.sort(order[cuts[0][one] : cuts[1][one]]) for one in numbers}
    rows_of = {int(one): np.sort(row_order[row_cuts[0][one] : row_cuts[1][one]]) for one in numbers}
    return part, rows_of, columns_of
