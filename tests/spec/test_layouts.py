"""The layout tables: every byte of a line belongs to one field, and the widths are those of the official formats.

Belongs here: what must hold of every version of every fixed-width family. Not here: reading lines (tests/generative).
"""

import csv

import pytest

from strata.ingest.lines.layouts import FORMATS, Layout, Zone, layout_for_year, layouts

# Widths of the fixed parts as ATIH publishes them: formats PMSI 2017-2025, SMR (formerly SSR), HAD and PSY.
FIXED_WIDTHS = {
    "smr_rha": {"M61": 172, "M62": 174, "M63": 192, "M64": 208, "M65": 214},
    "smr_ssrha": {"M39": 45, "M40_2019": 46, "M40_2022": 46},
    "smr_ano": {"791": 791, "866_2018": 866, "866_2019": 866, "933": 933, "1090": 1090},
    "smr_tra": {"53": 53},
    "had_rapss": {"H29": 143, "H31": 143, "H33": 155, "H35": 164, "H37": 164},
    "had_ano": {"798": 798, "873_2018": 873, "873_2019": 873, "905": 905, "1062": 1062},
    "had_tra": {"114": 114},
    "psy_rpsa": {"P33": 142, "P35": 181, "P39": 183, "P41": 183},
    "psy_r3a": {"P34": 96, "P36_2020": 137, "P36_2021": 138, "P40": 141, "P42": 165},
    "psy_ano": {"799": 799, "874_2018": 874, "874_2019": 874, "933": 933, "1090": 1090},
}
ZONE_WIDTHS = {
    ("smr_rha", "M61"): {"da": 6, "csarr": 32, "ccam": 19},
    ("smr_rha", "M63"): {"da": 6, "csarr": 33, "ccam": 20},
    ("smr_rha", "M65"): {"da": 6, "csarr": 33, "csar": 28, "ccam": 20},
    ("smr_ssrha", "M40_2019"): {"gme": 13},
    ("smr_ssrha", "M40_2022"): {"gme": 14},
    ("had_rapss", "H29"): {"dcmpp": 6, "dcmpa": 6, "da": 6, "actes": 19, "grp_etab": 13, "zt_etab": 5, "grp_paprica": 10, "zt_paprica": 5},
    ("had_rapss", "H37"): {"dcmpp": 6, "dcmpa": 6, "da": 6, "actes": 20, "grp_etab": 13, "zt_etab": 5, "grp_paprica": 10, "zt_paprica": 5},
    ("psy_rpsa", "P33"): {"da": 6, "actes": 18},
    ("psy_rpsa", "P41"): {"da": 6, "actes": 19},
    ("psy_r3a", "P42"): {"da": 6},
}
EVERY = [layout for family in FIXED_WIDTHS for layout in layouts(family).values()]
FIELDS_YEARS = [(family, year) for family in FIXED_WIDTHS for year in range(2017, 2026)]


def _name(layout: Layout) -> str:
    return f"{layout.family} {layout.version}"


def faults_of(zone: Zone) -> list[str]:
    """Where a zone has a hole or two fields on one byte."""
    met, faults = 0, []
    for field in zone.fields:
        if field.start != met:
            faults.append(f"{zone.name}: {field.atih_name} at {field.start}, expected {met}")
        met = field.start + field.width
    return faults


@pytest.mark.parametrize("layout", EVERY, ids=_name)
def test_every_byte_belongs_to_one_field(layout: Layout) -> None:
    assert [fault for zone in (layout.fixed, *layout.zones) for fault in faults_of(zone)] == []


def test_a_hole_or_an_overlap_would_be_seen() -> None:
    fixed = layouts("smr_rha")["M64"].fixed
    assert faults_of(Zone("fixed", None, fixed.width, fixed.fields[:3] + fixed.fields[4:]))
    assert faults_of(Zone("fixed", None, fixed.width, fixed.fields[:3] + fixed.fields[2:]))


@pytest.mark.parametrize("family", FIXED_WIDTHS)
def test_fixed_parts_are_as_wide_as_published(family: str) -> None:
    assert {version: layout.fixed.width for version, layout in layouts(family).items()} == FIXED_WIDTHS[family]
    with (FORMATS / "families.csv").open(encoding="utf-8", newline="") as handle:
        declared = {row["version"]: int(row["fixed_width"]) for row in csv.DictReader(handle) if row["family"] == family}
    assert declared == FIXED_WIDTHS[family]


@pytest.mark.parametrize(("family", "version"), ZONE_WIDTHS)
def test_zones_are_as_wide_as_published(family: str, version: str) -> None:
    assert {zone.name: zone.width for zone in layouts(family)[version].zones} == ZONE_WIDTHS[family, version]


@pytest.mark.parametrize(("family", "year"), FIELDS_YEARS)
def test_each_year_has_one_layout(family: str, year: int) -> None:
    assert [layout for layout in layouts(family).values() if layout.year_from <= year <= layout.year_to] == [layout_for_year(family, year)]


@pytest.mark.parametrize("layout", EVERY, ids=_name)
def test_counts_come_before_what_they_count(layout: Layout) -> None:
    seen = {field.name for field in layout.fixed.fields}
    for zone in layout.zones:
        assert zone.count_name is None or zone.count_name in seen
        seen |= {field.name for field in zone.fields} if zone.count_name is None else set()


@pytest.mark.parametrize("layout", EVERY, ids=_name)
def test_names_are_unique_and_fillers_have_none(layout: Layout) -> None:
    for zone in (layout.fixed, *layout.zones):
        names = [field.name for field in zone.fields if field.name]
        assert len(names) == len(set(names))
        assert not any(field.name for field in zone.fields if field.kind == "filler")


def test_what_no_source_confirms_is_marked() -> None:
    assert [_name(layout) for layout in EVERY if not layout.is_verified] == [
        "smr_rha M62",
        "smr_rha M65",
        "smr_ssrha M39",
        "had_rapss H29",
        "had_rapss H31",
        "had_rapss H33",
        "psy_rpsa P33",
        "psy_r3a P36_2021",
    ]
