"""Hospital use of the members: what each stay counts for, at its boundaries."""

from typing import Any

from strata.engine import models
from tests.support.small_country import built

HEADER = "person | exit | nights | dp | das | acts | ghm | units | entry_mode | provenance | exit_mode | sessions | auto | entry"
COLUMNS = HEADER.replace(" ", "").split("|")
# Known since 2022, with a type and a long history: a member of the flow of 2025. The same stay for heart failure.
KNOWN = {"t2d": {"exit": "2022-03-10", "dp": "J189", "das": "E1198"}, "hf": {"exit": "2022-03-10", "dp": "J189", "das": "I5009"}}


def table(rows: list[dict[str, str]]) -> str:
    return "\n".join([HEADER, *(" | ".join(row.get(name, "") for name in COLUMNS) for row in rows)])


def used_each(*cases: list[dict[str, str]], condition: str = "t2d", year: int = 2025) -> list[dict[str, Any]]:
    """What each member of the flow of `year` used: one person a case, in one warehouse, after the given stays."""
    rows = [{"person": f"P{number:03}"} | row for number, stays in enumerate(cases) for row in (KNOWN[condition], *stays)]
    connection = built(table(rows))
    wanted = {"member_use"}
    for name in reversed(models.models()):
        if name in wanted:
            wanted.update(models.models()[name].inputs)
    for name, model in models.models().items():
        if name in wanted and model.layer == "reference":
            models.build(connection, name)
    found = connection.execute("SELECT * FROM member_use WHERE condition = ? AND year = ? ORDER BY person_id", [condition, year])
    names = [column[0] for column in found.description]
    used = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert len(used) == len(cases)
    return used


def used(*stays: dict[str, str], condition: str = "t2d", year: int = 2025) -> dict[str, Any]:
    """What one member used."""
    return used_each(list(stays), condition=condition, year=year)[0]


def stay(exit: str, **cells: str) -> dict[str, str]:
    return {"exit": exit, "nights": "1", "dp": "J189"} | cells


def test_a_session_and_an_automatic_summary_are_no_stays():
    row = used(
        stay("2025-02-01", nights="0", ghm="28Z04Z", sessions="1"),
        stay("2025-02-03", auto="1"),
        stay("2025-02-05"),
    )
    assert row["stays"] == 1


def test_a_stay_is_of_the_year_it_ends():
    stays = [stay("2025-01-02", nights="5"), stay("2024-12-31", nights="3")]
    assert used(*stays)["stays"] == 1
    assert used(*stays)["bed_days"] == 5
    assert used(*stays, year=2024)["bed_days"] == 3


def test_ambulatory_and_full_stays_add_up():
    cases = [
        ({"nights": "0"}, 1),
        ({"nights": "1"}, 0),
        ({"nights": "0", "provenance": "5", "entry_mode": "8"}, 0),  # through emergency
        ({"nights": "0", "provenance": "5", "entry_mode": "7"}, 1),  # emergency is entered from home
        ({"nights": "0", "exit_mode": "9"}, 0),
    ]
    rows = used_each(*([stay("2025-02-01", **cells)] for cells, _ in cases))
    found = [(row["stays"], row["ambulatory_stays"], row["overnight_stays"]) for row in rows]
    assert found == [(1, ambulatory, 1 - ambulatory) for _, ambulatory in cases]


def test_urgent_is_entered_from_home_through_emergency():
    cases = [("5", "8", 1), ("U", "8", 1), ("V", "8", 1), ("R", "8", 0), ("5", "7", 0), ("", "8", 0)]
    rows = used_each(*([stay("2025-02-01", provenance=provenance, entry_mode=mode)] for provenance, mode, _ in cases))
    assert [row["urgent_stays"] for row in rows] == [urgent for *_, urgent in cases]


def test_a_readmission_is_a_night_within_thirty_days():
    cases = [
        ({"exit": "2025-03-02", "entry": "2025-03-01", "nights": "1"}, True),  # the day of discharge
        ({"exit": "2025-04-01", "entry": "2025-03-31", "nights": "1"}, True),  # day 30
        ({"exit": "2025-04-02", "entry": "2025-04-01", "nights": "1"}, False),  # day 31
        ({"exit": "2025-03-05", "nights": "0"}, False),  # no night
        ({"exit": "2025-03-05", "entry_mode": "7"}, False),  # a transfer
        ({"exit": "2025-03-05", "dp": "Z511"}, False),  # planned chemotherapy
        ({"exit": "2025-03-05", "ghm": "14Z13A"}, False),  # a birth
    ]
    rows = used_each(*([stay("2025-03-01"), stay(**second)] for second, _ in cases))
    assert [row["readmissions"] for row in rows] == [int(counts) for _, counts in cases]


def test_a_discharge_is_home_alive_after_a_night():
    cases = [
        ({"exit": "2025-03-01"}, True),
        ({"exit": "2025-12-01"}, True),
        ({"exit": "2025-12-02"}, False),  # its thirty days end after the year
        ({"exit": "2025-03-01", "exit_mode": "7"}, False),
        ({"exit": "2025-03-01", "exit_mode": "9"}, False),
        ({"exit": "2025-03-01", "nights": "0"}, False),
        ({"exit": "2025-03-01", "das": "Z515"}, False),
    ]
    rows = used_each(*([stay(**first)] for first, _ in cases))
    assert [row["discharges"] for row in rows] == [int(counts) for _, counts in cases]


