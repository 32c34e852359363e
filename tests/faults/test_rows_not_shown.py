"""Rows that DuckDB 2.0.0 wrote and does not show: after an ordered insertion that brought nothing, in one transaction, until the file is
opened again. Found at three million persons; here: that no insertion of ours is of that kind, and that a run would see it."""

import ast
import re
from pathlib import Path

import duckdb
import pytest

from strata.engine import changes, fingerprints, parts
from strata.engine import models as engine_models
from strata.engine.models import models
from strata.errors import StrataError
from strata.ingest.warehouse.store import transaction
from strata.ingest.warehouse.tables import open_warehouse
from tests.support.repository import ROOT

ROWS = 900_000  # each third of them more than two row groups
# Of a database of its own, where each statement is a transaction.
ALONE = {"strata/ingest/raw/raw_set.py"}


@pytest.fixture
def warehouse(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A table whose stays of the first half show nothing, and the rows made of them: of an SQL folder of its own."""
    folder = tmp_path / "sql" / "strata"
    folder.mkdir(parents=True)
    sql = "-- Rows shown.\n-- Buckets: stay_id\n-- Slices: stay_id\nSELECT stay_id, shown FROM source WHERE shown > 0 ORDER BY shown"
    (folder / "made.sql").write_text(sql, encoding="utf-8")
    connection = open_warehouse(tmp_path / "warehouse.duckdb", threads=2)
    connection.execute(
        f"CREATE TABLE source AS SELECT range AS stay_id, greatest(range - {ROWS}, 0) % 1000 AS shown FROM range({2 * ROWS})"
    )
    connection.execute("CREATE TABLE made AS SELECT stay_id, shown FROM source WHERE false")
    return connection


def test_rows_made_range_after_range_are_there(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ranges bring nothing; those after, more than a row group each."""
    monkeypatch.setattr(engine_models, "BUCKET_ROWS", ROWS // 3)
    model = models(tmp_path / "sql")["made"]
    wanted = warehouse.execute("SELECT count(*), sum(shown) FROM source WHERE shown > 0").fetchall()
    with transaction(warehouse):
        inserted = sum(parts._insert(warehouse, model).rows for _ in parts._made(warehouse, model, {}, "true", {}))
        assert warehouse.execute("SELECT count(shown), sum(shown) FROM made").fetchall() == wanted
    assert inserted == wanted[0][0]
    assert warehouse.execute("SELECT count(shown), sum(shown) FROM made").fetchall() == wanted


def test_a_step_that_does_not_get_back_what_it_wrote_keeps_nothing(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models(tmp_path / "sql")["made"]
    fingerprints.forget(warehouse, "made")
    parts.make(warehouse, model, {"source": "one"}, "one", tmp_path / "sql")
    held = warehouse.execute("SELECT count(*), sum(shown) FROM made").fetchall()
    insert = parts._insert
    monkeypatch.setattr(parts, "_insert", lambda *given, **named: insert(*given, **named).and_also(fingerprints.Sums(1, 0, 0)))
    known, change = models(tmp_path / "sql"), changes.Change(slices={0})
    with pytest.raises(StrataError) as refused:
        parts.remake(warehouse, model, change, wanted="two", now={}, before="one", known=known)
    assert refused.value.where == "sql/strata/made.sql"
    assert warehouse.execute("SELECT count(*), sum(shown) FROM made").fetchall() == held


def test_a_table_with_other_rows_than_were_told_is_made_whole(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """As a former version left it: the rows it was not shown are there since the file was opened again."""
    model = models(tmp_path / "sql")["made"]
    fingerprints.forget(warehouse, "made")
    content, _ = parts.make(warehouse, model, {"source": "one"}, "one", tmp_path / "sql")
    now = changes.inputs(warehouse, model, {"source": "one"}, tmp_path / "sql")
    assert changes.stale(warehouse, model, now, content) == changes.Change()
    warehouse.execute("INSERT INTO made SELECT stay_id, shown FROM made LIMIT 1")
    assert changes.stale(warehouse, model, now, content) is None


def ordered_insertions(source: str) -> list[str]:
    """The insertions of a Python source that ask for an order, outside brackets."""
    texts = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            texts.append("".join(str(part.value) for part in node.values if isinstance(part, ast.Constant)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    found = []
    for text in texts:
        flat = text
        while (inner := re.sub(r"\([^()]*\)", "", flat)) != flat:
            flat = inner
        found += re.findall(r"INSERT INTO[^;]*ORDER BY", flat)
    return found


def test_nothing_is_inserted_in_an_order() -> None:
    assert ordered_insertions('a = "INSERT INTO t SELECT row_number() OVER (ORDER BY x) FROM u"') == []
    assert ordered_insertions('a = f"INSERT INTO {t} SELECT x FROM u ORDER BY x"') != []
    paths = [path for path in sorted((ROOT / "strata").rglob("*.py")) if path.relative_to(ROOT).as_posix() not in ALONE]
    assert {str(path) for path in paths if ordered_insertions(path.read_text(encoding="utf-8"))} == set()
