"""The truth: what each person is, and whether files can tell.

Belongs here: the readings that are compared (everything known; what the files show), residence, the truth table.
Not here: the clinical rules (reading.py). A row is ambiguous when two honest readings differ.
"""

from dataclasses import dataclass

import numpy as np

from strata.synthetic.dates import day, year_of
from strata.synthetic.dirt import PSEUDONYM_OK
from strata.synthetic.geography import geography
from strata.synthetic.people import People
from strata.synthetic.reading import EXTENDED, LOOKBACK_YEARS, NOBODY, STRICT, Shown, hf, meanings_of_stays, show, t2d
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE, bits, fact_bits, position, rows, visit

READ = {"t2d": t2d, "hf": hf}
STATUS = {STRICT: "at_risk_strict", EXTENDED: "at_risk_extended"}
VARIANTS = ("session_days", "hypoglycaemia_apart")  # where the clinical text leaves two readings
BLOCK = 1_000  # room for the rank of a code beside a day


def usable(stay: Table) -> np.ndarray:
    """Stays that may say something about a person: well chained, grouped, and not billed by another hospital."""
    use = np.array([row["person_use"] for row in rows("dirt")] + ["yes"])[stay["dirt"]]
    return (use != "no") & (stay["pseudonym_state"] == PSEUDONYM_OK) & ~stay["is_copy"]


def doubtful(stay: Table) -> np.ndarray:
    """Usable stays that a careful reader might still leave out: not paid, or made by software."""
    return np.array([row["person_use"] == "doubtful" for row in rows("dirt")] + [False])[stay["dirt"]]


def all_acute(stay: Table) -> Table:
    """The columns that tell MCO stays from the rest, where there is nothing else."""
    yes = np.ones(len(stay["person"]), dtype=bool)
    return {"is_acute": yes, "is_contact": ~yes, "elsewhere": np.zeros(len(yes), dtype=np.uint64)}


def with_care(stay: Table, touched: np.ndarray, care: Table, code: Table, act: Table) -> tuple[Table, np.ndarray]:
    """MCO stays and, after them, the rows of other fields, whose meanings are in `elsewhere`: any position counts, none is acute.

    An acute stroke names a past one there: a risk, as any code in any position is.
    """
    count = len(care["person"])
    anywhere = fact_bits("means") | (fact_bits("means_as_main") & bits("t2_risk", "hf_risk"))
    meaning = np.zeros(count, dtype=np.uint64)
    for table in (code, act):
        np.bitwise_or.at(meaning, table["stay"], anywhere[table["fact"]])
    blank = {name: np.zeros(count, dtype=values.dtype) for name, values in stay.items()}
    none = dict.fromkeys(("dp", "dr", "latent_dp", "latent_dr", "kind"), np.full(count, NONE))
    same = ("person", "entry", "exit", "age", "died", "geo", "dirt", "pseudonym_state", "year", "entry_mode")
    others = {**all_acute(care), "is_acute": np.zeros(count, dtype=bool), "is_contact": care["form"] == b"contact", "elsewhere": meaning}
    rows_of_care = {**blank, **none, **{name: care[name] for name in same}, **others}
    mine = {**all_acute(stay), **stay}
    both = {name: np.concatenate([values, rows_of_care[name]]) for name, values in mine.items()}
    return both, np.concatenate([touched, np.full(count, NONE)])


@dataclass(frozen=True)
class Readings:
    """The same persons read three times, and per person the number of the reason that explains a difference."""

    full: Shown  # every stay, as things were
    found: Shown  # usable stays, as written
    sober: Shown  # usable stays without the doubtful ones
    lost: np.ndarray


