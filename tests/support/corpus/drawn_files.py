"""Whole files and archives damaged at random, from a fixed seed. Not here: single lines (drawn_lines.py)."""

from collections.abc import Iterator

from tests.support.corpus.archive_mutations import beside, entries
from tests.support.corpus.drawn_lines import NO_NEWLINE
from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import RSA_YEARS, ano, chained, pair, rsa
from tests.support.corpus.zips import zipped

_SURVIVE = "every line still whole is accepted, every other one quarantined"
STAYS = range(12)


def _whole(content: bytes, finess: str, year: int) -> list[int]:
    """The stays whose RSA line is still there as it was, once at least."""
    lines = {line.removesuffix(b"\r") for line in content.split(b"\n")}
    return [rank for rank in STAYS if rsa(finess, year, rank) in lines]


def _lines(content: bytes) -> int:
    return content.count(b"\n") + (not content.endswith(b"\n"))


def _damaged(name: str, finess: str, year: int, content: bytes) -> Parcel:
    """An RSA file damaged somewhere beside its whole ANO: lines that are still whole must be in."""
    whole = _whole(content, finess, year)
    files = {"a.rsa": content, "a.ano": pair(finess, year, STAYS)[1]}
    return Parcel(name, finess, files, stays=chained(whole), lines={"a.rsa": _lines(content), "a.ano": len(STAYS)}, is_exact=False)


@mutation("file: cut anywhere", "lines", _SURVIVE, is_generated=True)
def _cut(ground: Ground) -> Iterator[Parcel]:
    for rank in range(50):
        finess, year = ground.finess(), ground.random.choice(RSA_YEARS)
        content = pair(finess, year, STAYS)[0]
        yield _damaged(f"{rank}", finess, year, content[: ground.random.randrange(len(rsa(finess, year, 0)) + 2, len(content))])


@mutation("file: a run of bytes overwritten", "lines", _SURVIVE, is_generated=True)
def _overwritten(ground: Ground) -> Iterator[Parcel]:
    for rank in range(50):
        finess, year = ground.finess(), ground.random.choice(RSA_YEARS)
        content = pair(finess, year, STAYS)[0]
        at, size = ground.random.randrange(len(content) // 2), ground.random.randint(1, 900)
        run = ground.random.choice((bytes(size), b" " * size, ground.random.randbytes(size), b"\xff" * size, b"\n" * (size % 40 + 1)))
        yield _damaged(f"{rank}", finess, year, content[:at] + run + content[at + len(run) :])


@mutation("file: a run of bytes lost or repeated", "lines", _SURVIVE, is_generated=True)
def _lost(ground: Ground) -> Iterator[Parcel]:
    for rank in range(50):
        finess, year = ground.finess(), ground.random.choice(RSA_YEARS)
        content = pair(finess, year, STAYS)[0]
        at, size = ground.random.randrange(len(content) // 2), ground.random.randint(1, 900)
        rest = content[at + size :] if rank % 2 else content[at : at + size] + content[at:]
        yield _damaged(f"{rank}", finess, year, content[:at] + rest)


@mutation("file: lines in any order, ends of any kind", "lines", "every line is accepted", is_generated=True)
def _shuffled(ground: Ground) -> Iterator[Parcel]:
    for rank in range(50):
        finess, year = ground.finess(), ground.random.choice(RSA_YEARS)
        files = {}
        for half, make in (("rsa", rsa), ("ano", ano)):
            order = ground.random.sample(STAYS, len(STAYS))
            files[f"a.{half}"] = b"".join(make(finess, year, one) + ground.random.choice((b"\n", b"\r\n")) for one in order)
        yield Parcel(f"{rank}", finess, files, stays=chained(STAYS), lines=dict.fromkeys(files, len(STAYS)))


@mutation(
    "file: lines drawn twice, left out or noise",
    "lines",
    "each stay present is in once; copies and noise are quarantined",
    is_generated=True,
)
def _drawn(ground: Ground) -> Iterator[Parcel]:
    for rank in range(40):
        finess, year = ground.finess(), ground.random.choice(RSA_YEARS)
        drawn = ground.random.choices(STAYS, k=15)
        lines = [rsa(finess, year, one) for one in drawn]
        for _ in range(3):
            lines.insert(ground.random.randrange(len(lines)), ground.letters(NO_NEWLINE, 1, 300))
        files = {"a.rsa": b"\n".join(lines), "a.ano": b"\n".join(ano(finess, year, one) for one in sorted(set(drawn)))}
        counts = {"a.rsa": 18, "a.ano": len(set(drawn))}
        yield Parcel(f"{rank}", finess, files, 3, chained(set(drawn)), lines=counts, is_exact=False)


@mutation("archive: cut anywhere", "archives", "refused whole; the archive beside it is read", is_generated=True)
def _cut_archives(ground: Ground) -> Iterator[Parcel]:
    for rank in range(30):
        finess = ground.finess()
        content = zipped(entries(finess))
        yield beside(f"{rank}", finess, content[: ground.random.randrange(len(content) - 1)], "corrupt_archive")


def _with_good(rank: int, finess: str, content: bytes) -> Parcel:
    """A damaged archive next to another year of the same hospital, which must be in whatever becomes of it."""
    files = {"bad.zip": content}
    files["good.rsa"], files["good.ano"] = pair(finess, 2021, range(20, 23))
    return Parcel(f"{rank}", finess, files, stays=chained(range(20, 23)), lines={"good.rsa": 3, "good.ano": 3}, is_exact=False)


@mutation("archive: bytes changed anywhere", "archives", "read or refused under a reason; what lies beside it is read", is_generated=True)
def _changed_archives(ground: Ground) -> Iterator[Parcel]:
    for rank in range(40):
        finess = ground.finess()
        content = bytearray(zipped(entries(finess), ground.random.choice((0, 8))))
        for _ in range(ground.random.randint(1, 6)):
            content[ground.random.randrange(len(content))] = ground.random.randrange(256)
        yield _with_good(rank, finess, bytes(content))


@mutation("archive: directory changed", "archives", "read or refused under a reason; what lies beside it is read", is_generated=True)
def _changed_directories(ground: Ground) -> Iterator[Parcel]:
    for rank in range(40):
        finess = ground.finess()
        content = bytearray(zipped(entries(finess)))
        for _ in range(ground.random.randint(1, 3)):
            content[ground.random.randrange(content.index(b"PK\x01\x02"), len(content))] = ground.random.randrange(256)
        yield _with_good(rank, finess, bytes(content))


@mutation("archive: bytes slipped in or out", "archives", "read or refused under a reason; what lies beside it is read", is_generated=True)
def _slipped_archives(ground: Ground) -> Iterator[Parcel]:
    for rank in range(30):
        finess = ground.finess()
        content = zipped(entries(finess), ground.random.choice((0, 8)))
        at, size = ground.random.randrange(len(content)), ground.random.randint(1, 50)
        yield _with_good(rank, finess, content[:at] + (ground.random.randbytes(size) + content[at:] if rank % 2 else content[at + size :]))
