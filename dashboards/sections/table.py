"""The table of the territories: residents, persons found, persons at risk, in numbers and in share of residents of any age."""

from dashboards.model.blocks import Cell, Measure
from dashboards.model.measures import Writer
from dashboards.model.page import Link, TableLine, TerritoryTable
from dashboards.sources.partition import side_by_side
from dashboards.sources.places import place_of
from dashboards.sources.published import ALL, REST

PARTS = (("persons", "all"), ("at_risk_persons", "at_risk_strict"))


def territory_table(writer: Writer, year: int, links: tuple[Link, ...], here: str) -> TerritoryTable:
    """One line per declared territory (a group is no line beside what it is made of), then REST and ALL. links: pages by territory order,
    the national page first.
    """
    published, texts = writer.published, writer.texts
    targets = dict(zip(published.territories, (link.target for link in links[1:]), strict=True))
    whole = {name: texts(f"name.{name}") for name in (REST, ALL) if any(name == key[2] for key in published.groups)}
    names = side_by_side(published) | whole
    lines = tuple(_line(writer, year, name, names[name], targets.get(name, ""), here) for name in names)
    conditions = tuple(entry.label[texts.language] for entry in published.definitions)
    return TerritoryTable(year, conditions, lines, _reading(writer, year, here))


def _line(writer: Writer, year: int, territory_id: str, name: str, link: str, here: str) -> TableLine:
    cells = tuple(cell for entry in writer.published.definitions for cell in _cells(writer, year, entry.condition, territory_id))
    known = (cell.row.denominator for cell in cells if cell.row.indicator_id == "prevalence_all_ages")
    population = next((value for value in known if value is not None), None)
    text = writer.texts("status.not_computable") if population is None else writer.numbers.count(population)
    return TableLine(territory_id, name, link, territory_id == ALL, territory_id == here, Cell(text, population, "count"), cells)


def _cells(writer: Writer, year: int, condition: str, territory_id: str) -> list[Measure]:
    cells = []
    for indicator_id, stratum in PARTS:
        cells.append(writer.measure(indicator_id, year, condition, territory_id, stratum))
        cells.append(writer.measure("prevalence_all_ages", year, condition, territory_id, stratum))
    return cells


def _reading(writer: Writer, year: int, here: str) -> str:
    first = writer.published.definitions[0]
    persons, share = _cells(writer, year, first.condition, here)[:2]
    if not share.is_shown:
        return ""
    phrase = place_of(writer, here).phrase
    name = first.in_sentence(writer.texts.language)
    return writer.texts("table.reading", year=year, persons=persons.text, condition=name, place=phrase, share=share.text)
