"""What the definition of heart failure means: the population, the decompensation, episodes and strata."""

from tests.support.small_country import criteria_of_each, strata_of_each

HF = "hf"


def check(expected: dict[str, tuple[str, int] | None]) -> None:
    """Each table's only person has the (status, stratum) beside it, None for no status."""
    assert strata_of_each(expected, condition=HF) == expected


def stay(**cells: str) -> str:
    """A one-person text table with one stay in 2025."""
    row = {"person": "1", "exit": "2025-06-01", "born": "1970"} | cells
    return " | ".join(row) + "\n" + " | ".join(row.values())


def statuses(codes: list[str], column: str) -> dict[str, str | None]:
    """code -> status of a person who has it in `column` of one stay."""
    tables = {code: stay(**{column: code}) for code in codes}
    found = strata_of_each(tables.values(), condition=HF)
    return {code: found[table] and found[table][0] for code, table in tables.items()}


def test_the_population_is_coded_heart_failure_in_any_position() -> None:
    codes = ["I5019", "I500", "I110", "I1109", "I130", "I132", "Z941", "T862"]
    assert statuses(codes, "das") == dict.fromkeys(codes, "diseased")


def test_neighbouring_codes_alone_never_include() -> None:
    found = statuses(["I139", "K761", "J81", "R570", "R060"], "dp")
    assert {code for code, status in found.items() if status == "diseased"} == set()


def test_a_decompensation_is_heart_failure_as_principal_or_a_paired_code_with_it() -> None:
    expected = {
        stay(**cells): is_decompensation
        for cells, is_decompensation in [
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
        ]
    }
    met = criteria_of_each(expected, condition=HF)
    assert {table: "decompensation" in found for table, found in met.items()} == expected


HEADER = "person | entry | exit | dp | entry_mode | exit_mode | nights"


def test_chained_stays_are_one_episode() -> None:
    first = f"{HEADER}\n1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 8 | 9\n"
    check(
        {
            first + "1 | 2025-03-11 | 2025-03-15 | I5019 | 8 | 8 | 4": ("diseased", 3),  # one day between: one episode
            first + "1 | 2025-03-12 | 2025-03-15 | I5019 | 8 | 8 | 3": ("diseased", 4),  # two days: two episodes
            first + "1 | 2025-03-10 | 2025-03-15 | I5019 | 7 | 8 | 5": ("diseased", 3),  # transferred the same day
            first + "1 | 2025-03-10 | 2025-03-15 | J189  | 7 | 8 | 5": ("diseased", 3),
        }
    )


def test_a_transfer_joins_stays_only_when_the_first_was_left_by_transfer() -> None:
    back = "1 | 2025-05-10 | 2025-05-20 | I5019 | 7 | 8 | 10"
    check(
        {
            f"{HEADER}\n1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 7 | 9\n{back}": ("diseased", 3),
            f"{HEADER}\n1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 8 | 9\n{back}": ("diseased", 4),
        }
    )


def test_a_short_stay_inside_a_long_one_does_not_open_an_episode_after_it() -> None:
    rows = """
    1 | 2025-03-01 | 2025-03-30 | I5019 | 8 | 8 | 29
    1 | 2025-03-05 | 2025-03-06 | J189  | 8 | 8 | 1
    1 | 2025-03-31 | 2025-04-05 | I5019 | 8 | 8 | 5"""
    check({HEADER + rows: ("diseased", 3)})


def test_a_stay_of_another_cause_between_two_decompensations_bridges_them() -> None:
    rows = """
    1 | 2025-03-01 | 2025-03-10 | I5019 | 8 | 7 | 9
    1 | 2025-03-10 | 2025-03-20 | J189  | 7 | 7 | 10
    1 | 2025-03-20 | 2025-03-25 | I5019 | 7 | 8 | 5"""
    check({HEADER + rows: ("diseased", 3)})


