"""Care outside MCO: who is in rehabilitation (SMR), hospital at home (HAD) or psychiatry (PSY), when, and for what.

Belongs here: what tables/care.csv and tables/care_cases.csv ask for, one row a true stay or contact. Not here: how the files cut them
(care_rows.py) and what they show (care_coding.py). MCO stays are read here and never changed.
"""

from dataclasses import dataclass, fields, replace
from functools import cache

import numpy as np

from strata.synthetic.chance import Chance
from strata.synthetic.dates import day, iso_day, year_of
from strata.synthetic.geography import geography
from strata.synthetic.history import Cases
from strata.synthetic.people import People
from strata.synthetic.stays import Table
from strata.synthetic.tables import NONE, column, position, rows, visit

FIELDS = ("mco", "smr", "had", "psy")
FLAGS = ("died", "moved")
POSITIONS = ("da", "dp", "dr", "fp", "mpp", "mpa")
PERSON = 1_000_000  # room for a day beside a person
LAST_CARE_DAYS = 60
TO_SMR = b"2"  # destination of a stay that ends by a transfer to rehabilitation
NEVER_ENDS = 900_000
MET_AGAIN, CONTACTS = 0.7, 3
REGULAR, REGULAR_DAYS = {"smr": "smr_hip", "had": "had_infection", "psy": "psy_full"}, 12
FORGOTTEN = 400  # days a known person may have been unseen before a scripted stay


@dataclass(frozen=True)
class Care:
    """One row per true stay or contact, by person and day. exit: the last day, also beyond the years."""

    person: np.ndarray
    kind: np.ndarray  # number in tables/care.csv
    entry: np.ndarray
    exit: np.ndarray
    died: np.ndarray
    is_transfer: np.ndarray  # straight from an MCO stay
    script: np.ndarray  # number in `scripts()`, NONE for the others
    hospital: np.ndarray  # number in tables/care_hospitals.csv, NONE: one near home

    def take(self, chosen: np.ndarray) -> "Care":
        """The rows at some positions."""
        return Care(*(getattr(self, item.name)[chosen] for item in fields(self)))


@dataclass(frozen=True)
class Script:
    """One stay of a scripted person: kind@exit date/days*position:fact!flag."""

    case: int
    kind: int
    entry: int
    exit: int
    facts: tuple[tuple[str, str], ...]  # position and fact; 'late' is an associated diagnosis of the last year only
    flags: frozenset[str]


def form() -> np.ndarray:
    """Per kind of care: full, day, night, home or contact."""
    return np.array([row["form"] for row in rows("care")])


def field_of() -> np.ndarray:
    """Per kind of care, its field: smr, had or psy."""
    return np.array([row["field"] for row in rows("care")])


@cache
def scripts() -> tuple[Script, ...]:
    """Every stay of every scripted person."""
    return tuple(_script(case, text) for case, row in enumerate(rows("care_cases")) for text in row["care"].split())


def _script(case: int, text: str) -> Script:
    text, *flags = text.split("!")
    head, *facts = text.split("*")
    name, when = head.split("@")
    leaving, days = when.split("/")
    named = tuple((place or "da", fact) for place, _, fact in (item.rpartition(":") for item in facts))
    unknown = (set(flags) - set(FLAGS)) | ({place for place, _ in named} - {*POSITIONS, "late"})
    if unknown:
        raise KeyError(f"care_cases: {sorted(unknown)}")
    kind = position("care", "care")[name]
    return Script(case, kind, iso_day(leaving) - int(days), iso_day(leaving), named, frozenset(flags))


def draw_care(chance: Chance, people: People, cases: Cases, stay: Table, years: range) -> Care:
    """Every stay and contact outside MCO; nobody is in two places, and nothing follows a death."""
    chosen = cast(chance, people, cases, stay)
    regulars = _regulars(chance, people, cases, stay, years, set(chosen.values()))
    parts = [_after_mco(chance, stay), _from_home(chance, people, cases, years), _last(chance, people, stay)]
    drawn = _join(*parts)
    drawn = drawn.take(np.flatnonzero(~np.isin(drawn.person, [*chosen.values(), *regulars.person.tolist()])))
    drawn = _possible(people, drawn, stay, years)
    return _join(drawn, regulars, _met_again(chance, people, drawn, years), _scripted(chosen, years))


