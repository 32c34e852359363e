"""From visits to stays: hospital, dates, modes, age, group, units, supplements.

Belongs here: everything a stay has but its codes (coding.py) and its money (money.py).
A table is a dict of columns of one length, as everywhere in this package; text columns are bytes, ready to be written.
"""

from functools import cache

import numpy as np

from strata.synthetic.chance import Chance, weighted
from strata.synthetic.dates import completed_years, year_of
from strata.synthetic.geography import ABROAD, geography, own_hospitals, regional_hospitals
from strata.synthetic.people import People
from strata.synthetic.tables import NONE, alternatives, column, fact, position, rows, visit
from strata.synthetic.visits import Visits, is_session, script_flag

Table = dict[str, np.ndarray]
WHOLE, SENT, RECEIVED, LEFT, BACK = range(5)  # the part of a visit that a stay is
BACK_AT_ONCE = 0.015  # visits of three nights or more cut in two by one day at home
NEW_PROVENANCES_FROM = 2020  # U and V beside 5
SUPPLEMENTS = ("hs", "rea", "si", "stf", "src", "rep", "nn1", "nn2", "nn3")
COUNTER_MAX = 999
OLD, NIGHTS_FOR_AGE, NIGHTS_FOR_BURDEN = 70, 2, 3  # what age and illness weigh in the severity of a group


def take(table: Table, chosen: np.ndarray) -> Table:
    """Some rows of a table."""
    return {name: values[chosen] for name, values in table.items()}


def make_stays(chance: Chance, people: People, visits: Visits, burden: np.ndarray) -> Table:
    """One row per stay, by person and day; `burden` (one number a person) makes the groups more severe."""
    stay = _parts(chance, visits)
    stay["exit"] = stay["entry"] + stay["nights"]
    session = is_session()[stay["kind"]]
    stay["nights"] = np.where(session, 0, stay["nights"])
    stay["session"] = session
    stay["year"] = year_of(stay["exit"])
    stay["geo"] = _residence(people, stay)
    stay["hospital"] = _hospitals(chance, people, stay)
    stay["sex"] = people.sex[stay["person"]]
    stay["age_days"] = stay["entry"] - people.birth[stay["person"]]
    stay["age"] = completed_years(people.birth[stay["person"]], stay["entry"])
    _modes(chance, stay)
    _units(chance, stay)
    _supplements(stay)
    _group(chance, stay, burden[stay["person"]])
    stay["sessions"] = _session_counts(chance, stay)
    return stay


def _parts(chance: Chance, visits: Visits) -> Table:
    """Some visits are two stays: a transfer on the same day, or a return the day after leaving."""
    count = len(visits)
    free = (visits.script == NONE) & ~is_session()[visits.kind]
    uniform = chance.uniform("parts", count)
    sent = free & (visits.nights >= 2) & (uniform * 100 < column("visits", "transfer_percent")[visits.kind])
    left = free & ~sent & (visits.nights >= 3) & (uniform > 1 - BACK_AT_ONCE)
    first_nights = 1 + (chance.uniform("first part", count) * (visits.nights - 2 + sent)).astype(np.int64)
    two = sent | left
    first = _part(visits, np.arange(count), np.where(sent, SENT, np.where(left, LEFT, WHOLE)))
    first["nights"] = np.where(two, np.minimum(first_nights, visits.nights - left), visits.nights)
    first["died"] = visits.died & ~two
    second = _part(visits, np.flatnonzero(two), np.where(sent[two], RECEIVED, BACK))
    second["entry"] = (visits.entry + first["nights"] + left)[two]
    second["nights"] = (visits.nights - first["nights"] - left)[two]
    stay = {name: np.concatenate([first[name], second[name]]) for name in first}
    scripted = script_flag(stay["script"], "transferred")
    stay["part"] = np.where(scripted, RECEIVED, stay["part"])
    return take(stay, np.lexsort((stay["part"], stay["entry"], stay["person"])))


