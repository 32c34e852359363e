"""The figures of the attack, gathered while it runs and printed at the end of the session."""

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Attacked:
    """One attack: published cells, small ones among them, cells withheld beside, and small ones recovered."""

    name: str
    cells: int
    small: int
    secondary: int
    recovered: int


FIGURES = pytest.StashKey[list[Attacked]]()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[Attacked]:
    """Where a test puts the figures of its attacks."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line per attack, then the sum."""
    found = terminalreporter.config.stash.get(FIGURES, [])
    if not found:
        return
    terminalreporter.section("attack on published tables")
    for one in found:
        counts = f"{one.cells} cells, {one.small} of 1 to 10 persons, {one.secondary} withheld beside"
        terminalreporter.write_line(f"{one.name}: {counts}; {one.recovered} recovered")
    small, beside, recovered = (sum(getattr(one, name) for one in found) for name in ("small", "secondary", "recovered"))
    price = f"+{beside / small:.2f} cells withheld per small cell" if small else ""
    terminalreporter.write_line(f"{small} small counts attacked in {len(found)} publications, {recovered} recovered; {price}")
