"""One set of raw tables of a field, whatever form of files they come from: created, filled, judged, joined into extracts.

Belongs here: which rows are set aside and why, which rows make one stay, the account of each file, the hand-over by whole hospitals.
Not here: what a field's raw tables are (raw_tables.py and its data), reading files (snds/table_file.py, the readers of ATIH lines).

The order of work, on a private connection: create_raw_tables, add_source and insert_rows for each file, judge, join, extracts.
A row says where it comes from: file_no (add_source) and row_no (its line in the file, from 1; rows made of one line share it).
sql/<field>/<table>.sql reads `sound_<raw table>` (rows not set aside), `chaining`, `stay_key` (the stays), `source` and `file_year`, and
gives the columns of that table as read, and group_no and line of its stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from strata.engine.tables import has_rows
from strata.ingest.extract import FILE_LINES, QUARANTINE, SCHEMAS, Extract, FileSeen
from strata.ingest.query import Query
from strata.ingest.raw.care_codes import load_care_codes
from strata.ingest.raw.raw_tables import SQL_TYPES, RawTable, checks, raw_columns, raw_table, raw_tables

GROUP_STAYS = 1_000_000  # a group is filled by whole hospitals until it holds as many; persons are looked up once for each
PIECE_STAYS = 20_000  # handed over at a time
THREAD_MEMORY = "400MB"  # for each thread of the private database; measured: 250 MB do for 2 million stays
HANDING_MEMORY = "96MB"  # of the private database meanwhile
_SQL = Path(__file__).parent / "sql"
_FINESS = "regexp_full_match(finess, '[0-9][0-9AB][0-9]{7}')"
_NUMBERS = ("stay_number", "unit_number", "sequence_number", "stay_identifier")  # digits, as many as their width says

_FEW_REPEATED = 0.01  # of the rows of a table: beyond, a file is there twice


@dataclass(frozen=True)
class Verdict:
    """year: of the set. reason: why the set cannot be taken ('several_years', 'table_twice'), None when it can."""

    year: int | None = None
    reason: str | None = None


def create_raw_tables(connection: duckdb.DuckDBPyConnection, field: str) -> None:
    """Empty raw tables of a field, and what the set says of its files."""
    connection.execute("SET preserve_insertion_order = true")  # the number of a row in its file is its order
    _spare_threads(connection)
    load_care_codes(connection)
    connection.execute("CREATE TABLE source (file_no SMALLINT, source_file VARCHAR)")
    connection.execute("CREATE TABLE problem (raw_table VARCHAR, rank SMALLINT, file_no SMALLINT, row_no BIGINT, reason VARCHAR)")
    for table in raw_tables(field):
        values = ", ".join(f"{column.name} {SQL_TYPES[column.kind]}" for column in raw_columns(table.name))
        connection.execute(f"CREATE TABLE {table.name} (file_no SMALLINT, row_no BIGINT, reason VARCHAR, {values})")


def _spare_threads(connection: duckdb.DuckDBPyConnection) -> None:
    """As many threads as the memory is enough for: below, joins and sorts of a large set stop instead of spilling to disk."""
    query = "SELECT current_setting('threads'), parse_formatted_bytes(current_setting('memory_limit')) // parse_formatted_bytes(?)"
    threads, enough_for = connection.execute(query, [THREAD_MEMORY]).fetchall()[0]
    connection.execute(f"SET threads = {max(1, min(threads, enough_for))}")


def add_source(connection: duckdb.DuckDBPyConnection, source_file: str) -> int:
    """The number of one more file of the set."""
    query = "INSERT INTO source SELECT count(*), ? FROM source RETURNING file_no"
    return int(connection.execute(query, [source_file]).fetchall()[0][0])


def of_file(rows: pa.Table, file_no: int) -> pa.Table:
    """The same rows, saying which file of the set they are of."""
    return rows.append_column("file_no", pa.repeat(pa.scalar(file_no, pa.int16()), len(rows)))


def insert_rows(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Append rows to a raw table. rows: file_no, row_no, reason (NULL when sound so far), then raw columns; one that is not there is NULL.

    A sound row that lacks a mandatory value, has a key that is none or cannot be true gets its reason here. An insertion costs as much
    as some thousand rows: those of small files had better come together.
    """
    columns = [(one.name, SQL_TYPES[one.kind]) for one in raw_columns(name)]
    values = ", ".join(f"CAST({one if one in rows.column_names else 'NULL'} AS {sql_type}) AS {one}" for one, sql_type in columns)
    connection.register("incoming_row", rows)
    connection.execute(f"""
        INSERT INTO {name}
        WITH typed AS (SELECT file_no, row_no, reason, {values} FROM incoming_row)
        SELECT file_no, row_no, coalesce(reason, {check_sql(name)}), {", ".join(one for one, _ in columns)} FROM typed
    """)
    connection.unregister("incoming_row")


