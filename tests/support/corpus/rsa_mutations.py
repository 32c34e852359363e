"""Spoilt RSA lines, declared one by one for every version of the format. Not here: whole files (text_mutations.py)."""

from collections.abc import Callable, Iterator

from tests.support.corpus.mutation import Ground, Maker, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import RSA_YEARS, ZONES, Spoil, Spoilt, put, rsa, rsa_bench, width, zone_start
from tests.support.rsa_lines import NUMBERS, RSA_OF_YEAR, layout

_ALONE = "quarantined alone under its reason; the stays beside it are in"
MEGABYTE = 1 << 20


def _rsa_lines(name: str, spoilt: Callable[[str], list[Spoilt]]) -> Maker:
    """Register a class of spoilt lines: `spoilt` gives them for one version."""

    @mutation(f"RSA line: {name}", "lines", _ALONE)
    def make(ground: Ground) -> Iterator[Parcel]:
        for year in RSA_YEARS:
            yield rsa_bench(f"version {RSA_OF_YEAR[year]}", ground.finess(), year, spoilt(RSA_OF_YEAR[year]))

    return make


def field(version: str, name: str, text: bytes, zone: str = "fixed") -> Spoil:
    """Overwrite a field of an RSA."""
    return put("mco_rsa", version, name, text, zone)


def cut(at: int) -> Spoil:
    """The first bytes only."""
    return lambda line: line[:at]


def _fields(version: str, reason: str, *changes: tuple[str, bytes] | tuple[str, bytes, str]) -> list[Spoilt]:
    return [(f"{change[0]} = {change[1]!r}", field(version, *change), {reason}) for change in changes]


def _cut_at_borders(version: str) -> list[Spoilt]:
    fixed = width("mco_rsa", version)
    starts = {start for start, _, _ in layout("mco_rsa", version, "fixed").values()} - {0}
    spoilt: list[Spoilt] = [(f"cut at {at}", cut(at), {"line_too_short"}) for at in sorted(starts)]
    for zone in ZONES:
        borders = sorted(zone_start(version, zone) + start for start, _, _ in layout("mco_rsa", version, zone).values())
        spoilt += [(f"cut at {at}", cut(at), {"wrong_length"}) for at in borders]
    return [*spoilt, ("cut after the fixed part", cut(fixed), {"wrong_length"}), ("cut by one", lambda line: line[:-1], {"wrong_length"})]


def _too_long(version: str) -> list[Spoilt]:
    tails = {
        "a blank": b" ",
        "a letter": b"x",
        "a unit": b"x" * width("mco_rsa", version, "um"),
        "a diagnosis": b"E119  ",
        "5 000 blanks": b" " * 5000,
    }
    spoilt: list[Spoilt] = [(f"{name} more", lambda line, tail=tail: line + tail, {"wrong_length"}) for name, tail in tails.items()]
    spoilt += [
        ("twice in one line", lambda line: line + line, {"wrong_length"}),
        ("three in one line", lambda line: line * 3, {"wrong_length"}),
    ]
    return [*spoilt, ("over a megabyte", lambda line: line + b"x" * MEGABYTE, {"line_too_long"})]


def _unknown_versions(version: str) -> list[Spoilt]:
    return _fields(
        version, "unknown_version", *(("NOVRSA", text) for text in (b"230", b"223", b"999", b"000", b"ABC", b"", b"22", b" 24", b"2O4"))
    )


def _other_versions(version: str) -> list[Spoilt]:
    spoilt: list[Spoilt] = []
    for year in RSA_YEARS:
        if (other := RSA_OF_YEAR[year]) != version:
            is_short = len(rsa("990000001", year, 1)) < width("mco_rsa", version)
            reasons = {"line_too_short" if is_short else "mixed_version"}
            spoilt.append((f"a line of {other}", lambda line, year=year: rsa("990000001", year, int(line[15:22])), reasons))
    return spoilt


def _letters_in_numbers(version: str) -> list[Spoilt]:
    present = [name for name in NUMBERS if name in layout("mco_rsa", version, "fixed")]
    counts = ("NBRUM", "NDAS", "NA", "NBAUTPGV", "NB_RDTH", "ANSOR", "MOISSOR")
    changes: list = [(name, b"x") for name in (*present, *counts)]
    changes += [("AGEAN", text) for text in (b"-71", b"+71", b"7,1", b"7.1", b"71", b"7 1", b"7O1", b"0x7", b"1e1")]
    changes += [("NBDIAGAS", b"x2", "um"), ("NBACTE", b"00x", "um"), ("DUREESEJPART", b"-001", "um")]
    changes += [("DELAI", b"x", "actes"), ("DELAI", b"-01", "actes"), ("NBEXEC", b"x1", "actes"), ("NBEXEC", b"1", "actes")]
    return _fields(version, "not_a_number", *changes)


def _blank_mandatory(version: str) -> list[Spoilt]:
    return _fields(version, "missing_value", *((name, b"") for name in ("NOFINESS", "CLE_RSA", "MOISSOR", "ANSOR")))


