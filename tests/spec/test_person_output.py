"""The output contract of the clinical text (1.10): one row per person, condition and year, with its reasons, systems and method."""

from datetime import date
from typing import Any

import duckdb
import pytest

from strata.explain import method_terms, person_output
from tests.support.small_country import built, config

STAYS = """person | exit | dp | das | nights | born | geo
1 | 2025-03-10 | J189 | E1138 I252 | 1 | 1950 | 9A001
1 | 2022-05-01 | J189 | E1148 | 1 | 1950 | 9A001
2 | 2025-03-10 | J189 | I10 | 1 | 1950 | 9A001
3 | 2025-03-10 | J189 | Z000 | 1 | 1950 | 9A001
"""


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    return built(STAYS)


def output(warehouse: duckdb.DuckDBPyConnection, person_id: int, year: int = 2025) -> dict[str, Any]:
    found = person_output(warehouse).filter(f"person_id = {person_id} AND condition = 't2d' AND year = {year}").to_arrow_table().to_pylist()
    assert len(found) == 1
    return dict(found[0])


def test_a_row_has_its_reasons_of_any_rule_with_their_dates_and_its_systems(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = output(warehouse, 1)
    assert (row["stratum"], row["at_risk_level"], row["person_type"], row["rule_id"]) == (4, None, "t2", "S4-three-organs")
    assert row["systems"] == ["organ_eye", "organ_nerve", "organ_coronary"]
    dates = {one["criterion_id"]: (one["evidence_last_date"], one["evidence_expiry_date"]) for one in row["reasons"]}
    assert set(row["systems"]) < set(dates)  # and those of no organ
    assert dates["organ_nerve"] == (date(2022, 5, 1), date(2027, 5, 1))
    assert output(warehouse, 1, 2024)["systems"] == ["organ_nerve"]


def test_a_risk_has_its_level_and_no_system(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert [(output(warehouse, one)["at_risk_level"], output(warehouse, one)["systems"]) for one in (2, 3)] == [
        ("strict", []),
        ("extended", []),
    ]


def test_the_rows_are_those_of_the_strata_no_more_no_less(warehouse: duckdb.DuckDBPyConnection) -> None:
    keys = "person_id, condition, year, stratum, rule_id, definition_id, territory_id"
    asked = set(person_output(warehouse).select(keys).fetchall())
    assert asked == set(warehouse.execute(f"SELECT {keys} FROM person_stratum").fetchall())
    assert len(person_output(warehouse).fetchall()) == len(asked)


def test_every_name_of_the_contract_is_there(warehouse: duckdb.DuckDBPyConnection) -> None:
    asked = {"stratum", "at_risk_level", "reasons", "person_type", "systems", "definition_id", "lookback_years"}
    asked |= {"position_policy", "fields_included", "geo_method", "alive_method", "index_date"}
    assert asked <= set(person_output(warehouse).columns)


def test_the_method_says_look_back_fields_residence_and_where_deaths_are_known_from() -> None:
    connection = built(STAYS, settings=config(method={"lookback_years": 4, "residence": "modal", "fields": ["mco", "had"]}))
    terms = method_terms(connection)
    assert (terms["lookback_years"], terms["geo_method"], terms["fields_included"], terms["position_policy"]) == (
        4,
        "modal",
        "had+mco",
        "any",
    )
    assert terms["alive_method"] == "hospital"
    connection.execute("INSERT INTO user_death BY NAME SELECT 1 AS person_id, DATE '2025-06-01' AS death_date")
    connection.execute("INSERT INTO read_beneficiary BY NAME SELECT 1 AS slice_id, 1 AS person_id")
    assert method_terms(connection)["alive_method"] == "hospital+beneficiary+user"