def check_sql(name: str) -> str:
    """SQL of the reason why a row of a raw table says nothing or cannot be true, NULL when it is sound. Reads its columns."""
    columns = {column.name: column for column in raw_columns(name)}
    cases = [f"WHEN {column} IS NULL THEN 'missing_value'" for column in raw_table(name).mandatory]
    keys = [f"NOT {_FINESS}"] if "finess" in columns else []
    keys += [f"NOT regexp_full_match({key}, '\\d{{{columns[key].width}}}')" for key in _NUMBERS if key in columns and columns[key].width]
    cases += [f"WHEN {key} THEN 'invalid_key'" for key in keys]
    cases += [f"WHEN {condition} THEN '{reason}'" for condition, reason in checks(name)]
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"


def judge(connection: duckdb.DuckDBPyConnection, field: str, announced_year: int | None = None, group_stays: int | None = None) -> Verdict:
    """Fill `problem` (the rows set aside, with their reason) and `stay_key` (the stays that remain, numbered and grouped).

    announced_year: what the names of the files say; it decides only where the content holds several years.
    group_stays: from how many on hospitals are a group (GROUP_STAYS).
    """
    year = _year(connection, field, announced_year)
    if year is None:
        return Verdict(reason="several_years")
    connection.execute("CREATE TABLE file_year AS SELECT CAST(? AS SMALLINT) AS year", [year])
    for rank, table in enumerate(raw_tables(field)):
        _create_sound_view(connection, table)
        if not has_rows(connection, table.name, "true"):  # as of several tables of most sets: each statement costs as much as many rows
            continue
        _judge_table(connection, table, rank, year)
        if table.stay_columns and _is_there_twice(connection, table, rank):
            return Verdict(year, "table_twice")
    _list_stays(connection, field, group_stays or GROUP_STAYS)
    return Verdict(year)


def _year(connection: duckdb.DuckDBPyConnection, field: str, announced_year: int | None) -> int | None:
    deciding = [table for table in raw_tables(field) if table.stay_columns and table.year_column]
    years: set[int] = set()
    for table in deciding:
        query = f"SELECT DISTINCT {table.year_column} FROM {table.name} WHERE reason IS NULL AND {table.year_column} IS NOT NULL"
        years |= {int(row[0]) for row in connection.execute(query).fetchall()}
    return settled_year(sorted(years), announced_year, any(table.keeps_other_years for table in deciding))


def settled_year(years: list[int], announced_year: int | None, keeps_other_years: bool = False) -> int | None:
    """The year of a set whose rows are of `years`: the content decides, the name only when the content holds several.

    None when neither says. keeps_other_years: the rows of earlier years belong to stays of the last one.
    """
    if len(years) == 1:
        return years[0]
    if announced_year in years or not years:
        return announced_year
    return years[-1] if keeps_other_years else None