def test_the_first_stay_that_counts_decides_and_others_do_not_hide_it():
    row = used(stay("2025-03-01"), stay("2025-03-05", nights="0"), stay("2025-03-20", nights="2"))
    assert (row["discharges"], row["readmissions"]) == (2, 1)


def test_potentially_avoidable_stays():
    cases = [
        ({"dp": "I5009"}, True),
        ({"dp": "J81"}, False),
        ({"dp": "J81", "das": "I5009"}, True),
        ({"dp": "I5009", "ghm": "05C021"}, False),  # surgery of the heart
        ({"dp": "I5009", "entry_mode": "7"}, False),
        ({"dp": "I5009", "provenance": "6"}, False),
        ({"dp": "I5009", "nights": "0"}, False),
        ({"dp": "I5009", "nights": "0", "provenance": "5"}, True),
        ({"dp": "J189", "das": "I5009"}, False),  # an associated diagnosis
        ({"dp": "J441"}, True),
        ({"dp": "J441", "das": "E840"}, False),
        ({"dp": "J189", "das": "J441"}, True),  # pneumonia in COPD
        ({"dp": "E1118"}, True),
        ({"dp": "E1128"}, False),  # long-term complication: not in the headline
        ({"dp": "E86"}, True),
        ({"dp": "E86", "das": "N185"}, False),
    ]
    rows = used_each(*([stay("2025-02-01", **cells)] for cells, _ in cases))
    assert [row["hpe_stays"] for row in rows] == [int(avoidable) for _, avoidable in cases]


def test_the_principal_diagnosis_of_a_unit_makes_no_avoidable_stay():
    rows = [{"person": "A"} | KNOWN["t2d"], {"person": "A"} | stay("2025-02-01", dp="J189")]
    connection = built(table(rows).replace("person |", "person | unit_dp |", 1).replace("\nA |", "\nA | I5009 |"))
    for name in ("stay_reason", "used_stay"):
        models.build(connection, name)
    assert connection.execute("SELECT is_avoidable FROM used_stay WHERE year = 2025").fetchall() == [(False,)]


def test_amputations_of_the_year():
    cases = [
        ({"acts": "NZFA009"}, 1),
        ({"acts": "NZFA013"}, 1),
        ({"acts": "NZFA011"}, 0),
        ({"acts": "NZFA012"}, 0),
        ({"acts": "NZFA009", "dp": "S880"}, 0),
        ({"acts": "NZFA009", "dp": "C402"}, 0),
        ({"das": "Z894"}, 0),  # an amputation of before
    ]
    rows = used_each(*([stay("2025-02-01", **cells)] for cells, _ in cases))
    assert [row["amputations"] for row in rows] == [amputated for _, amputated in cases]


def test_a_person_amputated_twice_counts_once():
    assert used(stay("2025-02-01", acts="NZFA009"), stay("2025-06-01", acts="NZFA007"))["amputations"] == 1


def test_death_at_the_end_of_a_stay_is_in_the_flow_with_its_stay():
    row = used(stay("2025-02-01", exit_mode="9"))
    assert (row["hospital_deaths"], row["stays"], row["discharges"]) == (1, 1, 0)


def test_stays_that_follow_each_other_are_one_decompensation():
    cases = [
        ({"exit": "2025-03-04", "entry": "2025-03-02"}, 1),  # the day after
        ({"exit": "2025-03-06", "entry": "2025-03-03"}, 2),
        ({"exit": "2025-03-06", "entry": "2025-03-03", "entry_mode": "7"}, 2),  # the first was not left by transfer
    ]
    rows = used_each(*([stay("2025-03-01", dp="I5009"), stay(**({"dp": "I5009"} | second))] for second, _ in cases), condition="hf")
    assert [row["decompensations"] for row in rows] == [episodes for _, episodes in cases]


def test_an_episode_over_the_new_year_is_of_the_year_it_ends():
    stays = [stay("2024-12-31", dp="I5009"), stay("2025-01-04", dp="I5009", entry="2025-01-01", nights="3")]
    assert used(*stays, condition="hf")["decompensations"] == 1
    assert used(*stays, condition="hf", year=2024)["decompensations"] == 0


def test_a_stay_for_the_condition_is_for_its_principal_diagnosis_or_group():
    cases = [({"dp": "E1198"}, 1), ({"ghm": "10M021"}, 1), ({"dp": "J189", "das": "E1198"}, 0)]
    rows = used_each(*([stay("2025-02-01", **cells)] for cells, _ in cases))
    assert [row["condition_stays"] for row in rows] == [counts for _, counts in cases]


def test_critical_care_is_told_by_its_unit():
    assert used(stay("2025-02-01", units="02A"), stay("2025-06-01", units="07B"))["icu_stays"] == 1
