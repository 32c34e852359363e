"""What is written, the same for both forms: stays in file order with their numbers, codes as text.

Belongs here: order, numbering, pseudonyms, slices. Not here: ATIH lines (atih.py) and SNDS tables (snds.py).
"""

from dataclasses import dataclass

import numpy as np

from strata.synthetic.chance import Chance
from strata.synthetic.dirt import PSEUDONYM_BLANK, PSEUDONYM_LOWER, PSEUDONYM_UPPER
from strata.synthetic.geography import geography
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE, fact_bits, rows

PSEUDONYM_PREFIX = b"SYNTHETIC"
NUMBER_WIDTH = 8


@dataclass(frozen=True)
class Record:
    """Stays sorted by year, hospital and file order; unit, das and act sorted by stay, their `stay` a row of `stay`."""

    stay: Table
    unit: Table
    das: Table
    act: Table

    def slice(self, year: int, hospital: int | None = None) -> "Record":
        """One year, or one hospital of it; rows count from 0 again."""
        here = self.stay["year"] == year
        if hospital is not None:
            here &= self.stay["hospital"] == hospital
        return self.rows(here)

    def rows(self, kept: np.ndarray) -> "Record":
        """Some stays, in the same order, with their codes."""
        number = np.cumsum(kept) - 1
        codes = [_renumber(table, kept, number) for table in (self.unit, self.das, self.act)]
        return Record(take(self.stay, np.flatnonzero(kept)), *codes)


def _renumber(table: Table, kept: np.ndarray, number: np.ndarray) -> Table:
    chosen = take(table, np.flatnonzero(kept[table["stay"]]))
    chosen["stay"] = number[chosen["stay"]]
    return chosen


def pseudonyms(chance: Chance, persons: int) -> np.ndarray:
    """A pseudonym of 17 characters for each person, in no order that tells anything."""
    shuffled = chance.stream("pseudonym").permutation(persons)
    digits = np.char.zfill(shuffled.astype(f"S{NUMBER_WIDTH}"), NUMBER_WIDTH)
    return np.char.add(PSEUDONYM_PREFIX, digits).astype("S17")


def fact_codes() -> np.ndarray:
    """The code of each fact as bytes; a last blank stands for NONE."""
    return np.array([row["code"] for row in rows("facts")] + [""], dtype="S7")


def authorisation_codes() -> np.ndarray:
    """The authorisation of each kind of unit as bytes."""
    return np.array([row["authorisation"].removesuffix("S") for row in rows("units")], dtype="S4")


def make_record(chance: Chance, persons: int, stay: Table, unit: Table, das: Table, act: Table) -> Record:
    """Put the stays in file order and write what facts and numbers stand for."""
    order = np.lexsort((stay["person"], stay["exit"], stay["dp"], stay["ghm"], stay["hospital"], stay["year"]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    ordered = take(stay, order)
    _write_text(chance, persons, ordered)
    tables = [_in_order(table, place) for table in (unit, das, act)]
    _count_codes(ordered, *tables)
    return Record(ordered, *tables)


def _in_order(table: Table, place: np.ndarray) -> Table:
    written = take(table, np.flatnonzero(table["fact"] != NONE))
    written["stay"] = place[written["stay"]]
    written = take(written, np.lexsort((np.arange(len(written["stay"])), written["rank"], written["stay"])))
    written["code"] = fact_codes()[written["fact"]]
    return written


def _write_text(chance: Chance, persons: int, stay: Table) -> None:
    """Hospital, number, pseudonym, residence, codes, as the files hold them."""
    for name in ("finess", "unit_finess"):
        stay[name] = np.array([row[name] for row in rows("hospitals")], dtype="S9")[stay["hospital"]]
    begins = np.ones(len(stay["year"]), dtype=bool)
    begins[1:] = (stay["hospital"][1:] != stay["hospital"][:-1]) | (stay["year"][1:] != stay["year"][:-1])
    first = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))
    stay["stay_number"] = np.arange(len(begins)) - first + 1
    written = pseudonyms(chance, persons)[stay["person"]]
    for state, text in ((PSEUDONYM_BLANK, b""), (PSEUDONYM_LOWER, b"x" * 17), (PSEUDONYM_UPPER, b"X" * 16 + b"D")):
        written = np.where(stay["pseudonym_state"] == state, text, written)
    stay["pseudonym"] = written.astype("S17")
    stay["geo_code"] = np.append(geography().codes, "").astype("S5")[stay["geo"]]
    stay["dp_code"], stay["dr_code"] = fact_codes()[stay["dp"]], fact_codes()[stay["dr"]]
    baby = stay["age"] < 1
    stay["age_years_written"] = np.where(baby, -1, stay["age"])
    stay["age_days_written"] = np.where(baby, stay["age_days"], -1)


def _count_codes(stay: Table, unit: Table, das: Table, act: Table) -> None:
    """How many associated diagnoses and acts a stay and each of its units have."""
    count = len(stay["year"])
    for name, table in (("das", das), ("procedure", act)):
        stay[f"{name}_count"] = np.bincount(table["stay"], minlength=count)
        key = unit["stay"] * 4 + unit["rank"]
        per_unit = np.bincount(table["stay"] * 4 + table["rank"], minlength=count * 4 + 4)
        unit[f"{name}_count"] = per_unit[key]
    own = fact_bits("means").shape[0]
    first = np.full(count, own)
    same = unit["fact"] == stay["dp"][unit["stay"]]
    np.minimum.at(first, unit["stay"][same], unit["rank"][same])
    stay["dp_unit_rank"] = np.where(first == own, 1, first)