def make_truth(people: People, stay: Table, codes: tuple[Table, ...], touched: np.ndarray, years: range) -> Table:
    """One row per person, condition and year with a status: person, condition, year, value, territory, reason number.

    stay may hold rows of other fields of care than MCO (`with_care`); columns is_acute and is_contact tell them.
    """
    stay = {**all_acute(stay), **stay}
    persons, number = np.unique(stay["person"], return_inverse=True)
    count, kept, certain = len(persons), usable(stay), usable(stay) & ~doubtful(stay)
    known = ~stay["is_copy"] & (stay["kind"] != visit("abortion"))
    readings = Readings(
        _shown(stay, codes, "latent", number, count, known),
        _shown(stay, codes, "fact", number, count, kept),
        _shown(stay, codes, "fact", number, count, certain),
        _reason_of_person(stay, touched, number, count),
    )
    parts = []
    for year in years[LOOKBACK_YEARS - 1 :]:
        homes = [_residence(stay, number, count, chosen, year) for chosen in (known, kept, certain)]
        age = year - year_of(people.birth[persons])
        for condition in READ:
            value, reason = _compare(condition, readings, homes, age, year)
            home = np.where(homes[1] == NONE, homes[0], homes[1])
            here = np.flatnonzero((value != NOBODY) & (home != NONE))
            constant = (np.full(len(here), item) for item in (condition, year))
            parts.append((persons[here], *constant, value[here], home[here], reason[here]))
    names = ("person", "condition", "year", "value", "territory", "reason")
    return dict(zip(names, (np.concatenate(columns) for columns in zip(*parts))))


def _shown(stay: Table, codes: tuple[Table, ...], key: str, number: np.ndarray, persons: int, kept: np.ndarray) -> Shown:
    mask, main = meanings_of_stays(stay, codes, key)
    mask = np.where(stay["is_acute"], mask, stay["elsewhere"])
    order = np.lexsort((stay["entry"], stay["exit"], number))
    order = order[kept[order]]
    return show(take(stay, order), mask[order], main[order], number[order], persons)


def _compare(condition: str, readings: Readings, homes: list[np.ndarray], age: np.ndarray, year: int) -> tuple[np.ndarray, np.ndarray]:
    """What everything known says (else what the files say), and the number of the reason why the files cannot tell (NONE)."""
    read = READ[condition]
    everything, written = read(readings.full, age, year), read(readings.found, age, year)
    different = {
        "doubtful_stay": (read(readings.sober, age, year) != written) | (homes[2] != homes[1]),
        **{name: read(readings.found, age, year, name) != written for name in VARIANTS},
        "age_boundary": read(readings.found, age - 1, year) != written,
    }
    reason = np.full(len(age), NONE)
    for name, differs in different.items():
        reason = np.where(differs, position("reasons", "reason")[name], reason)
    unseen = (everything != written) | (homes[1] == NONE)
    reason = np.where(unseen & (reason == NONE), readings.lost, reason)
    return np.where(everything != NOBODY, everything, written), reason


def _reason_of_person(stay: Table, touched: np.ndarray, number: np.ndarray, persons: int) -> np.ndarray:
    """Per person, the reason that explains a difference: coding troubles first, then the dirt of a stay."""
    named = [position("reasons", "reason").get(row["reason"], NONE) for row in rows("dirt")] + [NONE]
    reason = np.full(persons, NONE)
    of_stay = np.maximum(np.array(named)[stay["dirt"]], touched)
    np.maximum.at(reason, number, of_stay)
    return np.where(reason == NONE, position("reasons", "reason")["lost_pseudonym"], reason)


def _residence(stay: Table, number: np.ndarray, persons: int, kept: np.ndarray, year: int) -> np.ndarray:
    """Territory number of each person: last known code of the year, else of the look-back; the larger code on one day."""
    alphabetical = np.argsort(np.argsort(geography().codes))
    territory = np.append(geography().territory_of, NONE)
    known = kept & (territory[stay["geo"]] != NONE)
    recency = stay["exit"].astype(np.int64) * BLOCK + alphabetical[np.maximum(stay["geo"], 0)]
    answer = np.full(persons, NONE)
    for first in (year - LOOKBACK_YEARS + 1, year):
        here = np.flatnonzero(known & (stay["exit"] >= day(first)) & (stay["exit"] < day(year + 1)))
        latest = np.full(persons, -1)
        np.maximum.at(latest, number[here], recency[here])
        by_rank = territory[np.argsort(geography().codes)]
        answer = np.where(latest >= 0, by_rank[np.maximum(latest, 0) % BLOCK], answer)
    return answer
