"""One visit of one page, and everything that a person, a screen reader or a network guard would have to say about it.

Belongs here: looking. Not here: which pages there are (conftest.py), nor what is asked of them (test_pages.py).
An application adds its own addresses: `look(browser, "http://127.0.0.1:…/T01", name)` (served with the prefix of `closed_network`).
"""

import io
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pypdf
from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).parent
DESKTOP, TELEPHONE, SCREEN = (1280, 900), (390, 844), (1280, 720)
PRINTED_WIDTH, PRINTED_SCREEN_WIDTH = 710, 1123  # pixels, 96 to the inch: A4 less its margins of 11 mm; a sheet of 297 mm
# axe-core (MPL-2.0), as the locked test library carries it.
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
OUTSIDE = re.compile(r"^(?:https?|wss?|ftp):(?!//(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?:[:/]|$))", re.IGNORECASE)
IN_THE_MARGIN = re.compile(r"\d+ / \d+|DONNÉES SYNTHÉTIQUES|SYNTHETIC DATA")


@dataclass(frozen=True)
class Visit:
    """What was seen: each tuple holds one sentence per fault, and is empty when all is well."""

    name: str
    requests_out: tuple[str, ...]
    console: tuple[str, ...]
    violations: tuple[str, ...]
    looks: tuple[str, ...]
    weight_bytes: int


def look(browser: Browser, address: str, name: str) -> Visit:
    """Open a page at the width of a desk, then of a telephone, as it is published: its own content policy holds."""
    width, height = SCREEN if "meeting" in name else DESKTOP
    context = browser.new_context(viewport={"width": width, "height": height})
    requests: list[str] = []
    console: list[str] = []
    weights: list[int] = []
    context.route(OUTSIDE, lambda route: route.abort())
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: console.append(f"error: {error}"))
    page.on("response", lambda response: weights.append(len(response.body())))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    seen = [*_looks(page, "desk"), *_print_looks(page, PRINTED_SCREEN_WIDTH if "meeting" in name else PRINTED_WIDTH)]
    violations = axe(page)
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    seen += _looks(page, "telephone")
    weight_bytes = sum(weights)
    context.close()
    out = tuple(url for url in requests if OUTSIDE.match(url))
    return Visit(name, out, tuple(console), tuple(violations), tuple(seen), weight_bytes)


def axe(page: Page) -> list[str]:
    """One sentence per rule of axe-core that the page breaks."""
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in result["violations"]]


def _looks(page: Page, where: str) -> list[str]:
    found: dict[str, list[str]] = page.evaluate((FOLDER / "looks.js").read_text(encoding="utf-8"))
    return [f"{where}, {kind}: {one}" for kind, faults in found.items() for one in faults]


def _print_looks(page: Page, width: int) -> list[str]:
    """The same, laid out for paper; a printed page that is too wide would be cut or shrunk."""
    before = page.viewport_size
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": 1000})
    found = [one for one in _looks(page, "paper") if "leaves its figure" not in one]
    page.emulate_media(media="screen")
    if before is not None:
        page.set_viewport_size(before)
    return found


def printed_pages(page: Page) -> list[str]:
    """The text of each page of the PDF that the browser's print makes, without what the margins say."""
    document = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    return [IN_THE_MARGIN.sub("", one.extract_text()).strip() for one in document.pages]


def tab_through(page: Page) -> tuple[int, list[str]]:
    """Press Tab until every control had its turn: how many there are, and those passed over or without a visible focus."""
    script = (FOLDER / "focus.js").read_text(encoding="utf-8")
    reached: set[int] = set()
    faults: list[str] = []
    count: int = page.evaluate(script)["count"]
    for _ in range(count + 1):
        page.keyboard.press("Tab")
        here = page.evaluate(script)
        if here["rank"] < 0:
            break
        reached.add(here["rank"])
        faults += [f"the focus cannot be seen on «{here['unseen']}»"] if here["unseen"] else []
    return count, faults + [f"control {rank} is never reached" for rank in range(count) if rank not in reached]
