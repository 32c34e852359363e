"""Making a table, or of a table that is there only the rows that are stale, when a part of what it reads has changed.

Belongs here: making the stale rows of slices (hospital, field, year), years and persons again and putting them in their place, in one
transaction. Not here: what is stale (changes.py), whom a table then tells (told.py), making a table whole (models.py).

Five promises in the leading comment of an SQL file (docs/design.md, "What is made again") allow it:

`-- Slices: stay_id`, or slice_id: the rows of a slice come from the rows of that slice. stay_id is slice * 2^32 + line: a range a slice.
Names after it are columns that also tell where a row was read, and nothing of the person: what was sent again the same is the same.
`-- Years: <tables>`: the rows of a person come from the rows of that person; those of a year, from that year and the years before, and
they are the same when these tables are cut to the years asked for (none, where none of these tables has them). A stay is of the year it
ends in, so one that began before that year may speak of the years before: all the years of these persons are made again. Whose rows come
out otherwise is told to those who read it. No row names a stay, which has another number when it is sent again.
`-- Windows: <table> <table.column>...`, beside Years: the first is a small table of windows of days, by year, and a row only asks which of
the dates named after it lie in them. Where windows moved and nothing else, only the rows of whom they pass are stale (windows.py).
`-- Persons: <tables>`: the rows of a person come from the rows of that person, and cutting these tables to some persons gives theirs. One
that has no file is only added to: what it says of a person stays. Made for whose stays differ, or came out otherwise in what it reads.
`-- Compared: person_id`: which persons came out otherwise is told to those who read it, whether it was made whole or person by person.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from strata.engine import changes, fingerprints, summed, told
from strata.engine.changes import ALL_YEARS, LAST_YEARS, STALE, Change, Inputs, Known
from strata.engine.duckdb import is_of_storage
from strata.engine.models import SQL_FOLDER, Model, build, cut, models, ranges_of, reason
from strata.engine.tables import columns, count, has_rows
from strata.errors import StrataError
from strata.ingest.warehouse.store import transaction

_OTHERS = "person_id IN (SELECT person_id FROM other_person)"


@dataclass(frozen=True)
class StaleRows:
    """Rows of a table by year that may be stale (which), and what makes them: limits of the tables it reads, share as in _made.

    all_years: rows of any year, not of the last ones alone.
    """

    limits: dict[str, str]
    which: str
    all_years: bool
    share: float = 1.0


def make(
    connection: duckdb.DuckDBPyConnection, model: Model, contents: dict[str, str], wanted: str, folder: Path = SQL_FOLDER
) -> tuple[str, int | None]:
    """Make a table, or only its stale rows; gives its content and rows. StrataError: the SQL.

    contents: of its inputs. wanted: what it is then made of (fingerprints.made_of). Of a view that is also its content: it is not read.
    """
    if model.is_view:
        build(connection, model.name, folder)
        fingerprints.remember(connection, model.name, wanted, wanted, None)
        return wanted, None
    before = fingerprints.known(connection, model.name)
    now = changes.inputs(connection, model, contents, folder) if changes.is_parted(model) or model.adds else {}
    if before and model.adds and (found := _moved(connection, model, wanted, now, before)):
        return found
    change = changes.stale(connection, model, now, before) if before and changes.is_parted(model) else None
    if before and change is not None and (model.persons or not model.is_compared):
        return remake(connection, model, change, wanted=wanted, now=now, before=before, known=models(folder))
    fingerprints.forget(connection, model.name)
    if model.is_compared:
        told.set_aside(connection, model, is_kept=before is not None)
    build(connection, model.name, folder)
    sums = fingerprints.sums(connection, model.name)
    content = fingerprints.content_of(connection, model.name, sums)
    if before and model.is_compared:
        told.compare(connection, model, change, before, content)
    if now:
        changes.record(connection, model, now, content, sums)
    fingerprints.remember(connection, model.name, wanted, content, sums.rows)
    return content, sums.rows


def _moved(connection: duckdb.DuckDBPyConnection, model: Model, wanted: str, now: Inputs, before: str) -> tuple[str, int] | None:
    """Bring a table of sums up to date, all or nothing (summed.py); gives its content and rows, None where it must be made whole."""
    moved = summed.moved(connection, model, changes.made_of(connection, model, before), now)
    if not moved:
        return None
    with _all_or_nothing(connection, model):
        sums = summed.move(connection, model, moved)
        if sums is None:
            return None
        content = _remembered(connection, model, wanted, now, sums)
    return content, sums.rows


def _remembered(connection: duckdb.DuckDBPyConnection, model: Model, wanted: str, now: Inputs, sums: fingerprints.Sums) -> str:
    """Say of what a table is now made, that has these sums; gives its content."""
    content = fingerprints.content_of(connection, model.name, sums)
    changes.record(connection, model, now, content, sums)
    fingerprints.remember(connection, model.name, wanted, content, sums.rows)
    return content


@contextmanager
def _all_or_nothing(connection: duckdb.DuckDBPyConnection, model: Model) -> Iterator[None]:
    """A transaction in which a table is made. StrataError: the SQL."""
    try:
        with transaction(connection):
            yield
    except duckdb.Error as error:
        if is_of_storage(error):
            raise
        raise reason(model, error) from error


def remake(
    connection: duckdb.DuckDBPyConnection, model: Model, change: Change, *, wanted: str, now: Inputs, before: str, known: Known
) -> tuple[str, int]:
    """Replace the stale rows of a table and say what it is now made of, all or nothing; gives its content and rows. StrataError: the SQL.

    wanted, before: of fingerprints.made_of and its content until now. known: every model, for the views among what it reads.
    """
    changes.lay_out(connection, change)
    if model.years:
        changes.widen(connection, change)
    replace = _exchange if model.years else _replace
    with _all_or_nothing(connection, model):
        sums = replace(connection, model, change, known)
        content = _remembered(connection, model, wanted, now, sums)
        if content != before:
            changes.keep(connection, model.name, before, content, told.after(connection, model, change))
            if _is_added_up(model, known):
                summed.keep(connection, model.name, before, content)
    return content, sums.rows


def _replace(connection: duckdb.DuckDBPyConnection, model: Model, change: Change, known: Known) -> fingerprints.Sums:
    """Of a table by slice or by person: the stale rows go, the same rows made anew come; gives the sums of the table now."""
    which = change.of_slices(model.slice_column) if model.is_by_slice else STALE
    gone = fingerprints.sums(connection, model.name, which)
    told.before(connection, model, which)
    connection.execute(f"DELETE FROM {model.name} WHERE {which}")
    share = _share_of_persons(connection) if model.persons else 1.0
    ranges = _made(connection, model, _limits(connection, model, change, known), which, known, share)
    sums = _recorded(connection, model).without(gone)
    come = 0
    for _ in ranges:
        inserted = _insert(connection, model)
        sums, come = sums.and_also(inserted), come + inserted.rows
    _refuse_lost(connection, model, which, come)
    return sums


def _limits(connection: duckdb.DuckDBPyConnection, model: Model, change: Change, known: Known) -> dict[str, str]:
    """What a table by slice or by person is made of, limited to what is stale."""
    if model.persons:
        return dict.fromkeys(model.persons, STALE)
    return {name: change.of_slices(column) for column in ("slice_id", "stay_id") for name in _having(connection, model, column, known)}


def _exchange(connection: duckdb.DuckDBPyConnection, model: Model, change: Change, known: Known) -> fingerprints.Sums:
    """Of a table by year: the rows that may be stale are made anew, and those of the persons for whom they come out otherwise take the
    place of theirs; gives the sums of the table now. Who that was is in other_person."""
    connection.execute("CREATE OR REPLACE TEMP TABLE other_person (person_id INTEGER, all_years BOOLEAN)")
    sums, is_added_up = _recorded(connection, model), _is_added_up(model, known)
    if is_added_up:
        summed.open_exchange(connection, model.name)
    for rows in _stale_rows(connection, model, change, known):
        for condition in _made(connection, model, rows.limits, rows.which, known, rows.share):
            held = f"{rows.which} AND {condition}"
            both = f"{told.row_hashes('come_row', 'true', side=1)} UNION ALL {told.row_hashes(model.name, held, side=-1)}"
            others = f"INSERT INTO other_person SELECT person_id, ? FROM ({told.otherwise(both)})"
            if connection.execute(others, [rows.all_years]).fetchall()[0][0]:
                sums = _swap(connection, model, f"{held} AND {_OTHERS}", sums)
                if is_added_up:
                    summed.note(connection, "gone_row", is_gone=True)
                    summed.note(connection, f"come_row WHERE {_OTHERS}", is_gone=False)
    return sums


def _is_added_up(model: Model, known: Known) -> bool:
    """Whether some sum is moved by what is exchanged in a table."""
    return any(model.name in one.adds for one in known.values())


def _swap(connection: duckdb.DuckDBPyConnection, model: Model, which: str, sums: fingerprints.Sums) -> fingerprints.Sums:
    """Rows of the table go (into gone_row), those of the same persons in come_row come; gives the sums of the table, which were `sums`."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE gone_row AS SELECT * FROM {model.name} WHERE {which}")
    sums = sums.without(fingerprints.sums(connection, "gone_row"))
    connection.execute(f"DELETE FROM {model.name} WHERE {which}")
    come = _insert(connection, model, _OTHERS)
    _refuse_lost(connection, model, which, come.rows)
    return sums.and_also(come)


