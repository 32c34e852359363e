"""Every page in Chromium: nothing asked from outside, nothing said in the console, nothing that keeps anyone from reading it."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.network import interfaces
from tests.browser.visit import DESKTOP, Visit, printed_pages, tab_through
from tests.support.figures import Figures

DOSSIER_BYTES = 1_500_000
ONE_OF_EACH = ("index.html", "methods.html", "quality.html", "orsenne.html", "orsenne.meeting.html", "definitions/t2d.fr.html")


def faults(visits: list[Visit], part: str) -> dict[str, tuple[str, ...]]:
    """The faults of one kind, by page: empty when there are none."""
    return {one.name: getattr(one, part) for one in visits if getattr(one, part)}


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
    figures.append(f"heaviest page: {heaviest.weight_bytes / 1000:.0f} kB ({heaviest.name})")
    assert 10_000 < heaviest.weight_bytes < DOSSIER_BYTES


def test_tab_reaches_every_control_and_shows_where_it_is(browser: Browser, sample_site: Path, figures: Figures) -> None:
    total, found = 0, {}
    for name in ONE_OF_EACH:
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.goto((sample_site / name).as_uri())
        count, found[name] = tab_through(page)
        total += count
        page.close()
    figures.append(f"{total} controls reached by Tab on {len(ONE_OF_EACH)} pages, each with a visible focus")
    assert total > 200
    assert {name: said for name, said in found.items() if said} == {}


def test_the_link_under_a_number_opens_where_it_comes_from(browser: Browser, sample_site: Path) -> None:
    page = browser.new_page()
    page.goto((sample_site / "orsenne.html").as_uri())
    page.locator("#t2d .tile-source a").first.click()
    page.wait_for_function("document.querySelector(':target')?.closest('details')?.open")
    assert page.locator(":target").is_visible()
    page.close()


def test_no_printed_page_is_empty(browser: Browser, sample_site: Path, figures: Figures) -> None:
    counts = {}
    for name in ONE_OF_EACH:
        page = browser.new_page()
        page.goto((sample_site / name).as_uri())
        texts = printed_pages(page)
        counts[name] = len(texts)
        assert all(len(text) > 80 for text in texts), (name, [len(text) for text in texts])
        page.close()
    figures.append("printed: " + ", ".join(f"{name} {count} pages" for name, count in counts.items()) + ", none empty")


def test_a_screen_of_the_meeting_is_a_sheet(browser: Browser, sample_site: Path) -> None:
    page = browser.new_page()
    page.goto((sample_site / "orsenne.meeting.html").as_uri())
    assert len(printed_pages(page)) == page.locator(".slide").count()
    page.close()
