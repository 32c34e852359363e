"""A year of movement: who goes where, the probability it makes, whether it foretells the next stock, and that nobody is given away."""

import csv

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from strata.config import Disclosure
from strata.disclosure import protect, sums
from strata.disclosure.moves import OUTCOMES
from strata.measures.catalogue import load_catalogue
from strata.measures.movement import (
    CALIBRATED,
    CALIBRATION,
    FROM_STATES,
    TERMS,
    TO_STATES,
    calibration,
    movement_matrix,
    prior_weight,
    smoothed,
    write_calibration,
)
from tests.support import cohort_warehouse as world
from tests.support.cohort_warehouse import add_person, pick

MOVES = """
UPDATE person_stratum SET stratum = 1 + (stratum - 1 + CASE WHEN (person_id // 16 + year) % 9 = 0 THEN 1 ELSE 0 END) % 4
WHERE status = 'diseased'
"""


def country(tmp_path, *, members_at_least=100, persons=6_000, also=""):
    """Measured rows of a country whose persons move between strata."""
    settings = world.config(tmp_path, first=2022)
    connection = world.empty(settings)
    connection.execute("UPDATE movement_term SET members_at_least = ?", [members_at_least])
    world.populate(connection, persons)
    connection.execute(MOVES)
    if also:
        connection.execute(also)
    return connection, world.measured(connection, settings)


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    return country(tmp_path_factory.mktemp("moved"))


@pytest.fixture(scope="module")
def published(moved):
    return smoothed(protect(moved[1], Disclosure()).indicators)


def few(tmp_path, add):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    connection.execute("UPDATE movement_term SET members_at_least = 0, extract_members_at_least = 0")
    add(connection)
    return world.measured(connection, settings)


# ------------------------------------------------------------------ who goes where


def test_each_outcome_is_counted_where_the_person_lived(tmp_path):
    def add(connection):
        add_person(connection, 1, states={2023: "2", 2024: "3"})
        add_person(connection, 2, states={2023: "2", 2024: "1"})
        add_person(connection, 3, states={2023: "2", 2024: "at_risk_strict"})
        add_person(connection, 4, states={2023: "2"})  # no state any more
        add_person(connection, 5, states={2023: "2"}, death="2024-05-01")
        add_person(connection, 6, states={2023: "2", 2024: "2"})
        connection.execute("UPDATE person_state SET territory_id = 'T2' WHERE person_id = 6 AND year = 2024")
        add_person(connection, 7, states={2023: "at_risk_strict", 2024: "2"})
        add_person(connection, 8, states={2024: "2"})

    frame = few(tmp_path, add)
    found = {name: pick(frame, f"transition_{name}", stratum="2")["numerator"] for name in OUTCOMES}
    assert found == {"to_1": 1, "to_2": 1, "to_3": 1, "to_4": 0, "to_none": 1, "to_left": 1, "to_dead": 1}
    assert pick(frame, "transition_to_2", stratum="2")["denominator"] == 6
    assert pick(frame, "transition_evidence_expired", stratum="2")["numerator"] == 3
    entered = pick(frame, "transition_entered", stratum="2")
    assert (entered["numerator"], entered["denominator"]) == (2, 2)  # the mover is a member of the other place
    assert pick(frame, "transition_to_2", stratum="at_risk_extended")["numerator"] == 1


def test_everybody_has_one_outcome(moved):
    _, frame = moved
    rows = frame.filter(pl.col("indicator_id").is_in([f"transition_{name}" for name in OUTCOMES]), pl.col("status") == "ok")
    sums_of_rows = rows.group_by("year", "territory_id", "stratum").agg(pl.col("numerator").sum(), pl.col("persons").first())
    assert len(sums_of_rows) == 4 * 4 * 7
    assert sums_of_rows["numerator"].to_list() == sums_of_rows["persons"].to_list()


