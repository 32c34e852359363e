"""What is written of care outside MCO, the same for both forms: rows in file order with their numbers, codes as text.

Belongs here: order, numbers, pseudonyms, slices. Not here: lines (atih_care.py) and tables (snds_care.py).
"""

from dataclasses import dataclass

import numpy as np

from strata.synthetic.chance import Chance
from strata.synthetic.dirt import PSEUDONYM_BLANK, PSEUDONYM_LOWER, PSEUDONYM_UPPER
from strata.synthetic.geography import geography
from strata.synthetic.record import fact_codes, pseudonyms
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE, rows

DAILY_RATE_CENTS = 31_050
TEXT = {PSEUDONYM_BLANK: b"", PSEUDONYM_LOWER: b"x" * 17, PSEUDONYM_UPPER: b"X" * 16 + b"D"}


@dataclass(frozen=True)
class CareRecord:
    """Rows sorted by year, field, hospital and file order; the `place` of codes, acts and groups is a row of `unit`."""

    stay: Table
    unit: Table
    code: Table
    act: Table
    group: Table

    def slice(self, field: str, year: int, hospital: int | None = None, is_contact: bool = False) -> "CareRecord":
        """The stays, or the contacts, of a field and year, or of one hospital of it; rows count from 0 again."""
        stay = self.stay
        here = (stay["field"] == field.encode()) & (stay["year"] == year) & ((stay["form"] == b"contact") == is_contact)
        if hospital is not None:
            here &= stay["hospital"] == hospital
        kept = here[self.unit["stay"]]
        stays, places = np.cumsum(here) - 1, np.append(np.cumsum(kept) - 1, NONE)
        parts = [self.unit, self.code, self.act, self.group]
        chosen = [take(table, np.flatnonzero(here[table["stay"]])) for table in parts]
        for table in chosen:
            table["stay"] = stays[table["stay"]]
            if "place" in table:
                table["place"] = places[table["place"]]
        return CareRecord(take(stay, np.flatnonzero(here)), *chosen)

    def acts(self, system: str) -> Table:
        """The acts of one nomenclature: 'ccam' or 'csarr'."""
        is_of_it = np.array([row["system"] == system for row in rows("facts")])
        return take(self.act, np.flatnonzero(is_of_it[self.act["fact"]]))


def make_care_record(chance: Chance, persons: int, row: Table, unit: Table, code: Table, act: Table, group: Table) -> CareRecord:
    """Put rows in file order and write what facts and numbers stand for."""
    order = np.lexsort((row["person"], row["exit"], row["form"] == b"contact", row["hospital"], row["field"], row["year"]))
    stay = take(row, order)
    new = np.empty(len(order), dtype=np.int64)
    new[order] = np.arange(len(order))
    by_place = np.lexsort((unit["rank"], new[unit["stay"]]))
    places = np.empty(len(by_place), dtype=np.int64)
    places[by_place] = np.arange(len(by_place))
    units = take(unit, by_place)
    units["stay"] = new[units["stay"]]
    tables = [_moved(table, new, np.append(places, NONE)) for table in (code, act, group)]
    for table in tables[:2]:
        table["code"] = fact_codes()[table["fact"]]
    _write_text(pseudonyms(chance, persons), stay, units)
    return CareRecord(stay, units, *tables)


def _moved(table: Table, stays: np.ndarray, places: np.ndarray) -> Table:
    moved = {**table, "stay": stays[table["stay"]], "place": places[table["place"]]}
    return take(moved, np.lexsort((np.arange(len(moved["stay"])), moved["place"], moved["stay"])))


def _write_text(names: np.ndarray, stay: Table, unit: Table) -> None:
    for name in ("finess", "unit_finess"):
        stay[name] = np.array([item[name] for item in rows("care_hospitals")], dtype="S9")[stay["hospital"]]
    is_contact = stay["form"] == b"contact"
    group = np.unique(
        np.stack([stay["year"], stay["hospital"], *(stay["field"] == f for f in (b"smr", b"had")), is_contact]), axis=1, return_inverse=True
    )[1]
    stay["stay_number"] = _count_within(group)
    _, person = np.unique(np.stack([group, stay["person"]]), axis=1, return_inverse=True)
    first = np.full(person.max(initial=0) + 1, len(person))
    np.minimum.at(first, person, np.arange(len(person)))
    stay["stay_identifier"] = stay["stay_number"][first[person]]
    written = names[stay["person"]]
    stay["ipp_hash"] = np.char.add(
        np.char.add(b"IPP", np.char.replace(written, b"SYNTHETIC", b"")), np.char.zfill(stay["hospital"].astype("S3"), 3)
    ).astype("S16")
    for state, text in TEXT.items():
        written = np.where(stay["pseudonym_state"] == state, text, written)
    stay["pseudonym"] = written.astype("S17")
    stay["geo_code"] = np.append(geography().codes, "").astype("S5")[stay["geo"]]
    baby = stay["age"] < 1
    stay["age_years_written"], stay["age_days_written"] = np.where(baby, -1, stay["age"]), np.where(baby, stay["age_days"], -1)
    stay["presence_days"] = np.bincount(unit["stay"], weights=unit["days"], minlength=len(stay["year"])).astype(np.int64)
    stay["unit_count"] = np.bincount(unit["stay"], minlength=len(stay["year"]))
    stay["billing_base_cents"] = stay["presence_days"] * DAILY_RATE_CENTS


def _count_within(group: np.ndarray) -> np.ndarray:
    """1, 2, 3… within each run of equal numbers (the rows are sorted by group)."""
    begins = np.concatenate([[True], group[1:] != group[:-1]])
    first = np.maximum.accumulate(np.where(begins, np.arange(len(group)), 0))
    return np.arange(len(group)) - first + 1
