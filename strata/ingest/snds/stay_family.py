"""Which SNDS table about stays a header belongs to, in whatever field of care.

Belongs here: T_MCOaaB, T_SSRaaB, T_HADaaB, T_RIPaaRSA and those that go with them, by their columns and by the names of files.
Not here: tables about persons (person_family.py), every other file (recognise.py), which tables go together (stay_sets.py).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from strata.ingest.raw.raw_tables import Family, families, family, fields, raw_table
from strata.ingest.snds.columns import Column, columns

UNKNOWN_TABLE = "unknown"
_INVOICES = re.compile(r"T_(MCO|SSR|HAD|RIP)\d\dF[A-Z](STC)?(?![A-Z])", re.IGNORECASE)  # fees, drugs, outpatients


@dataclass(frozen=True)
class Named:
    """What the name of a file says: the two digits of the year, and the table."""

    label: str
    family: Family


@dataclass(frozen=True)
class _Signature:
    """By what a table is known: names it cannot do without (key), all it needs, and the columns no other table of its field needs."""

    key: tuple[Column, ...]
    required: tuple[Column, ...]
    own: frozenset[str]


def named(name: str) -> Named | None:
    """The table that the name of a file says (T_MCO17B.csv, T_RIP17R3A_2.parquet); None when it says none of ours."""
    match = _names().search(_file_name(name))
    if match is None:
        return None
    before, label, after = (part.upper() for part in match.groups())
    known = family(f"{before}aa{after}")
    return Named(label, known) if known else None


def is_another_table(name: str) -> bool:
    """Whether a file is named as an SNDS table of invoices that is not read (T_MCO17FC): they look just like one that is (T_MCO17FB)."""
    return named(name) is None and _INVOICES.search(_file_name(name)) is not None


def _file_name(name: str) -> str:
    return name.rpartition("!")[2].rpartition("/")[2]


@cache
def _names() -> re.Pattern[str]:
    """The longest names first, so that none is taken for the beginning of another."""
    parts = [one.family.partition("aa") for one in _stay_families()]
    before = "|".join(sorted({start for start, _, _ in parts}))
    after = "|".join(sorted({end for _, _, end in parts}, key=lambda end: (-len(end), end)))
    return re.compile(rf"({before})(\d\d)({after})(?![A-Z])", re.IGNORECASE)


def stay_table_of(header: Iterable[str], name: str = "") -> str:
    """The table about stays these columns belong to, 'unknown' when none: the key must be there.

    Of the tables whose columns are all there, the one that needs the most; else the one with the largest share of the columns that are
    its own in its field. Between two alike, the name of the file decides.
    """
    present = frozenset(column.upper() for column in header)
    if is_another_table(name):
        return UNKNOWN_TABLE
    said = named(name)
    scores = {
        table: (*score, said is not None and said.family.family == table)
        for table, signature in _signatures().items()
        if (score := _score(signature, present))
    }
    return max(scores, key=lambda table: scores[table]) if scores else UNKNOWN_TABLE


def _score(signature: _Signature, present: frozenset[str]) -> tuple[bool, float] | None:
    """(whether all that is needed is there, how much of it); None when the key is not there, or nothing of its own."""
    if not all(present.intersection(column.sources) for column in signature.key):
        return None
    if all(present.intersection(column.sources) for column in signature.required):
        return True, len(signature.required)
    share = len(present & signature.own) / len(signature.own) if signature.own else 0
    return (False, share) if share else None


@cache
def _signatures() -> dict[str, _Signature]:
    return {one.family: _signature(one) for one in _stay_families()}


def _signature(one: Family) -> _Signature:
    table = raw_table(one.raw_table)
    mine = [column for column in columns(one.family) if column.sources]
    others = [column for other in families(one.field) if other.family != one.family for column in columns(other.family) if column.required]
    required = tuple(column for column in mine if column.required)
    key = tuple(column for column in mine if column.name in (table.stay_columns or table.parent_key))
    theirs = {source for column in others for source in column.sources}
    return _Signature(key, required, frozenset(source for column in required for source in column.sources) - theirs)


def _stay_families() -> list[Family]:
    return [one for field in fields() for one in families(field)]
