"""What SMR and HAD stays are worth: zones of a GMT, days at a GHT, tariff year; what the tariff table does not say stays unknown.

The amounts are those of the public tariff orders (SMR 2022 to 2025, HAD 2024 and 2025).
"""

from decimal import Decimal

import pytest

from strata.engine import models
from tests.support.small_country import built, config

FIELDS = {"fields": ["mco", "smr", "had"], "standard_tariff_year": 2024}
TARIFFS = """
INSERT INTO tariff_gmt VALUES
  (2022, '0005', '0106SA1', 29, 35, 365.09, 10587.48, NULL), (2022, '0004', '0106LA0', NULL, NULL, NULL, 294.55, NULL),
  (2024, '0004', '0106LA0', 1, 1, NULL, 218.53, NULL), (2024, '0005', '0106SA1', 29, 35, 5212.22, 5212.22, NULL),
  (2024, '0017', '0106UA1', 8, 28, 2159.86, 2159.86, 3435.96), (2025, '0005', '0106SA1', 29, 35, 5237.24, 5237.24, NULL);
INSERT INTO tariff_ght VALUES
  (2024, '01', '', 67.04), (2024, '10', '', 246.23), (2024, '10', 'esms', 214.22), (2024, '10', 'ssiad', 228.99), (2025, '10', '', 249.91);
"""


def value(field: str, groups: str, *, exit_date: str = "2025-06-01", column: str = "standard_eur", unfinished: str = "0") -> Decimal | None:
    """One amount of the value table of a field, for one stay."""
    stays = f"person | exit | field | groups | unfinished\n1 | {exit_date} | {field} | {groups} | {unfinished}"
    connection = built(stays, only=[], settings=config(method=FIELDS))
    connection.execute(TARIFFS)
    models.build(connection, f"{field}_value")
    ((found,),) = connection.execute(f"SELECT {column} FROM {field}_value").fetchall()
    return found


@pytest.mark.parametrize("days", [29, 32, 35])
def test_a_full_stay_within_the_flat_zone_is_worth_its_flat_amount_limits_included(days: int) -> None:
    assert value("smr", f"0106SA1/0005/{days}") == Decimal("5212.22")


@pytest.mark.parametrize(
    ("days", "expected"), [(8, "2159.86"), (14, "2159.86"), (15, "3435.96"), (21, "3435.96")]
)  # fmt: skip
def test_a_zone_of_21_days_has_periods_of_seven(days: int, expected: str) -> None:
    assert value("smr", f"0106UA1/0017/{days}") == Decimal(expected)


@pytest.mark.parametrize("group", ["0106SA1/0005/28", "0106SA1/0005/36", "0106UA1/0017/7", "0106UA1/0017/22", "0106UA1/0017/29"])
def test_below_beyond_and_in_the_third_period_the_table_does_not_say(group: str) -> None:
    assert value("smr", group) is None


@pytest.mark.parametrize(
    ("groups", "is_outside"),
    [
        ("0106SA2/0006/30 0106SA1/0005/36", False),
        ("0106SA1/0005/28", True),
        ("0106UA1/0017/22 0106SA1/0005/30", True),
        ("0106SA1/0005/30", False),
        ("0106SA2/0006/30", False),
    ],  # one group without any tariff says more
)
def test_days_outside_the_zone_are_told_from_a_gmt_without_a_tariff(groups: str, is_outside: bool) -> None:
    assert value("smr", groups, column="is_outside_zone") is is_outside


def test_day_care_is_worth_its_amount_for_each_day() -> None:
    assert value("smr", "0106LA0/0004/12") == Decimal("2622.36")


def test_the_groups_of_a_stay_add_up_and_one_without_a_tariff_leaves_no_value() -> None:
    assert value("smr", "0106LA0/0004/2 0106SA1/0005/30") == Decimal("437.06") + Decimal("5212.22")
    assert value("smr", "0106LA0/0004/2 0106SA2/0006/30") is None
    assert value("smr", "0106LA0/0005/2") is None  # the GMT of another GME


def test_a_full_stay_that_has_not_ended_has_no_value_and_day_care_has() -> None:
    assert value("smr", "0106SA1/0005/30", unfinished="1") is None
    assert value("smr", "0106LA0/0004/12", unfinished="1") == Decimal("2622.36")


@pytest.mark.parametrize(
    ("exit_date", "expected"), [("2025-03-01", "5237.24"), ("2025-02-28", "5212.22"), ("2024-06-01", "5212.22"), ("2022-06-01", None)]
)
def test_the_billed_value_of_smr_starts_with_2024_and_its_tariff_in_march(exit_date: str, expected: str | None) -> None:
    found = value("smr", "0106SA1/0005/30", exit_date=exit_date, column="own_year_eur")
    assert found == (Decimal(expected) if expected else None)


@pytest.mark.parametrize(("home", "expected"), [("-", "1231.15"), ("esms", "1071.10"), ("ssiad", "1144.95")])
def test_a_had_stay_is_its_days_at_the_tariff_of_the_home(home: str, expected: str) -> None:
    assert value("had", f"0101/10/5/{home}") == Decimal(expected)


def test_the_sub_sequences_of_a_had_stay_add_up_and_one_without_a_tariff_leaves_no_value() -> None:
    assert value("had", "0101/10/5/- 0101/01/30/-") == Decimal("1231.15") + Decimal("2011.20")
    assert value("had", "0101/10/5/- 0101/31/30/-") is None
    assert value("had", "0101/10/5") is None  # a home that is not known is not taken for the patient's


@pytest.mark.parametrize(("exit_date", "expected"), [("2025-03-01", "1249.55"), ("2025-01-31", "1231.15")])
def test_the_tariffs_of_had_change_in_march(exit_date: str, expected: str) -> None:
    assert value("had", "0101/10/5/-", exit_date=exit_date, column="own_year_eur") == Decimal(expected)
