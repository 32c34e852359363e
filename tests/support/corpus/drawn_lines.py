"""RSA and ANO lines spoilt at random, from a fixed seed. Not here: whole files and archives (drawn_files.py)."""

from collections.abc import Callable, Iterator
from datetime import date

from tests.support.corpus.mutation import Ground, Maker, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.rsa_mutations import cut, field
from tests.support.corpus.stays import ANO_YEARS, FREE, RSA_YEARS, Spoil, Spoilt, ano_bench, put, rsa, rsa_bench, width
from tests.support.rsa_lines import ANO_OF_YEAR, NUMBERS, RSA_OF_YEAR, layout

PRINTABLE = bytes(range(32, 127))
NO_NEWLINE = bytes(byte for byte in range(256) if byte != 10)
TOO_FEW = {"line_too_short", "wrong_length"}
LINE_FAULTS = TOO_FEW | {
    "blank_line",
    "line_too_long",
    "forbidden_bytes",
    "unknown_version",
    "mixed_version",
    "not_a_number",
    "missing_value",
    "no_unit",
    "invalid_month",
    "das_count_disagrees",
    "procedure_count_disagrees",
    "year_outside_version",
    "other_year",
    "other_finess",
    "duplicate_stay",
}
_SET_ASIDE, _COUNTED = "quarantined alone; the stays beside it are in", "taken or quarantined, never lost; the stays beside it are in"


def _rsa_lines(name: str, each: int, must: str, draw: Callable[[Ground, str], tuple[Spoil, set[str]]]) -> Maker:
    """Register a class of `each` lines per version."""

    @mutation(f"RSA line: {name}", "lines", must, is_generated=True)
    def make(ground: Ground) -> Iterator[Parcel]:
        for year in RSA_YEARS:
            version = RSA_OF_YEAR[year]
            spoilt: list[Spoilt] = [(f"{rank}", *draw(ground, version)) for rank in range(each)]
            yield rsa_bench(f"version {version}", ground.finess(), year, spoilt)

    return make


def _ano_lines(name: str, each: int, must: str, draw: Callable[[Ground, int], tuple[Spoil, set[str]]]) -> Maker:
    """Register a class of `each` lines per layout."""

    @mutation(f"ANO line: {name}", "lines", must, is_generated=True)
    def make(ground: Ground) -> Iterator[Parcel]:
        for year in ANO_YEARS:
            spoilt: list[Spoilt] = [(f"{rank}", *draw(ground, year)) for rank in range(each)]
            yield ano_bench(f"layout {ANO_OF_YEAR[year]}", ground.finess(), year, spoilt)

    return make


def overwritten(ground: Ground, size: int, alphabet: bytes) -> Spoil:
    """One to eight bytes replaced, anywhere in the first `size`."""
    places = {ground.random.randrange(size): ground.random.choice(alphabet) for _ in range(ground.random.randint(1, 8))}
    return lambda line: bytes(places.get(at, byte) for at, byte in enumerate(line))


