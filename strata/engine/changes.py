"""What changed in a table between its last two contents, and what that makes stale in the tables that read it.

Belongs here: the change itself, what a table was made of input by input, their record in the warehouse (tables part_*, made with it:
strata/ingest/warehouse/tables.sql). Not here: seeing what changed (told.py), making rows again (parts.py), what a table was made of as a
whole (fingerprints.py).

What changed is kept for the last change only. Whoever reads it and was made of another content, or of other SQL, settings or definitions,
is made whole: in doubt, everything.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from strata.engine import fingerprints, windows
from strata.engine.models import SQL_FOLDER, Model, models
from strata.engine.tables import columns, count
from strata.ingest.warehouse.store import transaction

READ = ("read_slice", "read_stay", "read_unit", "read_diagnosis", "read_procedure", "read_group")  # one transaction replaces a slice in all
_SMALL = 100_000  # rows of a table that is looked at year by year
_MOST = 4  # where more than one in so many of all persons is told, the rows of everybody are made
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
WHO_IS_TOLD = "SELECT person_id, all_years FROM part_change_person WHERE list_contains(?, table_name)"
NEW_STALE_PERSON = "CREATE OR REPLACE TEMP TABLE stale_person (person_id INTEGER, all_years BOOLEAN DEFAULT true)"
STALE = "person_id IN (SELECT person_id FROM stale_person)"
ALL_YEARS = "person_id IN (SELECT person_id FROM stale_person WHERE all_years)"
LAST_YEARS = "person_id IN (SELECT person_id FROM stale_person WHERE NOT all_years)"

Inputs = dict[str, str | dict[str, str]]
Known = dict[str, Model]


@dataclass
class Change:
    """What is stale. first_year: it and the years after, of everybody; None: no year as a whole. persons: tables whose part_change_person
    says who else. Whoever is there has stale rows: in all years (all_years), or from the earlier of first_year and `since` on.
    passed: questions for further persons, whose rows are stale from `since` on. is_dated: years and persons are known of, not only slices.
    """

    slices: set[int] = field(default_factory=set)
    first_year: int | None = None
    persons: set[str] = field(default_factory=set)
    is_dated: bool = True
    since: int | None = None
    passed: set[str] = field(default_factory=set)

    def add(self, other: "Change") -> None:
        """Stale is what either says."""
        self.slices |= other.slices
        self.persons |= other.persons
        self.passed |= other.passed
        self.is_dated &= other.is_dated
        self.first_year = _first(self.first_year, other.first_year)
        self.since = _first(self.since, other.since)

    @property
    def first_of_all(self) -> int | None:
        """The first year told, of everybody or of some."""
        return _first(self.first_year, self.since)

    def of_slices(self, column: str) -> str:
        """The condition of rows of stale slices, told by slice_id or stay_id; stale_slice has them (lay_out)."""
        if not self.slices:
            return "false"
        if column == "slice_id":
            return "slice_id IN (SELECT slice_id FROM stale_slice)"
        low, high = min(self.slices) << 32, (max(self.slices) + 1 << 32) - 1
        return f"(stay_id BETWEEN {low} AND {high} AND stay_id >> 32 IN (SELECT slice_id FROM stale_slice))"


def _first(*years: int | None) -> int | None:
    """The first of the years that there are."""
    return min((year for year in years if year is not None), default=None)


def is_parted(model: Model) -> bool:
    """Whether something is known of a table's changes."""
    return bool(model.is_by_slice or model.years or model.persons or model.is_compared)


def slices_content(connection: duckdb.DuckDBPyConnection) -> str:
    """The content of the tables of stays as read, told from what each slice was read from; what changed since it was last told is kept."""
    held = dict(connection.execute(_SLICE_CONTENT).fetchall())
    known = dict(connection.execute("SELECT slice_id, content FROM part_slice").fetchall())
    now, before = (fingerprints.digest([f"{number} {one[number]}" for number in sorted(one)]) for one in (held, known))
    if now != before:
        changed = {number for number in held.keys() | known.keys() if held.get(number) != known.get(number)}
        with transaction(connection):
            connection.execute("DELETE FROM part_slice")
            connection.execute(f"INSERT INTO part_slice {_SLICE_CONTENT}")
            keep(connection, READ[0], before, now, Change(changed, is_dated=False))
    return now


def inputs(connection: duckdb.DuckDBPyConnection, model: Model, contents: dict[str, str], folder: Path = SQL_FOLDER) -> Inputs:
    """What a table is made of, input by input: the content of the tables whose changes are kept, else of the columns that are used.

    A view is its SQL and what it reads itself.
    """
    known = models(folder)
    views = views_of(model, known)
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
        elif model.years and "year" in columns(connection, name) and count(connection, name) <= _SMALL:
            used = _used_columns(connection, words, name)
            is_of_windows = name in model.windows[:1]
            found[name] = windows.contents(connection, name, used) if is_of_windows else fingerprints.by_year(connection, name, used)
        else:
            found[name] = _used(connection, words, name)
    # whole: the columns that matter are those that the table between looks at
    return found | {name: fingerprints.content(connection, name) for name in followed}


