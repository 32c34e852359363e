"""The cells withheld for each count are the cheapest, whatever was asked before: what is masked already costs nothing."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import hstack

from strata.config import Disclosure
from strata.disclosure.cells import count_cells, with_counts
from strata.disclosure.primary import primary
from strata.disclosure.secondary import Room, Target, complete
from strata.disclosure.sums import CELL_KIND, sums_of
from tests.support.random_tables import country, measured


@pytest.fixture(scope="module", params=[1, 2])
def asked(request):
    """The room of a small country, prices all different (one movement is the cheapest), what is masked at first, and the targets."""
    sums = sums_of(count_cells(with_counts(measured(country(request.param, 8, mean=200)))))
    first = primary(sums, Disclosure())
    values = sums.values.astype(float)
    price = 1 + np.random.default_rng(request.param).random(len(values))
    room = Room(sums.matrix, first.labels.high - values, values - first.labels.low, price)
    nodes = np.flatnonzero(first.is_small | first.is_told).tolist()
    targets = [Target(node, 11.0) for node in nodes] + [Target(node, -2.0) for node in nodes if values[node] > 3]
    return room, targets, first.is_small | (sums.kind != CELL_KIND)


def alone(room, target, masked, *, among_masked):
    """The movement of one target, by a programme made for it; None when there is none."""
    up, down = (np.where(masked | (not among_masked), most, 0.0) for most in (room.up, room.down))
    up[target.node], down[target.node] = max(target.by, 0), max(-target.by, 0)
    least = np.where(np.tile(np.arange(len(up)) == target.node, 2), np.concatenate([up, down]), 0.0)
    price = np.tile(np.where(masked, 1e-4, room.price), 2)
    equations = hstack([room.matrix, -room.matrix]).tocsc()
    limits = np.column_stack([least, np.concatenate([up, down])])
    found = linprog(price, A_eq=equations, b_eq=np.zeros(equations.shape[0]), bounds=limits, method="highs-ds")
    return None if found.status else found.x[: len(up)] - found.x[len(up) :]


def test_each_choice_is_that_of_a_programme_made_for_it(asked):
    room, targets, hidden = asked
    masked, unserved = hidden.copy(), []
    for target in targets:
        if alone(room, target, masked, among_masked=True) is None:
            movement = alone(room, target, masked, among_masked=False)
            if movement is None:
                unserved.append(target)
            else:
                masked |= abs(movement) > 1e-6
    found, left = complete(room, targets, hidden)
    assert masked.sum() > hidden.sum() + 5
    assert (found == masked).all() and left == unserved


def test_what_is_masked_already_is_used_first(asked):
    room, targets, hidden = asked
    everything = np.ones_like(hidden)
    assert complete(room, targets, everything)[0].all()
    once, _ = complete(room, targets, hidden)
    assert (complete(room, targets, once)[0] == once).all()
