"""ATIH files and SNDS tables of the same country give the same persons, strata, reasons and indicators.

The billed basis is left out: SNDS says what was billed, ATIH files only what a tariff table gives, and a GHS may have no tariff.
"""

import polars as pl
import pytest

from strata.engine import models
from tests.country.conftest import FORMS, Country

QUERIES = {
    "stays": """SELECT finess, year, pseudonym, entry_date, exit_date, age_years, sex, geo_code, ghm, ghs, nights, sessions,
                  cost_standard_eur, counts_as_stay, counts_for_person, has_standard_cost
                FROM stay LEFT JOIN pseudonym USING (person_id)""",
    "strata": """SELECT pseudonym, condition, year, stratum, status, rule_id, territory_id
                 FROM person_stratum JOIN pseudonym USING (person_id)""",
    "evidence": """SELECT pseudonym, condition, year, criterion_id, events, first_date, last_date, expires_on
                   FROM person_evidence JOIN pseudonym USING (person_id)""",
    "persons": "SELECT pseudonym, sex, birth_year, death_date FROM person",
}


@pytest.mark.parametrize("name", QUERIES)
def test_the_warehouse_holds_the_same(country: Country, name: str) -> None:
    atih, snds = (sorted_rows(country, form, QUERIES[name]) for form in FORMS)
    assert len(atih) > 100
    assert atih.equals(snds)


# Every number before it may be withheld. A year of movement asks for a place larger than this country: its counts are in transition_cell.
NUMBERS = ["transition_cell", *sorted(name for name, model in models.models().items() if model.layer == "indicators")]
EMPTY = {"ald_capture_share", "care_acts", "care_gap"}  # its stays come without exemptions (ALD) or ambulatory care
FIGURES = ("numerator", "expected", "persons", "events", "cost_eur")


@pytest.mark.parametrize("table", NUMBERS)
def test_the_numbers_are_the_same_to_the_cent_before_any_is_withheld(country: Country, table: str) -> None:
    """Published, most rows of a small country are withheld, and two withheld rows are equal whatever they hide."""
    atih, snds = (sorted_rows(country, form, f"FROM {table}") for form in FORMS)
    if "cost_basis" in atih.columns:
        atih, snds = (rows.filter(pl.col("cost_basis") != "billed_br") for rows in (atih, snds))
    assert atih.is_empty() == (table in EMPTY)
    figure = next((name for name in FIGURES if name in atih.columns), None)
    if figure and table not in {*EMPTY, "transition"}:
        assert atih.filter(pl.col(figure) > 0).height > 20
    assert atih.equals(snds)


def sorted_rows(country: Country, form: str, query: str) -> pl.DataFrame:
    with country.warehouse(form) as connection:
        rows = connection.sql(query).pl()
    return rows.sort(rows.columns)
