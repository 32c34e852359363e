"""What strata.toml says the extract covers, held against what was read.

Belongs here: a field of care asked for and absent, the last month the data reach. Not here: hospital-years (sql/quality/coverage_gap.sql).
"""

from calendar import monthrange
from datetime import date

import duckdb

from strata.config import Config
from strata.errors import StrataError


def years_held(connection: duckdb.DuckDBPyConnection, config: Config) -> set[int]:
    """The years that every field of care included has: a look-back is whole when it is in each of them.

    StrataError when an extract was read and one of the fields asked for is not in it.
    """
    held: dict[str, set[int]] = {}
    for name, year in connection.execute("SELECT DISTINCT field, year FROM read_slice").fetchall():
        held.setdefault(name, set()).add(year)
    if not held:
        return set()
    missing = [name for name in config.method.fields if name not in held]
    if missing:
        raise _field_missing(missing)
    return set.intersection(*(held[name] for name in config.method.fields))


def data_through(connection: duckdb.DuckDBPyConnection, config: Config) -> date:
    """The last day of the last month complete in every field of care included: as declared, else as seen."""
    return min(config.declared_through(name) or _seen_through(connection, config, name) for name in config.method.fields)


def _seen_through(connection: duckdb.DuckDBPyConnection, config: Config, field: str) -> date:
    """The end of the last month that some hospital sent, in the last year published or before it.

    SNDS tables have no month of transmission: the last month of exit stands for it. Nothing read: December of the last year published.
    """
    (year,) = connection.execute("SELECT max(year) FROM read_slice WHERE field = ? AND year <= ?", [field, config.years.last]).fetchall()[0]
    if year is None:
        return date(config.years.last, 12, 31)
    found = (_latest(connection, table, column, field, year) for table, column in (("read_slice", "month"), ("read_stay", "exit_month")))
    month = next((number for number in found if number), 12)
    return date(year, month, monthrange(year, month)[1])


def _latest(connection: duckdb.DuckDBPyConnection, table: str, column: str, field: str, year: int) -> int | None:
    (month,) = connection.execute(f"SELECT max({column}) FROM {table} WHERE field = ? AND year = ?", [field, year]).fetchall()[0]
    return month


def _field_missing(missing: list[str]) -> StrataError:
    names = ", ".join(missing)
    return StrataError(
        what=("Champ de soins demandé et absent des données", "Field of care asked for and absent from the data"),
        where=f"strata.toml [method] fields: {names}",
        why=(
            "Aucun fichier de ce champ n'a été lu dans le dossier des extractions",
            "No file of this field was read in the landing folder",
        ),
        fix=("Déposer ses fichiers, ou le retirer de la liste", "Drop its files there, or take it out of the list"),
        is_usage=True,
    )
