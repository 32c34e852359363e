"""The printed figure of the pioneers, from person rows to the published file: 286 MEUR observed, 304.5 MEUR expected, 6 054 against 6 446.

Belongs here: 44 000 persons written to the warehouse, a reference pack on disk, then only what a run does. Nothing is computed in the test.
"""

import polars as pl
import pytest

import strata
from strata.publication.publish import publish, verify
from strata.reference.pack import CELL_SCHEMA, TOTAL_SCHEMA, Pack, write_pack
from tests.support import cohort_warehouse as world
from tests.support.cohort_warehouse import pick

PERSONS = 44_000
NATIONAL_MEAN = 6_446.0
EXPECTED = 304_500_000
FIELDS = ("had", "mco", "psy", "smr")


def settings(folder):
    """All four fields of care, national, one published year, a reference made elsewhere."""
    covered = {name: {"scope": "national", "last_complete_month": "2024-12"} for name in FIELDS}
    method = {"conditions": ["t2d"], "fields": list(FIELDS)}
    return world.config(folder, first=2024, last=2024, method=method, coverage=covered, paths={"reference": "national_pack"})


def national_pack():
    """Mean euros by sex and age band: dear in old age, such that the persons below are expected to cost EXPECTED."""
    bands = ["18-39", "40-49", "50-59", "60-64", "65-69", "70-74", "75-79", "80-84", "85-89", "90+"]
    cells = [(sex, band) for sex in ("F", "M") for band in bands]
    weight = {cell: 10 + at for at, cell in enumerate(cells)}
    per_cell = EXPECTED / (PERSONS / len(cells)) / sum(weight.values())  # 2 200 persons in each of the 20 cells
    key = {"year": 2024, "condition": "t2d", "cohort": "flow", "measure": "cost", "per": "member", "stratum": "all"}
    rows = [
        key | {"cost_basis": basis, "sex": sex, "age_band": band, "persons": 100_000, "denominator": 1e5, "merged": band}
        | {"rate": weight[sex, band] * per_cell, "variance": 3.0e8}
        for basis in ("billed_br", "standard") for sex, band in cells
    ]  # fmt: skip
    totals = [
        key | {"cost_basis": basis, "persons": 2_000_000, "denominator": 2e6, "mean": NATIONAL_MEAN} for basis in ("billed_br", "standard")
    ]
    about = {
        "definitions": {"t2d": world.DEFINITION}, "contents": {"t2d": "0"}, "lookback_years": 5, "fields": "had+mco+psy+smr",
        "cost_bases": ["billed_br", "standard"],
        "standard_tariff_year": 2024, "pie_rule": "c", "residence_rule": "last", "stock_years": [2024], "flow_years": {"2024": 5},
        "threshold": 11, "synthetic": True,
    }  # fmt: skip
    return Pack(about, pl.DataFrame(rows, schema=CELL_SCHEMA), pl.DataFrame(totals, schema=TOTAL_SCHEMA))


def write_persons(connection):
    """44 000 diseased of T1 at the end of 2023, 2 200 in each sex and age band; 6 500 euros on average, nothing for most."""
    connection.execute(
        f"""
        CREATE TEMP TABLE drawn AS
        SELECT i AS person_id, i % 10 AS band, CASE WHEN i // 10 % 2 = 0 THEN 'F' ELSE 'M' END AS sex,
            i // 20 % 10 AS rank, 1 + i % 4 AS stratum
        FROM range({PERSONS}) AS r (i);
        INSERT INTO person SELECT person_id, CASE WHEN rank = 9 AND band = 0 THEN DATE '2024-03-01' END FROM drawn;
        INSERT INTO person_state
        SELECT person_id, 2023, age_band, sex, 'T1' FROM drawn
        INNER JOIN (SELECT age_band, row_number() OVER (ORDER BY age_min) - 1 AS band FROM age_band) AS b ON drawn.band = b.band;
        INSERT INTO person_stratum SELECT person_id, 't2d', 2023, stratum, 'diseased' FROM drawn;
        INSERT INTO person_year (person_id, year, cost_billed_eur, cost_standard_eur)
        SELECT person_id, 2024, euros, euros
        FROM (SELECT person_id, CASE rank WHEN 9 THEN 42500.10 WHEN 8 THEN 12499.90 WHEN 7 THEN 10000 ELSE 0 END AS euros FROM drawn)
        WHERE euros > 0;
        INSERT INTO population SELECT 2024, 'G1', NULL, sex, age_min, age_max, 60000
        FROM age_band CROSS JOIN (VALUES ('F'), ('M')) AS s (sex);
        """
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The published indicators, read back from the file."""
    folder = tmp_path_factory.mktemp("pioneers")
    chosen = settings(folder)
    write_pack(national_pack(), folder / "national_pack")
    connection = world.empty(chosen)
    write_persons(connection)
    world.build(connection, chosen)
    run = publish(connection, chosen, run_id="golden")
    assert verify(run) == []
    return strata.indicators(folder)


@pytest.mark.parametrize("cost_basis", ["billed_br", "standard"])
def test_6054_against_6446(published, cost_basis):
    row = pick(published, "cost_standardised", cost_basis=cost_basis)
    assert row["status"] == "ok"
    assert row["fields"] == "had+mco+psy+smr"
    assert row["numerator"] == 286_000_000
    assert row["expected"] == pytest.approx(EXPECTED, abs=1)
    assert row["reference_value"] == NATIONAL_MEAN
    assert row["value"] == pytest.approx(6_054, abs=1)
    assert round(100 * (row["ratio"] - 1), 1) == -6.1


def test_the_interval_is_claimed_and_not_narrow(published):
    row = pick(published, "cost_vs_expected")
    assert row["ratio"] == pytest.approx(0.9392, abs=1e-4)
    assert 0.01 < row["ratio_upper"] / row["ratio"] - 1 < 0.03
    assert row["ratio_lower"] < row["ratio"] < row["ratio_upper"] < 1


def test_each_part_of_the_ratio_stands_beside_it(published):
    row = pick(published, "cost_per_patient")
    assert (row["numerator"], row["denominator"], row["value"]) == (286_000_000, PERSONS, 6_500)
    assert pick(published, "cost_per_resident")["denominator"] == 20 * 60_000
    assert pick(published, "cost_vs_expected", stratum="1")["reason"] == "reference"  # the pack has no means by stratum
