"""What of a table is made again, when only a part of what it reads has changed.

Belongs here: telling which slices (hospital, field, year), years and persons of a table are stale, and replacing their rows in one
transaction. Not here: making a table whole (models.py), what a table was made of as a whole (fingerprints.py).

Four promises in the leading comment of an SQL file (docs/design.md, "What is made again") allow it:

`-- Slices: stay_id`, or slice_id: the rows of a slice come from the rows of that slice. stay_id is slice * 2^32 + line: a range a slice.
Names after it are columns that also tell where a row was read, and nothing of the person: what was sent again the same is the same.
`-- Years: <tables>`: the rows of a person come from the rows of that person; those of a year, from that year and the years before, and
they are the same when these tables are cut to the years asked for (none, where none of these tables has them). A stay is of the year it
ends in, so one that began before that year may speak of the years before: all the years of these persons are made again. Whose rows come
out otherwise is told to those who read it.
`-- Persons: <tables>`: the rows of a person come from the rows of that person, and cutting these tables to some persons gives theirs. One
that has no file is only added to: what it says of a person stays. Made for whose stays differ, or came out otherwise in what it reads.
`-- Compared: person_id`: which persons came out otherwise is told to those who read it, whether it was made whole or person by person.

What changed between two contents of a table is kept, for the last change only. Whoever reads it and was made of another content, or of
other SQL, settings or definitions, is made whole: in doubt, everything.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from strata.engine import fingerprints
from strata.engine.duckdb import is_of_storage
from strata.engine.models import SQL_FOLDER, Model, build, cut, models, ranges_of, reason
from strata.errors import StrataError
from strata.ingest.warehouse.store import transaction

READ = ("read_slice", "read_stay", "read_unit", "read_diagnosis", "read_procedure", "read_group")  # one transaction replaces a slice in all
_SMALL = 100_000  # rows of a table that is looked at year by year
_DDL = """
    CREATE TABLE IF NOT EXISTS part_made_of (
        table_name VARCHAR PRIMARY KEY, content VARCHAR, sql VARCHAR, inputs VARCHAR, rows BIGINT, hash_sum HUGEINT, hash_xor UBIGINT);
    CREATE TABLE IF NOT EXISTS part_change (
        table_name VARCHAR PRIMARY KEY, from_content VARCHAR, to_content VARCHAR, first_year INTEGER, is_dated BOOLEAN, since INTEGER);
    CREATE TABLE IF NOT EXISTS part_change_slice (table_name VARCHAR, slice_id BIGINT);
    CREATE TABLE IF NOT EXISTS part_change_person (table_name VARCHAR, person_id INTEGER, all_years BOOLEAN);
    CREATE TABLE IF NOT EXISTS part_slice (slice_id BIGINT, content VARCHAR)
"""
# A warehouse of a former version: of the persons it kept, all the years are stale; of a year, everybody.
_UPGRADE = """
    ALTER TABLE part_change_person ADD COLUMN IF NOT EXISTS all_years BOOLEAN DEFAULT true;
    ALTER TABLE part_change ADD COLUMN IF NOT EXISTS since INTEGER
"""
_STALE_PERSON = "CREATE OR REPLACE TEMP TABLE stale_person (person_id INTEGER, all_years BOOLEAN DEFAULT true)"
_SLICE_CONTENT = """
    WITH file AS (
        SELECT slice_id, string_agg(CAST(read_slice_file AS VARCHAR), '|' ORDER BY CAST(read_slice_file AS VARCHAR)) AS files
        FROM read_slice_file
        GROUP BY slice_id
    )
    SELECT read_slice.slice_id, md5(concat_ws('|', CAST(read_slice AS VARCHAR), file.files)) AS content
    FROM read_slice
    LEFT JOIN file ON read_slice.slice_id = file.slice_id
"""
# Whose stays differ. Other numbers are the same stays if they follow each other as before: a reader may settle a tie by them. Of two stays
# of the same days, what one table says cannot be laid beside what another says.
_CHANGED = """
    WITH gone AS (SELECT person_id, list(content ORDER BY stay_id) AS contents FROM gone_stay GROUP BY person_id),
    come AS (
        SELECT person_id, list(content ORDER BY stay_id) AS contents, count(DISTINCT (entry_date, exit_date)) AS periods
        FROM come_stay
        GROUP BY person_id
    )
    SELECT person_id
    FROM gone
    FULL JOIN come USING (person_id)
    WHERE gone.contents IS DISTINCT FROM come.contents OR len(come.contents) > come.periods
