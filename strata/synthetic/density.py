"""How much of a country its hospitals see: stays a resident, codes a stay.

Belongs here: the densities there are. Not here: what is drawn with them (visits.py, coding.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Density:
    """use: times the stays outside the two illnesses. codes: associated diagnoses that an adult's stay has beside its own, on average."""

    use: float
    codes: float


SAMPLE = Density(use=1.0, codes=0.0)
# A resident of France has 0.28 MCO stays a year, sessions left out (DREES-DSS: 18.9 million in 2022); a stay or session 3.27 codes, main
# diagnosis included (ATIH: 104.0 million mentions in 31.8 million stays and sessions of 2024). The sample: 0.15 and 1.6.
FRANCE = Density(use=2.0, codes=2.0)