def _part(visits: Visits, chosen: np.ndarray, part: np.ndarray) -> Table:
    columns = ("person", "kind", "entry", "nights", "died", "script")
    return {**{name: getattr(visits, name)[chosen] for name in columns}, "part": part}


def _residence(people: People, stay: Table) -> np.ndarray:
    home = people.home_on(stay["person"], stay["entry"])
    home = np.where(script_flag(stay["script"], "moved"), people.later_home[stay["person"]], home)
    abroad = np.flatnonzero(geography().codes == ABROAD[0])[0]
    return np.where(script_flag(stay["script"], "abroad"), abroad, home).astype(np.int16)


def _hospitals(chance: Chance, people: People, stay: Table) -> np.ndarray:
    """Near home, or elsewhere for what is rare; one hospital keeps a person's sessions."""
    count = len(stay["person"])
    home = geography().territory_of[stay["geo"]]
    territory = np.where(home >= 0, home, geography().territory_of[0])
    by_person = chance.uniform("usual hospital", len(people))[stay["person"]]
    uniform = np.where(stay["session"], by_person, chance.uniform("hospital", count))
    chosen = np.empty(count, dtype=np.int8)
    for number in range(len(rows("territories"))):
        here = territory == number
        hospitals, weights = own_hospitals(number)
        chosen[here] = hospitals[weighted(uniform[here], weights)]
    away = chance.uniform("elsewhere", count) * 100 < column("visits", "elsewhere_percent")[stay["kind"]]
    away &= ~stay["session"]
    regional = regional_hospitals()
    far = regional[(chance.uniform("which elsewhere", count) * len(regional)).astype(np.int64)]
    chosen = np.where(away, far, chosen)
    taken_over = np.where(chosen == regional[0], regional[-1], regional[0])
    before = np.concatenate([[0], chosen[:-1]])
    chosen = np.where(stay["part"] == RECEIVED, np.where(before == taken_over, regional[0], taken_over), chosen)
    return chosen.astype(np.int8)


def _modes(chance: Chance, stay: Table) -> None:
    """Entry and exit modes, provenance, destination, as bytes."""
    count = len(stay["person"])
    urgent = chance.uniform("urgent", count) * 100 < column("visits", "urgent_percent")[stay["kind"]]
    received = stay["part"] == RECEIVED
    stay["urgent"] = urgent & ~received & ~stay["session"]
    letters = np.array([b"5", b"5", b"5", b"U", b"U", b"V"])
    recent = letters[(chance.uniform("provenance", count) * 6).astype(np.int64)]
    door = np.where(stay["year"] >= NEW_PROVENANCES_FROM, recent, b"5")
    stay["entry_provenance"] = np.where(received, b"1", np.where(stay["urgent"], door, b"")).astype("S1")
    born = stay["kind"] == visit("birth")
    stay["entry_mode"] = np.where(received, b"7", np.where(born, b"N", b"8")).astype("S1")
    frail = (stay["age"] >= 75) & (stay["nights"] >= 8) & (chance.uniform("rehabilitation", count) < 0.3)
    moved_on = (stay["part"] == SENT) | (frail & (stay["part"] == WHOLE))
    stay["exit_mode"] = np.where(stay["died"], b"9", np.where(moved_on, b"7", b"8")).astype("S1")
    onward = np.where(stay["part"] == SENT, b"1", b"2")
    stay["exit_destination"] = np.where(stay["exit_mode"] == b"7", onward, b"").astype("S1")


@cache
def _patterns() -> tuple[list[list[int]], np.ndarray, np.ndarray]:
    """Per visit the numbers of its unit patterns; per pattern two units (NONE for no second) and their own main facts."""
    patterns: dict[str, int] = {}
    per_visit = [[patterns.setdefault(text, len(patterns)) for text in row["units"].split("|")] for row in rows("visits")]
    units = np.full((len(patterns), 2), NONE)
    facts = np.full((len(patterns), 2), NONE)
    for text, number in patterns.items():
        for rank, unit in enumerate(text.split("+")):
            authorisation, _, own = unit.partition("=")
            units[number, rank], facts[number, rank] = position("units", "authorisation")[authorisation], fact(own)
    return per_visit, units, facts


