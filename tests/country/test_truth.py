"""The strata found from the extracts are those the persons were drawn with, in both input forms."""

import polars as pl
import pytest

from tests.country.conftest import FORMS, Country

KEY = ["pseudonym", "condition", "year"]


def found(country: Country, form: str) -> pl.DataFrame:
    """person_stratum with pseudonyms, for the published years."""
    query = """SELECT pseudonym, condition, CAST(year AS INTEGER) AS year, status, CAST(stratum AS INTEGER) AS stratum, territory_id
               FROM person_stratum JOIN pseudonym USING (person_id) JOIN reporting_year USING (year) WHERE is_stock"""
    with country.warehouse(form) as connection:
        return connection.sql(query).pl()


def wrong_rows(truth: pl.DataFrame, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The person-years that can be told, and those of them whose status, stratum or territory found is not that of the truth."""
    both = truth.join(rows, on=KEY, how="full", suffix="_found", coalesce=True)
    ambiguous = truth.filter("ambiguous").select("pseudonym").unique()
    clear = both.filter(~pl.col("ambiguous").fill_null(False)).join(ambiguous.with_columns(is_ambiguous=True), on="pseudonym", how="left")
    # A person found without a truth row is excused only when ambiguous at some date.
    clear = clear.filter(pl.col("status").is_not_null() | pl.col("is_ambiguous").is_null())
    same = [pl.col(name).eq_missing(pl.col(f"{name}_found")) for name in ("status", "stratum", "territory_id")]
    return clear, clear.filter(~pl.all_horizontal(same))


@pytest.mark.parametrize("form", FORMS)
def test_every_unambiguous_person_gets_exactly_the_drawn_stratum(country: Country, form: str) -> None:
    truth = country.truth.with_columns(pl.col("year", "stratum").cast(pl.Int32))
    clear, wrong = wrong_rows(truth, found(country, form))
    print(f"{form}: {len(clear)} person-years compared, {len(wrong)} wrong, {truth['ambiguous'].sum()} ambiguous")
    assert len(clear) > 1000
    assert wrong.group_by("condition", "status", "stratum", "status_found", "stratum_found").len().sort("len", descending=True).is_empty()


def test_few_of_the_diseased_are_ambiguous_and_each_says_why(country: Country) -> None:
    diseased = country.truth.filter(pl.col("status") == "diseased")
    assert 0 < diseased["ambiguous"].mean() <= 0.05
    assert diseased.filter("ambiguous")["ambiguous_reason"].null_count() == 0


@pytest.mark.parametrize("condition", ["t2d", "hf"])
def test_every_stratum_and_risk_level_is_drawn(country: Country, condition: str) -> None:
    drawn = country.truth.filter((pl.col("condition") == condition) & ~pl.col("ambiguous"))
    assert set(drawn["stratum"]) == {0, 1, 2, 3, 4}
    assert set(drawn["status"]) == {"diseased", "at_risk_strict", "at_risk_extended"}
