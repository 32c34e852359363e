"""The boundaries of the clinical text that no other file of tests has: every list where it decides, every age and date where it turns."""

import pytest

from strata.config import Config
from tests.support.small_country import built, config, criteria_of_each, joined, needed, strata_of_each


def stay(**cells: str) -> str:
    """A one-person text table with one stay in 2025."""
    row = {"person": "1", "exit": "2025-06-01", "born": "1970"} | cells
    return " | ".join(row) + "\n" + " | ".join(row.values())


def check(condition: str, expected: dict[str, tuple[str, int] | None], settings: Config | None = None) -> None:
    """Each table's only person has the (status, stratum) beside it, None for no status."""
    assert strata_of_each(expected, condition=condition, settings=settings) == expected


def check_types(expected: dict[str, str]) -> None:
    """Each table's only person has the type of diabetes beside it."""
    connection = built(joined(expected), only=needed("person_type"))
    query = "SELECT ltrim(pseudonym, '0')::INTEGER, person_type FROM person_type JOIN pseudonym USING (person_id) WHERE year = 2025"
    found = dict(connection.execute(query).fetchall())
    assert {table: found.get(number) for number, table in enumerate(expected, start=1)} == expected


def sick(stratum: int) -> tuple[str, int]:
    return ("diseased", stratum)


def test_a_look_back_of_six_years_reaches_one_year_further() -> None:
    old = stay(exit="2020-01-01", das="E1198")
    check("t2d", {old: sick(1), stay(exit="2019-12-31", das="E1198"): None}, config(method={"lookback_years": 6}))
    check("t2d", {old: None})


def test_diabetes_known_before_pregnancy_counts_by_its_type() -> None:
    cases = [("O241", sick(1)), ("O240", None), ("O243", None), ("O244", ("at_risk_strict", 0))]
    check("t2d", {stay(das=code, born="1990", sex="2"): expected for code, expected in cases})


TYPED = "person | exit | dp | das | born\n"


def test_thirty_at_the_first_stay_is_too_old_for_the_first_override() -> None:
    rows = [f"1 | 2025-0{month}-10 | J189 | {code} | {{born}}" for month, code in enumerate(("E1098", "E1198", "E1198"), start=2)]
    check_types({TYPED + "\n".join(rows).format(born=born): expected for born, expected in [(1996, "t1"), (1995, "t2")]})


def test_forty_at_the_first_stay_is_too_old_for_the_second_override() -> None:
    codes = ("E101", "E1098", "E1198", "E1198", "E1198")
    rows = [f"1 | 2025-0{month}-10 | {code} | | {{born}}" for month, code in enumerate(codes, start=2)]
    check_types({TYPED + "\n".join(rows).format(born=born): expected for born, expected in [(1986, "t1"), (1985, "t2")]})


def test_secondary_diabetes_is_its_own_type() -> None:
    codes = ["E1298", "E1398", "E891"]
    alone = {f"{TYPED}1 | 2025-02-10 | J189 | {code} E1498 | 1950": "secondary" for code in codes}
    beside = {f"{TYPED}1 | 2025-02-10 | J189 | {code} | 1950\n1 | 2025-03-10 | J189 | E1198 | 1950": "t2" for code in codes}
    check_types(alone | beside)


def young(codes: list[str], column: str = "das") -> list[str]:
    """One-person text tables, one a code: a stay of 2025 at 25 with the code (or several, blank-separated) in `column`."""
    return [stay(**{"born": "2000", column: code}) for code in codes]


def test_neighbouring_codes_of_diabetes_never_include() -> None:
    found = strata_of_each(young(["R730", "R739", "E162", "Z833", "O249"]), condition="t2d")
    assert {table for table, status in found.items() if status and status[0] != "at_risk_strict"} == set()
    assert [found[table] for table in young(["E162"])] == [None]


ORGANS = {
    "organ_eye": ["E1138", "H360", "H280", "H431", "H334", "H540", "H541"],
    "organ_kidney": ["E1128", "N083", "N183", "N184", "N185", "I120", "I131", "I132"],
    "organ_nerve": ["E1148", "G590", "G632", "G730", "G990"],
    "organ_foot": ["L97", "L984", "M146", "R02", "A480", "M8667", "I7021"],
    "organ_coronary": ["I200", "I219", "I252", "Z951", "Z955"],
    "organ_brain": ["G459", "I694"],
    "organ_leg_arteries": ["E1158", "I7020", "I739", "I740", "I743", "I745", "I792", "Z9580"],
}
ACTS = {
    "organ_foot": ["QZJP001", "QZJP003"],
    "organ_coronary": ["DDAF001", "DDMA003"],
    "organ_brain": ["EBFA002"],
    "organ_leg_arteries": ["EEAF001", "EDCA003"],
}


