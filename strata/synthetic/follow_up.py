"""Acts of follow-up outside the hospital: who has those that are due, the lines that must not count, and their own truth.

Belongs here: drawing due acts (tables/follow_up.csv) and what remains of them in a year. Not here: lines of care and their files
(ambulatory.py), what is expected of a stratum: tables/follow_up_calendar.csv is for whoever holds the product against this truth.
Its streams are its own: every other line of care is drawn as without it.
"""

from collections.abc import Callable

import numpy as np

from strata.synthetic.chance import Chance
from strata.synthetic.dates import NEVER, day, month_of, year_of
from strata.synthetic.geography import geography
from strata.synthetic.history import Cases
from strata.synthetic.people import People
from strata.synthetic.stays import Table
from strata.synthetic.tables import position, rows

LEAST, MOST, BY_TERRITORY = 0.35, 0.95, 0.06  # chance that a due act is made: by person, shifted by the territory they live in
TWICE, CANCELLED, TWICE_CANCELLED_ONCE = 0.05, 0.03, 0.02  # of the acts made
INFORMATION_ONLY, HOSPITAL_ONLY = 0.04, 0.04  # of the acts not made: a line that must not count
AFTER_DEATH, LATEST_AFTER_DEATH = 0.5, 60  # of the deaths; days
PLAIN, REVERSAL, _, INFORMATION, HOSPITAL = range(5)  # kinds of lines, as in ambulatory.py


def draw_follow_up(chance: Chance, people: People, cases: Cases, condition: np.ndarray, death: np.ndarray, years: range) -> Table:
    """Lines of care: person, day, item (row of tables/ambulatory.csv), quantity, kind. condition: of each case."""
    drawn = [_act_lines(chance.named(f"follow-up {number}"), row, people, cases, condition, death, years) for number, row in _numbered()]
    return {name: np.concatenate([one[name] for one in drawn]) for name in drawn[0]}


def _numbered() -> list[tuple[int, dict[str, str]]]:
    return list(enumerate(rows("follow_up")))


def _act_lines(
    chance: Chance, row: dict[str, str], people: People, cases: Cases, condition: np.ndarray, death: np.ndarray, years: range
) -> Table:
    chosen = np.isin(condition, ("t2d", "hf") if row["who"] == "all" else (row["who"],))
    person, first = np.unique(cases.person[chosen], return_index=True)
    onset, slots = cases.onset[chosen][first], int(row["slots"])
    owner, year, slot = (part.ravel() for part in np.meshgrid(np.arange(len(person)), np.array(years), np.arange(slots), indexing="ij"))
    due, onset = person[owner], onset[owner]
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) + int(row["first_day"])
    when = start + ((slot + chance.uniform("day", len(due))) / slots * int(row["days"])).astype(np.int64)
    is_due = (year >= onset) & (when < death[due]) & (when >= people.birth[due])
    is_made = is_due & (chance.uniform("made", len(due)) < diligence(chance, people, due))
    kinds = [int(position("ambulatory", "item")[name]) for name in row["drawn"].split()]
    item = np.array(kinds)[(chance.uniform("item", len(due)) * len(kinds)).astype(np.int64)]
    parts = [*_made(chance, due, when, item, is_made), *_not_made(chance, due, when, item, is_due & ~is_made)]
    parts.append(_after_death(chance, person, death, item[:1], years))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def diligence(chance: Chance, people: People, person: np.ndarray) -> np.ndarray:
    """How often a due act of a person is made."""
    territory = geography().territory_of[people.home[person]]
    own = LEAST + (MOST - LEAST) * chance.uniform("diligence", len(people))[person]
    return np.clip(own + BY_TERRITORY * (territory % 4 - 1.5), 0.05, 0.98)


def _made(chance: Chance, person: np.ndarray, when: np.ndarray, item: np.ndarray, is_made: np.ndarray) -> list[Table]:
    """The acts made, some of them paid twice, taken back, or paid twice and taken back once."""
    luck = chance.uniform("money", len(person))
    taken_back, twice = CANCELLED, CANCELLED + TWICE
    lines = _pick(person, when, item, is_made, PLAIN)
    again = _pick(person, when, item, is_made & (luck >= taken_back) & (luck < twice + TWICE_CANCELLED_ONCE), PLAIN)
    back = _pick(person, when, item, is_made & ((luck < taken_back) | ((luck >= twice) & (luck < twice + TWICE_CANCELLED_ONCE))), REVERSAL)
    return [lines, again, back]


def _not_made(chance: Chance, person: np.ndarray, when: np.ndarray, item: np.ndarray, is_missed: np.ndarray) -> list[Table]:
    luck = chance.uniform("missed", len(person))
    told = _pick(person, when, item, is_missed & (luck < INFORMATION_ONLY), INFORMATION)
    return [told, _pick(person, when, item, is_missed & (luck > 1 - HOSPITAL_ONLY), HOSPITAL)]


def _after_death(chance: Chance, person: np.ndarray, death: np.ndarray, item: np.ndarray, years: range) -> Table:
    """Acts dated after the death of the person, as real flows have."""
    luck, late = chance.uniform("after death", len(person)), chance.uniform("days after", len(person))
    when = np.where(death[person] < NEVER, death[person], 0) + 1 + (late * LATEST_AFTER_DEATH).astype(np.int64)
    is_late = (death[person] < day(years.stop)) & (death[person] >= day(years.start)) & (luck < AFTER_DEATH)
    return _pick(person, when, np.resize(item, len(person)), is_late, PLAIN)


def _pick(person: np.ndarray, when: np.ndarray, item: np.ndarray, chosen: np.ndarray, kind: int) -> Table:
    count = int(chosen.sum())
    quantity = np.full(count, -1 if kind == REVERSAL else 1)
    return {"person": person[chosen], "day": when[chosen], "item": item[chosen], "quantity": quantity, "kind": np.full(count, kind)}


def follow_up_truth(line: Table, is_left_out: np.ndarray, name_of: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    """One row a person, act, year and month in which it was made: days. line: all lines of care. is_left_out: by person (twins)."""
    counts = np.isin(line["kind"], (PLAIN, REVERSAL)) & ~is_left_out[line["person"]]
    person, when, item, quantity = (line[name][counts] for name in ("person", "day", "item", "quantity"))
    parts: list[np.ndarray] = []
    acts = [row for row in rows("follow_up") if row["act"]]
    for number, row in enumerate(acts):
        shown = np.isin(item, [position("ambulatory", "item")[name] for name in row["shown_by"].split()])
        days = _days(person[shown], when[shown], item[shown], quantity[shown])
        month = np.stack([days[0], np.full(len(days[0]), number), year_of(days[1]), month_of(days[1])])
        cell, count = np.unique(month, axis=1, return_counts=True)
        parts.append(np.vstack([cell, count]))
    owner, act, year, month_number, days_made = np.concatenate(parts, axis=1)
    return {
        "person": name_of(owner), "act": np.array([row["act"] for row in acts])[act], "year": year.astype(np.int16),
        "month": month_number.astype(np.int8), "days": days_made.astype(np.int64),
    }  # fmt: skip


def _days(person: np.ndarray, when: np.ndarray, item: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """(person, day) of each day on which some item remains once reversals are taken off."""
    cell, place = np.unique(np.stack([person, when, item]), axis=1, return_inverse=True)
    remains = np.bincount(place.ravel(), weights=quantity, minlength=cell.shape[1]) > 0
    return np.unique(cell[:2, remains], axis=1)
