"""A scratch database in front of the warehouse: models are built in it, what it lacks is read from the warehouse.

Belongs here: attaching the warehouse read-only, and which schemas are looked into first. Not here: what is built there (explain/,
compare/). The warehouse is never written to.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from strata.config import Config
from strata.definitions.folder import SCHEMA
from strata.engine import models
from strata.engine.duckdb import connect
from strata.errors import StrataError

WAREHOUSE = "warehouse.main"
STRATA = ("person_stratum", "person_evidence", "person_rule")  # what is decided, and why


def open_scratch(config: Config, file: Path | None, schemas: Iterable[str]) -> duckdb.DuckDBPyConnection:
    """A connection to a new database (`file`, or memory when None) with empty `schemas`, beside which the warehouse is read.

    Nothing but these two files can be read or written afterwards. StrataError: no warehouse, another program writes it, no run yet.
    """
    connect(config.database, read_only=True).close()  # says in four parts why it cannot be opened
    engine = config.engine
    connection = connect(file, memory_limit=engine.memory_limit or None, threads=engine.threads or None)
    quoted = str(config.database).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS warehouse (READ_ONLY)")
    for schema in schemas:
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute("SET enable_external_access = false")
    named = connection.execute("SELECT DISTINCT table_name FROM duckdb_columns() WHERE database_name = 'warehouse'")  # views too
    held = {name for (name,) in named.fetchall()}
    if not {"person_stratum", "reporting_year", "definition"} <= held:
        raise _no_run(config)
    _refuse_older(connection, config)
    return connection


def _refuse_older(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    """The tables of definitions of the warehouse have every column that this program reads: one made by an older version may not."""
    columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = "
    with duckdb.connect() as ours:
        ours.execute(SCHEMA.read_text(encoding="utf-8"))
        wanted = ours.execute(columns + "'memory' AND NOT internal").fetchall()
    missing = sorted(set(wanted) - set(connection.execute(columns + "'warehouse'").fetchall()))
    if missing:
        raise StrataError(
            what=("L'entrepôt est d'une version plus ancienne du programme", "The warehouse is of an older version of the program"),
            where=f"{config.database}, {'.'.join(missing[0])}",
            why=("une colonne que cette version lit n'y est pas", "a column that this version reads is not in it"),
            fix=(
                "Relancer strata run (ou strata check) : l'entrepôt est refait",
                "Run strata run (or strata check) again: the warehouse is made anew",
            ),
        )


def look_in(connection: duckdb.DuckDBPyConnection, *schemas: str) -> None:
    """Tables are looked for in these schemas, in this order, then in the warehouse; new ones are made in the first."""
    database = connection.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name <> 'warehouse'")
    name = database.fetchall()[0][0]
    connection.execute(f"SET search_path = '{','.join([*(f'{name}.{schema}' for schema in schemas), WAREHOUSE])}'")


def empty(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Forget what a schema holds."""
    connection.execute(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")


def rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
    """The rows of a query, each by column name."""
    found = connection.execute(sql, parameters)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row)) for row in found.fetchall()]


def stratum_models(*last: str) -> list[str]:
    """The models between definitions and `last` (STRATA when none is named), which are in the list, in build order."""
    needed = {*(last or STRATA)}
    for name, model in reversed(models.models().items()):  # each stands after what it reads
        if name in needed:
            needed.update(one for one in model.inputs if one in models.models() and models.models()[one].layer == "strata")
    return [name for name in models.models() if name in needed]


def _no_run(config: Config) -> StrataError:
    return StrataError(
        what=("L'entrepôt n'a pas encore de strates", "The warehouse has no strata yet"),
        where=str(config.database),
        why=("aucune exécution n'est allée jusque-là", "no run went that far"),
        fix=("Lancer strata run (ou strata check)", "Run strata run (or strata check)"),
    )
