"""The boundaries of the clinical text that no other file of tests has: every list where it decides, every age and date where it turns."""

import pytest

from strata.config import Config
from tests.support.small_country import built, config, criteria, strata


def stay(**cells: str) -> str:
    """A one-person text table with one stay in 2025."""
    row = {"person": "1", "exit": "2025-06-01", "born": "1970"} | cells
    return " | ".join(row) + "\n" + " | ".join(row.values())


def one(condition: str, stays: str, settings: Config | None = None) -> tuple[str, int] | None:
    found = strata(stays, condition=condition, settings=settings)
    return next(((status, stratum) for status, stratum, _ in found.values()), None)


def each(condition: str, cases: list[str], column: str = "das", **common: str) -> dict[str, tuple[str, int] | None]:
    """case -> (status, stratum) of one person a case: a stay of 2025 with the case in `column`."""
    names = ["person", "exit", "born", column, *common]
    lines = [" | ".join([str(n), "2025-06-01", "2000", case, *common.values()]) for n, case in enumerate(cases, start=1)]
    found = strata("\n".join([" | ".join(names), *lines]), condition=condition)
    return {case: found[str(n)][:2] if str(n) in found else None for n, case in enumerate(cases, start=1)}


def test_a_look_back_of_six_years_reaches_one_year_further() -> None:
    old = stay(exit="2020-01-01", das="E1198")
    assert one("t2d", old, config(method={"lookback_years": 6})) == ("diseased", 1)
    assert one("t2d", stay(exit="2019-12-31", das="E1198"), config(method={"lookback_years": 6})) is None
    assert one("t2d", old) is None


@pytest.mark.parametrize(("code", "expected"), [("O241", ("diseased", 1)), ("O240", None), ("O243", None), ("O244", ("at_risk_strict", 0))])
def test_diabetes_known_before_pregnancy_counts_by_its_type(code: str, expected: tuple[str, int] | None) -> None:
    assert one("t2d", stay(das=code, born="1990", sex="2")) == expected


def types(rows: str) -> str | None:
    """The type of the only person."""
    found = built("person | exit | dp | das | born\n" + rows).execute("SELECT person_type FROM person_type WHERE year = 2025").fetchall()
    return found[0][0] if found else None


@pytest.mark.parametrize(("born", "expected"), [(1996, "t1"), (1995, "t2")])
def test_thirty_at_the_first_stay_is_too_old_for_the_first_override(born: int, expected: str) -> None:
    rows = [f"1 | 2025-0{month}-10 | J189 | {code} | {born}" for month, code in enumerate(("E1098", "E1198", "E1198"), start=2)]
    assert types("\n".join(rows)) == expected


@pytest.mark.parametrize(("born", "expected"), [(1986, "t1"), (1985, "t2")])
def test_forty_at_the_first_stay_is_too_old_for_the_second_override(born: int, expected: str) -> None:
    codes = ("E101", "E1098", "E1198", "E1198", "E1198")
    assert types("\n".join(f"1 | 2025-0{month}-10 | {code} | | {born}" for month, code in enumerate(codes, start=2))) == expected


@pytest.mark.parametrize("code", ["E1298", "E1398", "E891"])
def test_secondary_diabetes_is_its_own_type(code: str) -> None:
    assert types(f"1 | 2025-02-10 | J189 | {code} E1498 | 1950") == "secondary"
    assert types(f"1 | 2025-02-10 | J189 | {code} | 1950\n1 | 2025-03-10 | J189 | E1198 | 1950") == "t2"


def test_neighbouring_codes_of_diabetes_never_include() -> None:
    found = each("t2d", ["R730", "R739", "E162", "Z833", "O249"])
    assert {status and status[0] for status in found.values()} <= {"at_risk_strict", None} and found["E162"] is None


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
    cases = [(organ, code, "") for organ, codes in ORGANS.items() for code in codes]
    cases += [(organ, "Z000", act) for organ, acts in ACTS.items() for act in acts]
    rows = "\n".join(f"{n} | 2025-06-01 | E1198 {code} | {act}" for n, (_, code, act) in enumerate(cases, start=1))
    met = criteria(f"person | exit | das | acts\n{rows}", condition="t2d")
    for number, (organ, code, act) in enumerate(cases, start=1):
        organs = {name for name in met[str(number)] if name.startswith("organ_")}
        assert organ in organs and organs <= {organ, "organ_kidney", "organ_leg_arteries"}, (code, act)


