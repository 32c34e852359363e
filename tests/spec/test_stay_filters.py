"""Each filter says for which use a stay does not count: stays, days, person-level work, costs, standard cost, territory."""

import csv

import pytest

from strata.config import Config
from strata.engine import models
from strata.settings import TABLES
from tests.support.small_country import built, config, joined

USES = ("counts_as_stay", "counts_for_days", "counts_for_person", "counts_for_cost", "has_standard_cost")
REMOVALS = ("from_stays", "from_days", "from_persons", "from_costs", "from_standard_cost")
STAGING = ["valued_year", "person_identity", "stay_trait", "stay_value", "smr_value", "had_value", "stay_cost", "stay_rejection"]
ALL_FIELDS = {"fields": ["mco", "smr", "had", "psy"]}
GOOD = {"person": "1", "exit": "2025-06-01", "billed": "1200.50", "ghs": "1000"}
SMR = {"person": "1", "exit": "2025-06-01", "nights": "30", "field": "smr", "groups": "0106SA1/0005/30"}
HAD = {"person": "1", "exit": "2025-06-01", "field": "had", "form": "home", "days": "5", "groups": "0101/10/5/-"}
PSY = {"person": "1", "exit": "2025-06-01", "field": "psy"}

CASES = {
    "geographic_duplicate": {"finess": "750041543", "exit": "2017-06-01"},
    "ghm_error": {"ghm": "90Z00Z"},
    "automatic_rsa": {"auto": "1"},
    "inter_hospital_service": {"type": "B"},
    "session": {"ghm": "28Z04Z", "sessions": "1", "nights": "0"},
    "not_reimbursed": {"ghs": "9999"},
    "not_valued": {"billable": "0"},
    "zero_cost": {"billed": "0"},
    "no_tariff": {"ghs": "1234"},
    "unlinkable_abortion": {"ghm": "14Z08Z"},
    "chaining_error": {"chain": "000000001"},
    "residence_abroad_or_unknown": {"geo": "99109"},
    "gme_error": SMR | {"groups": "9003Z00/9999/30 9003Z00/9999/5"},
    "ghpc_error": HAD | {"groups": "9901/99/5/-"},
    "automatic_rha": SMR | {"auto": "1"},
    "automatic_rpsa": PSY | {"auto": "1"},
    "ambulatory_contact": PSY | {"form": "contact", "nights": "0"},
    "unfinished": PSY | {"unfinished": "1"},
    "no_cost_basis": PSY,
    "gmt_outside_zone": SMR | {"groups": "0106SA1/0005/36"},
    "no_billed_cost": SMR | {"exit": "2023-06-01"},
}


def rows(cells: dict[str, str]) -> str:
    row = cells if "field" in cells else GOOD | cells
    return " | ".join(row) + "\n" + " | ".join(row.values())


def filters() -> dict[str, dict[str, str]]:
    with (TABLES / "stay_filter.csv").open(encoding="utf-8", newline="") as handle:
        return {row["reason"]: row for row in csv.DictReader(handle)}


Verdict = tuple[set[str], tuple[bool, ...], str | None]


def judged(cases: dict[str, dict[str, str]]) -> dict[str, Verdict]:
    """case -> (reasons met, uses left, geographic code kept) of its one stay; every field of care is included for a stay outside MCO."""
    acute = {case: cells for case, cells in cases.items() if "field" not in cells}
    others = {case: cells for case, cells in cases.items() if "field" in cells}
    found = judged_with(config(), acute) if acute else {}
    return found | (judged_with(config(method=ALL_FIELDS), others) if others else {})


def judged_with(settings: Config, cases: dict[str, dict[str, str]]) -> dict[str, Verdict]:
    """As judged, under one configuration; tariffs of 2024 and 2025 for one GHS, one GMT, one GHT."""
    connection = built(joined(rows(cells) for cells in cases.values()), only=[], settings=settings)
    for ghm in {(GOOD | cells).get("ghm", "04M053") for cells in cases.values()}:
        connection.execute("INSERT INTO tariff_ghs VALUES (2024, '1000', ?, 1000, 0, 0, 0)", [ghm])
    for year in (2024, 2025):
        connection.execute("INSERT INTO tariff_gmt VALUES (?, '0005', '0106SA1', 29, 35, 5212.22, 5212.22, NULL)", [year])
        connection.execute("INSERT INTO tariff_ght VALUES (?, '10', '', 248.17)", [year])
    for name in [*STAGING, "stay"]:
        models.build(connection, name)
    query = f"""SELECT (SELECT coalesce(list(reason), []) FROM stay_rejection WHERE stay_rejection.stay_id = stay.stay_id),
                geo_code, {", ".join(USES)} FROM stay ORDER BY stay_id"""
    found = connection.execute(query).fetchall()
    return {case: (set(reasons), tuple(uses), geo_code) for case, (reasons, geo_code, *uses) in zip(cases, found, strict=True)}


