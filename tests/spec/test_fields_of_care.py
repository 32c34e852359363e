"""Stays of SMR, HAD and PSY: small raw tables in, the tables as read out, through the SQL files as they stand."""

import csv
import datetime as dt

import duckdb
import pyarrow as pa
import pytest

from strata.ingest.extract import SCHEMAS
from strata.ingest.lines.layouts import FORMATS
from strata.ingest.raw.raw_set import add_source, create_raw_tables, insert_rows, join, judge, of_file
from strata.ingest.raw.raw_tables import raw_columns, raw_tables

Row = dict[str, object]
STAY = {"finess": "990000001", "stay_number": "0000001"}
_RETURNS = "nir birth_date sex stay_id fusion_hosp fusion_pmsi entry_date birth_coherence sex_coherence"
GOOD = {f"{name}_return": "0" for name in _RETURNS.split()}


def read(field: str, tables: dict[str, list[Row]], year: int | None = None) -> dict[str, list[Row]]:
    """The tables as read of one set: a file for each raw table, its rows numbered from 1."""
    con = duckdb.connect()
    create_raw_tables(con, field)
    for name, rows in tables.items():
        file_no = add_source(con, f"{name}.csv")
        columns = ["row_no", *dict.fromkeys(column for row in rows for column in row)]
        numbered = [{"row_no": rank, **row} for rank, row in enumerate(rows, start=1)]
        typed = [pa.array([row.get(column) for row in numbered]) for column in columns]
        table = pa.table([*typed, pa.nulls(len(rows), pa.string())], names=[*columns, "reason"])
        insert_rows(con, name, of_file(table, file_no))
    verdict = judge(con, field, year)
    assert verdict.reason is None
    join(con, field)
    found = {name: con.sql(f"SELECT {', '.join(SCHEMAS[name].names)} FROM out_{name} ORDER BY ALL").to_arrow_table() for name in SCHEMAS}
    problem = "SELECT raw_table, row_no, reason FROM problem ORDER BY ALL"
    return {
        **{name: table.cast(SCHEMAS[name]).to_pylist() for name, table in found.items()},
        "problem": con.sql(problem).to_arrow_table().to_pylist(),
    }


def only(rows: list[Row]) -> Row:
    assert len(rows) == 1
    return rows[0]


