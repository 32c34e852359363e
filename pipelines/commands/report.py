"""What the extracts hold and what was set aside: the report of `strata check`.

Belongs here: small tables from the warehouse, printed. Not here: the counts (sql/quality), nor any cell of an extract.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.commands.terminal import Terminal
from strata.config import Config
from strata.engine.duckdb import connect
from strata.ingest.reasons import reasons

# A copy, or a transmission older than what is held, is no fault.
_REFUSED = "reason IS NOT NULL AND reason NOT IN ('already_in', 'superseded')"


@dataclass(frozen=True)
class Table:
    """One table of the report: title and heads (French, English), query. `{language}` in the query is fr or en.

    reason: the place of a column of ingest reasons, written in words. has_fix: a last column says what to do about it.
    """

    title: tuple[str, str]
    heads: tuple[tuple[str, str], ...]
    query: str
    reason: int | None = None
    has_fix: bool = False


_LINES_SHOWN = 20  # of those set aside: enough to find the fault, whatever their number
_LINES = (("lignes", "lines"), ("acceptées", "accepted"), ("quarantaine", "quarantined"), ("refusées", "refused"))
TABLES = (
    Table(
        ("Fichiers lus", "Files read"),
        (("famille", "family"), ("fichiers", "files"), *_LINES),
        """SELECT family, count(*), sum(lines), sum(accepted), sum(quarantined), sum(refused)
           FROM read_file GROUP BY family ORDER BY family""",
    ),
    Table(
        ("Fichiers refusés", "Files refused"),
        (("fichier", "file"), ("motif", "reason")),
        f"SELECT source_file, reason FROM read_file WHERE {_REFUSED} ORDER BY source_file",
        reason=1,
        has_fix=True,
    ),
    Table(
        ("Lignes en quarantaine", "Lines quarantined"),
        (("motif", "reason"), ("lignes", "lines")),
        "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason",
        reason=0,
        has_fix=True,
    ),
    Table(
        (f"Où elles sont (les {_LINES_SHOWN} premières)", f"Where they are (the first {_LINES_SHOWN})"),
        (("fichier", "file"), ("ligne", "line"), ("motif", "reason")),
        f"SELECT source_file, source_line, reason FROM quarantine ORDER BY source_file, source_line, reason LIMIT {_LINES_SHOWN}",
        reason=2,
    ),
    Table(
        ("Ce que l'extraction couvre", "What the extract covers"),
        (("année", "year"), ("champ", "field"), ("hôpitaux", "hospitals"), ("séjours", "stays"), ("mois au moins", "months at least")),
        "SELECT year, field, count(*), sum(stays), min(months) FROM coverage_seen GROUP BY year, field ORDER BY year, field",
    ),
    Table(
        ("Séjours écartés d'au moins un usage", "Stays set aside from at least one use"),
        (("motif", "reason"), ("séjours", "stays")),
        "SELECT label_{language}, sum(stays) FROM rejected INNER JOIN stay_filter USING (reason) GROUP BY ALL ORDER BY sum(stays) DESC, 1",
    ),
    Table(
        ("Chaînage", "Chaining"),
        (("année", "year"), ("séjours", "stays"), ("rattachés, %", "followed, %")),
        "SELECT year, stays, round(100 * chained_share, 1) FROM chaining_check ORDER BY year",
    ),
)


def print_report(config: Config, speaker: Terminal) -> int:
    """Print the tables that the warehouse holds; gives the number of refused files. StrataError when there is no warehouse."""
    connection = connect(config.database, read_only=True)
    try:
        present = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        for table in TABLES:
            if _source(table.query) in present:
                _print(table, connection.execute(table.query.replace("{language}", speaker.language)).fetchall(), speaker)
        return int(connection.execute(f"SELECT count(*) FROM read_file WHERE {_REFUSED}").fetchall()[0][0])
    finally:
        connection.close()


def _source(query: str) -> str:
    return query.split("FROM ")[1].split()[0]


def in_words(code: str, speaker: Terminal) -> str:
    """A reason of ingest (`name` or `name: detail`) in the language of the terminal."""
    name, _, detail = code.partition(": ")
    label = speaker.choose(*reasons()[name].label) if name in reasons() else name
    return f"{label} ({detail})" if detail else label


def what_to_do(code: str, speaker: Terminal) -> str:
    """What its reader can do about it."""
    name = code.partition(": ")[0]
    return speaker.choose(*reasons()[name].fix) if name in reasons() else ""


def _print(table: Table, rows: list[tuple[Any, ...]], speaker: Terminal) -> None:
    heads = [*table.heads, ("que faire", "what to do")] if table.has_fix else table.heads
    speaker.table(table.title, heads, [_cells(table, row, speaker) for row in rows])


def _cells(table: Table, row: tuple[Any, ...], speaker: Terminal) -> list[str]:
    cells = [in_words(str(cell), speaker) if place == table.reason else str(cell) for place, cell in enumerate(row)]
    return [*cells, what_to_do(str(row[table.reason or 0]), speaker)] if table.has_fix else cells
