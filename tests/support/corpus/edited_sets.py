"""Good sets of SNDS tables of which some are changed whole: one case to a table, in as few sets as hold the cases.

Belongs here: how cases share a set, what becomes of a set because of them. Not here: the changes.
Every table of a set is read for itself and has an account of its own, by which its case is judged. Cases that must be refused share a set
with such cases only, and so do those that must be taken: none hides another.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import cycle

from tests.support.corpus.mutation import Ground
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import chained
from tests.support.corpus.tables import TABLES, files, good
from tests.support.snds_set import Rows

STAYS = range(4)
Change = Callable[[bytes], bytes]
Case = tuple[str, str, Change]  # its name, the table, what is done to the bytes of the table
MakeFiles = Callable[[str, Rows], dict[str, bytes]]


def in_turn(ways: dict[str, Change], tables: Iterable[str] = TABLES) -> list[Case]:
    """Changes that any table may meet: the first in the first table, the next in the next, and round again."""
    return [(name, table, change) for (name, change), table in zip(ways.items(), cycle(tables))]


def edited(ground: Ground, name: str, table: str, change: Change, make: MakeFiles = files) -> Parcel:
    """A good set with the bytes of one table changed."""
    return _edited(ground, [(name, table, change)], make)


def taken(ground: Ground, cases: Iterable[Case], make: MakeFiles = files) -> Iterator[Parcel]:
    """Sets with the cases, of which every stay must be in all the same."""
    return (_edited(ground, one, make) for one in _shared(cases))


def refused(ground: Ground, cases: Iterable[Case], reasons: set[str], lines: int | None, make: MakeFiles = files) -> Iterator[Parcel]:
    """Sets that must be refused because of the cases. lines: of each table changed, None when they cannot be counted."""
    for one in _shared(cases):
        parcel = _edited(ground, one, make)
        changed = [file_of(table, parcel.files) for _, table, _ in one]
        parcel.refused = {name: reasons if name in changed else {"incomplete_set"} for name in parcel.files}
        parcel.stays = {}
        for name in changed:
            if lines is None:
                del parcel.lines[name]
            else:
                parcel.lines[name] = lines
        yield parcel


def file_of(table: str, names: Iterable[str]) -> str:
    """The file of a table: 'D' is in T_MCO07D.csv."""
    return next(name for name in names if name[len("T_MCO00") :].partition(".")[0] == table)


def _shared(cases: Iterable[Case]) -> list[list[Case]]:
    """The cases in their order, each in the first set where its table has none yet."""
    sets: list[dict[str, Case]] = []
    for case in cases:
        free = next((one for one in sets if case[1] not in one), None)
        if free is None:
            sets.append(free := {})
        free[case[1]] = case
    return [list(one.values()) for one in sets]


def _edited(ground: Ground, cases: list[Case], make: MakeFiles) -> Parcel:
    finess, label = ground.finess(), ground.label()
    content = make(label, good(finess, STAYS))
    for _, table, change in cases:
        file = file_of(table, content)
        content[file] = change(content[file])
    name = ", ".join(f"{table}: {name}" for name, table, _ in cases)
    return Parcel(name, finess, content, len(cases), chained(STAYS), lines=dict.fromkeys(content, len(STAYS)))
