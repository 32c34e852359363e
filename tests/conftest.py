"""What the whole suite shares: figures that tests earn are printed at its end, and tests that share something costly run in one process.

Belongs here: hooks of pytest. Not here: what a folder's tests need (its own conftest.py), helpers (support/).
"""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.figures import SECTIONS, merge, section_of
from tests.support.repository import ROOT

# Folders whose tests share a country, a published sample or a browser: made once, in one process.
TOGETHER = ("browser", "country", "dashboards")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Where several processes share the suite (pytest -n 2 --dist loadgroup), a folder that shares stays together, and so does a file."""
    for item in items:
        place = item.path.relative_to(ROOT / "tests")
        item.add_marker(pytest.mark.xdist_group(place.parts[0] if place.parts[0] in TOGETHER else place.as_posix()))


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
