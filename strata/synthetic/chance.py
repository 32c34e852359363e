"""Chance by name: each draw has its own stream, so that a new draw changes no other.

Belongs here: streams and the few ways of drawing that several modules share. Not here: what is drawn.
"""

from zlib import crc32

import numpy as np


class Chance:
    """Named random streams of one seed. within: put before every name, so that two subjects may use the same words."""

    def __init__(self, seed: int, within: str = "") -> None:
        self._seed = seed
        self._within = within

    def named(self, within: str) -> "Chance":
        """The streams of one subject, apart from those of all others."""
        return Chance(self._seed, f"{self._within}{within}: ")

    def stream(self, name: str) -> np.random.Generator:
        """The generator of one named draw: the same seed and name give the same numbers."""
        return np.random.default_rng([self._seed, crc32(f"{self._within}{name}".encode())])

    def uniform(self, name: str, count: int) -> np.ndarray:
        """`count` uniform numbers in [0, 1)."""
        return self.stream(name).random(count)


def weighted(chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Positions drawn with the given weights, from uniform numbers."""
    edges = np.cumsum(weights, dtype=np.float64)
    return np.minimum(np.searchsorted(edges / edges[-1], chance, side="right"), len(weights) - 1)


def evenly(start: float, count: int) -> np.ndarray:
    """Numbers in [0, 1) whose every stretch is evenly spread (golden ratio): quotas hold in small groups too."""
    return (start + np.arange(count) * 0.6180339887498949) % 1.0


def quota(generator: np.random.Generator, candidates: np.ndarray, share: float, at_least: int) -> np.ndarray:
    """Some of the candidates: a share of them, but never fewer than `at_least` when there are enough."""
    wanted = max(at_least, round(share * len(candidates)))
    return generator.permutation(candidates)[:wanted]
