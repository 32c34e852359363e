"""Figures that tests earn while they run: lines of a section, and counts that are summed.

Belongs here: keeping and merging them. Not here: printing them (tests/conftest.py), which they are (the test that earns them).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest


@dataclass
class Figures:
    """One section of the end of the session."""

    lines: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def append(self, line: str, **counts: int) -> None:
        """A line, and what of it is summed over the lines."""
        self.lines.append(line)
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def written(self) -> Iterator[str]:
        """The lines, then the sums."""
        yield from self.lines
        if self.counts:
            yield ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.counts.items())


SECTIONS = pytest.StashKey[dict[str, Figures]]()


def section_of(stash: pytest.Stash, name: str) -> Figures:
    """The section of this name, empty at first."""
    return stash.setdefault(SECTIONS, {}).setdefault(name, Figures())


def merge(stash: pytest.Stash, handed_over: Mapping[str, tuple[Sequence[str], Mapping[str, int]]]) -> None:
    """Add what another process earned, section by section."""
    for name, (lines, counts) in handed_over.items():
        figures = section_of(stash, name)
        figures.lines += lines
        for count_name, count in counts.items():
            figures.counts[count_name] = figures.counts.get(count_name, 0) + count