def test_a_good_stay_meets_no_filter_and_counts_for_everything() -> None:
    assert judged({"mco": {}}) == {"mco": (set(), (True,) * 5, "9A001")}


def test_a_good_stay_of_another_field_counts_for_everything() -> None:
    assert judged({"smr": SMR, "had": HAD}) == dict.fromkeys(["smr", "had"], (set(), (True,) * 5, "9A001"))


def test_psychiatry_counts_for_all_but_euros() -> None:
    assert judged({"psy": PSY}) == {"psy": ({"no_cost_basis"}, (True, True, True, False, False), "9A001")}


FOUR_FIELDS = """person | exit       | field | groups              | form
                  1      | 2025-06-01 | mco   |                     |
                  1      | 2025-06-02 | smr   | 0106SA1/0005/30     | full
                  1      | 2025-06-03 | had   | 0101/10/5/-         | home
                  1      | 2025-06-04 | psy   |                     | contact"""


@pytest.mark.parametrize("included", [["mco"], ["had", "mco"], ["smr"], ["psy"]])
def test_a_field_left_out_is_kept_and_counts_for_nothing(included: list[str]) -> None:
    connection = built(FOUR_FIELDS, only=[*STAGING, "stay"], settings=config(method={"fields": included}))
    query = f"""SELECT field, bool_or(reason = 'field_not_included'), {", ".join(f"any_value({use})" for use in USES)}
                FROM stay LEFT JOIN stay_rejection USING (stay_id) GROUP BY field"""
    found = {field: (bool(is_out), any(uses)) for field, is_out, *uses in connection.execute(query).fetchall()}
    assert found == {field: (field not in included, field in included) for field in ALL_FIELDS["fields"]}


def test_each_filter_is_met_by_its_case_and_removes_the_declared_uses() -> None:
    found = judged(CASES)
    assert {reason for reason in CASES if reason not in found[reason][0]} == set()
    for reason, (reasons, uses, geo_code) in found.items():
        declared = filters()[reason]
        for purpose, left in zip(REMOVALS, uses, strict=True):
            if declared[purpose] == "true":
                assert not left, (reason, purpose)
        if reasons == {reason}:
            assert uses == tuple(declared[name] == "false" for name in REMOVALS), reason
        assert (geo_code is None) == (declared["from_territories"] == "true"), reason


INTER_HOSPITAL = {  # rule -> cells, is removed
    "a": [({"entry_mode": "0"}, True), ({"type": "B"}, False)],
    "b": [({"type": "B", "ghm": "28Z04Z"}, True)],
    "c": [({"type": "B", "ghm": "28Z04Z"}, False), ({"type": "B", "ghm": "28Z14Z"}, True), ({"entry_mode": "0"}, False)],
}


@pytest.mark.parametrize("rule", INTER_HOSPITAL)
def test_the_inter_hospital_rule_is_a_choice(rule: str) -> None:
    expected = {rows(cells): is_removed for cells, is_removed in INTER_HOSPITAL[rule]}
    connection = built(joined(expected), only=STAGING, settings=config(method={"pie_rule": rule}))
    query = """SELECT stay_id IN (SELECT stay_id FROM stay_rejection WHERE reason = 'inter_hospital_service')
               FROM read_stay ORDER BY stay_id"""
    met = [is_met for (is_met,) in connection.execute(query).fetchall()]
    assert dict(zip(expected, met, strict=True)) == expected


def test_geographic_duplicates_are_removed_until_2017_only() -> None:
    reasons, _, _ = judged({"2018": {"finess": "750041543", "exit": "2018-06-01"}})["2018"]
    assert "geographic_duplicate" not in reasons


def test_every_filter_declared_has_a_case_or_its_own_test() -> None:
    elsewhere = {"no_pseudonym", "placeholder_pseudonym", "no_dates", "twin_pseudonym", "field_not_included"}
    assert set(filters()) - set(CASES) == elsewhere


def test_an_error_in_one_part_of_a_stay_leaves_the_stay_but_not_its_price() -> None:
    reasons, _, _ = judged({"one part": SMR | {"groups": "0106SA1/0005/30 9003Z00/9999/2"}})["one part"]
    assert reasons == {"no_tariff", "no_billed_cost"}


def test_what_is_not_payable_is_not_valued_in_every_field() -> None:
    found = judged({"smr": SMR | {"billable": "0"}, "had": HAD | {"billable": "0"}})
    assert {case: reasons for case, (reasons, _, _) in found.items()} == {"smr": {"not_valued"}, "had": {"not_valued"}}


def test_the_rules_of_acute_care_do_not_reach_the_other_fields() -> None:
    found = judged({"smr": SMR | {"type": "B", "entry_mode": "0"}, "had": HAD | {"auto": "1"}})
    assert {case: reasons for case, (reasons, _, _) in found.items()} == {"smr": set(), "had": set()}