def _impossible_times(version: str) -> list[Spoilt]:
    months = _fields(version, "invalid_month", *(("MOISSOR", month) for month in (b"00", b"13", b"99")))
    years = [year for year, own in RSA_OF_YEAR.items() if own == version]
    outside = [min(years) - 1, max(years) + 1, 1900, 9999, 0]
    spoilt = months + _fields(version, "year_outside_version", *(("ANSOR", f"{year:04d}".encode()) for year in outside))
    inside = [year for year in years if year not in RSA_YEARS]
    return spoilt + _fields(version, "other_year", *(("ANSOR", str(year).encode()) for year in inside))


def _other_hospital(version: str) -> list[Spoilt]:
    return _fields(
        version, "other_finess", *(("NOFINESS", text) for text in (b"990099999", b"2A0000014", b"XXXXXXXXX", b"99000000 ", b"990000"))
    )


def _counts(version: str) -> list[Spoilt]:
    wrong = [("NBRUM", b"02"), ("NBRUM", b"99"), ("NDAS", b"0001"), ("NDAS", b"0003"), ("NDAS", b"9999"), ("NDAS", b""), ("NA", b"00001")]
    wrong += [("NA", b"00003"), ("NA", b"99999"), ("NA", b""), ("NBAUTPGV", b"1"), ("NBAUTPGV", b"9"), ("NB_RDTH", b"1"), ("NB_RDTH", b"9")]
    both = [("NDAS", b"0006"), ("NA", b"00001")]

    def exchanged(line: bytes) -> bytes:
        return field(version, *both[1])(field(version, *both[0])(line))

    spoilt = _fields(version, "wrong_length", *wrong) + _fields(version, "no_unit", ("NBRUM", b"00"), ("NBRUM", b""))
    spoilt += _fields(version, "das_count_disagrees", *(("NBDIAGAS", text, "um") for text in (b"00", b"01", b"03", b"99", b"")))
    spoilt += _fields(version, "procedure_count_disagrees", *(("NBACTE", text, "um") for text in (b"000", b"001", b"003", b"999", b"")))
    return [*spoilt, ("counts exchanged, length kept", exchanged, {"das_count_disagrees"})]


def _foreign_bytes(version: str) -> list[Spoilt]:
    odd = (b"\x00", b"\t", b"\x07", b"\x0b", b"\x0c", b"\r", b"\x1a", b"\x1b", b"\x7f", b"\x80", b"\x85", b"\xa0", b"\xe9", b"\xff")
    odd += ("é".encode(), "’".encode(), "\ufeff".encode())
    filler = next(name for name in ("FILLER6", "FILLER2") if name in layout("mco_rsa", version, "fixed"))
    changes: list = (
        [("DR", b"I" + byte) for byte in odd] + [("CLE_RSA", b"1" + byte) for byte in odd[:6]] + [(filler, b"\xe9"), (filler, b"\x00")]
    )
    return _fields(version, "forbidden_bytes", *changes, ("DAS", b"E1\xe9", "da"), ("CDCCAM", b"DE\x00", "actes"), ("DPUM", b"\xff", "um"))


def _noise(version: str) -> list[Spoilt]:
    short = {
        "one letter": b"x",
        "a header": b"FINESS;VERSION;STAY",
        "a total": b"3 lines",
        "an HTML tag": b"<html>",
        "a quote": b'"',
        "dashes": b"-" * 80,
    }
    spoilt: list[Spoilt] = [(name, lambda line, text=text: text, {"line_too_short"}) for name, text in short.items()]
    spoilt += [("nothing", lambda line: b"", {"blank_line"}), ("end of file mark", lambda line: b"\x1a", {"forbidden_bytes"})]
    spoilt += [
        ("blanks only", lambda line: b" " * len(line), {"unknown_version"}),
        ("zeros only", lambda line: b"0" * len(line), {"unknown_version"}),
    ]
    return [
        *spoilt,
        ("blanks in front", lambda line: b" " * 3 + line, {"unknown_version"}),
        ("backwards", lambda line: line[::-1], {"unknown_version"}),
    ]


def _seen_before(version: str) -> list[Spoilt]:
    """The number of the good stay two lines above, or above itself."""

    def again(line: bytes) -> bytes:
        return field(version, "CLE_RSA", f"555{int(line[15:22]) - 1:07d}".encode())(line)

    return [
        ("the number of the line above", again, {"duplicate_stay"}),
        ("the first number", field(version, "CLE_RSA", b"5550000000"), {"duplicate_stay"}),
    ]


_rsa_lines("cut at a field border", _cut_at_borders)
_rsa_lines("too long", _too_long)
_rsa_lines("unknown version", _unknown_versions)
_rsa_lines("another version", _other_versions)
_rsa_lines("letters in numbers", _letters_in_numbers)
_rsa_lines("mandatory field blank", _blank_mandatory)
_rsa_lines("impossible month or year", _impossible_times)
_rsa_lines("another hospital", _other_hospital)
_rsa_lines("counts against zones", _counts)
_rsa_lines("foreign bytes", _foreign_bytes)
_rsa_lines("noise and blank lines", _noise)
_rsa_lines("number seen before", _seen_before)
