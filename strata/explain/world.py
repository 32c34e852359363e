"""One person, one condition, one year: the tables of the warehouse cut down to them, in memory.

Belongs here: the cut, the engine run again on it, and the engine run on variants of it (what would hold if…).
Not here: what is made of the result (explanation.py, near.py). Every number comes from the SQL files of sql/strata.

Schemas, each looked into before the next: `variant` (what a variant changes), `asked` (one condition and year), `person`, the warehouse.
"""

from collections.abc import Iterable

import duckdb

from strata.config import Config
from strata.engine import models
from strata.engine.scratch import empty, look_in, open_scratch, rows, stratum_models
from strata.errors import StrataError
from strata.explain.engine import step

_OF_CONDITION = ("definition", "definition_event", "definition_criterion", "definition_rule", "definition_member")
_OF_TYPE = ("definition_type_group", "definition_type_rule", "definition_type_term")
_OF_EVENT = ("definition_clause", "definition_term")
_OF_YEAR = ("person_evidence", "person_type", "person_rule", "person_stratum")
# Built again from the definitions of one condition: numbers are shared between conditions there (shown_event), and _BESIDE is what no
# stratum reads, which a run may therefore leave out.
_OF_DEFINITION = (
    "reporting_place", "shown_event", "criterion_window", "criterion_bit", "condition_bit", "window_bit", "code_term", "stay_event",
    "care_event", "person_count", "person_reason", "person_criteria", "status_rule", "criteria_rule", "criteria_status",
)  # fmt: skip
_BESIDE = ("criterion_source", "at_risk_dcir")
# Steps of the engine that are kept: table here -> its CTEs.
_STEPS = {
    "stay_code": ("coded",),
    "event_term": ("hit",),
    "windowed_stay": ("windowed", "windowed_once"),
    "episode_beside": ("episode_event",),
    "rule_score": ("scored",),
    "type_count": ("group_count",),
    "type_metric": ("metric",),
    "type_term": ("term_held",),
    "type_first": ("first_rule",),
}


def open_person(config: Config, person_id: int) -> duckdb.DuckDBPyConnection:
    """A connection to a database in memory with what the warehouse holds of one person (no pseudonym), in schema `person`."""
    connection = open_scratch(config, None, ("person", "asked", "variant"))
    look_in(connection, "person")
    _cut(connection, "stay", f"person_id = {person_id:d}")
    needed = {"person", "person_state", "stay_rejection", *stratum_models()}.union(
        *(models.models()[name].inputs for name in stratum_models())
    )
    held = _columns(connection)
    if missing := sorted({"person", "person_state", "stay_rejection", *stratum_models()} - set(held)):
        raise _half_made(", ".join(missing))
    for table, columns in held.items():
        if table in needed - {"stay", "pseudonym"} and columns & {"stay_id", "person_id"}:
            # person_id of a table as read may be another pseudonym of the same person: the stay tells better
            by_stay = "stay_id IN (SELECT stay_id FROM person.stay)"
            _cut(connection, table, by_stay if "stay_id" in columns else f"person_id = {person_id:d}")
    return connection


def ask(connection: duckdb.DuckDBPyConnection, condition: str, year: int) -> None:
    """Cut down to one condition and year, in schema `asked`, with the steps of the engine. StrataError: the warehouse is half made."""
    empty(connection, "asked")
    look_in(connection, "asked", "person")
    for table in (*_OF_CONDITION, *_OF_TYPE):
        _cut(connection, table, f"condition = '{condition}'")
    for table in _OF_EVENT:
        _cut(connection, table, "event_no IN (SELECT event_no FROM asked.definition_event)")
    _cut(connection, "reporting_year", f"year = {year:d}")
    for table in ("person_residence", "person_state"):
        _cut(connection, table, f"year = {year:d}")
    for table in _OF_YEAR:
        _cut(connection, table, f"condition = '{condition}' AND year = {year:d}")
    for name in (*_OF_DEFINITION, *_BESIDE):
        models.build(connection, name)
    for table, names in _STEPS.items():
        connection.execute(f"CREATE TABLE {table} AS {' UNION ALL BY NAME '.join(f'({step(name)})' for name in names)}")
    _refuse_half_made(connection)


def vary(connection: duckdb.DuckDBPyConnection, changes: dict[str, str], built: Iterable[str] | None = None) -> None:
    """Change some inputs (table -> the query that makes it) and build what reads them on the way to the evidence, in schema `variant`.

    built: the models to build, where it is not those.
    """
    empty(connection, "variant")
    look_in(connection, "variant", "asked", "person")
    for table, query in changes.items():
        connection.execute(f"CREATE TABLE {table} AS {query}")
    stale = set(models.downstream(changes)) & set(stratum_models("person_evidence"))
    for name in stratum_models() if built is None else built:
        if built is not None or name in stale:
            models.build(connection, name)


def settle(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget the variant."""
    empty(connection, "variant")
    look_in(connection, "asked", "person")


def _refuse_half_made(connection: duckdb.DuckDBPyConnection) -> None:
    """What the engine makes of these stays must be what the warehouse says: a run that was cut short may have left new definitions."""
    vary(connection, {}, stratum_models())
    for table in _OF_YEAR:
        both = [f"SELECT * FROM {schema}.{table}" for schema in ("variant", "asked")]
        own = "WHERE person_id IN (SELECT person_id FROM person.stay)"
        for one, other in (both, both[::-1]):
            if rows(connection, f"({one} {own}) EXCEPT ({other})"):
                raise _half_made(table)
    settle(connection)


def _cut(connection: duckdb.DuckDBPyConnection, table: str, condition: str) -> None:
    # The name on the right is that of the next schema. The pseudonym is left where it is: nothing that explains needs it.
    connection.execute(f"CREATE TABLE {table} AS SELECT COLUMNS(lambda c: c <> 'pseudonym') FROM {table} WHERE {condition}")


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """The columns of each table of the warehouse."""
    found: dict[str, set[str]] = {}
    for row in rows(connection, "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'warehouse'"):
        found.setdefault(row["table_name"], set()).add(row["column_name"])
    return found


def _half_made(table: str) -> StrataError:
    return StrataError(
        what=("L'entrepôt n'est pas d'accord avec lui-même : pas d'explication", "The warehouse disagrees with itself: no explanation"),
        where=table,
        why=(
            "les définitions ou les strates y viennent d'une exécution interrompue, ou d'une autre version du programme",
            "its definitions or strata come from a run that was cut short, or from another version of the program",
        ),
        fix=("Relancer strata run (ou strata check)", "Run strata run (or strata check) again"),
    )
