"""Sets of SNDS tables of SMR, HAD and PSY, and what any set does with its rows: each is accounted for, once."""

import csv
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import strata
from strata.ingest.extract import FileSeen
from strata.ingest.load import ingest
from strata.ingest.raw import raw_set
from strata.ingest.raw.raw_tables import families
from strata.ingest.snds.columns import columns
from tests.support.landing import rows, unaccounted

FINESS = "990000011"
_CELLS = {
    "finess": FINESS, "stay_number": "1", "unit_number": "1", "sequence_number": "1", "stay_identifier": "1", "code": "I500",
    "gme": "0103A10", "ghpc": "0512", "ght": "05", "hospitalisation_type": "1", "activity_form": "01", "weekdays_present": "11111",
    "weekend_days_present": "11", "pseudonym": "P0000000000000001", "entry_date": "2017-03-06", "exit_date": "2017-03-19",
    "sequence_kind": "1", "is_finished": "1",
}  # fmt: skip
_NUMBERS = {"year": "032017", "month": "032017", "integer": "3", "euros": "12.5"}
_YEARS = {"exit_year", "end_year", "year"}
FIELDS = {"smr": "T_SSRaaB", "had": "T_HADaaB", "psy": "T_RIPaaRSA"}


def row(family: str, **changes: str) -> dict[str, str]:
    """One row with every column the table needs; changes by our names."""
    cells = {}
    for column in columns(family):
        if column.required:
            value = (
                "2017" if column.name in _YEARS and column.kind == "integer" else _NUMBERS.get(column.kind, _CELLS.get(column.name, "0"))
            )
            cells[column.sources[0]] = changes.get(column.name, _CELLS.get(column.name, value))
    return cells


