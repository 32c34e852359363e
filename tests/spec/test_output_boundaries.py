"""The ten boundaries that section 1.10 of the clinical text lists, one test each, in one small country (built once)."""

import duckdb
import pytest

from tests.support.small_country import built

STAYS = """
person       | exit       | dp    | das         | unit_dp | acts    | ghm    | sessions | nights | born | sex | exit_mode
first_day    | 2021-01-01 | J189  | E1198       | J189    |         | 04M053 | 0        | 1      | 2000 | 1   | 8
day_before   | 2020-12-31 | J189  | E1198       | J189    |         | 04M053 | 0        | 1      | 2000 | 1   | 8
seen_since   | 2020-12-31 | J189  | E1198 I5019 | J189    |         | 04M053 | 0        | 1      | 2000 | 1   | 8
seen_since   | 2025-06-01 | J189  |             | J189    |         | 04M053 | 0        | 1      | 2000 | 1   | 8
unit_only    | 2025-06-01 | J189  |             | E1198   |         | 04M053 | 0        | 0      | 2000 | 1   | 8
e1190        | 2025-06-01 | J189  | E1190       | J189    |         | 04M053 | 0        | 1      | 2000 | 1   | 8
e119         | 2025-06-01 | J189  | E119        | J189    |         | 04M053 | 0        | 1      | 2000 | 1   | 8
nzfa011      | 2025-06-01 | J189  | E1198       | J189    | NZFA011 | 05C131 | 0        | 1      | 2000 | 1   | 8
nzfa010      | 2025-06-01 | J189  | E1198       | J189    | NZFA010 | 05C131 | 0        | 1      | 2000 | 1   | 8
i139_with    | 2025-06-01 | I139  | I5019       | I139    |         | 05M093 | 0        | 1      | 1970 | 1   | 8
i139_without | 2025-06-01 | I139  |             | I139    |         | 05M093 | 0        | 1      | 1970 | 1   | 8
j81_das      | 2025-06-01 | J189  | J81 I5019   | J189    |         | 04M053 | 0        | 1      | 1970 | 1   | 8
j81_dp       | 2025-06-01 | J81   | I5019       | J81     |         | 04M053 | 0        | 1      | 1970 | 1   | 8
j81_alone    | 2025-06-01 | J189  | J81         | J189    |         | 04M053 | 0        | 1      | 2000 | 1   | 8
o244_only    | 2025-06-01 | O244  |             | O244    |         | 14M031 | 0        | 1      | 1995 | 2   | 8
tie_at_39    | 2025-02-01 | J189  | E1098       | J189    |         | 04M053 | 0        | 1      | 1986 | 1   | 8
tie_at_39    | 2025-03-01 | J189  | E1198       | J189    |         | 04M053 | 0        | 1      | 1986 | 1   | 8
tie_at_40    | 2025-02-01 | J189  | E1098       | J189    |         | 04M053 | 0        | 1      | 1985 | 1   | 8
tie_at_40    | 2025-03-01 | J189  | E1198       | J189    |         | 04M053 | 0        | 1      | 1985 | 1   | 8
sessions     | 2025-04-30 | Z491  | E1198       | Z491    |         | 28Z04Z | 12       | 0      | 1970 | 1   | 8
one_session  | 2025-04-30 | Z491  | E1198       | Z491    |         | 28Z04Z | 1        | 0      | 1970 | 1   | 8
dead_on_31   | 2024-06-01 | J189  | E1198       | J189    |         | 04M053 | 0        | 1      | 1970 | 1   | 8
dead_on_31   | 2025-12-31 | J189  | E1198       | J189    |         | 04M053 | 0        | 1      | 1970 | 1   | 9
left_on_31   | 2025-12-31 | J189  | E1198       | J189    |         | 04M053 | 0        | 1      | 1970 | 1   | 8
"""
Found = tuple[str, int] | None


@pytest.fixture(scope="module")
def country() -> duckdb.DuckDBPyConnection:
    return built(STAYS)


def status(country: duckdb.DuckDBPyConnection, person: str, condition: str = "t2d", year: int = 2025) -> Found:
    """(status, stratum), None without a status."""
    rows = country.execute(
        """SELECT status, stratum FROM person_stratum JOIN pseudonym USING (person_id)
           WHERE ltrim(pseudonym, '0') = ? AND condition = ? AND year = ?""",
        [person, condition, year],
    ).fetchall()
    return (rows[0][0], rows[0][1]) if rows else None