def test_strata_follow_the_number_and_the_age_of_episodes() -> None:
    cases = [
        (["2025-02-01"], 3),
        (["2025-02-01", "2025-05-01"], 4),
        (["2024-02-01", "2024-05-01", "2025-05-01"], 4),
        (["2024-02-01"], 2),
        (["2022-02-01", "2023-05-01"], 3),
        (["2024-12-31"], 2),
        (["2025-01-01"], 3),
    ]
    check({"\n".join(["person | exit | dp", *(f"1 | {day} | I5019" for day in dates)]): ("diseased", stratum) for dates, stratum in cases})


def test_intensive_care_in_another_stay_of_the_episode_makes_stratum_3() -> None:
    first = f"{HEADER} | units\n1 | 2024-03-01 | 2024-03-10 | I5019 | 8 | 7 | 9 |"
    check(
        {
            first: ("diseased", 2),
            first + "\n1 | 2024-03-10 | 2024-03-15 | J189 | 7 | 8 | 5 | 02A": ("diseased", 3),
            first + "\n1 | 2024-06-10 | 2024-06-15 | J189 | 8 | 8 | 5 | 02A": ("diseased", 2),
        }
    )


def test_intensive_care_is_a_unit_or_a_supplement() -> None:
    old = {"dp": "I5019", "exit": "2024-03-01"}
    intensive = [{"units": "07A 02A"}, {"rea": "1"}, {"stf": "1"}, {"src": "1"}]
    check({stay(**old, units="07A"): ("diseased", 2)} | {stay(**old, **cells): ("diseased", 3) for cells in intensive})


def test_each_profile_has_its_stratum() -> None:
    cases = [
        ({"das": "I5019"}, 1), ({"das": "I5009 R570"}, 4), ({"das": "I5019 Z515"}, 4), ({"das": "I5019 Z515", "exit": "2024-12-31"}, 1),
        ({"das": "I5019", "acts": "DZEA001"}, 4), ({"das": "I5019", "acts": "EQLA003"}, 4), ({"acts": "EQLA002"}, None),
        ({"das": "I5019", "acts": "EQLA002"}, 4), ({"das": "I5019 N184"}, 3), ({"das": "I5019", "acts": "DELF013"}, 2),
        ({"das": "I5002"}, 2), ({"das": "I5019 I489 J449"}, 2), ({"das": "I5019 I489"}, 1), ({"das": "I5019 E1198 D649"}, 2),
    ]  # fmt: skip
    check({stay(**cells): None if stratum is None else ("diseased", stratum) for cells, stratum in cases})


def test_an_intervention_counts_with_an_episode_within_24_months() -> None:
    stays = "person | exit | dp | ghm | das\n1 | 2024-02-01 | I350 | 05C031 | I5019\n"
    check({stays: ("diseased", 1), stays + "1 | 2024-06-01 | I5019 | 05M091 |": ("diseased", 3)})


def test_stages_a_and_b_are_a_strict_risk() -> None:
    codes = ["I420", "I252", "I350", "I447", "Z950", "I10", "E1198", "E1098", "I489", "E6605", "N184", "J449", "F102", "E059"]
    check({stay(das=code, born="2000"): ("at_risk_strict", 0) for code in codes})


def test_chemotherapy_is_a_risk_with_a_cardiotoxic_cancer_and_sessions_keep_evidence() -> None:
    session = {"ghm": "28Z07Z", "nights": "0", "sessions": "1", "dp": "Z511", "born": "2000"}
    check({stay(**session, dr="C509"): ("at_risk_strict", 0), stay(**session, dr="C189"): None})


def test_dyslipidaemia_and_smoking_alone_are_not_a_risk() -> None:
    check({stay(das="E780 F171", born="2000"): None})


def test_any_stay_from_65_years_is_an_extended_risk() -> None:
    check({stay(born="1960"): ("at_risk_extended", 0), stay(born="1961"): None})


def test_one_person_can_belong_to_both_conditions() -> None:
    both = {stay(das="E1198 I5019"): ("diseased", 1)}
    check(both)
    assert strata_of_each(both, condition="t2d") == both
