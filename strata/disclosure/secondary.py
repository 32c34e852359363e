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
from scipy.optimize import linprog
from scipy.sparse import csc_matrix, csr_matrix, hstack

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
    parts, reached = _Parts(room.matrix), np.zeros((2, len(hidden)))
    for target in targets:
        if reached[int(target.by < 0), target.node] >= abs(target.by):
            continue
        nodes, matrix = parts.around(target.node)
        movement = _movement(room, nodes, matrix, target, masked)
        if movement is None:
            unserved.append(target)
            continue
        masked[nodes[abs(movement) > _MOVED]] = True
        within = _within_labels(room, target, movement)
        reached[:, nodes] = np.maximum(reached[:, nodes], [within, -within])
    return masked, unserved


def _within_labels(room: Room, target: Target, movement: Floats) -> Floats:
    """The movement as far as the label of its own target lets it go, which it did not ask: part of the way is a movement too."""
    most = float(room.up[target.node] if target.by > 0 else room.down[target.node])
    return movement * min(1.0, most / abs(target.by))


def _movement(room: Room, nodes: NDArray[np.int64], matrix: csc_matrix, target: Target, masked: Flags) -> Floats | None:
    """By how much the cheapest movement of the target moves each of `nodes` (its part, with its equations); None when there is none."""
    up, down = room.up[nodes], room.down[nodes]
    at = int(np.searchsorted(nodes, target.node))
    up[at], down[at] = max(target.by, 0.0), max(-target.by, 0.0)
    rises, falls = np.flatnonzero(up > 0), np.flatnonzero(down > 0)
    moving = np.concatenate([rises, falls])
    most = np.concatenate([up[rises], down[falls]])
    least = np.where(moving == at, most, 0.0)
    price = np.where(masked[nodes], _FREE, room.price[nodes])[moving]
    signed = hstack([matrix[:, rises], -matrix[:, falls]], format="csc")
    found = linprog(price, A_eq=signed, b_eq=np.zeros(matrix.shape[0]), bounds=np.column_stack([least, most]), method="highs-ds")
    if found.status != 0:
        return None
    movement = np.zeros(len(nodes))
    np.add.at(movement, moving, np.concatenate([found.x[: len(rises)], -found.x[len(rises) :]]))
    return movement


class _Parts:
    """The equations cut into the sets of nodes that share none."""

    def __init__(self, matrix: csr_matrix) -> None:
        self._matrix = matrix
        self._part = parts_of(matrix)
        self._made: dict[int, tuple[NDArray[np.int64], csc_matrix]] = {}

    def around(self, node: int) -> tuple[NDArray[np.int64], csc_matrix]:
        """The nodes of a node's part, in order, and its equations."""
        part = int(self._part[node])
        if part not in self._made:
            nodes = np.flatnonzero(self._part == part)
            columns = self._matrix[:, nodes]
            rows = columns[np.diff(columns.indptr) > 0]
            self._made[part] = nodes, rows.tocsc()
        return self._made[part]
