"""Our persons beside those of the CNAM cartography: each person at their place, the latest version of a year, and what is refused."""

import shutil
from pathlib import Path

import pytest

from strata.definitions.crosswalk import read_crosswalk
from strata.definitions.folder import CONDITIONS
from strata.engine import models
from strata.errors import StrataError
from tests.support.small_country import built, config

# 1 diabetic with a top; 2 diabetic without; 3 at risk with a top (in two tops of one comparison: once); 4 seen, nothing, with a top;
# 5 dead in hospital with a top; 6 a child with a top; 7 last seen before the look-back, with a top; 8 a top of an older version only.
STAYS = """person | exit       | das   | exit_mode | born
           1      | 2025-03-10 | E1198 |           | 1950
           2      | 2025-03-10 | E1198 |           | 1950
           3      | 2025-03-10 | I10   |           | 1950
           4      | 2025-03-10 |       |           | 1990
           5      | 2025-03-10 | E1198 | 9         | 1950
           6      | 2025-03-10 |       |           | 2015
           7      | 2018-03-10 | E1198 |           | 1950
           8      | 2025-03-10 |       |           | 1990"""


def crosswalk(tops: str, condition: str, comparison: str, stays: str = STAYS) -> dict[str, tuple[int, int]]:
    """level -> (persons, persons_with_top) at the end of 2025; tops: lines 'person top version'."""
    values = ", ".join(
        f"(1, {person}, 1, 2025, '{top}', '{version}')" for person, top, version in (line.split() for line in tops.splitlines())
    )
    also = f"INSERT INTO read_cartography (slice_id, person_id, twin_rank, year, top, version) VALUES {values}" if values else ""
    connection = built(stays, also=also, settings=config(method={"conditions": [condition]}))
    models.build(connection, "cartography_crosswalk")
    rows = connection.execute(
        "SELECT level, persons, persons_with_top FROM cartography_crosswalk WHERE year = 2025 AND condition = ? AND comparison = ?",
        [condition, comparison],
    )
    return {level: (persons, with_top) for level, persons, with_top in rows.fetchall()}


TOPS = "\n".join([*(f"{person} top_fdiabet_ind G11" for person in (1, 3, 4, 5, 6, 7)), "8 top_fdiabet_ind G10"])


def test_each_person_is_told_once_at_the_right_level() -> None:
    found = crosswalk(TOPS, "t2d", "condition")
    assert found == {
        "1": (2, 1),
        "at_risk_strict": (1, 1),
        "not_found": (1, 1),
        "died": (1, 1),
        "under_age": (1, 1),
        "not_seen": (1, 1),
    }


@pytest.mark.parametrize(("condition", "code", "top"), [("hf", "I5019", "top_cvic_aig"), ("stroke", "I639", "top_cvavc_aig")])
def test_the_acute_top_stands_beside_the_acute_event_of_the_year(condition: str, code: str, top: str) -> None:
    """1 and 2 in the year, 3 before it: of the condition all three, of the year two."""
    dates = ("2025-03-10", "2025-04-10", "2023-03-10")
    stays = "person | exit | dp | nights\n" + "\n".join(f"{n} | {day} | {code} | 5" for n, day in enumerate(dates, start=1))
    found = crosswalk(f"1 {top} G11\n3 {top} G11", condition, "acute", stays)
    assert found["met"] == (2, 1) and sum(persons for persons, _ in found.values()) == 3


def test_a_criterion_stands_beside_its_tops_and_two_tops_of_one_person_count_once() -> None:
    assert crosswalk("3 top_fantihta_med G11\n4 top_fantihta_med G11", "t2d", "hypertension") == {"met": (1, 1), "not_found": (1, 1)}
    assert crosswalk("4 top_cvcoron_chr G11\n4 top_cvidm_aig G11", "t2d", "coronary") == {"not_found": (1, 1)}


def test_without_the_cartography_there_is_nothing_to_compare() -> None:
    assert crosswalk("", "t2d", "condition") == {}
    assert crosswalk("3 top_fantihta_med G11", "t2d", "condition") == {}  # none of its tops in the extract


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        ("status,diseased", "status,cured", "cartography.csv ligne 2, cured", "nothing of the kind"),
        ("criterion,hypertension", "criterion,tension", "ligne 3, tension", "nothing of the kind"),
        ("top_fdiabet_ind", "TOP_FDiabet_ind", "ligne 2, top", "lower case"),
        (",top,", ",flag,", "ligne 1, top", "column"),
        ('top_cvidm_aig,"Maladie', 'top_cvcoron_chr,"Maladie', "ligne 7, coronary", "already"),
        ("Diabète,Diabetes", "Diabète,", "ligne 2, label_en", "empty"),
    ],
)
def test_a_spoilt_crosswalk_is_refused_by_name(tmp_path: Path, old: str, new: str, where: str, why: str) -> None:
    folder = Path(shutil.copytree(CONDITIONS, tmp_path / "conditions"))
    path = folder / "t2d" / "cartography.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StrataError) as caught:
        read_crosswalk(folder, "t2d", {"hypertension", "dyslipidaemia", "acs", "organ_coronary", "organ_brain", "organ_leg_arteries"})
    assert where in caught.value.where and why in caught.value.why[1] and caught.value.is_usage
