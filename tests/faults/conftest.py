"""The figures of the corpus of malformed input, gathered while it runs and printed at the end of the session."""

from typing import Any

import pytest

from tests.support.corpus.judge import Figures
from tests.support.corpus.mutation import MUTATIONS

FIGURES = pytest.StashKey[dict[str, Figures]]()


@pytest.fixture
def record_figures(request: pytest.FixtureRequest) -> dict[str, Figures]:
    """Where a test puts the figures of its class, by name."""
    return request.config.stash.setdefault(FIGURES, {})


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line per class, then the sum."""
    found = terminalreporter.config.stash.get(FIGURES, {})
    if not found:
        return
    terminalreporter.section("corpus of malformed input")
    for name, one in found.items():
        lines = f"{one.lines} lines = {one.accepted} accepted + {one.quarantined} quarantined + {one.refused} refused"
        terminalreporter.write_line(
            f"{name} ({'generated' if MUTATIONS[name].is_generated else 'declared'}): {one.tried} tried, {one.lost} lost; {lines}"
        )
    terminalreporter.write_line(f"{sum(one.tried for one in found.values())} tried, {sum(one.lost for one in found.values())} lost")
