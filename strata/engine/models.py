"""The sql/ folder as a graph: which tables there are, what they read, how to build them.

Belongs here: parsing and ordering the files, building one table, in buckets where its file says so. Not here: any SQL of the method,
any orchestration (pipelines/).

Lines of the leading comment are promises. What need not be made again is said by `-- Slices:`, `-- Years:`, `-- Windows:`, `-- Persons:`,
`-- Compared:`, `-- Follows:` (parts.py), `-- Adds:` and `-- Sums:` (summed.py).
A file with the line `-- Buckets: <column>` gives the same rows when it is run on one range of that column at a time: the tables it reads
that have the column meet on it alone. A large table is then built range after range, so that memory does not grow with the country. A
file with the line `-- View: <reason>` is kept as a question: its rows are made when somebody reads them.
`-- Dense: <column>`: its large sums are by that column alone, whose numbers follow each other, and keep little of each (placed).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from itertools import pairwise, takewhile
from math import ceil
from pathlib import Path

import duckdb

from strata.engine.duckdb import connect, is_of_storage
from strata.engine.tables import columns, count
from strata.errors import StrataError

SQL_FOLDER = Path(__file__).parents[2] / "sql"
BUCKET_ROWS = 25_000_000  # of the largest table read: 1 to 2 GB of memory, and few enough ranges that each is worth its scan
PLACES_BITS = 23  # eight million places: 200 to 400 MB a thread for what a Dense file keeps of each
_MORE_MEMORY = (
    "Fermer d'autres programmes, ou changer [engine] memory_limit : ce qui manque est mis sur le disque",
    "Close other programs, or change [engine] memory_limit: what is missing is put on the disk",
)
_PROMISES = ("Buckets", "Slices", "Years", "Persons", "Compared", "Follows", "Windows", "Adds", "Sums", "View", "Dense")
# Of each SELECT, as DuckDB parses it: the tables after FROM and JOIN, and the names that WITH gives.
_PARSED = """
SELECT sql, json_extract_string(tree, '$..table_name'), json_extract_string(tree, '$..cte_map.map[*].key')
FROM (SELECT sql, json_serialize_sql(sql) AS tree FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS sql))
"""
_NO_NAME = re.compile(r"--.*|'[^']*'")  # comments and texts


@dataclass(frozen=True)
class Model:
    """One SQL file: one SELECT, one table. inputs: the tables it reads, in name order. words: every name in it, of whatever.

    promises: of the leading comment, by name; each is a list of columns or of tables.
    """

    name: str
    layer: str
    path: Path
    sql: str
    description: str
    inputs: tuple[str, ...]
    words: frozenset[str] = frozenset()
    promises: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def bucket_column(self) -> str | None:
        """Rows of one range of it come from the rows of that range; None: made at once."""
        return next(iter(self.promises.get("Buckets", ())), None)

    @property
    def is_by_slice(self) -> bool:
        """Rows of a slice come from the rows of that slice."""
        return "Slices" in self.promises

    @property
    def slice_column(self) -> str:
        """What says of which slice a row of a table by slice is: stay_id or slice_id."""
        return self.promises["Slices"][0]

    @property
    def years(self) -> tuple[str, ...]:
        """Tables that, cut to some years, give the rows of these years; empty: no such promise."""
        return self.promises.get("Years", ())

    @property
    def persons(self) -> tuple[str, ...]:
        """Tables that, cut to some persons, give the rows of these persons; empty: no such promise."""
        return self.promises.get("Persons", ())

    @property
    def windows(self) -> tuple[str, ...]:
        """A small table of windows (strata/engine/windows.py), then what lies in them, as table.column; empty: no such promise."""
        return self.promises.get("Windows", ())

    @property
    def adds(self) -> tuple[str, ...]:
        """Tables of whose persons it is a sum (strata/engine/summed.py); empty: no such promise."""
        return self.promises.get("Adds", ())

    @property
    def sums(self) -> tuple[str, ...]:
        """The columns that are added up, that which counts first."""
        return self.promises.get("Sums", ())

    @property
    def is_compared(self) -> bool:
        """Compared with what was there, person by person."""
        return "Compared" in self.promises

    @property
    def is_view(self) -> bool:
        """Nothing of it is kept but the question: its rows are made when they are read."""
        return "View" in self.promises

    @property
    def is_dense(self) -> bool:
        """What it adds up by person may have a place for every number."""
        return "Dense" in self.promises

    @property
    def follows(self) -> tuple[str, ...]:
        """For a reader that meets this table by a code it holds, these tables say all: what else is here is of codes it has not."""
        return self.promises.get("Follows", ())

    @property
    def sha256(self) -> str:
        """Hash of the file: the code version of the table."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def models(folder: Path = SQL_FOLDER) -> dict[str, Model]:
    """Every model by table name, each after the tables it reads."""
    return _read(folder)  # a cache tells models() from models(SQL_FOLDER), and would read every file twice


