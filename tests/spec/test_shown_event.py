"""Events and criteria that ask the same are looked for and counted once, and named in each condition. Not here: what they ask."""

from tests.support.small_country import built

STAYS = """
person | exit       | dp   | das
A      | 2024-03-01 | I10  |
A      | 2025-03-01 | J189 | I10
B      | 2025-05-01 | I500 |
"""


def test_what_two_conditions_ask_alike_is_one_row_of_a_stay_and_a_reason_in_both() -> None:
    connection = built(STAYS)
    numbers = connection.execute(
        """SELECT DISTINCT shown_no FROM shown_event JOIN definition_event USING (event_no)
           WHERE event_id = 'hypertension' AND condition IN ('hf', 't2d')"""
    ).fetchall()
    assert len(numbers) == 1
    shown = connection.execute("SELECT count(*), count(DISTINCT stay_id) FROM stay_event WHERE event_no = ?", numbers[0]).fetchall()
    assert shown == [(2, 2)]
    reasons = connection.execute(
        "SELECT condition, events FROM person_evidence WHERE criterion_id = 'hypertension' AND year = 2025 AND condition IN ('hf', 't2d')"
    ).fetchall()
    assert sorted(reasons) == [("hf", 2), ("t2d", 2)]


def test_events_that_ask_for_other_codes_or_traits_keep_their_numbers() -> None:
    alike = built(STAYS).execute(
        """SELECT one.event_no, other.event_no FROM shown_event AS one JOIN shown_event AS other USING (shown_no)
           WHERE (SELECT (traits_all, traits_any, traits_none) FROM definition_event WHERE event_no = one.event_no)
             IS DISTINCT FROM (SELECT (traits_all, traits_any, traits_none) FROM definition_event WHERE event_no = other.event_no)
           OR (SELECT list(DISTINCT list_id ORDER BY list_id) FROM definition_term WHERE event_no = one.event_no)
             IS DISTINCT FROM (SELECT list(DISTINCT list_id ORDER BY list_id) FROM definition_term WHERE event_no = other.event_no)"""
    )
    assert alike.fetchall() == []


def test_a_window_is_that_of_its_criterion() -> None:
    connection = built(STAYS)
    found = connection.execute(
        """SELECT after_date::VARCHAR, index_date::VARCHAR, months FROM criterion_window
           WHERE condition = 'hf' AND criterion_id = 'decompensation_24m' AND year = 2025"""
    ).fetchall()
    assert found == [("2023-12-31", "2025-12-31", 24)]
    both = connection.execute("SELECT window_no, count(DISTINCT (year, months, counted, at_least)) AS n FROM criterion_window GROUP BY 1")
    assert {n for _, n in both.fetchall()} == {1}
