"""Only what changed is made again; what is kept is what would have been made."""

from pathlib import Path

import duckdb
import pytest

from pipelines import assets
from pipelines.session import Session
from strata.engine import fingerprints
from strata.ingest.warehouse.tables import empty
from tests.support.small_graph import STAY, refresh, session, sql_folder


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: duckdb.DuckDBPyConnection, turn: int, **changes: str) -> Session:
    """One refresh of the small graph on a warehouse that stays."""
    opened = session(tmp_path, connection)
    opened.run_id = f"run-{turn}"
    refresh(opened, sql_folder(tmp_path / f"sql{turn}", **changes), monkeypatch)
    return opened


def test_a_second_run_keeps_every_table_and_still_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = empty()
    first, second = (run(tmp_path, monkeypatch, warehouse, turn) for turn in (1, 2))
    assert first.reused == [] and sorted(second.reused) == ["persons", "stay", "stay_check"]
    assert second.rows == first.rows and len(second.outcomes) == len(first.outcomes) == 1


def test_a_table_that_is_gone_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = empty()
    run(tmp_path, monkeypatch, warehouse, 1)
    warehouse.execute("DROP TABLE stay")
    assert fingerprints.known(warehouse, "stay") is None
    assert sorted(run(tmp_path, monkeypatch, warehouse, 2).reused) == ["persons", "stay_check"]
    assert warehouse.execute("SELECT count(*) FROM stay").fetchall() == [(1,)]


def test_a_view_whose_table_is_gone_is_not_there() -> None:
    warehouse = empty()
    assert fingerprints.up_to_date(warehouse, "seen", "of this") is None
    warehouse.execute("CREATE TABLE stay AS SELECT 1 AS stay_id; CREATE VIEW seen AS SELECT stay_id FROM stay")
    fingerprints.remember(warehouse, "seen", "of this", "these rows", None)
    assert fingerprints.up_to_date(warehouse, "seen", "of this") == ("these rows", None)
    warehouse.execute("ALTER TABLE stay RENAME stay_id TO other")
    assert fingerprints.up_to_date(warehouse, "seen", "of this") is None
    warehouse.execute("DROP TABLE stay")
    assert fingerprints.known(warehouse, "seen") is None


def test_a_change_is_followed_as_far_as_it_changes_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = empty()
    run(tmp_path, monkeypatch, warehouse, 1)
    same = run(tmp_path, monkeypatch, warehouse, 2, stay=STAY + " WHERE true")  # other words, the same rows
    assert sorted(same.reused) == ["persons", "stay_check"]
    other = run(tmp_path, monkeypatch, warehouse, 3, stay=STAY + " UNION ALL SELECT 2, 3.00")
    assert other.reused == [] and warehouse.execute("SELECT persons FROM persons").fetchall() == [(2,)]


def test_a_table_that_died_half_way_is_made_again_even_when_its_inputs_are_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = empty()
    run(tmp_path, monkeypatch, warehouse, 1)

    def dies(*_: object) -> str:
        raise RuntimeError("died")

    with monkeypatch.context() as patched:
        patched.setattr(assets.fingerprints, "remember", dies)
        with pytest.raises(RuntimeError, match="died"):
            run(tmp_path, monkeypatch, warehouse, 2, stay=STAY + " UNION ALL SELECT 2, 3.00")
    assert warehouse.execute("SELECT count(*) FROM stay").fetchall() == [(2,)]  # made, and not remembered
    assert "stay" not in run(tmp_path, monkeypatch, warehouse, 3).reused
    assert warehouse.execute("SELECT count(*) FROM stay").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "other",
    [
        "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y' UNION ALL SELECT 2, 'y'",
        "SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'z'",
        "SELECT 1 AS a, 'x' AS c UNION ALL SELECT 2, 'y'",
        "SELECT 1::BIGINT AS a, 'x' AS b UNION ALL SELECT 2, 'y'",
        "SELECT 1 AS a, 'y' AS b UNION ALL SELECT 2, 'x'",
        "SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, 'y'",
    ],
)
def test_a_fingerprint_tells_content_apart_and_not_order(other: str) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y'")
    connection.execute("CREATE TABLE turned AS SELECT 2 AS a, 'y' AS b UNION ALL SELECT 1, 'x'")
    connection.execute(f"CREATE TABLE other AS {other}")
    contents = [fingerprints.content(connection, table) for table in ("t", "turned", "other")]
    assert contents[0] == contents[1] != contents[2]
