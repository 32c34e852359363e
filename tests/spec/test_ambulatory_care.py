"""Long-term illness, cartography and ambulatory care after the filters: episodes, quantities, euros."""

from decimal import Decimal

import duckdb

from strata.engine import models
from tests.support.small_country import built

STAYS = "person | exit | geo\n1 | 2024-02-01 | 9A001\n2 | 2025-03-01 | 9A001\n3 | 2025-04-01 | 9A001"
MERGED = "INSERT INTO read_beneficiary (person_id, twin_rank, identity) VALUES (1, 1, 7), (2, 1, 7), (3, 1, 8), (3, 2, 9)"


def table(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def ald(*rows: str) -> list[tuple]:
    """Episodes of rows 'person number code kind start end' ('-' for none)."""
    values = []
    for row in rows:
        person, number, code, kind, start, end = row.split()
        values.append(f"({person}, {number}, '{code}', '{kind}', '{start}', {'NULL' if end == '-' else repr(end)})")
    insert = f"INSERT INTO read_ald (person_id, ald_number, cim10_code, exemption_kind, start_date, end_date) VALUES {', '.join(values)}"
    connection = built(STAYS, also=f"{MERGED}; {insert}", only=("person_identity", "ald"))
    query = "SELECT person_id, ald_number, cim10_code, start_date::VARCHAR, end_date::VARCHAR, decisions FROM ald ORDER BY ALL"
    return table(connection, query)


def test_renewals_that_touch_or_overlap_are_one_episode() -> None:
    rows = ("1 8 E11 41 2010-01-01 2014-12-31", "1 8 E11 41 2015-01-01 2019-12-31", "1 8 E11 41 2019-06-01 -")
    assert ald(*rows) == [(1, 8, "E11", "2010-01-01", None, 3)]


def test_a_gap_a_number_or_a_diagnosis_makes_another_episode() -> None:
    rows = ("1 8 E11 41 2010-01-01 2014-12-31", "1 8 E11 41 2015-01-02 2019-12-31", "1 8 E10 41 2015-01-02 2019-12-31")
    assert [row[2:5] for row in ald(*rows)] == [
        ("E10", "2015-01-02", "2019-12-31"),
        ("E11", "2010-01-01", "2014-12-31"),
        ("E11", "2015-01-02", "2019-12-31"),
    ]


def test_a_short_decision_inside_a_long_one_ends_nothing() -> None:
    rows = ("1 8 E11 41 2010-01-01 2019-12-31", "1 8 E11 41 2011-01-01 2011-12-31", "1 8 E11 41 2018-01-01 2020-12-31")
    assert ald(*rows) == [(1, 8, "E11", "2010-01-01", "2020-12-31", 3)]


def test_only_exemptions_for_an_illness_count() -> None:
    rows = tuple(f"1 {number} E11 {kind} 2010-01-01 -" for number, kind in enumerate(("41", "43", "45", "11", "12", "47"), start=1))
    assert [row[1] for row in ald(*rows)] == [1, 2, 3]


def test_an_episode_is_that_of_the_person_and_twins_have_none() -> None:
    assert ald("1 8 E11 41 2010-01-01 2014-12-31", "2 8 E11 41 2015-01-01 -", "3 8 E11 41 2010-01-01 -") == [
        (1, 8, "E11", "2010-01-01", None, 2)
    ]


def test_a_top_is_there_once_a_person_year_and_version() -> None:
    values = ", ".join(f"({person}, 2022, 't', 'G10')" for person in (1, 2, 3))
    insert = f"INSERT INTO read_cartography (person_id, year, top, version) VALUES {values}"
    connection = built(STAYS, also=f"{MERGED}; {insert}", only=("person_identity", "cartography"))
    assert table(connection, "SELECT person_id, year, top, version FROM cartography") == [(1, 2022, "t", "G10")]


LINES = """
    INSERT INTO read_care BY NAME
    SELECT * FROM (VALUES
        (1, 'prs', '1110', 1, 26.50, '0', '0', NULL, 0),
        (2, 'prs', '1110', 1, 26.50, '0', '0', NULL, 0),
        (1, 'prs', '1110', -1, -26.50, '0', '0', NULL, 0),
        (1, 'prs', '1110', 1, 5.00, '0', '0', NULL, 2),
        (1, 'prs', '1112', 1, 40.00, '71', '0', NULL, 0),
        (1, 'prs', '1113', 1, 40.00, '0', '71', NULL, 0),
        (1, 'prs', '1114', 1, 40.00, '0', NULL, '1', 0),
        (1, 'nabm', '1577', 1, 5.50, '0', NULL, '0', 0),
        (1, 'nabm', '592', 1, 1.50, NULL, NULL, NULL, NULL),
        (1, 'cip13', '3400900000015', 2, 4.80, '0', '0', NULL, 0),
        (1, 'cip13', '3400900000015', -2, -4.80, '0', '0', NULL, 0),
        (3, 'prs', '1110', 1, 26.50, '0', '0', NULL, 0),
        (NULL, 'prs', '1110', 1, 26.50, '0', '0', NULL, 0)
    ) AS line (person_id, system, code, quantity, base_eur, expense_qualifier, expense_qualifier_sent, taa_indicator, supplement_top),
    (SELECT DATE '2024-01-15' AS care_date)
"""


def test_filters_act_per_use_and_reversals_are_taken_off() -> None:
    connection = built(STAYS, also=f"{MERGED}; {LINES}", only=("person_identity", "care_rejection", "care"))
    assert table(connection, "SELECT person_id, system, code, quantity, base_eur FROM care ORDER BY ALL") == [
        (1, "nabm", "1577", 1, Decimal("5.50")),
        (1, "nabm", "592", 1, Decimal("1.50")),  # blank qualifiers meet no filter
        (1, "prs", "1110", 1, Decimal("31.50")),  # two visits, one of them reversed; the supplement adds euros, no visit
    ]


def test_what_the_filters_remove_is_counted() -> None:
    connection = built(STAYS, also=f"{MERGED}; {LINES}", only=("person_identity", "care_rejection"))
    models.build(connection, "care_rejected")
    assert table(connection, "SELECT reason, year, lines, persons, base_eur FROM care_rejected ORDER BY 1") == [
        ("no_person", 2024, 1, 0, Decimal("26.50")),
        ("not_reimbursed_line", 2024, 2, 1, Decimal("80.00")),
        ("public_hospital", 2024, 1, 1, Decimal("40.00")),
        ("supplement", 2024, 1, 1, Decimal("5.00")),
        ("twin_pseudonym", 2024, 1, 1, Decimal("26.50")),
    ]


def test_every_filter_has_its_row_and_its_source() -> None:
    connection = built(STAYS, also=LINES, only=("person_identity", "care_rejection"))
    query = (
        "SELECT reason FROM care_rejection EXCEPT SELECT reason FROM care_filter WHERE source <> '' AND label_fr <> '' AND label_en <> ''"
    )
    assert table(connection, query) == []