def _join(*parts: Care) -> Care:
    joined = Care(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Care)))
    return joined.take(np.lexsort((joined.kind, joined.entry, joined.person)))


def _care(person: np.ndarray, kind: np.ndarray, entry: np.ndarray, days: np.ndarray, **others: np.ndarray) -> Care:
    no, none = np.zeros(len(person), dtype=bool), np.full(len(person), NONE)
    return Care(
        person, kind, entry, entry + days, others.get("died", no), others.get("is_transfer", no), others.get("script", none),
        others.get("hospital", none),
    )  # fmt: skip


def _days(chance: Chance, name: str, kind: np.ndarray) -> np.ndarray:
    """How long care lasts: a few days at least, with the mean of the table; a contact is one day."""
    mean = column("care", "days")[kind]
    long = 4 + np.floor(chance.stream(f"days {name}").gamma(3.0, np.maximum(mean - 4, 0.1) / 3)).astype(np.int64)
    return np.where(mean == 0, 0, long)


def _after_mco(chance: Chance, stay: Table) -> Care:
    """People go on from an acute stay: the kinds of care that name its kind of visit in `after` ('*': left for rehabilitation)."""
    alive = ~stay["died"] & ~stay["session"] & (stay["exit_mode"] != b"0")
    person, kind, entry = [], [], []
    for number, row in enumerate(rows("care")):
        if not row["after"]:
            continue
        sent = stay["exit_destination"] == TO_SMR
        kinds = [visit(name) for name in row["after"].split("|")] if row["after"] != "*" else []
        fits = alive & (sent if row["after"] == "*" else np.isin(stay["kind"], kinds)) & _of_age(row, stay["age"])
        goes = fits & (chance.uniform(f"after {row['care']}", len(fits)) * 100 < float(row["after_percent"]))
        here = np.flatnonzero(goes)
        person.append(stay["person"][here])
        kind.append(np.full(len(here), number))
        entry.append(stay["exit"][here].astype(np.int64))
    who, what, when = (np.concatenate(parts) for parts in (person, kind, entry))
    contact = form()[what] == "contact"
    when = when + np.where(contact, 7 + (chance.uniform("first contact", len(when)) * 60).astype(np.int64), 0)
    return _care(who, what, when, _days(chance, "after", what), is_transfer=~contact)


def _of_age(row: dict[str, str], age: np.ndarray) -> np.ndarray:
    return (age >= int(row["age_min"])) & (age <= int(row["age_max"]))


def _from_home(chance: Chance, people: People, cases: Cases, years: range) -> Care:
    """Care that no acute stay begins: at a yearly rate, among everyone or among the ill of a condition."""
    ill_since = {name: _ill_since(people, cases, name) for name in ("t2d", "hf")}
    person, kind, entry = [], [], []
    for number, row in enumerate(rows("care")):
        if not float(row["per_1000"]):
            continue
        since = ill_since.get(row["who"])
        for year in years:
            fits = _of_age(row, year - year_of(people.birth)) & (True if since is None else since <= year)
            here = np.flatnonzero(fits & (chance.uniform(f"{row['care']} {year}", len(people)) * 1000 < float(row["per_1000"])))
            person.append(here)
            kind.append(np.full(len(here), number))
            entry.append(day(year) + (chance.uniform(f"{row['care']} day {year}", len(people))[here] * 365).astype(np.int64))
    who, what, when = (np.concatenate(parts) for parts in (person, kind, entry))
    return _care(who, what, when, _days(chance, "home", what))


def _ill_since(people: People, cases: Cases, condition: str) -> np.ndarray:
    since = np.full(len(people), 9999)
    here = np.array([row["condition"] == condition for row in rows("profiles")])[cases.profile]
    np.minimum.at(since, cases.person[here], cases.onset[here])
    return since


def _last(chance: Chance, people: People, stay: Table) -> Care:
    """Deaths outside MCO: some of them end a stay in another field of care."""
    dying = np.flatnonzero((people.death < day(2100)) & ~people.dies_inside & (people.edge_case == NONE))
    edges = np.cumsum(column("care", "last_percent"))
    uniform = chance.uniform("last care", len(dying)) * 100
    inside = uniform < edges[-1]
    dying, kind = dying[inside], np.searchsorted(edges, uniform[inside], side="right")
    days = np.minimum(_days(chance, "last", kind), LAST_CARE_DAYS)
    entry = np.maximum(people.death[dying] - days, _last_exit(len(people), stay)[dying])
    care = _care(dying, kind, entry.astype(np.int64), people.death[dying] - entry, died=np.ones(len(dying), dtype=bool))
    return care


