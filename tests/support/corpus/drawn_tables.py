"""SNDS tables spoilt at random, from a fixed seed. Not here: declared cases."""

from collections.abc import Iterator

from tests.support.corpus.drawn_lines import NO_NEWLINE
from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import chained
from tests.support.corpus.tables import TABLES, Row, files, good, parquet_files, row_bench
from tests.support.snds_set import DEFAULTS

_COUNTED = "taken, set aside or refused with its set, never lost; what lies beside it is read"
_ROWS = "taken or set aside, never lost; the rows beside it are in"
STAYS = range(6)
_NO_QUOTE = bytes(byte for byte in NO_NEWLINE if byte not in b'\r"')
_CELLS = (
    "",
    " ",
    ".",
    "x",
    "0",
    "-1",
    "1e9",
    "NULL",
    "NaN",
    "2017-02-30",
    "99999999999",
    "é",
    "1,5",
    "1.0",
    "0x",
    "'",
    "--",
    "(",
    "∞",
    "\t",
    "a b",
    "K",
    "%",
    "\\N",
    "\u00a0",
)


def _drawn_rows(name: str, each: int, draw: str) -> None:
    """Register a class of `each` rows per table."""

    @mutation(f"row: {name}", "tables", _ROWS, is_generated=True)
    def make(ground: Ground) -> Iterator[Parcel]:
        spoilt = {table: [(f"{rank}", _row(ground, table, draw), set()) for rank in range(each)] for table in TABLES}
        parcel = row_bench("all tables", ground.finess(), ground.label(), spoilt)
        parcel.stays |= dict.fromkeys((stay for stay, has_person in parcel.stays.items() if not has_person), None)
        yield parcel


def _row(ground: Ground, table: str, draw: str) -> Row:
    names = list(DEFAULTS[table])
    if draw == "cells":
        return {name: ground.random.choice(_CELLS) for name in ground.random.sample(names, ground.random.randint(1, 3))}
    if draw == "bytes":
        cells = [ground.letters(_NO_QUOTE.replace(b";", b""), 0, 8) for _ in names]
        return b";".join(cells)
    return b";".join(
        ground.letters(b"0123456789AB", 1, 9) for _ in range(ground.random.choice([size for size in range(2, 40) if size != len(names)]))
    )


_drawn_rows("cells drawn", 60, "cells")
_drawn_rows("bytes in every cell", 40, "bytes")
_drawn_rows("another number of cells", 40, "ragged")


def _damaged(parcel: Parcel) -> Parcel:
    """Only the laws hold; a set of another year of other stays lies beside, in the same class."""
    parcel.stays, parcel.lines, parcel.is_exact = {}, {}, False
    return parcel


def _with_neighbours(damaged: Iterator[Parcel], ground: Ground) -> Iterator[Parcel]:
    yield from damaged
    finess, label = ground.finess(), ground.label()
    content = files(label, good(finess, STAYS))
    yield Parcel("a good neighbour", finess, content, 0, chained(STAYS), lines=dict.fromkeys(content, len(STAYS)))


def _changed(ground: Ground, count: int, makes_parquet: bool, way: str) -> Iterator[Parcel]:
    for rank in range(count):
        finess, label = ground.finess(), ground.label()
        content = (parquet_files if makes_parquet else files)(label, good(finess, STAYS))
        name = ground.random.choice(sorted(content))
        content[name] = _spoilt(ground, content[name], way)
        yield _damaged(Parcel(f"{rank}", finess, content))


def _spoilt(ground: Ground, content: bytes, way: str) -> bytes:
    at, size = ground.random.randrange(len(content)), ground.random.randint(1, 40)
    if way == "cut":
        return content[:at]
    if way == "slipped":
        return content[:at] + (ground.random.randbytes(size) + content[at:] if size % 2 else content[at + size :])
    places = {ground.random.randrange(len(content)): ground.random.randrange(256) for _ in range(ground.random.randint(1, 6))}
    if way == "quotes":
        places = dict.fromkeys(places, ord('"'))
    return bytes(places.get(rank, byte) for rank, byte in enumerate(content))


@mutation("table: bytes changed anywhere", "tables", _COUNTED, is_generated=True)
def _bytes(ground: Ground) -> Iterator[Parcel]:
    yield from _with_neighbours(_changed(ground, 10, False, "bytes"), ground)


@mutation("table: cut anywhere", "tables", _COUNTED, is_generated=True)
def _cut(ground: Ground) -> Iterator[Parcel]:
    yield from _with_neighbours(_changed(ground, 6, False, "cut"), ground)


@mutation("table: quotes anywhere", "tables", _COUNTED, is_generated=True)
def _quotes(ground: Ground) -> Iterator[Parcel]:
    yield from _with_neighbours(_changed(ground, 8, False, "quotes"), ground)


@mutation("table: bytes slipped in or out", "tables", _COUNTED, is_generated=True)
def _slipped(ground: Ground) -> Iterator[Parcel]:
    yield from _with_neighbours(_changed(ground, 6, False, "slipped"), ground)


@mutation("Parquet: bytes changed anywhere", "tables", _COUNTED, is_generated=True)
def _parquet_bytes(ground: Ground) -> Iterator[Parcel]:
    yield from _with_neighbours(_changed(ground, 10, True, "bytes"), ground)


@mutation("Parquet: cut anywhere", "tables", _COUNTED, is_generated=True)
def _parquet_cut(ground: Ground) -> Iterator[Parcel]:
    yield from _with_neighbours(_changed(ground, 6, True, "cut"), ground)


@mutation("Parquet: bytes slipped in or out", "tables", _COUNTED, is_generated=True)
def _parquet_slipped(ground: Ground) -> Iterator[Parcel]:
    yield from _with_neighbours(_changed(ground, 6, True, "slipped"), ground)
