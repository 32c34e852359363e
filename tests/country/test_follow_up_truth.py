"""Care gaps of a synthetic country, read from its DCIR end to end: those of the truth, which the product never reads."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from strata.config import load
from strata.definitions.folder import write_definitions
from strata.engine import models
from strata.ingest.load import ingest
from strata.ingest.user.tables import load_user_tables
from strata.ingest.warehouse.tables import open_warehouse
from strata.settings import write_settings
from strata.synthetic import write_country
from strata.synthetic.tables import TABLES

YEARS = range(2020, 2026)
PLACES = """
    SELECT m.person_id, m.condition, m.year, m.stratum AS own, p.place_id AS territory_id, s.stratum
    FROM stock_member AS m JOIN place_part AS p USING (territory_id), (SELECT 'all' AS stratum UNION ALL SELECT m.stratum) AS s
    WHERE m.stratum IN ('1', '2', '3', '4')
"""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of 3 000 persons up to the care gaps, with `made` (truth of the acts) and `due` (calendar of the truth)."""
    out = tmp_path_factory.mktemp("follow_up") / "country"
    write_country(out, persons=3_000, years=YEARS, formats=("snds",), seed=11, fields=("mco", "dcir"))
    settings = load(out / "snds" / "strata.toml")
    ingest(settings.path("landing"), settings.database)
    connection = open_warehouse(settings.database)
    load_user_tables(connection, **{name: settings.path(name) for name in ("territories", "population", "tariffs")})
    write_settings(connection, settings)
    connection.execute("UPDATE follow_up_term SET members_at_least = 1")  # the arithmetic of small strata too
    write_definitions(connection, settings)
    for name in towards("care_gap", "care_acts"):
        models.build(connection, name)
    read_truth(connection, out)
    yield connection
    connection.close()


def towards(*wanted: str) -> list[str]:
    """The tables and all they are made of, in build order."""
    asked = set(wanted)
    for name in reversed(models.models()):
        if name in asked:
            asked.update(models.models()[name].inputs)
    return [name for name in models.models() if name in asked]


def read_truth(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    for name in ("identity", "follow_up"):
        connection.execute(f"CREATE VIEW truth_{name} AS FROM read_parquet('{(out / f'truth_{name}.parquet').as_posix()}')")
    connection.execute("""
        CREATE TABLE made AS
        WITH who AS (
            SELECT DISTINCT t.person, coalesce(i.person_id, p.person_id) AS person_id
            FROM truth_identity AS t JOIN pseudonym AS p USING (pseudonym) LEFT JOIN person_identity AS i ON i.read_person_id = p.person_id
        )
        SELECT who.person_id, f.act, f.year, f.month, f.days FROM truth_follow_up AS f JOIN who USING (person)
    """)
    calendar = pl.read_csv(TABLES / "follow_up_calendar.csv")
    due = [
        (row["condition"], row["act"], row["counted"], stratum, row[f"times_{stratum}"], row[f"years_{stratum}"])
        for row in calendar.iter_rows(named=True)
        for stratum in "1234"
        if row[f"times_{stratum}"] is not None
    ]
    connection.execute("CREATE TABLE due (condition VARCHAR, act VARCHAR, counted VARCHAR, own VARCHAR, times INTEGER, years INTEGER)")
    connection.executemany("INSERT INTO due VALUES (?, ?, ?, ?, ?, ?)", due)


def test_the_gaps_found_are_those_of_the_truth(country: duckdb.DuckDBPyConnection) -> None:
    truth = f"""
        WITH owed AS (
            SELECT p.*, d.act, d.times,
                coalesce((SELECT sum(CASE d.counted WHEN 'month' THEN 1 ELSE m.days END) FROM made AS m
                          WHERE m.person_id = p.person_id AND m.act = d.act AND m.year BETWEEN p.year - d.years + 1 AND p.year), 0) AS acts
            FROM ({PLACES}) AS p JOIN due AS d USING (condition, own)
        )
        SELECT year, condition, territory_id, stratum, 'care_gap_' || act, count(*) FILTER (WHERE acts < times), count(*)
        FROM owed
        WHERE stratum <> 'all' OR act <> 'diabetologist'
        GROUP BY ALL
    """
    found = "SELECT year, condition, territory_id, stratum, measure, CAST(numerator AS BIGINT), persons FROM care_gap WHERE persons > 0"
    rows, beyond, missing = differences(country, found, truth)
    assert (beyond, missing) == (0, 0)
    assert rows > 500
    shares = country.execute("SELECT min(numerator / persons), max(numerator / persons) FROM care_gap WHERE persons > 50").fetchall()[0]
    assert 0 < shares[0] < 0.5 < shares[1] <= 1


def test_the_acts_of_each_quarter_are_those_of_the_truth(country: duckdb.DuckDBPyConnection) -> None:
    truth = f"""
        SELECT p.year, p.condition, p.territory_id, p.stratum, concat('care_acts_', d.act, '_q', (m.month + 2) // 3),
            CAST(sum(CASE d.counted WHEN 'month' THEN 1 ELSE m.days END) AS BIGINT), count(DISTINCT p.person_id)
        FROM ({PLACES}) AS p JOIN due AS d USING (condition, own)
        JOIN made AS m ON m.person_id = p.person_id AND m.act = d.act AND m.year = p.year
        WHERE p.stratum <> 'all' OR d.act <> 'diabetologist'
        GROUP BY ALL
    """
    found = """SELECT year, condition, territory_id, stratum, measure, CAST(numerator AS BIGINT), numerator_persons FROM care_acts
               WHERE numerator > 0"""
    rows, beyond, missing = differences(country, found, truth)
    assert (beyond, missing) == (0, 0)
    assert rows > 1_000


def test_the_lines_that_must_not_count_were_there(country: duckdb.DuckDBPyConnection) -> None:
    """Each kind of dirt would have changed the gaps: of the acts of members, lines that no day of the truth knows, and days paid twice."""
    beside, twice, late, repeated = country.execute("""
        WITH lines AS (SELECT c.* FROM read_care AS c WHERE c.system = 'nabm' AND c.code = '1577')
        SELECT (SELECT count(*) FROM lines WHERE expense_qualifier = '71' OR taa_indicator = '1'),
               (SELECT count(*) FROM (SELECT 1 FROM lines WHERE quantity > 0 GROUP BY person_id, care_date HAVING count(*) > 1)),
               (SELECT count(*) FROM lines JOIN person_death USING (person_id) WHERE care_date > death_date),
               (SELECT count(*) FROM quarantine WHERE reason = 'duplicate_row')
    """).fetchall()[0]
    assert min(beside, twice, late, repeated) > 5


def differences(connection: duckdb.DuckDBPyConnection, found: str, truth: str) -> tuple[int, int, int]:
    """Rows of the truth, rows found beyond it, rows of it not found."""
    query = f"""
        SELECT (SELECT count(*) FROM ({truth})), (SELECT count(*) FROM (({found}) EXCEPT ALL ({truth}))),
               (SELECT count(*) FROM (({truth}) EXCEPT ALL ({found})))
    """
    return connection.execute(query).fetchall()[0]
