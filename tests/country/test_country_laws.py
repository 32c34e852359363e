"""What must hold of any country run as its own nation: nothing lost, nobody's last year forgotten, the whole equal to what is expected."""

import json

import polars as pl
import pytest

from strata.settings import TABLES
from tests.country.conftest import FORMS, Country

# What a country of acute care alone cannot meet: a filter, and the field of care whose stays do.
_OF_ANOTHER_FIELD = {
    **dict.fromkeys(("field_not_included", "gme_error", "automatic_rha", "unfinished", "no_billed_cost", "gmt_outside_zone"), "smr"),
    **dict.fromkeys(("automatic_rpsa", "ambulatory_contact", "no_cost_basis"), "psy"),
    "ghpc_error": "had",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_line_is_accepted_set_aside_or_refused(country: Country, form: str) -> None:
    with country.warehouse(form) as connection:
        lines, parts = connection.execute("SELECT sum(lines), sum(accepted + quarantined + refused) FROM read_file").fetchall()[0]
    assert lines == parts > 0


@pytest.mark.parametrize("form", FORMS)
def test_every_filter_removes_at_least_one_stay(country: Country, form: str) -> None:
    declared = set(pl.read_csv(TABLES / "stay_filter.csv")["reason"])
    with country.warehouse(form) as connection:
        met = {reason for (reason,) in connection.execute("SELECT DISTINCT reason FROM stay_rejection").fetchall()}
        held = {field for (field,) in connection.execute("SELECT DISTINCT field FROM read_stay").fetchall()}
        if connection.execute("SELECT count(*) FROM read_beneficiary").fetchall() == [(0,)]:
            declared.discard("twin_pseudonym")
    out_of_reach = {reason for reason, field in _OF_ANOTHER_FIELD.items() if field not in held}
    assert declared - met == out_of_reach


AGAINST_THE_NATION = [
    *("persons_vs_expected", "persons_vs_expected_case_mix", "cost_vs_expected", "cost_per_resident_vs_expected"),
    *("use_vs_expected", "use_vs_expected_case_mix"),
]


@pytest.mark.parametrize("table", AGAINST_THE_NATION)
def test_over_all_territories_and_the_rest_observed_equals_expected(country: Country, table: str) -> None:
    # where the nation is too small for a mean, nothing is expected
    measure = "measure" if table.startswith("use_") else "''"
    with country.warehouse("atih") as connection:
        cells = connection.sql(
            f"""SELECT year, condition, stratum, cost_basis, {measure} AS measure,
                    sum(numerator) AS observed, sum(expected) AS expected, count(*) AS territories
                FROM {table} WHERE sex = 'all' AND age_band = 'all' AND territory_id <> 'ALL'
                GROUP BY ALL
                HAVING count(expected) > 0 AND sum(expected) > 0 AND count(*) FILTER (numerator > 0 AND expected IS NULL) = 0"""
        ).pl()
    assert cells["territories"].max() == 6
    ratios = cells.select((pl.col("observed").cast(pl.Float64) / pl.col("expected").cast(pl.Float64)).alias("ratio"))["ratio"]
    assert len(ratios) >= 10
    assert ratios.is_between(0.9995, 1.0005).all()


def test_those_who_died_in_the_year_are_in_its_flow_cohort_with_their_euros(country: Country) -> None:
    independent = """
        SELECT s.condition, d.year, count(*) AS persons, sum(c.cost) AS cost
        FROM (SELECT person_id, year FROM stay WHERE exit_mode = '9' AND counts_for_person) AS d
        JOIN person_stratum AS s ON s.person_id = d.person_id AND s.year = d.year - 1 AND s.status = 'diseased'
        JOIN (SELECT person_id, year, sum(CASE WHEN has_standard_cost THEN cost_standard_eur ELSE 0 END) AS cost
              FROM stay WHERE counts_for_person GROUP BY person_id, year) AS c ON c.person_id = d.person_id AND c.year = d.year
        GROUP BY s.condition, d.year ORDER BY ALL"""
    cohort = """
        SELECT condition, year, count(*) AS persons, sum(cost_standard_eur) AS cost FROM flow_member
        WHERE died AND stratum IN ('1', '2', '3', '4') GROUP BY condition, year ORDER BY ALL"""
    indicator = """
        SELECT condition, year, CAST(numerator AS BIGINT) FROM use_person_share
        WHERE measure = 'hospital_deaths' AND territory_id = 'ALL' AND stratum = 'all' AND sex = 'all' AND age_band = 'all' ORDER BY ALL"""
    with country.warehouse("atih") as connection:
        expected, found = connection.execute(independent).fetchall(), connection.execute(cohort).fetchall()
        counted = connection.execute(indicator).fetchall()
    assert len(expected) >= 8
    assert found == expected
    assert [row for row in counted if row[2]] == [row[:3] for row in expected]  # the numerator of hospital_death: the same persons


def test_the_publication_says_it_is_synthetic_everywhere(fields_country: Country) -> None:
    published = fields_country.published["snds"]
    rows = pl.read_parquet(published / "indicators.parquet")
    assert rows["synthetic"].all()
    receipt = json.loads((published / "receipt.json").read_text(encoding="utf-8"))
    assert receipt["synthetic"] is True
    pages = [page for page in (published / "dashboard").rglob("*.html") if page.parent.name != "definitions"]
    for page in pages:  # a definition holds no number
        text = page.read_text(encoding="utf-8")
        assert ("SYNTHETIC DATA" if '<html lang="en"' in text else "DONNÉES SYNTHÉTIQUES") in text, page.name