"""

_WHO_IS_TOLD = """
    SELECT person_id, bool_or(all_years)
    FROM part_change_person
    WHERE list_contains(?, table_name) AND person_id IS NOT NULL
    GROUP BY person_id
"""
_STALE = "person_id IN (SELECT person_id FROM stale_person)"
_ALL_YEARS = "person_id IN (SELECT person_id FROM stale_person WHERE all_years)"
_LAST_YEARS = "person_id IN (SELECT person_id FROM stale_person WHERE NOT all_years)"
_OTHERS = "person_id IN (SELECT person_id FROM other_person)"
_MOST = 4  # more persons than a fourth of the rows of a year: readers make everybody's rows, which is faster than to look for theirs

Inputs = dict[str, str | dict[str, str]]
Known = dict[str, Model]


@dataclass
class Change:
    """What is stale. first_year: it and the years after, of everybody; None: no year as a whole. persons: tables whose part_change_person
    says who else. Whoever is there has stale rows: in all years (all_years), or from the earlier of first_year and `since` on.
    is_dated: years and persons are known of, not only slices.
    """

    slices: set[int] = field(default_factory=set)
    first_year: int | None = None
    persons: set[str] = field(default_factory=set)
    is_dated: bool = True
    since: int | None = None

    def add(self, other: "Change") -> None:
        """Stale is what either says."""
        self.slices |= other.slices
        self.persons |= other.persons
        self.is_dated &= other.is_dated
        self.first_year = _first(self.first_year, other.first_year)
        self.since = _first(self.since, other.since)


@dataclass(frozen=True)
class StaleRows:
    """Rows of a table by year that may be stale (which), and what makes them: limits of the tables it reads, is_few as in cut.

    all_years: rows of any year, not of the last ones alone.
    """

    limits: dict[str, str]
    which: str
    all_years: bool
    is_few: bool


def _first(*years: int | None) -> int | None:
    """The first of the years that there are."""
    return min((year for year in years if year is not None), default=None)


def is_parted(model: Model) -> bool:
    """Whether something is known of a table's changes."""
    return bool(model.is_by_slice or model.years or model.persons or model.is_compared)


def slices_content(connection: duckdb.DuckDBPyConnection) -> str:
    """The content of the tables of stays as read, told from what each slice was read from; what changed since it was last told is kept."""
    connection.execute(_DDL)
    connection.execute(_UPGRADE)
    held = dict(connection.execute(_SLICE_CONTENT).fetchall())
    known = dict(connection.execute("SELECT slice_id, content FROM part_slice").fetchall())
    now, before = (fingerprints.digest([f"{number} {one[number]}" for number in sorted(one)]) for one in (held, known))
    if now != before:
        changed = {number for number in held.keys() | known.keys() if held.get(number) != known.get(number)}
        with transaction(connection):
            connection.execute("DELETE FROM part_slice")
            connection.execute(f"INSERT INTO part_slice {_SLICE_CONTENT}")
            _keep(connection, READ[0], before, now, Change(changed, is_dated=False))
    return now


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
    now = inputs(connection, model, contents, folder) if is_parted(model) else {}
    change = stale(connection, model, now, before) if before and now else None
    if before and change is not None and (model.persons or not model.is_compared):
        return remake(connection, model, change, wanted=wanted, now=now, before=before, known=models(folder))
    fingerprints.forget(connection, model.name)
    if model.is_compared:
        _set_aside(connection, model, is_kept=before is not None)
    build(connection, model.name, folder)
    sums = fingerprints.sums(connection, model.name)
    content = fingerprints.content_of(connection, model.name, sums)
    if before and model.is_compared:
        _compare(connection, model, change, before, content)
    if now:
        record(connection, model, now, content, sums)
    fingerprints.remember(connection, model.name, wanted, content, sums.rows)
    return content, sums.rows


