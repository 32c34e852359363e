"""What the definition of heart failure means: the population, the decompensation, episodes and strata."""

import pytest

from tests.support.small_country import criteria, strata

HF = "hf"


def one(stays: str, year: int = 2025) -> tuple[str, int] | None:
    """(status, stratum) of the only person, None when they have no status."""
    found = strata(stays, condition=HF, year=year)
    return next(((status, stratum) for status, stratum, _ in found.values()), None)


def stay(**cells: str) -> str:
    """A one-person text table with one stay in 2025."""
    row = {"person": "1", "exit": "2025-06-01", "born": "1970"} | cells
    return " | ".join(row) + "\n" + " | ".join(row.values())


@pytest.mark.parametrize("code", ["I5019", "I500", "I110", "I1109", "I130", "I132", "Z941", "T862"])
def test_the_population_is_coded_heart_failure_in_any_position(code: str) -> None:
    found = one(stay(das=code))
    assert found is not None and found[0] == "diseased"


@pytest.mark.parametrize("code", ["I139", "K761", "J81", "R570", "R060"])
def test_neighbouring_codes_alone_never_include(code: str) -> None:
    found = one(stay(dp=code))
    assert found is None or found[0] != "diseased"


@pytest.mark.parametrize(
    ("cells", "is_decompensation"),
    [
        ({"dp": "I5019"}, True),
        ({"unit_dp": "I5019"}, True),
        ({"dr": "I5019"}, False),
        ({"das": "I5019"}, False),
        ({"dp": "I139", "das": "I5019"}, True),
        ({"dp": "I139", "dr": "I5019"}, True),
        ({"dp": "I139"}, False),
        ({"dp": "I110"}, False),
        ({"dp": "J81", "das": "I5019"}, True),
        ({"dp": "J189", "das": "J81 I5019"}, False),
        ({"dp": "I5019", "nights": "0"}, False),
        ({"dp": "I5019", "nights": "0", "provenance": "5"}, True),
        ({"dp": "I5019", "nights": "0", "provenance": "5", "entry_mode": "7"}, False),
        ({"dp": "I5019", "ghm": "28Z14Z"}, False),
    ],
)
def test_a_decompensation_is_heart_failure_as_principal_or_a_paired_code_with_it(cells: dict[str, str], is_decompensation: bool) -> None:
    assert ("decompensation" in criteria(stay(**cells), condition=HF).get("1", set())) is is_decompensation


def episodes(rows: str, header: str = "person | entry | exit | dp | entry_mode | exit_mode | nights") -> tuple[str, int] | None:
    """(status, stratum) of a person whose stays are given as rows of `header`."""
    return one(header + "\n" + rows)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("1 | 2025-03-11 | 2025-03-15 | I5019 | 8 | 8 | 4", 3),  # one day between: one episode
        ("1 | 2025-03-12 | 2025-03-15 | I5019 | 8 | 8 | 3", 4),  # two days: two episodes
        ("1 | 2025-03-10 | 2025-03-15 | I5019 | 7 | 8 | 5", 3),  # transferred the same day
        ("1 | 2025-03-10 | 2025-03-15 | J189  | 7 | 8 | 5", 3),
    ],
)
def test_chained_stays_are_one_episode(second: str, expected: int) -> None:
    assert episodes("1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 8 | 9\n" + second) == ("diseased", expected)


def test_a_transfer_joins_stays_only_when_the_first_was_left_by_transfer() -> None:
    back = "1 | 2025-05-10 | 2025-05-20 | I5019 | 7 | 8 | 10"
    assert episodes("1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 7 | 9\n" + back) == ("diseased", 3)
    assert episodes("1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 8 | 9\n" + back) == ("diseased", 4)


def test_a_short_stay_inside_a_long_one_does_not_open_an_episode_after_it() -> None:
    rows = """1 | 2025-03-01 | 2025-03-30 | I5019 | 8 | 8 | 29
    1 | 2025-03-05 | 2025-03-06 | J189  | 8 | 8 | 1
    1 | 2025-03-31 | 2025-04-05 | I5019 | 8 | 8 | 5"""
    assert episodes(rows) == ("diseased", 3)