def _last_exit(persons: int, stay: Table) -> np.ndarray:
    """Per person, the day of the last exit from MCO (0 without one)."""
    last = np.zeros(persons, dtype=np.int64)
    np.maximum.at(last, stay["person"], stay["exit"])
    return last


def _possible(people: People, care: Care, stay: Table, years: range) -> Care:
    """Without what overlaps: care ends when an acute stay begins or the person dies; care within other care is dropped."""
    death = people.death[care.person].astype(np.int64)
    kept = (care.entry >= day(years.start)) & (care.entry < day(years.stop)) & (people.birth[care.person] <= care.entry)
    kept &= (people.edge_case[care.person] == NONE) & (care.died | (care.entry < death - LAST_CARE_DAYS))
    kept &= ~_in_month_of_move(people, care)
    care = care.take(np.flatnonzero(kept))
    acute = np.flatnonzero(~stay["session"])
    begins = np.sort(stay["person"][acute].astype(np.int64) * PERSON + stay["entry"][acute])
    key = care.person.astype(np.int64) * PERSON + care.entry
    following = np.append(begins, np.iinfo(np.int64).max)[np.searchsorted(begins, key)]
    same = following // PERSON == care.person
    limit = np.where(same, following % PERSON, NEVER_ENDS)
    leaving = np.where(care.died, care.exit, np.minimum(np.minimum(care.exit, limit), death[kept] - LAST_CARE_DAYS))
    contact = form()[care.kind] == "contact"
    outside = ~_inside(care.person, care.entry, stay, acute) | care.is_transfer | care.died
    worth = contact | (leaving >= care.entry + 1)
    care = replace(care, exit=leaving)
    care = care.take(np.flatnonzero(outside & worth))
    return _apart(care)


def _met_again(chance: Chance, people: People, care: Care, years: range) -> Care:
    """Contacts in the months after a stay in psychiatry: the files link an act to a person only through a stay of that year."""
    contact = int(np.flatnonzero(form() == "contact")[0])
    left = np.flatnonzero((field_of()[care.kind] == "psy") & (form()[care.kind] != "contact") & ~care.died)
    left = left[chance.uniform("met again", len(left)) < MET_AGAIN]
    times = np.repeat(left, CONTACTS)
    when = care.exit[times] + 4 + (chance.uniform("day met again", len(times)) * 75).astype(np.int64)
    drawn = _care(care.person[times], np.full(len(times), contact), when, np.zeros(len(times), dtype=np.int64))
    kept = (when < day(years.stop)) & (when < people.death[drawn.person].astype(np.int64) - LAST_CARE_DAYS)
    kept &= ~_in_month_of_move(people, drawn)
    return drawn.take(np.flatnonzero(kept))


def _in_month_of_move(people: People, care: Care) -> np.ndarray:
    """Contacts are known by their month: none is drawn in the month somebody moves."""
    moves = people.moves[care.person].astype(np.int64)
    return (moves < day(2100)) & (np.abs(care.entry - moves) <= 31)


def _inside(person: np.ndarray, then: np.ndarray, stay: Table, acute: np.ndarray) -> np.ndarray:
    """Whether each person is in an acute stay on a day (the days of entry and exit left out)."""
    order = acute[np.lexsort((stay["entry"][acute], stay["person"][acute]))]
    key = stay["person"][order].astype(np.int64) * PERSON + stay["entry"][order]
    reach = np.maximum.accumulate(stay["person"][order].astype(np.int64) * PERSON + stay["exit"][order])
    before = np.searchsorted(key, person.astype(np.int64) * PERSON + then)
    last = np.concatenate([[0], reach])[before]
    return last > person.astype(np.int64) * PERSON + then


