"""Good RSA and ANO lines of one hospital, where their fields lie, and benches: a pair of files where good and spoilt lines alternate.

Belongs here: what the mutations of fixed-width files share. Not here: the mutations.
"""

from collections.abc import Callable, Iterable
from functools import cache

from tests.support.corpus.parcel import PERSON, SECRET_CODE, STAY_KEY, Parcel
from tests.support.rsa_lines import ANO_OF_YEAR, RSA_OF_YEAR, ano_line, layout, plain_ano, plain_stay, rsa_line

RSA_YEARS = (2018, 2019, 2021, 2022, 2024, 2025)  # one of each version
ANO_YEARS = (2017, 2018, 2019, 2021, 2024)  # one of each layout
ZONES = {"um": 1, "da": 2, "actes": 2}  # of every stay of the corpus, in their order
FREE: set[str] = set()  # reasons of a line that may be taken or set aside, but not lost
Spoil = Callable[[bytes], bytes]
Spoilt = tuple[str, Spoil, set[str]]  # name, what is done to a good line, the reasons of which it must get one


def number(rank: int) -> str:
    """Stay number of the rank-th stay of a hospital."""
    return f"{STAY_KEY}{rank:07d}"


def person(finess: str, rank: int) -> str:
    """Its pseudonym, 17 characters."""
    return f"{PERSON}{finess}{rank:07d}"


def rsa(finess: str, year: int, rank: int) -> bytes:
    """A good RSA line."""
    version = RSA_OF_YEAR[year]
    line = put("mco_rsa", version, "NOFINESS", finess.encode())(_rsa(year))
    return put("mco_rsa", version, "CLE_RSA", number(rank).encode())(line)


def ano(finess: str, year: int, rank: int) -> bytes:
    """Its ANO line."""
    line = _ano(year)
    for name, text in (("NOFINESS", finess), ("CLE_RSA", number(rank)), ("NOANON", person(finess, rank))):
        line = put("mco_ano", ANO_OF_YEAR[year], name, text.encode())(line)
    return line


@cache
def _rsa(year: int) -> bytes:
    stay = plain_stay(year)
    stay["fixed"]["DP"] = SECRET_CODE
    return rsa_line(RSA_OF_YEAR[year], stay).encode()


@cache
def _ano(year: int) -> bytes:
    return ano_line(ANO_OF_YEAR[year], plain_ano(year)).encode()


def width(family: str, version: str, zone: str = "fixed") -> int:
    """Bytes of one record of a zone."""
    return max(start + size for start, size, _ in layout(family, version, zone).values())


def zone_start(version: str, zone: str) -> int:
    """Where the first record of a zone begins in an RSA line of the corpus."""
    names = list(ZONES)
    before = names[: names.index(zone)] if zone in ZONES else []
    return 0 if zone == "fixed" else width("mco_rsa", version) + sum(ZONES[name] * width("mco_rsa", version, name) for name in before)


def put(family: str, version: str, name: str, text: bytes, zone: str = "fixed") -> Spoil:
    """Overwrite a field of the first record of a zone; the rest of the field is blank."""
    start, size, _ = layout(family, version, zone)[name]
    start += zone_start(version, zone) if family == "mco_rsa" else 0
    return lambda line: line[:start] + text.ljust(size)[:size] + line[start + size :]


def pair(finess: str, year: int, ranks: Iterable[int], end: bytes = b"\r\n") -> tuple[bytes, bytes]:
    """A good .rsa and its .ano."""
    ranks = list(ranks)
    return b"".join(rsa(finess, year, rank) + end for rank in ranks), b"".join(ano(finess, year, rank) + end for rank in ranks)


def chained(ranks: Iterable[int], has_person: bool | None = True) -> dict[str, bool | None]:
    """Stays that must be in, with or without their person."""
    return {number(rank): has_person for rank in ranks}


def rsa_bench(name: str, finess: str, year: int, spoilt: list[Spoilt]) -> Parcel:
    """Good and spoilt RSA lines in turn; the ANO lines of the good ones."""
    lines, aside = [rsa(finess, year, 0)], {}
    for rank, (_, spoil, reasons) in enumerate(spoilt, start=1):
        lines += [spoil(rsa(finess, year, 2 * rank - 1)), rsa(finess, year, 2 * rank)]
        if reasons:
            aside["a.rsa", 2 * rank] = reasons
    good = range(0, 2 * len(spoilt) + 1, 2)
    files = {"a.rsa": b"\n".join(lines) + b"\n", "a.ano": pair(finess, year, good)[1]}
    counts = {"a.rsa": len(lines), "a.ano": len(good)}
    return Parcel(name, finess, files, len(spoilt), chained(good), aside, lines=counts, is_exact=all(one[2] for one in spoilt))


def ano_bench(name: str, finess: str, year: int, spoilt: list[Spoilt]) -> Parcel:
    """Good and spoilt ANO lines in turn beside good RSA lines only: a stay whose ANO line is bad is kept without its person."""
    every = range(2 * len(spoilt) + 1)
    lines, aside, stays = [ano(finess, year, 0)], {}, chained(every)
    for rank, (_, spoil, reasons) in enumerate(spoilt, start=1):
        lines += [spoil(ano(finess, year, 2 * rank - 1)), ano(finess, year, 2 * rank)]
        stays[number(2 * rank - 1)] = False if reasons else None
        if reasons:
            aside["a.ano", 2 * rank] = reasons
    files = {"a.rsa": pair(finess, year, every)[0], "a.ano": b"\n".join(lines) + b"\n"}
    counts = {"a.rsa": len(every), "a.ano": len(lines)}
    return Parcel(name, finess, files, len(spoilt), stays, aside, lines=counts, is_exact=all(one[2] for one in spoilt))
