"""The link of a page is copied by the keyboard: of a file, of the application, and where the browser gives no clipboard."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from dashboards.texts import load
from tests.browser.application import TERRITORY, at

PAGES = {"fr": f"{TERRITORY}.html", "en": f"en/{TERRITORY}.html"}
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
REFUSED = "navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); document.execCommand = () => false"


def pressed(page: Page) -> str:
    """What is said once the control was pressed by the keyboard."""
    page.locator("#copy-link").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('copy-said').textContent")
    return page.locator("#copy-said").inner_text()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_address_of_a_file_is_copied_and_said_to_be_that_of_a_file(browser: Browser, sample_site: Path, language: str) -> None:
    page = browser.new_page()
    page.goto((sample_site / PAGES[language]).as_uri() + "#hf")
    assert pressed(page) == load(language)("page.copied_file")
    page.close()


def test_the_link_of_a_state_of_the_application_is_copied_whole(browser: Browser, application: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    address = at(application, "/?territory", "fr") + "#t2d-glance"
    page.goto(address)
    assert pressed(page) == load("fr")("page.copied")
    assert page.evaluate("navigator.clipboard.readText()") == address
    context.close()


@pytest.mark.parametrize(("script", "word"), [(NO_CLIPBOARD, "copied_file"), (REFUSED, "copy_by_hand")])
def test_without_a_clipboard_the_address_is_selected(browser: Browser, sample_site: Path, script: str, word: str) -> None:
    page = browser.new_page()
    page.add_init_script(script)
    page.goto((sample_site / PAGES["fr"]).as_uri())
    assert pressed(page) == load("fr")(f"page.{word}")
    chosen = page.evaluate("(({value, selectionStart, selectionEnd}) => value.slice(selectionStart, selectionEnd))(document.activeElement)")
    assert chosen == page.url and page.locator("#copy-address").is_visible()
    page.close()


def test_a_button_prints_in_place_of_the_words_that_say_where_to(browser: Browser, sample_site: Path) -> None:
    page = browser.new_page()
    page.add_init_script("window.print = () => { window.printed = true }")
    page.goto((sample_site / PAGES["fr"]).as_uri())
    page.locator("#print-page").press("Enter")
    assert page.evaluate("window.printed") and not page.locator("#print-hint").is_visible()
    page.close()


def test_without_scripts_there_is_no_such_control(browser: Browser, sample_site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((sample_site / PAGES["fr"]).as_uri())
    assert not page.locator("#copy-link, #print-page").first.is_visible() and page.locator("#print-hint").is_visible()
    context.close()


def test_a_script_that_is_not_that_of_the_page_is_refused(browser: Browser, sample_site: Path, tmp_path: Path) -> None:
    changed = (sample_site / PAGES["fr"]).read_text(encoding="utf-8").replace("navigator.clipboard)", "navigator.clipboard )")
    (tmp_path / "page.html").write_text(changed, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert not page.locator("#copy-link").is_visible()
    page.close()
