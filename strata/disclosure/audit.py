"""The audit: what can a reader who adds, subtracts and optimises still tell about a masked count?

Belongs here: the bounds of every count that must not be told, from everything published. Independent of how the masks were chosen
(secondary.py): nothing of it is used here.

The reader knows every published number, every sum, and what a label says: a primary cell holds 1 to threshold - 1 persons, a secondary
one none or at least the threshold (taken as known: which of the two). For each count, the smallest and the largest number are computed
without its own label. It is proved when they are `threshold` apart - so one of them lies outside 1..threshold - 1 - and when, with its
own label too, half of what the label allows remains. Part of a total that is itself few persons, it cannot be anything else: the second
condition alone is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from strata.disclosure.programme import Programme
from strata.disclosure.sums import Sums, parts_of

_TINY = 1e-6
_FEW = 2  # counts that are as soon looked at one by one


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


def audit(sums: Sums, unknown: NDArray[np.bool_], labels: Labels, nodes: NDArray[np.int64], threshold: int) -> Verdict:
    """Which of `nodes` (the counts that must not be told) stay too closely bounded.

    A table found for some counts bounds the others as well: a count that the tables found so far already spread enough is proved, and
    needs no programme of its own. What is told is always told by its own two programmes.
    """
    world, few = _World(sums, unknown, labels, threshold), within_few(sums, labels)

    def judge(bounds: tuple[float, float], node: int) -> tuple[bool, bool]:
        return _judged(bounds, labels, node, threshold, few[node])

    _spread(world, nodes, lambda node: all(judge(world.seen(node), node)))
    judged = np.zeros((len(nodes), 2), dtype=bool)
    for at, node in enumerate(nodes.tolist()):
        judged[at] = judge(world.seen(node), node)
        if not judged[at].all():
            judged[at] = judge(world.bounds(node), node)
    is_vague, is_blurred = judged.T
    is_hushable = is_vague & ~is_blurred & labels.is_primary[nodes]
    is_told = ~is_hushable & ~(is_vague & is_blurred)
    return Verdict(nodes[is_told], nodes[is_hushable], world.programmes, len(nodes))


def _spread(world: "_World", nodes: NDArray[np.int64], is_proved: Callable[[int], bool]) -> None:
    """Look for tables that prove many counts at once, until one proves no more than a few."""
    while len(nodes):
        world.spread(nodes)
        left = nodes[[not is_proved(node) for node in nodes.tolist()]]
        if len(nodes) - len(left) <= _FEW:
            return
        nodes = left


def _judged(bounds: tuple[float, float], labels: Labels, node: int, threshold: int, is_within_few: bool) -> tuple[bool, bool]:
    """Whether a count between `bounds` is vague, and whether its label leaves it blurred (module docstring)."""
    low, high = np.ceil(bounds[0] - _TINY), np.floor(bounds[1] + _TINY)
    left = min(high, labels.high[node]) - max(low, labels.low[node])
    return bool(high - low >= threshold or is_within_few), bool(left >= spread_left(threshold))


class _World:
    """What a reader knows, cut into sets of unknown counts that share no equation. programmes: how many were solved.

    A count is followed no further than `threshold` from its true number: nothing beyond decides whether it is proved. Every programme
    ends on a table that the published numbers allow: the least and the most that each count was in one are kept.
    """

    def __init__(self, sums: Sums, unknown: NDArray[np.bool_], labels: Labels, threshold: int) -> None:
        self._columns = np.flatnonzero(unknown)
        self._matrix = sums.matrix[:, self._columns]
        self._right = self._matrix @ sums.values[self._columns]
        self._limits = np.column_stack([labels.low[self._columns], labels.high[self._columns]])
        self._position = {int(node): at for at, node in enumerate(self._columns)}
        self._part, self._rows_of, self._columns_of = _parts(self._matrix)
        self._programmes: dict[int, Programme] = {}
        self._true = sums.values[self._columns].astype(float)
        self._least, self._most = self._true.copy(), self._true.copy()
        self._far, self.programmes = float(threshold), 0

    def seen(self, node: int) -> tuple[float, float]:
        """The least and the most of a count in the tables found so far, its true one among them."""
        at = self._position[node]
        return float(self._least[at]), float(self._most[at])

    def bounds(self, node: int) -> tuple[float, float]:
        """The smallest and the largest that a count can be, its own label apart and no further from the true one than `threshold`."""
        at = self._position[node]
        part, true = int(self._part[at]), float(self._true[at])
        inside = self._columns_of[part]
        aim, programme = int(np.searchsorted(inside, at)), self._programme(part)
        programme.limit(aim, max(0.0, true - self._far), true + self._far)
        found = []
        for sign in (1, -1):
            programme.price(aim, sign)
            table = self._solved(programme)
            found.append(float(table[aim]))
            self._keep(inside, table, aim)
        programme.limit(aim, *self._limits[at])
        programme.price(aim, 0.0)
        return found[0], found[1]

    def spread(self, nodes: NDArray[np.int64]) -> None:
        """Look for a table where these counts are all much larger: one programme a part, where they are more than a few."""
        position = np.searchsorted(self._columns, nodes)
        for part in np.unique(self._part[position]).tolist():
            theirs = position[self._part[position] == part]
            if len(theirs) > _FEW:
                self._spread_part(part, theirs)

    def _spread_part(self, part: int, position: NDArray[np.int64]) -> None:
        """The largest sum of the counts at `position`, each within its label and no more than `threshold` above the true one."""
        inside, programme = self._columns_of[part], self._programme(part)
        aims = list(zip(np.searchsorted(inside, position).tolist(), position.tolist(), strict=True))
        for aim, at in aims:
            low, high = self._limits[at]
            programme.limit(aim, low, min(high, self._true[at] + self._far))
            programme.price(aim, -1.0)
        table = self._solved(programme)
        self._least[inside], self._most[inside] = np.minimum(self._least[inside], table), np.maximum(self._most[inside], table)
        for aim, at in aims:
            programme.limit(aim, *self._limits[at])
            programme.price(aim, 0.0)

    def _solved(self, programme: Programme) -> NDArray[np.float64]:
        table = programme.solved()
        self.programmes += 1
        if table is None:
            raise ArithmeticError("the published numbers contradict each other")
        return table

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

    def _programme(self, part: int) -> Programme:
        if part not in self._programmes:
            inside, rows = self._columns_of[part], self._rows_of[part]
            low, high = self._limits[inside].T
            equations = self._matrix[rows][:, inside].tocsc()
            self._programmes[part] = Programme(equations, self._right[rows], low, high, np.zeros(len(inside)), aims=True)
        return self._programmes[part]


def spread_left(threshold: int) -> int:
    """How far apart two counts must stay that a primary cell may still hold, its label known: half of what the label allows."""
    return (threshold - 1) // 2


def within_few(sums: Sums, labels: Labels) -> NDArray[np.bool_]:
    """Nodes that are part of a total printed as few persons: the total's label says that they are few too."""
    totals = csr_matrix(sums.matrix > 0) @ labels.is_primary.astype(float) > 0
    return np.asarray(csr_matrix(sums.matrix < 0).T @ totals.astype(float) > 0)


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
