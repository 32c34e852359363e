"""One person of several pseudonyms, twins of one pseudonym, and deaths known beyond the hospital."""

import duckdb
import pytest

from tests.support.small_country import built

STAYS = """
person | exit | geo | exit_mode | dp
1 | 2024-02-01 | 9A001 | 8 | E1190
2 | 2025-03-01 | 9A001 | 8 | J189
3 | 2025-04-01 | 9A001 | 8 | E1190
4 | 2025-05-01 | 9A001 | 9 | E1190
"""
BENEFICIARY = "INSERT INTO read_beneficiary (slice_id, person_id, twin_rank, identity, sex_code, death_date) VALUES "


def beneficiaries(*rows: tuple[int, int, int, str, str | None]) -> str:
    """person, twin rank, identity, sex, death (or None)."""
    values = (f"(1, {who}, {rank}, {identity}, '{sex}', {repr(death) if death else 'NULL'})" for who, rank, identity, sex, death in rows)
    return BENEFICIARY + ", ".join(values)


def table(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def everything(connection: duckdb.DuckDBPyConnection) -> list[list[tuple]]:
    names = ("stay", "stay_rejection", "person", "person_state", "person_year", "person_stratum")
    return [table(connection, f"SELECT * FROM {name} ORDER BY ALL") for name in names]


def test_without_beneficiaries_nobody_changes() -> None:
    plain = built(STAYS)
    assert table(plain, "SELECT count(*) FROM person_identity") == [(0,)]
    assert table(plain, "SELECT count(*) FROM stay WHERE stay.person_id IS NULL") == [(0,)]
    everyone_alone = built(STAYS, also=beneficiaries(*((who, 1, who, "1", None) for who in (1, 2, 3, 4))))
    assert everything(everyone_alone) == everything(plain)


def test_pseudonyms_of_one_beneficiary_become_one_person() -> None:
    connection = built(STAYS, also=beneficiaries((1, 1, 7, "1", None), (2, 1, 7, "1", None), (3, 1, 8, "1", None)))
    assert table(connection, "SELECT * FROM person_identity") == [(2, 1, False)]
    assert table(connection, "SELECT person_id, count(*) FROM stay GROUP BY 1 ORDER BY 1") == [(1, 2), (3, 1), (4, 1)]
    assert table(
        connection, "SELECT person_id FROM person_stratum WHERE condition = 't2d' AND year = 2025 AND status = 'diseased' ORDER BY 1"
    ) == [
        (1,),
        (3,),
    ]  # the code of 2024 and the residence of 2025 are those of one person


def test_the_pseudonym_that_twins_share_is_left_out_of_person_work_only() -> None:
    connection = built(STAYS, also=beneficiaries((3, 1, 7, "1", None), (3, 2, 8, "1", None)))
    assert table(connection, "SELECT * FROM person_identity") == [(3, 3, True)]
    assert table(connection, "SELECT stay_id % 10 FROM stay_rejection WHERE reason = 'twin_pseudonym'") == table(
        connection, "SELECT stay_id % 10 FROM stay WHERE person_id = 3"
    )
    flags = "counts_as_stay, counts_for_person, counts_for_cost"
    assert table(connection, f"SELECT {flags} FROM stay WHERE person_id = 3") == table(
        connection, "SELECT counts_as_stay, false, counts_for_cost FROM stay WHERE person_id = 3"
    )
    assert table(connection, "SELECT person_id FROM person ORDER BY 1") == [(1,), (2,), (4,)]


def test_a_twin_is_never_merged_through_the_shared_pseudonym() -> None:
    """Pseudonym 3 is that of two twins; one of them is also known as 1, the other as 2: 1 and 2 stay two persons."""
    rows = ((3, 1, 7, "1", None), (3, 2, 8, "1", None), (1, 1, 7, "1", None), (2, 1, 8, "1", None))
    connection = built(STAYS, also=beneficiaries(*rows))
    assert table(connection, "SELECT * FROM person_identity") == [(3, 3, True)]


def test_two_rows_of_one_beneficiary_under_one_pseudonym_are_no_twins() -> None:
    connection = built(STAYS, also=beneficiaries((3, 1, 7, "1", None), (3, 2, 7, "1", None)))
    assert table(connection, "SELECT * FROM person_identity") == []


def death(connection: duckdb.DuckDBPyConnection, person: int) -> tuple:
    ((when, source),) = table(connection, f"SELECT death_date::VARCHAR, death_source FROM person WHERE person_id = {person}")
    return when, source


def user(*rows: tuple[int, str]) -> str:
    return "INSERT INTO user_death VALUES " + ", ".join(f"({who}, DATE '{when}')" for who, when in rows)


def test_the_earliest_death_that_any_source_knows_is_kept() -> None:
    told = beneficiaries((1, 1, 1, "1", "2025-06-01"), (2, 1, 2, "1", "2025-08-01"), (4, 1, 4, "1", "2025-05-03"))
    connection = built(STAYS, also=f"{told}; {user((2, '2025-07-01'), (3, '2025-09-01'), (4, '2025-05-01'))}")
    assert [death(connection, who) for who in (1, 2, 3, 4)] == [
        ("2025-06-01", "beneficiary"),
        ("2025-07-01", "user"),
        ("2025-09-01", "user"),
        ("2025-05-01", "hospital"),
    ]


def test_a_death_before_a_later_entry_is_set_aside_and_counted() -> None:
    connection = built(STAYS, also=user((3, "2025-03-30"), (2, "2025-02-28")))
    assert death(connection, 3) == (None, None)
    assert death(connection, 2) == ("2025-02-28", "user")  # the day of entry is no contradiction
    from strata.engine import models

    models.build(connection, "death_source")
    assert table(connection, "SELECT death_source, deaths, deaths_set_aside, deaths_kept FROM death_source ORDER BY 1") == [
        ("hospital", 1, 0, 1),
        ("user", 2, 1, 1),
    ]


def test_the_stock_loses_who_died_outside_the_hospital() -> None:
    diseased = "SELECT person_id FROM person_stratum WHERE condition = 't2d' AND year = 2025 AND status = 'diseased' ORDER BY 1"
    alive = "SELECT person_id FROM person_state WHERE year = 2025 AND is_alive ORDER BY 1"
    hospital_only = built(STAYS)
    assert (table(hospital_only, diseased), table(hospital_only, alive)) == ([(1,), (3,)], [(1,), (2,), (3,)])
    completed = built(STAYS, also=user((1, "2025-06-01"), (3, "2026-01-01")))
    assert (table(completed, diseased), table(completed, alive)) == ([(3,)], [(2,), (3,)])
    before = table(completed, diseased.replace("2025", "2024"))
    assert before == [(1,)]  # alive at the end of the year before


@pytest.mark.parametrize("person", [1, 2])
def test_the_death_of_any_pseudonym_is_that_of_the_person(person: int) -> None:
    rows = ((1, 1, 7, "1", "2025-06-01" if person == 1 else None), (2, 1, 7, "1", "2025-06-01" if person == 2 else None))
    assert death(built(STAYS, also=beneficiaries(*rows)), 1) == ("2025-06-01", "beneficiary")
