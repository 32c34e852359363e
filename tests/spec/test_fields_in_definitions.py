"""What each field of care may say of a person: a code proves anywhere, an acute event happens in MCO, an act without a stay is no stay."""

from datetime import date
from typing import Any

import pytest

from tests.support.small_country import YEARS, built, config, criteria_of_each, joined, strata, strata_of_each

ALL = ["mco", "smr", "had", "psy"]


def of_all(**method: Any) -> Any:
    return config(method={"fields": ALL, **method})


def check(condition: str, expected: dict[str, tuple[str, int] | None]) -> None:
    """Each table's only person has the (status, stratum) beside it, None for no status; every field of care included."""
    assert strata_of_each(expected, condition=condition, settings=of_all()) == expected


def sick(stratum: int) -> tuple[str, int]:
    return ("diseased", stratum)


def test_a_stay_has_the_trait_of_its_field_and_of_its_form() -> None:
    expected = {
        "mco | full | 28Z04Z | 0": {"session", "mco"}, "smr | session | | 0": {"session", "smr"},
        "smr | full | | 9": {"overnight", "smr"},
        "smr | day | | 9": {"smr"}, "had | home | | 9": {"had"}, "psy | night | | 9": {"overnight", "psy"},
        "psy | contact | | 0": {"contact", "psy"},
    }  # fmt: skip
    stays = joined(f"person | exit | field | form | ghm | nights\n1 | 2025-06-01 | {stay}" for stay in expected)
    connection = built(stays, only=["stay_trait"], settings=of_all())
    connection.execute("CREATE TABLE trait AS FROM read_csv('strata/tables/trait.csv')")
    found = connection.execute(
        "SELECT list(trait) FROM stay_trait INNER JOIN trait ON (traits & bit) > 0 GROUP BY stay_id ORDER BY stay_id"
    ).fetchall()
    assert {stay: set(traits) for stay, (traits,) in zip(expected, found, strict=True)} == expected


def test_death_urgency_and_transfer_are_read_alike_in_every_field() -> None:
    others = ("smr", "had", "psy")
    head = "person | exit | field | entry_mode | provenance | exit_mode"
    stays = joined(f"{head}\n1 | 2025-06-01 | {field} | 8 | 5 | 9\n1 | 2025-06-02 | {field} | 7 | | 8" for field in others)
    connection = built(stays, only=["stay_trait"], settings=of_all())
    found = connection.execute("SELECT is_urgent, is_death, is_transfer_in FROM stay_trait ORDER BY stay_id").fetchall()
    two_stays = [(True, True, False), (False, False, True)]
    assert {field: found[2 * place : 2 * place + 2] for place, field in enumerate(others)} == dict.fromkeys(others, two_stays)


DECOMPENSATED = """person | exit       | nights | field | dp   | entry_mode | exit_mode
                   1      | 2025-03-11 | 10     | mco   | I500 | 8          | 7"""


def test_the_care_that_follows_a_decompensation_is_not_another_one() -> None:
    after = "\n1 | 2025-05-20 | 70 | {0} | I500 | 7 | 8\n1 | 2025-08-20 | 30 | {0} | I500 | 8 | 8"
    check("hf", dict.fromkeys([DECOMPENSATED, *(DECOMPENSATED + after.format(field) for field in ("smr", "had"))], sick(3)))


def test_a_return_from_rehabilitation_by_transfer_stays_in_its_episode_whether_or_not_it_is_read() -> None:
    back = "\n1 | 2025-04-25 | 5 | mco | I500 | 7 | 8"
    through = "\n1 | 2025-04-20 | 40 | smr | I500 | 7 | 7"
    check("hf", {DECOMPENSATED + back: sick(3), DECOMPENSATED + through + back: sick(3)})


def test_months_of_other_care_do_not_make_one_episode_of_two() -> None:
    home = DECOMPENSATED.replace("| 7", "| 8") + "\n1 | 2025-08-06 | 5 | mco | I500 | 8 | 8"
    between = "\n1 | 2025-08-01 | 143 | {} | Z000 | 8 | 8"
    check("hf", dict.fromkeys([home, *(home + between.format(field) for field in ("smr", "had"))], sick(4)))


def test_a_code_in_any_field_and_position_puts_in_the_population() -> None:
    places = [(field, column) for field in ("smr", "had", "psy") for column in ("dp", "dr", "das")]
    check("hf", {f"person | exit | field | {column}\n1 | 2025-06-01 | {field} | I500": sick(1) for field, column in places})


ACUTE = {  # stays: what they make of an MCO stay, and of the same written elsewhere
    "t2d: recent stroke": ("t2d", "dp | das\n1 | 2025-06-01 | {} | I639 | E1190", 4, 3),  # elsewhere the brain, one organ
    "t2d: acute coronary": ("t2d", "dp | das\n1 | 2025-06-01 | {} | I219 | E1190", 3, 3),  # the coronary organ in any field
    "t2d: coma": ("t2d", "dp\n1 | 2025-06-01 | {} | E1100", 3, 2),
    "t2d: night for diabetes": ("t2d", "dp\n1 | 2025-06-01 | {} | E1198", 2, 1),
    "t2d: decompensation": ("t2d", "dp | das\n1 | 2025-06-01 | {} | I500 | E1198", 4, 1),
    "hf: cardiogenic shock": ("hf", "dp | das\n1 | 2025-06-01 | {} | I500 | R570", 4, 1),
    "hf: palliative care": ("hf", "dp | das\n1 | 2025-06-01 | {} | Z515 | I500", 4, 4),
}
"""name -> condition, cells, stratum when in MCO, stratum when in SMR or HAD"""


