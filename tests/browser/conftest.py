"""The browser without internet, the pages it opens, and the figures printed at the end.

Belongs here: what every test of this folder needs, made once. Not here: looking (visit.py), asking (test_*.py).
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bootstrap import find_browser
from dashboards.site import build_site
from tests.browser.network import closed_network, wrapped
from tests.browser.visit import Visit, look
from tests.support.figures import Figures, section_of
from tests.support.published_sample import write_published
from tests.support.repository import ROOT


@pytest.fixture(scope="session")
def inside() -> Iterator[list[str]]:
    """What runs a command in a network without internet; empty where the machine has none to give."""
    with closed_network() as prefix:
        yield prefix


@pytest.fixture(scope="module")
def browser(inside: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's own Chromium, in that network. Closed with each file: while its driver is open, nobody else can run an event loop."""
    program = find_browser()
    assert program, "no Chromium, Chrome or Edge on this machine: bootstrap.py test says how to get one"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=wrapped(program, inside, tmp_path_factory.mktemp("browser")))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demonstration: the published sample with all its pages, and the page of data quality."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "pipelines.command", "demo", "--no-browser", "--dir", str(folder)]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


@pytest.fixture(scope="session")
def sample_site(sample_run: Path) -> Path:
    """The pages of the sample."""
    return next(sample_run.glob("published/*/dashboard")).resolve()


@pytest.fixture(scope="session")
def pages(sample_run: Path, sample_site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every page by name: those of the sample in both languages, and a few of a made-up publication with masked cells."""
    made_up = write_published(tmp_path_factory.mktemp("made-up") / "run")
    build_site(made_up, documents=())
    found = {f"sample {path.relative_to(sample_site).as_posix()}": path for path in sorted(sample_site.rglob("*.html"))}
    found |= {
        f"made up {path.relative_to(made_up).as_posix()}": path
        for path in sorted(made_up.glob("dashboard/*.html"))
        if path.name.startswith(("T05", "index"))
    }
    return found | {"data quality": sample_run / "warehouse" / "quality" / "index.html"}


@pytest.fixture(scope="module")
def visits(browser: Browser, pages: dict[str, Path], figures: Figures) -> list[Visit]:
    """Every page, looked at once."""
    seen = [look(browser, path.as_uri(), name) for name, path in pages.items()]
    out, violations, looks = (sum(len(getattr(one, part)) for one in seen) for part in ("requests_out", "violations", "looks"))
    figures.append(f"{len(seen)} pages, {out} requests out, {violations} axe violations, {looks} overlaps or cuts")
    return seen


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """What is printed at the end of the session."""
    return section_of(request.config.stash, "pages in a browser")
