"""The warehouse file and the tables that no SQL file makes in it.

Belongs here: making the folder (for its owner only) and the empty tables of tables.sql, bringing a warehouse of an earlier version
up to date, saying that the disk refuses what is written. Not here: filling the tables (store.py, user/tables.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from strata.engine.duckdb import connect, damaged, is_damage, is_of_storage
from strata.errors import StrataError
from strata.ingest.warehouse.store import transaction
from strata.system_errors import quotes_full_disk

_DDL = Path(__file__).with_suffix(".sql")
_COLUMNS = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal AND database_name = current_database()"


def open_warehouse(path: Path, *, memory_limit: str | None = None, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A writing connection to the warehouse at `path`, made with its folder (mode 0700 where the system knows modes) when new.

    StrataError when it cannot be opened, or when the disk refuses it.
    """
    with writing(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = connect(path, memory_limit=memory_limit, threads=threads)
        try:
            bring_up_to_date(connection)
        except duckdb.Error:
            connection.close()
            raise
    return connection


def bring_up_to_date(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that are missing; add the columns that an earlier version had not, filled with what can be told."""
    connection.execute(_DDL.read_text(encoding="utf-8"))
    for table, column, data_type in lacking_columns(connection):
        with transaction(connection):  # a column that is there is not looked at again
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {data_type}")
            connection.execute(_FILL.get((table, column), "SELECT 1"))
    connection.execute(_FILL_FILES)


def empty() -> duckdb.DuckDBPyConnection:
    """A database in memory that has the tables of a warehouse, and nothing in them."""
    connection = connect(None)
    connection.execute(_DDL.read_text(encoding="utf-8"))
    return connection


def lacking_columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Columns (table, column, type) that a warehouse made by an earlier version lacks."""
    with empty() as new:
        wanted = new.execute(f"{_COLUMNS} ORDER BY table_name, column_index").fetchall()
    names = {(table, column) for table, column, _ in connection.execute(_COLUMNS).fetchall()}
    return [(table, column, data_type) for table, column, data_type in wanted if (table, column) not in names]


_FILL = {  # an earlier version knew no other key and no other acts; when e-PMSI made what is in (`sent`) stays unknown
    ("read_slice", "person_key"): """
        UPDATE read_slice SET person_key = CASE
            WHEN slice_id IN (SELECT slice_id FROM read_stay WHERE person_id IS NOT NULL) THEN 'noanon' ELSE 'none' END
    """,
    ("read_procedure", "system"): "UPDATE read_procedure SET system = 'ccam'",
    ("read_person_file", "sha256"): """
        UPDATE read_person_file SET sha256 = read_file.sha256 FROM read_file WHERE read_file.source_file = read_person_file.source_file
    """,
    ("part_change_person", "all_years"): "UPDATE part_change_person SET all_years = true",  # it told them so, in other words
    ("check_result", "is_told"): "UPDATE check_result SET is_told = false",
    ("check_result", "at_fault"): "UPDATE check_result SET at_fault = []",
}
_FILL_FILES = """
    INSERT INTO read_slice_file BY NAME
    WITH untold AS (SELECT * FROM read_slice WHERE slice_id NOT IN (SELECT slice_id FROM read_slice_file))
    SELECT u.slice_id, f.source_file, f.sha256, f.accepted
    FROM untold AS u
    JOIN read_file AS f ON f.finess = u.finess AND f.year = u.year AND split_part(replace(f.family, 'vid_hosp', 'mco_'), '_', 1) = u.field
    WHERE u.form = 'atih' AND f.accepted > 0
    UNION ALL
    SELECT u.slice_id, f.source_file, f.sha256, sum(CASE WHEN u.field = 'mco' THEN 1 ELSE s.unit_count END) AS accepted
    FROM untold AS u
    JOIN read_stay AS s ON s.slice_id = u.slice_id
    JOIN read_file AS f ON f.source_file = s.source_file
    WHERE u.form = 'snds'
    GROUP BY ALL
"""  # of the SNDS tables beside those that make stays an earlier version did not keep whose rows they are


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What the disk refuses while the warehouse in `folder` is written becomes a StrataError; what was stored before stays."""
    try:
        with storing(folder):
            yield
    except OSError as error:
        raise _cannot_write(folder, is_full=quotes_full_disk(error)) from error


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """What stops DuckDB itself in the warehouse in `folder`, a disk that refuses or a damaged file, becomes a StrataError.

    Files are left to the system's own words: a run reads and writes more of them than those of the warehouse.
    """
    try:
        yield
    except duckdb.Error as error:
        if is_damage(error):
            raise damaged(folder) from error
        if is_of_storage(error):
            raise _cannot_write(folder, is_full=quotes_full_disk(error)) from error
        raise


def _cannot_write(folder: Path, *, is_full: bool) -> StrataError:
    """The disk is full, or takes nothing there."""
    why = ("Le disque est plein", "The disk is full")
    if not is_full:
        why = ("Le disque est plein, ou ce dossier n'accepte pas d'écriture", "The disk is full, or this folder takes no writing")
    return StrataError(
        what=("L'entrepôt ne peut pas être écrit.", "The warehouse cannot be written."),
        where=str(folder),
        why=(
            f"{why[0]}. Ce qui était déjà dans l'entrepôt est intact.",
            f"{why[1]}. What was already in the warehouse is intact.",
        ),
        fix=(
            "Libérez de la place ou donnez le droit d'écrire dans ce dossier, puis relancez : l'exécution reprend où elle s'est arrêtée.",
            "Make room or give the right to write in this folder, then run again: it goes on from where it stopped.",
        ),
    )
