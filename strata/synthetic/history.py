"""Latent illness: who falls ill, when, with which clinical profile, and what their stays would show.

Belongs here: onset, profiles, standing facts, risk factors. Not here: when they are in hospital (visits.py).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from strata.synthetic.chance import Chance, evenly
from strata.synthetic.dates import day, year_of
from strata.synthetic.geography import geography
from strata.synthetic.people import MAN, WOMAN, People
from strata.synthetic.tables import NONE, Alternatives, column, fact, fact_alternatives, rows

NO_YEAR = 9999
FEWEST_OF_A_PROFILE = 3
SEX_FACTOR = {"t2d": {MAN: 1.25, WOMAN: 0.8}, "hf": {MAN: 1.12, WOMAN: 0.9}}
GROWTH = {"t2d": 0.010, "hf": 0.014}  # a year: new cases beyond ageing make up for the deaths of the ill
FOUND_SHARE = {"t2d": 1.02, "hf": 1.07}  # found over latent on the first day: the edge cases and later growth are in it
T2D_WITH_HF = 2.4  # people with heart failure have diabetes that much more often
SEVERE_AFTER_YEARS = 1.6  # mean time from onset to an established profile
OTHER_SHARE = {"other": 0.007, "chemo": 0.020}  # of everyone; over the whole period


@dataclass(frozen=True)
class Cases:
    """One row per person and illness: `onset` and `since` (the profile is established) are years."""

    person: np.ndarray
    profile: np.ndarray  # number in tables/profiles.csv
    onset: np.ndarray
    since: np.ndarray


@dataclass(frozen=True)
class Standing:
    """One row per person and lasting fact: a stay from `since` on shows it `percent` times in a hundred."""

    person: np.ndarray
    fact: np.ndarray
    since: np.ndarray
    percent: np.ndarray


def draw_cases(chance: Chance, people: People, years: range) -> Cases:
    """The illnesses of everyone but the edge cases, sorted by person."""
    failing = _onset(chance, people, "hf", years, np.ones(len(people)))
    weight = np.where(failing != NO_YEAR, T2D_WITH_HF, 1.0)
    onset = {"hf": failing, "t2d": _onset(chance, people, "t2d", years, weight)}
    onset |= {name: _other_onset(chance, people, name, onset["t2d"], years) for name in OTHER_SHARE}
    parts = [_profiled(chance, people, name, years_of_onset) for name, years_of_onset in onset.items()]
    person, profile, start, since = (np.concatenate(column_parts) for column_parts in zip(*parts))
    order = np.lexsort((profile, person))
    return Cases(person[order], profile[order], start[order], since[order])


def _onset(chance: Chance, people: People, condition: str, years: range, weight: np.ndarray) -> np.ndarray:
    """Year of onset, NO_YEAR for never: the share of ill people follows age, sex and the territory's published prevalence."""
    age, share = column("illness", "age"), column("illness", condition)
    factor = np.where(people.sex == MAN, SEX_FACTOR[condition][MAN], SEX_FACTOR[condition][WOMAN]) * weight
    born = year_of(people.birth)
    at_start = np.interp(years.start - born, age, share) * factor
    threshold = chance.uniform(f"{condition} threshold", len(people)) / (factor * _level(people, condition, at_start, years))
    onset = np.full(len(people), NO_YEAR)
    for year in reversed(years):
        reached = np.interp(year - born, age, share) * (1 + GROWTH[condition] * (year - years.start))
        onset[threshold < reached] = year
    before = onset == years.start
    onset[before] = np.minimum(years.start, born[before] + np.interp(threshold[before], share, age).astype(np.int64))
    onset[(people.edge_case != NONE) | (geography().territory_of[people.home] < 0)] = NO_YEAR
    return onset


def _level(people: People, condition: str, at_start: np.ndarray, years: range) -> np.ndarray:
    """Per person, the factor that brings the ill of the first day to the published prevalence of the territory."""
    territory = geography().territory_of[people.home]
    alive = (people.birth < day(years.start)) & (territory >= 0)
    ill = np.bincount(territory[alive], weights=at_start[alive])
    target = column("territories", f"{condition}_percent") / 100 / FOUND_SHARE[condition]
    level = target * np.bincount(territory[alive]) / ill
    return np.where(territory >= 0, level[territory], 1.0)


def _other_onset(chance: Chance, people: People, condition: str, t2d_onset: np.ndarray, years: range) -> np.ndarray:
    """Other diabetes begins before the period, cancer within; neither is given to people with type 2."""
    chosen = (chance.uniform(condition, len(people)) < OTHER_SHARE[condition]) & (t2d_onset == NO_YEAR)
    chosen &= (people.edge_case == NONE) & ~people.is_newborn & (geography().territory_of[people.home] >= 0)
    within = years.start + (chance.uniform(f"{condition} year", len(people)) * len(years)).astype(np.int64)
    return np.where(chosen, years.start - 1 if condition == "other" else within, NO_YEAR)


def _profiled(chance: Chance, people: People, condition: str, onset: np.ndarray) -> tuple[np.ndarray, ...]:
    """Person, profile, onset and since of one condition; people whom no profile fits are left out."""
    generator = chance.stream(f"{condition} profile")
    ill = generator.permutation(np.flatnonzero(onset != NO_YEAR))
    ill = ill[np.argsort(people.home[ill], kind="stable")]  # quotas hold in each small territory
    profile = _choose_profile(condition, people, ill, evenly(generator.random(), len(ill)), generator)
    ill, profile = ill[profile != NONE], profile[profile != NONE]
    delay = generator.geometric(1 / SEVERE_AFTER_YEARS, len(ill)) - 1
    mild = np.isin(column("profiles", "aim", int), (0, 1))[profile]
    return ill, profile, onset[ill], onset[ill] + np.where(mild, 0, delay)


