"""Where people live and where they are treated.

Belongs here: territories, geographic codes and hospitals of the invented country. Not here: who lives there (people.py).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from strata.synthetic.tables import column, rows

REST = "REST"
ABROAD = ("99127", "99134", "99131", "99109")


@dataclass(frozen=True)
class Geography:
    """codes: every geographic code, those abroad last; territory_of: its territory number, -1 abroad."""

    codes: np.ndarray
    territory_of: np.ndarray
    territory_ids: tuple[str, ...]

    def codes_of(self, territory: int) -> np.ndarray:
        """The numbers of the codes of one territory; -1 asks for those abroad."""
        return np.flatnonzero(self.territory_of == territory)


@cache
def geography() -> Geography:
    """The invented country of tables/territories.csv."""
    listed = [(code, number) for number, row in enumerate(rows("territories")) for code in row["geo_codes"].split()]
    listed += [(code, -1) for code in ABROAD]
    codes, territories = zip(*listed)
    return Geography(np.array(codes), np.array(territories, dtype=np.int16), tuple(row["territory_id"] for row in rows("territories")))


def own_hospitals(territory: int) -> tuple[np.ndarray, np.ndarray]:
    """The hospitals of a territory (numbers in tables/hospitals.csv) and their weights."""
    here = np.array([row["territory_id"] == geography().territory_ids[territory] for row in rows("hospitals")])
    return np.flatnonzero(here), column("hospitals", "weight")[here]


def regional_hospitals() -> np.ndarray:
    """The hospitals that treat people from everywhere."""
    return np.flatnonzero(column("hospitals", "is_regional", int) == 1)
