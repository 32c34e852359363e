"""The figures of the attack, gathered while it runs and printed at the end of the session."""

import pytest

from tests.support.figures import Figures, section_of


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test puts the figures of its attack."""
    return section_of(request.config.stash, "attack on published tables")
