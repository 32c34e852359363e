"""From a published run to the national page: the whole extract, and every territory beside its expected."""

from dashboards.model.blocks import Comparison
from dashboards.model.measures import Writer
from dashboards.model.page import Link, NationalCondition, NationalPage, Navigation
from dashboards.pages.territory import stamp_of
from dashboards.sections.funnel import front_ratio, label_of
from dashboards.sections.section import compare, condition_section
from dashboards.sections.table import territory_table
from dashboards.sources.partition import side_by_side
from dashboards.sources.places import Place, place_of
from dashboards.sources.published import ALL, Definition

RATIOS = (("persons_vs_expected", "persons"), ("cost_vs_expected", "cost_patient"), ("cost_per_resident_vs_expected", "cost_resident"))


def national_page(writer: Writer, navigation: Navigation) -> NationalPage:
    """The page of the whole extract. navigation: every page of the site, this one first and marked."""
    published, links = writer.published, navigation.links
    place = place_of(writer, ALL)
    return NationalPage(
        language=writer.texts.language,
        name=writer.texts("national.title"),
        file_name=links[0].target,
        year=place.year,
        stamp=stamp_of(writer),
        navigation=navigation,
        tables=tuple(territory_table(writer, year, links, here=ALL) for year in reversed(published.years)),
        conditions=tuple(_condition(writer, place, definition, links) for definition in published.definitions),
    )


def _condition(writer: Writer, place: Place, definition: Definition, links: tuple[Link, ...]) -> NationalCondition:
    lines = tuple(
        (link, _comparisons(writer, place_of(writer, territory_id), definition.condition)) for territory_id, link in _ranked(writer, links)
    )
    columns = tuple(writer.texts(f"national.{name}") for _, name in RATIOS)
    section = condition_section(writer, place, definition)
    name = front_ratio(writer, definition.condition, place.year)
    ranked = _ranking(writer, definition.condition, name, links)
    readings = _reading(writer, place.year, lines), _ranking_reading(writer, ranked)
    return NationalCondition(section, columns, lines, ranked, label_of(writer, name), *readings)


def _reading(writer: Writer, year: int, lines: tuple[tuple[Link, tuple[Comparison, ...]], ...]) -> str:
    """How to read the ratios, with those of the first territory that has one."""
    said = writer.texts("national.reading", year=year)
    for link, (first, *_) in lines:
        if first.measure.ratio:
            told = {"observed": first.observed, "expected": first.expected, "ratio": first.measure.ratio}
            example = writer.texts("national.example", year=year, name=link.name, interval=_interval(first), **told)
            return f"{example} {said}"
    return _none(writer, [first for _, (first, *_) in lines]) or said


def _ranking_reading(writer: Writer, ranked: tuple[tuple[Link, Comparison], ...]) -> str:
    said = writer.texts("national.ranking_reading")
    if not ranked or not ranked[0][1].measure.ratio:
        return _none(writer, [item for _, item in ranked]) or said
    link, first = ranked[0]
    return f"{writer.texts('national.ranking_example', name=link.name, ratio=first.measure.ratio, interval=_interval(first))} {said}"


def _none(writer: Writer, items: list[Comparison]) -> str:
    """Why no territory has a ratio; empty where there is no territory."""
    return writer.texts("comparison.reading_hidden", note=items[0].measure.note) if items else ""


def _interval(item: Comparison) -> str:
    return f" ({item.measure.ratio_interval})" if item.measure.ratio_interval else ""


def _ranked(writer: Writer, links: tuple[Link, ...]) -> list[tuple[str, Link]]:
    """The territories that count nobody twice, with their pages."""
    pages = zip(writer.published.territories, links[1:], strict=True)
    return [(territory_id, link) for territory_id, link in pages if territory_id in side_by_side(writer.published)]


def _ranking(writer: Writer, condition: str, name: str, links: tuple[Link, ...]) -> tuple[tuple[Link, Comparison], ...]:
    """By ratio, highest first; without a ratio last, in the order of names."""
    made = [
        (link, compare(writer, place_of(writer, one), condition, name, "all", link.name, label_of(writer, name)))
        for one, link in _ranked(writer, links)
    ]
    return tuple(sorted(made, key=lambda pair: -(pair[1].measure.row.ratio or 0.0)))


def _comparisons(writer: Writer, place: Place, condition: str) -> tuple[Comparison, ...]:
    """The ratios of one territory; their label names the territory, their group the ratio."""
    made = (compare(writer, place, condition, indicator, "all", place.name, writer.texts(f"national.{name}")) for indicator, name in RATIOS)
    return tuple(made)