@pytest.mark.parametrize(
    "cells",
    [{"acts": "JAEA003"}, {"acts": "HNEA002"}, {"acts": "HNEA900"}, {"ghm": "27C061"}, {"ghm": "27C031"}, {"ghm": "11M171"},
     {"das": "E1198 Z940"}, {"das": "E1198 Z9481"}, {"das": "E1198 T861"}],
)  # fmt: skip
def test_a_transplant_is_stratum_4_by_act_group_or_code(cells: dict[str, str]) -> None:
    assert one("t2d", stay(**({"das": "E1198"} | cells))) == ("diseased", 4)


@pytest.mark.parametrize("code", ["H540", "H541"])
def test_blindness_is_stratum_4(code: str) -> None:
    assert one("t2d", stay(das=f"E1198 {code}")) == ("diseased", 4)
    assert one("t2d", stay(das="E1198 H542")) == ("diseased", 1)


def test_an_amputation_is_major_above_the_ankle() -> None:
    acts = [f"NZFA{number:03}" for number in range(1, 14)]
    rows = "\n".join(f"{n} | 2025-06-01 | E1198 | {act}" for n, act in enumerate(acts, start=1))
    met = criteria(f"person | exit | das | acts\n{rows}", condition="t2d")
    level = {act: met[str(n)] & {"amputation", "amputation_above_ankle"} for n, act in enumerate(acts, start=1)}
    assert {act for act, found in level.items() if not found} == {"NZFA011", "NZFA012"}
    major = {"NZFA001", "NZFA002", "NZFA003", "NZFA006", "NZFA007", "NZFA008"}
    assert {act for act, found in level.items() if "amputation_above_ankle" in found} == major
    assert all("amputation" in level[act] for act in major)


def test_each_cardiometabolic_factor_counts() -> None:
    factors = ["I151", "E6605", "E6697", "E785", "G473", "K758", "K760", "I489", "J42", "N182", "N189"]
    found = each("t2d", [f"E1198 E780 {code}" if code != "E785" else "E1198 I10 E785" for code in factors])
    assert set(found.values()) == {("diseased", 2)}
    assert each("t2d", ["E1198 E780 E6604", "E1198 E780 Z800"]) == dict.fromkeys(["E1198 E780 E6604", "E1198 E780 Z800"], ("diseased", 1))


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
    assert set(each("t2d", codes).values()) == {("at_risk_strict", 0)}
    assert set(each("t2d", ["G454", "E786", "Z824", "E6603"]).values()) == {None}


@pytest.mark.parametrize("code", ["I420", "I255", "R570", "I517", "I139", "K761", "J81"])
def test_structural_heart_disease_alone_is_a_risk_not_heart_failure(code: str) -> None:
    assert each("hf", [code])[code] in (("at_risk_strict", 0), None)


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
    assert set(each("hf", stage_b + stage_a).values()) == {("at_risk_strict", 0)}
    acts = ["DELF013", "DELF014", "DELF001", "DELF005", "DELA001"]
    assert set(each("hf", acts, column="acts").values()) == {("at_risk_strict", 0)}
    assert set(each("hf", ["Z511 C189", "N182", "E6603", "I38"]).values()) == {None}


WIDE = [
    ({"dp": "I110"}, True),
    ({"dp": "R570", "das": "I5019"}, True),
    ({"dp": "R570"}, False),
    ({"dp": "I139"}, False),
    ({"dp": "I139", "das": "I5019"}, True),
    ({"dp": "I5019"}, True),
]