def test_a_stay_of_another_cause_between_two_decompensations_bridges_them() -> None:
    rows = """1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 7 | 9
    1 | 2025-03-10 | 2025-03-20 | J189  | 7 | 7 | 10
    1 | 2025-03-20 | 2025-03-25 | I5019 | 7 | 8 | 5"""
    assert episodes(rows) == ("diseased", 3)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["2025-02-01"], 3),
        (["2025-02-01", "2025-05-01"], 4),
        (["2024-02-01", "2024-05-01", "2025-05-01"], 4),
        (["2024-02-01"], 2),
        (["2022-02-01", "2023-05-01"], 3),
        (["2024-12-31"], 2),
        (["2025-01-01"], 3),
    ],
)
def test_strata_follow_the_number_and_the_age_of_episodes(dates: list[str], expected: int) -> None:
    assert one("person | exit | dp\n" + "\n".join(f"1 | {day} | I5019" for day in dates)) == ("diseased", expected)


def test_intensive_care_in_another_stay_of_the_episode_makes_stratum_3() -> None:
    first = "1 | 2024-03-01 | 2024-03-10 | I5019 | 8 | 7 | 9 |"
    header = "person | entry | exit | dp | entry_mode | exit_mode | nights | units"
    assert episodes(first, header) == ("diseased", 2)
    assert episodes(first + "\n1 | 2024-03-10 | 2024-03-15 | J189 | 7 | 8 | 5 | 02A", header) == ("diseased", 3)
    assert episodes(first + "\n1 | 2024-06-10 | 2024-06-15 | J189 | 8 | 8 | 5 | 02A", header) == ("diseased", 2)


@pytest.mark.parametrize("intensive", [{"units": "07A 02A"}, {"rea": "1"}, {"stf": "1"}, {"src": "1"}])
def test_intensive_care_is_a_unit_or_a_supplement(intensive: dict[str, str]) -> None:
    old = {"dp": "I5019", "exit": "2024-03-01"}
    assert one(stay(**old, units="07A")) == ("diseased", 2)
    assert one(stay(**old, **intensive)) == ("diseased", 3)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"das": "I5019"}, 1), ({"das": "I5009 R570"}, 4), ({"das": "I5019 Z515"}, 4), ({"das": "I5019 Z515", "exit": "2024-12-31"}, 1),
        ({"das": "I5019", "acts": "DZEA001"}, 4), ({"das": "I5019", "acts": "EQLA003"}, 4), ({"acts": "EQLA002"}, None),
        ({"das": "I5019", "acts": "EQLA002"}, 4), ({"das": "I5019 N184"}, 3), ({"das": "I5019", "acts": "DELF013"}, 2),
        ({"das": "I5002"}, 2), ({"das": "I5019 I489 J449"}, 2), ({"das": "I5019 I489"}, 1), ({"das": "I5019 E1198 D649"}, 2),
    ],
)  # fmt: skip
def test_each_profile_has_its_stratum(cells: dict[str, str], expected: int | None) -> None:
    assert one(stay(**cells)) == (None if expected is None else ("diseased", expected))


def test_an_intervention_counts_with_an_episode_within_24_months() -> None:
    stays = "person | exit | dp | ghm | das\n1 | 2024-02-01 | I350 | 05C031 | I5019\n"
    assert one(stays) == ("diseased", 1)
    assert one(stays + "1 | 2024-06-01 | I5019 | 05M091 |") == ("diseased", 3)


@pytest.mark.parametrize(
    "code", ["I420", "I252", "I350", "I447", "Z950", "I10", "E1198", "E1098", "I489", "E6605", "N184", "J449", "F102", "E059"]
)
def test_stages_a_and_b_are_a_strict_risk(code: str) -> None:
    assert one(stay(das=code, born="2000")) == ("at_risk_strict", 0)


def test_chemotherapy_is_a_risk_with_a_cardiotoxic_cancer_and_sessions_keep_evidence() -> None:
    session = {"ghm": "28Z07Z", "nights": "0", "sessions": "1", "dp": "Z511", "born": "2000"}
    assert one(stay(**session, dr="C509")) == ("at_risk_strict", 0)
    assert one(stay(**session, dr="C189")) is None


def test_dyslipidaemia_and_smoking_alone_are_not_a_risk() -> None:
    assert one(stay(das="E780 F171", born="2000")) is None


def test_any_stay_from_65_years_is_an_extended_risk() -> None:
    assert one(stay(born="1960")) == ("at_risk_extended", 0)
    assert one(stay(born="1961")) is None


def test_one_person_can_belong_to_both_conditions() -> None:
    both = stay(das="E1198 I5019")
    assert one(both) == ("diseased", 1)
    assert strata(both, condition="t2d")["1"][:2] == ("diseased", 1)