def inputs(connection: duckdb.DuckDBPyConnection, model: Model, contents: dict[str, str], folder: Path = SQL_FOLDER) -> Inputs:
    """What a table is made of, input by input: the content of the tables whose changes are kept, else of the columns that are used.

    A view is its SQL and what it reads itself.
    """
    known = models(folder)
    views = _views(model, known)
    read = sorted({*model.inputs, *(name for view in views for name in view.inputs)} - {view.name for view in views})
    words = model.words.union(*(view.words for view in views))
    found: Inputs = {view.name: view.sha256 for view in views}
    followed: set[str] = set()
    for name in read:
        if name in model.persons and name not in known:
            continue  # only added to
        if name in READ or (name in known and is_parted(known[name])):
            found[name] = contents.get(name) or str(fingerprints.known(connection, name))
        elif (model.is_by_slice or model.years) and name in known and known[name].follows:
            followed.update(known[name].follows)
        elif model.years and "year" in _columns(connection, name) and _rows(connection, name) <= _SMALL:
            found[name] = _used_by_year(connection, words, name)
        else:
            found[name] = _used(connection, words, name)
    # whole: the columns that matter are those that the table between looks at
    return found | {name: fingerprints.content(connection, name) for name in followed}


def _views(model: Model, known: Known) -> list[Model]:
    """The views that a file reads, and those that they read."""
    found = [known[name] for name in model.inputs if name in known and known[name].is_view]
    return found + [one for view in found for one in _views(view, known) if one not in found]


def stale(connection: duckdb.DuckDBPyConnection, model: Model, now: Inputs, content: str) -> Change | None:
    """What must be made again of a table that is there with this content; None: all of it, as of one that has other rows than were told."""
    connection.execute(_DDL)
    connection.execute(_UPGRADE)
    query = "SELECT sql, inputs, rows FROM part_made_of WHERE table_name = ? AND content = ?"
    row = connection.execute(query, [model.name, content]).fetchall()
    if not row or row[0][0] != _made_by(model) or row[0][2] != _rows(connection, model.name):
        return None
    before: Inputs = json.loads(row[0][1])
    if before.keys() != now.keys():
        return None
    found = Change()
    for name in now:
        one = _change(connection, name, before[name], now[name])
        if one is None or ((model.years or model.persons) and not one.is_dated):
            return None
        if model.persons and before[name] != now[name] and name not in model.persons:
            return None
        found.add(one)
    return found


def _change(connection: duckdb.DuckDBPyConnection, name: str, before: str | dict[str, str], now: str | dict[str, str]) -> Change | None:
    if before == now:
        return Change()
    if isinstance(before, dict) and isinstance(now, dict):
        return Change(first_year=min(int(year) for year in before.keys() | now.keys() if before.get(year) != now.get(year)))
    table = READ[0] if name in READ else name
    query = "SELECT first_year, is_dated, since FROM part_change WHERE table_name = ? AND from_content = ? AND to_content = ?"
    row = connection.execute(query, [table, before, now]).fetchall()
    if not row:
        return None
    slices = connection.execute("SELECT slice_id FROM part_change_slice WHERE table_name = ?", [table]).fetchall()
    return Change({number for (number,) in slices}, row[0][0], {table}, row[0][1], row[0][2])


