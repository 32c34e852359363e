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

    programmes: linear programmes solved (fewer than two a node). audited: nodes looked at.
    """

    told: NDArray[np.int64]
    told_by_label: NDArray[np.int64]
    programmes: int
    audited: int


def audit(sums: Sums, unknown: NDArray[np.bool_], labels: Labels, nodes: NDArray[np.int64], threshold: int) -> Verdict:
    """Which of `nodes` (the counts that must not be told) stay too closely bounded.

    A table found while one count is bounded bounds the others as well: a count that the tables found so far already spread enough is
    proved, and needs no programme of its own. What is told is always told by its own two programmes.
    """
    world, few = _World(sums, unknown, labels), within_few(sums, labels)
    judged = np.zeros((len(nodes), 2), dtype=bool)
    for at, node in enumerate(nodes.tolist()):
        judged[at] = _judged(world.seen(node), labels, node, threshold, few[node])
        if not judged[at].all():
            judged[at] = _judged(world.bounds(node), labels, node, threshold, few[node])
    is_vague, is_blurred = judged.T
    is_hushable = is_vague & ~is_blurred & labels.is_primary[nodes]
    is_told = ~is_hushable & ~(is_vague & is_blurred)
    return Verdict(nodes[is_told], nodes[is_hushable], world.programmes, len(nodes))


def _judged(bounds: tuple[float, float], labels: Labels, node: int, threshold: int, is_within_few: bool) -> tuple[bool, bool]:
    """Whether a count between `bounds` is vague, and whether its label leaves it blurred (module docstring)."""
    low, high = np.ceil(bounds[0] - _TINY), np.floor(bounds[1] + _TINY)
    left = min(high, labels.high[node]) - max(low, labels.low[node])
    return bool(high - low >= threshold or is_within_few), bool(left >= spread_left(threshold))


class _World:
    """What a reader knows, cut into sets of unknown counts that share no equation. programmes: how many were solved.

    Every programme ends on a table that the published numbers allow: the least and the most that each count was in one are kept.
    """

    def __init__(self, sums: Sums, unknown: NDArray[np.bool_], labels: Labels) -> None:
        self._columns = np.flatnonzero(unknown)
        self._matrix = sums.matrix[:, self._columns]
        self._right = self._matrix @ sums.values[self._columns]
        self._limits = np.column_stack([labels.low[self._columns], labels.high[self._columns]])
        self._position = {int(node): at for at, node in enumerate(self._columns)}
        self._part, self._rows_of, self._columns_of = _parts(self._matrix)
        self._pieces: dict[int, csr_matrix] = {}
        self._true = sums.values[self._columns].astype(float)
        self._least, self._most = self._true.copy(), self._true.copy()
        self.programmes = 0

    def seen(self, node: int) -> tuple[float, float]:
        """The least and the most of a count in the tables found so far, its true one among them."""
        at = self._position[node]
        return float(self._least[at]), float(self._most[at])

    def bounds(self, node: int) -> tuple[float, float]:
        """The smallest and the largest that a count can be, its own label apart: two programmes."""
        at = self._position[node]
        part = int(self._part[at])
        inside, rows = self._columns_of[part], self._rows_of[part]
        if part not in self._pieces:
            self._pieces[part] = self._matrix[rows][:, inside].tocsc()
        limits = self._limits[inside]
        aim = int(np.searchsorted(inside, at))
        limits[aim] = (0, np.inf)
        found = []
        for sign in (1, -1):
            table = _extreme(self._pieces[part], self._right[rows], limits, aim, sign)
            self.programmes += 1
            if table is None:
                found.append(np.inf if sign < 0 else 0.0)
                continue
            found.append(float(table[aim]))
            self._keep(inside, table, aim)
        return found[0], found[1]

    def _keep(self, inside: NDArray[np.int64], table: NDArray[np.float64], aim: int) -> None:
        """Note the counts of a table found without the label of `aim`: on the way there from the true one, as far as the label lets go.

        Every table between two that are allowed is allowed too.
        """
        true = self._true[inside]
        low, high = self._limits[inside[aim]]
        step = table[aim] - true[aim]
        share = min(1.0, ((high if step > 0 else low) - true[aim]) / step) if step else 1.0
        allowed = true + share * (table - true)
        self._least[inside] = np.minimum(self._least[inside], allowed)
        self._most[inside] = np.maximum(self._most[inside], allowed)


def spread_left(threshold: int) -> int:
    """How far apart two counts must stay that a primary cell may still hold, its label known: half of what the label allows."""
    return (threshold - 1) // 2


def within_few(sums: Sums, labels: Labels) -> NDArray[np.bool_]:
    """Nodes that are part of a total printed as few persons: the total's label says that they are few too."""
    totals = csr_matrix(sums.matrix > 0) @ labels.is_primary.astype(float) > 0
    return np.asarray(csr_matrix(sums.matrix < 0).T @ totals.astype(float) > 0)


def _extreme(
    matrix: csr_matrix, right: NDArray[np.float64], limits: NDArray[np.float64], aim: int, sign: int
) -> NDArray[np.float64] | None:
    """The table where the count `aim` is smallest (sign 1) or largest (-1); None when nothing bounds it."""
    objective = np.zeros(matrix.shape[1])
    objective[aim] = sign
    found = linprog(objective, A_eq=matrix, b_eq=right, bounds=limits, method="highs-ds")
    if found.status in (3, 4):  # unbounded; HiGHS may not say which way before it looks again
        return None
    if found.status != 0:
        raise ArithmeticError("the published numbers contradict each other")
    return np.asarray(found.x)


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
