"""Every page in Chromium: nothing asked from outside, nothing said in the console, nothing that keeps anyone from reading it."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.network import interfaces
from tests.browser.visit import THOROUGHLY, Visit, faults
from tests.support.figures import Figures

DOSSIER_BYTES = 1_500_000


def test_where_the_machine_allows_it_the_browser_has_no_network_but_the_loopback(inside: list[str], figures: Figures) -> None:
    seen = interfaces(inside) if inside else {"lo"}
    figures.append(f"in a network namespace without internet: {'yes' if inside else 'no, every request outside is stopped and counted'}")
    assert seen == {"lo"}


def test_nothing_is_asked_from_outside(visits: list[Visit]) -> None:
    assert faults(visits, "requests_out") == {}


def test_the_console_stays_empty(visits: list[Visit]) -> None:
    assert faults(visits, "console") == {}


def test_axe_finds_nothing_in_either_language(visits: list[Visit]) -> None:
    assert {name for one in visits for name in ("/en/", "sample en/") if name in one.name}
    assert faults(visits, "violations") == {}


def test_nothing_overlaps_is_cut_or_wider_than_its_screen_or_sheet(visits: list[Visit]) -> None:
    assert faults(visits, "looks") == {}


def test_each_page_is_light(visits: list[Visit], figures: Figures) -> None:
    heaviest = max(visits, key=lambda one: one.weight_bytes)
    figures.append(f"heaviest static page: {heaviest.weight_bytes / 1000:.0f} kB ({heaviest.name})")
    assert 10_000 < heaviest.weight_bytes < DOSSIER_BYTES


def test_tab_reaches_every_control_and_shows_where_it_is(visits: list[Visit], figures: Figures) -> None:
    thorough = [one for one in visits if one.controls]
    total = sum(one.controls for one in thorough)
    figures.append(f"{total} controls reached by Tab on {len(thorough)} static pages, each with a visible focus")
    assert {one.name for one in thorough} == THOROUGHLY and total > 200
    assert faults(visits, "keyboard") == {}


def test_the_link_under_a_number_opens_where_it_comes_from(browser: Browser, sample_site: Path) -> None:
    page = browser.new_page()
    page.goto((sample_site / "orsenne.html").as_uri())
    page.locator("#t2d .tile-source a").first.click()
    page.wait_for_function("document.querySelector(':target')?.closest('details')?.open")
    assert page.locator(":target").is_visible()
    page.close()


def test_no_printed_page_is_empty(visits: list[Visit], figures: Figures) -> None:
    counts = {one.name.removeprefix("sample "): one.sheets for one in visits if one.sheets}
    figures.append("printed: " + ", ".join(f"{name} {count} sheets" for name, count in counts.items()) + ", none empty")
    assert len(counts) == len(THOROUGHLY) and faults(visits, "empty_sheets") == {}


def test_a_screen_of_the_meeting_is_a_sheet(browser: Browser, sample_site: Path, visits: list[Visit]) -> None:
    page = browser.new_page()
    page.goto((sample_site / "orsenne.meeting.html").as_uri())
    (printed,) = [one.sheets for one in visits if one.name == "sample orsenne.meeting.html"]
    assert printed == page.locator(".slide").count()
    page.close()
