"""What the quality tables count: each fault they look for, put there on purpose."""

from typing import Any

import duckdb
import pytest

from strata.engine import models
from strata.ingest.warehouse import tables as warehouse
from tests.support.small_country import built, hold_rows

_ADDED_UP_FROM = {"stay_check": "stay_fault", "accounting_check": "slice_held", "person_stratum_check": "status_fault"}


def row(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """The only row of a quality table, rebuilt, after what it adds up."""
    if table in _ADDED_UP_FROM:
        models.build(connection, _ADDED_UP_FROM[table])
    models.build(connection, table)
    found = connection.execute(f"FROM {table}")
    names = [column[0] for column in found.description]
    (values,) = found.fetchall()
    return dict(zip(names, values))


def rows(connection: duckdb.DuckDBPyConnection, table: str, columns: str) -> list[tuple[Any, ...]]:
    """Chosen columns of a quality table, rebuilt, in order."""
    models.build(connection, table)
    return connection.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()


@pytest.fixture
def empty() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    return connection


STAYS = """person | exit       | das
           1      | 2025-03-10 | E1190
           1      | 2025-04-10 | E1190
           2      | 2024-03-10 | I10"""


def file(
    connection: duckdb.DuckDBPyConnection, lines: int, accepted: int, quarantined: int, refused: int, reason: str | None = None
) -> None:
    """One file seen."""
    connection.execute(
        """INSERT INTO read_file BY NAME SELECT 'a' AS source_file, 'mco_rsa' AS family, ?::BIGINT AS lines, ?::BIGINT AS accepted,
             ?::BIGINT AS quarantined, ?::BIGINT AS refused, ? AS reason""",
        [lines, accepted, quarantined, refused, reason],
    )


def test_a_file_whose_lines_do_not_add_up_is_counted(empty: duckdb.DuckDBPyConnection) -> None:
    file(empty, 10, 9, 1, 0)
    file(empty, 10, 8, 1, 0)
    file(empty, 10, 0, 0, 10, "unknown_version_file")
    file(empty, 10, 0, 0, 10, "already_in")
    found = row(empty, "accounting_check")
    assert (found["files"], found["unaccounted_files"], found["refused_files"]) == (4, 1, 1)
    assert found["quarantined_share"] == pytest.approx(2 / 40)


def test_an_empty_warehouse_is_counted_and_not_unknown(empty: duckdb.DuckDBPyConnection) -> None:
    assert set(row(empty, "accounting_check").values()) == {0}


def test_a_stay_without_transmission_and_a_diagnosis_without_stay_are_counted(empty: duckdb.DuckDBPyConnection) -> None:
    empty.execute("INSERT INTO read_stay BY NAME SELECT 1 AS stay_id, 7 AS slice_id")
    empty.execute("INSERT INTO read_diagnosis VALUES (1, 1, 'E1190'), (2, 1, 'E1190')")
    found = row(empty, "accounting_check")
    assert (found["stays"], found["stays_without_slice"], found["diagnoses_without_stay"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("family", "field", "held"),
    [("mco_rsa", "mco", (2, 0)), ("mco_rum", "mco", (1, 2)), ("smr_rha", "smr", (1, 2)), ("T_HADaaB", "had", (1, 2))],
)
@pytest.mark.parametrize("accepted", [1, 2, 3])
def test_lines_accepted_that_are_not_held_are_counted(
    empty: duckdb.DuckDBPyConnection, family: str, field: str, held: tuple[int, int], accepted: int
) -> None:
    stays, units = held
    empty.execute("INSERT INTO read_slice BY NAME SELECT 7 AS slice_id, ? AS field", [field])
    empty.execute(f"INSERT INTO read_stay BY NAME SELECT range AS stay_id, 7 AS slice_id FROM range({stays})")
    empty.execute(f"INSERT INTO read_unit BY NAME SELECT 0 AS stay_id FROM range({units})")
    empty.execute("INSERT INTO read_file BY NAME SELECT 'a' AS source_file, 'x' AS sha256, ? AS family", [family])
    empty.execute("INSERT INTO read_slice_file VALUES (7, 'a', 'x', ?)", [accepted])
    assert row(empty, "accounting_check")["unheld_lines"] == abs(accepted - 2)


@pytest.mark.parametrize(
    ("fault", "column"),
    [
        ("INSERT INTO stay SELECT * FROM stay LIMIT 1", "duplicate_stays"),
        ("UPDATE stay SET entry_date = exit_date + 1 WHERE year = 2024", "exits_before_entry"),
        ("UPDATE stay SET exit_date = DATE '2023-03-10', entry_date = DATE '2023-03-09' WHERE year = 2024", "exits_in_another_year"),
        ("UPDATE stay SET ghm = '4M053' WHERE year = 2024", "malformed_ghm"),
        ("UPDATE stay SET cost_billed_eur = -1 WHERE year = 2024", "negative_costs"),
    ],
)
def test_a_stay_that_contradicts_itself_is_counted(fault: str, column: str) -> None:
    connection = built(STAYS)
    assert row(connection, "stay_check")[column] == 0
    connection.execute(fault)
    assert row(connection, "stay_check")[column] == 1


def test_nights_are_compared_with_dates_outside_sessions() -> None:
    connection = built(STAYS)
    assert row(connection, "stay_check")["nights_unlike_dates_share"] == 0
    connection.execute("UPDATE stay SET nights = 5 WHERE year = 2024")
    assert row(connection, "stay_check")["nights_unlike_dates_share"] == pytest.approx(1 / 3)
    connection.execute("UPDATE stay SET is_session = TRUE WHERE year = 2024")
    assert row(connection, "stay_check")["nights_unlike_dates_share"] == 0


def test_chaining_is_the_share_of_stays_followed_to_a_person_each_year() -> None:
    connection = built(STAYS.replace("| das", "| das | chain").replace("2025-03-10 | E1190", "2025-03-10 | E1190 | 100000000"))
    assert rows(connection, "chaining_check", "year, stays, chained_stays, chained_share") == [(2024, 1, 1, 1.0), (2025, 2, 1, 0.5)]


@pytest.mark.parametrize(
    ("fault", "column"),
    [
        ("INSERT INTO person_stratum SELECT * FROM person_stratum LIMIT 1", "persons_twice"),
        ("UPDATE person_stratum SET stratum = 0 WHERE status = 'diseased' AND year = 2025", "stratum_unlike_status"),
        ("UPDATE person_stratum SET status = 'at_risk_strict' WHERE status = 'diseased' AND year = 2025", "stratum_unlike_status"),
        ("UPDATE person_stratum SET status = 'cured', stratum = 0 WHERE status = 'diseased' AND year = 2025", "unknown_status"),
        ("UPDATE person_stratum SET definition_id = NULL WHERE status = 'diseased' AND year = 2025", "incomplete_rows"),
    ],
)
def test_a_status_that_cannot_be_is_counted(fault: str, column: str) -> None:
    connection = built("person | exit | das\n1 | 2025-03-10 | E1190")
    assert set(row(connection, "person_stratum_check").values()) == {0}
    hold_rows(connection, "person_stratum")
    connection.execute(fault)
    assert row(connection, "person_stratum_check")[column] == 1


DYING = """person | exit       | das   | exit_mode
           1      | 2024-03-10 | E1190 | 8
           1      | 2025-04-10 | E1190 | 9
           2      | 2024-03-10 | E1190 | 8"""


def cohort() -> Any:
    """Two members of the flow of 2025, one of whom dies in hospital that year."""
    connection = built(DYING)
    for name in ("flow_year", "flow_member"):
        models.build(connection, name)
    return connection


@pytest.mark.parametrize(
    ("fault", "column"),
    [
        ("UPDATE flow_member SET died = FALSE WHERE died AND year = 2025", "deaths_lost"),
        ("INSERT INTO flow_member SELECT * FROM flow_member WHERE NOT died AND year = 2025 LIMIT 1", "members_twice"),
        ("UPDATE flow_member SET person_years = 1.1 WHERE NOT died AND year = 2025", "person_years_out_of_range"),
    ],
)
def test_a_death_that_disappears_from_the_flow_is_counted(fault: str, column: str) -> None:
    connection = cohort()
    assert connection.execute("SELECT count(*) FROM flow_member WHERE died AND year = 2025").fetchall() == [(1,)]
    assert set(row(connection, "flow_check").values()) == {0}
    connection.execute(fault)
    assert row(connection, "flow_check")[column] == 1


def test_each_filter_counts_the_stays_it_meets_and_their_persons() -> None:
    connection = built(
        """person | exit       | ghm
           1      | 2025-03-10 | 90Z00Z
           1      | 2025-04-10 | 90Z00Z
           2      | 2025-03-10 | 04M053"""
    )
    found = rows(connection, "rejected", "reason, field, finess, year, stays, persons")
    by_reason = {line[0]: line[1:] for line in found}
    assert ("mco", "990000001", 2025, 2, 1) in by_reason.values()
    assert all(line[4] >= line[5] for line in found)


def test_coverage_seen_counts_months_with_an_exit() -> None:
    assert rows(built(STAYS), "coverage_seen", "hospital, field, year, months, stays") == [
        ("990000001", "mco", 2024, 1, 1),
        ("990000001", "mco", 2025, 2, 2),
    ]


def test_a_person_whose_residence_is_unknown_is_counted_where_no_cell_holds_them() -> None:
    connection = built("person | exit | geo\n1 | 2025-03-10 | 99999\n2 | 2025-03-10 | 9A001")
    assert (2025, 2, 1) in rows(connection, "residence_unknown", "year, persons_seen, persons")
