"""One visit of one page, and everything that a person, a screen reader or a network guard would have to say about it.

Belongs here: looking. Not here: which pages there are (conftest.py, application.py), nor what is asked of them (test_*.py).
A page is opened once and asked everything: opening it and its accessibility tree are what takes the time.
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
# One page of each kind of the sample is looked at thoroughly.
KINDS = ("index.html", "methods.html", "quality.html", "orsenne.html", "orsenne.meeting.html", "definitions/t2d.fr.html", "en/orsenne.html")
THOROUGHLY = {f"sample {name}" for name in KINDS}
DESKTOP, TELEPHONE, SCREEN = (1280, 900), (390, 844), (1280, 720)
PRINTED_WIDTH, PRINTED_SCREEN_WIDTH = 710, 1123  # pixels, 96 to the inch: A4 less its margins of 11 mm; a sheet of 297 mm
# axe-core (MPL-2.0), as the locked test library carries it.
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
OUTSIDE = re.compile(r"^(?:https?|wss?|ftp):(?!//(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?:[:/]|$))", re.IGNORECASE)
CALLBACKS_DRAW_HERE = "#react-entry-point"  # where Dash starts; what it draws comes after the page
LEAST_PRINTED = 80  # letters on a sheet that is not empty
WITHOUT_FOLDED = "document.querySelectorAll('details:not([open]) > :not(summary)').forEach((one) => one.remove())"
# Of the many that are alike, two; of their tables, three rows.
OPENED = """document.querySelectorAll('.folds details:nth-of-type(n + 3) > :not(summary)').forEach((one) => one.remove());
document.querySelectorAll('details').forEach((one) => {
  one.open = true;
  one.querySelectorAll('tbody tr:nth-child(n + 4)').forEach((row) => row.remove());
})"""
# axe looks at every cell: of the rows that are alike, the first six, with the last one and those that are marked.
FEW_ROWS = "document.querySelectorAll('tbody tr:nth-child(n + 7):not(:last-child):not([class])').forEach((one) => one.remove())"
IN_THE_MARGIN = re.compile(r"\d+ / \d+|DONNÉES SYNTHÉTIQUES|SYNTHETIC DATA")


@dataclass(frozen=True)
class Visit:
    """What was seen: each tuple holds one sentence per fault, and is empty when all is well.

    first_paint_ms: from the address to the first content. has_own_colours: contrast was asked. controls, sheets: of a thorough look,
    else 0; sheets as printed.
    """

    name: str
    requests_out: tuple[str, ...]
    console: tuple[str, ...]
    violations: tuple[str, ...]
    looks: tuple[str, ...]
    weight_bytes: int
    first_paint_ms: float
    has_own_colours: bool = True
    controls: int = 0
    keyboard: tuple[str, ...] = ()
    sheets: int = 0
    empty_sheets: tuple[str, ...] = ()


def look(browser: Browser, address: str, name: str, is_thorough: bool = False, *, has_own_colours: bool = True) -> Visit:
    """Open a page at the width of a desk, then of a telephone, as it is published: its own content policy holds.

    is_thorough: Tab through it, print it, and open what is folded before it is judged. has_own_colours: contrast is asked too, which
    takes nine tenths of axe's time; another page of the same template and style sheet need not be asked again.
    """
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
    if address.startswith("http"):  # a file has no script: once loaded it asks for nothing more
        page.wait_for_load_state("networkidle")
        if page.locator(CALLBACKS_DRAW_HERE).count():
            page.locator("#panel > *").first.wait_for()
    first_paint_ms: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    found: dict[str, Any] = {}
    if is_thorough:
        found["controls"], faults = tab_through(page)
        texts = printed_pages(page)
        found |= {
            "keyboard": tuple(faults),
            "sheets": len(texts),
            "empty_sheets": tuple(text for text in texts if len(text) <= LEAST_PRINTED),
        }
    seen, violations = _judged(page, is_thorough, has_own_colours)
    weight_bytes = sum(weights)
    context.close()
    out = tuple(url for url in requests if OUTSIDE.match(url))
    return Visit(name, out, tuple(console), violations, seen, weight_bytes, first_paint_ms, has_own_colours, **found)


def _judged(page: Page, is_thorough: bool, has_own_colours: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Looks and violations. Changes the page: folded parts are opened, or taken out as nothing sees them."""
    is_meeting = page.viewport_size == {"width": SCREEN[0], "height": SCREEN[1]}
    seen = [*_looks(page, "desk"), *_print_looks(page, PRINTED_SCREEN_WIDTH if is_meeting else PRINTED_WIDTH)]
    page.evaluate(OPENED if is_thorough else WITHOUT_FOLDED)
    seen += _looks(page, "desk, opened") if is_thorough else []
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    seen += _looks(page, "telephone")
    width, height = SCREEN if is_meeting else DESKTOP
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(FEW_ROWS)
    return tuple(seen), tuple(axe(page, has_own_colours))


def faults(visits: list[Visit], part: str) -> dict[str, tuple[str, ...]]:
    """The faults of one kind, by page: empty when there are none."""
    return {one.name: getattr(one, part) for one in visits if getattr(one, part)}


def axe(page: Page, has_own_colours: bool = True) -> list[str]:
    """One sentence per rule of axe-core that the page breaks."""
    page.evaluate(AXE)
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": has_own_colours}}}
    result: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", options)
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
