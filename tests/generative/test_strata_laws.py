"""Laws of the strata, on random persons with random stays: what must hold whatever the codes are, in each of the five definitions."""

import csv
import random

import duckdb
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from strata.config import Config
from strata.definitions.folder import CONDITIONS as FOLDER
from tests.support.small_country import built, config

CONDITIONS = ("t2d", "hf", "copd", "stroke", "segments")
HEADER = "person | exit | nights | dp | das | acts | ghm | sessions | provenance | born | slice"
DIAGNOSES = (
    "E1198 E1190 E1098 E1498 E1398 E1128 E1138 E1178 I5019 I5002 I110 I10 E780 I489 J449 N183 N185 Z992+0 L97 G632 I639 G819 I702 I252 "
    "E6604 E6605 E6603 R730 O244 K760 Z515 R570 D649 I350 J81 E162 R060 H259 J440 J449 J960 J961 J42 Z720 I619 I693 R4702 R13 G409 F03 C509"
).split()
ACTS = ["NZFA002", "NZFA011", "JVJF004@0", "JVJF002@1", "DELF013", "DDAF001", "GLLD019", "ZZQM004", ""]
UNREAD, UNREAD_ACT = "Z800", "HGQH002"  # no list of any definition holds them
# condition -> (principal diagnosis, others, act) of one stay that decides for stratum 4: who is in it must be told by the stay itself or be
# there already. Some decide by what is associated, some by the principal diagnosis alone, as acute events do.
PNEUMONIA = "J189"  # of no condition here
DECIDES_STRATUM_4 = {
    "t2d": [
        (PNEUMONIA, "E1198", "NZFA002"), (PNEUMONIA, "E1198 Z940", ""), (PNEUMONIA, "E1198 H540", ""),
        (PNEUMONIA, "E1198 Z992+0 N185", ""), ("I639", "E1198", ""), ("I5019", "E1198", ""), ("E1198", "", "NZFA002"),
    ],
    "hf": [
        (PNEUMONIA, "I5019", "DZEA001"), (PNEUMONIA, "I5019 R570", ""), (PNEUMONIA, "I5019 Z515", ""), (PNEUMONIA, "I5019", "EQLA003"),
        ("R570", "I5019", ""), ("I5019", "", "DZEA001"), ("I110", "I5019 Z515", ""),
    ],
    "copd": [
        (PNEUMONIA, "J449 Z515", ""), (PNEUMONIA, "J449 Z991+1", ""), (PNEUMONIA, "J449", "GFEA001"), ("J440", "J9611", ""),
        ("J960", "J449 J9611", ""), ("J449", "Z515", ""),
    ],
    "stroke": [
        (PNEUMONIA, "I693 Z515", ""), (PNEUMONIA, "I693 G819 R4702 R13", ""), (PNEUMONIA, "I693 G819 R15 L89", ""),
        ("I639", "G819 R4702 R13", ""), ("I619", "Z515", ""),
    ],
    "segments": [
        (PNEUMONIA, "E1198 I5019 J449", ""), (PNEUMONIA, "C509 F03 N183", ""), ("I5019", "E1198 J449", ""), ("C509", "F03 N183", ""),
    ],
}  # fmt: skip
PERSONS, EXAMPLES = 400, 6  # of an example; examples: a country of a thousand persons costs little more than one of a hundred
TWIN = "twin-"
AGE_MIN = {"segments": 75}  # of the rules of stratum 4 that these stays meet


def five(residence: str = "last") -> Config:
    return config(method={"conditions": list(CONDITIONS), "residence": residence})


def stays(seed: int, persons: int = PERSONS) -> list[str]:
    """Random stays of `persons` persons, one text row each; the same seed gives the same rows."""
    chance = random.Random(seed)
    return [_stay(chance, person) for person in range(1, persons + 1) for _ in range(chance.randint(1, 5))]


def _stay(chance: random.Random, person: int) -> str:
    is_session = chance.random() < 0.1
    exit_date = f"{chance.randint(2020, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    das = " ".join(chance.sample(DIAGNOSES, chance.randint(0, 3)))
    cells = [
        person, exit_date, 0 if is_session else chance.randint(0, 9), chance.choice(DIAGNOSES), das, chance.choice(ACTS),
        "28Z04Z" if is_session else "05M092", 1 if is_session else 0, chance.choice(["5", ""]), 1930 + (person * 7) % 70, 1,
    ]  # fmt: skip
    return " | ".join(map(str, cells))


