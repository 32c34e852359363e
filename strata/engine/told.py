"""Whose rows came out otherwise: what a table tells those that read it, once it was made again.

Belongs here: laying what was there beside what is there, person by person, and saying it as a change. Not here: what a change makes stale
(changes.py), replacing rows (parts.py).
"""

import duckdb

from strata.engine import changes
from strata.engine.changes import NEW_STALE_PERSON, STALE, WHO_IS_TOLD, Change
from strata.engine.models import Model
from strata.engine.tables import columns
from strata.ingest.warehouse.store import transaction

# Whose stays differ. Other numbers are the same stays if they follow each other as before: a reader may settle a tie by them. Of two stays
# of the same days, what one table says cannot be laid beside what another says. The order is asked only of who has the same stays, and
# several: making lists of everybody's is most of the work.
_CHANGED = """
    WITH each_side AS (
        SELECT person_id, content, 1 AS side FROM come_stay
        UNION ALL
        SELECT person_id, content, -1 AS side FROM gone_stay
    ),
    person AS (
        SELECT person_id, sum(side) = 0 AND sum(side * CAST(hash(content) >> 2 AS BIGINT)) = 0 AS has_same, count(*) AS stays
        FROM each_side
        GROUP BY person_id
    ),
    several AS (SELECT person_id FROM person WHERE has_same AND stays > 2),
    gone AS (
        SELECT person_id, list(content ORDER BY stay_id) AS contents
        FROM gone_stay
        WHERE person_id IN (SELECT person_id FROM several)
        GROUP BY person_id
    ),
    come AS (
        SELECT person_id, list(content ORDER BY stay_id) AS contents, count(DISTINCT (entry_date, exit_date)) AS periods
        FROM come_stay
        WHERE person_id IN (SELECT person_id FROM several)
        GROUP BY person_id
    )
    SELECT person_id FROM person WHERE NOT has_same
    UNION ALL
    SELECT person_id
    FROM gone
    INNER JOIN come USING (person_id)
    WHERE gone.contents <> come.contents OR len(come.contents) > come.periods
"""


def before(connection: duckdb.DuckDBPyConnection, model: Model, which: str) -> None:
    """Before rows of a table by slice or by person go: what `after` will lay beside what comes."""
    if _is_dated(connection, model):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE gone_stay AS {_stays(connection, model, which)}")
    if model.persons:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE gone_row AS {row_hashes(model.name, which, side=-1)}")


def after(connection: duckdb.DuckDBPyConnection, model: Model, change: Change) -> Change:
    """What a table tells those that read it, once its stale rows were made again. Persons: in stale_person."""
    if model.years:
        return _of_others(connection, change)
    if model.persons:
        return _of_persons(connection, model)
    return _of_stays(connection, model, change) if _is_dated(connection, model) else Change(change.slices, is_dated=False)


def _of_others(connection: duckdb.DuckDBPyConnection, change: Change) -> Change:
    """A table by year: whose rows came out otherwise (other_person)."""
    connection.execute(f"{NEW_STALE_PERSON}; INSERT INTO stale_person FROM other_person")
    return Change(persons={"stale"}, since=change.first_of_all)


def _of_persons(connection: duckdb.DuckDBPyConnection, model: Model) -> Change:
    """A table by person: whose rows differ."""
    both = f"SELECT * FROM gone_row UNION ALL {row_hashes(model.name, STALE, side=1)}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE other_person AS {otherwise(both)}")
    connection.execute(f"{NEW_STALE_PERSON}; INSERT INTO stale_person BY NAME SELECT person_id FROM other_person")
    return Change(persons={"stale"})