def _judge_table(connection: duckdb.DuckDBPyConnection, table: RawTable, rank: int, year: int) -> None:
    connection.execute(f"""
        INSERT INTO problem
        SELECT DISTINCT '{table.name}', {rank}, file_no, row_no, reason FROM {table.name} WHERE reason IS NOT NULL
    """)
    if table.year_column and not table.keeps_other_years:
        _set_aside(connection, table, rank, f"{table.year_column} <> {year}", "other_year")
    if table.key:
        _set_aside_repeated(connection, table, rank)
    if table.parent:
        _set_aside_parentless(connection, table, rank)


def _create_sound_view(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    mains = {one.name for one in raw_tables(table.field) if one.stay_columns} | {table.name}
    connection.execute(_SOUND_VIEW.format(name=table.name, names=", ".join(f"'{name}'" for name in sorted(mains))))


# An ATIH line makes rows of several raw tables: with the line that is set aside go the diagnoses, acts and groups written on it.
_SOUND_VIEW = """
    CREATE VIEW sound_{name} AS
    SELECT * FROM {name} AS x
    WHERE NOT EXISTS (SELECT 1 FROM problem AS p WHERE p.raw_table IN ({names}) AND p.file_no = x.file_no AND p.row_no = x.row_no)
"""


def _set_aside(connection: duckdb.DuckDBPyConnection, table: RawTable, rank: int, condition: str, reason: str) -> None:
    """Give `reason` to the rows that meet the condition and have none yet."""
    connection.execute(f"""
        INSERT INTO problem
        SELECT DISTINCT '{table.name}', {rank}, file_no, row_no, '{reason}' FROM sound_{table.name} WHERE {condition}
    """)


def _set_aside_repeated(connection: duckdb.DuckDBPyConnection, table: RawTable, rank: int) -> None:
    """Of the rows that share a key, the first is kept. Only the few keys that repeat are ordered."""
    key = ", ".join(table.key)
    connection.execute(f"""
        INSERT INTO problem
        WITH repeated AS (SELECT {key} FROM sound_{table.name} GROUP BY ALL HAVING count(*) > 1),
        ranked AS (
            SELECT x.file_no, x.row_no, row_number() OVER (PARTITION BY {key} ORDER BY x.file_no, x.row_no) AS row_rank
            FROM sound_{table.name} AS x
            JOIN repeated USING ({key})
        )
        SELECT '{table.name}', {rank}, file_no, row_no, '{table.duplicate_reason}' FROM ranked WHERE row_rank > 1
    """)


def _set_aside_parentless(connection: duckdb.DuckDBPyConnection, table: RawTable, rank: int) -> None:
    """Rows whose parent is not there are orphans; those whose parent was set aside go with it."""
    match = _same(table.parent_key)
    other = f"AND NOT EXISTS (SELECT 1 FROM sound_{table.other_parent} AS b WHERE {_same(table.other_parent_key)})"
    connection.execute(f"""
        INSERT INTO problem
        WITH lost AS (
            SELECT x.file_no, x.row_no, {", ".join(f"x.{column}" for column in table.parent_key)}
            FROM sound_{table.name} AS x
            WHERE NOT EXISTS (SELECT 1 FROM sound_{table.parent} AS b WHERE {match}) {other if table.other_parent else ""}
        )
        SELECT DISTINCT '{table.name}', {rank}, x.file_no, x.row_no,
               CASE WHEN EXISTS (SELECT 1 FROM {table.parent} AS b WHERE {match}) THEN 'stay_set_aside' ELSE 'orphan_row' END
        FROM lost AS x
    """)


def _same(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"b.{column} = x.{column}" for column in columns)


def _is_there_twice(connection: duckdb.DuckDBPyConnection, table: RawTable, rank: int) -> bool:
    """Whether the rows of a file lie in another as well: all would be counted twice, and nobody can tell which is right.

    A few rows repeated from one part of a table to another are set aside, both of them: which diagnoses and acts are whose is not known.
    """
    if not table.key:
        return False
    match = " AND ".join(f"kept.{column} = x.{column}" for column in table.key)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE in_two_files AS
        SELECT DISTINCT kept.file_no, kept.row_no
        FROM problem AS p
        JOIN {table.name} AS x ON x.file_no = p.file_no AND x.row_no = p.row_no
        JOIN sound_{table.name} AS kept ON {match}
        WHERE p.raw_table = '{table.name}' AND p.reason = '{table.duplicate_reason}' AND kept.file_no <> p.file_no
    """)
    repeated, rows = connection.execute(
        f"SELECT (SELECT count(*) FROM in_two_files), (SELECT count(*) FROM sound_{table.name})"
    ).fetchall()[0]
    if repeated > _FEW_REPEATED * rows:
        return True
    connection.execute(f"INSERT INTO problem SELECT '{table.name}', {rank}, file_no, row_no, 'row_in_two_files' FROM in_two_files")
    return False


def _list_stays(connection: duckdb.DuckDBPyConnection, field: str, group_stays: int) -> None:
    """stay_key: group_no, raw_table, finess, stay_number, and the first row of the stay: file_no, row_no, line (over all the files)."""
    mains = [table for table in raw_tables(field) if table.stay_columns]
    stays = " UNION ALL ".join(_stays_sql(table) for table in mains)
    rows = " UNION ALL ".join(f"SELECT file_no, max(row_no) AS last_row FROM {table.name} GROUP BY file_no" for table in mains)
    connection.execute(_STAY_KEY.format(stays=stays, rows=rows), {"group_stays": group_stays})


def _stays_sql(table: RawTable) -> str:
    if table.key == table.stay_columns:  # one row is one stay
        return f"SELECT '{table.name}' AS raw_table, finess, stay_number, file_no, row_no FROM sound_{table.name}"
    stay = ", ".join(table.stay_columns)
    first = "min(CAST(file_no AS BIGINT) * 1099511627776 + row_no)"  # 2^40 rows are more than a file holds
    return f"""
        SELECT '{table.name}' AS raw_table, finess, stay_number, CAST(first_row // 1099511627776 AS SMALLINT) AS file_no,
               first_row % 1099511627776 AS row_no
        FROM (SELECT {stay}, {first} AS first_row FROM sound_{table.name} GROUP BY {stay})
    """


_STAY_KEY = """
    CREATE TABLE stay_key AS
    WITH stay AS ({stays}),
    hospital AS (SELECT finess, count(*) AS stays FROM stay GROUP BY finess),
    hospital_group AS (
        SELECT finess, CAST((sum(stays) OVER (ORDER BY finess) - stays) // $group_stays AS INTEGER) AS group_no FROM hospital
    ),
    file_rows AS (SELECT file_no, max(last_row) AS last_row FROM ({rows}) GROUP BY file_no),
    file_start AS (SELECT file_no, sum(last_row) OVER (ORDER BY file_no) - last_row AS rows_before FROM file_rows)
    SELECT g.group_no, x.raw_table, x.finess, x.stay_number, x.file_no, x.row_no, CAST(s.rows_before + x.row_no AS BIGINT) AS line
    FROM stay AS x
    JOIN hospital_group AS g ON g.finess = x.finess
    JOIN file_start AS s ON s.file_no = x.file_no
"""


def join(connection: duckdb.DuckDBPyConnection, field: str) -> int | None:
    """Make the tables as read of the stays that remain; gives the last month of exit, None without stays.

    sql/<field>/<table>.sql gives the rows of a table, and need not name the columns that are NULL in its field. A field whose stays
    come in parts has part.sql and summary.sql, and its stays from sql/whole_stay.sql and sql/stay_of_parts.sql; the acts of PSY have
    patient.sql.
    """
    connection.execute("SET preserve_insertion_order = false")  # rows have their numbers by now; keeping an order would cost memory
    for name in ("chaining", "billing"):
        connection.execute(f"CREATE VIEW sound_{name} AS SELECT * FROM sound_{field}_{name}")
    selects = {name: [_SQL / field / f"{name}.sql"] for name in SCHEMAS}
    _create(connection, "VIEW", _SQL / "chaining.sql")
    if (patient := _SQL / field / "patient.sql").exists():
        _create(connection, "TABLE", patient)  # tables: windows and sums take memory before the joins do
    if (part := _SQL / field / "part.sql").exists():
        _create(connection, "TABLE", part, _SQL / "whole_stay.sql")
        _create(connection, "VIEW", _SQL / field / "summary.sql")
        selects["stay"].append(_SQL / "stay_of_parts.sql")
    for name, paths in selects.items():
        _fill(connection, name, [path for path in paths if path.exists()])
    month = connection.execute("SELECT max(exit_month) FROM out_stay").fetchall()[0][0]
    return None if month is None else int(month)


def _create(connection: duckdb.DuckDBPyConnection, kind: str, *paths: Path) -> None:
    for path in paths:
        connection.execute(f"CREATE {kind} {path.stem} AS {path.read_text(encoding='utf-8')}")


def _fill(connection: duckdb.DuckDBPyConnection, name: str, paths: list[Path]) -> None:
    """The table out_<name>: the columns of its schema and the group of hospitals, in order (to which a stay's line is enough)."""
    connection.register("no_row", SCHEMAS[name].empty_table())
    connection.execute(f"CREATE TABLE out_{name} AS SELECT CAST(NULL AS INTEGER) AS group_no, * FROM no_row")
    connection.unregister("no_row")
    order = "group_no, line" if name == "stay" else "ALL"
    for path in paths:  # joined, then sorted: at once, it would take the memory of both
        connection.execute(f"CREATE OR REPLACE TABLE unordered AS {path.read_text(encoding='utf-8')}")
        connection.execute(f"INSERT INTO out_{name} BY NAME FROM unordered ORDER BY {order}")
    connection.execute("DROP TABLE IF EXISTS unordered")


@dataclass
class HospitalGroup:
    """The stays of some whole hospitals, still in the private database. Beside `pieces`, what an Extract holds."""

    connection: duckdb.DuckDBPyConnection
    group: int
    form: str
    field: str
    quarantine: pa.Table
    files: list[FileSeen]
    file_lines: pa.Table | None
    person_key: str = "noanon"

    @property
    def tables(self) -> dict[str, pa.Table]:
        """All its rows, as those of an Extract."""
        return self._rows("group_no = $group", {})

    def hospital_years(self) -> list[tuple[str, int]]:
        """(finess, year) of its stays, in order."""
        query = "SELECT DISTINCT finess, year FROM out_stay WHERE group_no = ? ORDER BY ALL"
        return [(str(finess), int(year)) for finess, year in self.connection.execute(query, [self.group]).fetchall()]

    def persons(self) -> Query:
        """(line, pseudonym) of its stays."""
        return Query(self.connection, f"SELECT line, pseudonym FROM out_stay WHERE group_no = {self.group}")

    def pieces(self) -> Iterator[dict[str, pa.Table]]:
        """Its tables, some thousand stays at a time."""
        values = {"group": self.group, "most": PIECE_STAYS}
        for first, last in self.connection.execute(_PIECES, values).fetchall():
            yield self._rows("group_no = $group AND line BETWEEN $first AND $last", {"first": first, "last": last})

    def _rows(self, which: str, values: dict[str, int]) -> dict[str, pa.Table]:
        return {name: self._table(name, schema, which, values | {"group": self.group}) for name, schema in SCHEMAS.items()}

    def _table(self, name: str, schema: pa.Schema, which: str, values: dict[str, int]) -> pa.Table:
        found = self.connection.sql(f"SELECT {', '.join(schema.names)} FROM out_{name} WHERE {which}", params=values)
        return found.to_arrow_table().cast(schema)


_PIECES = """
    WITH stay AS (SELECT line, (row_number() OVER (ORDER BY line) - 1) // $most AS piece FROM out_stay WHERE group_no = $group)
    SELECT min(line) AS first, max(line) AS last FROM stay GROUP BY piece ORDER BY piece
"""


def extracts(
    connection: duckdb.DuckDBPyConnection, field: str, form: str, files: list[FileSeen], year: int | None, month: int | None
) -> Iterator[Extract | HospitalGroup]:
    """The stays by groups of whole hospitals; the account of the files and the quarantine come with the last one.

    files: in the order of add_source, with their lines counted; accepted, quarantined, year and month are filled here.
    """
    groups = [row[0] for row in connection.execute("SELECT DISTINCT group_no FROM stay_key ORDER BY 1").fetchall()]
    lines = _file_lines(connection, field, files) if form == "snds" else None
    aside = quarantine(connection)
    _need_little(connection)
    for group in groups[:-1]:
        yield HospitalGroup(connection, group, form, field, QUARANTINE.empty_table(), [], lines)
    account = accounted(connection, files, year, month)
    if groups:
        yield HospitalGroup(connection, groups[-1], form, field, aside, account, lines)
    else:
        yield Extract(form, field, empty_tables(), aside, account, file_lines=lines)


def held(group: Extract | HospitalGroup) -> Extract:
    """The same, whole and in memory: for who needs it after the private database has gone."""
    if isinstance(group, Extract):
        return group
    return Extract(group.form, group.field, group.tables, group.quarantine, group.files, file_lines=group.file_lines)


def _need_little(connection: duckdb.DuckDBPyConnection) -> None:
    """What is only handed over needs no more than HANDING_MEMORY; a database in memory cannot give back what it holds."""
    query = """
        SELECT current_setting('temp_directory') <> ''
           AND parse_formatted_bytes(current_setting('memory_limit')) > parse_formatted_bytes(?)
    """
    if connection.execute(query, [HANDING_MEMORY]).fetchall()[0][0]:
        connection.execute(f"SET threads = 1; SET memory_limit = '{HANDING_MEMORY}'")


def _file_lines(connection: duckdb.DuckDBPyConnection, field: str, files: list[FileSeen]) -> pa.Table:
    """FILE_LINES of a set of SNDS tables: a row of one of its files is a row of one raw table, which has its hospital."""
    kept = " UNION ALL ".join(f"SELECT finess, file_no, count(*) AS lines FROM sound_{one.name} GROUP BY ALL" for one in raw_tables(field))
    query = (
        f"SELECT k.finess, y.year, k.file_no, sum(k.lines) AS lines FROM ({kept}) AS k CROSS JOIN file_year AS y GROUP BY ALL ORDER BY ALL"
    )
    found = connection.execute(query).fetchall()
    rows = [(finess, year, files[no].source_file, files[no].sha256, int(lines)) for finess, year, no, lines in found]
    return pa.Table.from_pylist([dict(zip(FILE_LINES.names, row)) for row in rows], FILE_LINES)


def empty_tables() -> dict[str, pa.Table]:
    """The tables of an extract without stays."""
    return {name: schema.empty_table() for name, schema in SCHEMAS.items()}


def quarantine(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The lines set aside, each once: rows of several raw tables may be made of one line, the parent then says why."""
    query = """
        SELECT s.source_file, CAST(p.row_no AS INTEGER) AS source_line, arg_min(p.reason, (p.rank, p.reason)) AS reason
        FROM problem AS p JOIN source AS s ON s.file_no = p.file_no GROUP BY 1, 2 ORDER BY 1, 2
    """
    return connection.sql(query).to_arrow_table().cast(QUARANTINE)


def accounted(
    connection: duckdb.DuckDBPyConnection, files: list[FileSeen], year: int | None, month: int | None, first_file: int = 0
) -> list[FileSeen]:
    """The files, numbered from first_file on, with what is accepted and quarantined of their lines."""
    query = "SELECT file_no, count(DISTINCT row_no) FROM problem GROUP BY file_no"
    aside = dict(connection.execute(query).fetchall())
    for file_no, file in enumerate(files, start=first_file):
        file.year, file.month = year, month
        file.quarantined = aside.get(file_no, 0)
        file.accepted = file.lines - file.quarantined
    return files
