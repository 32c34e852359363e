"""The truth: what each person is, and whether files can tell.

Belongs here: the readings that are compared (everything known; what the files show), residence, the truth table.
Not here: the clinical rules (reading.py). A row is ambiguous when two honest readings differ.
"""

from collections.abc import Callable

import numpy as np

from strata.synthetic.dates import day, year_of
from strata.synthetic.dirt import PSEUDONYM_OK
from strata.synthetic.geography import geography
from strata.synthetic.people import People
from strata.synthetic.reading import EXTENDED, LOOKBACK_YEARS, NOBODY, STRICT, Shown, hf, meanings_of_stays, show, t2d
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE, position, rows, visit

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


def make_truth(people: People, stay: Table, codes: tuple[Table, ...], touched: np.ndarray, years: range) -> Table:
    """One row per person, condition and year with a status: person, condition, year, stratum code, territory, reason number."""
    persons, number = np.unique(stay["person"], return_inverse=True)
    born = year_of(people.birth[persons])
    full = _shown(stay, codes, "latent", number, len(persons), ~stay["is_copy"] & (stay["kind"] != visit("abortion")))
    found = _shown(stay, codes, "fact", number, len(persons), usable(stay))
    sober = _shown(stay, codes, "fact", number, len(persons), usable(stay) & ~doubtful(stay))
    lost = _reason_of_person(stay, touched, number, len(persons))
    parts = []
    for year in years[LOOKBACK_YEARS - 1 :]:
        territory = _residence(stay, number, len(persons), usable(stay), year)
        known = _residence(stay, number, len(persons), ~stay["is_copy"], year)
        territory = np.where(territory == NONE, known, territory)
        for condition, read in READ.items():
            value, reason = _compare(read, full, found, sober, year - born, year, lost)
            here = np.flatnonzero((value != NOBODY) & (territory != NONE))
            parts.append((persons[here], *(np.full(len(here), v) for v in (condition, year)), value[here], territory[here], reason[here]))
    names = ("person", "condition", "year", "value", "territory", "reason")
    return dict(zip(names, (np.concatenate(columns) for columns in zip(*parts))))


def _shown(stay: Table, codes: tuple[Table, ...], key: str, number: np.ndarray, persons: int, kept: np.ndarray) -> Shown:
    mask, main = meanings_of_stays(stay, codes, key)
    order = np.lexsort((stay["entry"], stay["exit"], number))
    order = order[kept[order]]
    return show(take(stay, order), mask[order], main[order], number[order], persons)


def _compare(read: Callable[..., np.ndarray], full: Shown, found: Shown, sober: Shown, age: np.ndarray, year: int, lost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What everything known says (else what the files say), and the number of the reason why the files cannot tell (NONE)."""
    everything = read(full, age, year)
    written = read(found, age, year)
    reason = np.full(len(age), NONE)
    for name, other in (
        ("doubtful_stay", read(sober, age, year)),
        *((name, read(found, age, year, name)) for name in VARIANTS),
        ("age_boundary", read(found, age - 1, year)),
    ):
        reason = np.where(other != written, position("reasons", "reason")[name], reason)
    reason = np.where((everything != written) & (reason == NONE), lost, reason)
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
