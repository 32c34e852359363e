"""What the definition of type 2 diabetes means, stay by stay (clinical boundaries first)."""

from tests.support.small_country import criteria_of_each, strata_of_each

T2D = "t2d"


def check(expected: dict[str, tuple[str, int] | None], year: int = 2025) -> None:
    """Each table's only person has the (status, stratum) beside it at the end of the year, None for no status."""
    assert strata_of_each(expected, condition=T2D, year=year) == expected


def sick(stratum: int) -> tuple[str, int]:
    return ("diseased", stratum)


def stay(**cells: str) -> str:
    """A one-person text table with one stay in 2025."""
    row = {"person": "1", "exit": "2025-06-01"} | cells
    return " | ".join(row) + "\n" + " | ".join(row.values())


def test_the_look_back_is_five_calendar_years_by_exit_date() -> None:
    cases = [("2021-01-01", sick(1)), ("2020-12-31", None), ("2025-12-31", sick(1)), ("2026-01-01", None)]
    check({stay(exit=exit_date, das="E1198", born="2000"): expected for exit_date, expected in cases})


def test_a_code_counts_in_any_position_even_only_in_a_unit() -> None:
    positions = ["dp", "dr", "das", "unit_dp", "unit_dr"]
    check({stay(**{"born": "2000", "nights": "0", position: "E1198"}): sick(1) for position in positions})


def test_codes_match_by_prefix_with_or_without_their_extension() -> None:
    check(
        {
            stay(das="E119", born="2000"): sick(1),
            stay(das="E1190", born="2000"): sick(2),  # insulin-treated
        }
    )


def test_a_risk_factor_alone_is_a_strict_risk() -> None:
    codes = ["R730", "R739", "O244", "E6604", "E282", "K760", "I10", "E780"]
    check({stay(das=code, born="2000"): ("at_risk_strict", 0) for code in codes})


def test_gestational_diabetes_alone_is_a_risk_not_a_diabetes() -> None:
    check({stay(dp="O249", born="1995", sex="2"): ("at_risk_strict", 0)})


def test_overweight_counts_from_45_years_and_is_not_obesity() -> None:
    check({stay(das="E6603", born="1980"): ("at_risk_strict", 0), stay(das="E6603", born="1981"): None})


def test_any_stay_from_45_years_is_an_extended_risk() -> None:
    check({stay(born="1980"): ("at_risk_extended", 0), stay(born="1981"): None})


def test_every_known_diabetic_of_any_type_is_out_of_the_risk() -> None:
    check({stay(das="E1098 I10", born="1960"): None, stay(das="E1398 I10", born="1960"): None})


def test_adults_only() -> None:
    check({stay(das="E1198", born="2007"): sick(1), stay(das="E1198", born="2008"): None})


def coded(codes: str, born: str) -> str:
    """A one-person text table with one stay a month from February 2025, one code each."""
    rows = [f"1 | 2025-0{month}-01 | {code} | {born}" for month, code in enumerate(codes.split(), start=2)]
    return "\n".join(["person | exit | das | born", *rows])


def test_the_type_is_settled_by_majority_of_stays() -> None:
    check(
        {
            coded("E1198 E1198 E1098", "1950"): sick(1),  # majority
            coded("E1098 E1098 E1198", "1950"): None,
            coded("E1098 E1198", "1985"): sick(1),  # a tie: 40 at the first stay
            coded("E1098 E1198", "1986"): None,  # 39
            coded("E1198 E1198 E1098", "1996"): None,  # under 30 with a type 1 stay
            coded("E1498", "1980"): sick(1),  # unspecified only: 45
            coded("E1498", "1981"): None,
            coded("E1398 E1498", "1950"): None,  # secondary wins over unspecified
        }
    )


def test_two_type_1_stays_with_ketoacidosis_before_40_are_type_1_whatever_the_majority() -> None:
    stays = "person | exit | dp | born\n1 | 2025-01-01 | E101 | 1990\n1 | 2025-02-01 | E1098 | 1990"
    check({stays + "".join(f"\n1 | 2025-0{month}-01 | E1198 | 1990" for month in (3, 4, 5)): None})


def test_an_unspecified_code_beside_a_specific_one_in_the_same_stay_does_not_count() -> None:
    check({stay(das="E1098 E1498", born="1950"): None})


def test_an_amputation_is_stratum_4() -> None:
    check({stay(das="E1198", acts=act): sick(4) for act in ["NZFA001", "NZFA010", "NZFA013"]})


def test_the_amputation_of_a_supernumerary_toe_never_counts() -> None:
    toes = ["NZFA011", "NZFA012"]
    check({stay(das="E1198", acts=act): sick(1) for act in toes} | {stay(das="E1198", acts=act, ghm="05C131"): sick(1) for act in toes})


def test_the_toe_amputation_ghm_needs_its_act_the_other_does_not() -> None:
    check(
        {
            stay(das="E1198", ghm="05C131"): sick(1),
            stay(das="E1198", ghm="05C131", acts="NZFA010"): sick(4),
            stay(das="E1198", ghm="05C121"): sick(4),
        }
    )


