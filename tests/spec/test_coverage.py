"""A hospital that is missing between two years, or stops before the last complete month, is seen; what is declared is accepted."""

import duckdb
import pytest

from strata import models
from strata.config import from_dict
from strata.errors import StrataError
from strata.ingest import warehouse
from strata.settings import write_settings
from tests.support.small_country import YEARS

WHOLE = [("990000001", year, 12) for year in range(2017, 2026)] + [("990000002", year, 12) for year in range(2017, 2026)]


def gaps(slices: list[tuple[str, int, int]], *, accepted: list[str] | None = None, through: str = "2025-12") -> tuple[int, int, int]:
    """(missing, cut short, absent at the end) for the (finess, year, transmission month) held."""
    from pathlib import Path

    connection = duckdb.connect()
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    for number, (finess, year, month) in enumerate(slices):
        connection.execute("INSERT INTO read_slice VALUES (?, ?, 'mco', ?, 'atih', ?, 'x')", [number, finess, year, month])
    coverage = {"mco": {"scope": "national", "last_complete_month": through, "accepted_gaps": accepted or []}}
    write_settings(connection, from_dict({"years": YEARS, "coverage": coverage}, Path()))
    models.build(connection, "coverage_check")
    return connection.execute("FROM coverage_check").fetchall()[0]


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


def test_a_declared_gap_is_accepted() -> None:
    assert gaps([one for one in WHOLE if one != ("990000002", 2023, 12)], accepted=["990000002:2023"]) == (0, 0, 0)


def test_a_gap_that_cannot_be_read_is_refused_by_its_key() -> None:
    with pytest.raises(StrataError) as caught:
        gaps(WHOLE, accepted=["990000002 en 2023"])
    assert "accepted_gaps" in caught.value.where
