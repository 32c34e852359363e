"""Where the numbers of a section come from: the catalogue's words, then every number with its parts."""

from dashboards.model.blocks import Measure, Origin
from dashboards.model.measures import Writer
from dashboards.sources.published import COMPARED_BASIS, Row

FACTS = ("definition", "numerator", "denominator", "method", "caveats", "source")


def origins(writer: Writer, territory_id: str, condition: str, year: int) -> tuple[Origin, ...]:
    """One entry per indicator of the catalogue that has numbers here: the year in front, and every year of the costs the page draws."""
    found = []
    for indicator_id in writer.published.catalogue:
        measures = tuple(writer.write(row) for row in _rows(writer, indicator_id, territory_id, condition, year))
        if measures:
            found.append(_origin(writer, indicator_id, measures))
    return tuple(found)


def _rows(writer: Writer, indicator_id: str, territory_id: str, condition: str, year: int) -> list[Row]:
    rows = writer.published.groups.get((indicator_id, condition, territory_id), ())
    return [row for row in rows if row.year == year or (row.stratum == "all" and row.cost_basis == COMPARED_BASIS)]


def _origin(writer: Writer, indicator_id: str, measures: tuple[Measure, ...]) -> Origin:
    entry, language = writer.published.catalogue[indicator_id], writer.texts.language
    facts = [(writer.texts(f"origin.{name}"), entry.get(f"{name}_{language}") or entry.get(name, "")) for name in FACTS]
    facts.append((writer.texts("origin.scope"), _scope(writer, measures[-1].row)))
    shown = tuple((name, text) for name, text in facts if text)
    return Origin(measures[0].anchor, entry[f"label_{language}"], shown, measures)


def _scope(writer: Writer, row: Row) -> str:
    return writer.texts(
        "origin.scope_text",
        fields=row.fields.upper().replace("+", ", "),
        lookback=row.lookback_years,
        coverage=writer.texts(f"coverage.{row.coverage}"),
        definition=row.definition_id,
        reference=row.reference_id or "—",
    )
