"""The dirt of the fields beyond MCO: identities that fail, lines that come twice, of an unknown version, or without a stay.

Belongs here: what is spoiled, and how much of it. Not here: what the truth makes of it (truth.py); the dirt of MCO (dirt.py).
"""

import numpy as np
import pyarrow as pa

from strata.ingest.lines.layouts import layout_for_year
from strata.synthetic.chance import Chance, quota
from strata.synthetic.dirt import GOOD_CODES, PSEUDONYM_BLANK, PSEUDONYM_LOWER, PSEUDONYM_OK, PSEUDONYM_UPPER
from strata.synthetic.stays import Table
from strata.synthetic.tables import NONE, position, rows

DIRT_SHARE = 0.002
STATES = {"placeholder_lower": PSEUDONYM_LOWER, "placeholder_upper": PSEUDONYM_UPPER, "blank_pseudonym": PSEUDONYM_BLANK}
SPOILED_FAMILIES = {"smr_rha", "had_rapss", "psy_rpsa", "psy_r3a"}
UNKNOWN_VERSION = b"Z99"
NOBODYS_STAY = "999999999"


def spoiled_year(years: range) -> int:
    """The year whose files hold spoiled lines."""
    return years[2]


def soil_care(chance: Chance, row: Table) -> None:
    """Identities that fail: at most one kind a row, each kind in each field; contacts, scripts and regulars are left alone."""
    count = len(row["year"])
    row["chaining"] = np.full(count, GOOD_CODES, dtype="S9")
    row["pseudonym_state"] = np.full(count, PSEUDONYM_OK, dtype=np.int8)
    row["has_ano"] = np.ones(count, dtype=bool)
    row["dirt"] = np.full(count, NONE, dtype=np.int16)
    met = np.unique(row["person"][row["form"] == b"contact"])
    free = (row["script"] == NONE) & ~row["died"] & ~row["is_regular"] & ~np.isin(row["person"], met)
    chaining = [item["dirt"] for item in rows("dirt") if item["dirt"].startswith("chaining_")]
    for field in ("smr", "had", "psy"):
        for name in (*chaining, *STATES, "without_ano"):
            candidates = np.flatnonzero(free & (row["field"] == field.encode()) & (row["dirt"] == NONE))
            chosen = quota(chance.stream(f"{field} {name}"), candidates, DIRT_SHARE, 1)
            row["dirt"][chosen] = position("dirt", "dirt")[name]
            if name in chaining:
                place = chaining.index(name)
                row["chaining"][chosen] = GOOD_CODES[:place] + b"1" + GOOD_CODES[place + 1 :]
            elif name in STATES:
                row["pseudonym_state"][chosen] = STATES[name]
            else:
                row["has_ano"][chosen] = False
    _lose_contacts(row)


def _lose_contacts(row: Table) -> None:
    """An act has no chaining line: it is known through a stay of the same patient, hospital and year, else it is nobody's."""
    key = (row["person"].astype(np.int64) * 100 + row["hospital"]) * 10_000 + row["year"]
    is_contact = row["form"] == b"contact"
    lost = is_contact & ~np.isin(key, key[~is_contact & (row["field"] == b"psy")])
    row["pseudonym_state"][lost] = PSEUDONYM_BLANK
    row["dirt"][lost] = position("dirt", "dirt")["blank_pseudonym"]


def count_dirt(row: Table) -> dict[str, int]:
    """How many rows of each field carry each kind of dirt, by name."""
    counted = {}
    for field in np.unique(row["field"]):
        here = row["field"] == field
        for number in np.unique(row["dirt"][here & (row["dirt"] != NONE)]):
            counted[f"{field.decode()}_{rows('dirt')[number]['dirt']}"] = int((row["dirt"][here] == number).sum())
    return counted


def spoil_lines(text: bytes, family: str, year: int, newline: bytes) -> bytes:
    """The lines of a file with two more at the end: the first one again, and the last one under a version nobody knows."""
    lines = text.split(newline)[:-1]
    start = layout_for_year(family, year).fixed.field("format_version").start
    unknown = lines[-1][:start] + UNKNOWN_VERSION + lines[-1][start + len(UNKNOWN_VERSION) :]
    return newline.join([*lines, lines[0], unknown, b""])


def row_again(table: pa.Table) -> pa.Table:
    """A table whose first row comes twice."""
    return pa.concat_tables([table, table.slice(0, 1)])


def with_orphan(table: pa.Table, number: str) -> pa.Table:
    """A table with a row more, of a stay that is nowhere. number: the column of the stay number."""
    orphan = table.slice(0, 1)
    place, width = table.schema.get_field_index(number), len(table[number][0].as_py())
    return pa.concat_tables([table, orphan.set_column(place, number, pa.array([NOBODYS_STAY[:width]]))])