def assigned(rows: list[str]) -> dict[tuple[str, str], tuple[str, int, str]]:
    """(person, condition) -> (status, stratum, rule) at the end of 2025."""
    found = built("\n".join([HEADER, *rows]), settings=five()).execute(
        """SELECT ltrim(pseudonym, '0'), condition, status, stratum, rule_id
           FROM person_stratum JOIN pseudonym USING (person_id) WHERE year = 2025"""
    )
    rows_found = found.fetchall()
    by_person = {(person, condition): (status, stratum, rule) for person, condition, status, stratum, rule in rows_found}
    assert len(by_person) == len(rows_found)  # one row a person and condition
    return by_person


def twin(row: str) -> str:
    """The same stay, of a person who is not there otherwise."""
    return f"{TWIN}{row}"


def agree(found: dict[tuple[str, str], tuple[str, int, str]]) -> None:
    """Whoever is there twice has the same status, stratum and deciding rule, or none, both times; and many are there."""
    once = {key: decided for key, decided in found.items() if not key[0].startswith(TWIN)}
    again = {(name.removeprefix(TWIN), condition): decided for (name, condition), decided in found.items() if name.startswith(TWIN)}
    assert again == once and len(once) > PERSONS


@seed(20)
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_neither_the_order_of_the_rows_nor_the_files_they_come_in_change_anything(number: int) -> None:
    rows = stays(number)
    chance = random.Random(number + 1)
    split = [f"{twin(row).rpartition(' | ')[0]} | {chance.randint(1, 4)}" for row in chance.sample(rows, len(rows))]
    mixed = [row for pair in zip(split, rows, strict=True) for row in pair]
    agree(assigned(mixed))


@seed(21)
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_an_event_that_no_criterion_reads_changes_nothing(number: int) -> None:
    rows = stays(number)
    cells = [twin(row).split(" | ") for row in rows]
    more = [" | ".join([*row[:4], f"{row[4]} {UNREAD}".strip(), f"{row[5]} {UNREAD_ACT}".strip(), *row[6:]]) for row in cells]
    agree(assigned(rows + more))


def test_no_list_of_any_definition_reads_the_unread() -> None:
    lists = (path for condition in (*CONDITIONS, "shared") for path in (FOLDER / condition / "codes").glob("*.csv"))
    codes = {row["code"] for path in lists for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())}
    assert len(codes) > 200 and not any(code.startswith(tuple(codes)) for code in (UNREAD, UNREAD_ACT))


@seed(22)
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_an_event_of_stratum_4_never_lowers_the_stratum_of_whoever_stays_in_the_population(number: int) -> None:
    """The twin of each person has one stay more, which decides for stratum 4 of a condition."""
    rows, chance = stays(number), random.Random(number)
    born = {row.split(" | ")[0]: row.split(" | ")[-2] for row in rows}
    aims = {person: chance.choice(CONDITIONS) for person in born}
    events = [_event_of_stratum_4(chance, person, aims[person], born[person]) for person in born]
    found = assigned([*rows, *map(twin, rows), *map(twin, events)])
    old_enough = {person for person, condition in aims.items() if 2025 - int(born[person]) >= AGE_MIN.get(condition, 18)}
    people = [person for person in old_enough if found.get((person, aims[person]), ("",))[0] == "diseased"]
    assert len(people) > PERSONS // 8
    assert all(found[(f"{TWIN}{person}", aims[person])][:2] == ("diseased", 4) for person in people)


def _event_of_stratum_4(chance: random.Random, person: str, condition: str, born: str) -> str:
    return _added(person, chance.choice(DECIDES_STRATUM_4[condition]), born)


def _added(person: str, shown: tuple[str, str, str], born: str) -> str:
    principal, others, act = shown
    return f"{person} | 2025-12-30 | 1 | {principal} | {others} | {act} | 05M092 | 0 | | {born} | 1"


