"""Good lines of SMR, HAD and PSY of one hospital, where their fields lie, and benches where good and spoilt lines alternate.

Belongs here: what the mutations of these files share. Not here: the mutations (care_mutations.py), whole transmissions
(tests/support/field_files.py). A stay has one unit here, so that a line set aside is a stay that is not in.
"""

from collections.abc import Callable

from tests.support.corpus.parcel import SECRET_CODE, Parcel
from tests.support.corpus.stays import Spoil, Spoilt, person
from tests.support.field_files import EXTENSIONS, WIDTHS, field_line, version_of
from tests.support.zoned_lines import named_fields, versions, width, zones

MAINS = ("smr_rha", "had_rapss", "psy_rpsa", "psy_r3a")
BESIDE = {"smr_rha": ("smr_ssrha", "smr_ano"), "had_rapss": ("had_ano",), "psy_rpsa": ("psy_ano",), "psy_r3a": ()}
_HAS_PERSON = {family: bool(BESIDE[family]) for family in MAINS}


def years(family: str) -> list[int]:
    """The first year of each version."""
    return [int(row["year_from"]) for row in versions(family).values()]


def last_year(family: str) -> int:
    return years(family)[-1]


def number(family: str, rank: int) -> str:
    """Stay number of the rank-th stay, as the warehouse holds it."""
    return f"{rank:0{8 if family == 'psy_r3a' else WIDTHS[family[:3]]}d}"


def care_line(family: str, finess: str, year: int, rank: int) -> bytes:
    """A good line, with a diagnosis and a person that must show in no message."""
    own = {"pseudonym": person(finess, rank)} | dict.fromkeys(("dp", "mmp", "ae"), SECRET_CODE)
    return field_line(family, year, rank, 1, finess, own).encode("ascii")


def name_of(family: str) -> str:
    return f"a.{EXTENSIONS[family]}"


def overwrite(family: str, year: int, name: str, text: bytes) -> Spoil:
    """Put `text` in a field of the fixed part, or of a block that is there once."""
    start, size = place(family, version_of(family, year), name)
    return lambda line: line[:start] + text.ljust(size)[:size] + line[start + size :]


def place(family: str, version: str, name: str) -> tuple[int, int]:
    """Where a named field of the fixed part or of a single block lies in a line of this corpus (one record in each zone), its width."""
    at = 0
    for zone, count in {"fixed": "", **zones(family, version)}.items():
        fields = named_fields(family, version, zone)
        if name in fields and not count:
            return at + fields[name][0], fields[name][1]
        at += width(family, version, zone)
    raise KeyError(name)


def care_bench(name: str, family: str, finess: str, year: int, spoilt: list[Spoilt]) -> Parcel:
    """Good and spoilt lines of the file that holds the stays, in turn; beside it, the lines of the good ones."""
    good = range(0, 2 * len(spoilt) + 1, 2)
    lines, aside = [care_line(family, finess, year, 0)], {}
    for rank, (_, spoil, reasons) in enumerate(spoilt, start=1):
        lines += [spoil(care_line(family, finess, year, 2 * rank - 1)), care_line(family, finess, year, 2 * rank)]
        if reasons:
            aside[name_of(family), 2 * rank] = reasons
    files = {name_of(family): _joined(lines)}
    files |= {name_of(one): _joined([care_line(one, finess, year, rank) for rank in good]) for one in BESIDE[family]}
    counts = {name_of(family): len(lines)} | {name_of(one): len(good) for one in BESIDE[family]}
    stays = {number(family, rank): _HAS_PERSON[family] for rank in good}
    return Parcel(name, finess, files, len(spoilt), stays, aside, lines=counts, is_exact=all(one[2] for one in spoilt))


def beside_bench(name: str, family: str, finess: str, year: int, spoilt: list[Spoilt]) -> Parcel:
    """Good and spoilt lines of an ANO or SSRHA, in turn, beside good stays: all are kept, those of a bad ANO line without person."""
    main = next(one for one in MAINS if family in BESIDE[one])
    every = range(2 * len(spoilt) + 1)
    lines, aside = [care_line(family, finess, year, 0)], {}
    stays: dict[str, bool | None] = {number(main, rank): True for rank in every}
    for rank, (_, spoil, reasons) in enumerate(spoilt, start=1):
        lines += [spoil(care_line(family, finess, year, 2 * rank - 1)), care_line(family, finess, year, 2 * rank)]
        aside[name_of(family), 2 * rank] = reasons
        stays[number(main, 2 * rank - 1)] = not family.endswith("_ano")
    others = (main, *(one for one in BESIDE[main] if one != family))
    files = {name_of(one): _joined([care_line(one, finess, year, rank) for rank in every]) for one in others}
    counts = {name_of(one): len(every) for one in others} | {name_of(family): len(lines)}
    return Parcel(name, finess, files | {name_of(family): _joined(lines)}, len(spoilt), stays, aside, lines=counts)


def _joined(lines: list[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


Benches = Callable[[str, int], list[Spoilt]]  # of a family and year
