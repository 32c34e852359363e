"""From one stock to the next: who changes stratum, and whether the person changed or only what the data still remember."""

from typing import Any

import pytest

from strata.engine import models
from tests.support.small_country import built, hold_rows

TERRITORIES = "INSERT INTO territory VALUES ('T1', 'Ici', '9A001'), ('T2', 'Là', '9A002')"


def changes(stays: str, *, condition: str, year: int = 2025, falls: str | None = None, **more: Any) -> dict[str, tuple[str, str, str]]:
    """person -> (from, to, cause) for one condition and year. falls: instead of what the definition says."""
    connection = built(stays, also=TERRITORIES, **more)
    connection.execute("UPDATE definition SET falls = coalesce(?, falls)", [falls])
    models.build(connection, "compared_year")
    models.build(connection, "stratum_change")
    rows = connection.execute(
        """SELECT ltrim(pseudonym, '0'), from_stratum, to_stratum, cause FROM stratum_change JOIN pseudonym USING (person_id)
           WHERE condition = ? AND year = ?""",
        [condition, year],
    ).fetchall()
    return {person: tuple(row) for person, *row in rows}  # type: ignore[misc]


def test_a_code_that_leaves_the_look_back_is_no_improvement() -> None:
    found = changes(
        """person | exit       | dp    | das          | acts
           1      | 2020-06-10 | E1158 |              | NZFA007
           1      | 2024-06-10 | J189  | E1198        |
           2      | 2020-06-10 | J189  | E1198        |
           2      | 2024-06-10 | J189  | I10          |
           3      | 2020-06-10 | J189  | E1198        | """,
        condition="t2d",
    )
    assert found == {
        "1": ("4", "1", "evidence_expired"),
        "2": ("1", "at_risk_strict", "evidence_expired"),
        "3": ("1", "none", "evidence_expired"),  # no stay left at all: out of sight
    }


def test_a_rule_that_asks_for_recent_events_and_met_none_is_told_apart() -> None:
    found = changes(
        """person | exit       | nights | dp
           1      | 2024-03-10 | 5      | I5001
           1      | 2024-07-10 | 5      | I5001
           1      | 2025-07-10 | 1      | J189""",
        condition="hf",
    )
    assert found == {"1": ("4", "3", "no_recent_event")}


def test_both_at_once_count_as_expired() -> None:
    """Two rules of stratum 4 held; one of them looked back five years: nothing is known of the person."""
    found = changes(
        """person | exit       | dp    | das   | acts
           1      | 2020-06-10 | E1158 |       | NZFA007
           1      | 2024-06-10 | J189  | E1198 | JVJF004@0
           1      | 2024-06-20 | J189  | E1198 | JVJF004@0
           1      | 2025-06-20 | J189  | E1198 | """,
        condition="t2d",
    )
    assert found["1"][::2] == ("4", "evidence_expired")


def test_an_expired_code_of_a_rule_that_did_not_hold_is_not_the_cause() -> None:
    """The eye disease of 2020 was one of the three that the rule of three organs asks for: dialysis alone made stratum 4."""
    found = changes(
        """person | exit       | dp    | das   | acts
           1      | 2020-06-10 | E1138 |       |
           1      | 2024-06-10 | J189  | E1198 | JVJF004@0
           1      | 2024-06-20 | J189  | E1198 | JVJF004@0""",
        condition="t2d",
        falls="recency",  # where both causes can be told
    )
    assert found["1"] == ("4", "1", "no_recent_event")


def test_no_fall_of_a_condition_that_does_not_get_better_is_an_improvement() -> None:
    """Dialysis of 2024 alone made stratum 4, and asks for the last 12 months: in diabetes its silence is no recovery."""
    stays = """person | exit       | dp    | das   | acts
               1      | 2024-06-10 | J189  | E1198 | JVJF004@0
               1      | 2024-06-20 | J189  | E1198 | JVJF004@0"""
    assert changes(stays, condition="t2d")["1"] == ("4", "1", "evidence_expired")
    assert changes(stays, condition="t2d", falls="recency")["1"] == ("4", "1", "no_recent_event")


def test_new_evidence_raises() -> None:
    found = changes("person | exit | das\n1 | 2024-06-10 | E1198\n1 | 2025-06-10 | E1138", condition="t2d")
    assert found == {"1": ("1", "3", "new_evidence")}


