"""Each net catches: a page with one fault of each kind is reported for it, and a sound page for nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.visit import OUTSIDE, look, printed_pages, tab_through

PAGE = (
    '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Page</title></head><body><main><h1>Titre</h1>{}</main></body></html>'
)
SVG = '<svg role="img" aria-label="Figure" width="200" height="60">{}</svg>'
# 192.0.2.0/24 is reserved for examples: it is nobody's.
FAULTS = {
    "requests_out": '<img alt="" src="http://192.0.2.1/pixel.png">',
    "console": "<script>console.error('broken')</script>",
    "violations": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
}
LOOKS = {
    "over": SVG.format('<text x="10" y="30">Bassin de la Sauve</text><text x="20" y="33">Haute-Lisse</text>'),
    "leaves its figure": SVG.format('<text x="180" y="30">Bassin de la Sauve</text>'),
    "are hidden": '<div style="overflow:hidden;width:80px;height:20px">Une phrase bien trop longue pour sa boîte</div>',
    "beyond the right edge": '<div style="width:2000px">large</div>',
}


def page_of(folder: Path, content: str) -> Path:
    path = folder / "page.html"
    path.write_text(PAGE.format(content), encoding="utf-8")
    return path


def test_a_sound_page_is_left_alone(browser: Browser, tmp_path: Path) -> None:
    sound = SVG.format('<text x="10" y="15">Bassin</text><text x="10" y="40">Haute-Lisse</text>')
    seen = look(browser, page_of(tmp_path, f"<p>Un texte.</p>{sound}").as_uri(), "sound")
    assert (seen.requests_out, seen.console, seen.violations, seen.looks) == ((), (), (), ())


@pytest.mark.parametrize("part", FAULTS)
def test_a_faulty_page_is_seen(browser: Browser, tmp_path: Path, part: str) -> None:
    assert getattr(look(browser, page_of(tmp_path, FAULTS[part]).as_uri(), part), part)


@pytest.mark.parametrize("words", LOOKS)
def test_what_the_eye_would_see_is_seen(browser: Browser, tmp_path: Path, words: str) -> None:
    assert any(words in one for one in look(browser, page_of(tmp_path, LOOKS[words]).as_uri(), words).looks)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('<a href="#a" style="outline:0">un</a>', "cannot be seen on «un»"),
        ('<a href="#a">un</a> <a href="#b" tabindex="-1">deux</a>', "control 1 is never reached"),
    ],
)
def test_a_control_without_keyboard_is_seen(browser: Browser, tmp_path: Path, content: str, words: str) -> None:
    page = browser.new_page()
    page.goto(page_of(tmp_path, content).as_uri())
    assert words in " ".join(tab_through(page)[1])
    page.close()


def test_an_empty_printed_page_is_seen(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(page_of(tmp_path, '<div style="break-after:page"></div><div style="height:10px;break-after:page"></div><p>fin</p>').as_uri())
    assert "" in printed_pages(page)
    page.close()


@pytest.mark.parametrize("address", ["http://127.0.0.1:8050/T01", "http://localhost/", "https://[::1]:1/", "file:///a.html", "data:,x"])
def test_the_loopback_is_not_outside(address: str) -> None:
    assert not OUTSIDE.match(address)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1.example.org/", "https://example.org/127.0.0.1", "wss://localhost.example.org", "http://10.0.0.1"]
)
def test_anything_else_is(address: str) -> None:
    assert OUTSIDE.match(address)
