"""The table of mutation classes: name, family, what must happen, and the function that makes the parcels.

Belongs here: the table and the ground each class works on (its own seed, its own hospitals). Not here: any mutation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from tests.support.corpus.parcel import Parcel

FAMILIES = ("archives", "lines", "files", "tables")


class Ground:
    """What a class draws from: the same for the same name. A class is read by one ingest of its own."""

    def __init__(self, name: str) -> None:
        self.random = Random(name)
        self._hospitals = 0

    def finess(self) -> str:
        """A hospital nobody else of the class uses."""
        self._hospitals += 1
        return f"99{self._hospitals:07d}"

    def label(self) -> str:
        """Two digits for the names of the tables of the hospital just given: T_MCO07B. A class has 99 of them."""
        assert self._hospitals < 100
        return f"{self._hospitals:02d}"

    def letters(self, alphabet: bytes, least: int, most: int) -> bytes:
        """Some bytes of an alphabet."""
        return bytes(self.random.choice(alphabet) for _ in range(self.random.randint(least, most)))


Maker = Callable[[Ground], Iterator[Parcel]]


@dataclass(frozen=True)
class Mutation:
    """One class. must: what has to become of each case, in one sentence. is_generated: drawn from a seed, not declared one by one."""

    name: str
    family: str
    must: str
    is_generated: bool
    make: Maker

    @cache  # noqa: B019 - the table lives as long as the process
    def parcels(self) -> tuple[Parcel, ...]:
        """Its parcels, the same at every call."""
        return tuple(self.make(Ground(self.name)))

    @property
    def cases(self) -> int:
        """How many malformed things it tries."""
        return sum(parcel.cases for parcel in self.parcels())


MUTATIONS: dict[str, Mutation] = {}


def mutation(name: str, family: str, must: str, *, is_generated: bool = False) -> Callable[[Maker], Maker]:
    """Put a class in the table."""
    assert name not in MUTATIONS and family in FAMILIES

    def register(make: Maker) -> Maker:
        MUTATIONS[name] = Mutation(name, family, must, is_generated, make)
        return make

    return register
