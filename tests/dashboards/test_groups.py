"""A group of territories has its page, and is never ranked, drawn or added beside the territories it is made of."""

import pytest

from dashboards.model.page import Link, Navigation
from dashboards.pages.national import national_page
from dashboards.pages.territory import territory_page, writer_of
from dashboards.sections.spread import territory_rows
from dashboards.sections.territory_map import territory_map
from dashboards.sources.partition import side_by_side
from dashboards.sources.places import place_of
from dashboards.sources.published import Published, read_published
from tests.support.published_sample import TERRITORIES, write_places, write_published


@pytest.fixture(scope="module")
def grouped(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The made-up publication, its first territory declared to be a group."""
    first, *_ = published.territories
    folder = write_published(tmp_path_factory.mktemp("grouped"))
    write_places(folder, TERRITORIES, groups=(first,))
    return read_published(folder)


def navigation(published: Published) -> Navigation:
    links = (Link("national", "index.html", True), *(Link(name, f"{key}.html", False) for key, name in published.territories.items()))
    return Navigation(links)


def test_a_group_is_in_no_ranking_table_map_or_funnel(grouped: Published) -> None:
    group, name = next(iter(grouped.territories.items()))
    writer = writer_of(grouped, "fr")
    assert set(grouped.territories) - set(side_by_side(grouped)) == {group}
    page = national_page(writer, navigation(grouped))
    for table in page.tables:
        assert group not in {line.territory_id for line in table.lines}
    for condition in page.conditions:
        assert name not in {link.name for link, _ in condition.lines} | {link.name for link, _ in condition.ranking}
        assert len(condition.ranking) == len(TERRITORIES) - 1
    place = place_of(writer, group)
    assert name not in {tile.name for tile in territory_map(writer, place, grouped.definitions[0].condition).tiles}
    key = ("persons_vs_expected", grouped.front_year, grouped.definitions[0].condition, "all", "none")
    assert len(territory_rows(writer, *key)) == len(TERRITORIES) - 1


def test_a_group_has_its_page(grouped: Published) -> None:
    page = territory_page(writer_of(grouped, "fr"), next(iter(grouped.territories)), navigation(grouped))
    assert page.name == next(iter(grouped.territories.values()))
