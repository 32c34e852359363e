"""Published tables attacked as a reader would: bounds by linear programming, subtraction, inversion of ratios, two publications.

Belongs here: random countries by seed, and what is recovered of them with and without secondary suppression. Not here: which cells are
masked (tests/spec/test_disclosure.py), the attack itself (tests/support/table_attack.py).
"""

import polars as pl
import pytest

from strata.config import Disclosure
from strata.disclosure import Protected, Relations, protect, suppression
from tests.support.figures import Figures
from tests.support.random_tables import CONDITIONS, UNION, Country, country, measured
from tests.support.table_attack import CELL, Attack, counts_shown, rows_by_cell

RULES = Disclosure()
# name: 101 places of about 300 persons, or 60 (a third of the cells are small); two conditions that share persons, places made of places.
DRAWS = {
    **{f"large-{seed}": {"seed": seed, "territories": 100, "mean": 300} for seed in (1, 2, 3)},
    "small": {"seed": 4, "territories": 100, "mean": 60},
    "nested": {"seed": 5, "territories": 12, "mean": 250, "conditions": CONDITIONS, "wholes": 3},
}


def drawn(name: str) -> tuple[Country, pl.DataFrame, dict[str, tuple[str, str]]]:
    made = country(**DRAWS[name])
    frame = measured(made).filter(pl.col("indicator_id") != "hospitalised_share")
    return made, frame, {UNION: CONDITIONS} if made.wholes else {}


def counts_of(frame: pl.DataFrame, indicator_id: str = "persons", column: str = "persons") -> dict[tuple, int]:
    rows = rows_by_cell(frame).filter(pl.col("indicator_id") == indicator_id, pl.col(column).is_not_null())
    return {tuple(row[name] for name in CELL): round(row[column]) for row in rows.iter_rows(named=True)}


def labelled(published: pl.DataFrame, indicator_id: str = "persons") -> list[tuple]:
    rows = rows_by_cell(published).filter(pl.col("status") == "suppressed_primary", pl.col("indicator_id") == indicator_id)
    return [tuple(row[name] for name in CELL) for row in rows.iter_rows(named=True)]


def withheld_beside(protected: Protected) -> int:
    return protected.report["secondary"] - protected.report["unlabelled"]


def few(truth: dict[tuple, int]) -> int:
    return sum(0 < count < RULES.threshold for count in truth.values())


def tell(figures: Figures, name: str, truth: dict[tuple, int], protected: Protected, found: list) -> None:
    """The line of one attack: published counts, small ones among them, cells withheld beside, and small ones recovered."""
    small, beside = few(truth), withheld_beside(protected)
    line = f"{name}: {len(truth)} cells, {small} of 1 to 10 persons, {beside} withheld beside; {len(found)} recovered"
    figures.append(line, publications=1, small_counts_attacked=small, cells_withheld_beside=beside, recovered=len(found))


@pytest.mark.parametrize("name", DRAWS)
def test_nothing_is_recovered_from_a_publication(name, figures):
    made, frame, unions = drawn(name)
    protected = protect(frame, RULES, relations=Relations(wholes=made.wholes, unions=unions))
    truth = counts_of(frame)
    attack = Attack(counts_shown(protected.indicators), truth, labelled(protected.indicators), wholes=made.wholes, unions=unions)
    found = attack.recovered()
    tell(figures, name, truth, protected, found)
    assert few(truth) > 0 and protected.report["not_proved"] == 0
    assert found == []


@pytest.mark.parametrize("name", ["large-1", "nested"])
def test_the_attack_succeeds_when_secondary_suppression_is_switched_off(name, monkeypatch):
    made, frame, unions = drawn(name)
    monkeypatch.setattr(suppression, "complete", lambda _room, _targets, hidden: (hidden, []))
    monkeypatch.setattr(suppression, "_widened", lambda _sums, masked, _known, _told: masked)
    monkeypatch.setattr(suppression, "_without_their_parts", lambda _sums, masked, labels, _known, _told: (masked, labels))
    protected = protect(frame, RULES, relations=Relations(wholes=made.wholes, unions=unions))
    assert protected.report["not_proved"] > 0  # the audit says so too
    attack = Attack(counts_shown(protected.indicators), counts_of(frame), labelled(protected.indicators), wholes=made.wholes, unions=unions)
    assert attack.recovered() != []


