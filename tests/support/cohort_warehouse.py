"""A warehouse filled at the person level by SQL, for what comes after the strata: cohorts, reference, indicators, publication.

Belongs here: person_stratum, person_state, person_year, person and population of people that never had a stay. Not here: stays
(small_country.py). Persons are drawn by arithmetic on their number: the same on every machine.
"""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from strata.config import Config, from_dict
from strata.engine import models
from strata.ingest.warehouse import tables as warehouse
from strata.measures.catalogue import load_catalogue
from strata.measures.measure import measure
from strata.reference.nation import Pack, load_reference
from strata.settings import write_settings

DEFINITION = "TEST-1.0"


def config(
    folder: Path, *, scope: str = "national", first: int = 2024, last: int = 2025, through: str = "2025-12", **sections: Any
) -> Config:
    """One condition, one field, coverage `scope`; other sections replace the defaults."""
    raw: dict[str, Any] = {
        "years": {"first": first, "last": last},
        "method": {"conditions": ["t2d"]},
        "coverage": {"mco": {"scope": scope, "last_complete_month": through}},
    }
    return from_dict(raw | sections, folder)


def empty(settings: Config, *, first_data_year: int = 2017, finess: str = "990000001") -> duckdb.DuckDBPyConnection:
    """The tables before any person: settings, one definition, territories T1 and T2, REST beyond."""
    connection = duckdb.connect()
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    for name in settings.method.fields:
        for year in range(first_data_year, settings.years.last + 1):
            connection.execute(
                """INSERT INTO read_slice BY NAME
                   SELECT ? AS slice_id, ? AS finess, ? AS field, ? AS year, 'atih' AS form, 12 AS month""",
                [year, finess, name, year],
            )
    write_settings(connection, settings)
    connection.execute(
        """
        CREATE TABLE definition (condition VARCHAR, definition_id VARCHAR, label_fr VARCHAR, label_en VARCHAR, short_fr VARCHAR,
            content_sha256 VARCHAR);
        CREATE TABLE person (person_id INTEGER, death_date DATE);
        CREATE TABLE person_state (person_id INTEGER, year SMALLINT, age_band VARCHAR, sex VARCHAR, territory_id VARCHAR,
            age_years INTEGER GENERATED ALWAYS AS (CAST(substr(age_band, 1, 2) AS INTEGER)));
        CREATE TABLE person_criteria (person_id INTEGER, year SMALLINT, block_no SMALLINT, criteria HUGEINT);
        CREATE TABLE criterion_bit (criterion_no SMALLINT, condition VARCHAR, bit BIGINT, block_no SMALLINT, block_shift INTEGER);
        CREATE TABLE definition_criterion (criterion_no SMALLINT, condition VARCHAR, criterion_id VARCHAR);
        CREATE TABLE ald (person_id INTEGER, start_date DATE, end_date DATE);
        CREATE TABLE care (person_id INTEGER, care_date DATE, system VARCHAR, code VARCHAR, service VARCHAR, speciality VARCHAR,
            quantity INTEGER);
        CREATE TABLE definition_act (condition VARCHAR, act VARCHAR, label_fr VARCHAR, label_en VARCHAR, caveat_fr VARCHAR,
            caveat_en VARCHAR, counted VARCHAR, years SMALLINT, is_observable BOOLEAN, is_for_all BOOLEAN);
        CREATE TABLE definition_act_way (condition VARCHAR, act VARCHAR, way SMALLINT, asks_code BOOLEAN, asks_by BOOLEAN);
        CREATE TABLE definition_act_code (condition VARCHAR, act VARCHAR, way SMALLINT, part VARCHAR, system VARCHAR, code VARCHAR,
            valid_from DATE, valid_to DATE);
        CREATE TABLE definition_act_expected (condition VARCHAR, act VARCHAR, stratum VARCHAR, times SMALLINT, years SMALLINT,
            basis VARCHAR, source VARCHAR);
        CREATE TABLE definition_act_quarter (condition VARCHAR, act VARCHAR, stratum VARCHAR, quarter SMALLINT, expected DOUBLE);
        CREATE TABLE care_event (person_id INTEGER, event_no SMALLINT, first_date DATE, last_date DATE);
        CREATE TABLE person_year (person_id INTEGER, year SMALLINT, cost_billed_eur DECIMAL(14, 2), cost_standard_eur DECIMAL(14, 2),
            nights BIGINT);
        CREATE TABLE person_stratum (person_id INTEGER, condition VARCHAR, year SMALLINT, stratum SMALLINT, status VARCHAR);
        INSERT INTO territory VALUES ('T1', 'Ici', 'G1'), ('T2', 'Là', 'G2');
        CREATE TABLE stay (stay_id BIGINT, person_id INTEGER, field VARCHAR, year SMALLINT, entry_date DATE, exit_date DATE,
            entry_mode VARCHAR, entry_provenance VARCHAR, exit_mode VARCHAR, is_overnight BOOLEAN, is_urgent BOOLEAN, is_death BOOLEAN,
            is_transfer_in BOOLEAN,
            counts_as_stay BOOLEAN, counts_for_person BOOLEAN, counts_for_cost BOOLEAN, has_standard_cost BOOLEAN,
            cost_billed_eur DECIMAL(12, 2), cost_standard_eur DECIMAL(12, 2));
        CREATE TABLE stay_event (person_id INTEGER, stay_id BIGINT, event_no SMALLINT, entry_date DATE, exit_date DATE);
        CREATE TABLE stay_episode (person_id INTEGER, stay_id BIGINT, episode_no INTEGER);
        CREATE TABLE definition_event (event_no SMALLINT, condition VARCHAR, event_id VARCHAR);
        CREATE TABLE shown_event (event_no SMALLINT, shown_no SMALLINT);
        INSERT INTO definition_event SELECT row_number() OVER (ORDER BY event_id), 'shared', event_id
        FROM (SELECT DISTINCT CASE event_id WHEN 'stay_for_' THEN 'stay_for_t2d' ELSE event_id END AS event_id
              FROM use_measure WHERE event_id IS NOT NULL) AS listed;
        INSERT INTO shown_event SELECT event_no, event_no FROM definition_event;
        """
    )
    connection.execute("INSERT INTO definition VALUES ('t2d', ?, 'Diabète', 'Diabetes', 'DT2', '0')", [DEFINITION])
    return connection


