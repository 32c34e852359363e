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


def contents(connection: duckdb.DuckDBPyConnection, table: str, used: Iterable[str]) -> dict[str, str]:
    """By year: a fingerprint of the columns used, in which a window is told by its rank, then the days of the windows in this order."""
    columns = list(used)
    kept = ", ".join(["year", *(name for name in columns if name not in (*_DAYS, "year"))])
    query = f"""
        WITH ranked AS (
            SELECT {kept}, after_date, index_date, dense_rank() OVER (PARTITION BY year ORDER BY after_date, index_date) AS window_rank
            FROM {table}
        ),
        told AS (
            SELECT year, count(*) AS rows, sum(hash(t)) AS hash_sum, bit_xor(hash(t)) AS hash_xor
            FROM (SELECT {kept}, window_rank FROM ranked) AS t
            GROUP BY year
        ),
        days AS (
            SELECT year, string_agg(concat_ws(' ', after_date, index_date), ' ' ORDER BY window_rank) AS days
            FROM (SELECT DISTINCT year, after_date, index_date, window_rank FROM ranked)
            GROUP BY year
        )
        SELECT told.year, told.rows, told.hash_sum, told.hash_xor, days.days
        FROM told
        INNER JOIN days ON told.year = days.year
    """
    rows = connection.execute(query).fetchall()
    return {str(year): f"{fingerprints.digest([duckdb.__version__, kept, str(sums)])} {days}" for year, *sums, days in rows}


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
