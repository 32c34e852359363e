"""The figures of the corpus of malformed input, gathered while it runs and printed at the end of the session."""

import pytest

from tests.support.figures import Figures, section_of


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test puts the figures of its class."""
    return section_of(request.config.stash, "corpus of malformed input")