def _any_bytes(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    return overwritten(ground, width("mco_rsa", version) + 80, NO_NEWLINE), FREE


def _printable_bytes(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    return overwritten(ground, width("mco_rsa", version) + 80, PRINTABLE), FREE


def _cut_anywhere(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    return cut(ground.random.randrange(1, width("mco_rsa", version) + 90)), TOO_FEW


def _shifted(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    """Bytes slipped in, or out: everything behind them is one or more columns away."""
    at, text = ground.random.randrange(1, width("mco_rsa", version)), ground.letters(PRINTABLE, 1, 12)
    if ground.random.random() < 0.5:
        return lambda line: line[:at] + text + line[at:], LINE_FAULTS
    return lambda line: line[:at] + line[at + len(text) :], LINE_FAULTS


def _exchanged(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    """Two fields of the fixed part, each cut or filled to the other's width."""
    spans = [span[:2] for span in layout("mco_rsa", version, "fixed").values()]
    (first, size), (second, other) = ground.random.sample(spans, 2)

    def spoil(line: bytes) -> bytes:
        left, right = line[first : first + size], line[second : second + other]
        line = line[:first] + right.ljust(size)[:size] + line[first + size :]
        return line[:second] + left.ljust(other)[:other] + line[second + other :]

    return spoil, FREE


def _counts(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    """A count that is not the true one; the zones stay."""
    name, true = ground.random.choice((("NBRUM", 1), ("NDAS", 2), ("NA", 2), ("NBAUTPGV", 0), ("NB_RDTH", 0)))
    size = layout("mco_rsa", version, "fixed")[name][1]
    drawn = ground.random.choice([value for value in range(min(10**size, 300)) if value != true])
    return field(version, name, f"{drawn:0{size}d}".encode()), {"wrong_length", "no_unit"}


def _letters(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    """A letter or a sign somewhere in a number."""
    name = ground.random.choice([name for name in NUMBERS if name in layout("mco_rsa", version, "fixed")])
    start, size, _ = layout("mco_rsa", version, "fixed")[name]
    at, letter = start + ground.random.randrange(size), bytes([ground.random.choice(b"abcxyzOIl-+.,;/*")])
    return lambda line: line[:at] + letter + line[at + 1 :], {"not_a_number"}


def _noise(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    alphabet = ground.random.choice((NO_NEWLINE, PRINTABLE, b"0123456789", b" 0"))
    text = ground.letters(alphabet, 1, 700)
    return lambda line: text, LINE_FAULTS


def _glued(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    """Two to five lines without their ends, the last one cut or not."""
    more, lost = ground.random.randint(1, 4), ground.random.randrange(100)
    return lambda line: line * more + line[: len(line) - lost], {"wrong_length"}


def _parts_of_others(ground: Ground, version: str) -> tuple[Spoil, set[str]]:
    """The front of one line and the back of a line of another version."""
    year = ground.random.choice([year for year in RSA_YEARS if RSA_OF_YEAR[year] != version])
    at = ground.random.randrange(20, 200)
    return lambda line: line[:at] + rsa("990000001", year, 1)[at:], FREE


_rsa_lines("any bytes anywhere", 40, _COUNTED, _any_bytes)
_rsa_lines("printable bytes anywhere", 40, _COUNTED, _printable_bytes)
_rsa_lines("cut anywhere", 40, _SET_ASIDE, _cut_anywhere)
_rsa_lines("columns shifted", 30, _SET_ASIDE, _shifted)
_rsa_lines("fields exchanged", 30, _COUNTED, _exchanged)
_rsa_lines("counts drawn", 30, _SET_ASIDE, _counts)
_rsa_lines("a letter in a number", 30, _SET_ASIDE, _letters)
_rsa_lines("noise", 30, _SET_ASIDE, _noise)
_rsa_lines("lines glued", 20, _SET_ASIDE, _glued)
_rsa_lines("halves of two versions", 20, _COUNTED, _parts_of_others)


def _any_ano_bytes(ground: Ground, year: int) -> tuple[Spoil, set[str]]:
    return overwritten(ground, 200, NO_NEWLINE), FREE


def _beyond_what_is_read(ground: Ground, year: int) -> tuple[Spoil, set[str]]:
    at, text = ground.random.randrange(210, 700), ground.letters(NO_NEWLINE.replace(b"\r", b""), 1, 60)
    return lambda line: line[:at] + text + line[at + len(text) :], FREE


def _cut_ano(ground: Ground, year: int) -> tuple[Spoil, set[str]]:
    return cut(ground.random.randrange(1, int(ANO_OF_YEAR[year]))), {"line_too_short"}


def _shifted_ano(ground: Ground, year: int) -> tuple[Spoil, set[str]]:
    at, text = ground.random.randrange(1, 150), ground.letters(PRINTABLE, 1, 9)
    if ground.random.random() < 0.5:
        return lambda line: line[:at] + text + line[at:], {"wrong_length"}
    return lambda line: line[:at] + line[at + len(text) :], {"line_too_short"}


def _date(ground: Ground, year: int) -> tuple[Spoil, set[str]]:
    """A date of entry or exit near the true ones, possible or not: what must happen is computed with the calendar of Python."""
    name = ground.random.choice(("DTENT", "DTSORT"))
    day, month = ground.random.choice((0, 1, 4, 5, 6, 28, 29, 30, 31, 32)), ground.random.choice((0, 2, 4, 5, 6, 6, 6, 7, 11, 12, 13))
    drawn = ground.random.choice((year, year, year, year - 1, year + 1))
    spoil = put("mco_ano", ANO_OF_YEAR[year], name, f"{day:02d}{month:02d}{drawn}".encode())
    entry, exit_ = date(year, 6, 2), date(year, 6, 5)
    try:
        found = date(drawn, month, day)
    except ValueError:
        return spoil, {"invalid_date"}
    entry, exit_ = (found, exit_) if name == "DTENT" else (entry, found)
    if exit_ < entry:
        return spoil, {"exit_before_entry"}
    return spoil, FREE if (exit_.year, exit_.month) == (year, 6) else {"date_disagrees"}


_ano_lines("any bytes in what is read", 40, _COUNTED, _any_ano_bytes)
_ano_lines("any bytes beyond what is read", 20, _COUNTED, _beyond_what_is_read)
_ano_lines("cut anywhere", 30, _SET_ASIDE, _cut_ano)
_ano_lines("columns shifted", 30, _SET_ASIDE, _shifted_ano)
_ano_lines("dates drawn", 40, "quarantined when the calendar says so, taken otherwise; the stays beside it are in", _date)