def test_dialysis_known_by_sessions_only_is_stratum_4() -> None:
    stays = """
    person | exit       | das   | ghm    | dp   | sessions | nights | auto
    1      | 2025-03-01 | E1198 |        | J189 |          | 1      | 0
    1      | 2025-04-30 |       | 28Z04Z | Z491 | 12       | 0      | 1
    """
    check({stays: sick(4)})


def test_two_dialysis_sessions_of_one_day_are_one_day() -> None:
    stays = """
    person | exit       | das   | ghm    | sessions | nights
    1      | 2025-03-01 | E1198 |        |          | 1
    1      | 2025-04-30 |       | 28Z04Z | 1        | 0
    1      | 2025-04-30 |       | 28Z04Z | 1        | 0
    """
    check({stays: sick(1), stays + "1 | 2025-05-02 | | 28Z04Z | 1 | 0": sick(4)})


def test_hypoglycaemia_counts_when_the_same_stay_says_diabetes() -> None:
    known = "person | exit | dp | das\n1 | 2025-03-01 | E1198 | \n"
    check({known + "1 | 2025-05-01 | E162 | ": sick(2), known + "1 | 2025-05-01 | E162 | E1198": sick(3)})


def test_one_dialysis_day_or_an_acute_dialysis_is_not_chronic() -> None:
    check(
        {
            stay(das="E1198", acts="JVJF004@0"): sick(1),
            stay(das="E1198", acts="JVJF004@0 JVJF004@2"): sick(4),
            stay(das="E1198", acts="JVJF002@0 JVJF002@2 JVJF005@3"): sick(1),
        }
    )


def test_dialysis_status_needs_stage_5_in_the_same_stay_and_ages_after_12_months() -> None:
    check(
        {
            stay(das="E1198 Z992+0"): sick(1),
            stay(das="E1198 Z992+0 N185"): sick(4),
            stay(das="E1198 Z992+0 N185", exit="2024-12-31"): sick(3),  # the kidney remains one organ
        }
    )


def test_three_organ_systems_make_stratum_4_and_each_counts_once() -> None:
    cases = [
        ("E1138", 3), ("E1138 N183", 3), ("E1138 N183 L97", 4), ("E1138 H360", 3),
        ("E1178", 3), ("E1178 E1138", 3), ("E1178 E1138 N183", 4), ("G454", 1), ("G459", 3), ("I69", 3),
    ]  # fmt: skip
    check({stay(das=f"E1198 {codes}"): sick(stratum) for codes, stratum in cases})


def test_acute_stroke_counts_as_principal_diagnosis_only() -> None:
    check(
        {
            stay(das="E1198", dp="I639"): sick(4),
            stay(das="E1198 I639"): sick(1),
            stay(das="E1198", dp="I639", exit="2022-03-01"): sick(3),  # one organ
            stay(das="E1198 G819", dp="I639", exit="2022-03-01"): sick(4),
        }
    )


def test_an_eye_act_counts_only_with_an_eye_diagnosis_in_the_stay() -> None:
    check({stay(das="E1198", acts="BGNP001"): sick(1)})
    with_diagnosis = stay(das="E1198 H431", acts="BGNP001")
    assert "organ_eye" in criteria_of_each([with_diagnosis], condition=T2D)[with_diagnosis]


def test_severe_metabolic_stays_one_is_stratum_3_two_are_4_and_age_after_24_months() -> None:
    first = "person | exit | dp | das\n1 | 2024-02-01 | E1108 | E1198"
    check(
        {
            first: sick(3),
            first + "\n1 | 2024-05-01 | E162 | E1198": sick(4),
            first.replace("2024-02-01", "2023-12-31"): sick(1),
        }
    )


def test_stratum_2_is_treatment_or_two_cardiometabolic_factors() -> None:
    cases = [
        ({"das": "E1190"}, 2), ({"das": "E1190", "exit": "2023-12-31"}, 1), ({"das": "E1168"}, 2), ({"das": "E1188"}, 2),
        ({"dp": "E1198", "nights": "1"}, 2), ({"dp": "E1198", "nights": "0"}, 1), ({"das": "E1198 I10"}, 1),
        ({"das": "E1198 I10 E780"}, 2), ({"das": "E1198 I10 I110"}, 1), ({"das": "E1198 G473 J449"}, 2),
    ]  # fmt: skip
    check({stay(**cells): sick(stratum) for cells, stratum in cases})


def test_a_heart_failure_decompensation_within_24_months_is_stratum_4() -> None:
    check({stay(das="E1198", dp="I5019", exit="2024-01-01"): sick(4), stay(das="E1198", dp="I5019", exit="2023-12-31"): sick(1)})


def test_death_on_31_december_is_out_of_the_stock_and_in_the_year_before() -> None:
    stays = "person | exit | das | exit_mode\n1 | 2024-06-01 | E1198 | 8\n1 | 2025-12-31 | E1198 | 9"
    check({stays: None})
    check({stays: sick(1)}, year=2024)


def test_badly_chained_stays_carry_no_evidence() -> None:
    check({stay(das="E1198", chain="000010000", born="2000"): None})