@pytest.mark.parametrize("condition", ["t2d", "hf"])
def test_acute_events_are_those_of_acute_care(condition: str) -> None:
    expected = {}
    for of_condition, cells, in_mco, elsewhere in ACUTE.values():
        if of_condition == condition:
            table = {field: f"person | exit | field | {cells.format(field)}" for field in ("mco", "smr", "had")}
            expected |= {table["mco"]: sick(in_mco), table["smr"]: sick(elsewhere), table["had"]: sick(elsewhere)}
    check(condition, expected)


def contacts(code: str, count: int = 1, born: int = 1950) -> str:
    rows = [f"1 | 2025-06-{day + 1:02d} | psy | contact | F329 | {code} | {born}" for day in range(count)]
    return "\n".join(["person | exit | field | form | dp | das | born", *rows])


def test_a_diabetes_known_from_ambulatory_acts_only_is_of_no_sure_type() -> None:
    check("t2d", {contacts("E1198", 5, 1950): sick(1), contacts("E1198", 5, 1990): None})


def test_ambulatory_acts_do_not_outvote_the_stays_on_the_type() -> None:
    one_stay = "\n1 | 2025-07-01 | mco | | J189 | E1090 | 1950"
    check("t2d", {contacts("E1190", 9) + one_stay: None})  # type 1, as the stay says


def test_any_stay_is_not_any_act() -> None:
    cases = [("contact", None), ("full", ("at_risk_extended", 0)), ("day", ("at_risk_extended", 0))]
    check("t2d", {f"person | exit | field | form | dp\n1 | 2025-06-01 | psy | {form} | F329": expected for form, expected in cases})


def test_fields_left_out_change_nothing() -> None:
    others = "".join(f"\n1 | 2025-0{month}-20 | 3 | {field} | I500 | 8 | 9" for month, field in enumerate(("smr", "had", "psy"), start=4))
    for condition in ("hf", "t2d"):
        assert strata(DECOMPENSATED + others, condition=condition) == strata(DECOMPENSATED, condition=condition)


def test_a_person_dies_lives_and_stays_in_any_field_included() -> None:
    stays = """person | exit       | field | form    | nights | geo   | exit_mode | unfinished
               1      | 2024-06-01 | mco   | full    | 2      | 9A001 | 8         |
               1      | 2025-06-30 | smr   | full    | 20     | 9A002 | 8         | 1
               1      | 2025-07-02 | psy   | contact | 0      | 9A003 | 8         |
               2      | 2024-06-01 | mco   | full    | 2      | 9A001 | 8         |
               2      | 2025-05-01 | had   | home    | 9      | 9A001 | 9         |"""
    connection = built(stays, settings=of_all())
    seen = connection.execute(
        "SELECT person_id, geo_code, is_alive FROM person_state WHERE year = ? ORDER BY 1", [YEARS["last"]]
    ).fetchall()
    assert seen == [(1, "9A003", True), (2, "9A001", False)]
    assert connection.execute("SELECT death_date FROM person WHERE person_id = 2").fetchall() == [(date(2025, 5, 1),)]
    in_year = connection.execute("SELECT person_id, stays, nights FROM person_year WHERE year = 2025 ORDER BY 1").fetchall()
    assert in_year == [(1, 0, 20), (2, 1, 0)]  # a stay not ended counts its days only


def test_ambulatory_acts_do_not_weigh_in_the_most_frequent_residence() -> None:
    stays = """person | exit       | field | form    | geo
               1      | 2025-01-10 | mco   | full    | 9A001
               1      | 2025-03-01 | psy   | contact | 9A002
               1      | 2025-03-02 | psy   | contact | 9A002"""
    connection = built(stays, settings=of_all(residence="modal"))
    assert connection.execute("SELECT geo_code FROM person_state WHERE year = 2025").fetchall() == [("9A001",)]


def test_dialysis_and_amputation_prove_in_every_field() -> None:
    stays = "person | exit | field | acts | das\n1 | 2025-06-01 | smr | JVJF004@0 JVJF004@2 | E1190 Z896"
    rows = (
        built(stays, settings=of_all())
        .execute("SELECT criterion_id FROM person_evidence WHERE year = 2025 AND condition = 't2d'")
        .fetchall()
    )
    assert {"dialysis_2_days_12m", "amputation"} <= {criterion for (criterion,) in rows}
    in_mco = "person | exit | das\n1 | 2025-06-01 | Z896"
    assert "amputation" in criteria_of_each([in_mco], condition="t2d")[in_mco]
