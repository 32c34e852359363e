"""The application in Chromium: the same nets as the static pages, its explorer and simulator by keyboard, its files by their links."""

from pathlib import Path
from time import perf_counter

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser.application import EXPORTS, TERRITORY, at
from tests.browser.test_downloads import clicked, shown_total, words_of
from tests.browser.visit import DESKTOP, Visit, axe, faults
from tests.support.figures import Figures

APP_BYTES = 3_000_000
# A generous bound: what is earned is printed, and a busy machine is slow.
SLOWEST_CHART_MS = 20_000
TYPED = {"stratum": "2", "persons": "10", "years": "5", "discount": "4", "share": "50", "programme": "1000"}
SYNTHETIC = {"fr": "DONNÉES SYNTHÉTIQUES", "en": "SYNTHETIC DATA"}


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, accept_downloads=True)


@pytest.mark.parametrize("part", ["requests_out", "console", "violations", "looks", "keyboard", "empty_sheets"])
def test_no_page_of_the_application_has_a_fault(app_visits: list[Visit], part: str) -> None:
    assert faults(app_visits, part) == {}


def test_every_control_of_the_application_has_its_turn(app_visits: list[Visit], figures: Figures) -> None:
    total = sum(one.controls for one in app_visits)
    figures.append(f"{total} controls of the application reached by Tab, each with a visible focus")
    assert total > 150


def test_the_application_is_light_and_its_first_chart_comes(app_visits: list[Visit], figures: Figures) -> None:
    heaviest, slowest = max(one.weight_bytes for one in app_visits), max(one.first_paint_ms for one in app_visits)
    figures.append(
        f"application: {heaviest / 1e6:.2f} MB at most with its scripts, first paint (its charts are in the page) {slowest:.0f} ms"
    )
    assert 500_000 < heaviest < APP_BYTES
    assert 0 < slowest < SLOWEST_CHART_MS


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_indicator_is_explored_by_keyboard(page: Page, application: str, language: str, figures: Figures) -> None:
    page.goto(at(application, "/?territory", language))
    page.locator(".explore summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    chosen = focused(page).inner_text()
    start = perf_counter()
    page.keyboard.press("Enter")
    page.locator("#explored table").first.wait_for()
    figures.append(f"explorer ({language}): an indicator shown {1000 * (perf_counter() - start):.0f} ms after Enter")
    assert chosen in page.locator("#explored h3").inner_text() and page.locator("#explored table").count() == 2
    assert axe(page) == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_simulator_is_used_by_keyboard(page: Page, application: str, language: str) -> None:
    page.goto(at(application, "/simulator", language))
    page.locator("#simulator-stratum").focus()
    for text in TYPED.values():
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#simulated *").first.wait_for()
    assert page.locator("#simulated .result").count() == 1, page.locator("#simulated").inner_text()
    assert page.locator("#simulated tbody tr").count() == int(TYPED["years"])
    assert axe(page) == []


def focused(page: Page) -> Locator:
    """Where the keyboard is."""
    return page.locator(":focus")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_file_of_the_application_is_clicked_and_read(page: Page, application: str, language: str, tmp_path: Path) -> None:
    page.goto(at(application, "/?territory", language))
    for ending in EXPORTS:
        path = clicked(page, f"/export/{ending}", tmp_path)
        said = words_of(path)
        assert path.name == f"{TERRITORY}-2025.{ending}"
        assert shown_total(page) in said and (SYNTHETIC[language] in said or ending == "csv"), path.name  # a column of the CSV says it
