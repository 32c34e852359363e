"""Each filter says for which use a stay does not count: stays, person-level work, costs, standard cost, territory."""

import csv

import pytest

from strata.settings import TABLES
from tests.support.small_country import built, config

USES = ("counts_as_stay", "counts_for_person", "counts_for_cost", "has_standard_cost")
GOOD = {"person": "1", "exit": "2025-06-01", "billed": "1200.50", "ghs": "1000"}

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
}


def rows(cells: dict[str, str]) -> str:
    row = GOOD | cells
    return " | ".join(row) + "\n" + " | ".join(row.values())


def filters() -> dict[str, dict[str, str]]:
    with (TABLES / "stay_filter.csv").open(encoding="utf-8", newline="") as handle:
        return {row["reason"]: row for row in csv.DictReader(handle)}


def judged(cells: dict[str, str]) -> tuple[set[str], tuple[bool, ...], str | None]:
    """(reasons met, uses left, geographic code kept) of one stay; a tariff exists for GHS 1000 only."""
    only = ["stay_trait", "stay_value", "stay_cost", "stay_rejection", "stay"]
    connection = built(rows(cells), only=[], settings=config())
    ghm = (GOOD | cells).get("ghm", "04M053")
    connection.execute("INSERT INTO tariff_ghs VALUES (2024, '1000', ?, 1000, 0, 0, 0)", [ghm])
    from strata import models

    for name in only:
        models.build(connection, name)
    reasons = {reason for (reason,) in connection.execute("SELECT reason FROM stay_rejection").fetchall()}
    *uses, geo_code = connection.execute(f"SELECT {', '.join(USES)}, geo_code FROM stay").fetchall()[0]
    return reasons, tuple(uses), geo_code


def test_a_good_stay_meets_no_filter_and_counts_for_everything() -> None:
    assert judged({}) == (set(), (True, True, True, True), "9A001")


@pytest.mark.parametrize("reason", CASES)
def test_each_filter_is_met_by_its_case_and_removes_the_declared_uses(reason: str) -> None:
    reasons, uses, geo_code = judged(CASES[reason])
    assert reason in reasons
    for purpose, left in zip(("from_stays", "from_persons", "from_costs", "from_standard_cost"), uses, strict=True):
        if filters()[reason][purpose] == "true":
            assert not left
    if reasons == {reason}:
        assert uses == tuple(
            filters()[reason][name] == "false" for name in ("from_stays", "from_persons", "from_costs", "from_standard_cost")
        )
    assert (geo_code is None) == (filters()[reason]["from_territories"] == "true")


@pytest.mark.parametrize(
    ("rule", "cells", "is_removed"),
    [
        ("a", {"entry_mode": "0"}, True), ("a", {"type": "B"}, False), ("b", {"type": "B", "ghm": "28Z04Z"}, True),
        ("c", {"type": "B", "ghm": "28Z04Z"}, False), ("c", {"type": "B", "ghm": "28Z14Z"}, True), ("c", {"entry_mode": "0"}, False),
    ],
)  # fmt: skip
def test_the_inter_hospital_rule_is_a_choice(rule: str, cells: dict[str, str], is_removed: bool) -> None:
    connection = built(
        rows(cells), only=["stay_trait", "stay_value", "stay_cost", "stay_rejection"], settings=config(method={"pie_rule": rule})
    )
    met = connection.execute("SELECT count(*) FROM stay_rejection WHERE reason = 'inter_hospital_service'").fetchall()[0][0]
    assert bool(met) is is_removed


def test_geographic_duplicates_are_removed_until_2017_only() -> None:
    assert "geographic_duplicate" not in judged({"finess": "750041543", "exit": "2018-06-01"})[0]


def test_every_filter_declared_has_a_case_or_its_own_test() -> None:
    assert set(filters()) - set(CASES) == {"no_pseudonym", "placeholder_pseudonym", "no_dates"}  # tests/spec/test_load.py reads those