def test_each_stay_that_is_added_decides_for_stratum_4_alone() -> None:
    """Otherwise the law would be tried with a stay that decides nothing."""
    asked = [(condition, shown) for condition, those in DECIDES_STRATUM_4.items() for shown in those]
    found = assigned([_added(str(number), shown, "1945") for number, (_, shown) in enumerate(asked, start=1)])
    for number, (condition, shown) in enumerate(asked, start=1):
        assert found.get((str(number), condition), ("", 0))[:2] == ("diseased", 4), (condition, shown)
    assert all(any(principal != PNEUMONIA for principal, *_ in those) for those in DECIDES_STRATUM_4.values())


def test_a_twin_who_differs_would_be_seen() -> None:
    row = "1 | 2025-06-01 | 1 | J189 | {} | | 05M092 | 0 | | 1950 | 1"
    other = [f"{person} | 2025-06-01 | 1 | J189 | E1198 | | 05M092 | 0 | | 1950 | 1" for person in range(2, PERSONS + 2)]
    with pytest.raises(AssertionError):
        agree(assigned([*other, *map(twin, other), row.format("E1198"), twin(row.format("E1190"))]))


@seed(23)
@settings(max_examples=3, deadline=None, database=None)
@given(st.integers(0, 10**6))
def test_two_runs_agree_and_everyone_known_has_a_stratum_or_another_type(number: int) -> None:
    rows = stays(number)
    connection = built("\n".join([HEADER, *rows]), settings=five())
    again = built("\n".join([HEADER, *rows]), settings=five())
    tables = ("person_evidence", "person_type", "person_rule", "person_stratum", "at_risk_dcir")
    for table in tables:
        query = f"SELECT * FROM {table} ORDER BY ALL"
        assert connection.execute(query).fetchall() == again.execute(query).fetchall()
    nowhere = connection.execute(
        """SELECT person_rule.person_id, person_rule.condition FROM person_rule
           JOIN person_state USING (person_id, year) LEFT JOIN person_stratum USING (person_id, condition, year)
           LEFT JOIN person_type USING (person_id, condition, year)
           WHERE purpose = 'population' AND is_alive AND age_years >= 18 AND person_stratum.person_id IS NULL
             AND (person_type.person_type IS NULL OR person_type.person_type = 't2')"""
    )
    assert nowhere.fetchall() == []


def test_a_criterion_of_a_person_is_a_bit_where_it_has_a_reason_and_nowhere_else() -> None:
    """Bits are made from the events, reasons counted from them when they are read: two ways that must agree."""
    connection = built("\n".join([HEADER, *stays(7)]), settings=five())
    assert connection.execute("SELECT count(DISTINCT block_no) FROM person_criteria").fetchall()[0][0] > 1
    assert bits_without_reason(connection) == []
    one = "block_no = 0 AND person_id = 1 AND year = 2025"
    connection.execute(f"UPDATE person_criteria SET criteria = xor(criteria, CAST(1 AS HUGEINT)) WHERE {one}")
    assert len(bits_without_reason(connection)) == 1


def bits_without_reason(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """Criteria of persons that are a bit of theirs or a reason of theirs, but not both."""
    return connection.execute(
        """WITH bit AS (
             SELECT person_id, year, criterion_no FROM person_criteria JOIN criterion_bit USING (block_no)
             WHERE criteria & (CAST(bit AS HUGEINT) << block_shift) <> 0)
           SELECT * FROM bit FULL JOIN (SELECT person_id, year, criterion_no, events FROM person_evidence) AS reason
           USING (person_id, year, criterion_no) WHERE bit.person_id IS NULL OR events IS NULL"""
    ).fetchall()


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_random_persons_reach_every_stratum(condition: str) -> None:
    reached = {stratum for found in _reached() for (_, name), (_, stratum, _) in found.items() if name == condition}
    assert reached >= {1, 2, 3, 4}


def _reached() -> list[dict[tuple[str, str], tuple[str, int, str]]]:
    if not _REACHED:
        _REACHED.append(assigned(stays(0, 2 * PERSONS)))
    return _REACHED


_REACHED: list[dict[tuple[str, str], tuple[str, int, str]]] = []