def views_of(model: Model, known: Known) -> list[Model]:
    """The views that a file reads, and those that they read."""
    found = [known[name] for name in model.inputs if name in known and known[name].is_view]
    return found + [one for view in found for one in views_of(view, known) if one not in found]


def stale(connection: duckdb.DuckDBPyConnection, model: Model, now: Inputs, content: str) -> Change | None:
    """What must be made again of a table that is there with this content; None: all of it, as of one that has other rows than were told."""
    before = made_of(connection, model, content)
    if before.keys() != now.keys():
        return None
    found = Change()
    for name in now:
        one = _change(connection, model, name, before[name], now[name])
        if one is None or ((model.years or model.persons) and not one.is_dated):
            return None
        if model.persons and before[name] != now[name] and name not in model.persons:
            return None
        found.add(one)
    return found


def made_of(connection: duckdb.DuckDBPyConnection, model: Model, content: str) -> Inputs:
    """What a table that is there with this content was made of, input by input; nothing, of one made otherwise or with other rows."""
    query = "SELECT sql, inputs, rows FROM part_made_of WHERE table_name = ? AND content = ?"
    row = connection.execute(query, [model.name, content]).fetchall()
    if not row or row[0][0] != _made_by(model) or row[0][2] != count(connection, model.name):
        return {}
    found: Inputs = json.loads(row[0][1])
    return found


def _change(
    connection: duckdb.DuckDBPyConnection, model: Model, name: str, before: str | dict[str, str], now: str | dict[str, str]
) -> Change | None:
    if before == now:
        return Change()
    if isinstance(before, dict) and isinstance(now, dict):
        return _of_years(model, name, before, now)
    table = READ[0] if name in READ else name
    query = "SELECT first_year, is_dated, since FROM part_change WHERE table_name = ? AND from_content = ? AND to_content = ?"
    row = connection.execute(query, [table, before, now]).fetchall()
    if not row:
        return None
    slices = connection.execute("SELECT slice_id FROM part_change_slice WHERE table_name = ?", [table]).fetchall()
    return Change({number for (number,) in slices}, row[0][0], {table}, row[0][1], row[0][2])


def _of_years(model: Model, name: str, before: dict[str, str], now: dict[str, str]) -> Change:
    """A small table that differs in some years: of everybody, but where windows moved and nothing else, of those whom they pass."""
    found, days = Change(), windows.Moved()
    for year in before.keys() | now.keys():
        then, here = before.get(year), now.get(year)
        if then == here:
            continue
        moved = windows.moved(then, here) if then and here and name in model.windows[:1] else None
        if moved is None:
            found.add(Change(first_year=int(year)))
        else:
            found.add(Change(since=int(year)))
            days |= moved
    return replace(found, passed=set(windows.passed(model.windows[1:], days))) if days else found


def lay_out(connection: duckdb.DuckDBPyConnection, change: Change) -> None:
    """The slices and persons of a change as tables of the connection, stale_slice and stale_person, for the conditions of this module."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE stale_slice (slice_id BIGINT); {NEW_STALE_PERSON}")
    if change.slices:
        connection.execute("INSERT INTO stale_slice SELECT unnest(?)", [sorted(change.slices)])
    told = " UNION ALL ".join([WHO_IS_TOLD, *(f"SELECT person_id, false FROM ({question})" for question in sorted(change.passed))])
    each = f"SELECT person_id, bool_or(all_years) FROM ({told}) WHERE person_id IS NOT NULL GROUP BY person_id"
    connection.execute(f"INSERT INTO stale_person {each}", [sorted(change.persons)])


def widen(connection: duckdb.DuckDBPyConnection, change: Change) -> None:
    """Once a change is laid out: where most persons have stale rows of some years, those of everybody, made without looking for theirs."""
    if count(connection, "stale_person WHERE NOT all_years") * _MOST > count(connection, "pseudonym"):
        change.first_year = change.first_of_all


def record(connection: duckdb.DuckDBPyConnection, model: Model, now: Inputs, content: str, sums: fingerprints.Sums) -> None:
    """What a table is made of, input by input, once it is made."""
    row = [model.name, content, _made_by(model), json.dumps(now), sums.rows, sums.hash_sum, sums.hash_xor]
    connection.execute("INSERT OR REPLACE INTO part_made_of VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def keep(connection: duckdb.DuckDBPyConnection, table: str, before: str, now: str, change: Change) -> None:
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


def _used_columns(connection: duckdb.DuckDBPyConnection, words: frozenset[str], table: str) -> list[str]:
    """Those whose name is somewhere in the file; all, where none is."""
    every = columns(connection, table)
    return [one for one in every if one in words] or every


def _used(connection: duckdb.DuckDBPyConnection, words: frozenset[str], table: str) -> str:
    return fingerprints.content(connection, f"(SELECT {', '.join(_used_columns(connection, words, table))} FROM {table})")
