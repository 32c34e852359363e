"""When people are in hospital, and for what kind of visit.

Belongs here: visits, one row each, before they are split into stays. Not here: hospitals, codes, money.
"""

from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from strata.synthetic.chance import Chance, weighted
from strata.synthetic.dates import NEVER, day, iso_day, year_of
from strata.synthetic.geography import geography
from strata.synthetic.history import Cases, person_factor
from strata.synthetic.people import MAN, WOMAN, People
from strata.synthetic.tables import NONE, column, fact, rows, visit

FLAGS = ("died", "transferred", "automatic", "service", "moved", "abroad")
NEWBORNS_SEEN = 0.4  # births in hospital that the extract keeps: the sample stays small
SESSIONS_APART_DAYS = 27  # a month of sessions in one RSA
COURSE_RSA, SHORT_COURSE_RSA = 8, 2


@dataclass(frozen=True)
class Visits:
    """One row per visit: person, kind (number in tables/visits.csv), first day, nights, edge row (NONE unless scripted)."""

    person: np.ndarray
    kind: np.ndarray
    entry: np.ndarray
    nights: np.ndarray
    died: np.ndarray
    script: np.ndarray  # number of the scripted visit in `scripts()`

    def __len__(self) -> int:
        return len(self.person)

    def take(self, chosen: np.ndarray) -> "Visits":
        """The visits at some positions."""
        return Visits(*(getattr(self, item.name)[chosen] for item in fields(self)))


def is_session() -> np.ndarray:
    """Per kind of visit, whether it is a session (CMD 28)."""
    return np.array([row["ghm"].startswith("28") for row in rows("visits")])


def draw_visits(chance: Chance, people: People, cases: Cases, years: range, use: float) -> Visits:
    """Every visit of everyone, sorted by person and day; stays of a person never overlap. use: times those outside the two illnesses."""
    drawn = [_background(chance, people, cases, years, use), *_events(chance, people, cases, years), _births(chance, people)]
    person, kind, entry = (np.concatenate(parts) for parts in zip(*drawn))
    kept = (entry >= people.birth[person]) & (entry < people.death[person])
    person, kind, entry = person[kept], kind[kept], entry[kept]
    ordinary = _with_nights(chance, person, kind, entry)
    everything = _join(ordinary, _deaths(chance, people, cases), _scripted(people))
    return _without_overlap(people, everything, years)


def _with_nights(chance: Chance, person: np.ndarray, kind: np.ndarray, entry: np.ndarray) -> Visits:
    nights = draw_nights(chance, "nights", kind)
    span = np.minimum(SESSIONS_APART_DAYS, column("visits", "sessions", int)[kind] * 2 - 2)
    nights = np.where(is_session()[kind], np.maximum(0, span), nights)  # a session RSA covers days, and has no night
    return Visits(person, kind, entry, nights, np.zeros(len(kind), dtype=bool), np.full(len(kind), NONE))


def draw_nights(chance: Chance, name: str, kind: np.ndarray) -> np.ndarray:
    """Nights of each visit: none on a day visit, else at least one, with the mean of the table."""
    mean = column("visits", "nights")[kind]
    same_day = (chance.uniform(f"{name}: day", len(kind)) * 100 < column("visits", "day_percent")[kind]) | (mean == 0)
    long = chance.stream(name).gamma(2.0, np.maximum(mean - 1, 0) / 2 + 1e-9)
    return np.where(same_day, 0, 1 + np.floor(long)).astype(np.int64)


def _background(chance: Chance, people: People, cases: Cases, years: range, use: float) -> tuple[np.ndarray, ...]:
    """Visits outside the two illnesses, by age and sex; the ill have more of them."""
    weight = use * person_factor(cases, len(people), "use") * (people.edge_case == NONE)
    territory = geography().territory_of[people.home]
    weight *= np.where(territory >= 0, column("territories", "use_factor")[territory], 1.0)
    from_age = column("use", "age_from")
    rate = np.stack([column("use", "men_per_year"), column("use", "women_per_year")], axis=1)
    person, entry = [], []
    for year in years:
        age = year - year_of(people.birth)
        band = np.clip(np.searchsorted(from_age, age, side="right") - 1, 0, None)
        count = chance.stream(f"background {year}").poisson(rate[band, people.sex - 1] * weight * (age >= 0))
        person.append(np.repeat(np.arange(len(people)), count))
        entry.append(day(year) + (chance.uniform(f"background day {year}", int(count.sum())) * 365).astype(np.int64))
    who, when = np.concatenate(person), np.concatenate(entry)
    return who, _background_kind(chance, people, who, when), when


