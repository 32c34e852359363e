"""What the whole suite shares: figures that tests earn are printed at its end, and tests that share something costly run in one process.

Belongs here: hooks of pytest, how Python looks for dead objects, and the published sample that more than one folder reads. Not here: what
a folder's tests need (its own conftest.py), helpers (support/).
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.process import few_searches
from tests.support.figures import SECTIONS, merge, section_of
from tests.support.repository import ROOT

# Folders whose tests share a country, a published sample or a browser: made once, in one process.
TOGETHER = ("browser", "country", "dashboards")
SAMPLE_TEST = "golden/test_sample.py"  # reads the demonstration that the browser shows


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes share the suite (pytest -n 2), what shares something costly stays in one of them."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    return Together(config, log)


def together(nodeid: str) -> str:
    """What a test stays together with: its folder where the folder shares, else its file."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    folder = file.partition("/")[0]
    return "browser" if file == SAMPLE_TEST else folder if folder in TOGETHER else file


@pytest.fixture(scope="session", autouse=True)
def as_in_a_run() -> Iterator[None]:
    """Python seldom looks for dead objects, as in a run: tests hold the same libraries in memory."""
    with few_searches():
        yield


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `strata demo` makes: the sample, its publication with all its pages, its warehouse and its page of data quality."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "pipelines.command", "demo", "--no-browser", "--dir", str(folder)]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that helps hands over what its tests earned."""
    handed_over = getattr(session.config, "workeroutput", None)
    if handed_over is not None:
        handed_over["figures"] = {name: (one.lines, one.counts) for name, one in session.config.stash.get(SECTIONS, {}).items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The process that leads takes it."""
    merge(node.config.stash, getattr(node, "workeroutput", {}).get("figures", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A section each: its lines, then its sums."""
    for name in sorted(terminalreporter.config.stash.get(SECTIONS, {})):
        figures = section_of(terminalreporter.config.stash, name)
        terminalreporter.section(name)
        for line in figures.written():
            terminalreporter.write_line(line)