def _of_stays(connection: duckdb.DuckDBPyConnection, model: Model, change: Change) -> Change:
    """A table of stays by slice: whose stays differ, and when they ended.

    All the years of every stay that ended in the years told and began before them (cut to these years, it would stand alone). If their
    stays differ, also of those that began in their first 30 days (readmissions are looked for) or by transfer (an episode goes on, months
    later).
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE come_stay AS {_stays(connection, model, change.of_slices(model.slice_column))}")
    both = "SELECT * FROM gone_stay UNION ALL SELECT * FROM come_stay"
    first = connection.execute(f"SELECT min(first_year) FROM ({both})").fetchall()[0][0]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE other_person AS {_CHANGED}")
    connection.execute(
        f"{NEW_STALE_PERSON}; INSERT INTO stale_person SELECT person_id, false FROM other_person WHERE person_id IS NOT NULL"
    )
    if first is not None:
        # of the stays that stay, too: one of them may stand between two years
        ended = f"(exit_date >= make_date({first}, 1, 1)" + (f" OR year >= {first})" if _has_year(connection, model) else ")")
        here = f"SELECT person_id, entry_date FROM gone_stay UNION ALL SELECT person_id, entry_date FROM {model.name} WHERE {ended}"
        connection.execute(
            f"""INSERT INTO stale_person BY NAME
            SELECT DISTINCT person_id FROM ({here})
            WHERE person_id IS NOT NULL AND entry_date < make_date({first}, 1, 31)
                AND (entry_date < make_date({first}, 1, 1) OR person_id IN (SELECT person_id FROM other_person))
            UNION
            SELECT person_id FROM stay
            WHERE is_transfer_in AND exit_date >= make_date({first}, 1, 1) AND person_id IN (SELECT person_id FROM other_person)"""
        )
    return Change(change.slices, persons={"stale"}, since=first)


def _stays(connection: duckdb.DuckDBPyConnection, model: Model, which: str) -> str:
    """Stays of a table: whose, when, the first year they speak of, and the content of their rows, but for where they were read."""
    said = ", ".join(name for name in columns(connection, model.name) if name not in model.promises["Slices"])
    return f"""
        SELECT person_id, stay_id, any_value(entry_date) AS entry_date, any_value(exit_date) AS exit_date,
            CAST(min(least({_years(connection, model)})) AS INTEGER) AS first_year, sum(hash(stay_id >> 32, {said})) AS content
        FROM {model.name} WHERE {which}
        GROUP BY person_id, stay_id"""


def _years(connection: duckdb.DuckDBPyConnection, model: Model) -> str:
    """What says of which years a stay speaks."""
    return "extract(YEAR FROM exit_date)" + (", year" if _has_year(connection, model) else "")


def _has_year(connection: duckdb.DuckDBPyConnection, model: Model) -> bool:
    return "year" in columns(connection, model.name)


def _is_dated(connection: duckdb.DuckDBPyConnection, model: Model) -> bool:
    return model.is_by_slice and {"stay_id", "person_id", "entry_date", "exit_date"} <= set(columns(connection, model.name))


def set_aside(connection: duckdb.DuckDBPyConnection, model: Model, *, is_kept: bool) -> None:
    """Before a table that is compared is made whole: the one that is there takes another name."""
    connection.execute(f"DROP TABLE IF EXISTS {model.name}_before")
    if is_kept:
        connection.execute(f"ALTER TABLE {model.name} RENAME TO {model.name}_before")


def compare(connection: duckdb.DuckDBPyConnection, model: Model, change: Change | None, before: str, content: str) -> None:
    """After it: keep whose rows differ. change: what its inputs say; whose stays of stale slices differ, they tell."""
    is_of_stays = "stay_id" in columns(connection, model.name)
    with transaction(connection):
        if content != before and not (is_of_stays and change is None):
            connection.execute("CREATE OR REPLACE TEMP TABLE stale_slice (slice_id BIGINT)")
            said = change if is_of_stays and change else Change()
            if said.slices:
                connection.execute("INSERT INTO stale_slice SELECT unnest(?)", [sorted(said.slices)])
            _differing(connection, model.name, is_of_stays, said)
            told = Change(first_year=said.first_year, persons={"stale"}, since=said.since)
            changes.keep(connection, model.name, before, content, told)
        connection.execute(f"DROP TABLE IF EXISTS {model.name}_before")


def _differing(connection: duckdb.DuckDBPyConnection, table: str, is_of_stays: bool, said: Change) -> None:
    """Fill stale_person: who is told by what the table reads, whose rows differ outside stale slices, and whose stays of stale and of other
    slices stand in one group."""
    is_stale = "stay_id >> 32 IN (SELECT slice_id FROM stale_slice)"
    within = f"NOT {is_stale}" if is_of_stays else "true"
    both = f"{row_hashes(table, within, side=1)} UNION ALL {row_hashes(f'{table}_before', within, side=-1)}"
    connection.execute(
        f"{NEW_STALE_PERSON}; INSERT INTO stale_person SELECT person_id, true FROM ({otherwise(both)}) UNION ALL {WHO_IS_TOLD}",
        [sorted(said.persons)],
    )
    for name in (table, f"{table}_before") if is_of_stays else ():
        group = ", ".join(column for column in columns(connection, name) if column != "stay_id")
        across = f"SELECT person_id FROM {name} GROUP BY {group} HAVING bool_or({is_stale}) AND NOT bool_and({is_stale})"
        connection.execute(f"INSERT INTO stale_person BY NAME {across}")


def row_hashes(table: str, which: str, *, side: int) -> str:
    """A number for each row; those of two sides add up to nothing where a person's rows are the same. Shifted, it has room for a sign."""
    return f"SELECT person_id, {side} * CAST(hash(here) >> 2 AS BIGINT) AS row_hash FROM {table} AS here WHERE {which}"


def otherwise(both: str) -> str:
    """Whose rows are not the same on both sides, told by their hashes: EXCEPT ALL both ways costs six times as much."""
    return f"SELECT person_id FROM ({both}) GROUP BY person_id HAVING sum(row_hash) <> 0"