def test_what_the_audit_finds_is_withheld_though_the_choice_of_cells_is_switched_off(monkeypatch, figures):
    frame = measured(country(2, 12, mean=500)).filter(pl.col("indicator_id") != "hospitalised_share")
    monkeypatch.setattr(suppression, "complete", lambda _room, _targets, hidden: (hidden, []))
    protected = protect(frame, RULES)
    truth = counts_of(frame)
    found = Attack(counts_shown(protected.indicators), truth, labelled(protected.indicators)).recovered()
    tell(figures, "audit alone", truth, protected, found)
    assert few(truth) > 0 and found == [] and protected.report["not_proved"] == 0


def test_what_nothing_else_could_clear_is_withheld_with_all_that_it_adds_up_with(monkeypatch, figures):
    """Neither the choice of cells nor the audit's widening: the last resort alone leaves nothing told."""
    frame = measured(country(2, 12, mean=500)).filter(pl.col("indicator_id") != "hospitalised_share")
    monkeypatch.setattr(suppression, "complete", lambda _room, _targets, hidden: (hidden, []))
    monkeypatch.setattr(suppression, "_widened", lambda _sums, masked, _known, _told: masked)
    protected = protect(frame, RULES)
    truth = counts_of(frame)
    found = Attack(counts_shown(protected.indicators), truth, labelled(protected.indicators)).recovered()
    tell(figures, "last resort", truth, protected, found)
    assert few(truth) > 0 and found == [] and protected.report["not_proved"] == 0


def test_two_publications_together_tell_no_more_when_the_first_is_declared(figures):
    """The first printed strata alone, without any total: every count of 11 and more is known to whoever kept it."""
    _, frame, _ = drawn("large-3")
    is_stratum = pl.col("stratum").is_in(["1", "2", "3", "4"]) & (pl.col("territory_id") != "ALL")
    first = protect(frame.filter(is_stratum), RULES).indicators
    truth, known = counts_of(frame), counts_shown(first)
    blind, told = protect(frame, RULES).indicators, protect(frame, RULES, earlier=[first])
    assert Attack(known | counts_shown(blind), truth, labelled(blind)).recovered() != []
    found = Attack(known | counts_shown(told.indicators), truth, labelled(told.indicators)).recovered()
    tell(figures, "two publications", truth, told, found)
    assert found == []


def test_the_persons_of_a_numerator_are_not_recovered_either(figures):
    made = country(6, 20, mean=300)
    frame = measured(made)
    protected = protect(frame, RULES)
    truth = counts_of(frame, "hospitalised_share", "numerator_persons")
    shown = counts_of(protected.indicators, "hospitalised_share", "numerator")
    found = Attack(shown, truth, labelled(protected.indicators, "hospitalised_share")).recovered()
    tell(figures, "numerators", truth, protected, found)
    assert few(truth) > 0 and found == []
    members = counts_of(protected.indicators, "hospitalised_share", "denominator")
    assert all(not 0 < members[cell] - shown[cell] < RULES.threshold for cell in shown)


def test_the_euros_of_few_persons_are_not_pinned_by_sums():
    _, frame, _ = drawn("large-1")
    published = protect(frame, RULES).indicators
    truth, shown = counts_of(frame, "cost_total", "cost_eur"), counts_of(published, "cost_total", "numerator")
    attack = Attack(shown, truth, [])
    spent = [cell for cell in labelled(published) if truth[cell] > 1_000]
    assert spent
    for cell in spent:
        low, high = attack.bounds([(cell, 1)])
        assert high - low > 0.15 * truth[cell]
