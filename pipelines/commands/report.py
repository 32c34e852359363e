"""What the extracts hold and what was set aside: the report of `strata check`.

Belongs here: small tables from the warehouse, printed. Not here: the counts (sql/quality), nor any cell of an extract.
"""

import duckdb

from pipelines.commands.terminal import Terminal
from strata.config import Config
from strata.engine.duckdb import connect

# A copy, or a transmission older than what is held, is no fault.
_REFUSED = "reason IS NOT NULL AND reason NOT IN ('already_in', 'superseded')"

# Each table: title (French, English), column heads (French, English), query.
_TABLES = (
    (
        ("Fichiers lus", "Files read"),
        (
            ("famille", "family"),
            ("fichiers", "files"),
            ("lignes", "lines"),
            ("acceptées", "accepted"),
            ("quarantaine", "quarantined"),
            ("refusées", "refused"),
        ),
        """SELECT family, count(*), sum(lines), sum(accepted), sum(quarantined), sum(refused)
           FROM read_file GROUP BY family ORDER BY family""",
    ),
    (
        ("Fichiers refusés", "Files refused"),
        (("fichier", "file"), ("motif", "reason")),
        f"SELECT source_file, reason FROM read_file WHERE {_REFUSED} ORDER BY source_file",
    ),
    (
        ("Lignes en quarantaine", "Lines quarantined"),
        (("motif", "reason"), ("lignes", "lines")),
        "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason",
    ),
    (
        ("Ce que l'extraction couvre", "What the extract covers"),
        (("année", "year"), ("champ", "field"), ("hôpitaux", "hospitals"), ("séjours", "stays"), ("mois au moins", "months at least")),
        "SELECT year, field, count(*), sum(stays), min(months) FROM coverage_seen GROUP BY year, field ORDER BY year, field",
    ),
    (
        ("Séjours écartés d'au moins un usage", "Stays set aside from at least one use"),
        (("motif", "reason"), ("séjours", "stays")),
        "SELECT reason, sum(stays) FROM rejected GROUP BY reason ORDER BY reason",
    ),
    (
        ("Chaînage", "Chaining"),
        (("année", "year"), ("séjours", "stays"), ("rattachés, %", "followed, %")),
        "SELECT year, stays, round(100 * chained_share, 1) FROM chaining_check ORDER BY year",
    ),
)


def print_report(config: Config, speaker: Terminal) -> int:
    """Print the tables that the warehouse holds; gives the number of refused files. StrataError when there is no warehouse."""
    connection = connect(config.database, read_only=True)
    try:
        present = {row[0] for row in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
        for title, heads, query in _TABLES:
            if _source(query) in present:
                _print_table(connection, speaker, title, heads, query)
        return int(connection.execute(f"SELECT count(*) FROM read_file WHERE {_REFUSED}").fetchall()[0][0])
    finally:
        connection.close()


def _source(query: str) -> str:
    return query.split("FROM ")[1].split()[0]


def _print_table(
    connection: duckdb.DuckDBPyConnection,
    speaker: Terminal,
    title: tuple[str, str],
    heads: tuple[tuple[str, str], ...],
    query: str,
) -> None:
    rows = [["—" if cell is None else str(cell) for cell in row] for row in connection.sql(query).fetchall()]
    if not rows:
        return
    table = [[speaker.choose(*head) for head in heads], *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    print(f"\n{speaker.choose(*title)}")
    for row in table:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
