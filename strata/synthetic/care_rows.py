"""From true stays outside MCO to what a file of one year holds: rows by year, weeks, sub-sequences, sequences.

Belongs here: hospital, dates, modes, age, units and their days. Not here: codes (care_coding.py) and money (care_money.py).
A stay over New Year is a row of each year, and its weeks and sequences are cut there; only the last row has an exit.
"""

import numpy as np

from strata.synthetic.care import Care, field_of, form, script_flag
from strata.synthetic.chance import Chance, weighted
from strata.synthetic.dates import completed_years, day, year_of
from strata.synthetic.geography import REST, geography
from strata.synthetic.people import People
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE, column, rows

PART_DAYS = {"had": 11, "psy": 25}  # the longest sub-sequence and sequence
DAY_HOSPITAL = (0, 2, 4)  # Monday, Wednesday, Friday
HALF_DAY = 4  # the Friday of a day hospital in psychiatry is half a day
HAS_ESMS_PERCENT, HAS_SSIAD_PERCENT = 12, 9


def weekday(days: np.ndarray) -> np.ndarray:
    """0 on Mondays."""
    return (days + 3) % 7


def make_rows(chance: Chance, people: People, care: Care, years: range) -> Table:
    """One row per stay and year with days in it: the `stay` of a file; `is_unfinished` where a later year goes on."""
    first_year = year_of(care.entry)
    last_year = np.minimum(year_of(care.exit), years[-1])
    count = last_year - first_year + 1
    owner = np.repeat(np.arange(len(count)), count)
    year = first_year[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    begins, ends = (np.array([day(y + add) for y in range(years.start, years.stop + 1)]) for add in (0, 1))
    row: Table = {"true_stay": owner, "year": year, "person": care.person[owner], "kind": care.kind[owner], "script": care.script[owner]}
    row["entry"], row["true_exit"] = care.entry[owner].astype(np.int64), care.exit[owner].astype(np.int64)
    row["first"] = np.maximum(row["entry"], begins[year - years.start])
    row["exit"] = np.minimum(row["true_exit"], ends[year - years.start] - 1)
    row["is_unfinished"] = row["true_exit"] > row["exit"]
    row["died"] = care.died[owner] & ~row["is_unfinished"]
    row["is_transfer"] = care.is_transfer[owner]
    row["field"], row["form"] = field_of()[row["kind"]].astype("S3"), form()[row["kind"]].astype("S7")
    _persons(people, row)
    _hospitals(chance, people, care, row)
    _modes(chance, row)
    row["home"] = _homes(chance, care)[owner]
    return row


def _persons(people: People, row: Table) -> None:
    birth = people.birth[row["person"]]
    row["age"], row["age_days"] = completed_years(birth, row["entry"]), row["entry"] - birth
    row["sex"] = people.sex[row["person"]]
    home = people.home_on(row["person"], row["entry"])
    row["old_geo"] = home
    row["geo"] = np.where(script_flag(row["script"], "moved"), people.later_home[row["person"]], home).astype(np.int16)


def _hospitals(chance: Chance, people: People, care: Care, row: Table) -> None:
    """A hospital near home that has the field; the same for all the years of a stay, and a person has one psychiatry."""
    territory = geography().territory_of[row["old_geo"]]
    territory = np.where(territory >= 0, territory, geography().territory_of[0])
    by_stay, by_person = chance.uniform("hospital", len(care.person)), chance.uniform("psychiatry", len(people))
    uniform = np.where(row["field"] == b"psy", by_person[row["person"]], by_stay[row["true_stay"]])
    chosen = np.zeros(len(territory), dtype=np.int64)
    for number, name in enumerate(geography().territory_ids):
        for field in ("smr", "had", "psy"):
            here = (territory == number) & (row["field"] == field.encode())
            near = _near(name, field)
            chosen[here] = near[weighted(uniform[here], column("care_hospitals", "weight")[near])]
    asked = care.hospital[row["true_stay"]]
    row["is_regular"] = asked != NONE
    row["hospital"] = np.where(asked == NONE, chosen, asked)


def _near(territory: str, field: str) -> np.ndarray:
    """The hospitals of a territory that have a field of care, else those of the rest."""
    offers = np.array([field in row["fields"].split() for row in rows("care_hospitals")])
    places = np.array([row["territory_id"] for row in rows("care_hospitals")])
    own = np.flatnonzero(offers & (places == territory))
    return own if len(own) else np.flatnonzero(offers & (places == REST))


def _modes(chance: Chance, row: Table) -> None:
    """How people came and left; a stay that goes on has not left."""
    row["entry_mode"] = np.where(row["is_transfer"], b"7", b"8").astype("S1")
    row["entry_provenance"] = np.where(row["is_transfer"], b"1", b"").astype("S1")
    back = chance.uniform("back", len(row["year"])) < 0.05
    left = np.where(row["died"], b"9", np.where(back, b"7", b"8"))
    row["exit_mode"] = np.where(row["is_unfinished"], b"", left).astype("S1")
    row["exit_destination"] = np.where(row["exit_mode"] == b"7", b"1", b"").astype("S1")


def _homes(chance: Chance, care: Care) -> np.ndarray:
    """Where hospital at home takes place: '' at home, 'esms' in a social institution, 'ssiad' with a nursing service."""
    uniform = chance.uniform("home", len(care.person)) * 100
    home = np.where(uniform < HAS_ESMS_PERCENT, b"esms", np.where(uniform < HAS_ESMS_PERCENT + HAS_SSIAD_PERCENT, b"ssiad", b""))
    return np.where(field_of()[care.kind] == "had", home, b"").astype("S5")


def make_units(row: Table) -> Table:
    """One row per week (SMR), sub-sequence (HAD), sequence (PSY) or contact: its days, and the days present."""
    start = _starts(row)
    owner, rank, first, last = start
    unit: Table = {"stay": owner, "rank": rank, "first": first, "last": last}
    flags = _flags(row, unit)
    unit["flags"] = flags
    partial = (row["form"][owner] == b"day") & (row["field"][owner] == b"psy")
    unit["half_days"] = np.where(partial, flags[:, HALF_DAY], 0).astype(np.int64)
    whole = flags.sum(axis=1)
    span = last - first + 1
    days = np.where(row["field"][owner] == b"smr", whole, span)
    unit["days"] = np.where(partial, _count_weekdays(first, last, (0, 2)), days)
    unit["half_days"] = np.where(partial, _count_weekdays(first, last, (HALF_DAY,)), 0)
    unit["sequence"], unit["sub_sequence"] = _sequences(row, unit)
    return unit


def _starts(row: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Owner, rank from 1, first and last day of each unit."""
    first, last = row["first"], row["exit"]
    monday = first - weekday(first)
    step = np.full(len(first), 7)
    for field, days in PART_DAYS.items():
        step[row["field"] == field.encode()] = days
    anchor = np.where(row["field"] == b"smr", monday, first)
    count = (last - anchor) // step + 1
    owner = np.repeat(np.arange(len(first)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    begins = anchor[owner] + place * step[owner]
    return owner, place + 1, np.maximum(begins, first[owner]), np.minimum(begins + step[owner] - 1, last[owner])


def _flags(row: Table, unit: Table) -> np.ndarray:
    """Per unit, the days of its first week with the patient present: seven columns from Monday."""
    owner = unit["stay"]
    monday = unit["first"] - weekday(unit["first"])
    days = monday[:, None] + np.arange(7)
    there = (days >= unit["first"][:, None]) & (days <= unit["last"][:, None])
    open_ = np.isin(np.arange(7), DAY_HOSPITAL) | (row["form"][owner] != b"day")[:, None]
    found = there & open_
    alone = ~found.any(axis=1)
    found[alone] = days[alone] == unit["first"][alone][:, None]  # a day hospital week cut by New Year has one day all the same
    return found


def _count_weekdays(first: np.ndarray, last: np.ndarray, wanted: tuple[int, ...]) -> np.ndarray:
    """How many days of [first, last] fall on some weekdays (0 is Monday)."""
    return sum(np.maximum(0, (last - day_ - 4) // 7 - (first - 1 - day_ - 4) // 7) for day_ in wanted)


def _sequences(row: Table, unit: Table) -> tuple[np.ndarray, np.ndarray]:
    """Number of the sequence, and of the sub-sequence in it: in HAD two sub-sequences make a sequence."""
    had = row["field"][unit["stay"]] == b"had"
    sequence = np.where(had, (unit["rank"] + 1) // 2, unit["rank"])
    return sequence, np.where(had, (unit["rank"] + 1) % 2 + 1, 1)


def without(table: Table, kept: np.ndarray, number: np.ndarray) -> Table:
    """The rows of a table whose stay is kept, with the new number of the stay."""
    chosen = take(table, np.flatnonzero(kept[table["stay"]]))
    chosen["stay"] = number[chosen["stay"]]
    return chosen