def pick(rows: list[Row], *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def week(number: int, year: int, month: int, **values: object) -> Row:
    return {
        **STAY,
        **{"unit_number": f"{number:03d}", "week_year": year, "week_month": month, "hospitalisation_type": "1"},
        **{"weekdays_present": "11111", "weekend_days_present": "11", "mmp": "I500", **values},
    }


def period(sequence: int, unit: int, year: int, month: int, days: int, **values: object) -> Row:
    return {
        **{"finess": "990000001", "stay_number": "00001", "sequence_number": f"{sequence:04d}", "unit_number": f"{unit:04d}"},
        **{"end_year": year, "end_month": month, "days": days, "home_type": "1", **values},
    }


def sequence(number: int, year: int, month: int, **values: object) -> Row:
    return {
        **{"finess": "990000001", "stay_number": "000001", "unit_number": f"{number:03d}", "end_year": year, "end_month": month},
        **{"activity_form": "01", "presence_days": 10, "presence_half_days": 0, **values},
    }


def contact(order: str = "00000001", **values: object) -> Row:
    return {
        **{"finess": "990000001", "stay_identifier": "00007", "stay_number": order, "year": 2019, "month": 2, "activity_form": "30"},
        **{"sex_code": "2", "age_years": 40, "geo_code": "10000", "dp": "F200", "ipp_hash": "A", **values},
    }


def chaining(stay_number: str, **values: object) -> Row:
    return {
        **{"finess": "990000001", "stay_number": stay_number, "pseudonym": "person00000000001", **GOOD},
        **{"entry_date": dt.date(2019, 3, 6), "exit_date": dt.date(2019, 3, 22), **values},
    }


THREE_WEEKS: dict[str, list[Row]] = {
    "smr_week": [
        week(3, 2019, 3, exit_mode="8", weekdays_present="11110", weekend_days_present="00", geo_code="10002", ae="E116", age_years=71),
        week(1, 2019, 3, entry_mode="7", weekdays_present="00111", geo_code="10001", fppc="Z508", age_years=70, sex_code="1"),
        week(2, 2019, 3, mmp="I501", exit_mode="6", entry_mode="6", authorisation="51A", unit_finess="990000002"),
    ],
    "smr_stay": [{**STAY, "sequence_kind": "1", "entry_mode": "7", "exit_mode": "8", "exit_destination": "7"}],
    "smr_chaining": [chaining("0000001")],
    "smr_week_diagnosis": [{**STAY, "unit_number": "002", "code": "E1190"}, {**STAY, "unit_number": "003", "code": "N183"}],
    "smr_week_procedure": [
        {**STAY, "unit_number": "002", "code": "DEQP003", "phase": "0", "activity": "1", "day_offset": 9, "executions": 2}
    ],
    "smr_week_csarr": [{**STAY, "unit_number": "003", "code": "ZZC+221", "day_offset": 12, "executions": 3}],
    "smr_week_csar": [{**STAY, "unit_number": "003", "code": "AAA01", "day_offset": 13, "executions": 1}],
    "smr_group": [{**STAY, "gme": "0512SB0", "gmt": "1234", "days": 14}, {**STAY, "gme": "0803SA1", "gmt": "5678", "days": 4}],
    "smr_billing": [{**STAY, "billing_base_eur": 4321.5}],
}


def test_weeks_of_one_number_are_one_smr_stay() -> None:
    found = read("smr", THREE_WEEKS)
    stay = only(found["stay"])
    expected = {
        **{"field": "smr", "finess": "990000001", "year": 2019, "stay_number": "0000001", "pseudonym": "person00000000001"},
        **{"chaining_codes": "000000000", "entry_date": dt.date(2019, 3, 6), "exit_date": dt.date(2019, 3, 22), "exit_month": 3},
        **{"entry_mode": "7", "exit_mode": "8", "exit_destination": "7", "sex_code": "1", "age_years": 70, "geo_code": "10002"},
        **{"care_form": "full", "presence_days": 16, "presence_half_days": None, "nights": 16, "sessions": 0, "unit_count": 3},
        **{"is_unfinished": False, "automatic_rsa": "0", "ghm": None, "ghs": None, "dp": None, "stay_type": None, "exh_days": None},
        **{"cost_billed_eur": None, "source_file": "smr_week.csv", "source_line": 1},
    }
    assert {name: stay[name] for name in expected} == expected
    assert float(str(stay["billing_base_eur"])) == 4321.5


def test_weeks_are_units_in_the_order_of_the_stay() -> None:
    found = read("smr", THREE_WEEKS)
    assert pick(found["unit"], "unit_rank", "dp", "dr", "unit_finess", "authorisation_1", "nights") == [
        (1, "I500", None, None, None, 5),
        (2, "I501", None, "990000002", "51A", 7),
        (3, "I500", "E116", None, None, 4),
    ]


def test_diagnoses_of_a_week_are_its_fppc_and_its_associated_ones() -> None:
    found = read("smr", THREE_WEEKS)
    assert sorted(pick(found["diagnosis"], "unit_rank", "code")) == [(1, "Z508"), (2, "E1190"), (3, "N183")]


def test_an_act_of_smr_keeps_its_offset_from_the_entry_of_the_unit() -> None:
    acts = read("smr", THREE_WEEKS)["procedure"]
    assert pick(acts, "unit_rank", "system", "code", "phase", "activity", "day_offset", "executions") == [
        (2, "ccam", "DEQP003", "0", "1", 9, 2),
        (3, "csar", "AAA01", None, None, 13, 1),
        (3, "csarr", "ZZC+221", None, None, 12, 3),
    ]


def test_two_gmt_of_one_stay_are_two_groups() -> None:
    groups = read("smr", THREE_WEEKS)["group"]
    names = ("unit_rank", "group_code", "tariff_code", "days", "home")
    assert pick(groups, *names) == [(None, "0512SB0", "1234", 14, None), (None, "0803SA1", "5678", 4, None)]


def test_without_the_summary_the_first_and_last_weeks_give_the_modes() -> None:
    stay = only(read("smr", {name: rows for name, rows in THREE_WEEKS.items() if name != "smr_stay"})["stay"])
    assert (stay["entry_mode"], stay["exit_mode"], stay["is_unfinished"]) == ("7", "8", False)


def test_a_week_set_aside_takes_its_diagnoses_and_acts_along_but_not_the_stay() -> None:
    weeks = [{**one, "week_month": 13} if one["unit_number"] == "002" else one for one in THREE_WEEKS["smr_week"]]
    found = read("smr", {**THREE_WEEKS, "smr_week": weeks})
    assert [(one["raw_table"], one["reason"]) for one in found["problem"]] == [
        ("smr_week", "invalid_month"),
        ("smr_week_diagnosis", "stay_set_aside"),
        ("smr_week_procedure", "stay_set_aside"),
    ]
    assert pick(found["unit"], "unit_rank", "nights") == [(1, 5), (2, 4)]
    assert (only(found["stay"])["presence_days"], only(found["stay"])["unit_count"]) == (9, 2)
    assert sorted(pick(found["diagnosis"], "unit_rank", "code")) == [(1, "Z508"), (2, "N183")]


@pytest.mark.parametrize("kind", ["3", "4"])
def test_an_smr_stay_that_goes_on_over_new_year_ends_on_the_last_day_seen(kind: str) -> None:
    tables: dict[str, list[Row]] = {
        "smr_week": [week(1, 2019, 12), week(2, 2020, 1)],  # the last week began in December and belongs to January
        "smr_stay": [{**STAY, "sequence_kind": kind, "exit_mode": "8", "exit_destination": "1"}],
        "smr_chaining": [chaining("0000001", entry_date=dt.date(2019, 12, 16), exit_date=dt.date(2020, 1, 20))],
    }
    stay = only(read("smr", tables, 2019)["stay"])
    assert (stay["is_unfinished"], stay["year"], stay["exit_date"], stay["exit_month"]) == (True, 2019, dt.date(2019, 12, 31), 12)
    assert (stay["exit_mode"], stay["exit_destination"]) == (None, None)
    assert stay["presence_days"] == 7  # the week of January is of the next file


def test_weeks_repeated_from_the_year_before_give_diagnoses_but_no_days() -> None:
    tables = {"smr_week": [week(1, 2018, 12, mmp="E1140"), week(2, 2019, 1, exit_mode="8")], "smr_chaining": []}
    found = read("smr", tables)
    stay = only(found["stay"])
    assert (stay["year"], stay["presence_days"], stay["nights"], stay["unit_count"]) == (2019, 7, 7, 2)
    assert pick(found["unit"], "unit_rank", "dp") == [(1, "E1140"), (2, "I500")]


def test_an_smr_stay_that_ended_before_its_file_keeps_a_month_of_the_file() -> None:
    tables = {"smr_week": [week(1, 2018, 11), week(2, 2019, 1)], "smr_stay": [{**STAY, "sequence_kind": "2"}]}
    tables["smr_chaining"] = [chaining("0000001", entry_date=dt.date(2018, 11, 5), exit_date=dt.date(2018, 12, 30))]
    stay = only(read("smr", tables)["stay"])
    assert (stay["exit_date"], stay["exit_month"]) == (dt.date(2018, 12, 30), 1)


@pytest.mark.parametrize(
    ("code", "form", "nights"), [("1", "full", 7), ("2", "day", 0), ("3", "night", 7), ("4", "session", 0), ("9", None, 0)]
)
def test_the_kind_of_hospitalisation_gives_the_form_of_care(code: str, form: str | None, nights: int) -> None:
    found = read("smr", {"smr_week": [week(1, 2019, 5, hospitalisation_type=code)]})
    stay = only(found["stay"])
    assert (stay["care_form"], stay["nights"], stay["presence_days"]) == (form, nights, 7)
    assert only(found["unit"])["nights"] == nights


def test_a_stay_is_automatic_only_when_all_its_units_are() -> None:
    both = read("smr", {"smr_week": [week(1, 2019, 5, automatic_rsa="2"), week(2, 2019, 5, automatic_rsa="0")]})
    alone = read("smr", {"smr_week": [week(1, 2019, 5, automatic_rsa="2")]})
    assert (only(both["stay"])["automatic_rsa"], only(alone["stay"])["automatic_rsa"]) == ("0", "2")


def test_a_week_of_generation_4_is_medical() -> None:
    assert only(read("smr", {"smr_week": [week(1, 2019, 5, automatic_rsa="4")]})["stay"])["automatic_rsa"] == "0"


def test_a_placeholder_pseudonym_is_kept_for_the_store_to_judge() -> None:
    stay = only(read("smr", {"smr_week": [week(1, 2019, 5)], "smr_chaining": [chaining("0000001", pseudonym="x" * 17)]})["stay"])
    assert (stay["pseudonym"], stay["chaining_codes"]) == ("x" * 17, "000000000")


def test_blank_return_codes_and_no_row_of_chaining_stay_blank() -> None:
    blank = read("smr", {"smr_week": [week(1, 2019, 5)], "smr_chaining": [chaining("0000001", nir_return=None, sex_coherence_return=None)]})
    without = read("smr", {"smr_week": [week(1, 2019, 5)]})
    assert only(blank["stay"])["chaining_codes"] == " 0000000 "
    assert (only(without["stay"])["chaining_codes"], only(without["stay"])["entry_date"]) == (" " * 9, None)


HOME: dict[str, list[Row]] = {
    "had_period": [
        period(2, 1, 2019, 5, 6, dp="J449", exit_mode="8", exit_year=2019, geo_code="10002", home_type="6"),
        period(1, 1, 2019, 4, 10, dp="C509", entry_mode="7", exit_mode="8", exit_year=2019, geo_code="10001", age_years=60, sex_code="2"),
        period(1, 2, 2019, 4, 4, dp="C509", home_type="3", exit_mode="8", exit_year=2019),
    ],
    "had_chaining": [
        {**chaining("00001"), "entry_date": dt.date(2019, 4, 2), "exit_date": dt.date(2019, 5, 6)},
    ],
    "had_period_diagnosis": [
        {**{"finess": "990000001", "stay_number": "00001"}, "sequence_number": "0001", "unit_number": "0002", "code": "E1190"},
        {**{"finess": "990000001", "stay_number": "00001"}, "sequence_number": "0002", "unit_number": "0001", "code": "I500"},
    ],
    "had_procedure": [
        {
            **{"finess": "990000001", "stay_number": "00001", "sequence_number": "0002", "unit_number": "0001"},
            "code": "ZZLP030",
            "day_offset": 3,
        },
    ],
    "had_group": [
        {
            **{"finess": "990000001", "stay_number": "00001", "sequence_number": "0001", "unit_number": "0001"},
            "ghpc": "0101",
            "ght": "12",
            "days": 4,
        },
        {
            **{"finess": "990000001", "stay_number": "00001", "sequence_number": "0001", "unit_number": "0001"},
            "ghpc": "0101",
            "ght": "09",
            "days": 6,
        },
        {
            **{"finess": "990000001", "stay_number": "00001", "sequence_number": "0001", "unit_number": "0002"},
            "ghpc": "0101",
            "ght": "09",
            "days": 4,
        },
        {
            **{"finess": "990000001", "stay_number": "00001", "sequence_number": "0002", "unit_number": "0001"},
            "ghpc": "0703",
            "ght": "05",
            "days": 6,
        },
    ],
    "had_billing": [{"finess": "990000001", "stay_number": "00001", "billing_base_eur": 1500}],
}


def test_sub_sequences_of_one_number_are_one_had_stay() -> None:
    found = read("had", HOME)
    stay = only(found["stay"])
    assert (stay["field"], stay["care_form"], stay["presence_days"], stay["nights"], stay["unit_count"]) == ("had", "home", 20, 0, 3)
    assert (stay["entry_mode"], stay["exit_mode"], stay["exit_date"], stay["is_unfinished"]) == ("7", "8", dt.date(2019, 5, 6), False)
    assert (stay["age_years"], stay["sex_code"], stay["geo_code"], stay["automatic_rsa"]) == (60, "2", "10002", "0")
    assert float(str(stay["billing_base_eur"])) == 1500
    assert pick(found["unit"], "unit_rank", "dp", "dr", "nights") == [(1, "C509", None, 0), (2, "C509", None, 0), (3, "J449", None, 0)]


def test_diagnoses_acts_and_tariffs_follow_their_sub_sequence() -> None:
    found = read("had", HOME)
    assert sorted(pick(found["diagnosis"], "unit_rank", "code")) == [(2, "E1190"), (3, "I500")]
    assert pick(found["procedure"], "unit_rank", "code", "day_offset") == [(3, "ZZLP030", 3)]
    assert sorted(pick(found["group"], "unit_rank", "group_code", "tariff_code", "days", "home")) == [
        (1, "0101", "09", 6, ""),
        (1, "0101", "12", 4, ""),
        (2, "0101", "09", 4, "esms"),
        (3, "0703", "05", 6, "ssiad"),
    ]


@pytest.mark.parametrize("exit_year", [None, 0])
def test_a_had_stay_without_exit_goes_on(exit_year: int | None) -> None:
    stay = only(read("had", {"had_period": [period(1, 1, 2019, 11, 30, exit_year=exit_year)]})["stay"])
    assert (stay["is_unfinished"], stay["exit_date"], stay["exit_month"]) == (True, dt.date(2019, 11, 30), 11)


def test_what_the_table_of_had_stays_says_wins() -> None:
    tables: dict[str, list[Row]] = {
        "had_period": [period(1, 1, 2019, 11, 30, exit_year=2019, exit_mode="8")],
        "had_stay": [{"finess": "990000001", "stay_number": "00001", "is_finished": "0", "entry_mode": "6"}],
    }
    stay = only(read("had", tables)["stay"])
    assert (stay["is_unfinished"], stay["entry_mode"], stay["exit_mode"]) == (True, "6", None)


def test_days_nobody_could_stay_do_not_stop_the_reading() -> None:
    had = only(read("had", {"had_period": [period(1, rank, 2019, 1, 9999) for rank in range(1, 6)]})["stay"])
    psy = only(read("psy", {"psy_sequence": [sequence(rank, 2019, 1, presence_days=9999) for rank in range(1, 6)]})["stay"])
    assert (had["presence_days"], psy["presence_days"], psy["nights"]) == (32767, 32767, 32767)


def test_sequences_of_one_number_are_one_psy_stay() -> None:
    found = read(
        "psy",
        {
            "psy_sequence": [
                sequence(2, 2019, 6, activity_form="20", presence_days=3, presence_half_days=4, dp="F322", exit_mode="8"),
                sequence(1, 2019, 5, entry_mode="8", dp="F200", geo_code="10001"),
            ],
            "psy_sequence_diagnosis": [{"finess": "990000001", "stay_number": "000001", "unit_number": "002", "code": "E1190"}],
            "psy_chaining": [chaining("000001")],
        },
    )
    stay = only(found["stay"])
    assert (stay["field"], stay["care_form"], stay["presence_days"], stay["presence_half_days"]) == ("psy", "full", 13, 4)
    assert (stay["nights"], stay["entry_mode"], stay["exit_mode"], stay["geo_code"]) == (10, "8", "8", "10001")
    assert pick(found["unit"], "unit_rank", "dp", "nights") == [(1, "F200", 10), (2, "F322", 0)]
    assert pick(found["diagnosis"], "unit_rank", "code") == [(2, "E1190")]
    assert found["group"] == []


@pytest.mark.parametrize(("code", "form"), [("01", "full"), ("03", "home"), ("0700", "full"), ("20", "day"), ("21", "night"), ("99", None)])
def test_the_form_of_activity_gives_the_form_of_care(code: str, form: str | None) -> None:
    stay = only(read("psy", {"psy_sequence": [sequence(1, 2023, 5, activity_form=code)]})["stay"])
    assert (stay["care_form"], stay["nights"]) == (form, 10 if form in ("full", "night") else 0)


def test_an_act_of_psychiatry_has_a_unit_only_when_its_sequence_is_known() -> None:
    acts = [{"finess": "990000001", "stay_number": "000001", "unit_number": unit, "code": "ALQP006"} for unit in (None, "001")]
    found = read("psy", {"psy_sequence": [sequence(1, 2019, 5)], "psy_sequence_procedure": acts})
    assert [one["unit_rank"] for one in found["procedure"]] == [1, None]


def test_an_ambulatory_act_is_a_stay_of_one_day_with_its_person() -> None:
    tables: dict[str, list[Row]] = {
        "psy_sequence": [sequence(1, 2019, 5, exit_mode="8", ipp_hash="A")],
        "psy_chaining": [chaining("000001")],
        "psy_contact": [contact(), contact("00000002", contact_date=dt.date(2019, 2, 14), ipp_hash="B")],
        "psy_contact_diagnosis": [{"finess": "990000001", "stay_identifier": "00007", "stay_number": "00000002", "code": "F101"}],
    }
    found = read("psy", tables)
    acts = [one for one in found["stay"] if one["care_form"] == "contact"]
    assert sorted(pick(acts, "stay_number", "entry_date", "exit_date", "exit_month", "pseudonym", "chaining_codes"), key=str) == [
        ("00000001", dt.date(2019, 2, 28), dt.date(2019, 2, 28), 2, "person00000000001", "000000000"),
        ("00000002", dt.date(2019, 2, 14), dt.date(2019, 2, 14), 2, None, " " * 9),
    ]
    assert pick(acts, "nights", "presence_days", "is_unfinished", "unit_count", "sex_code") == [(0, 0, False, 1, "2")] * 2
    lines = {one["stay_number"]: one["line"] for one in acts}
    assert pick(found["diagnosis"], "line", "unit_rank", "code") == [(lines["00000002"], 1, "F101")]
    assert sorted(pick(found["unit"], "unit_rank", "dp"), key=str) == [(1, "F200"), (1, "F200"), (1, None)]
    assert len({one["line"] for one in found["stay"]}) == 3


@pytest.mark.parametrize(("second", "linked"), [("person00000000002", None), ("X" * 16 + "D", "person00000000001")])
def test_an_act_takes_no_person_when_its_patient_has_two(second: str, linked: str | None) -> None:
    tables: dict[str, list[Row]] = {
        "psy_sequence": [sequence(1, 2019, 5, ipp_hash="A"), sequence(1, 2019, 6, ipp_hash="A", stay_number="000002")],
        "psy_chaining": [chaining("000001"), chaining("000002", pseudonym=second)],
        "psy_contact": [contact()],
    }
    act = only([one for one in read("psy", tables)["stay"] if one["care_form"] == "contact"])
    assert act["pseudonym"] == linked


def test_an_outpatient_takes_the_person_of_a_row_of_chaining_without_a_stay() -> None:
    """Acts, and chaining of their patient, in a hospital where that patient never stayed."""
    tables: dict[str, list[Row]] = {
        "psy_contact": [contact(), contact("00000002", ipp_hash="B")],
        "psy_chaining": [chaining("000009", ipp_hash="A"), chaining("000010", ipp_hash="C")],
        "psy_billing": [{"finess": "990000001", "stay_number": number, "billing_base_eur": 10} for number in ("000009", "000010")],
    }
    acts = read("psy", tables)
    assert sorted(pick(acts["stay"], "stay_number", "care_form", "pseudonym", "nights"), key=str) == [
        ("00000001", "contact", "person00000000001", 0),
        ("00000002", "contact", None, 0),
    ]
    assert [one["billing_base_eur"] for one in acts["stay"]] == [None, None]
    assert pick(acts["problem"], "raw_table", "row_no", "reason") == [("psy_billing", 2, "orphan_row"), ("psy_chaining", 2, "orphan_row")]


def test_a_contact_and_a_stay_of_one_number_are_two_stays() -> None:
    tables = {"psy_sequence": [sequence(1, 2019, 5)], "psy_contact": [contact("00000001"), contact("00000001", stay_identifier="00008")]}
    assert len(read("psy", tables)["stay"]) == 3


def test_raw_columns_says_what_every_column_holds() -> None:
    with (FORMATS / "raw_columns.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    told = [(row["raw_table"], row["column"], row["kind"], row["width"]) for row in rows]
    names = [table.name for field in ("smr", "had", "psy") for table in raw_tables(field)]
    assert told == [(name, one.name, one.kind, str(one.width or "")) for name in names for one in raw_columns(name)]
    assert all(row["meaning"] for row in rows)


def test_every_code_of_care_has_a_source() -> None:
    for name in ("care_form.csv", "had_home.csv"):
        with (FORMATS / name).open(encoding="utf-8", newline="") as handle:
            assert all(row["source"] and row["label_fr"] for row in csv.DictReader(handle))
