"""Invented identities of the patients of one hospital, as its admissions office wrote them, mistakes included.

Belongs here: identity numbers, what each line of VID-HOSP says, and the truth about it. Not here: the files (local.py).
The numbers are those of nobody: department 99 followed by a number drawn for this country. What the pipeline makes of an identity
(a keyed hash) is not computed here: a test does, from the truth.
"""

from dataclasses import dataclass

import numpy as np

from strata.synthetic.chance import Chance, quota
from strata.synthetic.dates import year_of
from strata.synthetic.dirt import PSEUDONYM_OK
from strata.synthetic.people import People
from strata.synthetic.record import Record
from strata.synthetic.stays import Table
from strata.synthetic.tables import NONE, visit

PLACEHOLDER = b"9999999999999"
TWIN_PAIRS = 4
PARENT_OLDER_DAYS = 11_111
CLEAR = ""
SHARES = {
    "line_missing": 0.015, "number_missing": 0.004, "placeholder": 0.006, "wrong_check": 0.004,
    "said_twice": 0.006, "contradicted": 0.004, "tra_missing": 0.003, "tra_disagrees": 0.003,
}  # fmt: skip


@dataclass(frozen=True)
class Identities:
    """Of each stay: number (13), its check number (2), that of the insured, birth day, rank of birth, and its trouble ('' for none)."""

    number: np.ndarray
    insured: np.ndarray
    birth: np.ndarray
    rank: np.ndarray
    trouble: np.ndarray


def check_number(numbers: np.ndarray) -> np.ndarray:
    """The two digits behind each number (13 bytes)."""
    return np.char.zfill((97 - numbers.astype(np.int64) % 97).astype("S2"), 2)


def draw_identities(chance: Chance, people: People, record: Record, year: int) -> Identities:
    """An identity for each stay of a hospital-year; a person keeps the same number for ever."""
    person, stay = record.stay["person"], record.stay
    place = chance.stream("identity number").permutation(len(people))
    own = _numbers(people.sex, people.birth, place * 2 + 1)[person]
    parent = _numbers(3 - people.sex, people.birth - PARENT_OLDER_DAYS, place * 2 + 2)[person]
    birth, rank = people.birth[person].copy(), np.full(len(person), b"1", dtype="S1")
    trouble = _troubles(chance, stay, year)
    trouble[(stay["kind"] == visit("birth")) & (trouble == CLEAR)] = "newborn"
    insured = np.where(stay["age"] < 18, parent, own)
    for first, second in _twins(chance, people, stay, year):
        for twin, number in ((first, b"1"), (second, b"2")):
            here = person == twin
            insured[here], rank[here] = parent[person == first][0], number
            birth[here] = min(people.birth[first], people.birth[second])
            trouble[here] = "twin"
    return Identities(own, insured, birth, rank, trouble)


def _numbers(sex: np.ndarray, birth: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Sex, year, month, department 99 and a number of six digits: odd for the persons themselves, even for a parent."""
    month = birth.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    parts = [sex.astype("S1"), _padded(year_of(birth) % 100, 2), _padded(month, 2), _padded(99_000_000 + place % 1_000_000, 8)]
    number = np.full(len(sex), b"", dtype="S13")
    for part in parts:
        number = np.char.add(number, part)
    return number.astype("S13")


def _padded(values: np.ndarray, width: int) -> np.ndarray:
    return np.char.zfill(values.astype(f"S{width}"), width)


def _troubles(chance: Chance, stay: Table, year: int) -> np.ndarray:
    """At most one trouble a stay; a stay that the national chain could not name is not named here either."""
    trouble = np.full(len(stay["person"]), CLEAR, dtype="U16")
    free = np.flatnonzero((stay["pseudonym_state"] == PSEUDONYM_OK) & (stay["script"] == NONE) & ~stay["session"])
    drawn = chance.stream(f"identity trouble {year}").permutation(free)
    start = 0
    for name, share in SHARES.items():
        count = max(3, round(share * len(free)))
        trouble[drawn[start : start + count]] = name
        start += count
    nameless = stay["pseudonym_state"] != PSEUDONYM_OK
    trouble[nameless] = np.where(stay["session"][nameless], "named_here", "number_missing")
    return trouble


def _twins(chance: Chance, people: People, stay: Table, year: int) -> list[tuple[int, int]]:
    """Pairs of children of one sex, who will share a number and a birth date."""
    children = np.unique(stay["person"][(stay["age"] < 18) & (stay["script"] == NONE)])
    pairs: list[tuple[int, int]] = []
    for sex in (1, 2):
        chosen = quota(chance.stream(f"twins {sex} {year}"), children[people.sex[children] == sex], 0.0, TWIN_PAIRS)
        pairs += list(zip(chosen[0::2].tolist(), chosen[1::2].tolist()))
    return pairs
