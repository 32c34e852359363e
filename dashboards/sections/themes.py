"""Which indicators the overview expects, by theme, in the order they are read.

Belongs here: identifiers and their order. Not here: what an indicator is (the published catalogue). One the catalogue adds goes to 'other'.
"""

THEMES: dict[str, tuple[str, ...]] = {
    "found": ("prevalence", "persons_vs_expected", "persons_vs_expected_case_mix", "new_cases", "ald_capture_share", "overlap_t2d_hf"),
    "use": (
        "hospitalised_share",
        "stays_per_1000",
        "stays_vs_expected",
        "stays_vs_expected_case_mix",
        "condition_stays_vs_expected",
        "overnight_stays_vs_expected",
        "ambulatory_share",
        "ambulatory_stays_vs_expected",
        "urgent_share",
        "hpe_per_1000",
        "hpe_stays_vs_expected",
        "readmission_30d",
        "icu_share",
    ),
    "outcome": ("hospital_death", "amputation_rate", "amputations_vs_expected", "decompensation_rate"),
    "cost": (
        "cost_per_stay",
        "cost_per_mco_stay",
        "cost_per_patient",
        "cost_standardised",
        "cost_vs_expected",
        "cost_per_resident",
        "cost_per_resident_vs_expected",
    ),
    "other": (),
}
# Of one condition only, with data that a run may not hold, or another way to say a line above: not said to be missing elsewhere.
OPTIONAL = {
    "ald_capture_share",
    "overlap_t2d_hf",
    "amputation_rate",
    "decompensation_rate",
    "persons_vs_expected_case_mix",
    "stays_vs_expected_case_mix",
    "condition_stays_vs_expected",
    "overnight_stays_vs_expected",
    "ambulatory_stays_vs_expected",
    "hpe_stays_vs_expected",
    "amputations_vs_expected",
    "cost_per_mco_stay",
}
# Shown in a block of their own, or the same number on another base.
ELSEWHERE = {"prevalence_all_ages", "cost_5y_per_person", "cost_gap"}
CHARACTERISTICS = ("mean_age", "share_")  # who the persons are: in the profile
FAMILIES_ELSEWHERE = ("transition_", "care_gap_", "care_acts_", *CHARACTERISTICS)


def theme_of(indicator_id: str) -> str:
    """The theme of an indicator."""
    return next((name for name, members in THEMES.items() if indicator_id in members), "other")


def is_characteristic(indicator_id: str) -> bool:
    """Whether it says who the persons are, rather than what happens to them."""
    return indicator_id.startswith(CHARACTERISTICS)


def in_order(catalogue: list[str]) -> list[str]:
    """The indicators of the catalogue that the overview may show: themes first, then what the catalogue adds."""
    known = [name for members in THEMES.values() for name in members]
    shown = [name for name in catalogue if name not in ELSEWHERE and not name.startswith(FAMILIES_ELSEWHERE)]
    return [name for name in known if name in shown] + [name for name in shown if name not in known]