@cache
def _read(folder: Path) -> dict[str, Model]:
    paths = sorted(folder.glob("*/*.sql"))
    texts = [path.read_text(encoding="utf-8").strip().rstrip(";") for path in paths]
    read = _tables_read(texts)
    found = {path.stem: _model(path, sql, read[sql]) for path, sql in zip(paths, texts)}
    order = TopologicalSorter({name: [table for table in model.inputs if table in found] for name, model in found.items()})
    return {name: found[name] for name in order.static_order()}


def downstream(sources: Iterable[str], folder: Path = SQL_FOLDER) -> list[str]:
    """The tables that read one of `sources`, directly or not, in build order."""
    stale = set(sources)
    for name, model in models(folder).items():
        if stale.intersection(model.inputs):
            stale.add(name)
    return [name for name in models(folder) if name in stale.difference(sources)]


def build(connection: duckdb.DuckDBPyConnection, name: str, folder: Path = SQL_FOLDER) -> int | None:
    """Build one table from its file, replacing it; gives its number of rows, None of a view. Raises StrataError naming the file."""
    model = models(folder)[name]
    try:
        if model.is_view:
            _take_name(connection, "VIEW", name, model.sql)
            return None
        with placed(connection, model):
            return _build_in_buckets(connection, model)
    except duckdb.Error as error:
        if is_of_storage(error):
            raise
        raise reason(model, error) from error


@contextmanager
def placed(connection: duckdb.DuckDBPyConnection, model: Model) -> Iterator[None]:
    """Sums of a Dense file find the place of a number by the number, without a search, where the range leaves room for each.

    For a table made whole: of a few rows made again (parts.py), most places would be empty, and cost more than the search.
    """
    if model.is_dense:
        connection.execute(f"SET perfect_ht_threshold = {PLACES_BITS}")
    try:
        yield
    finally:
        if model.is_dense:
            connection.execute("RESET perfect_ht_threshold")


def reason(model: Model, error: duckdb.Error) -> StrataError:
    """Why a table could not be built, the file named. Memory that is missing is not held against the file."""
    is_memory = isinstance(error, duckdb.OutOfMemoryException)
    return StrataError(
        what=(f"La table {model.name} n'a pas pu être construite", f"Table {model.name} could not be built"),
        where=f"sql/{model.layer}/{model.name}.sql",
        why=("mémoire insuffisante", "not enough memory") if is_memory else (_first_line(error), _first_line(error)),
        fix=_MORE_MEMORY if is_memory else ("Corriger le fichier SQL ou les tables qu'il lit", "Mend the SQL file or the tables it reads"),
    )


def _take_name(connection: duckdb.DuckDBPyConnection, kind: str, name: str, query: str) -> int:
    """(Re)make a 'TABLE' or 'VIEW'; gives the rows of a table. What another version made under that name as the other kind is dropped.

    It is looked for only once it stands in the way: DuckDB's lists measure every table.
    """
    statement = f"CREATE OR REPLACE {kind} {name} AS\n{query}"
    try:
        made = connection.execute(statement).fetchall()
    except duckdb.CatalogException:
        other = "TABLE" if kind == "VIEW" else "VIEW"
        here = "database_name = current_database() AND schema_name = current_schema() AND NOT temporary"
        if not connection.execute(f"SELECT 1 FROM duckdb_{other}s() WHERE {here} AND {other}_name = ?", [name]).fetchall():
            raise
        connection.execute(f"DROP {other} {name}")
        made = connection.execute(statement).fetchall()
    return sum(rows for (rows,) in made)