def _recorded(connection: duckdb.DuckDBPyConnection, model: Model) -> fingerprints.Sums:
    """The sums of a table when it was last made."""
    query = "SELECT rows, hash_sum, hash_xor FROM part_made_of WHERE table_name = ?"
    return fingerprints.Sums(*connection.execute(query, [model.name]).fetchall()[0])


def _refuse_lost(connection: duckdb.DuckDBPyConnection, model: Model, which: str, written: int) -> None:
    """Rows that were written are not read: better no publication than one without them. StrataError then."""
    if count(connection, f"{model.name} WHERE {which}") == written:
        return
    raise StrataError(
        what=(
            f"Des lignes écrites dans la table {model.name} ne se relisent pas",
            f"Rows written to table {model.name} are not read back",
        ),
        where=f"sql/{model.layer}/{model.name}.sql",
        why=("défaut de la base de données ; rien n'est gardé de cette étape", "a fault of the database; nothing of this step is kept"),
        fix=(
            "Relancer ; si cela se répète, le signaler, renommer le fichier de l'entrepôt (il se recalcule) et relancer",
            "Run again; if it happens again, report it, rename the warehouse file (it is recomputed) and run again",
        ),
    )


def _made(
    connection: duckdb.DuckDBPyConnection, model: Model, limits: dict[str, str], kept: str, known: Known, share: float = 1.0
) -> Iterator[str]:
    """Run the file with some of its tables limited into come_row, and keep some of its rows: range after range where it may be; gives the
    condition of each range. share: of all persons, those asked for, when they are looked for first (is_few of cut)."""
    tables, ranges = ranges_of(connection, model, share)
    for condition in ranges:
        both = {name: " AND ".join([limits.get(name, "true"), condition if name in tables else "true"]) for name in {*limits, *tables}}
        made = _limited(model, both, known, is_few=share < 1)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE come_row AS SELECT * FROM (\n{made}\n) AS made WHERE {kept}")
        yield condition
    connection.execute("DROP TABLE come_row")


