"""What a table was made of, so that one made of the same is not made again.

Belongs here: the fingerprint of a table's content, of what a table is made from (its SQL and the content of its inputs), and their record
in the warehouse. Not here: making tables (models.py), nor the order in which they are made (pipelines/).

A table that comes out the same although its inputs changed does not make what reads it stale: fingerprints follow content, not time.
"""

import hashlib

import duckdb

from strata.models import Model

_DDL = """CREATE TABLE IF NOT EXISTS table_fingerprint (
    table_name VARCHAR PRIMARY KEY, made_of VARCHAR, content VARCHAR, rows BIGINT)"""


def content(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A fingerprint of columns and rows, whatever their order: names and types, number of rows, two sums of the hashes of rows."""
    columns = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall()
    sums = connection.execute(f"SELECT count(*), sum(hash(t)), bit_xor(hash(t)) FROM {table} AS t").fetchall()
    return _digest([duckdb.__version__, str(columns), str(sums)])


def made_of(model: Model, inputs: dict[str, str]) -> str:
    """A fingerprint of what a table is made from. inputs: the content of each table it reads."""
    return _digest([duckdb.__version__, model.sha256, *(f"{name} {inputs[name]}" for name in model.inputs)])


def up_to_date(connection: duckdb.DuckDBPyConnection, table: str, wanted: str) -> tuple[str, int] | None:
    """The content and rows of a table that was made of just this, and is still there; None when it must be made."""
    connection.execute(_DDL)
    query = """
        SELECT content, rows FROM table_fingerprint
        WHERE table_name = ? AND made_of = ? AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE NOT temporary)
    """
    found = connection.execute(query, [table, wanted]).fetchall()
    return (str(found[0][0]), int(found[0][1])) if found else None


def forget(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Before a table is made: killed in the middle, it will be made again."""
    connection.execute(_DDL)
    connection.execute("DELETE FROM table_fingerprint WHERE table_name = ?", [table])


def remember(connection: duckdb.DuckDBPyConnection, table: str, wanted: str, rows: int) -> str:
    """Once a table is made; gives the fingerprint of its content."""
    found = content(connection, table)
    connection.execute("INSERT OR REPLACE INTO table_fingerprint VALUES (?, ?, ?, ?)", [table, wanted, found, rows])
    return found


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
