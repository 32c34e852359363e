"""The simulator: arithmetic done by hand, passages that are hidden, no number without its inputs."""

import re
from dataclasses import replace

import numpy as np
import pytest

from dashboards.app.question import Question
from dashboards.app.simulate import LIMITS, simulate
from dashboards.pages.territory import writer_of
from dashboards.simulator import OUTCOMES, STRATA, Chain, Inputs, NotSimulated, gap_by_year, read_chain, value
from dashboards.sources.published import ALL, COMPARED_BASIS, NO_COST, Published, Row

TYPED = {"stratum": "1", "persons": "10", "years": "2", "discount": "20", "share": "50", "programme": "5000"}
# From each stratum, the share of each outcome; what is not named stays.
MOVES = {"1": {"2": 0.1}, "2": {"dead": 0.2}, "3": {"1": 0.05, "dead": 0.1}, "4": {"left": 0.25}}
COSTS = {"1": 1000.0, "2": 3000.0, "3": 8000.0, "4": 20000.0}


def two_states() -> Chain:
    """Stratum 1 stays at 90 %, goes to 2 at 10 %; stratum 2 stays. A year costs 1 000 and 3 000 euros."""
    moves = np.zeros((4, 7))
    moves[0, 1:3] = 0.9, 0.1
    for rank in (1, 2, 3):
        moves[rank, rank + 1] = 1
    return Chain(moves, np.full(4, 1000.0), np.array([1000.0, 3000, 0, 0]), np.full(4, 0.05), (0, 0, 0, 0), ALL, 2025)


def with_moves(published: Published, hidden: frozenset[tuple[str, str]] = frozenset(), place: str = ALL) -> Published:
    """The publication with passages and costs by stratum. hidden: (stratum, outcome)."""
    rows: dict[tuple[str, int, str, str, str, str], Row] = {}
    for stratum in STRATA:
        named = MOVES[stratum]
        for outcome in OUTCOMES:
            share = 1 - sum(named.values()) if outcome == stratum else named.get(outcome, 0.0)
            is_hidden = (stratum, outcome) in hidden
            row = row_of(published, f"transition_to_{outcome}", stratum, NO_COST, None if is_hidden else share, place)
            rows[row.indicator_id, row.year, row.condition, place, stratum, NO_COST] = replace(
                row, denominator=None if is_hidden else 2000.0
            )
        cost = row_of(published, "cost_per_patient", stratum, COMPARED_BASIS, COSTS[stratum], place)
        rows[cost.indicator_id, cost.year, cost.condition, place, stratum, COMPARED_BASIS] = replace(
            cost, lower=cost.value, upper=cost.value
        )
    return replace(published, rows=published.rows | rows)


def row_of(published: Published, name: str, stratum: str, basis: str, number: float | None, place: str) -> Row:
    key = {"indicator_id": name, "condition": "t2d", "territory_id": place, "stratum": stratum, "cost_basis": basis}
    return replace(published.front_row, **key, year=published.front_year, value=number, status="ok")


def test_two_states_by_hand() -> None:
    # Year 1: 3 000 - 1 000. Year 2: 3 000 - (0.9 x 1 000 + 0.1 x 3 000) = 1 800.
    found = value(two_states(), Inputs("1", persons=10, years=2, discount=0.0, share=1.0, programme_eur=5000))
    assert found.by_year == pytest.approx((2000, 1800))
    assert found.value == pytest.approx(10 * 3800 - 5000)
    assert found.break_even == pytest.approx(5000 / 3800)
    # At 25 %, the second year weighs 0.8; half is the programme's: 10 x 0.5 x (2 000 + 1 440) - 5 000.
    found = value(two_states(), Inputs("1", 10, 2, 0.25, 0.5, 5000))
    assert found.value == pytest.approx(12200) and found.break_even == pytest.approx(5000 / 1720)


def test_the_interval_holds_the_value_and_is_drawn_alike_each_time() -> None:
    first, again = (value(two_states(), Inputs("1", 100, 3, 0.025, 0.5, 1000)) for _ in range(2))
    assert first == again
    assert first.lower is not None and first.upper is not None and first.lower < first.value < first.upper
    # One year, no passage: only the costs vary, each by 5 %; by hand 1.96 x sqrt((0.05 x 1 000)^2 + (0.05 x 3 000)^2) = 310 euros.
    one = value(two_states(), Inputs("1", 1, 1, 0.0, 1.0, 0))
    assert one.lower is not None and one.upper is not None
    assert (one.upper - one.lower) / 2 == pytest.approx(310, rel=0.1)


def test_a_cost_without_interval_gives_none() -> None:
    chain = replace(two_states(), errors=np.array([0.05, np.nan, 0.05, 0.05]))
    found = value(chain, Inputs("1", 10, 2, 0.0, 1.0, 0))
    assert found.lower is None and found.upper is None and found.value == pytest.approx(38000)


