"""How the product opens DuckDB, everywhere.

Belongs here: connecting, with the settings a hospital needs. Not here: tables (strata/ingest/warehouse/tables.py) and queries (sql/).
"""

from pathlib import Path

import duckdb

from strata.errors import StrataError
from strata.system_errors import quotes_full_disk

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",  # nothing is fetched from a network, ever; parquet and json are built in
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "false",  # a table is a set: keeping its order would cost memory; who needs order asks for it
}
_CORRUPT = "Corrupt database file"
_REFUSALS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)  # of a file, of a commit, of all that follows
_CLOSED = {"enable_external_access": "false", "lock_configuration": "true"}


def connect(
    path: Path | None, *, read_only: bool = False, memory_limit: str | None = None, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection to the database file `path`, or to a database in memory when None (which then never spills to disk).

    memory_limit: as DuckDB writes it ('4GB'). A read_only connection reads nothing but its file and cannot be reconfigured.
    StrataError when the file is held by another process, is damaged or was written by another version.
    """
    settings = dict(_SETTINGS)
    if memory_limit is not None:
        settings["memory_limit"] = memory_limit
    if threads is not None:
        settings["threads"] = str(threads)
    if path is None:
        return duckdb.connect(":memory:", config=settings | {"temp_directory": ""})
    if read_only:
        settings |= _CLOSED
    try:
        return duckdb.connect(str(path), read_only=read_only, config=settings)
    except duckdb.Error as error:
        raise _cannot_open(path, str(error)) from error


def _cannot_open(path: Path, message: str) -> StrataError:
    lowered = message.lower()
    if "set lock" in lowered or "used by another process" in lowered:
        return StrataError(
            what=("L'entrepôt est déjà ouvert par un autre programme.", "The warehouse is already open in another program."),
            where=str(path),
            why=("DuckDB n'accepte qu'un programme qui écrit à la fois.", "DuckDB takes one writing program at a time."),
            fix=("Fermez l'autre programme (ou le carnet) puis relancez.", "Close the other program (or notebook) and run again."),
        )
    if not path.exists():
        return StrataError(
            what=("L'entrepôt n'existe pas ou ne peut pas être créé.", "The warehouse does not exist or cannot be created."),
            where=str(path),
            why=("Le dossier manque ou n'est pas accessible en écriture.", "The folder is missing or cannot be written to."),
            fix=(
                "Vérifiez le chemin et les droits ; une exécution complète crée l'entrepôt.",
                "Check path and rights; a full run creates it.",
            ),
        )
    return damaged(path)


def is_damage(error: duckdb.Error) -> bool:
    """Whether DuckDB cannot read its own file any more."""
    return _CORRUPT in str(error)


def is_of_storage(error: duckdb.Error) -> bool:
    """Whether the disk or the file stopped DuckDB, and no statement is at fault."""
    return is_damage(error) or quotes_full_disk(error) or isinstance(error, _REFUSALS)


def damaged(path: Path) -> StrataError:
    """The warehouse at `path` (its file or its folder) holds what DuckDB cannot read."""
    return StrataError(
        what=("Le fichier de l'entrepôt ne peut pas être lu.", "The warehouse file cannot be read."),
        where=str(path),
        why=("Il est abîmé ou a été écrit par une autre version de DuckDB.", "It is damaged or was written by another version of DuckDB."),
        fix=(
            "L'entrepôt se recalcule depuis les extractions : renommez ce fichier et relancez.",
            "The warehouse is recomputed from the extracts: rename this file and run again.",
        ),
    )
