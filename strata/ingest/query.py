"""The rows of a query as Arrow, in parts: what a reader hands on without holding it.

Belongs here: that class. Not here: what is asked, of which database (atih/staged_file.py, raw/raw_set.py), who takes the rows
(warehouse/store.py).
"""

import duckdb

BATCH_ROWS = 50_000  # of a query read in part: a million by default


class Query:
    """Run again each time it is read; never held whole."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, query: str) -> None:
        self._connection, self._query = connection, query

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._connection.sql(self._query).to_arrow_reader(BATCH_ROWS).__arrow_c_stream__(requested_schema)