def populate(connection: duckdb.DuckDBPyConnection, persons: int = 6_000) -> None:
    """`persons` followed from 2020 to 2025 in T1, T2 and REST, both sexes, every age band and stratum, two in eleven at risk.

    One in fifty dies on 1 July 2024; costs rise with the stratum; residents are fifty times the persons.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE drawn AS
        SELECT i AS person_id, CASE WHEN i % 2 = 0 THEN 'F' ELSE 'M' END AS sex,
            CASE WHEN i % 7 < 2 THEN 'T1' WHEN i % 7 < 4 THEN 'T2' ELSE 'REST' END AS territory_id,
            (i // 8 % 10)::INTEGER AS band, (1 + i // 2 % 4)::SMALLINT AS stratum,
            CASE WHEN i % 11 = 3 THEN 'at_risk_strict' WHEN i % 11 = 4 THEN 'at_risk_extended' ELSE 'diseased' END AS status
        FROM range({persons}) AS r (i);
        INSERT INTO person SELECT person_id, CASE WHEN person_id % 50 = 7 THEN DATE '2024-07-01' END FROM drawn;
        INSERT INTO person_state
        SELECT person_id, year, age_band, sex, territory_id
        FROM drawn CROSS JOIN range(2020, 2026) AS y (year)
        INNER JOIN (SELECT age_band, row_number() OVER (ORDER BY age_min) - 1 AS band FROM age_band) AS b ON drawn.band = b.band
        WHERE year < 2024 OR person_id % 50 <> 7;
        INSERT INTO person_stratum
        SELECT person_id, 't2d', year, CASE status WHEN 'diseased' THEN stratum ELSE 0 END, status
        FROM drawn INNER JOIN person_state USING (person_id);
        INSERT INTO person_year (person_id, year, nights, cost_billed_eur, cost_standard_eur)
        SELECT person_id, year, (person_id + year) % 5,
            1000 * stratum + 100 * band + person_id % 97 + 0.25, 900 * stratum + 90 * band + person_id % 89 + 0.10
        FROM drawn CROSS JOIN range(2017, 2026) AS y (year) WHERE (person_id + year) % 3 > 0;
        INSERT INTO stay
        SELECT 100 * (10000 * year + person_id) + k, person_id, 'mco', year,
            make_date(year, 1 + 3 * k, 2), make_date(year, 1 + 3 * k, 5), '8', NULL, '8',
            (person_id + k) % 3 > 0, (person_id + k) % 5 = 0, FALSE, FALSE, TRUE, TRUE, TRUE, TRUE, 1000, 900
        FROM drawn CROSS JOIN range(2020, 2026) AS y (year) CROSS JOIN range(4) AS r (k)
        WHERE k < (person_id // 3 + stratum + year) % 4 AND (year < 2024 OR person_id % 50 <> 7);
        INSERT INTO population
        SELECT year, CASE territory_id WHEN 'T1' THEN 'G1' WHEN 'T2' THEN 'G2' ELSE 'G9' END, NULL, sex, age_min, age_max, 500 + 7 * age_min
        FROM range(2020, 2026) AS y (year)
        CROSS JOIN (VALUES ('T1'), ('T2'), ('REST')) AS t (territory_id) CROSS JOIN (VALUES ('F'), ('M')) AS s (sex)
        CROSS JOIN (SELECT a AS age_min, CASE WHEN a = 90 THEN 120 ELSE a + 4 END AS age_max FROM range(0, 91, 5) AS a (a)) AS bands;
        """
    )


