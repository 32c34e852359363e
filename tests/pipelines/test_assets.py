"""One SQL file, one asset: names, dependencies, descriptions, versions, and the refusal of a table that nothing makes."""

import re
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets import STAGES, _metadata, build_assets
from pipelines.column_lineage import column_lineage
from pipelines.tables import PYTHON_TABLES, WRITERS
from strata.engine.models import models
from strata.errors import StrataError
from tests.support.small_graph import refresh, session, sql_folder

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).parent / "assets.txt"


def specs(folder: Path | None = None) -> dict[str, dg.AssetSpec]:
    assets = build_assets(folder) if folder else build_assets()
    return {spec.key.to_user_string(): spec for asset in assets for spec in asset.specs}


def test_the_list_of_assets_is_the_one_reviewed() -> None:
    found = sorted(f"{spec.group_name}/{name}" for name, spec in specs().items())
    # A table added, renamed or moved on purpose: write this list to tests/pipelines/assets.txt, and let the change be read.
    assert found == SNAPSHOT.read_text(encoding="utf-8").split()


def test_each_sql_file_is_an_asset_that_says_what_it_is() -> None:
    found = specs()
    for name, model in models().items():
        assert found[name].group_name == model.layer
        assert (found[name].description or "").startswith("Grain:")
        assert found[name].code_version == model.sha256
        assert {dep.asset_key.to_user_string() for dep in found[name].deps} == set(model.inputs)


def test_every_layer_has_words_for_the_person_who_waits() -> None:
    assert {model.layer for model in models().values()} <= set(STAGES)


# What runs note of the tables they make: no step of the graph makes it, and none reads it.
NOTED = {
    "table_fingerprint", "part_made_of", "part_change", "part_change_slice", "part_change_person", "part_slice", "part_exchanged",
    "check_result",
}  # fmt: skip


def test_the_tables_python_writes_are_all_declared_once() -> None:
    declared = [table for writer in WRITERS for table in writer.tables]
    assert len(declared) == len(set(declared))
    made = {
        name
        for folder in ("strata/definitions", "strata/ingest/warehouse")
        for path in (ROOT / folder).glob("*.sql")
        for name in created(path)
    }
    assert {"read_stay", "definition_rule"} <= made
    assert made - PYTHON_TABLES == NOTED


def created(path: Path) -> list[str]:
    """The tables a file of CREATE TABLE makes."""
    return re.findall(r"CREATE (?:OR REPLACE )?TABLE (?:IF NOT EXISTS )?(\w+)", path.read_text(encoding="utf-8"))


def test_a_table_that_nothing_makes_is_refused_when_the_assets_are_made(tmp_path: Path) -> None:
    folder = sql_folder(tmp_path, stay="-- Grain: one stay.\nSELECT stay_id FROM read_stai")
    with pytest.raises(StrataError) as refusal:
        build_assets(folder)
    assert "read_stai" in refusal.value.text("en") and "sql/staging/stay.sql" in refusal.value.where


def test_a_table_is_reported_with_its_rows_and_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = session(tmp_path)
    refresh(opened, sql_folder(tmp_path / "sql"), monkeypatch)
    assert opened.rows == {"stay": 1, "persons": 1, "stay_check": 1}
    assert set(opened.seconds) == {"stay", "persons", "stay_check", "checks", "publication"}
    assert opened.connection.execute("SELECT cost_eur FROM stay").fetchall()[0][0] == pytest.approx(12.5)


def test_a_column_is_traced_to_the_columns_it_is_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = column_lineage("stay")
    assert found is not None and column_lineage("read_stay") is None
    origins = {(dep.asset_key.to_user_string(), dep.column_name) for dep in found.deps_by_column["person_id"]}
    assert origins == {("person_identity", "person_id"), ("read_stay", "person_id")}
    opened = session(tmp_path)
    refresh(opened, sql_folder(tmp_path / "sql"), monkeypatch)
    told = _metadata(opened, "stay")
    assert told["dagster/column_lineage"] == found and "dagster/column_schema" in told


def test_the_person_who_waits_reads_each_stage_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    refresh(session(tmp_path, told=told), sql_folder(tmp_path / "sql"), monkeypatch)
    assert told[-1] == "Publication…"
    assert sorted(told[:-1]) == sorted(STAGES[layer][0] for layer in ("staging", "indicators", "quality"))
