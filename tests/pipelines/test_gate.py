"""A failed blocking check publishes nothing: in a whole run, and when the publication is asked for alone."""

import logging
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipelines.assets import build_assets
from pipelines.expectations import suites
from pipelines.gate import keep, passed
from pipelines.runner import materialise
from strata.errors import StrataError
from strata.ingest.warehouse.tables import bring_up_to_date
from tests.support.small_graph import CHECK, refresh, session, sql_folder

BROKEN = CHECK.replace("0 AS faults", "3 AS faults")


def published(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "published").glob("*"))


def test_a_run_whose_checks_pass_publishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = session(tmp_path)
    refresh(opened, sql_folder(tmp_path / "sql"), monkeypatch)
    assert published(tmp_path) == ["run-1"] and opened.publication == tmp_path.resolve() / "published" / "run-1"


def test_a_failed_blocking_check_stops_the_publication_and_leaves_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = session(tmp_path)
    refresh(first, sql_folder(tmp_path / "good"), monkeypatch)
    second = session(tmp_path, first.connection)
    second.run_id = "run-2"
    with pytest.raises(StrataError) as refusal:
        refresh(second, sql_folder(tmp_path / "broken", check=BROKEN), monkeypatch)
    assert published(tmp_path) == ["run-1"] and second.publication is None
    assert "Aucun défaut" in refusal.value.text("fr") and "No fault" in refusal.value.text("en")
    assert not refusal.value.is_usage


def test_a_failed_warning_is_told_and_the_run_publishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = session(tmp_path)
    refresh(opened, sql_folder(tmp_path / "sql", check=BROKEN, severity="warning"), monkeypatch)
    assert published(tmp_path) == ["run-1"]
    assert [one.expectation.name for one in opened.outcomes if not one.has_passed] == ["no_fault"]


def test_the_publication_alone_is_refused_when_the_checks_failed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = session(tmp_path)
    folder = sql_folder(tmp_path / "sql", check=BROKEN)
    with pytest.raises(StrataError):
        refresh(opened, folder, monkeypatch)
    with pytest.raises(StrataError, match="Rien n'est publié"), dg.DagsterInstance.ephemeral() as instance:
        only = dg.AssetSelection.assets("publication")
        logging.getLogger("dagster").setLevel(logging.CRITICAL + 1)
        dg.materialize(build_assets(folder), selection=only, instance=instance, resources={"session": opened})
    assert published(tmp_path) == []


def test_a_rebuilt_table_is_unchecked_until_its_checks_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = session(tmp_path)
    folder = sql_folder(tmp_path / "sql")
    refresh(opened, folder, monkeypatch)
    expected = suites(folder)["stay_check"]
    assert [one.has_passed for one in passed(opened.connection, expected)] == [True]
    keep(opened.connection, ["stay_check"], [])
    with pytest.raises(StrataError, match="non faits"):
        passed(opened.connection, expected)


def test_the_error_of_an_asset_reaches_the_person_as_it_is(tmp_path: Path) -> None:
    folder = sql_folder(tmp_path / "sql", stay="-- Grain: one stay.\nSELECT CAST('secret-cell' AS INTEGER) AS stay_id")
    with pytest.raises(StrataError) as error:
        materialise(session(tmp_path), build_assets(folder), [], "publication")
    assert error.value.where == "sql/staging/stay.sql" and "secret-cell" not in str(error.value)


NAMED = "-- Grain: one row.\nSELECT count(*) AS stays, 3 AS faults, 'RP-X-1.0' AS definition_id, {is_default} AS is_default FROM stay"
KEYS = 'binding_column = "is_default"\nnamed_by = ["definition_id"]\n'


@pytest.mark.parametrize(("is_default", "is_published"), [(True, []), (False, ["run-1"])])
def test_a_definition_that_is_not_run_by_default_is_told_and_holds_back_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_default: bool, is_published: list[str]
) -> None:
    folder = sql_folder(tmp_path / "sql", check=NAMED.format(is_default=is_default))
    path = folder / "quality" / "stay_check.toml"
    path.write_text(path.read_text(encoding="utf-8") + KEYS, encoding="utf-8")
    opened = session(tmp_path)
    with nullcontext() if is_published else pytest.raises(StrataError, match=r"RP-X-1\.0"):
        refresh(opened, folder, monkeypatch)
    assert published(tmp_path) == is_published
    assert [(one.has_passed, one.is_told, one.at) for one in opened.outcomes] == [(False, not is_default, ("RP-X-1.0",))]


def test_a_warehouse_of_before_is_read_and_kept(tmp_path: Path) -> None:
    opened = session(tmp_path, duckdb.connect())
    opened.connection.execute("CREATE TABLE check_result (table_name VARCHAR, check_name VARCHAR, has_passed BOOLEAN, failing_rows BIGINT)")
    opened.connection.execute("INSERT INTO check_result VALUES ('stay_check', 'no_fault', TRUE, 0)")
    bring_up_to_date(opened.connection)
    (outcome,) = passed(opened.connection, suites(sql_folder(tmp_path / "sql"))["stay_check"])
    assert outcome.has_passed and outcome.at == ()
    keep(opened.connection, ["stay_check"], [replace(outcome, at=("a", "b")), outcome])
    assert opened.connection.execute("SELECT at_fault FROM check_result").fetchall() == [(["a", "b"],), ([],)]