def test_each_organ_system_is_met_by_its_codes_and_acts() -> None:
    head = "person | exit | das | acts\n"
    cases = {f"{head}1 | 2025-06-01 | E1198 {code} |": organ for organ, codes in ORGANS.items() for code in codes}
    cases |= {f"{head}1 | 2025-06-01 | E1198 Z000 | {act}": organ for organ, acts in ACTS.items() for act in acts}
    met = criteria_of_each(cases, condition="t2d")
    for table, organ in cases.items():
        organs = {name for name in met[table] if name.startswith("organ_")}
        assert organ in organs and organs <= {organ, "organ_kidney", "organ_leg_arteries"}, table


def test_a_transplant_is_stratum_4_by_act_group_or_code() -> None:
    cases = [{"acts": "JAEA003"}, {"acts": "HNEA002"}, {"acts": "HNEA900"}, {"ghm": "27C061"}, {"ghm": "27C031"}, {"ghm": "11M171"},
             {"das": "E1198 Z940"}, {"das": "E1198 Z9481"}, {"das": "E1198 T861"}]  # fmt: skip
    check("t2d", {stay(**({"das": "E1198"} | cells)): sick(4) for cells in cases})


def test_blindness_is_stratum_4() -> None:
    check("t2d", {stay(das="E1198 H540"): sick(4), stay(das="E1198 H541"): sick(4), stay(das="E1198 H542"): sick(1)})


def test_an_amputation_is_major_above_the_ankle() -> None:
    table_of = {act: f"person | exit | das | acts\n1 | 2025-06-01 | E1198 | {act}" for act in (f"NZFA{n:03}" for n in range(1, 14))}
    met = criteria_of_each(table_of.values(), condition="t2d")
    level = {act: met[table] & {"amputation", "amputation_above_ankle"} for act, table in table_of.items()}
    assert {act for act, found in level.items() if not found} == {"NZFA011", "NZFA012"}
    major = {"NZFA001", "NZFA002", "NZFA003", "NZFA006", "NZFA007", "NZFA008"}
    assert {act for act, found in level.items() if "amputation_above_ankle" in found} == major
    assert all("amputation" in level[act] for act in major)


def test_each_cardiometabolic_factor_counts() -> None:
    factors = ["I151", "E6605", "E6697", "E785", "G473", "K758", "K760", "I489", "J42", "N182", "N189"]
    with_another = [f"E1198 E780 {code}" if code != "E785" else "E1198 I10 E785" for code in factors]
    alone = ["E1198 E780 E6604", "E1198 E780 Z800"]
    check("t2d", dict.fromkeys(young(with_another), sick(2)) | dict.fromkeys(young(alone), sick(1)))


def test_every_strict_risk_of_diabetes_is_met() -> None:
    codes = [
        "R730",
        "R739",
        "O244",
        "O249",
        "E6604",
        "E6617",
        "E6609",
        "E6699",
        "E282",
        "E249",
        "K760",
        "K758",
        "I10",
        "I159",
        "E780",
        "E785",
    ]
    codes += ["I209", "I252", "I639", "G459", "I693", "I7020", "G473", "Z833", "O366"]
    none = ["G454", "E786", "Z824", "E6603"]
    check("t2d", dict.fromkeys(young(codes), ("at_risk_strict", 0)) | dict.fromkeys(young(none)))


def test_structural_heart_disease_alone_is_a_risk_not_heart_failure() -> None:
    found = strata_of_each(young(["I420", "I255", "R570", "I517", "I139", "K761", "J81"]), condition="hf")
    assert {table: status for table, status in found.items() if status not in (("at_risk_strict", 0), None)} == {}


def test_every_stage_of_risk_of_heart_failure_is_met() -> None:
    stage_b = [
        "I420",
        "I430",
        "I255",
        "I219",
        "I252",
        "I050",
        "I081",
        "I340",
        "I379",
        "Z952",
        "Z954",
        "I119",
        "I517",
        "I447",
        "Z950",
        "Z450",
    ]
    stage_b += ["E859", "Q200", "Q259", "I279"]
    stage_a = [
        "I10",
        "I159",
        "E1098",
        "E1498",
        "I489",
        "E6604",
        "E6609",
        "N183",
        "N185",
        "J42",
        "J449",
        "G473",
        "I7020",
        "I639",
        "F102",
        "I426",
    ]
    stage_a += ["Z926", "E059", "E831"]
    acts = ["DELF013", "DELF014", "DELF001", "DELF005", "DELA001"]
    none = ["Z511 C189", "N182", "E6603", "I38"]
    at_risk = young(stage_b + stage_a) + young(acts, column="acts")
    check("hf", dict.fromkeys(at_risk, ("at_risk_strict", 0)) | dict.fromkeys(young(none)))


