"""Laws of the strata, on random persons with random stays: what must hold whatever the codes are."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.small_country import built

HEADER = "person | exit | nights | dp | das | acts | ghm | sessions | provenance | born"
DIAGNOSES = (
    "E1198 E1190 E1098 E1498 E1398 E1128 E1138 E1178 I5019 I5002 I110 I10 E780 I489 J449 N183 N185 Z992+0 L97 G632 I639 G819 I702 I252 "
    "E6604 E6605 E6603 R730 O244 K760 Z515 R570 D649 I350 J81 E162 Z800 R060 H259"
).split()
ACTS = ["NZFA002", "NZFA011", "JVJF004@0", "JVJF002@1", "DELF013", "DDAF001", "ZZQM004", ""]
UNREAD = "Z800"  # no list of any definition holds it
DECIDES_STRATUM_4 = {"t2d": ("E1198", "NZFA002"), "hf": ("I5019", "DZEA001")}


def stays(seed: int, persons: int = 120) -> list[str]:
    """Random stays of `persons` persons, one text row each; the same seed gives the same rows."""
    chance = random.Random(seed)
    return [_stay(chance, person) for person in range(1, persons + 1) for _ in range(chance.randint(1, 5))]


def _stay(chance: random.Random, person: int) -> str:
    is_session = chance.random() < 0.1
    exit_date = f"{chance.randint(2020, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    das = " ".join(chance.sample(DIAGNOSES, chance.randint(0, 3)))
    cells = [
        person, exit_date, 0 if is_session else chance.randint(0, 9), chance.choice(DIAGNOSES), das, chance.choice(ACTS),
        "28Z04Z" if is_session else "05M092", 1 if is_session else 0, chance.choice(["5", ""]), 1930 + (person * 7) % 70,
    ]  # fmt: skip
    return " | ".join(map(str, cells))


def assigned(rows: list[str]) -> dict[tuple[str, str], tuple[str, int, str]]:
    """(person, condition) -> (status, stratum, rule) at the end of 2025."""
    found = built("\n".join([HEADER, *rows])).execute(
        """SELECT ltrim(pseudonym, '0'), condition, status, stratum, rule_id
           FROM person_stratum JOIN pseudonym USING (person_id) WHERE year = 2025"""
    )
    return {(person, condition): (status, stratum, rule) for person, condition, status, stratum, rule in found.fetchall()}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    rows = stays(seed)
    shuffled = random.Random(seed + 1).sample(rows, len(rows))
    assert assigned(shuffled) == assigned(rows)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_a_code_that_no_criterion_reads_changes_nothing(seed: int) -> None:
    rows = stays(seed)
    cells = [row.split(" | ") for row in rows]
    more = [" | ".join([*row[:4], f"{row[4]} {UNREAD}".strip(), *row[5:]]) for row in cells]
    assert assigned(more) == assigned(rows)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(DECIDES_STRATUM_4)))
def test_an_event_of_stratum_4_lifts_to_4_whoever_stays_in_the_population(seed: int, condition: str) -> None:
    rows = stays(seed)
    code, act = DECIDES_STRATUM_4[condition]
    people = {person for (person, name), (status, _, _) in assigned(rows).items() if name == condition and status == "diseased"}
    born = {row.split(" | ")[0]: row.split(" | ")[-1] for row in rows}
    events = [f"{person} | 2025-12-30 | 1 | {code} | | {act} | 05M092 | 0 | | {born[person]}" for person in sorted(people)]
    after = assigned(rows + events)
    assert people
    assert all(after[(person, condition)][:2] == ("diseased", 4) for person in people)


@pytest.mark.parametrize("condition", ["t2d", "hf"])
def test_the_random_persons_reach_every_stratum(condition: str) -> None:
    reached = {stratum for seed in range(3) for (_, name), (_, stratum, _) in assigned(stays(seed)).items() if name == condition}
    assert reached == {0, 1, 2, 3, 4}