def test_the_stock_is_who_reached_it_and_who_entered(moved):
    """In the whole extract nobody moves between places."""
    _, frame = moved
    for year in (2023, 2024, 2025):
        for stratum in "1234":
            whole = {"year": year, "territory_id": "ALL"}
            reached = pick(frame, f"transition_to_{stratum}", **whole)["numerator"]
            entered = pick(frame, "transition_entered", stratum=stratum, **whole)["numerator"]
            assert reached + entered == pick(frame, "persons", stratum=stratum, **whole)["value"]


def test_a_small_place_has_no_matrix_and_the_extract_always_has(tmp_path):
    _, frame = country(tmp_path, members_at_least=2_000, persons=3_000)
    small = pick(frame, "transition_to_1")
    assert (small["status"], small["reason"], small["value"]) == ("not_computable", "small_place", None)
    assert pick(frame, "transition_to_1", territory_id="ALL")["status"] == "ok"


# ------------------------------------------------------------------ probabilities


def test_a_probability_is_the_row_and_fifty_persons_spread_as_the_nation(published):
    nation, place = (pick(published, "transition_to_3", stratum="2", year=2023, territory_id=name) for name in ("ALL", "T1"))
    share = nation["numerator"] / nation["denominator"]
    expected = (place["numerator"] + 50 * share) / (place["denominator"] + 50)
    assert place["value"] == pytest.approx(expected, abs=1e-6) and prior_weight() == 50
    assert place["reference_value"] == pytest.approx(share, abs=1e-6) and nation["value"] == pytest.approx(share, abs=1e-6)
    assert place["lower"] < place["value"] < place["upper"]


def test_the_catalogue_says_the_weight():
    method = load_catalogue().methods["dirichlet"]
    assert all(f" {prior_weight():g} " in method[name] for name in ("label_fr", "label_en"))


def test_smoothing_changes_no_other_row_and_no_order(moved):
    before = protect(moved[1], Disclosure()).indicators
    after = smoothed(before)
    assert after.drop("value", "lower", "upper", "reference_value").equals(before.drop("value", "lower", "upper", "reference_value"))
    is_other = pl.col("method") != "dirichlet"
    assert after.filter(is_other).equals(before.filter(is_other))
    assert after.filter(pl.col("status") != "ok")["value"].null_count() == len(after.filter(pl.col("status") != "ok"))


def test_the_matrix_of_a_place_has_its_counts_and_whole_rows(published):
    matrix = movement_matrix(published, "t2d", 2023, "T1")
    assert matrix.counts.shape == (len(FROM_STATES), len(TO_STATES))
    row = matrix.counts[FROM_STATES.index("2")]
    assert row[TO_STATES.index("3")] == pick(published, "transition_to_3", stratum="2", year=2023)["numerator"]
    assert np.allclose(matrix.probabilities.sum(axis=1), 1)
    assert np.allclose(matrix.chain().sum(axis=1), 1) and matrix.chain()[-1, -1] == matrix.chain()[-2, -2] == 1
    with pytest.raises(ValueError, match="nowhere"):
        movement_matrix(published, "t2d", 2023, "nowhere")


@given(st.data())
def test_whatever_is_withheld_the_rows_are_probabilities(published, data):
    is_mine = pl.col("indicator_id").str.starts_with("transition_") & (pl.col("year") == 2023)
    mine = published.filter(is_mine & (pl.col("territory_id").is_in(["ALL", "T1"])))
    gone = pl.Series(data.draw(st.lists(st.booleans(), min_size=len(mine), max_size=len(mine))))
    masked = mine.with_columns(
        *(pl.when(~gone).then(name).alias(name) for name in ("numerator", "denominator", "value")),
        status=pl.when(gone).then(pl.lit("suppressed_secondary")).otherwise("status"),
    )
    if masked.filter((pl.col("territory_id") == "T1") & pl.col("numerator").is_not_null()).is_empty():
        return
    try:
        found = movement_matrix(masked, "t2d", 2023, "T1")
    except ValueError:
        return  # nothing of the outcomes is left
    told = ~np.isnan(found.probabilities).any(axis=1)
    assert np.isnan(found.probabilities[~told]).all()  # a row is told whole or not at all
    assert np.allclose(found.probabilities[told].sum(axis=1), 1) and (found.probabilities[told] >= 0).all()
    assert not (told & np.isnan(found.members) & np.isnan(found.counts).any(axis=1)).any()
    known = ~np.isnan(found.counts)
    assert (found.counts[known] == movement_matrix(mine, "t2d", 2023, "T1").counts[known]).all()


