"""What the whole suite shares: figures that tests earn are printed at its end, and tests that share something costly run in one process.

Belongs here: hooks of pytest, and the published sample that more than one folder reads. Not here: what a folder's tests need (its own
conftest.py), helpers (support/).
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.figures import SECTIONS, merge, section_of
from tests.support.repository import ROOT

# Folders whose tests share a country, a published sample or a browser: made once, in one process.
TOGETHER = ("browser", "country", "dashboards")
SAMPLE_TEST = "golden/test_sample.py"  # reads the demonstration that the browser shows


@pytest.hookimpl(tryfirst=True)  # before the processes are told what goes together
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Where several processes share the suite (pytest -n 2 --dist loadgroup), a folder that shares stays together, and so does a file."""
    for item in items:
        place = item.path.relative_to(ROOT / "tests")
        group = "browser" if place.as_posix() == SAMPLE_TEST else place.parts[0] if place.parts[0] in TOGETHER else place.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


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