def write_set(folder: Path, field: str, **changed: list[dict[str, str]]) -> Path:
    """Every table of a field with one row, or with those given by the end of its name; an empty list leaves the table out."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in families(field):
        start, _, end = one.family.partition("aa")
        lines = changed.get(end, [row(one.family)])
        if lines:
            with (folder / f"{start}17{end}.csv").open("w", encoding="utf-8", newline="") as handle:
                writer = csv.DictWriter(handle, lines[0], delimiter=";")
                writer.writeheader()
                writer.writerows(lines)
    return folder


def reasons(folder: Path) -> list[tuple[str, int, str]]:
    return [(one["source_file"], one["source_line"], one["reason"]) for one in strata.read(folder)["quarantine"].to_pylist()]


@pytest.mark.parametrize("field", FIELDS)
def test_the_tables_of_a_field_become_its_stays_and_every_row_is_accounted_for(field: str, tmp_path: Path) -> None:
    landing, warehouse = write_set(tmp_path / "landing", field), tmp_path / "w" / "strata.duckdb"
    report = ingest(landing, warehouse)
    assert unaccounted(warehouse) == []
    assert (report.total("lines"), report.total("accepted")) == (len(families(field)),) * 2
    person = rows(
        warehouse, "SELECT field, finess, year, p.pseudonym FROM read_stay JOIN pseudonym AS p USING (person_id) WHERE unit_count > 0"
    )
    assert (field, FINESS, 2017, "P0000000000000001") in person


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_table_refuses_the_set_by_its_name(field: str, tmp_path: Path) -> None:
    family = FIELDS[field]
    landing = write_set(tmp_path / "landing", field, **{family.partition("aa")[2]: []})
    report = ingest(landing, tmp_path / "w" / "strata.duckdb")
    assert {file.reason for file in report.files} == {f"incomplete_set: {family}"}


def test_an_optional_table_can_be_left_out(tmp_path: Path) -> None:
    left_out = {one.family.partition("aa")[2]: list[dict[str, str]]() for one in families("psy") if one.is_optional}
    assert set(left_out) == {"S", "CCAM", "R3A", "R3AD", "STC"}
    assert strata.read(write_set(tmp_path, "psy", **left_out))["stay"].num_rows == 1


def test_sets_of_two_fields_in_one_folder_are_two_sets(tmp_path: Path) -> None:
    write_set(tmp_path, "smr")
    write_set(tmp_path, "had")
    assert strata.read(tmp_path)["stay"].column("field").to_pylist() == ["smr", "had"]


def test_weeks_of_one_stay_are_one_stay_at_its_first_row(tmp_path: Path) -> None:
    weeks = [row("T_SSRaaB", stay_number="2"), row("T_SSRaaB", unit_number="2"), row("T_SSRaaB", unit_number="1")]
    stays = strata.read(write_set(tmp_path, "smr", B=weeks))["stay"].to_pylist()
    assert [(one["stay_number"], one["line"], one["source_line"], one["unit_count"]) for one in stays] == [
        ("0000002", 1, 1, 1),
        ("0000001", 2, 2, 2),
    ]


def test_a_row_set_aside_takes_its_stay_along_only_when_it_is_alone(tmp_path: Path) -> None:
    weeks = [row("T_SSRaaB", age_years="x"), row("T_SSRaaB", unit_number="2"), row("T_SSRaaB", stay_number="2", age_years="x")]
    persons = [row("T_SSRaaC"), row("T_SSRaaC", stay_number="2"), row("T_SSRaaC", stay_number="3")]
    write_set(tmp_path, "smr", B=weeks, C=persons)
    assert strata.read(tmp_path)["stay"].column("stay_number").to_pylist() == ["0000001"]
    assert reasons(tmp_path) == [
        ("T_SSR17B.csv", 1, "not_a_number"),
        ("T_SSR17B.csv", 3, "not_a_number"),
        ("T_SSR17C.csv", 2, "stay_set_aside"),
        ("T_SSR17C.csv", 3, "orphan_row"),
        ("T_SSR17CCAM.csv", 1, "stay_set_aside"),  # of the week that was set aside
        ("T_SSR17CSARR.csv", 1, "stay_set_aside"),
        ("T_SSR17D.csv", 1, "stay_set_aside"),
    ]


def test_a_week_in_two_files_refuses_the_set(tmp_path: Path) -> None:
    write_set(tmp_path / "landing", "smr")
    weeks = [row("T_SSRaaB"), row("T_SSRaaB", unit_number="2")]
    write_set(tmp_path / "more", "smr", B=weeks)
    (tmp_path / "more" / "T_SSR17B.csv").rename(tmp_path / "landing" / "T_SSR17B_2.csv")
    report = ingest(tmp_path / "landing", tmp_path / "w" / "strata.duckdb")
    assert {file.reason for file in report.files} == {"table_twice"}


def test_a_few_rows_repeated_from_one_part_of_a_table_to_another_are_set_aside_with_what_hangs_on_them(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    write_set(landing, "smr", B=[row("T_SSRaaB", unit_number=str(week)) for week in range(1, 151)], D=[row("T_SSRaaD", unit_number="7")])
    write_set(tmp_path / "more", "smr", B=[row("T_SSRaaB", unit_number="7"), row("T_SSRaaB", unit_number="200")])
    (tmp_path / "more" / "T_SSR17B.csv").rename(landing / "T_SSR17B_2.csv")
    assert [one["unit_count"] for one in strata.read(landing)["stay"].to_pylist()] == [150]
    found = [one for one in reasons(landing) if one[0] in ("T_SSR17B.csv", "T_SSR17B_2.csv", "T_SSR17D.csv")]
    assert found == [
        ("T_SSR17B.csv", 7, "row_in_two_files"),
        ("T_SSR17B_2.csv", 1, "duplicate_row"),
        ("T_SSR17D.csv", 1, "stay_set_aside"),
    ]


def test_three_tables_of_had_feed_one_raw_table(tmp_path: Path) -> None:
    diagnoses = {"D": "I10", "DMPP": "E119", "DMPA": "Z491"}
    changed = {end: [row(f"T_HADaa{end}", code=code)] for end, code in diagnoses.items()}
    found = strata.read(write_set(tmp_path, "had", **changed))["diagnosis"]
    assert sorted(found.column("code").to_pylist()) == sorted(diagnoses.values())


def test_what_nobody_verified_for_a_year_is_said(tmp_path: Path) -> None:
    for year, is_said in (("17", False), ("23", True)):
        weeks, folder = [row("T_SSRaaB", week_month=f"0320{year}", week_year=f"0320{year}")], tmp_path / year
        write_set(folder, "smr", B=weeks)
        for path in list(folder.iterdir()):
            path.rename(folder / path.name.replace("17", year))
        notices = ingest(folder, tmp_path / f"w{year}" / "strata.duckdb").notices
        assert [("T_SSRaaB" in french, "T_SSRaaB" in english) for french, english in notices] == [(True, True)] * is_said


def raw(**cells: object) -> pa.Table:
    """Rows of one raw table; each cell a list."""
    return pa.table({"reason": pa.nulls(len(next(iter(cells.values()))), pa.string()), **cells})


def test_rows_made_of_one_line_set_it_aside_once(tmp_path: Path) -> None:
    connection = duckdb.connect()
    raw_set.create_raw_tables(connection, "psy")
    file_no = raw_set.add_source(connection, "a.rpsa")
    key = {"row_no": [1, 2], "finess": [FINESS] * 2, "stay_number": ["000001", "000002"], "unit_number": ["001", "001"]}
    raw_set.insert_rows(connection, "psy_sequence", raw_set.of_file(raw(**key, end_year=[2017, 2017], end_month=[13, 3]), file_no))
    zones = {name: [*values, values[0]] for name, values in key.items()}
    raw_set.insert_rows(connection, "psy_sequence_diagnosis", raw_set.of_file(raw(**zones, code=["F20", "F20", "F32"]), file_no))
    assert raw_set.judge(connection, "psy") == raw_set.Verdict(2017)
    month = raw_set.join(connection, "psy")
    (extract,) = raw_set.extracts(connection, "psy", "atih", [FileSeen("a.rpsa", "", "psy_rpsa", lines=2)], 2017, month)
    assert extract.quarantine.to_pylist() == [{"source_file": "a.rpsa", "source_line": 1, "reason": "invalid_month"}]
    assert [(one.lines, one.accepted, one.quarantined) for one in extract.files] == [(2, 1, 1)]
    assert (extract.tables["stay"].num_rows, extract.tables["diagnosis"].num_rows) == (1, 1)
