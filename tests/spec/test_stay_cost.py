"""Which stays are valued, and at what billed cost: VALO or invoices where the extract has them, else the RSA, the ANO and the tariffs."""

from decimal import Decimal

import pytest

from strata.engine import models
from tests.support.small_country import built


def valued(form: str, *codes: str | None, **cells: str) -> list[bool]:
    """is_valued of one stay per VALO code; cells are columns of read_stay, the same for all."""
    connection = built("person | exit\n" + "1 | 2025-06-01\n" * len(codes), only=["stay_value", "smr_value", "had_value"])
    connection.execute("UPDATE read_slice SET form = ?", [form])
    for line, code in enumerate(codes, start=1):
        connection.execute("UPDATE read_stay SET valuation_code = ? WHERE source_line = ?", [code, line])
    for name, cell in cells.items():
        connection.execute(f"UPDATE read_stay SET {name} = ?", [cell])
    for name in ("valued_year", "stay_cost"):
        models.build(connection, name)
    return [is_valued for (is_valued,) in connection.execute("SELECT is_valued FROM stay_cost ORDER BY stay_id").fetchall()]


def test_valo_pays_all_but_zero_organs_and_a_missing_row() -> None:
    codes = ("0", "1", "2", "3", "4", "5", None)
    assert valued("snds", *codes) == [False, True, False, True, True, True, False]


def test_without_the_valo_table_the_stay_is_judged_as_an_rsa() -> None:
    assert valued("snds", None) == [True]
    assert valued("snds", None, ghs="9999") == [False]


@pytest.mark.parametrize(
    ("cells", "is_valued"),
    [
        ({"billable": "0"}, False), ({"billable": "1"}, True), ({"billable": "2"}, True), ({"billable": "3"}, False),
        ({"ghm": "90Z00Z"}, False), ({"ghs": "9999"}, False), ({"stay_type": "B"}, False), ({"stay_type": "A"}, True),
        ({"stay_type": "B", "ghm": "28Z04Z"}, True), ({"stay_type": "B", "ghm": "28Z14Z"}, False),
    ],
)  # fmt: skip
def test_an_rsa_is_valued_unless_something_says_that_nobody_pays(cells: dict[str, str], is_valued: bool) -> None:
    assert valued("atih", None, **cells) == [is_valued]


INVOICED = """person | exit       | billed
              1      | 2025-06-01 | 1500.25
              2      | 2025-06-02 |"""


def billed(
    stays: str, *, valuation_code: str | None = None, elsewhere: bool = False, supplement: int = 0
) -> list[tuple[Decimal | None, bool]]:
    """(billed cost, is_valued) by stay of one SNDS hospital-year; elsewhere: another hospital has VALO that year."""
    connection = built(stays, only=[])
    connection.execute("UPDATE read_slice SET form = 'snds'")
    connection.execute("UPDATE read_stay SET valuation_code = ?, supplement_rea = ?", [valuation_code, supplement])
    if elsewhere:
        connection.execute(
            "INSERT INTO read_stay BY NAME SELECT 1 AS stay_id, 9 AS slice_id, 'mco' AS field, 2025 AS year, '1' AS valuation_code"
        )
    for table, base in (("tariff_ghs", 2000), ("tariff_ghs_private", 900)):
        connection.execute(f"INSERT INTO {table} VALUES (2025, '1000', '04M053', {base}, 0, 0, 0)")
    connection.execute("INSERT INTO tariff_supplement VALUES (2025, 'rea', 800)")
    for name in ("valued_year", "stay_value", "smr_value", "had_value", "stay_cost"):
        models.build(connection, name)
    return connection.execute("SELECT cost_billed_eur, is_valued FROM stay_cost WHERE stay_id > 1 ORDER BY stay_id").fetchall()


def test_a_private_hospital_is_billed_by_its_invoices_else_its_private_tariff() -> None:
    assert billed(INVOICED) == [(Decimal("1500.25"), True), (Decimal("900.00"), True)]


def test_a_private_hospital_is_not_judged_by_the_valo_of_the_public_ones() -> None:
    assert billed(INVOICED, elsewhere=True) == [(Decimal("1500.25"), True), (Decimal("900.00"), True)]


def test_a_private_stay_without_invoice_that_counts_a_supplement_has_no_billed_cost() -> None:
    assert billed(INVOICED, supplement=2) == [(Decimal("1500.25"), True), (None, True)]


def test_a_public_hospital_has_the_public_tariff() -> None:
    assert billed(INVOICED, valuation_code="1") == [(Decimal("1500.25"), True), (Decimal("2000.00"), True)]
    assert billed("person | exit\n1 | 2025-06-01") == [(Decimal("2000.00"), True)]  # without an amount nothing says it is private


def test_psychiatry_has_no_cost_whatever_the_form_says() -> None:
    connection = built("person | exit | field\n1 | 2025-06-01 | psy", only=["stay_value", "smr_value", "had_value"])
    connection.execute("UPDATE read_stay SET cost_billed_eur = 400")
    for name in ("valued_year", "stay_cost"):
        models.build(connection, name)
    assert connection.execute("SELECT cost_billed_eur, cost_standard_eur FROM stay_cost").fetchall() == [(None, None)]