def _background_kind(chance: Chance, people: People, person: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """A kind of visit that fits the age (as a number) and the sex."""
    age = np.clip((entry - people.birth[person]) // 365.25, 0, 99).astype(np.int64)
    uniform = chance.uniform("background kind", len(person))
    kinds = np.array([visit(row["visit"]) for row in rows("background")])
    kind = np.empty(len(person), dtype=np.int64)
    for sex, letter in ((MAN, "M"), (WOMAN, "F")):
        for years_old in range(100):
            here = (age == years_old) & (people.sex[person] == sex)
            kind[here] = kinds[weighted(uniform[here], _background_weights(letter, years_old))]
    return kind


@cache
def _background_weights(letter: str, age: int) -> np.ndarray:
    fits = [row["sex"] in ("A", letter) and int(row["age_min"]) <= age <= int(row["age_max"]) for row in rows("background")]
    return np.where(fits, column("background", "weight"), 0.0)


def _events(chance: Chance, people: People, cases: Cases, years: range) -> list[tuple[np.ndarray, ...]]:
    """Visits that the profiles ask for: at a yearly rate, once, or at fixed rhythms."""
    drawn: list[tuple[np.ndarray, ...]] = []
    for number, row in enumerate(rows("profiles")):
        here = cases.profile == number
        for event in row["visits"].split():
            name, _, rhythm = event.partition(":")
            entry, person = _rhythm(chance, f"{row['profile']} {name}", rhythm, cases.person[here], cases.since[here], years)
            drawn.append((person, np.full(len(person), visit(name)), entry))
    return drawn


def _rhythm(chance: Chance, name: str, rhythm: str, person: np.ndarray, since: np.ndarray, years: range) -> tuple[np.ndarray, np.ndarray]:
    """First days and persons of one kind of event."""
    year = np.broadcast_to(np.array(years), (len(person), len(years)))
    started = year >= since[:, None]
    if rhythm == "once":
        count = (year == since[:, None]).astype(np.int64)
    elif rhythm in ("monthly", "quarterly", "course", "short_course"):
        return _regular(chance, name, rhythm, person, since, years)
    else:
        count = chance.stream(name).poisson(float(rhythm), year.shape) * started
    row, col = np.nonzero(count)
    repeats = count[row, col]
    row, col = np.repeat(row, repeats), np.repeat(col, repeats)
    return np.array([day(y) for y in years])[col] + (chance.uniform(f"{name} day", len(row)) * 365).astype(np.int64), person[row]


def _regular(chance: Chance, name: str, rhythm: str, person: np.ndarray, since: np.ndarray, years: range) -> tuple[np.ndarray, np.ndarray]:
    """Sessions: every month or quarter from the first one on (twice at the start), or a course of treatment."""
    first = np.array([day(y) for y in years])[np.clip(since - years.start, 0, len(years) - 1)]
    first = first + (chance.uniform(f"{name} first", len(person)) * 300).astype(np.int64) * (since >= years.start)
    if rhythm in ("course", "short_course"):
        steps = np.arange(COURSE_RSA if rhythm == "course" else SHORT_COURSE_RSA) * 28
        first = np.where(since > years.stop - 1, NEVER, first)
    else:
        every = 30 if rhythm == "monthly" else 91
        steps = np.concatenate([[0], np.arange(0, 366 * len(years), every) + (31 if rhythm == "monthly" else 40)])
    entry = (first[:, None] + steps[None, :]).ravel()
    who = np.repeat(person, len(steps))
    late = (since > years.stop - 1).repeat(len(steps))
    kept = (entry < day(years.stop)) & ~late
    return entry[kept], who[kept]


def _births(chance: Chance, people: People) -> tuple[np.ndarray, ...]:
    seen = people.is_newborn & (chance.uniform("birth seen", len(people)) < NEWBORNS_SEEN)
    child = np.flatnonzero(seen)
    return child, np.full(len(child), visit("birth")), people.birth[child].astype(np.int64)


def _deaths(chance: Chance, people: People, cases: Cases) -> Visits:
    """The last stay of those who die in hospital: it ends on the day of death."""
    dying = np.flatnonzero(people.dies_inside)
    failing = np.zeros(len(people), dtype=bool)
    failing[cases.person[np.array([row["condition"] == "hf" for row in rows("profiles")])[cases.profile]]] = True
    uniform = chance.uniform("cause of death", len(dying))
    other = np.where(uniform < 0.35, visit("palliative_cancer"), visit("pneumonia"))
    kind = np.where(failing[dying] & (uniform < 0.6), visit("hf_stay"), other)
    nights = draw_nights(chance, "last nights", kind)
    nights = np.minimum(nights, people.death[dying] - people.birth[dying])
    died = np.ones(len(dying), dtype=bool)
    return Visits(dying, kind, people.death[dying] - nights, nights, died, np.full(len(dying), NONE))


@dataclass(frozen=True)
class Script:
    """One visit of an edge case, as tables/edge_cases.csv writes it: visit@exit date/nights*fact*fact!flag."""

    case: int
    kind: int
    entry: int
    nights: int
    facts: tuple[int, ...]
    flags: frozenset[str]


@cache
def scripts() -> tuple[Script, ...]:
    """Every visit of every edge case."""
    return tuple(_script(case, text) for case, row in enumerate(rows("edge_cases")) for text in row["visits"].split())


def _script(case: int, text: str) -> Script:
    text, *flags = text.split("!")
    head, *facts = text.split("*")
    name, when = head.split("@")
    exit_day, nights = when.split("/")
    unknown = set(flags) - set(FLAGS)
    if unknown:
        raise KeyError(f"edge_cases: {sorted(unknown)}")
    return Script(case, visit(name), iso_day(exit_day) - int(nights), int(nights), tuple(map(fact, facts)), frozenset(flags))


def script_flag(number: np.ndarray, flag: str) -> np.ndarray:
    """Whether each scripted visit (NONE for the others) carries a flag."""
    return np.array([flag in script.flags for script in scripts()] + [False])[number]


def _scripted(people: People) -> Visits:
    case = np.array([script.case for script in scripts()])
    person, number = [], []
    for chosen in np.unique(people.edge_case[people.edge_case != NONE]):
        who = np.flatnonzero(people.edge_case == chosen)
        what = np.flatnonzero(case == chosen)
        person.append(np.repeat(who, len(what)))
        number.append(np.tile(what, len(who)))
    who, what = np.concatenate(person), np.concatenate(number)
    kind, entry, nights = (np.array([getattr(s, key) for s in scripts()])[what] for key in ("kind", "entry", "nights"))
    return Visits(who, kind, entry, nights, script_flag(what, "died"), what)


def _join(*parts: Visits) -> Visits:
    return Visits(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Visits)))


