"""Workbook, slides and document say what the page says: the same numbers, the same masks, nothing more."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest
from pptx import Presentation
from pptx.util import Inches

from dashboards.exports.deck import write_deck
from dashboards.exports.programme import write_programme
from dashboards.exports.same_bytes import without_clock
from dashboards.exports.workbook import write_workbook
from dashboards.model.national_twins import head_tables
from dashboards.model.page import TerritoryPage
from dashboards.model.twins import pyramid_table, section_tables
from dashboards.sources.published import Published
from dashboards.texts import load
from tests.dashboards.conftest import measures
from tests.dashboards.test_page_model import page_of

WRITERS = {".xlsx": write_workbook, ".pptx": write_deck, ".programme.docx": write_programme}


@pytest.fixture(scope="module")
def page(published: Published) -> TerritoryPage:
    """The territory that has masked strata."""
    return page_of(published, "T05")


@pytest.fixture(scope="module")
def book(page: TerritoryPage) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(write_workbook(page)))


@pytest.fixture(scope="module")
def deck(page: TerritoryPage) -> Presentation:
    return Presentation(io.BytesIO(write_deck(page)))


def near(value: float | None) -> object:
    """A workbook keeps sixteen digits."""
    return None if value is None else pytest.approx(value, rel=1e-14)


def slide_texts(deck: Presentation) -> str:
    parts = []
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                parts.append(shape.text_frame.text)
            if shape.has_table:
                parts += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(parts)


def charts(deck: Presentation) -> list:
    return [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]


def document_text(page: TerritoryPage) -> str:
    document = docx.Document(io.BytesIO(write_programme(page)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_words_that_look_like_markup_are_words(page: TerritoryPage) -> None:
    words = ' 5 < 7 & <a:t>"x"</w:t> '
    first, *others = page.sections[0].glance.lines
    glance = replace(page.sections[0].glance, lines=(replace(first, label=words), *others))
    page = replace(page, sections=(replace(page.sections[0], glance=glance), *page.sections[1:]))
    assert words in slide_texts(Presentation(io.BytesIO(write_deck(page)))).split("\n")
    assert words in document_text(page).split("\n")
    with zipfile.ZipFile(io.BytesIO(write_programme(page))) as parts:
        assert '<w:t xml:space="preserve"> 5 &lt; 7' in parts.read("word/document.xml").decode()


def test_every_style_of_the_document_is_defined_in_it(page: TerritoryPage) -> None:
    with zipfile.ZipFile(io.BytesIO(write_programme(page))) as parts:
        said, defined = (parts.read(f"word/{name}.xml").decode() for name in ("document", "styles"))
    used = set(re.findall(r'<w:(?:pStyle|tblStyle) w:val="([^"]*)"', said))
    assert used - set(re.findall(r'w:styleId="([^"]*)"', defined)) == set()
    assert {"Title", "Heading1", "Heading2"} < used and len(used) > 5


def test_every_table_of_the_page_is_a_sheet_with_the_same_numbers(page: TerritoryPage, book: openpyxl.Workbook) -> None:
    texts = load("fr")
    tables = [*head_tables(page, texts).values(), *(table for section in page.sections for table in section_tables(section, texts))]
    sheets = [sheet for sheet in book.worksheets[1:] if not sheet.title.endswith("nombres")]
    assert len(sheets) == len(tables) >= 14
    for table, sheet in zip(tables, sheets, strict=True):
        assert tuple(cell.value for cell in sheet[3]) == table.heads
        for rank, row in enumerate(table.rows, start=4):
            found = [None if cell.value == "" else cell.value for cell in sheet[rank]][: len(row)]
            assert found == [near(cell.number) if cell.number is not None else cell.text or None for cell in row]


def test_the_numbers_sheet_holds_each_published_number(page: TerritoryPage, book: openpyxl.Workbook) -> None:
    sheet = book["T2D nombres"]
    heads = [cell.value for cell in sheet[1]]
    lines = [dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]
    rows = [measure.row for origin in page.sections[0].origins for measure in origin.measures]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert (line["indicator_id"], line["year"], line["stratum"]) == (row.indicator_id, row.year, row.stratum)
        assert all(line[name] == near(getattr(row, name)) for name in ("numerator", "expected", "ratio_upper"))


def test_the_same_number_is_in_all_formats(page: TerritoryPage, pages: dict[str, str], book: openpyxl.Workbook, deck: Presentation) -> None:
    total = page.sections[0].pyramid.total
    assert total.text in pages["T05.html"] and total.text in slide_texts(deck) and total.text in document_text(page)
    assert total.row.value in [cell.value for cell in book["T2D strates"]["B"]]
    drawn = charts(deck)[0].plots[0].series[0].values
    assert list(drawn) == [step.persons.row.value for step in page.sections[0].pyramid.steps]


def test_masks_are_written_in_every_format(page: TerritoryPage, book: openpyxl.Workbook, deck: Presentation) -> None:
    table = pyramid_table(page.sections[1].pyramid, load("fr"))
    assert [row[1].text for row in table.rows[:2]] == ["< 11", "masqué"]
    assert [book["HF strates"].cell(row, 2).value for row in (4, 5)] == ["< 11", "masqué"]
    text = document_text(page)
    assert "< 11" in text and "masqué" in text
    strata = charts(deck)[3].plots[0]
    assert list(strata.series[0].values)[:2] == [None, None]
    assert "< 11" in str(strata.categories[0])


def test_no_number_of_a_hidden_row_is_in_any_file(page: TerritoryPage, deck: Presentation) -> None:
    assert [measure for measure in measures(page) if measure.row.status.startswith("suppressed")]
    for chart in charts(deck):
        embedded = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)).active
        cells = [cell for row in embedded.iter_rows(min_row=2, values_only=True) for cell in row[1:] if isinstance(cell, int | float)]
        drawn = {value for plot in chart.plots for series in plot.series for value in series.values if value is not None}
        assert all(any(cell == pytest.approx(value) for value in drawn) for cell in cells)


def test_slides_are_wide_and_marked(page: TerritoryPage, deck: Presentation) -> None:
    assert (deck.slide_width, deck.slide_height) == (Inches(13.333), Inches(7.5))
    for slide in deck.slides:
        text = "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert "DONNÉES SYNTHÉTIQUES" in text and page.stamp.run_id in text
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= deck.slide_width
            assert shape.top >= 0 and shape.top + shape.height <= deck.slide_height


@pytest.mark.parametrize("ending", WRITERS)
def test_the_same_page_gives_the_same_bytes(page: TerritoryPage, ending: str, run_folder: Path) -> None:
    assert WRITERS[ending](page) == WRITERS[ending](page)
    assert (run_folder / "dashboard" / f"T05{ending}").stat().st_size > 10_000


def test_a_clock_in_an_archive_would_show() -> None:
    def archive(year: int) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            made.writestr(zipfile.ZipInfo("a.txt", (year, 1, 1, 0, 0, 0)), b"same")
        return out.getvalue()

    assert archive(2001) != archive(2002)
    assert without_clock(archive(2001), date(2025, 12, 31)) == without_clock(archive(2002), date(2025, 12, 31))


@pytest.mark.parametrize("ending", WRITERS)
def test_english_files_are_english(published: Published, ending: str) -> None:
    content = WRITERS[ending](page_of(published, "T01", "en"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = " ".join(
            archive.read(name).decode() for name in archive.namelist() if re.search(r"(sharedStrings|slide\d+|document)\.xml$", name)
        )
    assert "Persons" in text
    assert not re.search("Personnes|Coût|Lecture|attendu", text)
