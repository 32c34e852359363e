"""What a publication changes of the one before: rows, statuses, causes; and that nothing withheld comes back by a difference."""

import json

import polars as pl
import pytest

from strata.measures.measure import VALUES
from strata.publication.publish import publish, read_indicators
from strata.publication.revision import causes, compare, text
from tests.support import cohort_warehouse as world


@pytest.fixture
def warehouse(tmp_path):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, 800)
    world.build(connection, settings)
    return connection, settings


def revision_of(folder):
    return json.loads((folder / "revision.json").read_text(encoding="utf-8"))


def test_the_first_publication_says_so(warehouse):
    folder = publish(*warehouse, run_id="a")
    assert revision_of(folder)["previous"] is None
    written = (folder / "revision.md").read_text(encoding="utf-8")
    assert "Première publication" in written and "First publication" in written


def test_the_same_inputs_change_nothing(warehouse):
    publish(*warehouse, run_id="a")
    report = revision_of(publish(*warehouse, run_id="b"))
    assert report["previous"] == "a" and not any(report["causes"].values())
    assert all(
        found["same"] > 0 == found["changed"] + found["status_changed"] + found["added"] + found["removed"]
        for found in report["indicators"].values()
    )


def test_what_changed_is_told_with_its_cause(warehouse):
    connection, settings = warehouse
    publish(connection, settings, run_id="a")
    connection.execute("INSERT INTO read_file (source_file, sha256, lines) VALUES ('late.zip', 'abc', 9)")
    connection.execute("UPDATE person_year SET cost_standard_eur = cost_standard_eur * 2 WHERE year = 2025")
    world.build(connection, settings)
    report = revision_of(publish(connection, settings, run_id="b"))
    assert report["causes"]["data"] == ["late.zip"] and report["causes"]["method"] == []
    assert report["indicators"]["cost_total"]["changed"] > 0 == report["indicators"]["persons"]["changed"]
    told = report["indicators"]["cost_total"]["largest"][0]
    assert told["year"] == 2025 and told["relative"] == pytest.approx(1, abs=0.01)
    assert "late.zip" in text(report, "en") and "`cost_total`" in text(report, "fr")


def test_each_kind_of_cause_is_told_apart():
    old = {
        "inputs": [{"source_file": "a", "sha256": "1"}], "code_lists": {"l.csv": "1"}, "definitions": {"t2d": {"definition_id": "D-1"}},
        "parameters": {"stay_filter.csv": "1"}, "files": {"indicators.json": "1", "indicators.csv": "1"},
        "sql_models": {"stay": "1"}, "versions": {"duckdb": "2.0"}, "settings": {"years": (2024,)}, "reference": {"sha256": "1"},
    }  # fmt: skip
    again = old | {"settings": {"years": [2024]}}
    assert not any(causes(old, again).values())
    assert causes(old, old | {"inputs": []})["data"] == ["a"]
    assert causes(old, old | {"definitions": {"t2d": {"definition_id": "D-2"}}})["definition"] == ["definition t2d"]
    assert causes(old, old | {"sql_models": {"stay": "2"}})["method"] == ["sql stay"]
    assert causes(old, old | {"files": {"indicators.json": "2", "indicators.csv": "2"}})["method"] == ["catalogue"]
    assert causes(old, old | {"parameters": {"stay_filter.csv": "2"}})["method"] == ["table stay_filter.csv"]
    assert causes(old, old | {"reference": None})["reference"] == ["reference"]


def test_no_difference_is_told_of_a_withheld_row(warehouse):
    """A cell that was printed and is withheld now, and the other way round, leaves no number in the report."""
    connection, settings = warehouse
    first = publish(connection, settings, run_id="a")
    connection.execute("DELETE FROM person_stratum WHERE year = 2025 AND stratum = 4 AND person_id % 10 <> 0")
    world.build(connection, settings)
    second = publish(connection, settings, run_id="b")
    old, new = read_indicators(first), read_indicators(second)
    report = revision_of(second)
    key = ["indicator_id", "cost_basis", "year", "condition", "territory_id", "stratum", "sex", "age_band"]
    both = old.join(new, on=key, suffix="_new").filter((pl.col("status") == "ok") & (pl.col("status_new") == "ok"))
    shown = {tuple(row) for row in both.select(key).iter_rows()}
    assert sum(found["status_changed"] for found in report["indicators"].values()) > 0
    told = [(name, row) for name, found in report["indicators"].items() for row in found["largest"]]
    assert told and all((name, *(row[part] for part in key[1:])) in shown for name, row in told)


def test_a_number_left_in_a_withheld_row_is_not_told_either(warehouse, tmp_path):
    """Should a mask fail in one file, the comparison would not print what it left."""
    folder = publish(*warehouse, run_id="a")
    leaky = tmp_path / "leaky"
    leaky.mkdir()
    for name in ("receipt.json", "indicators.json"):
        (leaky / name).write_bytes((folder / name).read_bytes())
    frame = read_indicators(folder)
    frame.with_columns(pl.col(VALUES) + 1000.0, status=pl.lit("suppressed_primary")).write_parquet(leaky / "indicators.parquet")
    report = compare(folder, leaky)
    assert all(not found["largest"] and not found["changed"] for found in report["indicators"].values())