@pytest.mark.parametrize("place", ["T1", "ALL"])
def test_a_row_whose_members_are_withheld_has_no_probability(published, place):
    """Equal parts would pass for knowledge: the row of the place, or of the nation it leans on, says nothing."""
    hides = pl.col("indicator_id").str.starts_with("transition_to_") & (pl.col("stratum") == "2") & (pl.col("territory_id") == place)
    masked = published.with_columns(
        *(pl.when(~hides).then(name).alias(name) for name in ("numerator", "denominator", "value")),
        status=pl.when(hides).then(pl.lit("suppressed_secondary")).otherwise("status"),
    )
    found = movement_matrix(masked, "t2d", 2023, "T1").probabilities
    row = FROM_STATES.index("2")
    assert np.isnan(found[row]).all() and not np.isnan(np.delete(found, row, axis=0)).any()


def test_who_stays_takes_what_a_withheld_national_row_leaves(published):
    """A handful withheld beside the diagonal is not half of the row."""
    hides = pl.col("indicator_id").is_in(["transition_to_2", "transition_to_dead"]) & (pl.col("stratum") == "2")
    masked = published.with_columns(
        *(pl.when(~hides).then(name).alias(name) for name in ("numerator", "denominator", "value")),
        status=pl.when(hides).then(pl.lit("suppressed_secondary")).otherwise("status"),
    )
    row = movement_matrix(masked, "t2d", 2023).probabilities[FROM_STATES.index("2")]
    true = movement_matrix(published, "t2d", 2023).probabilities[FROM_STATES.index("2")]
    assert row == pytest.approx(true, abs=0.01)


# ------------------------------------------------------------------ calibration


def test_a_year_foretells_the_stock_of_the_next(published):
    found = calibration(published)
    assert set(found["year"]) == {2023, 2024, 2025} and set(found["territory_id"]) >= {"ALL", "T1"}
    assert found["ratio"].is_between(0.9, 1.1).all() and found["is_within"].all()


def test_what_calibration_owes_to_withheld_counts_is_said(published):
    """All the moves from stratum 2 to 1 of a year withheld: that part of the foretold stratum 1, and of no other."""
    to_1 = (pl.col("indicator_id") == "transition_to_1") & (pl.col("stratum") == "2") & (pl.col("territory_id") == "ALL")
    masked = published.with_columns(numerator=pl.when(~to_1).then("numerator"))
    found = {row["stratum"]: row for row in calibration(masked).filter(territory_id="ALL", year=2024).iter_rows(named=True)}
    before = calibration(published).filter(territory_id="ALL", year=2024)["withheld"]
    matrix = movement_matrix(published, "t2d", 2023)
    moved = pick(published, "persons", year=2023, territory_id="ALL", stratum="2")["value"] * matrix.probabilities[2, 1]
    assert found["1"]["withheld"] - before[0] == pytest.approx(moved / found["1"]["predicted"], abs=2e-3) and moved > 0
    assert [found[name]["withheld"] for name in "234"] == before[1:].to_list()


def test_the_calibration_is_published_beside_the_movement(published, tmp_path):
    write_calibration(published, tmp_path)
    assert pl.read_csv(tmp_path / CALIBRATION, schema=CALIBRATED).equals(calibration(published))
    (tmp_path / "none").mkdir()
    write_calibration(published.filter(pl.col("indicator_id") == "persons"), tmp_path / "none")
    assert not list((tmp_path / "none").iterdir())


