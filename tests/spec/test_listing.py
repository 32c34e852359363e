"""What `strata list` knows of a folder: transmissions, what replaces what, what is missing, what brings nothing."""

import shutil
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from strata.ingest.atih.transmission import Announced, announced
from strata.ingest.listing.folder import list_folder
from strata.ingest.listing.listed import TABLE, Finding, Part, PersonTable, Transmission, findings
from strata.ingest.listing.rules import flows_missing, found_in, judged, ranges
from strata.ingest.load import ingest
from strata.ingest.raw.raw_tables import families, fields
from tests.support.landing import rows, write_archive
from tests.support.rsa_lines import FINESS
from tests.support.snds_set import OTHER, stay, together, write_csv

JUNE, DECEMBER = f"{FINESS}.2022.6.20072022101500.out.zip", f"{FINESS}.2022.12.15022023093000.out.zip"
CORRECTED = f"{FINESS}.2022.12.03032023093000.out.zip"
EVERY_MONTH = {month: month for month in range(1, 13)}


def said(listing_findings: list[Finding]) -> set[tuple[str, str]]:
    return {(one.finding, one.detail) for one in listing_findings}


def test_a_transmission_says_who_when_and_how_much(tmp_path: Path) -> None:
    write_archive(tmp_path / DECEMBER, EVERY_MONTH)
    (one,) = list_folder(tmp_path).transmissions
    assert (one.form, one.finess, one.field, one.year, one.sent) == ("atih", FINESS, "mco", 2022, datetime(2023, 2, 15, 9, 30))
    assert (one.months, one.stays, one.status, one.reason, one.by) == (tuple(range(1, 13)), 12, "kept", None, None)
    assert [(part.file, part.family, part.version, part.lines) for part in one.parts] == [
        (f"{DECEMBER}!x.rsa", "mco_rsa", "227", 12),
        (f"{DECEMBER}!x.ano", "mco_ano", "1103", 12),
    ]


def test_what_is_kept_replaced_or_copied_is_what_ingest_does(tmp_path: Path) -> None:
    landing, warehouse = tmp_path / "landing", tmp_path / "warehouse" / "strata.duckdb"
    write_archive(landing / JUNE, {1: 1, 2: 6})
    write_archive(landing / DECEMBER, EVERY_MONTH)
    write_archive(landing / CORRECTED, EVERY_MONTH | {13: 12})
    shutil.copy(landing / DECEMBER, landing / "copy.zip")
    listing = list_folder(landing)
    found = {one.files[0].partition("!")[0]: (one.status, one.reason, one.by) for one in listing.transmissions}
    assert found == {
        JUNE: ("replaced", "later_month", f"{CORRECTED}!x.rsa"),
        "copy.zip": ("replaced", "correction", f"{CORRECTED}!x.rsa"),
        DECEMBER: ("copy", "same_content", "copy.zip!x.rsa"),
        CORRECTED: ("kept", None, None),
    }
    ingest(landing, warehouse)
    (kept,) = rows(warehouse, "SELECT DISTINCT source_file FROM read_stay")
    assert [one.files[0] for one in listing.transmissions if one.status == "kept"] == list(kept)


