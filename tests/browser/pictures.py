"""The pictures of docs/pictures, taken again: `python -m tests.browser.pictures demo/published/RUN/dashboard`.

Belongs here: which page, which part, which size. Not here: what a picture must show, which a person looks at. Needs pdftoppm (poppler).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bootstrap import find_browser
from tests.support.repository import ROOT

FOLDER = ROOT / "docs" / "pictures"
TERRITORY = "orsenne"
MOST_BYTES = 300_000
# Picture: page, width of the window, height of the picture from the top of the page.
FROM_THE_TOP = {
    "territory_page": (f"{TERRITORY}.html", 1280, 1480),
    "territory_page_en": (f"en/{TERRITORY}.html", 1280, 1060),
    "territory_top": (f"{TERRITORY}.html", 1280, 560),
    "territory_page_390": (f"{TERRITORY}.html", 390, 1500),
    "national_page": ("index.html", 1280, 1400),
    "national_page_390": ("index.html", 390, 1500),
    "methods_page": ("methods.html", 1280, 900),
    "methods_page_390": ("methods.html", 390, 1000),
    "quality_page": ("quality.html", 1280, 1000),
    "quality_page_390": ("quality.html", 390, 1000),
    "meeting_page_390": (f"{TERRITORY}.meeting.html", 390, 1500),
}
# Picture: the part of the territory page that it shows.
PARTS = {"glance": "#t2d-glance", "funnel": "#t2d-funnel-card", "origins": "#t2d .origins details[open]"}
SCREENS = {"meeting_page": 1, "meeting_glance": 2}


def take(browser: Browser, site: Path) -> None:
    """Every picture, in the folder of the documentation."""
    for name, (file_name, width, height) in FROM_THE_TOP.items():
        page = _open(browser, site / file_name, width, height)
        page.screenshot(path=FOLDER / f"{name}.png", clip={"x": 0, "y": 0, "width": width, "height": height})
        page.close()
    page = _open(browser, site / f"{TERRITORY}.html", 1280, 900)
    page.add_style_tag(content=".sections { position: static !important; }")  # it would lie over what is pictured
    page.locator("#t2d .tile-source a").first.click()
    page.locator("#t2d .origins details").first.evaluate("(one) => { one.open = true }")
    for name, selector in PARTS.items():
        box = page.locator(selector).first.bounding_box()
        assert box is not None, name
        page.screenshot(
            path=FOLDER / f"{name}.png", full_page=True, clip={**box, "y": box["y"] + _scrolled(page), "height": min(box["height"], 780)}
        )
    _first_sheet(page)
    page.close()
    page = _open(browser, site / f"{TERRITORY}.meeting.html", 1280, 720)
    for name, rank in SCREENS.items():
        page.locator(".slide").nth(rank).screenshot(path=FOLDER / f"{name}.png")


def _open(browser: Browser, path: Path, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(path.resolve().as_uri())
    return page


def _scrolled(page: Page) -> float:
    """How far the window is from the top: a box is measured from the window, a whole page from its top."""
    return float(page.evaluate("scrollY"))


def _first_sheet(page: Page) -> None:
    """The first sheet of the PDF that the browser prints."""
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "page.pdf"
        page.pdf(path=printed, prefer_css_page_size=True, print_background=True)
        subprocess.run(["pdftoppm", "-r", "90", "-l", "1", "-singlefile", "-png", str(printed), str(FOLDER / "printed_page")], check=True)


if __name__ == "__main__":
    with sync_playwright() as driver:
        take(driver.chromium.launch(executable_path=find_browser()), Path(sys.argv[1]))
    for picture in sorted(FOLDER.glob("*.png")):
        print(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB{' TOO HEAVY' if picture.stat().st_size > MOST_BYTES else ''}")
