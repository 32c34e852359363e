"""What a table was made of, so that one made of the same is not made again.

Belongs here: the fingerprint of a table's content, of what a table is made from (its SQL and the content of its inputs), and their record
in the warehouse. Not here: making tables (models.py), nor the order in which they are made (pipelines/).

A table that comes out the same although its inputs changed does not make what reads it stale: fingerprints follow content, not time.
"""

import hashlib
from dataclasses import dataclass

import duckdb

from strata.engine.models import Model
from strata.engine.tables import is_there


@dataclass(frozen=True)
class Sums:
    """Of some rows of a table: their number, and two sums of their hashes, which rows can be added to and taken from."""

    rows: int
    hash_sum: int
    hash_xor: int

    def without(self, gone: "Sums") -> "Sums":
        """The same, those rows taken out."""
        return Sums(self.rows - gone.rows, self.hash_sum - gone.hash_sum, self.hash_xor ^ gone.hash_xor)

    def and_also(self, come: "Sums") -> "Sums":
        """The same, those rows added."""
        return Sums(self.rows + come.rows, self.hash_sum + come.hash_sum, self.hash_xor ^ come.hash_xor)


def sums(connection: duckdb.DuckDBPyConnection, table: str, which: str = "true") -> Sums:
    """Of the rows of a table (or a query in brackets) that meet a condition."""
    query = f"SELECT count(*), coalesce(sum(hash(t)), 0), coalesce(bit_xor(hash(t)), 0) FROM {table} AS t WHERE {which}"
    return Sums(*map(int, connection.execute(query).fetchall()[0]))


def content_of(connection: duckdb.DuckDBPyConnection, table: str, found: Sums) -> str:
    """The fingerprint of a table that has these sums."""
    columns = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM {table})").fetchall()
    return digest([duckdb.__version__, str(columns), str(found)])


def content(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A fingerprint of columns and rows, whatever their order: names and types, number of rows, two sums of the hashes of rows."""
    return content_of(connection, table, sums(connection, table))


def by_year(connection: duckdb.DuckDBPyConnection, table: str, used: list[str]) -> dict[str, str]:
    """The same of some columns of a table (or a query in brackets) that has years, for each of them."""
    query = f"SELECT year, count(*), sum(hash(t)), bit_xor(hash(t)) FROM (SELECT year, {', '.join(used)} FROM {table}) AS t GROUP BY year"
    return {str(year): digest([duckdb.__version__, str(used), str(sums)]) for year, *sums in connection.execute(query).fetchall()}


def made_of(model: Model, inputs: dict[str, str]) -> str:
    """A fingerprint of what a table is made from. inputs: the content of each table it reads."""
    return digest([duckdb.__version__, model.sha256, *(f"{name} {inputs[name]}" for name in model.inputs)])


def up_to_date(connection: duckdb.DuckDBPyConnection, table: str, wanted: str) -> tuple[str, int | None] | None:
    """The content and rows (None: a view) of a table that was made of just this, and is still there; None when it must be made."""
    query = "SELECT content, rows FROM table_fingerprint WHERE table_name = ? AND made_of = ?"
    found = connection.execute(query, [table, wanted]).fetchall()
    return (str(found[0][0]), found[0][1]) if found and is_there(connection, table) else None


def forget(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Before a table is made: killed in the middle, it will be made again."""
    connection.execute("DELETE FROM table_fingerprint WHERE table_name = ?", [table])


def known(connection: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """The content of a table as it was last made; None when it is not there, or was left half-way."""
    found = connection.execute("SELECT content FROM table_fingerprint WHERE table_name = ?", [table]).fetchall()
    return str(found[0][0]) if found and is_there(connection, table) else None


def remember(connection: duckdb.DuckDBPyConnection, table: str, wanted: str, found: str, rows: int | None) -> None:
    """Once a table is made: of what, and what came out. rows: None of a view, which nobody counts."""
    connection.execute("INSERT OR REPLACE INTO table_fingerprint VALUES (?, ?, ?, ?)", [table, wanted, found, rows])


def digest(parts: list[str]) -> str:
    """One hash for several texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
