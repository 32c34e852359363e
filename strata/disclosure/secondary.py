"""The fewest further cells to mask, so that no masked count can be told closely from what stays published.

Belongs here: choosing them. Not here: the proof that they are enough, which is computed in another way (audit.py).

A masked count is safe when another table, of the same totals and the same labels, holds a count far enough from it. Such a table is
the true one plus a movement: some cells rise, others fall, every sum keeps. A linear programme finds the movement that disturbs the
fewest published cells; those are masked. What is masked already moves for nothing, so each choice helps the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from strata.disclosure.programme import Programme
from strata.disclosure.sums import parts_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_FREE = 1e-4  # what a movement through a masked cell costs: nothing, but no needless detour
_MOVED = 1e-6


class Target(NamedTuple):
    """A count that must be able to move by `by` (up or down) without any published number changing."""

    node: int
    by: float


@dataclass(frozen=True)
class Room:
    """How far each node may move once it is masked: what its label, or the sign of a euro, lets it be. price: of masking it."""

    matrix: csr_matrix
    up: Floats
    down: Floats
    price: Floats


def complete(room: Room, targets: Sequence[Target], hidden: Flags) -> tuple[Flags, list[Target]]:
    """`hidden` (what is not published already) with the cells that the targets need masked, and the targets that no movement serves.

    A movement found for one target moves others as well: those that it moves far enough need no programme of their own.
    """
    masked, unserved = hidden.copy(), []
    parts, reached = _Parts(room, masked), np.zeros((2, len(hidden)))
    for target in targets:
        if reached[int(target.by < 0), target.node] >= abs(target.by) - _MOVED:
            continue
        part = parts.around(target.node)
        movement = part.movement(target)
        if movement is None:
            unserved.append(target)
            continue
        moved = part.nodes[abs(movement) > _MOVED]
        part.free(moved[~masked[moved]])
        masked[moved] = True
        within = _within_labels(room, target, movement)
        reached[:, part.nodes] = np.maximum(reached[:, part.nodes], [within, -within])
    return masked, unserved


def _within_labels(room: Room, target: Target, movement: Floats) -> Floats:
    """The movement as far as the label of its own target lets it go, which it did not ask: part of the way is a movement too."""
    most = float(room.up[target.node] if target.by > 0 else room.down[target.node])
    return movement * min(1.0, most / abs(target.by))


class _Part:
    """Nodes that share equations, and the movements among them. What is masked moves first: only when that is not enough, the others.

    Two programmes. One moves a target as far as it can through masked nodes alone, and finds at once what most targets need: nothing more.
    The other moves it as far as it must through anything, at the least price; there each node rises in one column and falls in another.
    """

    def __init__(self, room: Room, nodes: NDArray[np.int64], masked: Flags) -> None:
        self.nodes = nodes
        self._up, self._down, is_masked = room.up[nodes], room.down[nodes], masked[nodes]
        columns = room.matrix[:, nodes]
        equations = columns[np.diff(columns.indptr) > 0].tocsc()
        kept, nothing = np.zeros(equations.shape[0]), np.zeros(len(nodes))
        self._low, self._high = np.where(is_masked, -self._down, 0.0), np.where(is_masked, self._up, 0.0)
        self._among_masked = Programme(equations, kept, self._low, self._high, nothing, aims=True)
        price = np.where(is_masked, _FREE, room.price[nodes])
        both_ways, prices = hstack([equations, -equations], format="csc"), np.concatenate([price, price])
        least, most = np.zeros(2 * len(nodes)), np.concatenate([self._up, self._down])
        self._anywhere = Programme(both_ways, kept, least, most, prices, aims=False)

    def movement(self, target: Target) -> Floats | None:
        """By how much the cheapest movement of the target moves each of `nodes`; None when there is none."""
        at = int(np.searchsorted(self.nodes, target.node))
        moved = self._moved_among_masked(at, target.by)
        return moved if abs(moved[at]) >= abs(target.by) - _MOVED else self._moved_anywhere(at, target.by)

    def free(self, nodes: NDArray[np.int64]) -> None:
        """These are masked from now on: to move them costs nothing."""
        for at in np.searchsorted(self.nodes, nodes).tolist():
            self._low[at], self._high[at] = -self._down[at], self._up[at]
            self._among_masked.limit(at, self._low[at], self._high[at])
            for column in (at, at + len(self.nodes)):
                self._anywhere.price(column, _FREE)

    def _moved_among_masked(self, at: int, by: float) -> Floats:
        """The movement of a node as near to `by` as masked nodes let it."""
        self._among_masked.limit(at, min(by, 0.0), max(by, 0.0))
        self._among_masked.price(at, -np.sign(by))
        moved = self._among_masked.solved()
        self._among_masked.limit(at, self._low[at], self._high[at])
        self._among_masked.price(at, 0.0)
        return np.zeros(len(self.nodes)) if moved is None else moved  # never None: not to move at all is a movement

    def _moved_anywhere(self, at: int, by: float) -> Floats | None:
        rise, fall, count = max(by, 0.0), max(-by, 0.0), len(self.nodes)
        self._anywhere.limit(at, rise, rise)
        self._anywhere.limit(at + count, fall, fall)
        moved = self._anywhere.solved()
        self._anywhere.limit(at, 0.0, self._up[at])
        self._anywhere.limit(at + count, 0.0, self._down[at])
        return None if moved is None else moved[:count] - moved[count:]


class _Parts:
    """The equations cut into the sets of nodes that share none, each with a programme once it is asked for."""

    def __init__(self, room: Room, masked: Flags) -> None:
        self._room, self._masked = room, masked
        self._part = parts_of(room.matrix)
        self._made: dict[int, _Part] = {}

    def around(self, node: int) -> _Part:
        """The part of a node."""
        part = int(self._part[node])
        if part not in self._made:
            self._made[part] = _Part(self._room, np.flatnonzero(self._part == part), self._masked)
        return self._made[part]
