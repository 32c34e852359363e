"""What strata.toml says the extract covers, held against what was read.

Belongs here: a field of care asked for and absent, the last month the data reach. Not here: hospital-years (sql/quality/coverage_gap.sql).
"""

from calendar import monthrange
from datetime import date

import duckdb

from strata.config import CARE, COVERAGE_SCOPES, Config
from strata.errors import StrataError


def years_held(connection: duckdb.DuckDBPyConnection, config: Config) -> set[int]:
    """The years that every field of care included has, under the key of the newest one: a look-back is whole when it is in each of them.

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
    return _named_alike(connection, config, set.intersection(*(held[name] for name in config.method.fields)))


def _named_alike(connection: duckdb.DuckDBPyConnection, config: Config, years: set[int]) -> set[int]:
    """Those whose persons carry the key of the newest year, and no other: persons keyed in two ways never join.

    A newest year with two keys leaves none; where nobody is named at all, every year stays. A slice that does not say is of .ano numbers.
    """
    keys: dict[int, set[str]] = {}
    query = "SELECT DISTINCT year, coalesce(person_key, 'noanon') FROM read_slice WHERE list_contains(?, field) AND year <= ?"
    for year, key in connection.execute(query, [config.method.fields, config.years.last]).fetchall():
        keys.setdefault(year, set()).add(key)
    named = {year: found - {"none"} for year, found in keys.items() if year in years and found - {"none"}}
    if not named:
        return years
    newest = named[max(named)]
    return {year for year, found in named.items() if found == newest and len(newest) == 1}


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


FLOW_DELAY_MONTHS = 6  # before care is as good as all there (SNDS documentation, DCIR: flows arrive over six months and more)


def care_through(connection: duckdb.DuckDBPyConnection, config: Config) -> date | None:
    """The last day until which ambulatory care is complete: as declared in [coverage.dcir], else six months before the last flow held.

    None when it is not declared, narrower than the stays (persons found elsewhere would have no care), or no flow was read.
    """
    declared = config.coverage.get(CARE)
    if declared is None or COVERAGE_SCOPES.index(declared.scope) < COVERAGE_SCOPES.index(config.scope):
        return None
    query = "SELECT max(make_date(year, month, 1)) FROM read_person_slice WHERE field = ?"
    (flow,) = connection.execute(query, [CARE]).fetchall()[0]
    if flow is None:
        return None
    months = flow.year * 12 + flow.month - 1 - FLOW_DELAY_MONTHS
    return config.declared_through(CARE) or date(months // 12, months % 12 + 1, monthrange(months // 12, months % 12 + 1)[1])


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
