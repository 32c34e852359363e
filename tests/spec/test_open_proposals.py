"""What the three proposals mean: chronic obstructive pulmonary disease, stroke, and the segments of need of the whole population."""

from typing import Any

from tests.support.small_country import config, strata, strata_of_each

CONDITIONS = {"conditions": ["copd", "stroke", "segments"], "fields": ["mco", "smr", "had", "psy"]}


def check(condition: str, expected: dict[str, tuple[str, int] | None]) -> None:
    """Each table's only person has the (status, stratum) beside it at the end of 2025, None for no status."""
    assert strata_of_each(expected, condition=condition, settings=config(method=CONDITIONS)) == expected


def rows(*stays: dict[str, Any], **common: Any) -> str:
    """A one-person text table: each stay says what differs from an uneventful night in 2025."""
    default = {"person": 1, "exit": "2025-06-01", "dp": "Z000", "born": 1970}
    table = [default | common | stay for stay in stays]
    names = list(dict.fromkeys(name for row in table for name in row))
    return "\n".join(" | ".join(map(str, line)) for line in (names, *([row.get(name, "") for name in names] for row in table)))


def sick(stratum: int) -> tuple[str, int]:
    return ("diseased", stratum)


def test_chronic_obstructive_pulmonary_disease() -> None:
    cases = [
        ([{"das": "J449"}], sick(1)),
        ([{"das": "J431"}], sick(1)),
        ([{"dp": "J441"}], sick(3)),
        ([{"dp": "J441", "nights": 0}], sick(1)),  # a day in hospital is for tests
        ([{"dp": "J441", "nights": 0, "provenance": "5"}], sick(3)),
        ([{"dp": "J9600", "das": "J449"}], sick(3)),
        ([{"dp": "J181", "das": "J449"}], sick(3)),
        ([{"dp": "J181"}], None),
        ([{"dp": "J441", "field": "smr"}], sick(1)),
        ([{"dp": "J441", "exit": "2024-12-31"}], sick(2)),
        ([{"dp": "J441", "exit": "2025-02-01"}, {"dp": "J440", "exit": "2025-06-01"}], sick(4)),
        ([{"dp": "J441", "exit": "2025-02-01"}, {"dp": "J440", "exit": "2025-02-03"}], sick(3)),  # one episode
        ([{"dp": "J441", "exit": "2022-02-01"}, {"dp": "J440", "exit": "2023-06-01"}], sick(3)),
        ([{"dp": "J441", "exit": "2024-02-01", "acts": "GLLD019"}], sick(3)),
        ([{"das": "J449 J9611"}], sick(3)),
        ([{"das": "J449 J961+0", "dp": "J441"}], sick(4)),
        ([{"das": "J449 Z991+1"}], sick(4)),
        ([{"das": "Z991+1"}, {"das": "J449"}], sick(1)),  # both in one stay
        ([{"das": "J449", "acts": "GFEA001"}], sick(4)),
        ([{"das": "J449 Z515"}], sick(4)),
        ([{"das": "J449 Z515", "exit": "2024-12-31"}], sick(1)),
        ([{"das": "J449 I5019"}], sick(1)),
        ([{"das": "J449 I5019 F329"}], sick(2)),
        ([{"das": "J42"}], ("at_risk_strict", 0)),
        ([{"das": "F171"}], ("at_risk_strict", 0)),
        ([{"das": "Z000", "born": 1960}], ("at_risk_extended", 0)),
        ([{"das": "Z000", "born": 1961}], None),
    ]
    check("copd", {rows(*stays): expected for stays, expected in cases})