def _insert(connection: duckdb.DuckDBPyConnection, model: Model, which: str = "true") -> fingerprints.Sums:
    """Rows of come_row into the table; gives their sums.

    They come by way of a table of their own, and nothing is inserted where there is nothing: after an ordered insertion that brings
    nothing, DuckDB 2.0.0 shows none of the rows that the same transaction inserts (a row group or more), until the file is opened again.
    """
    come = fingerprints.sums(connection, "come_row", which)
    if come.rows:
        connection.execute(f"INSERT INTO {model.name} BY NAME SELECT * FROM come_row WHERE {which}")
    return come


def _limited(model: Model, limits: dict[str, str], known: Known, *, is_few: bool) -> str:
    """The file, some of what it reads limited. A view is seen through: asked afterwards, it would first name everybody."""
    within = {name: limits[name] for name in model.inputs if name in limits}
    views = {
        name: f"(\n{_limited(known[name], limits, known, is_few=is_few)}\n) AS seen"
        for name in within
        if name in known and known[name].is_view
    }
    return cut(model.sql, within, views, is_few=is_few)


def _stale_rows(connection: duckdb.DuckDBPyConnection, model: Model, change: Change, known: Known) -> Iterator[StaleRows]:
    """No row twice. They are told apart because either is found fast: "of that year or of those persons" is asked of every row.

    share: it is faster to look for the persons first where their rows of all years are asked for, or those that a window passes; of those
    of the last years alone, to let the planner choose.
    """
    of_persons = _having(connection, model, "person_id", known)
    first, since = change.first_year, change.since
    if first is not None and _has_years(connection, model, f"year >= {first}"):
        years = f"year >= {first}"
        yield StaleRows(dict.fromkeys(model.years, years), f"{years} AND NOT {ALL_YEARS}", all_years=False)
    is_since = since is not None and (first is None or since < first) and has_rows(connection, "stale_person", "NOT all_years")
    if is_since and _has_years(connection, model, f"year >= {since}"):
        years = f"year >= {since}"
        limits = dict.fromkeys(of_persons, LAST_YEARS) | dict.fromkeys(model.years, years)
        limits |= {name: f"{years} AND {LAST_YEARS}" for name in of_persons if name in model.years}
        until = "true" if first is None else f"year < {first}"
        share = _share_of_persons(connection, "NOT all_years") if change.passed else 1.0
        yield StaleRows(limits, f"{years} AND {until} AND {LAST_YEARS}", all_years=False, share=share)
    if has_rows(connection, "stale_person", "all_years"):
        share = _share_of_persons(connection, "all_years")
        yield StaleRows(dict.fromkeys(of_persons, ALL_YEARS), ALL_YEARS, all_years=True, share=share)


def _share_of_persons(connection: duckdb.DuckDBPyConnection, which: str = "true") -> float:
    """Of all persons, those of stale_person that are asked for; never all of them."""
    return min(count(connection, f"stale_person WHERE {which}") / (1 + count(connection, "pseudonym")), 0.99)


def _has_years(connection: duckdb.DuckDBPyConnection, model: Model, years: str) -> bool:
    """Whether a table has, or may come to have, rows of these years."""
    return any(has_rows(connection, name, years) for name in (*model.years, model.name))


def _having(connection: duckdb.DuckDBPyConnection, model: Model, column: str, known: Known) -> list[str]:
    """What a file reads, itself or through views, that has the column."""
    read = {*model.inputs, *(name for view in changes.views_of(model, known) for name in view.inputs)}
    return sorted(name for name in read if column in columns(connection, name))
