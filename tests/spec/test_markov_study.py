"""The study of two years of movement: who it counts, what a chain foretells of them, and that it sees persons a chain does not describe."""

import numpy as np
import pytest

from benchmarks.markov_study import STATES, distance, foretold, moved
from tests.support import cohort_warehouse as world
from tests.support.cohort_warehouse import add_person


def counts(*rows: dict[str, int]) -> np.ndarray:
    """One row per living state."""
    return np.array([[float(row.get(name, 0)) for name in STATES] for row in rows])


STAY = ({"none": 100}, {"1": 100}, {"2": 100}, {"3": 100}, {"4": 100})


def test_a_chain_of_two_years_is_the_product_of_its_years():
    one = counts({"none": 100}, {"1": 80, "2": 20}, {"2": 100}, {"3": 50, "dead": 50}, {"4": 100})
    other = counts({"none": 100}, {"1": 50, "left": 50}, {"2": 100}, {"3": 100}, {"4": 100})
    found = foretold(one, other, np.full(5, 100.0))
    assert dict(zip(STATES, found[1], strict=True)) == pytest.approx({"none": 0, "1": 40, "2": 20, "3": 0, "4": 0, "dead": 0, "left": 40})
    assert found[3, STATES.index("dead")] == pytest.approx(50)  # the dead stay so
    assert found.sum(axis=1) == pytest.approx(np.full(5, 100.0))


def test_persons_with_a_memory_are_told_from_a_chain():
    """Half of the stratum never moves, the other half always does: a year twice would move a part of those who stay."""
    expected = foretold(counts(*STAY[:1], {"1": 500, "2": 500}, *STAY[2:]), counts(*STAY), np.full(5, 1_000.0))[1]
    away, chance = distance(expected, expected)
    assert away == 0 and chance == 1
    away, chance = distance(np.array([0, 700, 300, 0, 0, 0, 0.0]), expected)
    assert away == pytest.approx(0.2) and chance < 0.001


def test_everybody_is_followed_to_where_they_are(tmp_path):
    connection = world.empty(world.config(tmp_path))
    add_person(connection, 1, states={2023: "2", 2025: "3"})
    add_person(connection, 2, states={2023: "2"}, death="2025-05-01")
    add_person(connection, 3, states={2023: "2"})
    add_person(connection, 4, states={2023: "at_risk_strict", 2025: "1"})
    add_person(connection, 5, states={2023: "2"}, death="2023-05-01")  # dead before: not followed
    found = moved(connection, "t2d", 2023, 2025)
    assert dict(zip(STATES, found[2], strict=True)) == {"none": 0, "1": 0, "2": 0, "3": 1, "4": 0, "dead": 1, "left": 1}
    assert found.sum() == 4 and found[0, STATES.index("1")] == 1
