"""What a stay is worth: GHS base, sessions, extreme bounds, supplements, tariff year, rounding."""

from decimal import Decimal

import pytest

from strata.engine import models
from tests.support.small_country import built, config

TARIFFS = """
INSERT INTO tariff_ghs VALUES
  (2024, '1187', '04M143', 6304.11, 0, 0, 163.37), (2024, '9605', '28Z04Z', 333.33, 0, 0, 0),
  (2024, '9700', '28Z19Z', 500.00, 0, 0, 0), (2024, '1000', '04M053', 2000.00, 600.00, 333.35, 100.00),
  (2025, '1000', '04M053', 3000.00, 600.00, 333.35, 100.00);
INSERT INTO tariff_supplement VALUES (2024, 'rea', 850.55), (2024, 'src', 340.10), (2025, 'rea', 900.00);
"""


def value(column: str = "standard_eur", **cells: object) -> Decimal | None:
    """One amount of stay_value for one stay; cells are columns of read_stay."""
    connection = built("person | exit\n1 | 2025-06-01", only=[], settings=config(method={"standard_tariff_year": 2024}))
    connection.execute(TARIFFS)
    for name, cell in cells.items():
        connection.execute(f"UPDATE read_stay SET {name} = ?", [cell])
    models.build(connection, "stay_value")
    rows = connection.execute(f"SELECT {column} FROM stay_value").fetchall()
    return rows[0][0] if rows else None


def test_a_long_stay_is_its_base_and_its_days_beyond_the_upper_bound() -> None:
    worth = value(ghs="1187", ghm="04M143", exh_days=8)  # amounts of the 2023 tariff order
    assert worth == Decimal("7611.07")
    # The sector's public valuation of this stay, 7 575.18 EUR, is ours times its prudential (0.993) and Segur (1.0023) coefficients.
    assert round(worth * Decimal("0.993") * Decimal("1.0023"), 2) == Decimal("7575.18")


@pytest.mark.parametrize(("ghm", "ghs", "expected"), [("28Z04Z", "9605", "3999.96"), ("28Z19Z", "9700", "500.00")])
def test_sessions_multiply_the_base_but_in_the_preparations_of_radiotherapy(ghm: str, ghs: str, expected: str) -> None:
    assert value(ghm=ghm, ghs=ghs, sessions=12) == Decimal(expected)


@pytest.mark.parametrize(
    ("kind", "tenths", "expected"), [("1", 0, "1400.00"), ("2", 15, "1499.97"), ("2", 10, "1666.65"), (None, 15, "2000.00")]
)
def test_below_the_lower_bound_a_flat_or_daily_amount_is_taken_off(kind: str | None, tenths: int, expected: str) -> None:
    assert value(exb_kind=kind, exb_tenths=tenths) == Decimal(expected)  # 1.5 x 333.35 = 500.025, rounded to 500.03


def test_supplements_are_added_and_rounded_each() -> None:
    assert value(supplement_rea=3, supplement_src=2) == Decimal("2000.00") + Decimal("2551.65") + Decimal("680.20")


@pytest.mark.parametrize(("month", "expected"), [(1, "2000.00"), (2, "2000.00"), (3, "3000.00")])
def test_january_and_february_use_the_tariff_of_the_year_before(month: int, expected: str) -> None:
    assert value("own_year_eur", exit_month=month) == Decimal(expected)


def test_a_supplement_without_a_tariff_leaves_the_stay_without_a_value() -> None:
    assert value("own_year_eur", supplement_src=2) is None  # 2025 has a tariff for intensive care only
    assert value("standard_eur", supplement_src=2) == Decimal("2680.20")


def test_a_ghs_without_a_tariff_is_worth_nothing_known_and_never_imputed() -> None:
    assert value(ghs="4242") is None
    assert value("own_year_eur", ghs="1187", ghm="04M143") is None
