"""The warehouse file and the tables that ingest writes in it.

Belongs here: making the folder (for its owner only) and the empty tables of warehouse.sql.
Not here: filling them (store.py, user_tables.py).
"""

from pathlib import Path

import duckdb

from strata.engine.duckdb import connect

_DDL = Path(__file__).with_suffix(".sql")


def open_warehouse(path: Path, *, memory_limit: str | None = None, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A writing connection to the warehouse at `path`, made with its folder (mode 0700 where the system knows modes) when new."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = connect(path, memory_limit=memory_limit, threads=threads)
    connection.execute(_DDL.read_text(encoding="utf-8"))
    return connection
