"""The data package of a publication, judged by the frictionless tool."""

import json

import frictionless
import pytest

from strata.publication.publish import publish
from tests.support import cohort_warehouse as world


@pytest.fixture
def folder(tmp_path):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, 800)
    world.build(connection, settings)
    return publish(connection, settings, run_id="a", extra=pages)


def pages(folder):
    """What pages leave beside the numbers: a workbook that is no table of ours."""
    (folder / "dashboard").mkdir()
    (folder / "dashboard" / "index.html").write_text("<!doctype html>", encoding="utf-8")
    (folder / "dashboard" / "T1.xlsx").write_bytes(b"PK no workbook")


def test_the_whole_package_is_valid_as_anybody_would_ask(folder):
    """`frictionless validate datapackage.json`: every file read, its size and hash compared."""
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "note"])
    assert {task.name for task in report.tasks if task.type == "table"} == {"indicators.csv", "places.csv"}
    (folder / "dashboard" / "T1.xlsx").write_bytes(b"PK another")
    assert not frictionless.validate(str(folder / "datapackage.json")).valid


def tables(folder):
    """The package as read, tables only: frictionless reads no Parquet without another library."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"] = [one for one in package["resources"] if one["format"] == "csv"]
    return frictionless.Package.from_descriptor(package, basepath=str(folder))


def test_the_descriptor_and_every_table_are_valid(folder):
    frictionless.Package.from_descriptor(str(folder / "datapackage.json"))
    report = tables(folder).validate()
    assert report.valid, report.flatten(["type", "note"])
    assert report.tasks


@pytest.mark.parametrize(
    ("old", "new"), [(",ok,", ",fine,"), ("persons,", ",")], ids=["a status that is none", "a row without its indicator"]
)
def test_the_tool_sees_a_table_that_is_not_what_the_package_says(folder, old, new):
    path = folder / "indicators.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8", newline="")
    assert not tables(folder).validate().valid


def test_two_rows_of_one_key_are_seen(folder):
    path = folder / "indicators.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8", newline="")
    assert "primary-key" in {kind for (kind,) in tables(folder).validate().flatten(["type"])}
