"""The sql/ folder as a graph: which tables there are, what they read, how to build them.

Belongs here: parsing and ordering the files, building one table or all. Not here: any SQL, any orchestration (pipelines/).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from strata.errors import StrataError

SQL_FOLDER = Path(__file__).parent.parent / "sql"


@dataclass(frozen=True)
class Model:
    """One SQL file: one SELECT, one table. inputs: the tables it reads, ours or ingest's, in name order."""

    name: str
    layer: str
    path: Path
    sql: str
    description: str
    inputs: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Hash of the file: the code version of the table."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def models(folder: Path = SQL_FOLDER) -> dict[str, Model]:
    """Every model by table name, each after the tables it reads."""
    found = {model.name: model for model in map(_parse, sorted(folder.glob("*/*.sql")))}
    order = TopologicalSorter({name: [table for table in model.inputs if table in found] for name, model in found.items()})
    return {name: found[name] for name in order.static_order()}


def downstream(sources: Iterable[str], folder: Path = SQL_FOLDER) -> list[str]:
    """The tables that read one of `sources`, directly or not, in build order."""
    stale = set(sources)
    for name, model in models(folder).items():
        if stale.intersection(model.inputs):
            stale.add(name)
    return [name for name in models(folder) if name in stale.difference(sources)]


def build(connection: duckdb.DuckDBPyConnection, name: str, folder: Path = SQL_FOLDER) -> int:
    """Build one table from its file, replacing it; gives its number of rows. Raises StrataError naming the file."""
    model = models(folder)[name]
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS\n{model.sql}")
    except duckdb.Error as error:
        raise StrataError(
            what=(f"La table {name} n'a pas pu être construite", f"Table {name} could not be built"),
            where=f"sql/{model.layer}/{name}.sql",
            why=(_first_line(error), _first_line(error)),
            fix=("Corriger le fichier SQL ou les tables qu'il lit", "Mend the SQL file or the tables it reads"),
        ) from error
    return int(connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])


def _parse(path: Path) -> Model:
    sql = path.read_text(encoding="utf-8").strip().rstrip(";")
    tree = sqlglot.parse_one(sql, read="duckdb")
    local = {cte.alias for cte in tree.find_all(exp.CTE)}
    inputs = sorted({table.name for table in tree.find_all(exp.Table)} - local)
    return Model(path.stem, path.parent.name, path, sql, _leading_comment(sql), tuple(inputs))


def _leading_comment(sql: str) -> str:
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line[2:].strip())
    return "\n".join(lines)


def _first_line(error: Exception) -> str:
    # DuckDB's conversion errors quote the cell at fault: only the kind of error may be shown.
    return str(error).partition(":")[0]
