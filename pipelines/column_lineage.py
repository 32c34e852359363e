"""From which columns a column is made, as Dagster's catalogue shows it.

Belongs here: the reviewed edges of strata/tables/lineage.csv in Dagster's words. Not here: finding them (strata/lineage parses SQL).
"""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import dagster as dg

import strata

_EDGES = Path(strata.__file__).parent / "tables" / "lineage.csv"


def column_lineage(table: str) -> dg.TableColumnLineage | None:
    """What each column of a table is made of; None for a table that no SQL makes."""
    found = _by_table().get(table)
    return dg.TableColumnLineage(found) if found else None


@cache
def _by_table() -> dict[str, dict[str, list[dg.TableColumnDep]]]:
    found: dict[str, dict[str, list[dg.TableColumnDep]]] = defaultdict(lambda: defaultdict(list))
    with _EDGES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["table_name"]][row["column_name"]].append(dg.TableColumnDep(row["from_table"], row["from_column"]))
    return found
