"""The SNDS tables about persons of a synthetic country, read end to end: illness, deaths, care and identities are those of the truth."""

from collections.abc import Iterator

import duckdb
import pytest

from strata.config import load
from strata.definitions.folder import write_definitions
from strata.engine import models
from strata.ingest.load import ingest
from strata.ingest.user.tables import load_user_tables
from strata.ingest.warehouse.tables import open_warehouse
from strata.settings import write_settings
from strata.synthetic import write_country

QUALITY = ("code_mention", "care_rejected", "death_source")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of 2 000 persons, with the views truth_* and who (pseudonym of the truth -> person of the warehouse)."""
    out = tmp_path_factory.mktemp("persons") / "country"
    write_country(out, persons=2_000, years=range(2020, 2026), formats=("snds",), fields=("mco", "dcir"))
    settings = load(out / "snds" / "strata.toml")
    report = ingest(settings.path("landing"), settings.database)
    assert [file.source_file for file in report.refused_files] == []
    connection = open_warehouse(settings.database)
    paths = {name: settings.path(name) for name in ("territories", "population", "tariffs")}
    load_user_tables(connection, **paths)
    write_settings(connection, settings)
    write_definitions(connection, settings)
    for name, model in models.models().items():
        if model.layer in ("staging", "core", "strata") or name in QUALITY:
            models.build(connection, name)
    for name in ("identity", "death", "ald", "care"):
        connection.execute(f"CREATE VIEW truth_{name} AS SELECT * FROM read_parquet('{(out / f'truth_{name}.parquet').as_posix()}')")
    connection.execute(f"CREATE VIEW truth AS SELECT * FROM read_parquet('{(out / 'truth.parquet').as_posix()}')")
    connection.execute(_WHO)
    yield connection
    connection.close()


_WHO = """
    CREATE VIEW who AS
    SELECT DISTINCT t.person, coalesce(i.person_id, p.person_id) AS person_id
    FROM truth_identity AS t
    JOIN pseudonym AS p ON p.pseudonym = t.pseudonym
    LEFT JOIN person_identity AS i ON i.read_person_id = p.person_id
    WHERE NOT t.is_shared
"""


def differences(connection: duckdb.DuckDBPyConnection, found: str, truth: str) -> tuple[int, int, int]:
    """Rows of the truth, rows found beyond it, rows of it not found."""
    query = f"""
        SELECT (SELECT count(*) FROM ({truth})), (SELECT count(*) FROM ({found} EXCEPT ALL {truth})),
               (SELECT count(*) FROM ({truth} EXCEPT ALL {found}))
    """
    return connection.execute(query).fetchall()[0]


def test_every_line_is_accounted_for(country: duckdb.DuckDBPyConnection) -> None:
    assert country.execute("SELECT count(*) FROM read_file WHERE lines <> accepted + quarantined + refused OR refused > 0").fetchall() == [
        (0,)
    ]
    services, care = country.execute("""
        SELECT (SELECT sum(accepted) FROM read_file WHERE family = 'ER_PRS_F'), (SELECT count(*) FROM read_care)
    """).fetchall()[0]
    assert services == care > 1_000


def test_each_person_is_one_person(country: duckdb.DuckDBPyConnection) -> None:
    assert country.execute("SELECT count(*) - count(DISTINCT person), count(*) - count(DISTINCT person_id) FROM who").fetchall() == [(0, 0)]
    merged, shared = country.execute(
        "SELECT count(*) FILTER (WHERE NOT is_ambiguous), count(*) FILTER (WHERE is_ambiguous) FROM person_identity"
    ).fetchall()[0]
    wanted = country.execute("SELECT count(*) - count(DISTINCT person), count(*) FILTER (WHERE is_shared) FROM truth_identity").fetchall()[
        0
    ]
    assert (merged, shared) == wanted
    assert min(wanted) > 5


def test_illness_deaths_and_care_are_those_of_the_truth(country: duckdb.DuckDBPyConnection) -> None:
    names = "ald_number, cim10_code, start_date, end_date"
    rows, *wrong = differences(
        country, f"SELECT person, {names} FROM ald JOIN who USING (person_id)", f"SELECT person, {names} FROM truth_ald"
    )
    assert (wrong, rows > 40) == ([0, 0], True)
    told = "SELECT person, min(death_date) FROM person_death JOIN who USING (person_id) WHERE NOT is_set_aside GROUP BY person"
    rows, *wrong = differences(country, told, "SELECT person, death_date FROM truth_death")
    assert (wrong, rows > 40) == ([0, 0], True)
    sums = "CAST(sum(quantity) AS BIGINT), CAST(100 * sum(base_eur) AS BIGINT)"
    found = f"SELECT person, CAST(year(care_date) AS SMALLINT), system, code, {sums} FROM care JOIN who USING (person_id) GROUP BY ALL"
    truth = "SELECT person, year, system, code, quantity, base_cents FROM truth_care WHERE quantity <> 0 OR base_cents <> 0"
    rows, *wrong = differences(country, found, truth)
    assert (wrong, rows > 1_000) == ([0, 0], True)


def test_the_filters_met_something(country: duckdb.DuckDBPyConnection) -> None:
    found = {row[0] for row in country.execute("SELECT DISTINCT reason FROM care_rejected").fetchall()}
    assert found == {"not_reimbursed_line", "public_hospital", "supplement", "twin_pseudonym"}


def test_the_strata_are_those_of_the_truth_without_who_died_outside(country: duckdb.DuckDBPyConnection) -> None:
    """The truth of the files knows deaths in hospital only: with IR_BEN_R its persons who died elsewhere leave, and nobody else."""
    truth = """
        SELECT t.pseudonym AS person, t.condition, t.year, t.status, t.stratum
        FROM truth AS t
        JOIN truth_identity AS i ON i.pseudonym = t.pseudonym
        LEFT JOIN truth_death AS d ON d.person = t.pseudonym
        WHERE NOT t.ambiguous AND NOT i.is_shared AND NOT coalesce(d.death_date <= make_date(t.year, 12, 31), false)
    """
    found = f"""
        SELECT w.person, s.condition, s.year, s.status, s.stratum
        FROM person_stratum AS s
        JOIN who AS w ON w.person_id = s.person_id
        SEMI JOIN ({truth}) AS t ON t.person = w.person AND t.condition = s.condition AND t.year = s.year
    """
    rows, beyond, missing = differences(country, found, truth)
    assert rows > 200
    assert (beyond, missing) == (0, 0)
    gone = country.execute("""
        SELECT count(*) FILTER (WHERE s.person_id IS NOT NULL), count(*)
        FROM truth AS t
        JOIN truth_death AS d ON d.person = t.pseudonym AND d.death_date <= make_date(t.year, 12, 31)
        JOIN who AS w ON w.person = t.pseudonym
        LEFT JOIN person_stratum AS s ON s.person_id = w.person_id AND s.condition = t.condition AND s.year = t.year
        WHERE NOT t.ambiguous
    """).fetchall()[0]
    assert gone[0] == 0 < gone[1]
