"""Sums over persons, moved by the rows of those who came out otherwise.

Belongs here: keeping what an exchange took out of a table and put in (<table>_exchanged, named in part_exchanged by the contents between
which it holds), and bringing a table of sums up to date with it. Not here: the exchange itself (parts.py), who is told of it (told.py).

A file may promise (docs/design.md, "What is made again"):
`-- Adds: <tables>`: its rows add up what the rows of each person in these tables give; a person's come from the rows of that person.
`-- Sums: <columns>`: those that are added up, exactly (no DOUBLE); where the first, a number of rows or persons, is 0, there is no row.
Then it is what it was, what the persons who came out otherwise give now added, and what they gave before taken away.
"""

import duckdb

from strata.engine import fingerprints
from strata.engine.changes import Inputs
from strata.engine.models import Model, cut
from strata.engine.tables import count

EXCHANGED = "_exchanged"  # what a table is called that holds what was exchanged in the one before these letters
_MOST = 8  # where more than one person in so many came out otherwise, adding everybody up again costs as little
_BETWEEN = "SELECT 1 FROM part_exchanged WHERE table_name = ? AND from_content = ? AND to_content = ?"


def open_exchange(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Before rows of a table by year are exchanged: exchanged_row, empty."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE exchanged_row AS SELECT false AS is_gone, * FROM {table} LIMIT 0")


def note(connection: duckdb.DuckDBPyConnection, rows: str, *, is_gone: bool) -> None:
    """Rows that have gone from the table, or come, where they are of few persons: a year that opens has rows of everybody."""
    if _are_few(connection):
        connection.execute(f"INSERT INTO exchanged_row BY NAME SELECT {is_gone} AS is_gone, * FROM {rows}")


def keep(connection: duckdb.DuckDBPyConnection, table: str, before: str, content: str) -> None:
    """After the exchange that made one content of a table another, in its transaction: what was exchanged, if all of it was noted."""
    are_few = _are_few(connection)
    connection.execute("DELETE FROM part_exchanged WHERE table_name = ?", [table])
    connection.execute(f"CREATE OR REPLACE TABLE {table}{EXCHANGED} AS SELECT * FROM exchanged_row WHERE {are_few}")
    connection.execute("DROP TABLE exchanged_row")
    if are_few:
        connection.execute("INSERT INTO part_exchanged VALUES (?, ?, ?)", [table, before, content])


def _are_few(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether few persons came out otherwise until now (other_person)."""
    return count(connection, "other_person") * _MOST <= count(connection, "pseudonym")


def moved(connection: duckdb.DuckDBPyConnection, model: Model, before: Inputs, now: Inputs) -> list[str]:
    """The tables that move the sums of a file from what it was made of to what is there; none where it must be made whole."""
    changed = [name for name in now if before.get(name) != now[name]]
    is_known = before.keys() == now.keys() and set(changed) <= set(model.adds)
    known = (connection.execute(_BETWEEN, [name, before[name], now[name]]).fetchall() for name in changed) if is_known else [[]]
    return changed if all(known) else []


def move(connection: duckdb.DuckDBPyConnection, model: Model, changed: list[str]) -> fingerprints.Sums | None:
    """Add and take away, in the transaction of the caller; gives the sums of the table now, None where they cannot be."""
    exchanged = " UNION ALL ".join(f"SELECT person_id FROM {name}{EXCHANGED}" for name in changed)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE moved_person AS SELECT DISTINCT person_id FROM ({exchanged})")
    for name in model.adds:
        _two_sides(connection, name, is_changed=name in changed)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE come_row AS {_added(connection, model)}")
    for name in ("moved_person", *(f"{name}_{side}" for name in model.adds for side in ("now", "was"))):
        connection.execute(f"DROP TABLE {name}")
    if count(connection, f"come_row WHERE {model.sums[0]} < 0"):
        return None  # more went than there was
    connection.execute(f"CREATE OR REPLACE TABLE {model.name} AS SELECT * FROM come_row; DROP TABLE come_row")
    return fingerprints.sums(connection, model.name)


def _added(connection: duckdb.DuckDBPyConnection, model: Model) -> str:
    """The rows of the table, with those that moved_person give now and without those they gave."""
    whole = dict.fromkeys(model.adds, "true")
    come, went = (cut(model.sql, whole, {name: f"{name}_{side}" for name in model.adds}) for side in ("now", "was"))
    types = dict(connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM {model.name})").fetchall())
    values = ", ".join(f"CAST(sum({name}) AS {types[name]}) AS {name}" if name in model.sums else name for name in types)
    less = ", ".join(f"-{name} AS {name}" for name in model.sums)
    return f"""
        SELECT {values}
        FROM (
            SELECT * FROM {model.name}
            UNION ALL BY NAME SELECT * FROM ({come})
            UNION ALL BY NAME SELECT * REPLACE ({less}) FROM ({went})
        )
        GROUP BY {", ".join(name for name in types if name not in model.sums)}
        HAVING sum({model.sums[0]}) <> 0"""


def _two_sides(connection: duckdb.DuckDBPyConnection, table: str, *, is_changed: bool) -> None:
    """<table>_now and <table>_was: the rows of moved_person as they are and as they were. An exchange takes whole years of a person."""
    here = f"SELECT * FROM {table} WHERE person_id IN (SELECT person_id FROM moved_person)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table}_now AS {here}")
    gone = f"""
        SELECT * EXCLUDE (is_gone) FROM {table}{EXCHANGED} WHERE is_gone
        UNION ALL BY NAME
        SELECT * FROM {table}_now AS here ANTI JOIN (SELECT DISTINCT person_id, year FROM {table}{EXCHANGED}) USING (person_id, year)"""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table}_was AS {gone if is_changed else f'SELECT * FROM {table}_now'}")
