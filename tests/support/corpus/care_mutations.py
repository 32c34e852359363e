"""Spoilt lines and half transmissions of SMR, HAD and PSY, declared one by one. Not here: the lines (care_lines.py), MCO."""

from collections.abc import Iterator

from tests.support.corpus.care_lines import (
    BESIDE,
    MAINS,
    Benches,
    beside_bench,
    care_bench,
    care_line,
    last_year,
    name_of,
    number,
    overwrite,
    place,
    years,
)
from tests.support.corpus.mutation import Ground, Maker, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import FREE, Spoil, Spoilt
from tests.support.field_files import version_of
from tests.support.zoned_lines import named_fields, versions, width, zones

_ALONE = "quarantined alone under its reason; the other stays are read"


def _care_lines(name: str, spoilt: Benches, every_version: bool = False) -> Maker:
    """Register a class of spoilt lines of the files that hold stays: of each version, or of the last one of each family."""

    @mutation(f"SMR, HAD, PSY line: {name}", "lines", _ALONE)
    def make(ground: Ground) -> Iterator[Parcel]:
        for family in MAINS:
            for year in years(family) if every_version else [last_year(family)]:
                yield care_bench(f"{family} {version_of(family, year)}", family, ground.finess(), year, spoilt(family, year))

    return make


def _cut(at: int) -> Spoil:
    return lambda line: line[:at]


def _cuts(family: str, year: int) -> list[Spoilt]:
    version = version_of(family, year)
    fixed, made = width(family, version, "fixed"), []
    for at in (3, 20, fixed - 1):
        made.append((f"at {at}", _cut(at), {"line_too_short"}))
    at = fixed
    for zone in zones(family, version):
        made += [
            (f"before {zone}", _cut(at), {"wrong_length"}),
            (f"in {zone}", _cut(at + width(family, version, zone) - 1), {"wrong_length"}),
        ]
        at += width(family, version, zone)
    return [*made, ("a byte more", lambda line: line + b" ", {"wrong_length"}), ("twice", lambda line: line + line, {"wrong_length"})]


def _counts(family: str, year: int) -> list[Spoilt]:
    made: list[Spoilt] = []
    for name in (count for count in zones(family, version_of(family, year)).values() if count):
        size = place(family, version_of(family, year), name)[1]
        for text in (b"9" * size, b"2".rjust(size, b"0"), b"0" * size, b" " * size):
            made.append((f"{name} {text!r}", overwrite(family, year, name, text), {"wrong_length", "not_a_number"}))
        made += [(f"{name} letters", overwrite(family, year, name, text), {"not_a_number"}) for text in (b"X" * size, b"-".rjust(size))]
    return made


def _numbers(family: str, year: int) -> list[Spoilt]:
    version, made = version_of(family, year), []
    counts = set(zones(family, version).values())
    for name, (_, size, kind) in named_fields(family, version, "fixed").items():
        if kind == "integer" and name not in counts:
            made += [(f"{name} {text!r}", overwrite(family, year, name, text), {"not_a_number"}) for text in (b"X" * size, b"A")]
        if kind == "integer" and name.endswith("month"):
            made.append((f"{name} 13", overwrite(family, year, name, b"13"), {"invalid_month"}))
        if kind == "date":
            made += [
                (f"{name} {day}", overwrite(family, year, name, day.encode()), {"invalid_date"}) for day in ("31022024", "2024", "aabbcccc")
            ]
    return made


def _versions(family: str, year: int) -> list[Spoilt]:
    ours = versions(family)[version_of(family, year)]["codes"].split()
    others = {code for row in versions(family).values() for code in row["codes"].split()} - set(ours)
    made: list[Spoilt] = [(code, overwrite(family, year, "format_version", code.encode()), {"mixed_version"}) for code in sorted(others)]
    unknown = (b"Z99", b"   ", b"m64", b"000", b"ZZZ")
    return made + [(str(code), overwrite(family, year, "format_version", code), {"unknown_version"}) for code in unknown]


def _foreign(family: str, year: int) -> list[Spoilt]:
    def spoil(at: int, byte: bytes) -> Spoil:
        return lambda line: line[:at] + byte + line[at + len(byte) :]

    ends = (0, 40, width(family, version_of(family, year), "fixed") + 2)
    return [
        (f"{byte!r} at {at}", spoil(at, byte), {"forbidden_bytes"}) for byte in (b"\0", b"\t", b"\xe9", b"\x7f", b"\x1b") for at in ends
    ]