def shows(country: duckdb.DuckDBPyConnection, person: str, criterion: str, condition: str) -> bool:
    rows = country.execute(
        """SELECT 1 FROM person_evidence JOIN pseudonym USING (person_id)
           WHERE ltrim(pseudonym, '0') = ? AND criterion_id = ? AND condition = ? AND year = 2025""",
        [person, criterion, condition],
    ).fetchall()
    return bool(rows)


def test_a_stay_left_on_1_january_of_n_minus_4_is_in_on_31_december_of_n_minus_5_out(country: duckdb.DuckDBPyConnection) -> None:
    assert status(country, "first_day") == ("diseased", 1)
    assert status(country, "day_before") is None
    assert status(country, "seen_since") is None and status(country, "seen_since", "hf") is None  # seen in the five years, not for this
    assert status(country, "day_before", year=2024) == ("diseased", 1)


def test_a_code_that_is_only_in_the_principal_diagnosis_of_a_unit_counts(country: duckdb.DuckDBPyConnection) -> None:
    assert status(country, "unit_only") == ("diseased", 1)


def test_e1190_is_treated_with_insulin_and_e119_is_diabetes_all_the_same(country: duckdb.DuckDBPyConnection) -> None:
    assert (status(country, "e1190"), status(country, "e119")) == (("diseased", 2), ("diseased", 1))


def test_nzfa011_is_ignored_even_under_the_ghm_of_toes(country: duckdb.DuckDBPyConnection) -> None:
    assert (status(country, "nzfa011"), status(country, "nzfa010")) == (("diseased", 1), ("diseased", 4))


def test_i139_as_principal_is_a_decompensation_with_i50_and_nothing_without(country: duckdb.DuckDBPyConnection) -> None:
    assert status(country, "i139_with", "hf") == ("diseased", 3) and shows(country, "i139_with", "decompensation", "hf")
    assert status(country, "i139_without", "hf") == ("at_risk_strict", 0) and not shows(country, "i139_without", "decompensation", "hf")


def test_j81_as_associated_is_no_decompensation_even_with_i50_and_proves_no_heart_failure(country: duckdb.DuckDBPyConnection) -> None:
    assert status(country, "j81_das", "hf") == ("diseased", 1) and not shows(country, "j81_das", "decompensation", "hf")
    assert status(country, "j81_dp", "hf") == ("diseased", 3)
    assert status(country, "j81_alone", "hf") is None


def test_o244_alone_is_a_strict_risk_and_no_diabetes(country: duckdb.DuckDBPyConnection) -> None:
    assert status(country, "o244_only") == ("at_risk_strict", 0)


def test_a_tie_of_e10_and_e11_is_type_1_at_39_and_type_2_at_40(country: duckdb.DuckDBPyConnection) -> None:
    types = country.execute(
        """SELECT ltrim(pseudonym, '0'), person_type FROM person_type JOIN pseudonym USING (person_id)
           WHERE condition = 't2d' AND year = 2025 AND pseudonym LIKE '%tie_at%'"""
    ).fetchall()
    assert {name.lstrip("0"): person_type for name, person_type in types} == {"tie_at_39": "t1", "tie_at_40": "t2"}
    assert (status(country, "tie_at_39"), status(country, "tie_at_40")) == (None, ("diseased", 1))


def test_dialysis_known_by_sessions_alone_is_chronic_from_two_days_on(country: duckdb.DuckDBPyConnection) -> None:
    """Sessions are no stays, and are all that this person has."""
    assert status(country, "sessions") == ("diseased", 4)
    assert status(country, "one_session") == ("diseased", 1)
    assert country.execute("SELECT count(*) FROM stay WHERE is_session AND counts_as_stay").fetchall() == [(0,)]


def test_death_on_31_december_is_out_of_that_year_and_in_the_year_before(country: duckdb.DuckDBPyConnection) -> None:
    assert (status(country, "dead_on_31"), status(country, "dead_on_31", year=2024)) == (None, ("diseased", 1))
    assert status(country, "left_on_31") == ("diseased", 1)
