"""Which stays are valued: VALO where the extract has it, else the same judgement from the RSA and ANO."""

import pytest

from strata import models
from tests.support.small_country import built


def valued(form: str, *codes: str | None, **cells: str) -> list[bool]:
    """is_valued of one stay per VALO code; cells are columns of read_stay, the same for all."""
    connection = built("person | exit\n" + "1 | 2025-06-01\n" * len(codes), only=["stay_value", "smr_value", "had_value"])
    connection.execute("UPDATE read_slice SET form = ?", [form])
    for line, code in enumerate(codes, start=1):
        connection.execute("UPDATE read_stay SET valuation_code = ? WHERE source_line = ?", [code, line])
    for name, cell in cells.items():
        connection.execute(f"UPDATE read_stay SET {name} = ?", [cell])
    models.build(connection, "stay_cost")
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
    ],
)  # fmt: skip
def test_an_rsa_is_valued_unless_something_says_that_nobody_pays(cells: dict[str, str], is_valued: bool) -> None:
    assert valued("atih", None, **cells) == [is_valued]
