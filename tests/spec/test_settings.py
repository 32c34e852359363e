"""The settings tables: which states and flows the data can carry."""

import duckdb
import pytest

from strata.settings import write_settings
from tests.support.small_country import built, config

WHOLE = range(2016, 2026)


def reporting(years: list[int], **sections: dict[str, object]) -> dict[int, tuple[int, bool, bool, bool]]:
    """year -> (look-back held, is_stock, opens_flow, is_flow), for an extract that holds these years."""
    connection: duckdb.DuckDBPyConnection = built("person | exit\n1 | 2025-06-01", only=[])
    connection.execute("DELETE FROM read_slice")
    for year in years:
        connection.execute(
            "INSERT INTO read_slice BY NAME SELECT ? AS slice_id, '750000001' AS finess, 'mco' AS field, ? AS year", [year, year]
        )
    write_settings(connection, config(**sections))
    query = "SELECT year, lookback_years, is_stock, opens_flow, is_flow FROM reporting_year"
    return {year: tuple(row) for year, *row in connection.execute(query).fetchall()}


def test_every_year_of_a_long_extract_is_published() -> None:
    assert reporting(list(WHOLE)) == {
        2020: (5, False, True, False),
        **dict.fromkeys(range(2021, 2025), (5, True, True, True)),
        2025: (5, True, False, True),
    }


def test_a_look_back_that_starts_too_late_is_not_published() -> None:
    assert sorted(year for year, row in reporting(list(range(2020, 2026))).items() if row[1]) == [2024, 2025]


@pytest.mark.parametrize("gap", [2018, 2021])
def test_a_year_that_nobody_transmitted_breaks_the_look_backs_that_span_it(gap: int) -> None:
    held = reporting([year for year in WHOLE if year != gap])
    assert {year for year, row in held.items() if row[1]} == {year for year in range(2021, 2026) if year - gap not in range(5)}


def test_a_year_without_data_is_neither_a_stock_nor_a_flow() -> None:
    held = reporting(list(range(2016, 2025)))
    assert 2025 not in held and held[2024][1]


def test_a_partial_year_needs_the_year_in_which_its_window_begins() -> None:
    half = {"coverage": {"mco": {"scope": "national", "last_complete_month": "2025-06"}}}
    assert 2025 not in reporting(list(range(2021, 2026)), **half)
    assert reporting(list(range(2020, 2026)), **half)[2025] == (5, True, False, False)


@pytest.mark.parametrize(
    ("named", "whole"),
    [
        ({2020: ["noanon"], 2021: ["noanon"]}, [2024, 2025]),  # hash from 2022 on
        ({2020: ["hash"], 2021: ["hash"]}, [2022, 2023, 2024, 2025]),
        ({2023: ["none"]}, [2022]),
        ({2022: ["hash", "none"]}, [2022, 2023, 2024, 2025]),  # a hospital without persons hides nobody else's
        ({2025: ["hash", "noanon"]}, []),
        ({year: ["none"] for year in range(2020, 2026)}, [2022, 2023, 2024, 2025]),
    ],
)
def test_a_look_back_begins_with_the_first_year_of_the_key_of_the_newest(named: dict[int, list[str]], whole: list[int]) -> None:
    connection = built("person | exit\n1 | 2025-06-01", only=[])
    connection.execute("DELETE FROM read_slice")
    for year in range(2020, 2026):
        for key in named.get(year, ["hash"]):
            connection.execute(
                "INSERT INTO read_slice BY NAME SELECT 1 AS slice_id, '750000001' AS finess, 'mco' AS field, ? AS year, ? AS person_key",
                [year, key],
            )
    write_settings(connection, config(method={"lookback_years": 3}))
    found = connection.execute("SELECT year FROM reporting_year WHERE is_stock ORDER BY year").fetchall()
    assert [year for (year,) in found] == whole


def test_only_hospitals_that_begin_with_99_make_a_synthetic_extract() -> None:
    connection = built("person | exit\n1 | 2025-06-01", only=[])
    assert connection.execute("SELECT is_synthetic FROM setting").fetchall() == [(True,)]
    connection.execute("INSERT INTO read_slice BY NAME SELECT 99 AS slice_id, '750000001' AS finess, 'mco' AS field, 2025 AS year")
    write_settings(connection, config())
    assert connection.execute("SELECT is_synthetic FROM setting").fetchall() == [(False,)]