def test_stroke() -> None:
    cases = [
        ([{"dp": "I639"}], sick(3)),
        ([{"das": "I639"}], None),  # an acute stroke is a principal diagnosis
        ([{"dp": "I639", "exit": "2024-12-31"}], sick(1)),
        ([{"dp": "I639", "exit": "2023-02-01"}, {"das": "I489"}], sick(2)),
        ([{"dp": "I639", "exit": "2023-02-01"}, {"das": "I10 E780"}], sick(2)),
        ([{"dp": "I639", "exit": "2023-02-01"}, {"das": "I10"}], sick(1)),
        ([{"dp": "I639", "exit": "2024-02-01"}, {"dp": "I619", "exit": "2025-06-01"}], sick(4)),
        ([{"dp": "I639", "exit": "2021-02-01"}, {"dp": "I619", "exit": "2023-06-01"}], sick(3)),
        ([{"dp": "I639", "exit": "2025-02-01"}, {"dp": "I639", "exit": "2025-02-02"}], sick(3)),  # one episode
        ([{"das": "I693"}], sick(1)),
        ([{"das": "I693 G8108"}], sick(3)),
        ([{"das": "I693 G8108 R4702"}], sick(3)),
        ([{"das": "I693 G8108 R4702", "acts": "HFCB001"}], sick(4)),
        ([{"das": "I693 Z515"}], sick(4)),
        ([{"das": "I639", "field": "smr"}], sick(3)),  # the affection that an SMR stay recovers from
        ([{"das": "I639", "field": "had"}], None),
        ([{"das": "G459"}], ("at_risk_strict", 0)),
        ([{"das": "G454"}], None),
        ([{"das": "I652"}], ("at_risk_strict", 0)),
        ([{"das": "I10"}], None),
        ([{"das": "I10 E1198"}], ("at_risk_strict", 0)),
        ([{"born": 1960}], ("at_risk_extended", 0)),
    ]
    check("stroke", {rows(*stays): expected for stays, expected in cases})


URGENT = {"provenance": "5"}


def test_segments_of_need() -> None:
    cases = [
        (1990, [{}], sick(1)),
        (2008, [{}], None),  # adults
        (1990, [URGENT], sick(1)),
        (1990, [URGENT | {"das": "E1198"}], sick(2)),
        (1990, [{"das": "E1198 I489"}], sick(2)),
        (1990, [{"das": "E1198 I252 I350"}], sick(2)),  # three diseases: elderly only
        (1950, [{"das": "E1198 I252 I350"}], sick(4)),
        (1951, [{"das": "E1198 I252 I350"}], sick(2)),
        (1950, [{"das": "E1198 I252"}], sick(2)),
        (1960, [URGENT | {"das": "E1198 I252"}, URGENT | {"exit": "2025-09-01"}], sick(4)),
        (1961, [URGENT | {"das": "E1198 I252"}, URGENT | {"exit": "2025-09-01"}], sick(3)),
        (1960, [URGENT | {"das": "E1198"}, URGENT | {"exit": "2025-09-01"}], sick(3)),
        (1960, [URGENT, URGENT | {"exit": "2025-09-01"}], sick(1)),  # emergencies without a chronic disease
        (1960, [URGENT | {"das": "E1198"}, URGENT | {"exit": "2025-06-02", "nights": 0}], sick(2)),  # one episode
        (1990, [{"dp": "I5019"}], sick(3)),
        (1990, [{"dp": "I219"}], sick(3)),
        (1990, [{"dp": "Z511", "das": "C509", "ghm": "28Z07Z", "sessions": 1, "nights": 0}], sick(3)),
        (1990, [{"dp": "F200", "field": "psy"}], sick(3)),
        (1990, [{"dp": "F200", "field": "psy", "form": "contact", "nights": 0}], None),  # an act is no stay
    ]
    check("segments", {rows(*stays, born=born): expected for born, stays, expected in cases})


def test_everyone_with_a_stay_is_in_one_segment_and_nobody_is_at_risk_of_one() -> None:
    people = "person | exit | das | born\n" + "\n".join(
        f"{n} | 2025-06-01 | {'E1198 I489' if n % 2 else 'Z000'} | {1930 + n}" for n in range(1, 70)
    )
    found = strata(people, condition="segments", settings=config(method=CONDITIONS))
    assert len(found) == 69 and {status for status, _, _ in found.values()} == {"diseased"}