def remake(
    connection: duckdb.DuckDBPyConnection, model: Model, change: Change, *, wanted: str, now: Inputs, before: str, known: Known
) -> tuple[str, int]:
    """Replace the stale rows of a table and say what it is now made of, all or nothing; gives its content and rows. StrataError: the SQL.

    wanted, before: of fingerprints.made_of and its content until now. known: every model, for the views among what it reads.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE stale_slice (slice_id BIGINT); {_STALE_PERSON}")
    if change.slices:
        connection.execute("INSERT INTO stale_slice SELECT unnest(?)", [sorted(change.slices)])
    connection.execute(f"INSERT INTO stale_person {_WHO_IS_TOLD}", [sorted(change.persons)])
    replace, tell = (_exchange, _told_others) if model.years else (_replace, _told)
    try:
        with transaction(connection):
            sums = replace(connection, model, change, known)
            content = fingerprints.content_of(connection, model.name, sums)
            record(connection, model, now, content, sums)
            fingerprints.remember(connection, model.name, wanted, content, sums.rows)
            if content != before:
                _keep(connection, model.name, before, content, tell(connection, model, change))
    except duckdb.Error as error:
        if is_of_storage(error):
            raise
        raise reason(model, error) from error
    return content, sums.rows


def _replace(connection: duckdb.DuckDBPyConnection, model: Model, change: Change, known: Known) -> fingerprints.Sums:
    """Of a table by slice or by person: the stale rows go, the same rows made anew come; gives the sums of the table now."""
    which = _of_slices(change, model.slice_column) if model.is_by_slice else _STALE
    gone = fingerprints.sums(connection, model.name, which)
    if _is_dated(connection, model):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE gone_stay AS {_stays(connection, model, which)}")
    if model.persons:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE gone_row AS {_row_hashes(model.name, which, side=-1)}")
    connection.execute(f"DELETE FROM {model.name} WHERE {which}")
    ranges = _made(connection, model, _limits(connection, model, change, known), which, known, is_few=bool(model.persons))
    inserted = sum(_insert(connection, model) for _ in ranges)
    come = fingerprints.sums(connection, model.name, which)
    if come.rows != inserted:
        raise _lost(model)
    return _recorded(connection, model).without(gone).and_also(come)


def _limits(connection: duckdb.DuckDBPyConnection, model: Model, change: Change, known: Known) -> dict[str, str]:
    """What a table by slice or by person is made of, limited to what is stale."""
    if model.persons:
        return dict.fromkeys(model.persons, _STALE)
    return {name: _of_slices(change, column) for column in ("slice_id", "stay_id") for name in _having(connection, model, column, known)}


def _exchange(connection: duckdb.DuckDBPyConnection, model: Model, change: Change, known: Known) -> fingerprints.Sums:
    """Of a table by year: the rows that may be stale are made anew, and those of the persons for whom they come out otherwise take the
    place of theirs; gives the sums of the table now. Who that was is in other_person."""
    connection.execute("CREATE OR REPLACE TEMP TABLE other_person (person_id INTEGER, all_years BOOLEAN)")
    sums = _recorded(connection, model)
    for rows in _stale_rows(connection, model, change, known):
        for condition in _made(connection, model, rows.limits, rows.which, known, is_few=rows.is_few):
            held = f"{rows.which} AND {condition}"
            both = f"{_row_hashes('come_row', 'true', side=1)} UNION ALL {_row_hashes(model.name, held, side=-1)}"
            others = f"INSERT INTO other_person SELECT person_id, ? FROM ({_otherwise(both)})"
            if connection.execute(others, [rows.all_years]).fetchall()[0][0]:
                sums = _swap(connection, model, f"{held} AND {_OTHERS}", sums)
    return sums


def _swap(connection: duckdb.DuckDBPyConnection, model: Model, which: str, sums: fingerprints.Sums) -> fingerprints.Sums:
    """Rows of the table go, those of the same persons in come_row come; gives the sums of the table, which were `sums`."""
    sums = sums.without(fingerprints.sums(connection, model.name, which))
    connection.execute(f"DELETE FROM {model.name} WHERE {which}")
    rows = sums.rows + _insert(connection, model, _OTHERS)
    sums = sums.and_also(fingerprints.sums(connection, model.name, which))
    if sums.rows != rows:
        raise _lost(model)
    return sums


def _recorded(connection: duckdb.DuckDBPyConnection, model: Model) -> fingerprints.Sums:
    """The sums of a table when it was last made."""
    query = "SELECT rows, hash_sum, hash_xor FROM part_made_of WHERE table_name = ?"
    return fingerprints.Sums(*connection.execute(query, [model.name]).fetchall()[0])


def _lost(model: Model) -> StrataError:
    """Rows that were written are not read: better no publication than one without them."""
    return StrataError(
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
    connection: duckdb.DuckDBPyConnection, model: Model, limits: dict[str, str], kept: str, known: Known, *, is_few: bool = False
) -> Iterator[str]:
    """Run the file with some of its tables limited (is_few: as in cut) into come_row, and keep some of its rows: range after range where
    it may be; gives the condition of each range."""
    tables, ranges = ranges_of(connection, model)
    for condition in ranges:
        both = {name: " AND ".join([limits.get(name, "true"), condition if name in tables else "true"]) for name in {*limits, *tables}}
        made = _limited(model, both, known, is_few=is_few)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE come_row AS SELECT * FROM (\n{made}\n) AS made WHERE {kept}")
        yield condition
    connection.execute("DROP TABLE come_row")


def _insert(connection: duckdb.DuckDBPyConnection, model: Model, which: str = "true") -> int:
    """Rows of come_row into the table; gives their number.

    They come by way of a table of their own, and nothing is inserted where there is nothing: after an ordered insertion that brings
    nothing, DuckDB 2.0.0 shows none of the rows that the same transaction inserts (a row group or more), until the file is opened again.
    """
    if not _is_there(connection, "come_row", which):
        return 0
    return int(connection.execute(f"INSERT INTO {model.name} BY NAME SELECT * FROM come_row WHERE {which}").fetchall()[0][0])


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

    is_few: of rows of all years it is faster to look for the persons first, of those of the last years to let the planner choose.
    """
    of_persons = _having(connection, model, "person_id", known)
    first, since = change.first_year, change.since
    if first is not None and _has_years(connection, model, f"year >= {first}"):
        years = f"year >= {first}"
        yield StaleRows(dict.fromkeys(model.years, years), f"{years} AND NOT {_ALL_YEARS}", all_years=False, is_few=False)
    if since is not None and (first is None or since < first) and _has_years(connection, model, f"year >= {since}"):
        years = f"year >= {since}"
        limits = dict.fromkeys(of_persons, _LAST_YEARS) | dict.fromkeys(model.years, years)
        limits |= {name: f"{years} AND {_LAST_YEARS}" for name in of_persons if name in model.years}
        until = "true" if first is None else f"year < {first}"
        yield StaleRows(limits, f"{years} AND {until} AND {_LAST_YEARS}", all_years=False, is_few=False)
    if _is_there(connection, "stale_person", "all_years"):
        yield StaleRows(dict.fromkeys(of_persons, _ALL_YEARS), _ALL_YEARS, all_years=True, is_few=True)