def _without_overlap(people: People, visits: Visits, years: range) -> Visits:
    """Visits that end within the years and before death; a stay that begins within an earlier one is dropped (sessions may)."""
    leaving = visits.entry + visits.nights
    kept = (leaving >= day(years.start)) & (leaving < day(years.stop))
    kept &= visits.died | (leaving < people.death[visits.person] - _last_nights(people, visits))
    visits = visits.take(np.flatnonzero(kept))
    session = is_session()[visits.kind]
    visits = visits.take(np.lexsort((visits.kind, visits.entry, session, visits.person)))
    session, leaving = is_session()[visits.kind], visits.entry + visits.nights
    reach = np.maximum.accumulate(np.where(session, -1, leaving) + visits.person * 100_000)
    before = np.concatenate([[-1], reach[:-1]]) - visits.person * 100_000
    visits = visits.take(np.flatnonzero(session | (visits.entry >= before) | (visits.script != NONE)))
    return visits.take(np.lexsort((visits.kind, visits.entry, visits.person)))


def _last_nights(people: People, visits: Visits) -> np.ndarray:
    """Per visit, the nights of the last stay of the person (0 when there is none): nothing else happens in them."""
    nights = np.zeros(len(people), dtype=np.int64)
    nights[visits.person[visits.died]] = visits.nights[visits.died]
    return nights[visits.person]
