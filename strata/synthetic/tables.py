"""The tables of the synthetic country, loaded once into numbers.

Belongs here: reading strata/synthetic/tables and giving each fact, meaning and visit its integer. Not here: any draw.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

TABLES = Path(__file__).parent / "tables"
NONE = -1  # "no fact" in every column of facts


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of tables/<name>.csv, as text."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


def column(name: str, key: str, kind: type = float) -> np.ndarray:
    """One column of a table as an array."""
    return np.array([kind(row[key]) for row in rows(name)])


@cache
def position(name: str, key: str) -> dict[str, int]:
    """Where each value of a key column stands in its table."""
    return {row[key]: number for number, row in enumerate(rows(name))}


def fact(name: str) -> int:
    """The number of a fact; NONE for an empty name; KeyError when the tables contradict each other."""
    return position("facts", "fact")[name] if name else NONE


def visit(name: str) -> int:
    """The number of a kind of visit."""
    return position("visits", "visit")[name]


@cache
def meanings() -> tuple[str, ...]:
    """Every meaning a fact or a GHM can have, in a fixed order: a meaning is a bit."""
    words = {word for row in rows("facts") for key in ("means", "means_as_main") for word in row[key].split()}
    words |= {word for row in rows("ghm") for word in row["means"].split()}
    return tuple(sorted(words))


def bits(*words: str) -> np.uint64:
    """The mask of some meanings."""
    return np.uint64(sum(1 << meanings().index(word) for word in words))


@cache
def fact_bits(key: str) -> np.ndarray:
    """The mask of each fact for 'means' (any position) or 'means_as_main' (main diagnosis); a last 0 stands for NONE."""
    return np.array([bits(*row[key].split()) for row in rows("facts")] + [0], dtype=np.uint64)


@cache
def fact_family() -> np.ndarray:
    """The family of each fact (0 for none): a stay shows one member of a family. A last 0 stands for NONE."""
    names = sorted({row["family"] for row in rows("facts")} - {""})
    return np.array([names.index(row["family"]) + 1 if row["family"] else 0 for row in rows("facts")] + [0], dtype=np.int8)


@dataclass(frozen=True)
class Alternatives:
    """For each kind, the values to choose from with equal chances; NONE where there is nothing."""

    values: np.ndarray  # kinds x widest, int
    count: np.ndarray  # kinds

    def pick(self, kind: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """One value for each kind, by a uniform number."""
        return self.values[kind, (chance * self.count[kind]).astype(np.int64)]


def alternatives(lists: list[list[int]]) -> Alternatives:
    """Alternatives from one list of values per kind."""
    filled = [values or [NONE] for values in lists]
    widest = max(len(values) for values in filled)
    matrix = np.array([values + [NONE] * (widest - len(values)) for values in filled], dtype=np.int64)
    return Alternatives(matrix, np.array([len(values) for values in filled]))


def fact_alternatives(texts: list[str]) -> Alternatives:
    """Alternatives from texts 'a|b|c' of fact names."""
    return alternatives([[fact(name) for name in text.split("|")] for text in texts])