def _build_in_buckets(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    """Each range is a statement of its own: the table is made under another name, so that a failure leaves the old one. Gives its rows."""
    inputs, ranges = ranges_of(connection, model)
    if len(ranges) == 1:
        return _take_name(connection, "TABLE", model.name, model.sql)
    part, rows = f"{model.name}_in_part", 0
    for number, condition in enumerate(ranges):
        makes = f"INSERT INTO {part}" if number else f"CREATE OR REPLACE TABLE {part} AS"
        made = connection.execute(f"{makes}\n{cut(model.sql, dict.fromkeys(inputs, condition))}").fetchall()
        rows += made[0][0]
    # before a warehouse that is only read, the old name may be one of its own: a table of ours takes it first
    _take_name(connection, "TABLE", model.name, "SELECT 0 AS old")
    connection.execute(f"DROP TABLE {model.name}; ALTER TABLE {part} RENAME TO {model.name}")
    return rows


def ranges_of(connection: duckdb.DuckDBPyConnection, model: Model, share: float = 1.0) -> tuple[list[str], list[str]]:
    """The tables that a model may read range after range, and conditions that part them; one, always true, when they are small.

    share: of their rows, those that are asked for.
    """
    inputs = _with_column(connection, model)
    return inputs, _ranges(connection, model.bucket_column or "", inputs, share)


def _with_column(connection: duckdb.DuckDBPyConnection, model: Model) -> list[str]:
    """The tables a model reads that have its bucket column."""
    if model.bucket_column is None:
        return []
    return [table for table in model.inputs if model.bucket_column in columns(connection, table)]


def _ranges(connection: duckdb.DuckDBPyConnection, column: str, inputs: list[str], share: float) -> list[str]:
    """Conditions that part the values of the column, NULL included, into ranges of about BUCKET_ROWS of the rows asked for."""
    sizes = {table: count(connection, table) for table in inputs}
    pieces = ceil(max(sizes.values(), default=0) * share / BUCKET_ROWS)
    if pieces <= 1:
        return ["true"]
    largest = max(sizes, key=lambda table: sizes[table])
    shares = [rank / pieces for rank in range(1, pieces)]
    # some parts of the table, read whole: to draw each row, one thread would go through all of them
    sample = f"SELECT {column} FROM {largest} USING SAMPLE 5 PERCENT (system)"
    found = connection.execute(f"SELECT quantile_disc({column}, {shares}) FROM ({sample})").fetchall()[0][0] or []
    bounds = sorted(set(found))
    inner = [f"{column} >= {low} AND {column} < {high}" for low, high in pairwise(bounds)]
    # NULL apart: beside it, nothing would be known of the least and the largest number of the first range
    return [f"{column} < {bounds[0]}", *inner, f"{column} >= {bounds[-1]}", f"{column} IS NULL"] if bounds else ["true"]


def cut(sql: str, limits: Mapping[str, str], instead: Mapping[str, str] | None = None, *, is_few: bool = False) -> str:
    """The same SELECT, where these tables have only the rows that meet their condition: a name put in front of the table's.

    instead: of some of these tables, what the rows are taken from. is_few: rows that are looked for before anything is done with them; left
    to the planner, a condition that is no range may be asked last, of all that was made of everybody's rows.
    """
    query = sql[len(_leading_lines(sql)) :].lstrip()
    if not limits:
        return query
    sources = {table: (instead or {}).get(table, table) for table in limits}
    how = "MATERIALIZED" if is_few else "NOT MATERIALIZED"
    names = ",\n".join(f"{table} AS {how} (SELECT * FROM {sources[table]} WHERE {limits[table]})" for table in limits)
    return f"WITH {names},\n{query.removeprefix('WITH ')}" if query.startswith("WITH ") else f"WITH {names}\n{query}"


def _tables_read(texts: list[str]) -> dict[str, tuple[str, ...]]:
    """The tables each SELECT reads, in name order; none of a text that is no SELECT: it is refused when it is built."""
    with connect(None) as connection:
        parsed = connection.execute(_PARSED, [texts]).fetchall()
    return {sql: tuple(sorted({*tables} - {*local, ""})) for sql, tables, local in parsed}


def _model(path: Path, sql: str, inputs: tuple[str, ...]) -> Model:
    lines = [line[2:].strip() for line in _leading_lines(sql).splitlines()]
    promises = {name: tuple(line.partition(": ")[2].split()) for line in lines for name in _PROMISES if line.startswith(f"{name}: ")}
    description = "\n".join(line for line in lines if line.partition(": ")[0] not in promises)
    words = frozenset(re.findall(r"\w+", _NO_NAME.sub(" ", sql)))
    return Model(path.stem, path.parent.name, path, sql, description, inputs, words, promises)


def _leading_lines(sql: str) -> str:
    return "".join(takewhile(lambda line: line.startswith("--"), sql.splitlines(keepends=True)))


def _first_line(error: Exception) -> str:
    # DuckDB's conversion errors quote the cell at fault: only the kind of error may be shown.
    return str(error).partition(":")[0]
