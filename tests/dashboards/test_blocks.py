"""The blocks of a territory page: limits, trends, judgement, likeness, what to look at first."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from dashboards.model.blocks import GlanceLine
from dashboards.model.measures import beside
from dashboards.model.page import TerritoryPage
from dashboards.pages.territory import writer_of
from dashboards.sections.first_look import first_look
from dashboards.sections.glance import glance
from dashboards.sections.limits import LEVELS, limits
from dashboards.sections.section import condition_section
from dashboards.sections.trend_marker import trend_of
from dashboards.sources.places import place_of
from dashboards.sources.published import Published, Row
from tests.dashboards.test_page_model import page_of


@pytest.fixture(scope="module")
def page(published: Published) -> TerritoryPage:
    return page_of(published, "T01")


@pytest.mark.parametrize(
    ("expected", "known"),
    [(10, (0.122, 0.378, 1.616, 2.066)), (100, (0.701, 0.804, 1.196, 1.318)), (1000, (0.903, 0.938, 1.062, 1.099))],
)
def test_limits_are_the_known_ones(expected: float, known: tuple[float, ...]) -> None:
    """Known values: interpolated Poisson quantiles, from an independent computation."""
    assert limits(expected) == pytest.approx(known, abs=0.0006)


@given(st.floats(0.05, 1e6))
def test_limits_hold_what_the_law_says(expected: float) -> None:
    found = limits(expected)
    assert list(found) == sorted(found)
    for level, ratio in zip(LEVELS, found, strict=True):
        count = ratio * expected
        assert poisson.cdf(int(count + 1 + 1e-9), expected) >= level - 1e-9


def rows_of(published: Published, values: list[float], half: float = 0.001) -> list[Row]:
    row = published.find("prevalence", 2025, "t2d", "T01", "all", "none")
    assert row is not None
    years = range(2026 - len(values), 2026)
    return [replace(row, year=year, value=value, lower=value - half, upper=value + half) for year, value in zip(years, values, strict=True)]


def test_a_trend_needs_five_unbroken_years(published: Published) -> None:
    rising = rows_of(published, [0.01, 0.02, 0.03, 0.04, 0.05])
    assert trend_of(rising).direction == "up"
    assert trend_of(rows_of(published, [0.05, 0.04, 0.03, 0.02, 0.01])).direction == "down"
    assert trend_of(rows_of(published, [0.01, 0.02, 0.03, 0.04, 0.05], half=0.2)).direction == "flat"
    assert trend_of(rising[1:]).reason == "few"
    assert trend_of([replace(rising[0], lookback_years=4), *rising[1:]]).reason == "break"
    assert trend_of([replace(row, lower=None, upper=None) for row in rising]).reason == "interval"


def judged(published: Published, polarity: str, indicator_id: str = "prevalence") -> list[GlanceLine]:
    catalogue = published.catalogue | {indicator_id: published.catalogue[indicator_id] | {"polarity": polarity}}
    writer = writer_of(replace(published, catalogue=catalogue), "fr")
    lines = glance(writer, place_of(writer, "T01"), "t2d").lines
    return [line for line in lines if line.measure.row.indicator_id == indicator_id]


def test_a_verdict_is_judged_only_when_the_catalogue_says_which_side_is_better(published: Published) -> None:
    assert [line.verdict for line in judged(published, "no_judgement")] == ["above"]
    assert [line.verdict for line in judged(published, "higher_is_better")] == ["favourable"]
    assert [line.verdict for line in judged(published, "lower_is_better")] == ["unfavourable"]


def test_no_cost_and_no_number_found_is_ever_judged(page: TerritoryPage) -> None:
    lines = [line for section in page.sections for line in section.glance.lines]
    assert len(lines) > 12
    assert not [line for line in lines if line.verdict in ("favourable", "unfavourable")]


@given(st.floats(0.1, 5), st.floats(0, 2), st.floats(0, 2), st.floats(0.1, 5))
def test_one_rule_the_interval_holds_the_reference_or_not(value: float, below: float, above: float, reference: float) -> None:
    verdict = beside(value, value - below, value + above, reference)
    assert (verdict == "same") == (value - below <= reference <= value + above)


def test_what_to_look_at_first_is_unfavourable_with_its_caveat(published: Published) -> None:
    names = ("prevalence", "persons_vs_expected")
    catalogue = published.catalogue | {name: published.catalogue[name] | {"polarity": "lower_is_better"} for name in names}
    writer = writer_of(replace(published, catalogue=catalogue), "fr")
    shown = glance(writer, place_of(writer, "T01"), "t2d")
    block = first_look(writer, shown)
    assert 1 <= len(block.items) <= 5
    assert {item.measure.row.indicator_id for item in block.items} <= set(names)
    assert all(item.caveat for item in block.items) and not block.empty_text
    better = {name: published.catalogue[name] | {"polarity": "higher_is_better"} for name in names}
    writer = writer_of(replace(published, catalogue=published.catalogue | better), "fr")
    assert not first_look(writer, glance(writer, place_of(writer, "T01"), "t2d")).items


def test_the_page_says_which_expected_indicators_the_run_has_not(page: TerritoryPage) -> None:
    assert "Réadmission à 30 jours" in page.sections[0].glance.missing
    assert "Part des adultes résidents" not in page.sections[0].glance.missing
    assert "SNDS" in page.sections[0].care_gaps.text and page.sections[0].movements.text


def test_neighbours_are_near_and_never_oneself(published: Published) -> None:
    for territory_id in published.territories:
        block = page_of(published, territory_id).sections[0].comparators
        distances = [float(one.distance.replace(",", ".")) for one in block.neighbours]
        assert distances == sorted(distances) and len(distances) == 2
        assert published.territories[territory_id] not in [one.name for one in block.neighbours]


def test_funnel_and_map_show_the_same_ratios(page: TerritoryPage) -> None:
    section = page.sections[0]
    ratios = {point.name: point.measure.ratio for point in section.funnel.points}
    assert ratios == {tile.name: tile.measure.ratio for tile in section.map.tiles}
    assert [point.name for point in section.funnel.points if point.is_here] == [page.name]


def test_without_a_nation_nothing_is_compared(published: Published) -> None:
    rows = {
        key: replace(row, ratio=None, expected=None, value=None, lower=None, upper=None, status="not_computable", reason="coverage")
        for key, row in published.rows.items()
    }
    groups: dict[tuple[str, str, str], tuple[Row, ...]] = {}
    for row in rows.values():
        key = (row.indicator_id, row.condition, row.territory_id)
        groups[key] = (*groups.get(key, ()), row)
    writer = writer_of(replace(published, rows=rows, groups=groups), "fr")
    section = condition_section(writer, place_of(writer, "T01"), published.definitions[0])
    assert not section.funnel.points and "nos établissements" in section.funnel.reading
    assert {tile.shade for tile in section.map.tiles} == {-1} and not section.comparators.neighbours
