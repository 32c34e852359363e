"""Each file a person gets by clicking opens in its own library and says the number that the page shows.

The contents in full: tests/dashboards/test_exports.py. Here: the links, as the browser follows them.
"""

from pathlib import Path

import docx
import openpyxl
import pytest
from playwright.sync_api import Browser, Page
from pptx import Presentation


@pytest.fixture(scope="module")
def page(browser: Browser, sample_site: Path) -> Page:
    page = browser.new_page(accept_downloads=True)
    page.goto((sample_site / "orsenne.html").as_uri())
    return page


def clicked(page: Page, ending: str, folder: Path) -> Path:
    """The file behind the one link whose way ends so."""
    with page.expect_download() as waiting:
        page.locator(f"nav.actions a[href$='{ending}'], nav.actions a[href*='{ending}?']").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def shown_total(page: Page) -> str:
    """The first tile: persons found."""
    return page.locator("#t2d .tile-value").first.inner_text().strip()


def words_of(path: Path) -> str:
    """All the text of a workbook, of slides, of a document or of a plain file."""
    if path.suffix in (".csv", ".html"):
        return path.read_text(encoding="utf-8")
    if path.suffix == ".xlsx":
        return "\n".join(str(cell) for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True) for cell in row)
    if path.suffix == ".pptx":
        shapes = [shape for slide in Presentation(str(path)).slides for shape in slide.shapes]
        cells = [cell.text for shape in shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
        return "\n".join([shape.text_frame.text for shape in shapes if shape.has_text_frame] + cells)
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


@pytest.mark.parametrize("ending", [".xlsx", ".pptx", ".programme.docx"])
def test_a_clicked_file_says_what_the_page_says(page: Page, tmp_path: Path, ending: str) -> None:
    said = words_of(clicked(page, ending, tmp_path))
    assert shown_total(page) in said
    assert "DONNÉES SYNTHÉTIQUES" in said


@pytest.mark.parametrize("ending", [".xlsx", ".pptx"])
def test_a_clicked_file_of_all_territories_says_what_its_page_says(
    browser: Browser, sample_site: Path, tmp_path: Path, ending: str
) -> None:
    page = browser.new_page(accept_downloads=True)
    page.goto((sample_site / "index.html").as_uri())
    path = clicked(page, ending, tmp_path)
    said = words_of(path)
    names = page.locator("#t2d-ranking tbody th").all_inner_texts()
    assert path.name == f"national{ending}" and shown_total(page) in said and "DONNÉES SYNTHÉTIQUES" in said
    assert len(names) >= 5 and all(name.strip() in said for name in names)
    page.close()


def test_every_link_of_a_page_arrives(page: Page, sample_site: Path) -> None:
    links = page.locator("a[href]").evaluate_all("(all) => all.map((one) => one.href)")
    missing = [link for link in links if not Path(link.split("#")[0].removeprefix("file://")).is_file()]
    assert len(links) > 50 and missing == []
