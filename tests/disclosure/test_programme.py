"""A programme asked several questions answers each as if it were the only one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csc_matrix

from strata.disclosure.programme import Programme

# A total and its three parts, one of them with two parts of its own.
EQUATIONS = csc_matrix(np.array([[1.0, -1, -1, -1, 0, 0], [0, 1, 0, 0, -1, -1]]))
TRUE = np.array([60.0, 20, 30, 10, 5, 15])
COUNT = len(TRUE)


def programme(*, aims: bool) -> Programme:
    return Programme(EQUATIONS, EQUATIONS @ TRUE, np.zeros(COUNT), np.full(COUNT, 60.0), np.zeros(COUNT), aims=aims)


@settings(deadline=None, max_examples=60)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(-3, 3), st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=6),
)
def test_each_answer_is_that_of_a_programme_made_for_the_question(aims, questions):
    held = programme(aims=aims)
    low, high, price = np.zeros(COUNT), np.full(COUNT, 60.0), np.zeros(COUNT)
    for at, cost, least, width in questions:
        low[at], high[at], price[at] = least, least + width, cost
        held.limit(at, low[at], high[at])
        held.price(at, price[at])
        alone = linprog(price, A_eq=EQUATIONS, b_eq=EQUATIONS @ TRUE, bounds=np.column_stack([low, high]), method="highs-ds")
        found = held.solved()
        assert (found is None) == (alone.status == 2)
        if found is not None:
            assert price @ found == pytest.approx(alone.fun)
            assert EQUATIONS @ found == pytest.approx(EQUATIONS @ TRUE)
            assert (found >= low - 1e-6).all() and (found <= high + 1e-6).all()


def test_a_programme_without_an_end_is_no_answer():
    held = programme(aims=True)
    held.limit(0, 0.0, np.inf)
    held.limit(1, 0.0, np.inf)
    held.limit(4, 0.0, np.inf)
    held.price(0, -1.0)
    with pytest.raises(ArithmeticError):
        held.solved()


def test_an_answer_that_does_not_keep_the_equations_is_not_given(monkeypatch):
    held = programme(aims=True)
    assert held.solved() is not None
    monkeypatch.setattr(held, "_right", EQUATIONS @ TRUE + 1)  # as if the solver had solved something else
    with pytest.raises(ArithmeticError):
        held.solved()
