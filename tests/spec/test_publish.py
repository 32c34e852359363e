"""Publications: whole or not there, the same bytes twice, verifiable, silent about persons."""

import csv
import json

import polars as pl
import pytest

import strata
import strata.publication.publish as publishing
from strata.disclosure import Relations, suppression
from strata.engine.models import models
from strata.errors import StrataError
from strata.measures.catalogue import POLARITIES
from strata.measures.measure import PUBLISHED
from strata.publication import receipt as receipts
from strata.publication.publish import POINTER, publish, published_folder, verify
from strata.settings import TABLES
from tests.support import cohort_warehouse as world


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A built warehouse and a function that gives it a fresh project folder."""
    settings = world.config(tmp_path_factory.mktemp("project"))
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    world.build(connection, settings)
    return connection


def page(folder):
    """What the pages will do: read what is there, write beside it."""
    assert json.loads((folder / "receipt.json").read_text(encoding="utf-8"))["run_id"]
    assert (folder / "indicators.parquet").is_file()
    (folder / "dashboard").mkdir()
    (folder / "dashboard" / "index.html").write_text("<!doctype html>", encoding="utf-8")


def test_a_publication_holds_every_file_and_the_pointer_names_it(warehouse, tmp_path):
    folder = publish(
        warehouse, world.config(tmp_path), run_id="run-1", checks=[{"check": "c", "passed": True}], timings={"t": 1.0}, extra=page
    )
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    written = [
        "datapackage.json",
        "indicators.csv",
        "indicators.json",
        "indicators.parquet",
        "places.csv",
        "receipt.json",
        "revision.json",
        "revision.md",
    ]
    assert names == ["dashboard/index.html", *written]
    assert folder == tmp_path / "published" / "run-1"
    assert (tmp_path / "published" / POINTER).read_text(encoding="utf-8") == "run-1\n"
    assert sorted(path.name for path in (tmp_path / "published").iterdir()) == [POINTER, "run-1"]
    assert verify(folder) == []


def test_two_runs_give_the_same_bytes(warehouse, tmp_path):
    first, second = (publish(warehouse, world.config(tmp_path), run_id=name, timings={"t": len(name)}) for name in ("a", "other"))
    for name in ("indicators.parquet", "indicators.csv", "indicators.json", "places.csv", "datapackage.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    hashes = {json.loads((folder / "receipt.json").read_text(encoding="utf-8"))["content_hash"] for folder in (first, second)}
    assert len(hashes) == 1


def test_the_order_of_the_persons_changes_no_byte(tmp_path):
    def run(order):
        settings = world.config(tmp_path / order)
        connection = world.empty(settings)
        world.populate(connection, 1_200)
        for table in ("person_stratum", "person_state", "person_year", "person", "population"):
            connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY ALL {order}")
        world.build(connection, settings)
        return publish(connection, settings, run_id="r")

    up, down = run("ASC"), run("DESC")
    for name in ("indicators.parquet", "indicators.csv"):
        assert (up / name).read_bytes() == (down / name).read_bytes()


@pytest.mark.parametrize("moment", ["extra", "rename", "pointer"])
def test_a_crash_leaves_the_publication_before(warehouse, tmp_path, monkeypatch, moment):
    settings = world.config(tmp_path)
    publish(warehouse, settings, run_id="good")
    before = strata.indicators(tmp_path)

    def crash(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        if moment == "pointer":
            broken.setattr("pathlib.Path.replace", crash)
        if moment == "rename":
            broken.setattr("pathlib.Path.rename", crash)
        publish(warehouse, settings, run_id="bad", extra=crash if moment == "extra" else None)
    assert (tmp_path / "published" / POINTER).read_text(encoding="utf-8") == "good\n"
    assert strata.indicators(tmp_path).equals(before)
    publish(warehouse, settings, run_id="next")
    assert published_folder(tmp_path).name == "next"
    assert not list((tmp_path / "published").glob(".building*"))


def test_a_run_is_published_once_and_its_name_is_a_name(warehouse, tmp_path):
    settings = world.config(tmp_path)
    publish(warehouse, settings, run_id="r")
    for name, why in (("r", "déjà publiée"), ("../r", "dossier"), ("", "dossier")):
        with pytest.raises(StrataError, match=why):
            publish(warehouse, settings, run_id=name)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda folder: (folder / "indicators.csv").write_text("x", encoding="utf-8"), "a changé"),
        (lambda folder: (folder / "indicators.parquet").unlink(), "manque"),
        (lambda folder: (folder / "note.txt").write_text("x", encoding="utf-8"), "n'est pas dans le reçu"),
        (lambda folder: (folder / "receipt.json").write_text("{", encoding="utf-8"), "ne peut pas être lu"),
    ],
)
def test_verification_names_what_changed(warehouse, tmp_path, damage, why):
    folder = publish(warehouse, world.config(tmp_path), run_id="r")
    damage(folder)
    (problem,) = verify(folder)
    assert why in str(problem)


def test_the_published_frame_has_the_columns_of_the_contract_in_both_forms(warehouse, tmp_path):
    folder = publish(warehouse, world.config(tmp_path), run_id="r")
    frame = strata.indicators(folder)
    assert dict(frame.schema) == {name: kind() for name, kind in PUBLISHED.items()}
    assert "persons" not in frame.columns
    assert pl.read_csv(folder / "indicators.csv", schema=dict(frame.schema)).equals(frame)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    described = {resource["path"]: resource for resource in package["resources"]}
    assert set(described) == {path.name for path in folder.iterdir()} - {"datapackage.json"}
    assert [field["name"] for field in described["indicators.csv"]["schema"]["fields"]] == frame.columns


def test_the_catalogue_is_published_with_its_methods(warehouse, tmp_path):
    folder = publish(warehouse, world.config(tmp_path), run_id="r")
    entries = json.loads((folder / "indicators.json").read_text(encoding="utf-8"))["indicators"]
    concerned = {name for name, entry in entries.items() if not entry["conditions"] or "t2d" in entry["conditions"]}
    assert concerned == set(strata.indicators(folder)["indicator_id"]) and len(concerned) < len(entries)
    assert all(entry["polarity"] in POLARITIES and entry["method_fr"] and entry["method_en"] for entry in entries.values())


def test_no_table_with_a_row_a_person_or_a_stay_has_its_number_of_rows_in_the_receipt():
    """status_fault lies among the tables of quality, whose numbers of rows are told."""
    columns = csv.DictReader((TABLES / "lineage.csv").read_text(encoding="utf-8").splitlines())
    found = {row["table_name"] for row in columns if row["column_name"] in ("person_id", "stay_id")}
    layers = {name: model.layer for name, model in models().items()}
    assert len(found) > 30 and "status_fault" in found
    assert [name for name in found if not receipts._is_personal(name, layers.get(name))] == []
    added = {name for model in models().values() for name in model.adds}  # <name>_exchanged is as personal
    assert added and [name for name in added if not receipts._is_personal(name, layers[name])] == []


def test_the_receipt_says_what_went_in_and_nothing_about_few_persons(warehouse, tmp_path):
    warehouse.execute("CREATE OR REPLACE TABLE rejected AS SELECT 'session' AS reason, 3 AS stays UNION ALL SELECT 'ghm_error', 40")
    warehouse.execute("CREATE OR REPLACE TABLE stay AS SELECT 1 AS stay_id")
    warehouse.execute(
        "CREATE TABLE stock_member_exchanged AS SELECT 1 AS person_id; INSERT INTO part_change_person VALUES ('stay', 1, true)"
    )
    (tmp_path / "population.csv").write_text("year\n", encoding="utf-8")
    warehouse.execute("INSERT INTO read_stay (stay_id, slice_id, year) VALUES (1, 1, 2024)")
    warehouse.execute("INSERT INTO read_file (source_file, lines, accepted, quarantined, refused) VALUES ('a.rsa', 5, 2, 3, 0)")
    warehouse.execute("INSERT INTO quarantine VALUES ('a.rsa', 2, 'blank_line'), ('a.rsa', 3, 'no_unit'), ('a.rsa', 4, 'no_unit')")
    folder = publish(warehouse, world.config(tmp_path), run_id="r")
    warehouse.execute("DROP TABLE stock_member_exchanged; DELETE FROM part_change_person")
    warehouse.execute("DROP TABLE stay; DROP TABLE rejected; DELETE FROM read_file; DELETE FROM quarantine; DELETE FROM read_stay")
    receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    (file,) = receipt["inputs"]
    assert file["lines"] == file["accepted"] + sum(file["quarantine"].values()) and file["quarantine"] == {"blank_line": 1, "no_unit": 2}
    assert receipt["rejected"] == {"session": "<11", "ghm_error": 40}
    assert receipt["rows"]["stay"] == receipt["rows"]["read_stay"] == "<11"
    assert receipt["rows"]["stock_member_exchanged"] == receipt["rows"]["part_change_person"] == "<11"
    assert receipt["rows"]["read_file"] == 1
    assert receipt["disclosure"]["not_proved"] == 0 and set(receipt["disclosure"]["lost"]) == set(strata.indicators(folder)["indicator_id"])
    assert receipt["territories"] == {"T1": "Ici", "T2": "Là"}
    assert receipt["method"]["alive_method"] == "hospital" and receipt["method"]["geo_method"] == "last"
    assert list(receipt["user_files"]) == ["population.csv"]
    assert receipt["sql_models"]["cohort_total"]
    assert {"stay_filter.csv", "movement_term.csv", "cost_interval.csv"} <= set(receipt["parameters"])
    assert receipt["definitions"]["t2d"]["definition_id"] == world.DEFINITION
    assert receipt["reference"]["reference_id"] == strata.indicators(folder)["reference_id"].unique().item()
    assert str(tmp_path) not in json.dumps(receipt)


def test_nothing_published_is_said_in_plain_words(tmp_path):
    with pytest.raises(StrataError, match="Aucune publication"):
        strata.indicators(tmp_path)


def test_a_count_that_the_audit_cannot_clear_stops_the_publication(warehouse, tmp_path, monkeypatch):
    """Whatever protects is switched off, the last resort too: the small counts of 1,200 persons would be told."""
    monkeypatch.setattr(suppression, "complete", lambda _room, _targets, hidden: (hidden, []))
    monkeypatch.setattr(suppression, "_widened", lambda _sums, masked, _known, _told: masked)
    monkeypatch.setattr(suppression, "_without_their_parts", lambda _sums, masked, labels, _known, _told: (masked, labels))
    monkeypatch.setattr(publishing, "relations_of", lambda _connection, _config: Relations())
    with pytest.raises(StrataError) as refused:
        publish(warehouse, world.config(tmp_path, disclosure={"threshold": 60}), run_id="told")
    assert "calcul" in refused.value.why[0]
    assert not (tmp_path / "published" / "told").exists()