def _has_years(connection: duckdb.DuckDBPyConnection, model: Model, years: str) -> bool:
    """Whether a table has, or may come to have, rows of these years."""
    return any(_is_there(connection, name, years) for name in (*model.years, model.name))


def _of_slices(change: Change, column: str) -> str:
    if not change.slices:
        return "false"
    if column == "slice_id":
        return "slice_id IN (SELECT slice_id FROM stale_slice)"
    low, high = min(change.slices) << 32, (max(change.slices) + 1 << 32) - 1
    return f"(stay_id BETWEEN {low} AND {high} AND stay_id >> 32 IN (SELECT slice_id FROM stale_slice))"


def _told_others(connection: duckdb.DuckDBPyConnection, model: Model, change: Change) -> Change:
    """What a table by year tells its readers once its stale rows are exchanged: whose rows came out otherwise; of most, the years."""
    first = _first(change.first_year, change.since)
    others = _rows(connection, "other_person WHERE NOT all_years")
    a_year = connection.execute(f"SELECT count(*) / (1 + max(year) - min(year)) FROM {model.name}").fetchall()[0][0] or 0
    are_most = others * _MOST > a_year
    connection.execute(f"{_STALE_PERSON}; INSERT INTO stale_person SELECT * FROM other_person WHERE all_years OR {not are_most}")
    if not others:
        return Change(persons={"stale"})
    return Change(persons={"stale"}, first_year=first) if are_most else Change(persons={"stale"}, since=first)


