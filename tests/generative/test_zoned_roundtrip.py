"""A line of any version of any family, drawn from its layout, comes back field by field, and so do the lines beside it."""

import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strata.ingest.lines.layouts import layouts
from strata.ingest.lines.zoned import ROW, Zoned, zoned_blocks
from tests.support.zoned_lines import Values, line, named_fields, versions, zones

FAMILIES = (
    "smr_rha",
    "smr_ssrha",
    "smr_ano",
    "smr_tra",
    "had_rapss",
    "had_ano",
    "had_tra",
    "psy_rpsa",
    "psy_r3a",
    "psy_ano",
)
CASES = [(family, version) for family in FAMILIES for version in versions(family)]
LETTERS = string.ascii_uppercase + string.digits + "+.-"
LARGEST = 32_767


def _value(size: int, kind: str, name: str) -> st.SearchStrategy[object]:
    if kind == "date":
        return st.none() | st.dates(date(1890, 1, 1), date(2100, 12, 31))
    if kind == "cents":
        return st.none() | st.integers(0, 10**size - 1)
    if kind == "integer":
        most = 12 if name == "month" or name.endswith("_month") else LARGEST
        return st.none() | st.integers(0, min(most, 10**size - 1))
    return st.none() | st.text(LETTERS, min_size=1, max_size=size)


def _records(family: str, version: str, zone: str, counts: set[str]) -> st.SearchStrategy[Values]:
    fields = named_fields(family, version, zone).items()
    return st.fixed_dictionaries(
        {name: _value(size, kind, name) for name, (_, size, kind) in fields if name not in counts | {"format_version"}}
    )


@st.composite
def drawn_lines(draw: st.DrawFn, family: str, version: str) -> list[tuple[Values, dict[str, list[Values]]]]:
    counts = {count for count in zones(family, version).values() if count}
    made = []
    for _ in range(draw(st.integers(1, 3))):
        repeated = {
            zone: draw(st.lists(_records(family, version, zone, counts), min_size=not count, max_size=3 if count else 1))
            for zone, count in zones(family, version).items()
        }
        made.append((draw(_records(family, version, "fixed", counts)), repeated))
    return made


def _read(family: str, version: str, text: bytes) -> Zoned:
    (read,) = zoned_blocks([text], layouts(family)[version])
    return read


def _rows(read: Zoned, zone: str, family: str, version: str) -> list[dict[str, object]]:
    return read.table(zone, named_fields(family, version, zone)).to_pylist()


@pytest.mark.parametrize(("family", "version"), CASES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read(family: str, version: str, data: st.DataObject) -> None:
    drawn = data.draw(drawn_lines(family, version))
    newline = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = "".join(line(family, version, fixed, repeated) + newline for fixed, repeated in drawn)
    read = _read(family, version, text.encode("ascii"))
    assert read.faults == []
    fixed_rows = _rows(read, "fixed", family, version)
    for number, (row, (fixed, _)) in enumerate(zip(fixed_rows, drawn, strict=True), 1):
        assert row[ROW] == number
        assert {name: row[name] for name in fixed} == fixed
    for zone in zones(family, version):
        expected = [(number, record) for number, (_, repeated) in enumerate(drawn, 1) for record in repeated[zone]]
        rows = _rows(read, zone, family, version)
        assert [(row[ROW], {name: row[name] for name in record}) for row, (_, record) in zip(rows, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("family", "zone"), [("smr_rha", "ccam"), ("had_rapss", "zt_paprica"), ("psy_rpsa", "actes"), ("smr_ssrha", "gme")]
)
def test_a_blank_at_the_end_is_the_last_byte_of_the_last_record(family: str, zone: str) -> None:
    version = list(versions(family))[-1]
    text = line(family, version, {"stay_number": "1"}, {zone: [{}, {}]})
    read = _read(family, version, text[:-1].encode("ascii") + b" \n")
    assert (read.faults, read.table(zone, []).num_rows) == ([], 2)


def test_a_name_of_the_line_is_repeated_for_each_record() -> None:
    text = line(
        "had_rapss", "H37", {"stay_number": "00007"}, {"grp_paprica": [{"ghpc": "0112"}], "zt_paprica": [{"ght": "03"}, {"ght": "11"}]}
    )
    rows = _read("had_rapss", "H37", text.encode("ascii")).table("zt_paprica", ["stay_number", "ghpc", "ght"]).to_pylist()
    assert rows == [{ROW: 1, "stay_number": "00007", "ghpc": "0112", "ght": ght} for ght in ("03", "11")]
