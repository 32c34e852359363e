"""Small questions to a table of the warehouse: is it there, which columns, how many rows.

Belongs here: what the other modules of this folder ask of a table without reading it. Not here: its content (fingerprints.py).
"""

import duckdb


def is_there(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table or view can be read. DuckDB's own lists would say so too, ten times slower: they measure every table."""
    try:
        connection.execute(f"SELECT 1 FROM {table} LIMIT 0")
    except (duckdb.CatalogException, duckdb.BinderException):
        return False
    return True


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Their names, in order."""
    return [column[0] for column in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a table, or of what may stand after FROM."""
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def has_rows(connection: duckdb.DuckDBPyConnection, table: str, which: str) -> bool:
    """Whether a row meets a condition."""
    return bool(connection.execute(f"SELECT 1 FROM {table} WHERE {which} LIMIT 1").fetchall())