def build(connection: duckdb.DuckDBPyConnection, settings: Config) -> Pack | None:
    """Build everything from population_cell to the indicators, with the reference the configuration asks for."""
    _write_changes(connection)
    after = models.downstream(["reference_cell", "reference_total"])
    mine = _towards_indicators()
    for name in [name for name in mine if name not in after]:
        models.build(connection, name)
    pack = load_reference(connection, settings)
    for name in [name for name in mine if name in after]:
        models.build(connection, name)
    return pack


def _towards_indicators() -> list[str]:
    """The indicators, national_cell, and what they read, in build order; the tables of persons are written, not built."""
    known = models.models()
    wanted = {"national_cell", *(name for name, model in known.items() if model.layer == "indicators")}
    for name in reversed(known):
        if name in wanted:
            wanted.update(known[name].inputs)
    return [
        name
        for name, model in known.items()
        if name in wanted and (model.layer in ("reference", "indicators") or name == "population_cell") and name != "stratum_change"
    ]


def _write_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """stratum_change from the states alone: no evidence is here, so whoever falls is told to be forgotten, whoever rises to be seen."""
    connection.execute(
        """
        CREATE OR REPLACE TABLE stratum_change AS
        WITH placed AS (
            SELECT person_id, condition, year, CASE status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE status END AS stratum,
                status = 'diseased' AS is_diseased
            FROM person_stratum
        ),
        pair AS (
            SELECT coalesce(b.person_id, a.person_id) AS person_id, coalesce(b.condition, a.condition) AS condition,
                coalesce(a.year, b.year + 1) AS year, coalesce(b.stratum, 'none') AS from_stratum, a.stratum AS reached
            FROM placed AS b FULL JOIN placed AS a ON b.person_id = a.person_id AND b.condition = a.condition AND a.year = b.year + 1
            WHERE coalesce(b.is_diseased, FALSE) OR coalesce(a.is_diseased, FALSE)
        ),
        named AS (
            SELECT pair.person_id, pair.condition, pair.year, from_stratum,
                coalesce(reached, CASE WHEN year(death_date) = pair.year THEN 'dead' ELSE 'none' END) AS to_stratum
            FROM pair INNER JOIN person ON pair.person_id = person.person_id
        )
        SELECT named.person_id, named.condition, named.year, from_stratum, to_stratum, b.territory_id AS from_territory_id, a.territory_id,
            coalesce(b.sex, a.sex) AS sex, coalesce(b.age_band, a.age_band) AS age_band,
            CASE WHEN to_stratum = 'dead' THEN 'death' WHEN from_stratum = to_stratum THEN 'unchanged'
                WHEN to_stratum IN ('1', '2', '3', '4') AND to_stratum > replace(from_stratum, 'none', '0') THEN 'new_evidence'
                WHEN from_stratum IN ('1', '2', '3', '4') THEN 'evidence_expired' ELSE 'new_evidence' END AS cause
        FROM named
        INNER JOIN reporting_year AS later ON named.year = later.year AND later.is_stock
        INNER JOIN reporting_year AS earlier ON named.year = earlier.year + 1
        LEFT JOIN person_state AS b ON named.person_id = b.person_id AND named.year = b.year + 1
        LEFT JOIN person_state AS a ON named.person_id = a.person_id AND named.year = a.year
        """
    )


