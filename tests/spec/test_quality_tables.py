"""What the quality tables count: small stays in, counts out; each check is shown to catch."""

from typing import Any

import duckdb
import pytest

from strata.engine import models
from tests.support.small_country import built

TABLES = (
    "code_mention", "code_seen", "hospital_year", "coding_intensity", "extension_filled", "drift", "drift_check", "code_check",
    "reconciliation",
)  # fmt: skip


def quality(stays: str, nomenclature: str = "") -> duckdb.DuckDBPyConnection:
    """The quality tables over a few stays."""
    connection: Any = built(stays)
    _one_slice_per_hospital_year(connection)
    if nomenclature:
        connection.execute(f"INSERT INTO nomenclature VALUES {nomenclature}")
    for table in TABLES:
        models.build(connection, table)
    return connection


def _one_slice_per_hospital_year(connection: duckdb.DuckDBPyConnection) -> None:
    """The numbers ingest would have given: small_country puts every stay in one transmission."""
    connection.execute("""
        CREATE TABLE renumbered AS
        SELECT stay_id, dense_rank() OVER (ORDER BY finess, field, year) * 4294967296 + stay_id % 4294967296 AS new_id FROM read_stay
    """)
    for table in ("read_stay", "stay", "diagnosis", "procedure"):
        connection.execute(f"UPDATE {table} SET stay_id = new_id FROM renumbered AS r WHERE r.stay_id = {table}.stay_id")
    connection.execute("DELETE FROM read_slice")
    connection.execute("""
        INSERT INTO read_slice BY NAME
        SELECT DISTINCT stay_id // 4294967296 AS slice_id, finess, field, year, 'atih' AS form FROM read_stay
    """)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


STAYS = """
    person | exit       | dp    | das         | ghm    | finess    | sessions | nights
    1      | 2024-03-05 | E1190 | I500 I5002  | 10M021 | 010000001 |          | 2
    2      | 2024-03-09 | E119  | I5009       | 10M021 | 010000001 |          | 3
    3      | 2024-04-02 | Z491  |             | 28Z04Z | 010000001 | 12       | 0
    4      | 2024-04-02 | J189  |             | 90Z00Z | 010000001 |          | 1
"""


def test_associated_diagnoses_are_counted_per_stay_that_is_no_session() -> None:
    assert rows(quality(STAYS), "SELECT stays, das_per_stay FROM coding_intensity") == [(3, 1.0)]


def test_a_code_cut_short_or_not_specified_is_not_filled() -> None:
    connection = quality(STAYS)
    shares = dict(rows(connection, "SELECT marker, filled_share FROM extension_filled"))
    mentions = dict(rows(connection, "SELECT code, mentions FROM code_seen"))
    assert shares["ejection_fraction"] == pytest.approx(1 / 3)  # I5002 says it; I500 is cut short and I5009 says "not specified"
    assert shares["insulin"] == pytest.approx(mentions["E1190"] / (mentions["E1190"] + mentions["E119"]))


def test_the_reconciliation_counts_rows_before_filters_and_sessions_apart() -> None:
    found = rows(
        quality(STAYS),
        "SELECT month, rows_read, rows_in_error, rows_of_sessions, sessions, stays, nights FROM reconciliation ORDER BY month",
    )
    assert found == [(3, 2, 0, 0, 0, 2, 5), (4, 2, 1, 1, 12, 0, 0)]


def test_a_code_unknown_to_the_nomenclature_of_its_year_is_counted() -> None:
    known = "('cim10', 'E1190', NULL, NULL), ('cim10', 'J189', NULL, NULL), ('cim10', 'Z491', DATE '2025-01-01', NULL)"
    connection = quality(STAYS, known)
    found = rows(connection, "SELECT system, unknown_codes FROM code_check")
    assert found == [("cim10", 5)]  # E119, I500, I5002, I5009 and Z491, which comes a year later; acts and GHM are not checked


def test_without_a_nomenclature_no_code_is_checked() -> None:
    assert rows(quality(STAYS), "SELECT * FROM code_check") == []


def hospital(year: int, stays: int, dp: str, das: str) -> str:
    lines = (f"{year * 1000 + number} | {year}-06-1{number % 10} | {dp} | {das} | 10M021 | 010000001" for number in range(stays))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("later", "caught"),
    [
        ((510, "E1190", "I10"), set()),
        ((180, "E1190", "I10"), {"volume_jumps"}),
        ((510, "E1190", "I10 E785"), {"coding_jumps"}),
        ((510, "E119", "I10"), {"extension_jumps"}),
    ],
)
def test_a_change_from_the_year_before_is_caught(later: tuple[int, str, str], caught: set[str]) -> None:
    header = "person | exit | dp | das | ghm | finess"
    connection = quality("\n".join([header, hospital(2023, 510, "E1190", "I10"), hospital(2024, *later)]))
    (found,) = rows(connection, "SELECT volume_jumps, chaining_drops, residence_losses, coding_jumps, extension_jumps FROM drift_check")
    names = ("volume_jumps", "chaining_drops", "residence_losses", "coding_jumps", "extension_jumps")
    assert {name for name, count in zip(names, found) if count} == caught


def test_a_loss_of_chaining_or_residence_is_caught() -> None:
    header = "person | exit | dp | das | ghm | finess | chain | geo"
    good = [f"{line} | 000000000 | 9A001" for line in hospital(2023, 120, "E1190", "I10").splitlines()]
    bad = [
        f"{line} | {'100000000' if number < 20 else '000000000'} | {'99101' if number > 100 else '9A001'}"
        for number, line in enumerate(hospital(2024, 120, "E1190", "I10").splitlines())
    ]
    (found,) = rows(quality("\n".join([header, *good, *bad])), "SELECT chaining_drops, residence_losses FROM drift_check")
    assert found == (1, 1)
