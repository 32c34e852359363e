"""What the extracts hold and what was set aside: the report of `strata check`.

Belongs here: printing. Not here: the tables (pipelines/pages/quality_tables.py).
"""

from pipelines.commands.terminal import Terminal
from pipelines.pages.quality_tables import REFUSED, TABLES
from strata.config import Config
from strata.engine.duckdb import connect


def print_report(config: Config, speaker: Terminal) -> int:
    """Print the tables that the warehouse holds; gives the number of refused files. StrataError when there is no warehouse."""
    connection = connect(config.database, read_only=True)
    try:
        present = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        for table in TABLES:
            if table.on_terminal and table.source in present:
                speaker.table(table.title, table.heads_shown(), table.rows(connection, speaker.language))
        return int(connection.execute(f"SELECT count(*) FROM read_file WHERE {REFUSED}").fetchall()[0][0])
    finally:
        connection.close()
