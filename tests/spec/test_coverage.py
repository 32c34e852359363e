"""A hospital that is missing between two years, or stops before the last complete month, is seen; what is declared is accepted."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from strata.config import from_dict
from strata.engine import models
from strata.errors import StrataError
from strata.ingest.warehouse import tables as warehouse
from strata.settings import write_settings
from tests.support.small_country import YEARS, built, config

WHOLE = [("990000001", year, 12) for year in range(2017, 2026)] + [("990000002", year, 12) for year in range(2017, 2026)]


def held(slices: list[tuple[str, int, int]], **declared: object) -> duckdb.DuckDBPyConnection:
    """The coverage tables of the (finess, year, transmission month) held in MCO; keyword arguments are keys of [coverage.mco]."""
    connection = duckdb.connect()
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    for number, (finess, year, month) in enumerate(slices):
        connection.execute(
            """INSERT INTO read_slice BY NAME
               SELECT ? AS slice_id, ? AS finess, 'mco' AS field, ? AS year, 'atih' AS form, ? AS month""",
            [number, finess, year, month],
        )
    coverage = {"mco": {"scope": "national", "last_complete_month": "2025-12"} | declared}
    write_settings(connection, from_dict({"years": YEARS, "coverage": coverage}, Path()))
    for name in ("coverage_gap", "coverage_check"):
        models.build(connection, name)
    return connection


def gaps(slices: list[tuple[str, int, int]], *, accepted: list[str] | None = None, through: str = "2025-12") -> tuple[int, int, int]:
    """(missing, cut short, absent at the end) for the (finess, year, transmission month) held."""
    connection = held(slices, last_complete_month=through, accepted_gaps=accepted or [])
    return connection.execute("FROM coverage_check").fetchall()[0][:3]


def test_an_extract_that_holds_every_hospital_to_the_end_has_no_gap() -> None:
    assert gaps(WHOLE) == (0, 0, 0)


@pytest.mark.parametrize(
    ("lost", "found"),
    [(("990000002", 2023, 12), (1, 0, 0)), (("990000002", 2025, 12), (0, 0, 1)), (("990000002", 2017, 12), (0, 0, 0))],
)
def test_a_lost_hospital_year_is_seen(lost: tuple[str, int, int], found: tuple[int, int, int]) -> None:
    assert gaps([one for one in WHOLE if one != lost]) == found


def test_a_transmission_that_stops_in_june_is_cut_short_unless_june_is_the_last_complete_month() -> None:
    june = [(finess, year, 6 if year == 2025 else month) for finess, year, month in WHOLE]
    assert gaps(june) == (0, 2, 0)
    assert gaps(june, through="2025-06") == (0, 0, 0)


def test_a_year_that_is_not_published_yet_or_without_look_back_may_stop_at_the_last_complete_month() -> None:
    january = [*WHOLE, ("990000001", 2026, 1), ("990000002", 2026, 1)]
    assert gaps(january, through="2025-12") == (0, 0, 0)
    short = [(finess, year, 6 if year == 2025 else month) for finess, year, month in WHOLE if year > 2022]
    assert gaps(short, through="2025-06") == (0, 0, 0)
    assert gaps(short, through="2025-07") == (0, 2, 0)


def test_a_declared_gap_is_accepted() -> None:
    assert gaps([one for one in WHOLE if one != ("990000002", 2023, 12)], accepted=["990000002:2023"]) == (0, 0, 0)


def test_a_gap_that_cannot_be_read_is_refused_by_its_key() -> None:
    with pytest.raises(StrataError) as caught:
        gaps(WHOLE, accepted=["990000002 en 2023"])
    assert "accepted_gaps" in caught.value.where


def test_a_declared_hospital_is_looked_for_in_every_year_and_named() -> None:
    connection = held(WHOLE, hospitals=["990000001", "990000002", "990000003"], accepted_gaps=["990000003:2017"])
    named = connection.execute("SELECT kind, finess, year FROM coverage_gap ORDER BY year").fetchall()
    assert named == [("declared_absent", "990000003", year) for year in range(2018, 2026)]
    assert connection.execute("SELECT declared_hospital_years_absent FROM coverage_check").fetchall() == [(8,)]


def test_a_hospital_that_is_not_in_the_declared_list_is_named() -> None:
    connection = held(WHOLE, hospitals=["990000001"])
    assert set(connection.execute("SELECT kind, finess FROM coverage_gap").fetchall()) == {("undeclared", "990000002")}
    assert connection.execute("SELECT undeclared_hospital_years FROM coverage_check").fetchall() == [(9,)]


def test_a_field_left_out_has_no_coverage_to_check() -> None:
    connection = held(WHOLE)
    connection.execute(
        """INSERT INTO read_slice BY NAME
           SELECT 90 AS slice_id, '990000009' AS finess, 'smr' AS field, 2024 AS year, 'atih' AS form, 6 AS month"""
    )
    models.build(connection, "coverage_gap")
    assert connection.execute("SELECT count(*) FROM coverage_gap").fetchall() == [(0,)]


@pytest.mark.parametrize(("month", "through"), [(12, date(2025, 12, 31)), (6, date(2025, 6, 30)), (2, date(2025, 2, 28))])
def test_without_a_declared_month_the_data_reach_what_was_sent(month: int, through: date) -> None:
    connection = held([(finess, year, month if year == 2025 else 12) for finess, year, _ in WHOLE], last_complete_month="")
    assert connection.execute("SELECT data_through FROM setting").fetchall() == [(through,)]
    assert connection.execute("SELECT hospital_years_cut_short FROM coverage_check").fetchall() == [(0,)]


def test_without_a_declared_month_the_hospital_that_sent_less_is_cut_short() -> None:
    late = [(finess, year, 6 if (finess, year) == ("990000002", 2025) else 12) for finess, year, _ in WHOLE]
    connection = held(late, last_complete_month="")
    assert connection.execute("SELECT kind, finess, year FROM coverage_gap").fetchall() == [("cut_short", "990000002", 2025)]


def test_snds_years_have_no_month_of_transmission_and_reach_their_last_exit() -> None:
    connection = built("person | exit\n1 | 2025-04-10\n1 | 2025-07-03", only=[])
    write_settings(connection, config(coverage={"mco": {"scope": "national"}}))
    assert connection.execute("SELECT data_through FROM setting").fetchall() == [(date(2025, 7, 31),)]


def test_a_field_asked_for_and_not_read_is_refused_by_its_name() -> None:
    connection = built("person | exit\n1 | 2025-06-01", only=[])
    with pytest.raises(StrataError) as caught:
        write_settings(connection, config(method={"fields": ["mco", "had"]}))
    assert caught.value.where.endswith("fields: had")


def test_a_look_back_is_whole_when_every_field_included_has_it() -> None:
    connection = built("person | exit\n1 | 2025-06-01", only=[], settings=config(method={"fields": ["mco", "smr"]}))
    connection.execute("DELETE FROM read_slice WHERE field = 'smr' AND year < 2021")
    write_settings(connection, config(method={"fields": ["mco", "smr"]}))
    assert connection.execute("SELECT year FROM reporting_year WHERE is_stock").fetchall() == [(2025,)]
