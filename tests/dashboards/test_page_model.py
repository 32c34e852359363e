"""The numbers of a page are the published ones, and nothing is shown that was not published."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dashboards.model.measures import verdict_of
from dashboards.model.page import Link, Navigation, TerritoryPage
from dashboards.pages.national import national_page
from dashboards.pages.territory import territory_page, writer_of
from dashboards.render import render_territory
from dashboards.site import build_site
from dashboards.sources.published import Key, Published, Row, read_published
from tests.dashboards.conftest import measures
from tests.support.published_sample import NUMBERS, TERRITORIES, frame, write_published

KEY = ["indicator_id", "year", "condition", "territory_id", "stratum", "cost_basis"]


def page_of(published: Published, territory_id: str, language: str = "fr") -> TerritoryPage:
    links = (Link("", "index.html", False), *(Link(key, f"{key}.html", key == territory_id) for key in published.territories))
    return territory_page(writer_of(published, language), territory_id, Navigation(links))


def test_every_number_of_every_page_is_the_published_one(published: Published) -> None:
    rows = {tuple(row[name] for name in KEY): row for row in frame().iter_rows(named=True)}
    found = 0
    for territory_id in TERRITORIES:
        for measure in measures(page_of(published, territory_id)):
            row = rows[tuple(getattr(measure.row, name) for name in KEY)]
            assert {name: getattr(measure.row, name) for name in NUMBERS} == {name: row[name] for name in NUMBERS}
            found += 1
    assert found > 500


def test_headline_numbers_are_written_in_french(published: Published) -> None:
    tiles = page_of(published, "T01").sections[0].tiles
    assert [tile.text for tile in tiles] == ["10\u202f974", "21\u202f078", "5\u202f905\u00a0€", "261\u00a0€"]
    assert tiles[0].lines == ("4,42\u202f% des adultes résidents", "1,06 fois l’attendu (1,04 à 1,08)")
    assert tiles[2].lines == ("moyenne nationale 6\u202f446\u00a0€", "écart −8,4\u202f% (−12,8\u202f% à −4,0\u202f%)")


def test_the_chosen_cost_basis_is_in_front_and_years_stay_compared_on_one_tariff(published: Published) -> None:
    section = page_of(replace(published, cost_basis="billed_br"), "T01").sections[0]
    in_front = [tile.measure.row.cost_basis for tile in section.tiles[2:]] + [step.cost.row.cost_basis for step in section.pyramid.steps]
    assert set(in_front) == {"billed_br"} and section.basis_note
    assert {measure.row.cost_basis for series in section.costs.table for measure in series.measures} == {"standard"}
    assert page_of(published, "T01").sections[0].basis_note == ""


def test_english_page_has_the_same_numbers(published: Published) -> None:
    french, english = (list(measures(page_of(published, "T02", language))) for language in ("fr", "en"))
    assert [one.row for one in french] == [one.row for one in english]
    assert page_of(published, "T02", "en").sections[0].tiles[0].text == "9,096"


def test_strata_go_from_the_most_severe_with_the_published_cost(published: Published) -> None:
    pyramid = page_of(published, "T01").sections[0].pyramid
    assert [step.stratum for step in pyramid.steps] == ["4", "3", "2", "1"]
    assert [step.cost.row.value for step in pyramid.steps] == [58400.0, 31200.0, 14800.0, 6900.0]
    assert pyramid.at_risk_strict.row.stratum == "at_risk_strict"
    assert pyramid.at_risk_extended.row.value == pytest.approx(3.1 * (pyramid.at_risk_strict.row.value or 0), rel=0.001)


def test_masked_strata_give_no_number_anywhere(published: Published) -> None:
    page = page_of(published, "T05")
    hidden = [measure for measure in measures(page) if measure.row.status.startswith("suppressed")]
    assert {measure.text for measure in hidden} == {"< 11", "masqué"}
    for measure in hidden:
        assert (
            not measure.interval
            + measure.numerator
            + measure.denominator
            + measure.expected
            + measure.ratio
            + measure.gap
            + measure.reference
        )
    steps = page.sections[1].pyramid.steps
    assert [(step.share, step.persons.text, step.cost.text) for step in steps[:2]] == [("", "< 11", "< 11"), ("", "masqué", "masqué")]


def test_the_reason_is_said_where_there_is_no_number(published: Published) -> None:
    series = page_of(published, "T04").sections[0].costs.standardised
    gone = [measure for measure in series.measures if not measure.is_shown]
    assert [(measure.row.year, measure.text) for measure in gone] == [(2022, "non calculable")]
    assert "recul incomplet" in gone[0].note


def test_no_interval_means_no_conclusion(published: Published) -> None:
    section = page_of(published, "T05").sections[0]
    cost = next(item.measure for item in section.comparisons if item.measure.row.indicator_id == "cost_vs_expected")
    assert (cost.verdict, cost.ratio_interval) == ("unclaimed", "")
    assert "ne pas conclure" in cost.verdict_text
    assert "ne pas conclure" in section.costs.standardised_reading


@pytest.mark.parametrize(
    ("ratio", "low", "high", "verdict"),
    [
        (1.2, 1.1, 1.3, "above"),
        (0.8, 0.7, 0.9, "below"),
        (1.1, 0.9, 1.2, "same"),
        (1.0, 1.0, 1.1, "same"),
        (1.4, None, None, "unclaimed"),
        (None,) * 3 + ("none",),
    ],
)
def test_one_rule_for_every_verdict(published: Published, ratio: float | None, low: float | None, high: float | None, verdict: str) -> None:
    assert verdict_of(replace(published.front_row, ratio=ratio, ratio_lower=low, ratio_upper=high)) == verdict


def test_the_table_has_every_territory_the_rest_and_the_whole(published: Published) -> None:
    links = (Link("", "index.html", True), *(Link(key, f"{key}.html", False) for key in published.territories))
    tables = national_page(writer_of(published, "fr"), Navigation(links)).tables
    assert [table.year for table in tables] == [2025, 2024, 2023, 2022, 2021]
    first = tables[0]
    assert [line.territory_id for line in first.lines] == [*published.territories, "REST", "ALL"]
    line = next(line for line in first.lines if line.territory_id == "T01")
    assert (line.residents.text, line.residents.number) == ("314\u202f590", 314590)
    assert [cell.text for cell in line.cells[:4]] == ["10\u202f974", "3,49\u202f%", "21\u202f078", "6,70\u202f%"]
    assert line.link == "T01.html"


def test_the_spread_is_that_of_the_published_ratios(published: Published) -> None:
    comparison = page_of(published, "T01").sections[0].comparisons[0]
    ratios = [ratio_of(published, name) for name in TERRITORIES]
    assert comparison.spread is not None
    assert (comparison.spread.low, comparison.spread.high) == (min(ratios), max(ratios))


def ratio_of(published: Published, territory_id: str) -> float:
    row = published.find("persons_vs_expected", 2025, "t2d", territory_id, "all", "none")
    assert row is not None and row.ratio is not None
    return row.ratio


def test_own_coverage_says_so_in_titles_and_compares_nothing(tmp_path: Path) -> None:
    page = page_of(read_published(write_published(tmp_path, coverage="own")), "T01")
    assert "file active résidente, nos établissements" in page.stamp.title_note
    assert all(item.measure.text == "non calculable" and "établissements" in item.measure.note for item in page.sections[0].comparisons)
    assert page.sections[0].tiles[0].text == "10\u202f974"
    build_site(tmp_path, documents=())


def test_a_year_that_opens_on_a_shorter_history_says_so(published: Published) -> None:
    rows = {
        key: replace(row, lookback_years=4) if row.cohort == "flow" and row.year == 2021 else row for key, row in published.rows.items()
    }
    groups = {key: tuple(rows[identity(row)] for row in found) for key, found in published.groups.items()}
    page = page_of(replace(published, rows=rows, groups=groups), "T01")
    assert page.sections[0].costs.history_note.startswith("2021\u00a0: à l’ouverture, les personnes sont repérées sur 4 ans")
    assert page.sections[0].costs.history_note in render_territory(page)
    assert page_of(published, "T01").sections[0].costs.history_note == ""


def identity(row: Row) -> Key:
    return (row.indicator_id, row.year, row.condition, row.territory_id, row.stratum, row.cost_basis)


def test_the_threshold_shown_is_that_of_the_publication(published: Published) -> None:
    page = page_of(replace(published, threshold=20), "T05")
    assert page.sections[1].pyramid.steps[0].persons.text == "< 20"
    assert "moins de 20 personnes" in page.sections[1].pyramid.steps[0].persons.note
    assert "11" not in re.findall(r"«.{,3}< (\d+)", render_territory(page))


def test_a_label_loses_its_capital_in_a_sentence_but_an_acronym_does_not(published: Published) -> None:
    definition = published.definitions[0]
    assert definition.in_sentence("fr") == "diabète de type 2"
    assert replace(definition, label={"fr": "BPCO"}).in_sentence("fr") == "BPCO"


def test_a_row_that_was_not_published_is_said_to_be_missing(published: Published) -> None:
    rows = {key: row for key, row in published.rows.items() if row.indicator_id != "at_risk_persons"}
    measure = page_of(replace(published, rows=rows), "T01").sections[0].pyramid.at_risk_strict
    assert (measure.text, measure.note) == ("non calculable", "cette exécution ne l’a pas publié")


def test_the_year_in_front_is_complete_and_has_numbers(tmp_path: Path) -> None:
    write_published(tmp_path)
    later = frame().filter(pl.col("year") == 2025)
    later = later.with_columns(year=pl.lit(2026, dtype=later.schema["year"]), period_status=pl.lit("partial"))
    pl.concat([frame(), later]).write_parquet(tmp_path / "indicators.parquet")
    published = read_published(tmp_path)
    assert (published.front_year, published.years[-1]) == (2025, 2026)


def test_rows_hold_the_columns_of_the_contract() -> None:
    assert set(Row.__dataclass_fields__) <= set(frame().columns)
