"""Variance between persons of what one person repeats: stays, events, euros.

Belongs here: sums over persons. Not here: the intervals made of them (repeated.py, direct.py).
"""

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.shapes import Array, array, refuse


def stay_variance(stays: ArrayLike, expected: ArrayLike) -> float:
    """Variance of a number of stays, from each person's stays y and expected stays e: sum of (y - e)^2 (robust variance).

    A Poisson count would have the sum of e: stays are repeated by the same persons, so that their variance is larger.
    stays, expected: one value per person, persons without a stay included. ValueError when negative, missing, or not matched.
    """
    seen, awaited = array(stays), array(expected)
    refuse(seen.shape != awaited.shape or seen.ndim != 1 or seen.size == 0, "stays and expected need one value per person")
    refuse(~(seen >= 0) | ~(awaited >= 0), "stays and expected stays of a person must be known and not negative")
    return float(((seen - awaited) ** 2).sum())


def cost_variance(costs_eur: ArrayLike, cells: ArrayLike) -> float:
    """Variance of a total of euros given who the persons are: sum over cells of n s^2, s^2 the sample variance within the cell (n - 1).

    costs_eur: euros of each person, 0 included; cells: its sex and age band (any label), one per person. Result: euros squared.
    ValueError when a cost is missing, or when a cell has one person: it has no spread of its own, merge it with its neighbour.
    """
    return sum(part.size * float(part.var(ddof=1)) for part in by_cell(costs_eur, cells))


def repeated_event_variance(persons_by_events: ArrayLike) -> Array:
    """Variance of a count of events that persons repeat: sum over k of k^2 x persons with k events (compound Poisson).

    persons_by_events: last axis = persons with 1, 2, 3 ... events; the other axes (age bands) stay. With no repeat it is the count.
    ValueError for negative or missing numbers of persons.
    """
    persons = array(persons_by_events)
    refuse(persons.ndim == 0, "persons_by_events is an array: its last axis is persons with 1, 2, 3 ... events")
    refuse(~(persons >= 0), "numbers of persons must be known and not negative")
    return np.asarray(persons @ np.arange(1, persons.shape[-1] + 1) ** 2)


def by_cell(values: ArrayLike, cells: ArrayLike) -> list[Array]:
    """The persons of each cell, at least two. ValueError: see cost_variance."""
    amounts, labels = array(values), np.asarray(cells)
    refuse(amounts.ndim != 1 or labels.shape != amounts.shape or amounts.size == 0, "values and cells need one entry per person")
    refuse(~np.isfinite(amounts), "a person's value is missing")
    _, group = np.unique(labels, return_inverse=True)
    sizes = np.bincount(group)
    refuse(sizes < 2, "a cell of one person has no spread of its own: merge it with its neighbour")
    return np.split(amounts[np.argsort(group, kind="stable")], np.cumsum(sizes)[:-1])