@pytest.mark.parametrize(
    ("first", "cause"),
    [("2024-06-10 | I10 | 1950", "new_evidence"), ("2025-03-10 | I10 | 1950", "entered"), ("2024-06-10 | I10 | 2007", "entered")],
)
def test_who_comes_in_was_seen_before_or_not(first: str, cause: str) -> None:
    born = first.rpartition("| ")[2]
    found = changes(f"person | exit | das | born\n1 | {first}\n1 | 2025-06-10 | E1198 | {born}", condition="t2d")
    assert found["1"][1:] == ("1", cause)


def test_a_death_is_a_death() -> None:
    found = changes("person | exit | das | exit_mode\n1 | 2024-06-10 | E1198 | 8\n1 | 2025-06-10 | E1138 | 9", condition="t2d")
    assert found == {"1": ("1", "dead", "death")}


def test_another_type_is_another_population() -> None:
    found = changes(
        """person | exit       | das
           1      | 2023-06-10 | E1198
           1      | 2025-06-10 | E109
           1      | 2025-07-10 | E109
           2      | 2023-06-10 | E109
           2      | 2025-06-10 | E1198
           2      | 2025-07-10 | E1198""",
        condition="t2d",
    )
    assert found == {"1": ("1", "none", "type_changed"), "2": ("none", "1", "type_changed")}


def test_who_keeps_the_stratum_stays_or_moves() -> None:
    found = changes(
        """person | exit       | das   | geo
           1      | 2024-06-10 | E1198 | 9A001
           2      | 2024-06-10 | E1198 | 9A001
           2      | 2025-06-10 | E1198 | 9A002""",
        condition="t2d",
    )
    assert found == {"1": ("1", "1", "unchanged"), "2": ("1", "1", "moved")}


def test_who_is_known_but_lives_nowhere_has_left() -> None:
    """The only home known was told in 2020."""
    found = changes("person | exit | das | geo\n1 | 2020-06-10 | I10 | 9A001\n1 | 2023-06-10 | E1198 | 99999", condition="t2d")
    assert found == {"1": ("1", "none", "left")}


def test_a_change_that_no_evidence_explains_says_so() -> None:
    connection = built("person | exit | das\n1 | 2024-06-10 | E1198", also=TERRITORIES)
    hold_rows(connection, "person_stratum")
    for year, stratum in ((2024, 2), (2025, 1)):
        connection.execute("UPDATE person_stratum SET stratum = ? WHERE year = ? AND condition = 't2d'", [stratum, year])
    models.build(connection, "compared_year")
    models.build(connection, "stratum_change")
    assert connection.execute("SELECT cause FROM stratum_change WHERE year = 2025 AND condition = 't2d'").fetchall() == [("same_evidence",)]


def test_two_years_of_different_look_back_are_not_compared() -> None:
    stays = "person | exit | das\n1 | 2024-06-10 | E1198\n1 | 2025-06-10 | E1138"
    assert changes(stays, condition="t2d", first_data_year=2021) == {}
    assert changes(stays, condition="t2d", first_data_year=2020) != {}


def test_each_member_of_both_stocks_is_there_once() -> None:
    stays = "\n".join(
        f"{person} | {2018 + (person * 7 + visit * 3) % 8}-0{1 + visit}-10 | {code}"
        for person in range(1, 60)
        for visit, code in enumerate(("E1198", "E1138" if person % 3 else "I10", "I5001" if person % 4 else "N184"))
    )
    connection = built(f"person | exit | das\n{stays}", also=TERRITORIES)
    models.build(connection, "compared_year")
    models.build(connection, "stratum_change")
    for sql, wanted in (
        ("SELECT person_id, condition, year, to_stratum FROM stratum_change WHERE to_stratum IN ('1', '2', '3', '4')", "year"),
        ("SELECT person_id, condition, year, from_stratum FROM stratum_change WHERE from_stratum IN ('1', '2', '3', '4')", "year + 1"),
    ):
        stock = f"""SELECT person_id, condition, {wanted} AS year, CAST(stratum AS VARCHAR) FROM person_stratum
                    WHERE status = 'diseased' AND {wanted} BETWEEN 2022 AND 2025"""
        here = f"{sql} AND year >= 2022"
        both = f"(({here}) EXCEPT ALL ({stock})) UNION ALL (({stock}) EXCEPT ALL ({here}))"
        assert connection.execute(f"SELECT count(*) FROM ({both})").fetchall() == [(0,)]
        assert connection.execute(f"SELECT count(*) > 50 FROM ({here})").fetchall() == [(True,)]