def check_criterion(name: str, cases: list[tuple[dict[str, str], bool]], **common: str) -> None:
    """The person of one stay with the cells of a case meets the criterion of heart failure, or not."""
    expected = {stay(**common, **cells): is_met for cells, is_met in cases}
    met = criteria_of_each(expected, condition="hf")
    assert {table: name in met[table] for table in expected} == expected


def test_the_wide_decompensation_is_an_option_that_no_rule_reads() -> None:
    cases = [
        ({"dp": "I110"}, True),
        ({"dp": "R570", "das": "I5019"}, True),
        ({"dp": "R570"}, False),
        ({"dp": "I139"}, False),
        ({"dp": "I139", "das": "I5019"}, True),
        ({"dp": "I5019"}, True),
    ]
    check_criterion("decompensation_wide", cases)
    check("hf", {stay(dp="I110"): sick(1)})


def test_an_episode_of_no_night_counts_by_emergency_or_death() -> None:
    cases = [
        ({}, False),
        ({"provenance": "5"}, True),
        ({"provenance": "U"}, True),
        ({"exit_mode": "9"}, True),
        ({"provenance": "1"}, False),
    ]
    check_criterion("decompensation", cases, dp="I5019", nights="0")


def test_each_authorisation_of_intensive_care_counts() -> None:
    units = ["01A", "01B", "02A", "02B", "02C", "02D", "02E", "02I", "24C", "24D", "03A"]
    check("hf", {stay(dp="I5019", exit="2024-03-01", units=unit): sick(3) for unit in units})


def test_dialysis_with_heart_failure_is_stratum_4() -> None:
    known = "person | exit | das | ghm | dp | sessions | nights\n1 | 2025-03-01 | I5019 | | J189 | | 1\n"
    check(
        "hf",
        {
            known + "1 | 2025-04-30 | | 28Z04Z | Z491 | 12 | 0": sick(4),
            known + "1 | 2025-04-30 | | 28Z04Z | Z491 | 1 | 0": sick(1),
            stay(das="I5019 Z992+0 N185"): sick(4),
        },
    )


def test_a_pacemaker_alone_is_no_resynchronisation() -> None:
    cases = [("DELF016", 2), ("DELF020", 2), ("DELF012", 2), ("DELF005", 1), ("DELA003", 1)]
    check("hf", {stay(das="I5019", acts=act): sick(stratum) for act, stratum in cases})


# condition -> criterion -> months looked back on, and a stay that meets it within them (the sick code of the condition among its cells)
WINDOWS: dict[str, dict[str, tuple[int, dict[str, str]]]] = {
    "t2d": {
        "dialysis_2_days_12m": (12, {"das": "E1198", "acts": "JVJF004"}),
        "dialysis_status_12m": (12, {"das": "E1198 Z992+0 N185"}),
        "stroke_24m": (24, {"dp": "I639", "das": "E1198"}),
    },
    "hf": {
        "dialysis_2_days_12m": (12, {"das": "I5019", "acts": "JVJF004"}),
        "dialysis_status_12m": (12, {"das": "I5019 Z992+0 N185"}),
        "cardiogenic_shock_24m": (24, {"dp": "R570", "das": "I5019"}),
        "decompensation_intensive_24m": (24, {"dp": "I5019", "units": "02A"}),
        "intervention_24m": (24, {"das": "I5019", "ghm": "05C021"}),
    },
}
FIRST_DAY = {12: ("2025-01-01", "2024-12-31"), 24: ("2024-01-01", "2023-12-31")}  # of 31 December 2025: within, and the day before


@pytest.mark.parametrize("condition", WINDOWS)
def test_the_first_day_of_a_window_is_in_and_the_day_before_is_out(condition: str) -> None:
    """A criterion that asks for two days has one of them well within the window in both cases."""
    tables: dict[tuple[str, str], str] = {}
    expected: dict[tuple[str, str], bool] = {}
    for criterion, (months, cells) in WINDOWS[condition].items():
        for day, is_in in zip(FIRST_DAY[months], (True, False), strict=True):
            days = [day, "2025-06-01"] if "2_days" in criterion else [day]
            lines = [["person", "exit", *cells], *(["1", exit_date, *cells.values()] for exit_date in days)]
            tables[criterion, day] = "\n".join(" | ".join(line) for line in lines)
            expected[criterion, day] = is_in
    met = criteria_of_each(tables.values(), condition=condition)
    assert {case: case[0] in met[table] for case, table in tables.items()} == expected