def _choose_profile(condition: str, people: People, ill: np.ndarray, uniform: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A profile by quota among those of the condition; one that does not fit age or sex is drawn again, at random."""
    own = np.flatnonzero([row["condition"] == condition for row in rows("profiles")])
    edges = np.cumsum(column("profiles", "share")[own])
    age = 2021 - year_of(people.birth[ill])
    profile = np.full(len(ill), NONE)
    for _ in range(30):
        open_ = profile == NONE
        drawn = own[np.minimum(np.searchsorted(edges / edges[-1], uniform[open_], side="right"), len(own) - 1)]
        profile[open_] = np.where(_fits(drawn, age[open_], people.sex[ill[open_]]), drawn, NONE)
        uniform = generator.random(len(ill))
    return _with_rare_profiles(own, profile, age, people.sex[ill], generator)


def _with_rare_profiles(
    own: np.ndarray, profile: np.ndarray, age: np.ndarray, sex: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Give a few people each profile that chance left out, where somebody fits it: no clinical rule goes unexercised."""
    completed = profile.copy()
    for rare in own:
        count = np.bincount(completed[completed != NONE], minlength=own.max() + 1)
        common = (completed != NONE) & (count[completed] > 4 * FEWEST_OF_A_PROFILE)
        fitting = np.flatnonzero(common & _fits(np.full(len(age), rare), age, sex))
        completed[generator.permutation(fitting)[: max(0, FEWEST_OF_A_PROFILE - count[rare])]] = rare
    return completed


def _fits(profile: np.ndarray, age: np.ndarray, sex: np.ndarray) -> np.ndarray:
    sexes = np.array([{"A": 0, "F": WOMAN, "M": MAN}[row["sex"]] for row in rows("profiles")])[profile]
    lower, upper = column("profiles", "age_min")[profile], column("profiles", "age_max")[profile]
    return (age >= lower) & (age <= upper) & ((sexes == 0) | (sexes == sex))


def person_factor(cases: Cases, persons: int, key: str) -> np.ndarray:
    """Per person, the product over the illnesses of a factor of the profiles ('hazard'), or the largest ('use')."""
    factor = np.ones(persons)
    value = column("profiles", key)[cases.profile]
    combine = np.multiply if key == "hazard" else np.maximum
    combine.at(factor, cases.person, value)
    return factor


def burden(cases: Cases, persons: int) -> np.ndarray:
    """Per person, how much the illness weighs on a stay: 0 for most people, 3 for the gravest profiles."""
    weight = np.zeros(persons, dtype=np.int64)
    np.maximum.at(weight, cases.person, np.maximum(0, column("profiles", "aim", int) - 1)[cases.profile])
    return weight


@cache
def base_facts() -> tuple[Alternatives, np.ndarray]:
    """Per profile, the facts that name the illness itself and how often a stay says it (percent)."""
    texts = [row["base"].partition(":")[::2] for row in rows("profiles")]
    return fact_alternatives([text for text, _ in texts]), np.array([float(percent or 0) for _, percent in texts])


@cache
def early_base() -> np.ndarray:
    """Per profile, the plain fact shown between onset and the established profile."""
    plain = {"t2d": fact("t2_plain"), "hf": fact("hf_unsaid")}
    return np.array([plain.get(row["condition"], NONE) for row in rows("profiles")])


def draw_standing(chance: Chance, people: People, cases: Cases, years: range) -> Standing:
    """The lasting facts of everyone: those of the profiles, and risk factors of people without the two illnesses."""
    parts = [_profile_standing(chance, cases), _risks(chance, people, cases, years)]
    return Standing(*(np.concatenate(column_parts) for column_parts in zip(*parts)))


def _profile_standing(chance: Chance, cases: Cases) -> tuple[np.ndarray, ...]:
    person, facts, since, percent = [], [], [], []
    for number, row in enumerate(rows("profiles")):
        here = np.flatnonzero(cases.profile == number)
        for group in row["standing"].split():
            names, _, share = group.partition(":")
            choice = fact_alternatives([names])
            uniform = chance.uniform(f"{row['profile']} {group}", len(here))
            picked = choice.pick(np.zeros(len(here), dtype=np.int64), uniform)
            person.append(cases.person[here])
            facts.append(picked)
            since.append(cases.since[here])
            percent.append(np.full(len(here), float(share)))
    return tuple(np.concatenate(parts) for parts in (person, facts, since, percent))


def _risks(chance: Chance, people: People, cases: Cases, years: range) -> tuple[np.ndarray, ...]:
    """Risk factors of people outside both illnesses (those of the ill are in their profiles)."""
    ill = np.zeros(len(people), dtype=bool)
    ill[cases.person[np.isin(_condition(cases), ("t2d", "hf"))]] = True
    free = np.flatnonzero(~ill & (people.edge_case == NONE))
    age = years.start + len(years) // 2 - year_of(people.birth[free])
    parts = []
    for row in rows("risk"):
        share = np.interp(age, (25, 35, 50, 65, 80), (0, *(float(row[f"at_{a}"]) for a in (35, 50, 65, 80))))
        share *= np.where(people.sex[free] == WOMAN, float(row["women_factor"]), 1.0)
        carriers = free[chance.uniform(f"risk {row['fact']}", len(free)) < share]
        constant = (np.full(len(carriers), value) for value in (fact(row["fact"]), 0, float(row["coded_percent"])))
        parts.append((carriers, *constant))
    return tuple(np.concatenate(column_parts) for column_parts in zip(*parts))


def _condition(cases: Cases) -> np.ndarray:
    return np.array([row["condition"] for row in rows("profiles")])[cases.profile]