def _units(chance: Chance, stay: Table) -> None:
    """Up to three units: their authorisations, nights and own main facts."""
    per_visit, units, facts = _patterns()
    count = len(stay["person"])
    pattern = alternatives(per_visit).pick(stay["kind"], chance.uniform("units", count))
    stay["unit_1"], stay["unit_2"] = units[pattern, 0], units[pattern, 1]
    stay["unit_fact_1"], stay["unit_fact_2"] = facts[pattern, 0], facts[pattern, 1]
    two = stay["unit_2"] != NONE
    geriatrics = position("units", "authorisation")["27"]
    third = two & (stay["age"] >= 70) & (stay["nights"] >= 6) & (chance.uniform("third unit", count) < 0.15)
    stay["unit_3"] = np.where(third, geriatrics, NONE)
    stay["unit_count"] = 1 + two + third
    stay["unit_nights_1"] = np.where(two, np.minimum(stay["nights"], 1 + stay["nights"] // 4), stay["nights"])
    rest = stay["nights"] - stay["unit_nights_1"]
    stay["unit_nights_2"] = np.where(third, rest // 2, np.where(two, rest, 0))
    stay["unit_nights_3"] = np.where(third, rest - rest // 2, 0)


def _supplements(stay: Table) -> None:
    """Days paid in addition: the nights of each unit whose authorisation earns a supplement."""
    earned = [row["supplement"] for row in rows("units")] + [""]
    for name in SUPPLEMENTS:
        pays = np.array([supplement == name for supplement in earned])
        days = sum(pays[stay[f"unit_{rank}"]] * stay[f"unit_nights_{rank}"] for rank in (1, 2, 3))
        stay[f"supplement_{name}"] = np.minimum(days, COUNTER_MAX)
    dialysed = stay["kind"] == visit("kidney_failure_dialysed")
    stay["supplement_hs"] = np.where(dialysed, stay["nights"] // 2, 0)
    intensive = np.array([row["is_intensive"] == "1" for row in rows("units")] + [False])
    paid = sum(stay[f"supplement_{name}"] for name in ("rea", "stf", "src")) > 0
    stay["intensive"] = intensive[stay["unit_1"]] | intensive[stay["unit_2"]] | paid


def _group(chance: Chance, stay: Table, burden: np.ndarray) -> None:
    """The GHM: its root (number in tables/ghm.csv) and its last character, by length of stay, age and burden."""
    roots = np.array([position("ghm", "root")[row["ghm"]] for row in rows("visits")])
    stay["ghm_root"] = roots[stay["kind"]]
    levels = np.array([row["levels"] for row in rows("ghm")])[stay["ghm_root"]]
    nights = stay["nights"] + (chance.uniform("severity", len(levels)) * 3).astype(np.int64) - 1
    nights = nights + NIGHTS_FOR_AGE * (stay["age"] >= OLD) + NIGHTS_FOR_BURDEN * burden
    grade = np.searchsorted([4, 9, 16], nights, side="right")
    level = np.array([b"1", b"2", b"3", b"4"])[grade]
    level = np.where(np.char.find(levels, "A") >= 0, np.array([b"A", b"B", b"C", b"D"])[grade], level)
    same_day = stay["nights"] == 0
    for letter in "TJ":
        level = np.where(same_day & (np.char.find(levels, letter) >= 0), letter.encode(), level)
    only = np.char.find(levels, "Z") >= 0
    level = np.where(only & ~(same_day & (np.char.find(levels, "T") >= 0)), b"Z", level)
    stay["ghm_level"] = np.where(levels == "J", b"J", level).astype("S1")


def _session_counts(chance: Chance, stay: Table) -> np.ndarray:
    """Sessions of each RSA: the number of the table, or one less or more where there are several."""
    usual = column("visits", "sessions", int)[stay["kind"]]
    vary = (chance.uniform("sessions", len(usual)) * 3).astype(np.int64) - 1
    return np.where(usual > 3, usual + vary, usual)