def _keys(family: str, year: int) -> list[Spoilt]:
    names = [
        name
        for name in ("stay_number", "unit_number", "sequence_number")
        if name in named_fields(family, version_of(family, year), "fixed")
    ]
    made: list[Spoilt] = [(f"{name} blank", overwrite(family, year, name, b""), {"missing_value"}) for name in names]
    made += [(f"{name} letters", overwrite(family, year, name, b"A1"), {"invalid_key"}) for name in names]
    made += [
        (f"finess {text!r}", overwrite(family, year, "finess", text), {"invalid_key", "other_finess"}) for text in (b"ABCDEFGHI", b"9900")
    ]
    made += [("finess blank", overwrite(family, year, "finess", b""), {"missing_value"})]
    return [*made, ("another hospital", overwrite(family, year, "finess", b"980000001"), {"other_finess"})]


_care_lines("cut at a border", _cuts, every_version=True)
_care_lines("counts against zones", _counts)
_care_lines("letters in numbers, impossible dates", _numbers)
_care_lines("version", _versions)
_care_lines("foreign bytes", _foreign)
_care_lines("keys", _keys)


@mutation("SMR, HAD, PSY line: a part of a stay twice", "lines", "the first line is kept, the second set aside")
def _twice(ground: Ground) -> Iterator[Parcel]:
    for family in MAINS:
        year, finess = last_year(family), ground.finess()
        parcel = care_bench(family, family, finess, year, [])
        line = care_line(family, finess, year, 0) + b"\n"
        reason = "duplicate_stay" if family == "psy_r3a" else "duplicate_row"
        parcel.files[name_of(family)] += line
        parcel.lines[name_of(family)] += 1
        parcel.aside[name_of(family), 2] = {reason}
        parcel.cases = 1
        yield parcel


@mutation("ANO or SSRHA line of SMR, HAD, PSY", "lines", "quarantined alone; its stay is kept, without its person when the line is an ANO")
def _besides(ground: Ground) -> Iterator[Parcel]:
    for family in dict.fromkeys(one for main in MAINS for one in BESIDE[main]):
        year = last_year(family)
        end = width(family, version_of(family, year), "fixed")
        spoilt: list[Spoilt] = [("cut", _cut(end - 1), {"line_too_short"}), ("a byte more", lambda line: line + b" ", {"wrong_length"})]
        spoilt += [("blank stay", overwrite(family, year, "stay_number", b""), {"missing_value"})]
        spoilt += [("a stay that is not there", overwrite(family, year, "stay_number", b"9" * 5), {"orphan_row", "invalid_key"})]
        spoilt += [("foreign", lambda line: line[:45] + b"\0" + line[46:], {"forbidden_bytes"})]
        if family.endswith("_ano"):
            spoilt += [("date", overwrite(family, year, "entry_date", b"31022024"), {"invalid_date"})]
            spoilt += [("order", overwrite(family, year, "entry_date", b"01122025"), {"exit_before_entry"})]
        yield beside_bench(family, family, ground.finess(), year, spoilt)


@mutation("transmission of SMR, HAD, PSY: a file missing or unreadable", "files", "all of it refused: half must not replace a whole one")
def _halves(ground: Ground) -> Iterator[Parcel]:
    for family in ("smr_rha", "had_rapss", "psy_rpsa"):
        for spoiled in (family, *BESIDE[family]):
            finess = ground.finess()
            parcel = care_bench(f"{spoiled} gone", family, finess, last_year(family), [])
            if spoiled.endswith("_ano"):
                parcel.files[name_of(spoiled)] = b"z" * 77 + b"\n"
                parcel.refused = {name_of(one): {"transmission_refused"} for one in (family, *BESIDE[family])}
                parcel.refused[name_of(spoiled)] = {"unknown_length_file"}
            else:
                del parcel.files[name_of(spoiled)], parcel.lines[name_of(spoiled)]
                parcel.refused = {name: {"half_transmission"} for name in parcel.files}
            parcel.stays, parcel.cases = {}, 1
            yield parcel


@mutation("SMR, HAD, PSY line: bytes overwritten at random", "lines", "read or set aside, never lost", is_generated=True)
def _drawn(ground: Ground) -> Iterator[Parcel]:
    def spoil(at: int, text: bytes) -> Spoil:
        return lambda line: line[: at % len(line)] + text + line[at % len(line) + len(text) :]

    for family in MAINS:
        spoilt: list[Spoilt] = []
        for rank in range(60):
            text = ground.letters(b" 0123456789AXZ\xe9\0", 1, 5)
            spoilt.append((str(rank), spoil(ground.random.randrange(200), text), FREE))
        parcel = care_bench(family, family, ground.finess(), last_year(family), spoilt)
        parcel.stays = {number(family, 0): None}  # a changed key may be that of another stay
        yield parcel
