"""With all fields of care, the strata found are those the persons were drawn with; with MCO alone, those that MCO alone can tell.

The country is such that the two differ for each reason a field can matter: a code, a death, a residence seen nowhere else.
"""

import polars as pl
import pytest

from tests.country.conftest import Country
from tests.country.test_truth import KEY, found, wrong_rows

TRUTHS = {"atih": "truth", "snds": "truth", "mco": "truth_mco"}


def read_truth(country: Country, name: str) -> pl.DataFrame:
    """One of the two truths."""
    return pl.read_parquet(country.folder / f"{name}.parquet").with_columns(pl.col("year", "stratum").cast(pl.Int32))


@pytest.mark.parametrize("form", TRUTHS)
def test_every_unambiguous_person_gets_exactly_the_drawn_stratum(fields_country: Country, form: str) -> None:
    clear, wrong = wrong_rows(read_truth(fields_country, TRUTHS[form]), found(fields_country, form))
    assert len(clear) > 1000
    assert wrong.group_by("condition", "status", "stratum", "status_found", "stratum_found").len().is_empty()


def test_the_fields_left_out_would_be_missed(fields_country: Country) -> None:
    both = read_truth(fields_country, "truth").join(
        read_truth(fields_country, "truth_mco"), on=KEY, how="full", suffix="_mco", coalesce=True
    )
    both = both.filter(~pl.col("ambiguous").fill_null(False) & ~pl.col("ambiguous_mco").fill_null(False))
    diseased = both.filter(pl.col("status") == "diseased")
    assert diseased.filter(pl.col("status_mco").is_null()).height >= 10, "known by another field alone"
    assert diseased.filter(pl.col("stratum") > pl.col("stratum_mco")).height >= 5, "graver than MCO knows"
    assert diseased.filter(pl.col("territory_id") != pl.col("territory_id_mco")).height >= 2, "lives where another field says"
    assert both.filter(pl.col("status").is_null() & (pl.col("status_mco") == "diseased")).height >= 2, "died in another field"


@pytest.mark.parametrize("form", ["atih", "snds"])
def test_every_stay_is_worth_what_the_tariffs_say(fields_country: Country, form: str) -> None:
    truth = pl.read_parquet(fields_country.folder / "costs.parquet")
    query = """SELECT r.field, r.finess, r.year, CAST(r.stay_number AS INTEGER) AS stay_number, s.cost_billed_eur, s.cost_standard_eur
               FROM read_stay AS r JOIN stay AS s USING (stay_id) WHERE r.field IN ('smr', 'had')"""
    with fields_country.warehouse(form) as connection:
        stays = connection.sql(query).pl().sort("field", "finess", "year", "stay_number")
    assert truth.sort("field", "finess", "year", "stay_number").equals(stays.cast(dict(truth.schema)))
    assert truth.drop_nulls("cost_billed_eur").height > 20
    assert truth.filter(pl.col("cost_standard_eur").is_null()).height > 20, "not everything has a tariff"