def test_what_is_missing_for_a_hospital_is_said(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", {number: 1 if number % 2 else 3 for number in range(1, 15)})
    write_archive(tmp_path / "b.zip", EVERY_MONTH, year=2024)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        (tmp_path / "alone.rsa").write_bytes(archive.read("x.rsa"))
    (tmp_path / "a.zip").unlink()
    listing = list_folder(tmp_path)
    assert [(one.finding, one.finess, one.year, one.detail) for one in listing.findings] == [
        ("ano_missing", FINESS, 2022, ""),
        ("months_missing", FINESS, 2022, "2 4-12"),
        ("year_missing", FINESS, 2023, "2023"),
    ]


@pytest.mark.parametrize(
    ("name", "stays", "empty"),
    [
        (DECEMBER, 13, ""),  # 6.5 a month: chance leaves months empty, and the year is whole
        (DECEMBER, 14, "2 4-12"),
        (JUNE, 2, "7-12"),  # not sent yet
        ("a.zip", 2, ""),  # nothing says how far it goes
        (JUNE.replace("2022", "2021"), 2, ""),  # of another year, as its content says
    ],
)
def test_an_empty_month_is_odd_where_it_is_not_reached_or_many_leave(tmp_path: Path, name: str, stays: int, empty: str) -> None:
    write_archive(tmp_path / name, {number: 1 if number % 2 else 3 for number in range(1, stays + 1)})
    found = {one.detail for one in list_folder(tmp_path).findings if one.finding == "months_missing"}
    assert found == ({empty} if empty else set())


def test_an_ano_alone_brings_nothing(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", {1: 1})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        (tmp_path / "x.ano").write_bytes(archive.read("x.ano"))
    (tmp_path / "a.zip").unlink()
    listing = list_folder(tmp_path)
    assert listing.transmissions == [] and said(listing.findings) == {("rsa_missing", "")}
    assert [(one.file, one.family, one.reason) for one in listing.unread] == [("x.ano", "mco_ano", "ano_file_without_rsa")]


def test_the_tables_of_a_year_are_counted_by_hospital(tmp_path: Path) -> None:
    march, may = {"SOR_MOI": "3"}, {"SOR_MOI": "5"}
    tables = together(stay(1, B=march), stay(2, B=may), stay(1, OTHER, B=may))
    write_csv(tmp_path, tables)
    mine, other = list_folder(tmp_path).transmissions
    assert [(one.form, one.year, one.months, one.stays, one.status) for one in (mine, other)] == [
        ("snds", 2017, (3, 5), 2, "kept"),
        ("snds", 2017, (5,), 1, "kept"),
    ]
    assert {part.family: (part.version, part.lines) for part in mine.parts} == {
        f"T_MCOaa{table}": ("csv", 2) for table in ("B", "C", "D", "A", "UM", "VALO")
    }


def test_a_year_sent_before_a_month_of_it_that_nobody_left_in_is_kept_as_ingest_keeps_it(tmp_path: Path) -> None:
    """December was sent first, without an exit in it; November, sent again later, does not replace it."""
    november = f"{FINESS}.2022.11.15032023093000.out.zip"
    write_archive(tmp_path / "landing" / DECEMBER, {1: 1, 2: 11})
    write_archive(tmp_path / "landing" / november, {1: 1, 2: 11, 3: 11})
    statuses = {one.files[0].partition("!")[0]: (one.status, one.reason) for one in list_folder(tmp_path / "landing").transmissions}
    assert statuses == {DECEMBER: ("kept", None), november: ("replaced", "later_month")}
    warehouse = tmp_path / "warehouse" / "strata.duckdb"
    ingest(tmp_path / "landing", warehouse)
    assert rows(warehouse, "SELECT count(*) FROM read_stay") == [(2,)]


def test_parts_of_a_stay_are_one_stay_in_a_table_as_in_a_file() -> None:
    weeks = Part("T_SSR23B.csv", "T_SSRaaB", "csv", 12, "", stays=3)
    assert Transmission("snds", FINESS, "smr", 2023, (1,), None, (weeks,)).stays == 3


def _services(*months: str, family: str = "ER_PRS_F", lines: int = 1_000) -> PersonTable:
    return PersonTable(f"{family}_{months[0]}.csv", family, "csv", lines, months)


def test_months_of_flow_that_a_table_lacks_are_said() -> None:
    every = ("2021-11", "2021-12", "2022-02", "2022-03")
    details = [_services(*every, family=family) for family in ("ER_BIO_F", "ER_CAM_F")]
    few = _services("2021-11", "2022-03", family="ER_ETE_F", lines=3)
    found = flows_missing([_services(*every[:2]), _services(*every[2:]), *details, few, _services(*every[1:], family="ER_PHA_F")])
    assert [(one.finding, one.year, one.detail) for one in found] == [
        ("flow_months_missing", 2022, "ER_PRS_F : 1"),
        ("flow_months_missing", 2021, "ER_PHA_F : 11"),
    ]
    assert [(one.finding, one.detail) for one in flows_missing(details)] == [("table_missing", "ER_PRS_F")]
    assert flows_missing([]) == []


def test_a_set_without_one_of_its_tables_is_refused_and_without_valuation_is_not(tmp_path: Path) -> None:
    write_csv(tmp_path, stay(1))
    (tmp_path / "T_MCO17VALO.csv").unlink()
    listing = list_folder(tmp_path)
    assert [one.status for one in listing.transmissions] == ["kept"]
    assert ("valuation_missing", "T_MCOaaVALO") in said(listing.findings)
    (tmp_path / "T_MCO17UM.csv").unlink()
    listing = list_folder(tmp_path)
    assert [(one.status, one.reason) for one in listing.transmissions] == [("refused", "incomplete_set: T_MCOaaUM")]
    assert ("table_missing", "T_MCOaaUM") in said(listing.findings)


def test_a_table_of_stays_with_nothing_but_its_header_is_said(tmp_path: Path) -> None:
    write_csv(tmp_path, stay(1))
    table = tmp_path / "T_MCO17B.csv"
    table.write_text(table.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert ("no_stay_in_table", "T_MCOaaB") in {(one.finding, one.detail) for one in list_folder(tmp_path).findings}


def test_a_table_without_a_column_is_refused_by_its_name_and_so_is_its_set(tmp_path: Path) -> None:
    tables = stay(1)
    del tables["UM"][0]["UM_ORD_NUM"]
    write_csv(tmp_path, tables)
    listing = list_folder(tmp_path)
    assert [(one.file, one.reason) for one in listing.unread] == [("T_MCO17UM.csv", "missing_column: T_MCOaaUM.UM_ORD_NUM")]
    assert [one.reason for one in listing.transmissions] == ["incomplete_set: T_MCOaaUM"]


def test_both_forms_of_one_hospital_year_are_announced_before_ingest_refuses_them(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", EVERY_MONTH, year=2017)
    write_csv(tmp_path, stay(1, FINESS))
    assert "both_forms" in {one.finding for one in list_folder(tmp_path).findings}


def test_a_name_that_says_something_else_than_the_content_is_shown(tmp_path: Path) -> None:
    write_archive(tmp_path / "990000023.2021.12.15022022093000.out.zip", EVERY_MONTH)
    assert said(list_folder(tmp_path).findings) == {("name_disagrees", "990000023 2021")}


def test_what_brings_nothing_is_listed_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "notes.docx").write_bytes(b"PK of no archive")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut")
    write_csv(tmp_path / "snds", stay(1))
    shutil.copy(tmp_path / "snds" / "T_MCO17B.csv", tmp_path / "again.csv")
    listing = list_folder(tmp_path)
    assert [(one.file, one.family, one.reason, one.same_as) for one in listing.unread] == [
        ("again.csv", "T_MCOaaB", "same_content", "snds/T_MCO17B.csv"),
        ("broken.zip", "unknown", "corrupt_archive", None),
        ("notes.docx", "unknown", None, None),
    ]


def test_an_unknown_version_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", {1: 1})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        content = archive.read("x.rsa")
    (tmp_path / "a.rsa").write_bytes(content[:9] + b"231" + content[12:])
    (tmp_path / "a.zip").unlink()
    (unread,) = list_folder(tmp_path).unread
    assert unread.reason == "unknown_version_file: 231; 224 225 226 227 228 229"


def test_a_cell_in_the_place_of_the_hospital_is_not_shown(tmp_path: Path) -> None:
    write_csv(tmp_path, together(stay(1), stay(2, "MARTIN JEAN")))
    (tmp_path / "x.ano").write_bytes(b"MARTIN JEAN".ljust(1103) + b"\n")
    assert "MARTIN" not in repr(list_folder(tmp_path))


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    listing = list_folder(tmp_path)
    assert (listing.transmissions, listing.findings, listing.unread) == ([], [], [])


def one(name: str, months: tuple[int, ...], content: str, sent: datetime | None = None) -> Transmission:
    return Transmission("atih", FINESS, "mco", 2022, months, sent, (Part(name, "mco_rsa", "227", 1, content),))


def test_two_transmissions_of_one_month_without_a_date_are_a_warning(tmp_path: Path) -> None:
    pair = [one("a", (12,), "1"), one("b", (12,), "2")]
    assert ("order_unknown", "12") in said(found_in(judged(pair)))
    day = datetime(2023, 2, 15)
    dated = [one("a", (12,), "1", day), one("b", (12,), "2", day)]
    assert "order_unknown" not in {name for name, _ in said(found_in(judged(dated)))}


def test_transmissions_of_nobody_replace_nothing() -> None:
    lost = [Transmission("atih", None, "mco", None, (), None, (Part(name, "mco_rsa", "227", 0, name),)) for name in "ab"]
    assert [found.status for found in judged(lost)] == ["kept", "kept"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (DECEMBER, Announced(FINESS, 2022, 12, datetime(2023, 2, 15, 9, 30))),
        (f"f/{DECEMBER}!{FINESS}.2022.12.rsa", Announced(FINESS, 2022, 12, datetime(2023, 2, 15, 9, 30))),
        ("2a0000015.2024.3.rsa", Announced("2A0000015", 2024, 3, None)),
        ("990000015.2024.13.rsa", None),
        ("990000015.2024.12.99999999999999.out.zip", Announced(FINESS, 2024, 12, None)),
        ("rsa.txt", None),
    ],
)
def test_a_name_is_read_as_epmsi_writes_it(name: str, expected: Announced | None) -> None:
    assert announced(name) == expected


def test_months_are_written_as_a_person_does() -> None:
    assert [ranges(numbers) for numbers in ([], [7], [1, 2, 3], [3, 1, 12, 11, 6])] == ["", "7", "1-3", "1 3 6 11-12"]


def test_every_finding_has_its_words_in_two_languages() -> None:
    assert all(len({*row.label, *row.fix}) == 4 and all((*row.label, *row.fix)) for row in findings().values())
    modules = ("rules.py", "folder.py", "../local/listing.py")
    source = "".join((TABLE.parent / name).read_text(encoding="utf-8") for name in modules)
    of_tables = {one.missing_finding for field in fields() for one in families(field)}
    assert {name for name in findings() if f'"{name}"' not in source} == of_tables - {""}
