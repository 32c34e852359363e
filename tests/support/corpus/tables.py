"""Good SNDS tables of one hospital as bytes, and benches: tables where good and spoilt rows alternate.

Belongs here: what the mutations of tables share. Not here: the mutations. Row numbers do not count the header.
"""

import io
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.corpus.parcel import SECRET_CODE, Parcel
from tests.support.corpus.stays import chained, number, person
from tests.support.snds_set import DEFAULTS, Rows, stay, together

TABLES = tuple(DEFAULTS)
Row = dict[str, str] | bytes  # bytes: the line itself
SpoiltRow = tuple[str, Row, set[str]]  # name, cells changed or the whole line, the reasons of which it must get one


def good(finess: str, ranks: Iterable[int]) -> Rows:
    """The rows of good stays, by table."""
    return together(
        *(stay(int(number(rank)), finess, B={"DGN_PAL": SECRET_CODE}, C={"NIR_ANO_17": person(finess, rank)}) for rank in ranks)
    )


def line(row: Row, names: list[str], separator: str = ";") -> bytes:
    """One row as text."""
    return row if isinstance(row, bytes) else separator.join(row.get(name, "") for name in names).encode()


def table_csv(rows: Iterable[Row], separator: str = ";", end: bytes = b"\r\n") -> bytes:
    """A table as a project extracts it."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    return b"".join(one + end for one in [separator.join(names).encode(), *(line(row, names, separator) for row in rows)])


def table_parquet(rows: Iterable[dict[str, str]], **options: str) -> bytes:
    """The same in Parquet, all text, blanks as NULL."""
    rows = list(rows)
    buffer = io.BytesIO()
    pq.write_table(pa.table({name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]}), buffer, **options)
    return buffer.getvalue()


def files(label: str, rows: Rows) -> dict[str, bytes]:
    """The CSV files of a set."""
    return {f"T_MCO{label}{table}.csv": table_csv(rows[table]) for table in TABLES}


def parquet_files(label: str, rows: Rows) -> dict[str, bytes]:
    """The Parquet files of a set."""
    return {f"T_MCO{label}{table}.parquet": table_parquet(rows[table]) for table in TABLES}


def row_bench(name: str, finess: str, label: str, spoilt: dict[str, list[SpoiltRow]]) -> Parcel:
    """Good and spoilt rows in turn, in each table of `spoilt`, of stays that no other table spoils.

    A stay whose row of B is bad has no row elsewhere; any other keeps its other rows, which come last.
    """
    good_ranks = range(max(map(len, spoilt.values()), default=0) + 1)
    bad_ranks = {table: range(1000 * (rank + 1), 1000 * (rank + 1) + len(rows)) for rank, (table, rows) in enumerate(spoilt.items())}
    rows, bad = good(finess, good_ranks), {table: good(finess, ranks) for table, ranks in bad_ranks.items()}
    content, lines, aside, stays = {}, {}, {}, chained(good_ranks)
    for table in TABLES:
        file, own = f"T_MCO{label}{table}.csv", spoilt.get(table, [])
        mixed: list[Row] = [rows[table][0]]
        for (_, change, _), sound, row in zip(own, rows[table][1:], bad.get(table, rows)[table]):
            mixed += [change if isinstance(change, bytes) else row | change, sound]
        mixed += rows[table][len(own) + 1 :]
        mixed += [row for other, of_other in bad.items() if other not in ("B", table) for row in of_other[table]]
        content[file], lines[file] = table_csv(mixed), len(mixed)
        aside |= {(file, 2 * rank): reasons for rank, (_, _, reasons) in enumerate(own, start=1) if reasons}
        if own and table != "B":
            stays |= chained(bad_ranks[table], table != "C")
    cases = [one for own in spoilt.values() for one in own]
    return Parcel(name, finess, content, len(cases), stays, aside, lines=lines, is_exact=all(reasons for _, _, reasons in cases))
