"""What each field of care may say of a person: a code proves anywhere, an acute event happens in MCO, an act without a stay is no stay."""

from datetime import date
from typing import Any

import pytest

from tests.support.small_country import YEARS, built, config, criteria, strata

ALL = ["mco", "smr", "had", "psy"]


def of_all(**method: Any) -> Any:
    return config(method={"fields": ALL, **method})


def status(stays: str, condition: str) -> tuple[str, int] | None:
    """(status, stratum) of the only person, every field of care included."""
    found = strata(stays, condition=condition, settings=of_all()).get("1")
    return found[:2] if found else None


@pytest.mark.parametrize(
    ("stay", "bits"),
    [
        ("mco | full | 28Z04Z | 0", {"session", "mco"}), ("smr | session | | 0", {"session", "smr"}),
        ("smr | full | | 9", {"overnight", "smr"}),
        ("smr | day | | 9", {"smr"}), ("had | home | | 9", {"had"}), ("psy | night | | 9", {"overnight", "psy"}),
        ("psy | contact | | 0", {"contact", "psy"}),
    ],
)  # fmt: skip
def test_a_stay_has_the_trait_of_its_field_and_of_its_form(stay: str, bits: set[str]) -> None:
    connection = built(f"person | exit | field | form | ghm | nights\n1 | 2025-06-01 | {stay}", only=["stay_trait"], settings=of_all())
    connection.execute("CREATE TABLE trait AS FROM read_csv('strata/tables/trait.csv')")
    found = connection.execute("SELECT trait FROM stay_trait INNER JOIN trait ON (traits & bit) > 0").fetchall()
    assert {trait for (trait,) in found} == bits


@pytest.mark.parametrize("field", ["smr", "had", "psy"])
def test_death_urgency_and_transfer_are_read_alike_in_every_field(field: str) -> None:
    head = "person | exit | field | entry_mode | provenance | exit_mode"
    stays = f"{head}\n1 | 2025-06-01 | {field} | 8 | 5 | 9\n1 | 2025-06-02 | {field} | 7 | | 8"
    connection = built(stays, only=["stay_trait"], settings=of_all())
    found = connection.execute("SELECT is_urgent, is_death, is_transfer_in FROM stay_trait ORDER BY stay_id").fetchall()
    assert found == [(True, True, False), (False, False, True)]


DECOMPENSATED = """person | exit       | nights | field | dp   | entry_mode | exit_mode
                   1      | 2025-03-11 | 10     | mco   | I500 | 8          | 7"""


@pytest.mark.parametrize("field", ["smr", "had"])
def test_the_care_that_follows_a_decompensation_is_not_another_one(field: str) -> None:
    after = f"\n1 | 2025-05-20 | 70 | {field} | I500 | 7 | 8\n1 | 2025-08-20 | 30 | {field} | I500 | 8 | 8"
    assert status(DECOMPENSATED + after, "hf") == status(DECOMPENSATED, "hf") == ("diseased", 3)


def test_a_return_from_rehabilitation_by_transfer_stays_in_its_episode_whether_or_not_it_is_read() -> None:
    back = "\n1 | 2025-04-25 | 5 | mco | I500 | 7 | 8"
    through = "\n1 | 2025-04-20 | 40 | smr | I500 | 7 | 7"
    assert status(DECOMPENSATED + back, "hf") == status(DECOMPENSATED + through + back, "hf") == ("diseased", 3)


@pytest.mark.parametrize("field", ["smr", "had"])
def test_months_of_other_care_do_not_make_one_episode_of_two(field: str) -> None:
    home = DECOMPENSATED.replace("| 7", "| 8") + "\n1 | 2025-08-06 | 5 | mco | I500 | 8 | 8"
    between = f"\n1 | 2025-08-01 | 143 | {field} | Z000 | 8 | 8"
    assert status(home, "hf") == status(home + between, "hf") == ("diseased", 4)


@pytest.mark.parametrize("field", ["smr", "had", "psy"])
def test_a_code_in_any_field_and_position_puts_in_the_population(field: str) -> None:
    for column in ("dp", "dr", "das"):
        assert status(f"person | exit | field | {column}\n1 | 2025-06-01 | {field} | I500", "hf") == ("diseased", 1)


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


@pytest.mark.parametrize("name", ACUTE)
def test_acute_events_are_those_of_acute_care(name: str) -> None:
    condition, cells, in_mco, elsewhere = ACUTE[name]
    found = {field: status(f"person | exit | field | {cells.format(field)}", condition) for field in ("mco", "smr", "had")}
    assert found == {"mco": ("diseased", in_mco), "smr": ("diseased", elsewhere), "had": ("diseased", elsewhere)}


def contacts(code: str, count: int = 1, born: int = 1950) -> str:
    rows = [f"1 | 2025-06-{day + 1:02d} | psy | contact | F329 | {code} | {born}" for day in range(count)]
    return "\n".join(["person | exit | field | form | dp | das | born", *rows])


@pytest.mark.parametrize(("born", "expected"), [(1950, ("diseased", 1)), (1990, None)])
def test_a_diabetes_known_from_ambulatory_acts_only_is_of_no_sure_type(born: int, expected: tuple[str, int] | None) -> None:
    assert status(contacts("E1198", 5, born), "t2d") == expected


def test_ambulatory_acts_do_not_outvote_the_stays_on_the_type() -> None:
    one_stay = "\n1 | 2025-07-01 | mco | | J189 | E1090 | 1950"
    assert status(contacts("E1190", 9) + one_stay, "t2d") is None  # type 1, as the stay says


@pytest.mark.parametrize(("form", "expected"), [("contact", None), ("full", ("at_risk_extended", 0)), ("day", ("at_risk_extended", 0))])
def test_any_stay_is_not_any_act(form: str, expected: tuple[str, int] | None) -> None:
    assert status(f"person | exit | field | form | dp\n1 | 2025-06-01 | psy | {form} | F329", "t2d") == expected


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
    assert "amputation" in criteria("person | exit | das\n1 | 2025-06-01 | Z896", condition="t2d")["1"]