def add_person(
    connection: duckdb.DuckDBPyConnection,
    person_id: int,
    *,
    states: dict[int, str],
    costs: dict[int, float] | None = None,
    place: str = "T1",
    sex: str = "F",
    age_band: str = "60-64",
    death: str | None = None,
) -> None:
    """One person. states: year -> '1'..'4', 'at_risk_strict' or 'at_risk_extended'. costs: year -> euros billed (standard: half)."""
    connection.execute("INSERT INTO person VALUES (?, ?)", [person_id, death])
    for year, stratum in states.items():
        status, number = ("diseased", int(stratum)) if stratum.isdigit() else (stratum, 0)
        connection.execute("INSERT INTO person_state VALUES (?, ?, ?, ?, ?)", [person_id, year, age_band, sex, place])
        connection.execute("INSERT INTO person_stratum VALUES (?, 't2d', ?, ?, ?)", [person_id, year, number, status])
    for year, euros in (costs or {}).items():
        connection.execute("INSERT INTO person_year VALUES (?, ?, ?, ?, 0)", [person_id, year, euros, euros / 2])


def amputate(connection: duckdb.DuckDBPyConnection, persons: str) -> None:
    """One stay with an amputation in February 2024, for each `person_id` of the query `persons`."""
    connection.execute(
        f"""INSERT INTO stay SELECT 90000000 + person_id, person_id, 'mco', 2024, DATE '2024-02-02', DATE '2024-02-05', '8', NULL, '8',
            TRUE, FALSE, FALSE, FALSE, TRUE, TRUE, TRUE, TRUE, 10, 10 FROM ({persons})"""
    )
    connection.execute(
        f"""INSERT INTO stay_event SELECT person_id, 90000000 + person_id, shown_no, DATE '2024-02-02', DATE '2024-02-05'
            FROM ({persons}), shown_event INNER JOIN definition_event USING (event_no) WHERE event_id = 'amputation_act'"""
    )


def measured(connection: duckdb.DuckDBPyConnection, settings: Config) -> pl.DataFrame:
    """Build and measure: every indicator row, before disclosure control."""
    build(connection, settings)
    return measure(connection, settings, load_catalogue())


def pick(frame: pl.DataFrame, indicator_id: str, **cell: Any) -> dict[str, Any]:
    """The one row of an indicator: year 2024, place T1, everybody and the standard basis unless `cell` says otherwise."""
    wanted = {"year": 2024, "territory_id": "T1", "stratum": "all", "sex": "all", "age_band": "all"} | cell
    if "cost_basis" not in cell:
        wanted["cost_basis"] = "standard" if indicator_id.startswith("cost") else "none"
    (row,) = frame.filter(pl.col("indicator_id") == indicator_id, *(pl.col(name) == value for name, value in wanted.items())).to_dicts()
    return row