def _told(connection: duckdb.DuckDBPyConnection, model: Model, change: Change) -> Change:
    """What a table tells its readers once its stale rows are replaced: of stays, when they ended.

    Persons: whose rows differ. Of stays, all the years of every stay that ended in the years told and began before them (cut to these
    years, it would stand alone) and of those that began in their first 30 days (readmissions are looked for), if their stays differ.
    """
    if model.persons:
        both = f"SELECT * FROM gone_row UNION ALL {_row_hashes(model.name, _STALE, side=1)}"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE other_person AS {_otherwise(both)}")
        connection.execute(f"{_STALE_PERSON}; INSERT INTO stale_person BY NAME SELECT person_id FROM other_person")
        return Change(persons={"stale"})
    if not _is_dated(connection, model):
        return Change(change.slices, is_dated=False)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE come_stay AS {_stays(connection, model, _of_slices(change, model.slice_column))}")
    both = "SELECT * FROM gone_stay UNION ALL SELECT * FROM come_stay"
    first = connection.execute(f"SELECT min(first_year) FROM ({both})").fetchall()[0][0]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE other_person AS {_CHANGED}")
    connection.execute(f"{_STALE_PERSON}; INSERT INTO stale_person SELECT person_id, false FROM other_person WHERE person_id IS NOT NULL")
    if first is not None:
        # of the stays that stay, too: one of them may stand between two years
        ended = f"(exit_date >= make_date({first}, 1, 1)" + (f" OR year >= {first})" if _has_year(connection, model) else ")")
        here = f"SELECT person_id, entry_date FROM gone_stay UNION ALL SELECT person_id, entry_date FROM {model.name} WHERE {ended}"
        connection.execute(
            f"""INSERT INTO stale_person BY NAME
            SELECT DISTINCT person_id FROM ({here})
            WHERE person_id IS NOT NULL AND entry_date < make_date({first}, 1, 31)
                AND (entry_date < make_date({first}, 1, 1) OR person_id IN (SELECT person_id FROM other_person))"""
        )
    return Change(change.slices, first, {"stale"})


def _stays(connection: duckdb.DuckDBPyConnection, model: Model, which: str) -> str:
    """Stays of a table: whose, when, the first year they speak of, and the content of their rows, but for where they were read."""
    said = ", ".join(name for name in _columns(connection, model.name) if name not in model.promises["Slices"])
    return f"""
        SELECT person_id, stay_id, entry_date, exit_date, CAST(min(least({_years(connection, model)})) AS INTEGER) AS first_year,
            sum(hash(stay_id >> 32, {said})) AS content
        FROM {model.name} WHERE {which}
        GROUP BY person_id, stay_id, entry_date, exit_date"""


def _years(connection: duckdb.DuckDBPyConnection, model: Model) -> str:
    """What says of which years a stay speaks."""
    return "extract(YEAR FROM exit_date)" + (", year" if _has_year(connection, model) else "")


def _has_year(connection: duckdb.DuckDBPyConnection, model: Model) -> bool:
    return "year" in _columns(connection, model.name)


def _is_dated(connection: duckdb.DuckDBPyConnection, model: Model) -> bool:
    return model.is_by_slice and {"stay_id", "person_id", "entry_date", "exit_date"} <= set(_columns(connection, model.name))


def _set_aside(connection: duckdb.DuckDBPyConnection, model: Model, *, is_kept: bool) -> None:
    """Before a table that is compared is made whole: the one that is there takes another name."""
    connection.execute(f"DROP TABLE IF EXISTS {model.name}_before")
    if is_kept:
        connection.execute(f"ALTER TABLE {model.name} RENAME TO {model.name}_before")


def _compare(connection: duckdb.DuckDBPyConnection, model: Model, change: Change | None, before: str, content: str) -> None:
    """After it: keep whose rows differ. change: what its inputs say; the stays of stale slices are told by the years they end in."""
    is_of_stays = "stay_id" in _columns(connection, model.name)
    with transaction(connection):
        if content != before and not (is_of_stays and change is None):
            connection.execute("CREATE OR REPLACE TEMP TABLE stale_slice (slice_id BIGINT)")
            told = change if is_of_stays and change else Change()
            if told.slices:
                connection.execute("INSERT INTO stale_slice SELECT unnest(?)", [sorted(told.slices)])
            _differing(connection, model.name, is_of_stays, told)
            _keep(connection, model.name, before, content, Change(first_year=told.first_year, persons={"stale"}))
        connection.execute(f"DROP TABLE IF EXISTS {model.name}_before")


