"""Windows of days that move with the index date, and the persons whom they pass.

Belongs here: telling a small table of windows (year, after_date, index_date: what a window holds is of a day after the first and up to the
second) by its other columns and its days, and finding who has such a day between where a window was and where it is. Not here: what else
makes rows stale (changes.py).

A month moves the index date of its year. Nearly everybody has the same in both windows, and their rows come out the same.
"""

from collections.abc import Iterable

import duckdb

from strata.engine import fingerprints

_DAYS = ("index_date", "after_date")
Moved = set[tuple[str, str]]  # days between where windows were and where they are: after the first, up to the second


def contents(connection: duckdb.DuckDBPyConnection, table: str, used: list[str]) -> dict[str, str]:
    """By year: a fingerprint of the columns used, in which a window is told by its rank, then the days of the windows in this order."""
    kept = [name for name in used if name not in _DAYS]
    ranked = f"(SELECT *, dense_rank() OVER (PARTITION BY year ORDER BY after_date, index_date) AS window_rank FROM {table})"
    days = f"""
        SELECT year, string_agg(concat_ws(' ', after_date, index_date), ' ' ORDER BY window_rank)
        FROM (SELECT DISTINCT year, after_date, index_date, window_rank FROM {ranked})
        GROUP BY year
    """
    told = fingerprints.by_year(connection, ranked, [*kept, "window_rank"])
    return {str(year): f"{told[str(year)]} {its}" for year, its in connection.execute(days).fetchall()}


def moved(before: str, now: str) -> Moved | None:
    """Between two contents of a year: the days passed, where the windows are the same but for their days; None: they are not."""
    (told, *left), (again, *right) = before.split(), now.split()
    if told != again or len(left) != len(right):
        return None
    return {(min(pair), max(pair)) for pair in zip(left, right) if pair[0] != pair[1]}


def passed(dated: Iterable[str], days: Moved) -> list[str]:
    """Questions for the persons who have a row in a stretch of days, in columns named `table.column`."""
    where = " OR ".join(f"({{column}} > DATE '{first}' AND {{column}} <= DATE '{last}')" for first, last in sorted(days))
    return [
        f"SELECT person_id FROM {table} WHERE {where.format(column=column)}" for table, _, column in (one.partition(".") for one in dated)
    ]