def test_nothing_saved_has_no_break_even() -> None:
    chain = replace(two_states(), costs=np.array([3000.0, 1000, 0, 0]))
    assert value(chain, Inputs("1", 10, 1, 0.0, 1.0, 100)).break_even is None


def test_who_dies_or_leaves_costs_nothing() -> None:
    moves = np.zeros((1, 4, 7))
    moves[0, 0, 1], moves[0, 1, OUTCOMES.index("dead")] = 1, 1
    assert gap_by_year(moves, np.array([[1000.0, 3000, 0, 0]]), "1", 2)[0] == pytest.approx((2000, -1000))


def test_the_chain_is_the_published_one(published: Published) -> None:
    chain = read_chain(with_moves(published), "t2d", ALL)
    assert chain.moves.sum(axis=1) == pytest.approx(1)
    assert chain.moves[2, OUTCOMES.index("1")] == pytest.approx(0.05) and chain.moves[3, OUTCOMES.index("left")] == pytest.approx(0.25)
    assert list(chain.costs) == list(COSTS.values()) and chain.filled == (0, 0, 0, 0)


def test_a_territory_without_passages_takes_those_of_the_whole_and_says_so(published: Published) -> None:
    assert read_chain(with_moves(published), "t2d", "T01").place == ALL
    assert read_chain(with_moves(published, place="T01"), "t2d", "T01").place == "T01"


def test_hidden_passages_are_filled_and_counted(published: Published) -> None:
    hidden = frozenset({("1", "2"), ("1", "1"), ("1", "left")})
    chain = read_chain(with_moves(published, hidden), "t2d", ALL)
    # The row leaves everything; two movers of 5.5 persons of 2 000, and who stay take the rest.
    assert chain.filled == (3, 0, 0, 0)
    assert chain.moves[0, 2] == pytest.approx(5.5 / 2000) and chain.moves[0, 1] == pytest.approx(1 - 2 * 5.5 / 2000)


def test_a_row_hidden_whole_gives_no_number(published: Published) -> None:
    hidden = frozenset(("4", outcome) for outcome in OUTCOMES)
    with pytest.raises(NotSimulated) as lack:
        read_chain(with_moves(published, hidden), "t2d", ALL)
    assert (lack.value.reason, lack.value.stratum) == ("hidden_row", "4")
    with pytest.raises(NotSimulated, match="no_moves"):
        read_chain(published, "t2d", ALL)


def test_without_a_number_the_years_that_give_one_are_named(published: Published) -> None:
    before = with_moves(replace(published, front_year=2023))
    found = simulate(writer_of(replace(before, front_year=2025), "en"), Question("T01", "t2d", 0, "en"), TYPED)
    assert found.problem.startswith("No result") and found.problem.endswith("Years that give one: 2023.")
    nothing = simulate(writer_of(published, "en"), Question("T01", "t2d", 0, "en"), TYPED)
    assert nothing.problem.startswith("No result") and "Years that" not in nothing.problem


@pytest.mark.parametrize("left_out", [*LIMITS, "condition"])
def test_no_input_has_a_hidden_value(published: Published, left_out: str) -> None:
    question = Question("T01", "" if left_out == "condition" else "t2d", 0, "fr")
    typed = {name: text for name, text in TYPED.items() if name != left_out}
    found = simulate(writer_of(with_moves(published), "fr"), question, typed)
    assert found.problem.startswith("Pas de résultat") and not found.headline


@pytest.mark.parametrize(("name", "text"), [("persons", "0"), ("years", "2,5"), ("share", "101"), ("stratum", "4"), ("discount", "=1+1")])
def test_a_value_out_of_limits_is_refused_by_its_name(published: Published, name: str, text: str) -> None:
    found = simulate(writer_of(with_moves(published), "fr"), Question("T01", "t2d", 0, "fr"), TYPED | {name: text})
    assert found.problem.startswith("Valeur hors limites") and text not in re.sub(r"\(.*?\)", "", found.problem)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_result_says_what_it_assumes(published: Published, language: str) -> None:
    question = Question("T01", "t2d", 0, language)
    found = simulate(writer_of(with_moves(published), language), question, TYPED)
    text = " ".join((found.headline, *found.lines, *found.assumptions))
    # By hand: (3 000 - 1 000) + [0.8 x 3 000 - (0.9 x 1 000 + 0.1 x 3 000)] / 1.2 = 3 000; half of 10 of them, less 5 000.
    assert re.sub(r"[\s,]", "", found.headline).find("10000") > 0
    wanted = (
        ("20,0\u202f%", "50\u202f%", "brute", "encaissables", "Ensemble")
        if language == "fr"
        else ("20.0%", "50%", "Gross", "cashable", "Whole")
    )
    assert [word for word in wanted if word not in text] == []
