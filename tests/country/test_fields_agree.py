"""ATIH files and SNDS tables of SMR, HAD and PSY of the same country give the same stays, units, codes, persons, strata and euros.

An act of ambulatory psychiatry has a day in ATIH files from 2020 and a month everywhere: it is compared by its month.
"""

import polars as pl
import pytest

from tests.country.conftest import FIELDS, Country
from tests.country.test_forms_agree import sorted_rows

DATE = "CASE WHEN is_contact THEN date_trunc('month', {0}) ELSE {0} END AS {0}"
STAY = f"""field, finess, year, stay_number, is_contact, coalesce(pseudonym, '') AS pseudonym, {DATE.format("exit_date")}"""
BEYOND = """
    WITH beyond AS (
        SELECT r.*, s.is_contact, p.pseudonym, s.cost_standard_eur, s.counts_as_stay, s.counts_for_days, s.counts_for_person,
               s.counts_for_cost, s.has_standard_cost, s.cost_billed_eur AS billed_eur
        FROM read_stay AS r
        JOIN stay AS s USING (stay_id)
        LEFT JOIN pseudonym AS p ON p.person_id = r.person_id
        WHERE r.field <> 'mco'
    )"""
QUERIES = {
    "stays": f"""{BEYOND}
        SELECT {STAY}, {DATE.format("entry_date")}, chaining_codes, pseudonym_status, entry_mode, entry_provenance, exit_mode,
               exit_destination, sex_code, age_years, age_days, geo_code, automatic_rsa, nights, care_form, presence_days,
               presence_half_days, is_unfinished, billing_base_eur, unit_count, billed_eur, cost_standard_eur,
               counts_as_stay, counts_for_days, counts_for_person, counts_for_cost, has_standard_cost
        FROM beyond""",
    "units": f"{BEYOND} SELECT {STAY}, u.unit_rank, u.dp, u.dr, u.unit_finess, u.nights FROM beyond JOIN read_unit AS u USING (stay_id)",
    "diagnoses": f"{BEYOND} SELECT {STAY}, d.unit_rank, d.position, d.code FROM beyond JOIN diagnosis AS d USING (stay_id)",
    "acts": f"""{BEYOND}
        SELECT {STAY}, a.unit_rank, a.system, a.code, a.phase, a.activity, a.executions
        FROM beyond JOIN read_procedure AS a USING (stay_id)""",
    "groups": f"""{BEYOND}
        SELECT {STAY}, g.unit_rank, g.group_code, g.tariff_code, g.days, g.home FROM beyond JOIN read_group AS g USING (stay_id)""",
    "persons": "SELECT pseudonym, sex, birth_year, death_date FROM person",
    "strata": """SELECT pseudonym, condition, year, stratum, status, rule_id, territory_id
                 FROM person_stratum JOIN pseudonym USING (person_id)""",
    "evidence": """SELECT pseudonym, condition, year, criterion_id, events, date_trunc('month', last_date) AS last_month
                   FROM person_evidence JOIN pseudonym USING (person_id)""",
}


@pytest.mark.parametrize("name", QUERIES)
def test_the_warehouse_holds_the_same(fields_country: Country, name: str) -> None:
    atih, snds = (sorted_rows(fields_country, form, QUERIES[name]) for form in ("atih", "snds"))
    assert len(atih) > 10
    assert atih.join(snds, on=atih.columns, how="anti", nulls_equal=True).is_empty()
    assert atih.equals(snds)


def test_acts_of_rehabilitation_are_read_and_no_list_of_acts_meets_them(fields_country: Country) -> None:
    with fields_country.warehouse("atih") as connection:
        query = "SELECT system, count(*) > 100, bool_and(contains(code, '+')), bool_or(contains(code, '+')) FROM read_procedure GROUP BY 1"
        assert sorted(connection.execute(query).fetchall()) == [("ccam", True, False, False), ("csarr", True, True, True)]
        assert connection.execute("SELECT count(*) FROM procedure WHERE contains(code, '+')").fetchall() == [(0,)]


def test_every_field_and_form_of_care_is_read(fields_country: Country) -> None:
    with fields_country.warehouse("atih") as connection:
        found = connection.execute("SELECT DISTINCT field, care_form FROM read_stay WHERE field <> 'mco'").fetchall()
    forms = [("smr", "full"), ("smr", "day"), ("had", "home"), *(("psy", form) for form in ("full", "day", "night", "home", "contact"))]
    assert set(found) == set(forms)


@pytest.mark.parametrize("form", ["atih", "snds"])
def test_what_is_spoiled_is_set_aside_and_nothing_else(fields_country: Country, form: str) -> None:
    account = """SELECT sum(lines), sum(accepted + quarantined + refused) FILTER (reason IS NULL), sum(quarantined)
                 FROM read_file WHERE family NOT LIKE '%mco%' AND family NOT LIKE '%MCO%'"""
    with fields_country.warehouse(form) as connection:
        lines, parts, quarantined = connection.execute(account).fetchall()[0]
        reasons = {reason for (reason,) in connection.execute("SELECT DISTINCT reason FROM quarantine").fetchall()}
    assert lines == parts > quarantined > 0
    spoiled = {"atih": {"duplicate_row", "duplicate_stay", "unknown_version"}, "snds": {"duplicate_row", "orphan_row"}}
    assert reasons == spoiled[form]


def test_what_is_published_says_that_it_covers_all_fields(fields_country: Country) -> None:
    rows = pl.read_parquet(fields_country.published["snds"] / "indicators.parquet")
    assert [set(fields.split("+")) for fields in rows["fields"].unique()] == [set(FIELDS)]
