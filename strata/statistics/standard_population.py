"""The European Standard Population of 2013, in the age bands one has.

Belongs here: esp2013.csv and how it is cut. Not here: rates (direct.py).
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from strata.statistics.shapes import Array, array, refuse

TABLE = Path(__file__).with_name("esp2013.csv")


def esp2013(band_starts: ArrayLike) -> Array:
    """Persons of the European Standard Population (100 000 in all) in bands that start at these ages, the last one open.

    Source: Eurostat, Revision of the European Standard Population, 2013. Bands of 5 years at the source (0 and 1-4 apart, 95 and over):
    a band cut elsewhere takes its part in years, so that 18-19 is 2/5 of 15-19. Bands from 18 on leave the young out.
    band_starts: ages in years, rising. ValueError when they do not rise, are negative, or lie above 95.
    """
    starts = array(band_starts)
    ages, younger, total = _table()
    refuse(starts.ndim != 1 or starts.size == 0, "band_starts is a list of ages")
    refuse(~((starts >= ages[0]) & (starts <= ages[-1])), f"bands must start between {ages[0]:.0f} and {ages[-1]:.0f} years")
    refuse(np.diff(starts) <= 0, "bands must start at rising ages")
    return np.diff(np.append(np.interp(starts, ages, younger), total))


@cache
def _table() -> tuple[Array, Array, float]:
    """Start of each band of the source, persons younger than it, persons in all."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    persons = np.array([float(row["persons"]) for row in rows])
    return np.array([float(row["age_min"]) for row in rows]), np.cumsum(persons) - persons, float(persons.sum())
