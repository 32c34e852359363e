"""Which SNDS table about persons a header belongs to.

Belongs here: DCIR, IR_BEN_R, IR_IMB_R and the cartography, by their columns. Not here: every other file (recognise.py).
"""

from collections.abc import Iterable
from functools import cache

from strata.ingest.raw.raw_tables import column_rows, families, person_fields


def person_table_of(columns: Iterable[str]) -> str:
    """The table about persons these columns belong to: the one with the largest share of its own columns, given a key; else 'unknown'."""
    present = {column.upper() for column in columns}
    if "ID_CARTO" in present:
        return "CT_IND_AAAA_GN" if any(column.startswith(("TOP_", "SUP_")) for column in present) else "CT_IDE_AAAA_GN"
    if not present & {"FLX_DIS_DTD", "BEN_NIR_PSA", "NUM_ENQ"}:
        return "unknown"
    scores = {table: len(present & own) / len(own) for table, own in _own_columns().items()}
    best = max(scores, key=lambda table: scores[table])
    return best if scores[best] > 1 / 2 else "unknown"


@cache
def _own_columns() -> dict[str, set[str]]:
    """Per table, the required columns that no other table about persons has."""
    rows = [row for field in person_fields() for row in column_rows(field) if row["required"] == "yes"]
    counts = {row["column"]: sum(other["column"] == row["column"] for other in rows) for row in rows}
    tables = [one.family for field in person_fields() for one in families(field) if not one.family.startswith("CT_")]
    return {table: {row["column"] for row in rows if row["table"] == table and counts[row["column"]] == 1} for table in tables}