def _differing(connection: duckdb.DuckDBPyConnection, table: str, is_of_stays: bool, told: Change) -> None:
    """Fill stale_person: whose rows differ outside stale slices, and whose stays of stale and of other slices stand in one group."""
    is_stale = "stay_id >> 32 IN (SELECT slice_id FROM stale_slice)"
    within = f"NOT {is_stale}" if is_of_stays else "true"
    both = f"{_row_hashes(table, within, side=1)} UNION ALL {_row_hashes(f'{table}_before', within, side=-1)}"
    connection.execute(
        f"""{_STALE_PERSON};
        INSERT INTO stale_person BY NAME
        {_otherwise(both)}
        UNION SELECT person_id FROM part_change_person WHERE list_contains(?, table_name) AND all_years""",
        [sorted(told.persons)],
    )
    for name in (table, f"{table}_before") if is_of_stays else ():
        group = ", ".join(column for column in _columns(connection, name) if column != "stay_id")
        across = f"SELECT person_id FROM {name} GROUP BY {group} HAVING bool_or({is_stale}) AND NOT bool_and({is_stale})"
        connection.execute(f"INSERT INTO stale_person BY NAME {across}")


def _row_hashes(table: str, which: str, *, side: int) -> str:
    """A number for each row; those of two sides add up to nothing where a person's rows are the same. Shifted, it has room for a sign."""
    return f"SELECT person_id, {side} * CAST(hash(here) >> 2 AS BIGINT) AS row_hash FROM {table} AS here WHERE {which}"


def _otherwise(both: str) -> str:
    """Whose rows are not the same on both sides, told by their hashes: EXCEPT ALL both ways costs six times as much."""
    return f"SELECT person_id FROM ({both}) GROUP BY person_id HAVING sum(row_hash) <> 0"


def record(connection: duckdb.DuckDBPyConnection, model: Model, now: Inputs, content: str, sums: fingerprints.Sums) -> None:
    """What a table is made of, input by input, once it is made."""
    connection.execute(_DDL)
    row = [model.name, content, _made_by(model), json.dumps(now), sums.rows, sums.hash_sum, sums.hash_xor]
    connection.execute("INSERT OR REPLACE INTO part_made_of VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _keep(connection: duckdb.DuckDBPyConnection, table: str, before: str, now: str, change: Change) -> None:
    """The last change of a table takes the place of the one before. Its persons are those of stale_person."""
    for name in ("part_change", "part_change_slice", "part_change_person"):
        connection.execute(f"DELETE FROM {name} WHERE table_name = ?", [table])
    row = [table, before, now, change.first_year, change.is_dated, change.since]
    connection.execute("INSERT INTO part_change VALUES (?, ?, ?, ?, ?, ?)", row)
    if change.slices:
        connection.execute("INSERT INTO part_change_slice SELECT ?, unnest(?)", [table, sorted(change.slices)])
    if change.persons:
        connection.execute("INSERT INTO part_change_person SELECT ?, person_id, all_years FROM stale_person", [table])


def _made_by(model: Model) -> str:
    return fingerprints.digest([duckdb.__version__, model.sha256])


def _having(connection: duckdb.DuckDBPyConnection, model: Model, column: str, known: Known) -> list[str]:
    """What a file reads, itself or through views, that has the column."""
    read = {*model.inputs, *(name for view in _views(model, known) for name in view.inputs)}
    return sorted(name for name in read if column in _columns(connection, name))


def _is_there(connection: duckdb.DuckDBPyConnection, table: str, which: str) -> bool:
    return bool(connection.execute(f"SELECT 1 FROM {table} WHERE {which} LIMIT 1").fetchall())


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [column[0] for column in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _used_columns(connection: duckdb.DuckDBPyConnection, words: frozenset[str], table: str) -> list[str]:
    """Those whose name is somewhere in the file; all, where none is."""
    every = _columns(connection, table)
    return [one for one in every if one in words] or every


def _used(connection: duckdb.DuckDBPyConnection, words: frozenset[str], table: str) -> str:
    columns = ", ".join(_used_columns(connection, words, table))
    return fingerprints.content(connection, f"(SELECT {columns} FROM {table})")


def _used_by_year(connection: duckdb.DuckDBPyConnection, words: frozenset[str], table: str) -> dict[str, str]:
    columns = _used_columns(connection, words, table)
    query = (
        f"SELECT year, count(*), sum(hash(t)), bit_xor(hash(t)) FROM (SELECT year, {', '.join(columns)} FROM {table}) AS t GROUP BY year"
    )
    return {
        str(year): fingerprints.digest([duckdb.__version__, str(columns), str(sums)])
        for year, *sums in connection.execute(query).fetchall()
    }
