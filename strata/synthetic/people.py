"""The inhabitants: age, sex, home, moves, and deaths.

Belongs here: who exists, where and until when. Not here: illness (history.py) and stays (visits.py).
"""

from dataclasses import dataclass, replace

import numpy as np

from strata.synthetic.chance import Chance, evenly, weighted
from strata.synthetic.dates import NEVER, day, year_of
from strata.synthetic.geography import geography
from strata.synthetic.tables import NONE, column, rows

BIRTHS_PER_RESIDENT = 0.0108  # a year, order of magnitude of France
FOREIGNERS = 0.003
MOVERS = 0.06  # of the residents, over the whole period
PERSONS_PER_EDGE_COPY = 30_000
MAN, WOMAN = 1, 2


@dataclass(frozen=True)
class People:
    """One row per person. home and later_home are numbers of geographic codes; days count from 1970."""

    birth: np.ndarray
    sex: np.ndarray
    home: np.ndarray
    later_home: np.ndarray
    moves: np.ndarray
    death: np.ndarray
    dies_inside: np.ndarray
    is_newborn: np.ndarray  # born during the period
    edge_case: np.ndarray  # number in tables/edge_cases.csv, NONE for everyone else

    def __len__(self) -> int:
        return len(self.birth)

    def home_on(self, person: np.ndarray, then: np.ndarray) -> np.ndarray:
        """The geographic code of each person on a day."""
        return np.where(then < self.moves[person], self.home[person], self.later_home[person])


def draw_people(chance: Chance, persons: int, years: range) -> People:
    """`persons` people: residents on the first day, children born since, foreigners, and the edge cases. Nobody dies yet."""
    copies = max(1, round(persons / PERSONS_PER_EDGE_COPY))
    cases = np.tile(np.arange(len(rows("edge_cases"))), copies)
    foreigners = max(8, round(persons * FOREIGNERS))
    drawn = max(0, persons - foreigners - len(cases))
    newborn = round(drawn * (1 - 1 / (1 + BIRTHS_PER_RESIDENT * len(years))))
    adults, children = drawn - newborn + foreigners, newborn
    territory = _territories(chance, adults + children, len(cases))
    birth, sex = _ages(chance, territory, years.start)
    born_since = np.arange(len(birth)) >= adults
    birth[born_since] = _births(chance, int(born_since.sum()), years)
    case = np.concatenate([np.full(adults + children, NONE), cases])
    birth, sex = _edge_people(birth, sex, case)
    abroad = np.arange(len(birth)) < foreigners
    home = _homes(chance.uniform("home", len(birth)), np.where(abroad, -1, territory))
    later, moves = _moves(chance, home, case, years)
    nobody = np.zeros(len(birth), dtype=bool)
    return People(birth, sex, home, later, moves, np.full(len(birth), NEVER), nobody, born_since & (case == NONE), case)


def _territories(chance: Chance, drawn: int, edge: int) -> np.ndarray:
    weights = column("territories", "weight")
    everywhere = weighted(evenly(0.5, edge), weights)
    return np.concatenate([weighted(chance.uniform("territory", drawn), weights), everywhere])


def _ages(chance: Chance, territory: np.ndarray, first_year: int) -> tuple[np.ndarray, np.ndarray]:
    """Birth day and sex of residents on the first day of the first year."""
    from_age = column("ages", "age_from")
    people = np.concatenate([column("ages", "women_thousands"), column("ages", "men_thousands")])
    shift = column("territories", "age_shift")
    cell = np.empty(len(territory), dtype=np.int64)
    uniform = chance.uniform("age", len(territory))
    for number in range(len(shift)):
        tilt = np.exp(shift[number] * (np.tile(from_age, 2) - 40) / 20)
        here = territory == number
        cell[here] = weighted(uniform[here], people * tilt)
    bands = len(from_age)
    age_days = (from_age[cell % bands] + 5 * chance.uniform("age in band", len(territory))) * 365.25
    return (day(first_year) - 1 - age_days).astype(np.int32), np.where(cell < bands, WOMAN, MAN).astype(np.int8)


def _births(chance: Chance, count: int, years: range) -> np.ndarray:
    first, after = day(years.start), day(years.stop)
    return (first + (after - first) * chance.uniform("birth", count)).astype(np.int32)


def _edge_people(birth: np.ndarray, sex: np.ndarray, case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    born = np.array([day(int(row["born"]), 1, 2) for row in rows("edge_cases")], dtype=np.int32)  # their age is never in doubt
    sexes = np.array([WOMAN if row["sex"] == "F" else MAN for row in rows("edge_cases")], dtype=np.int8)
    chosen = case != NONE
    return np.where(chosen, born[case], birth), np.where(chosen, sexes[case], sex)


def _homes(uniform: np.ndarray, territory: np.ndarray) -> np.ndarray:
    home = np.empty(len(territory), dtype=np.int16)
    for number in np.unique(territory):
        here = territory == number
        codes = geography().codes_of(int(number))
        weights = 1 / np.arange(1, len(codes) + 1) ** 0.5  # a town, then smaller places
        home[here] = codes[weighted(uniform[here], weights)]
    return home


def _moves(chance: Chance, home: np.ndarray, case: np.ndarray, years: range) -> tuple[np.ndarray, np.ndarray]:
    """The later home and the day of the move; edge cases have another home without a day (their stays say when)."""
    count = len(home)
    weights = column("territories", "weight")
    later = _homes(chance.uniform("later home", count), weighted(chance.uniform("later territory", count), weights))
    moving = (chance.uniform("moving", count) < MOVERS) & (geography().territory_of[home] >= 0) & (case == NONE)
    first, after = day(years.start), day(years.stop)
    moves = (first + (after - first) * chance.uniform("day of move", count)).astype(np.int32)
    return later, np.where(moving, moves, NEVER)


def draw_deaths(chance: Chance, people: People, hazard: np.ndarray, years: range) -> People:
    """The same people with their deaths; `hazard` multiplies the risk of the table (one number a person)."""
    from_age = column("ages", "age_from")
    risk = np.stack([column("ages", "deaths_men_per_100k"), column("ages", "deaths_women_per_100k")], axis=1) / 1e5
    death = people.death.copy()
    for year in years:
        band = np.clip((year - year_of(people.birth)) // 5, 0, len(from_age) - 1)
        dies = chance.uniform(f"death {year}", len(people)) < risk[band, people.sex - 1] * hazard
        when = (day(year) + (day(year + 1) - day(year)) * chance.uniform(f"day of death {year}", len(people))).astype(np.int32)
        dies &= (death == NEVER) & (when > people.birth + 7) & (people.edge_case == NONE)
        death[dies] = when[dies]
    band = np.clip((year_of(np.minimum(death, day(years.stop))) - year_of(people.birth)) // 5, 0, len(from_age) - 1)
    inside = chance.uniform("place of death", len(people)) * 100 < column("ages", "in_hospital_percent")[band]
    return replace(people, death=death, dies_inside=inside & (death != NEVER))


def population_on(people: People, then: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Residents alive on a day, counted: geographic code number, sex, first age of the five-year band, people."""
    territory = geography().territory_of
    home = people.home_on(np.arange(len(people)), np.full(len(people), then))
    here = (people.birth < then) & (people.death >= then) & (territory[home] >= 0)
    age = (then - people.birth[here]) / 365.2425
    band = np.minimum(age // 5, 19).astype(np.int64)
    cell = (home[here].astype(np.int64) * 2 + people.sex[here] - 1) * 20 + band
    cells, counts = np.unique(cell, return_counts=True)
    return cells // 40, cells // 20 % 2 + 1, cells % 20 * 5, counts
