"""From a published run to the national page: the whole extract, and every territory beside its expected."""

from dashboards.blocks import Comparison
from dashboards.measures import Writer
from dashboards.page import Link, NationalCondition, NationalPage
from dashboards.places import Place, place_of
from dashboards.published import ALL, Definition, Published
from dashboards.section import compare, condition_section
from dashboards.table import territory_table
from dashboards.territory import stamp_of, writer_of

RATIOS = (("persons_vs_expected", "persons"), ("cost_vs_expected", "cost_patient"), ("cost_per_resident_vs_expected", "cost_resident"))


def national_page(published: Published, language: str, links: tuple[Link, ...]) -> NationalPage:
    """The page of the whole extract. links: every page of the site, this one first and marked."""
    writer = writer_of(published, language)
    place = place_of(writer, ALL)
    return NationalPage(
        language=language,
        name=writer.texts("national.title"),
        file_name=links[0].target,
        year=place.year,
        stamp=stamp_of(writer),
        links=links,
        tables=tuple(territory_table(writer, year, links, here=ALL) for year in reversed(published.years)),
        conditions=tuple(_condition(writer, place, definition, links) for definition in published.definitions),
    )


def _condition(writer: Writer, place: Place, definition: Definition, links: tuple[Link, ...]) -> NationalCondition:
    lines = tuple(
        (link, _comparisons(writer, place_of(writer, territory_id), definition.condition))
        for territory_id, link in zip(writer.published.territories, links[1:], strict=True)
    )
    columns = tuple(writer.texts(f"national.{name}") for _, name in RATIOS)
    section = condition_section(writer, place, definition)
    return NationalCondition(section, columns, lines, writer.texts("national.reading", year=place.year))


def _comparisons(writer: Writer, place: Place, condition: str) -> tuple[Comparison, ...]:
    """The ratios of one territory; their label names the territory, their group the ratio."""
    made = (compare(writer, place, condition, indicator, "all", place.name, writer.texts(f"national.{name}")) for indicator, name in RATIOS)
    return tuple(made)