@pytest.mark.parametrize(("cells", "is_met"), WIDE)
def test_the_wide_decompensation_is_an_option_that_no_rule_reads(cells: dict[str, str], is_met: bool) -> None:
    assert ("decompensation_wide" in criteria(stay(**cells), condition="hf").get("1", set())) is is_met
    if cells == {"dp": "I110"}:
        assert one("hf", stay(**cells)) == ("diseased", 1)


@pytest.mark.parametrize(
    ("cells", "is_episode"),
    [({}, False), ({"provenance": "5"}, True), ({"provenance": "U"}, True), ({"exit_mode": "9"}, True), ({"provenance": "1"}, False)],
)
def test_an_episode_of_no_night_counts_by_emergency_or_death(cells: dict[str, str], is_episode: bool) -> None:
    assert ("decompensation" in criteria(stay(dp="I5019", nights="0", **cells), condition="hf").get("1", set())) is is_episode


@pytest.mark.parametrize("unit", ["01A", "01B", "02A", "02B", "02C", "02D", "02E", "02I", "24C", "24D", "03A"])
def test_each_authorisation_of_intensive_care_counts(unit: str) -> None:
    assert one("hf", stay(dp="I5019", exit="2024-03-01", units=unit)) == ("diseased", 3)


def test_dialysis_with_heart_failure_is_stratum_4() -> None:
    known = "person | exit | das | ghm | dp | sessions | nights\n1 | 2025-03-01 | I5019 | | J189 | | 1\n"
    assert one("hf", known + "1 | 2025-04-30 | | 28Z04Z | Z491 | 12 | 0") == ("diseased", 4)
    assert one("hf", known + "1 | 2025-04-30 | | 28Z04Z | Z491 | 1 | 0") == ("diseased", 1)
    assert one("hf", stay(das="I5019 Z992+0 N185")) == ("diseased", 4)


@pytest.mark.parametrize(("act", "stratum"), [("DELF016", 2), ("DELF020", 2), ("DELF012", 2), ("DELF005", 1), ("DELA003", 1)])
def test_a_pacemaker_alone_is_no_resynchronisation(act: str, stratum: int) -> None:
    assert one("hf", stay(das="I5019", acts=act)) == ("diseased", stratum)


# condition, criterion -> the months looked back on, and a stay that meets it within them (the sick code of the condition among its cells)
WINDOWS: dict[tuple[str, str], tuple[int, dict[str, str]]] = {
    ("t2d", "dialysis_2_days_12m"): (12, {"das": "E1198", "acts": "JVJF004"}),
    ("hf", "dialysis_2_days_12m"): (12, {"das": "I5019", "acts": "JVJF004"}),
    ("t2d", "dialysis_status_12m"): (12, {"das": "E1198 Z992+0 N185"}),
    ("hf", "dialysis_status_12m"): (12, {"das": "I5019 Z992+0 N185"}),
    ("t2d", "stroke_24m"): (24, {"dp": "I639", "das": "E1198"}),
    ("hf", "cardiogenic_shock_24m"): (24, {"dp": "R570", "das": "I5019"}),
    ("hf", "decompensation_intensive_24m"): (24, {"dp": "I5019", "units": "02A"}),
    ("hf", "intervention_24m"): (24, {"das": "I5019", "ghm": "05C021"}),
}
FIRST_DAY = {12: ("2025-01-01", "2024-12-31"), 24: ("2024-01-01", "2023-12-31")}  # of 31 December 2025: within, and the day before


@pytest.mark.parametrize(("condition", "criterion"), WINDOWS)
def test_the_first_day_of_a_window_is_in_and_the_day_before_is_out(condition: str, criterion: str) -> None:
    """A criterion that asks for two days has one of them well within the window in both cases."""
    months, cells = WINDOWS[condition, criterion]
    names = ["person", "exit", *cells]
    dates = [[day, "2025-06-01"] if "2_days" in criterion else [day] for day in FIRST_DAY[months]]
    lines = [" | ".join([str(number), day, *cells.values()]) for number, days in enumerate(dates, start=1) for day in days]
    met = criteria("\n".join([" | ".join(names), *lines]), condition=condition)
    assert [criterion in met[number] for number in "12"] == [True, False]