def test_the_sizes_asked_for_are_those_the_catalogue_tells():
    with TERMS.open(encoding="utf-8", newline="") as file:
        (terms,) = csv.DictReader(file)
    assert all(text for name, text in terms.items() if name.endswith("_source"))
    concerned = [entry for entry in load_catalogue().indicators.values() if "large_place" in entry.needs]
    place, extract = int(terms["members_at_least"]), int(terms["extract_members_at_least"])
    assert len(concerned) == 11
    assert all(f"{place:,} persons found, the whole extract from {extract:,}." in entry.caveats_en for entry in concerned)
    spaced = [f"{number:,}".replace(",", " ") for number in (place, extract)]
    assert all(f"{spaced[0]} personnes repérées, l'extraction entière à partir de {spaced[1]}." in one.caveats_fr for one in concerned)


def test_calibration_sees_a_matrix_that_does_not_hold(moved):
    """A tenth of the first stratum leaves it in the last year alone."""
    broken = moved[1].with_columns(
        numerator=pl.when((pl.col("indicator_id") == "persons") & (pl.col("year") == 2025) & (pl.col("stratum") == "1"))
        .then(pl.col("numerator") * 0.85)
        .otherwise("numerator")
    )
    found = calibration(broken).filter(pl.col("year") == 2025, pl.col("territory_id") == "ALL", pl.col("stratum") == "1")
    assert not found["ratio"].is_between(0.9, 1.1).any()


# ------------------------------------------------------------------ nobody is given away


def told(frame, shown, year):
    """Small outcomes that the sums of the page tell: rows to their members, strata to all, places to the extract."""
    rows = frame.filter(pl.col("indicator_id").is_in([f"transition_{name}" for name in OUTCOMES]), pl.col("year") == year)
    key = ["indicator_id", "territory_id", "stratum"]
    cells = rows.join(shown.select(*key, "year", shown="numerator"), on=[*key, "year"]).with_row_index("at")
    truth, is_known = cells["numerator"].to_numpy(), cells["shown"].is_not_null().to_numpy()
    lines = []
    for total, groups in (
        (None, cells.group_by("territory_id", "stratum").agg("at")),
        ("all", cells.filter(~pl.col("stratum").str.starts_with("at")).group_by("indicator_id", "territory_id").agg("at", "stratum")),
        ("ALL", cells.group_by("indicator_id", "stratum").agg("at", "territory_id")),
    ):
        for row in groups.iter_rows(named=True):
            line = np.zeros(len(cells))
            names = row["stratum"] if total == "all" else row.get("territory_id") if total == "ALL" else [None] * len(row["at"])
            for at, name in zip(row["at"], names, strict=True):
                line[at] = -1.0 if total and name == total else 1.0
            lines.append(line)
    matrix = np.array(lines)
    limits = [(value, value) if known else (0, None) for value, known in zip(truth, is_known, strict=True)]
    found = []
    for at in np.flatnonzero(~is_known & (truth > 0) & (truth < 11)):
        aim = np.zeros(len(truth))
        aim[at] = 1
        ends = [linprog(sign * aim, A_eq=matrix, b_eq=matrix @ truth, bounds=limits, method="highs-ds") for sign in (1, -1)]
        if ends[0].status == ends[1].status == 0 and -ends[1].fun - ends[0].fun < 1:
            found.append(int(at))
    return found


RARE = "UPDATE person_stratum SET stratum = 4 WHERE status = 'diseased' AND stratum = 1 AND year >= 2023 AND person_id % 601 < 3"


def test_a_few_who_move_are_not_told_by_sums(tmp_path):
    _, frame = country(tmp_path, also=RARE)
    protected = protect(frame, Disclosure())
    small = frame.filter(pl.col("indicator_id").str.starts_with("transition_to"), pl.col("numerator").is_between(1, 10))
    assert len(small) > 5 and protected.report["not_proved"] == 0
    assert told(frame, protected.indicators, 2023) == []


def test_the_attack_succeeds_when_a_year_of_movement_adds_up_for_nobody(tmp_path, monkeypatch):
    _, frame = country(tmp_path, also=RARE)
    monkeypatch.setattr(sums, "add_moves", lambda *_arguments, **_kinds: None)
    assert told(frame, protect(frame, Disclosure()).indicators, 2023) != []
