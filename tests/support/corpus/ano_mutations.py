"""Spoilt ANO lines, declared one by one for every layout. Not here: whole files (text_mutations.py)."""

from collections.abc import Callable, Iterator

from tests.support.corpus.mutation import Ground, Maker, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.rsa_mutations import MEGABYTE, cut
from tests.support.corpus.stays import ANO_YEARS, Spoil, Spoilt, ano_bench, number, put
from tests.support.rsa_lines import ANO_OF_YEAR, layout

_ALONE = "quarantined alone under its reason; its stay is kept without its person, the others with theirs"


def _ano_lines(name: str, spoilt: Callable[[int], list[Spoilt]]) -> Maker:
    """Register a class of spoilt lines: `spoilt` gives them for one year."""

    @mutation(f"ANO line: {name}", "lines", _ALONE)
    def make(ground: Ground) -> Iterator[Parcel]:
        for year in ANO_YEARS:
            yield ano_bench(f"layout {ANO_OF_YEAR[year]}", ground.finess(), year, spoilt(year))

    return make


def field(year: int, name: str, text: bytes) -> Spoil:
    """Overwrite a field of an ANO."""
    return put("mco_ano", ANO_OF_YEAR[year], name, text)


def _fields(year: int, reason: str, *changes: tuple[str, bytes]) -> list[Spoilt]:
    return [(f"{name} = {text!r}", field(year, name, text), {reason}) for name, text in changes]


def _cut_at_borders(year: int) -> list[Spoilt]:
    starts = sorted({start for start, _, _ in layout("mco_ano", ANO_OF_YEAR[year], "fixed").values()} - {0})
    return [*((f"cut at {at}", cut(at), {"line_too_short"}) for at in starts), ("cut by one", lambda line: line[:-1], {"line_too_short"})]


def _too_long(year: int) -> list[Spoilt]:
    tails = {"a blank": b" ", "a letter": b"x", "100 blanks": b" " * 100, "itself": b"y" * int(ANO_OF_YEAR[year])}
    spoilt: list[Spoilt] = [(f"{name} more", lambda line, tail=tail: line + tail, {"wrong_length"}) for name, tail in tails.items()]
    return [*spoilt, ("over a megabyte", lambda line: line + b"x" * MEGABYTE, {"line_too_long"})]


def _impossible_dates(year: int) -> list[Spoilt]:
    common = year if year % 4 else year - 1
    bad = (f"3002{year}", f"2902{common}", f"3104{year}", f"3106{year}", f"0006{year}", f"3206{year}", f"0500{year}", f"0513{year}")
    bad += ("05060000", "05061799", "O5062024", "0506", "  062024", "05/06/24", "20240605", "99999999", "00000000", "5062024", "--------")
    return [one for name in ("DTENT", "DTSORT") for one in _fields(year, "invalid_date", *((name, text.encode()) for text in bad))]


def _dates_that_disagree(year: int) -> list[Spoilt]:
    before = _fields(
        year, "exit_before_entry", *(("DTENT", text.encode()) for text in (f"0606{year}", f"0107{year}", f"0206{year + 1}", "31129999"))
    )
    before += _fields(year, "exit_before_entry", ("DTSORT", f"0106{year}".encode()), ("DTSORT", f"0506{year - 1}".encode()))
    elsewhere = (("MOISSORT", b"07"), ("DTSORT", f"0507{year}".encode()), ("DTSORT", f"0506{year + 1}".encode()), ("DTSORT", b"05069999"))
    return before + _fields(year, "date_disagrees", *elsewhere)


def _month_and_year(year: int) -> list[Spoilt]:
    spoilt = _fields(year, "invalid_month", *(("MOISSORT", text) for text in (b"00", b"13", b"99")))
    spoilt += _fields(year, "not_a_number", ("MOISSORT", b"xx"), ("MOISSORT", b"6"), ("ANNEESORT", b"2O24"), ("ANNEESORT", b"24"))
    spoilt += _fields(year, "year_outside_version", ("ANNEESORT", b"1999"), ("ANNEESORT", b"9999"), ("ANNEESORT", b"0000"))
    return spoilt + _fields(year, "missing_value", *((name, b"") for name in ("MOISSORT", "ANNEESORT", "NOFINESS", "CLE_RSA")))


def _strangers(year: int) -> list[Spoilt]:
    spoilt = _fields(year, "other_finess", *(("NOFINESS", text) for text in (b"990099999", b"2B0000014", b"XXXXXXXXX")))
    spoilt += _fields(year, "ano_without_rsa", *(("CLE_RSA", text) for text in (b"5559999999", b"0000000000", b"XXXXXXXXXX", b"555")))
    return spoilt + _fields(year, "duplicate_stay", ("CLE_RSA", number(0).encode()))


def _foreign_bytes(year: int) -> list[Spoilt]:
    odd = (b"\x00", b"\t", b"\r", b"\x1a", b"\x7f", b"\x85", b"\xe9", b"\xff", "é".encode())
    return _fields(year, "forbidden_bytes", *(("NOANON", b"K" + byte) for byte in odd), *(("CLE_RSA", b"5" + byte) for byte in odd))


def _noise(year: int) -> list[Spoilt]:
    spoilt: list[Spoilt] = [("nothing", lambda line: b"", {"blank_line"}), ("one letter", lambda line: b"x", {"line_too_short"})]
    spoilt += [
        ("blanks only", lambda line: b" " * len(line), {"missing_value"}),
        ("zeros only", lambda line: b"0" * len(line), {"invalid_month"}),
    ]
    return [
        *spoilt,
        ("a header", lambda line: b"FINESS;STAY", {"line_too_short"}),
        ("end of file mark", lambda line: b"\x1a", {"forbidden_bytes"}),
    ]


_ano_lines("cut at a field border", _cut_at_borders)
_ano_lines("too long", _too_long)
_ano_lines("impossible date", _impossible_dates)
_ano_lines("dates that disagree", _dates_that_disagree)
_ano_lines("month, year or key at fault", _month_and_year)
_ano_lines("of no stay of the file", _strangers)
_ano_lines("foreign bytes", _foreign_bytes)
_ano_lines("noise and blank lines", _noise)