def _apart(care: Care) -> Care:
    """Without stays that begin before the end of an earlier one of the person; the last stay of a life wins."""
    contact = form()[care.kind] == "contact"
    care = care.take(np.lexsort((contact, ~care.died, care.entry, care.person)))
    contact = form()[care.kind] == "contact"
    final = np.full(care.person.max(initial=0) + 1, NEVER_ENDS)
    final[care.person[care.died]] = care.entry[care.died]
    care_exit = np.where(care.died, care.exit, np.minimum(care.exit, final[care.person]))
    reach = np.maximum.accumulate(np.where(contact, care.entry, care_exit) + care.person.astype(np.int64) * PERSON)
    before = np.concatenate([[-1], reach[:-1]])
    free = care.person.astype(np.int64) * PERSON + care.entry >= before
    kept = care.died | (free & (care_exit > care.entry - contact) & (care.entry < final[care.person]))
    care = replace(care, exit=care_exit)
    return care.take(np.flatnonzero(kept))


def _regulars(chance: Chance, people: People, cases: Cases, stay: Table, years: range, taken: set[int]) -> Care:
    """Somebody who comes each December to each hospital and field: no hospital is without a year, nor a year without its end."""
    home = geography().territory_of[people.home]
    age = years.start - year_of(people.birth)
    free = (_last_exit(len(people), stay) == 0) & ~_ever_ill(people, cases) & (people.edge_case == NONE) & (people.death >= day(2100))
    free &= (people.moves >= day(2100)) & (age >= 20) & (age <= 75)
    order = chance.stream("regulars").permutation(len(people))
    person, kind, hospital = [], [], []
    for number, row in enumerate(rows("care_hospitals")):
        for field in row["fields"].split():
            near = order[(free & (home == geography().territory_ids.index(row["territory_id"])))[order]]
            who = next((int(one) for one in near if int(one) not in taken), None)
            if who is not None:
                taken.add(who)
                person.append(who)
                kind.append(position("care", "care")[REGULAR[field]])
                hospital.append(number)
    who_comes, what, where = (np.repeat(np.array(values, dtype=np.int64), len(years)) for values in (person, kind, hospital))
    entry = np.tile(np.array([day(year, 12, 2) for year in years]), len(person))
    return _care(who_comes, what, entry, np.full(len(entry), REGULAR_DAYS), hospital=where)


def cast(chance: Chance, people: People, cases: Cases, stay: Table) -> dict[int, int]:
    """The person who plays each scripted case: without any MCO stay ('none'), or ill and seen not long before ('ill')."""
    age = 2021 - year_of(people.birth)
    last = _last_exit(len(people), stay)
    usable = (people.edge_case == NONE) & (people.death >= day(2100)) & (people.moves >= day(2100))
    usable &= geography().territory_of[people.home] >= 0
    usable &= geography().territory_of[people.later_home] != geography().territory_of[people.home]
    ill = _ill_since(people, cases, "t2d") < 2022
    order = chance.stream("cast").permutation(len(people))
    chosen: dict[int, int] = {}
    for case, row in enumerate(rows("care_cases")):
        entry = min(script.entry for script in scripts() if script.case == case)
        known = ill & (last > entry - FORGOTTEN) & (last < entry - 1) if row["pick"] == "ill" else (last == 0) & ~_ever_ill(people, cases)
        fits = usable & known & (age >= int(row["age_min"])) & (age <= int(row["age_max"]))
        free = [int(person) for person in order[fits[order]] if int(person) not in chosen.values()]
        if free:
            chosen[case] = free[0]
    return chosen


def _ever_ill(people: People, cases: Cases) -> np.ndarray:
    ever = np.zeros(len(people), dtype=bool)
    ever[cases.person] = True
    return ever


def _scripted(chosen: dict[int, int], years: range) -> Care:
    played = [number for number, script in enumerate(scripts()) if script.case in chosen and _within(script, years)]
    number = np.array(played, dtype=np.int64)
    person = np.array([chosen[scripts()[n].case] for n in played], dtype=np.int64)
    kind, entry, leaving = (np.array([getattr(scripts()[n], key) for n in played], dtype=np.int64) for key in ("kind", "entry", "exit"))
    died = np.array(["died" in scripts()[n].flags for n in played], dtype=bool)
    return _care(person, kind, entry, leaving - entry, died=died, script=number)


def _within(script: Script, years: range) -> bool:
    return day(years.start) <= script.entry < day(years.stop)


def script_flag(number: np.ndarray, flag: str) -> np.ndarray:
    """Whether each scripted row (NONE for the others) carries a flag."""
    return np.array([flag in script.flags for script in scripts()] + [False])[number]
