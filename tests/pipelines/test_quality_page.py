"""The quality page: written whatever becomes of the run, with every check, its threshold and where that comes from."""

from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from pipelines.expectations import Outcome, suites
from pipelines.gate import keep
from pipelines.pages.quality_page import write_quality_page
from pipelines.session import open_session
from strata.config import Config, Project
from strata.ingest.warehouse.tables import empty


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    """Two quality tables, one of which was checked and not held, and a file whose name is a formula with markup."""
    connection = empty()
    connection.execute(
        """INSERT INTO read_file (family, source_file, lines, accepted, quarantined, refused, reason)
        VALUES ('mco_rsa', '=1+1<b>.rsa', 5, 0, 0, 5, 'corrupt_archive')"""
    )
    connection.execute(
        "CREATE TABLE chaining_check AS SELECT 2024 AS year, 100 AS stays, 80 AS chained_stays, 0.8::DOUBLE AS chained_share"
    )
    connection.execute(
        "CREATE TABLE code_check (system VARCHAR, field VARCHAR, year INT, mentions INT, unknown_codes INT, unknown_share DOUBLE)"
    )
    keep(connection, ["chaining_check"], [Outcome(one, False, 1) for one in suites()["chaining_check"]])
    keep(connection, ["code_check"], [Outcome(one, True, 0) for one in suites()["code_check"]])
    return connection


class _Cells(HTMLParser):
    """The rows of the page as lists of texts."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.is_in_cell = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
            self.is_in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.is_in_cell = self.is_in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self.is_in_cell:
            self.rows[-1][-1] += data.strip().replace("\u00a0", " ")


def test_every_check_is_there_with_its_state_what_was_seen_and_the_source_of_its_threshold(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    page = _Cells()
    page.feed(write_quality_page(warehouse, Config(folder=tmp_path), "run").read_text(encoding="utf-8"))
    shown = {row[0]: row[1:] for row in page.rows if len(row) == 6}
    expected = [one for suite in suites().values() for one in suite]
    assert {one.label[0] for one in expected} <= shown.keys()
    assert [shown[one.label[0]][-1] for one in expected] == [one.source[0] for one in expected]
    (chained,) = suites()["chaining_check"]
    assert shown[chained.label[0]][:4] == ["Non tenu", "à regarder", "0,8", "0,9 – 1"]
    (codes,) = suites()["code_check"]
    assert shown[codes.label[0]][:3] == ["Non fait", "à regarder", "–"]  # nothing was brought: nothing is claimed


def test_thousands_are_apart_on_the_page_but_not_in_years_nor_in_the_file_of_a_spreadsheet(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    warehouse.execute("INSERT INTO chaining_check VALUES (2025, 1234567, 987654, 0.8)")
    for language, apart, decimal in (("fr", "1\u202f234\u202f567", "80,0"), ("en", "1,234,567", "80.0")):
        config = Config(folder=tmp_path, project=Project(language=language))
        page, cells = write_quality_page(warehouse, config, "run"), _Cells()
        cells.feed(page.read_text(encoding="utf-8"))
        assert ["2025", apart, decimal] in cells.rows
        assert f"2025;1234567;{decimal}" in (page.parent / "chaining.csv").read_text(encoding="utf-8")


def test_a_name_from_outside_is_neither_markup_nor_a_formula(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    page = write_quality_page(warehouse, Config(folder=tmp_path), "run")
    assert "<b>" not in page.read_text(encoding="utf-8")
    assert "'=1+1<b>.rsa" in (page.parent / "files_refused.csv").read_text(encoding="utf-8")


def test_a_run_that_stops_leaves_its_page_and_its_own_error(tmp_path: Path) -> None:
    config = Config(folder=tmp_path)
    with pytest.raises(ZeroDivisionError), open_session(config, print):
        raise ZeroDivisionError
    assert (config.database.parent / "quality" / "index.html").exists()


def test_a_page_that_cannot_be_written_does_not_hide_why_the_run_stopped(tmp_path: Path) -> None:
    config, said = Config(folder=tmp_path), list[str]()
    config.database.parent.mkdir()
    (config.database.parent / "quality").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), open_session(config, said.append):
        raise ZeroDivisionError
    assert any("qualité" in line for line in said)
