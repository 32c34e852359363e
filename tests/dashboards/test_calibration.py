"""What the passages foretold: the published file as it stands, in words, in both languages, and nobody's but the reader's."""

import io
from dataclasses import fields, replace
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from dashboards.app.access import Reader
from dashboards.app.store import narrowed
from dashboards.exports.workbook import write_workbook
from dashboards.render import render_national, render_territory
from dashboards.sources.published import ALL, CALIBRATION_FILE, Calibrated, Published, read_published
from strata.measures.movement import CALIBRATED, CALIBRATION
from tests.dashboards.test_national_exports import national
from tests.dashboards.test_page_model import page_of
from tests.support.published_sample import write_published

LINES = [
    ("hf", ALL, 2024, "1", 100.4, 0.0, 99, 0.98606, True),
    ("hf", ALL, 2025, "1", 50.0, 0.1, 60, 1.2, False),
    ("hf", ALL, 2025, "2", 50.0, 0.1, 40, 0.8, False),
    ("hf", ALL, 2025, "3", 50.0, 0.51, 50, 1.0, True),
    ("hf", "T03", 2025, "4", 20.0, 0.0, 21, 1.05, True),
]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The made-up publication with lines of the whole, and of one territory."""
    folder = write_published(tmp_path_factory.mktemp("calibrated"))
    pl.DataFrame(LINES, schema=CALIBRATED, orient="row").write_csv(folder / CALIBRATION_FILE)
    return read_published(folder)


def test_the_file_is_that_of_the_publication() -> None:
    assert CALIBRATION_FILE == CALIBRATION
    assert [*(one.name for one in fields(Calibrated)), "condition", "territory_id"] == [*list(CALIBRATED)[2:], *list(CALIBRATED)[:2]]


@pytest.mark.parametrize(("language", "held", "supposed"), [("fr", "tenu", "trop de cases"), ("en", "held", "too many masked")])
def test_each_line_is_told_the_last_year_first(calibrated: Published, language: str, held: str, supposed: str) -> None:
    block = national(calibrated, language).sections[1].calibration
    assert [(one.year, one.verdict) for one in block.lines] == [(2025, "above"), (2025, "below"), (2025, "unclaimed"), (2024, "same")]
    assert block.lines[3].verdict_text == held and block.lines[2].verdict_text.startswith(supposed)
    assert [block.lines[3].predicted.text, block.lines[3].observed.text] == ["100", "99"]
    assert "60" in block.text and "2024" in block.text and block.lines[0].ratio.text in block.text


def test_a_year_after_the_one_in_front_is_not_told(calibrated: Published) -> None:
    block = national(replace(calibrated, front_year=2024)).sections[1].calibration
    assert [one.year for one in block.lines] == [2024]


def test_it_is_drawn_tabled_and_in_the_workbook(calibrated: Published) -> None:
    page = national(calibrated)
    html = render_national(page)
    assert 'id="hf-calibration"' in html and 'id="hf-calibration-title"' in html and html.count("trop de cases masquées pour conclure") == 1
    sheet = openpyxl.load_workbook(io.BytesIO(write_workbook(page)))["HF passages prévus"]
    assert [cell.value for cell in sheet[4]] == ["2025", "Strate 1", 50, 0.1, 60, 1.2, "plus que prévu"]


def test_a_place_without_lines_says_why(calibrated: Published, published: Published) -> None:
    assert "page de tous les territoires" in page_of(calibrated, "T01").sections[1].calibration.text
    assert "deux années de passages" in page_of(calibrated, "T01").sections[0].calibration.text
    assert "deux années de passages" in render_territory(page_of(published, "T01"))


def test_a_reader_gets_their_lines_and_those_of_the_whole(calibrated: Published) -> None:
    assert set(narrowed(calibrated, Reader("one", frozenset({"T01"}))).calibrations) == {("hf", ALL)}
    assert set(narrowed(calibrated, Reader("three", frozenset({"T03"}))).calibrations) == {("hf", ALL), ("hf", "T03")}


def test_no_file_no_line(tmp_path: Path) -> None:
    assert read_published(write_published(tmp_path)).calibrations == {}
