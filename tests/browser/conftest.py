"""The browser without internet, the pages it opens, and the figures printed at the end.

Belongs here: what every test of this folder needs, made once. Not here: looking (visit.py), asking (test_*.py).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bootstrap import find_browser
from dashboards.site import build_site
from strata.publication.latest import published_folder
from tests.browser.application import APP_PAGES, at, served
from tests.browser.application import THOROUGHLY as APP_THOROUGHLY
from tests.browser.network import closed_network, wrapped
from tests.browser.visit import THOROUGHLY, Visit, look
from tests.support.figures import Figures, section_of
from tests.support.published_sample import write_published


@pytest.fixture(scope="session")
def inside() -> Iterator[list[str]]:
    """What runs a command in a network without internet; empty where the machine has none to give."""
    with closed_network() as prefix:
        yield prefix


@pytest.fixture(scope="package")
def browser(inside: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's own Chromium, in that network. Closed with this folder: while its driver is open, nobody else can run an event loop."""
    program = find_browser()
    assert program, "no Chromium, Chrome or Edge on this machine: bootstrap.py test says how to get one"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=wrapped(program, inside, tmp_path_factory.mktemp("browser")))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sample_site(demonstration: Path) -> Path:
    """The pages of the sample."""
    return published_folder(demonstration / "published") / "dashboard"


@pytest.fixture(scope="session")
def pages(demonstration: Path, sample_site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every page by name: those of the sample in both languages, and a few of a made-up publication with masked cells."""
    made_up = write_published(tmp_path_factory.mktemp("made-up") / "run")
    build_site(made_up, documents=())
    found = {f"sample {path.relative_to(sample_site).as_posix()}": path for path in sorted(sample_site.rglob("*.html"))}
    found |= {
        f"made up {path.relative_to(made_up).as_posix()}": path
        for path in sorted(made_up.glob("dashboard/*.html"))
        if path.name.startswith(("T05", "index"))
    }
    return found | {"data quality": demonstration / "warehouse" / "quality" / "index.html"}


@pytest.fixture(scope="package")
def visits(browser: Browser, pages: dict[str, Path], figures: Figures) -> list[Visit]:
    """Every page, looked at once; one of each kind thoroughly, whose colours the others of the sample have."""
    seen = [
        look(browser, path.as_uri(), name, name in THOROUGHLY, has_own_colours=name in THOROUGHLY or not name.startswith("sample "))
        for name, path in pages.items()
    ]
    figures.append(counted("static pages", seen))
    return seen


@pytest.fixture(scope="package")
def application(demonstration: Path, inside: list[str]) -> Iterator[str]:
    """The address of `strata dashboard serve` on the same publication, in the same network as the browser."""
    with served(demonstration / "strata.toml", inside) as address:
        yield address


@pytest.fixture(scope="package")
def app_visits(browser: Browser, application: str, figures: Figures) -> list[Visit]:
    """Every kind of page of the application in both languages, which have the same colours, looked at once; two of them thoroughly."""
    thorough = [(page, "fr") for page in APP_THOROUGHLY]
    addresses = [(page, language) for language in ("fr", "en") for page in APP_PAGES]
    seen = [
        look(browser, at(application, *one), f"app {one[1]} {one[0]}", one in thorough, has_own_colours=one[1] == "fr") for one in addresses
    ]
    figures.append(counted("pages of the application", seen))
    return seen


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """What is printed at the end of the session."""
    return section_of(request.config.stash, "pages in a browser")


def counted(kind: str, seen: list[Visit]) -> str:
    """The line of figures of some visits."""
    out, violations, looks = (sum(len(getattr(one, part)) for one in seen) for part in ("requests_out", "violations", "looks"))
    coloured = sum(one.has_own_colours for one in seen)
    return f"{len(seen)} {kind}, {out} requests out, {violations} axe violations (contrast: {coloured} pages), {looks} overlaps or cuts"
