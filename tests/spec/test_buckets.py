"""A table built range after range of persons or stays is the table built at once; a view is not built. Not here: what tables hold."""

from pathlib import Path

import duckdb
import pytest

from strata.engine import models
from strata.errors import StrataError
from tests.support.small_country import built

STAYS = """
person | exit       | dp   | das       | acts      | geo
A      | 2024-03-01 | E118 | I10 E785  |           | 9A001
A      | 2025-03-01 | J189 | E118 N183 |           | 9A002
B      | 2025-05-01 | I500 |           |           | 9A001
B      | 2025-05-20 | I500 | E119      |           | 9A001
B      | 2025-05-21 | Z491 | N185      | JVJF004@0 | 9A001
C      | 2023-01-31 | I10  | I500      |           | 9A003
D      | 2025-12-31 | J189 |           |           | 9A003
E      | 2022-06-01 | E109 | H360      |           | 9A004
"""
# of the layers that a small country is built through
BUCKETED = [name for name, model in models.models().items() if model.bucket_column and model.layer in ("staging", "core", "strata")]


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def _use_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of one value, without a sample: these tables are too small for either."""

    def ranges(connection: duckdb.DuckDBPyConnection, column: str, inputs: list[str], share: float) -> list[str]:
        values = sorted({value for table in inputs for (value,) in connection.execute(f"SELECT {column} FROM {table}").fetchall() if value})
        return [f"({column} < {values[0]} OR {column} IS NULL)", *(f"{column} = {value}" for value in values)] if inputs else ["true"]

    monkeypatch.setattr(models, "_ranges", ranges)


def test_tables_that_grow_with_the_country_are_built_in_buckets() -> None:
    assert {"person_residence", "stay_event", "person_count", "person_criteria", "person_type", "person_status"} <= {*BUCKETED}


def test_range_after_range_gives_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = built(STAYS)
    whole = {table: _rows(connection, table) for table in BUCKETED}
    assert all(whole[table] for table in ("stay_event", "person_count", "person_criteria", "person_status"))
    _use_ranges(monkeypatch)
    for table in BUCKETED:
        models.build(connection, table)
        assert _rows(connection, table) == whole[table], table


def test_ranges_part_every_value_and_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE seen AS SELECT nullif(range * 7919 % 3000000, 7) AS person_id FROM range(3000000)")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "copied.sql").write_text("-- Grain: one row.\n-- Buckets: person_id\nSELECT person_id FROM seen", encoding="utf-8")
    monkeypatch.setattr(models, "BUCKET_ROWS", 500_000)
    assert models.build(connection, "copied", tmp_path) == 3_000_000
    assert connection.execute("SELECT count(DISTINCT person_id), count(*) - count(person_id) FROM copied").fetchall() == [(2_999_999, 1)]
    ranges = models._ranges(connection, "person_id", ["seen"], 1.0)
    sizes = [connection.execute(f"SELECT count(*) FROM seen WHERE {one}").fetchall()[0][0] for one in ranges]
    assert sum(sizes) == 3_000_000 and len(sizes) == 7 and max(sizes) < 1.1 * models.BUCKET_ROWS


def test_a_bucket_that_fails_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE seen AS SELECT range AS person_id FROM range(3000000); CREATE TABLE failing AS SELECT 1 AS kept")
    (tmp_path / "core").mkdir()
    query = "SELECT CAST(CASE WHEN person_id = 2999999 THEN 'x' ELSE '1' END AS INTEGER) AS n FROM seen"
    (tmp_path / "core" / "failing.sql").write_text(f"-- Grain: one row.\n-- Buckets: person_id\n{query}", encoding="utf-8")
    monkeypatch.setattr(models, "BUCKET_ROWS", 500_000)
    with pytest.raises(StrataError):
        models.build(connection, "failing", tmp_path)
    assert connection.execute("SELECT kept FROM failing").fetchall() == [(1,)]


def test_memory_that_is_missing_is_not_held_against_the_file() -> None:
    told = models.reason(models.models()["stay"], duckdb.OutOfMemoryException("Out of Memory Error: failed to offload data block"))
    assert told.why[1] == "not enough memory" and "memory_limit" in told.fix[1]


def test_a_view_takes_the_place_of_a_table_of_an_older_version_and_follows_what_it_reads(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE seen AS SELECT 1 AS person_id; CREATE TABLE named AS SELECT 0 AS old")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "named.sql").write_text("-- Grain: one row.\n-- View: few read it\nSELECT person_id FROM seen", encoding="utf-8")
    for _ in range(2):  # over the table, then over itself
        assert models.build(connection, "named", tmp_path) is None
    connection.execute("CREATE OR REPLACE TABLE seen AS SELECT 2 AS person_id")
    assert connection.execute("SELECT person_id FROM named").fetchall() == [(2,)]


def test_a_table_takes_the_place_of_a_view_of_another_version(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE seen AS SELECT 1 AS person_id; CREATE VIEW held AS SELECT 0 AS old")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "held.sql").write_text("-- Grain: one row.\nSELECT person_id FROM seen", encoding="utf-8")
    assert models.build(connection, "held", tmp_path) == 1
    assert connection.execute("SELECT person_id FROM held").fetchall() == [(1,)]
