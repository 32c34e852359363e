"""The blocks of the national page as tables, and every published number of a page once, whichever page it is.

Belongs here: columns and rows that name several territories. Not here: the blocks of one condition in one place (twins.py).
"""

from collections.abc import Iterator
from dataclasses import replace

from dashboards.model.blocks import Cell, Measure, Table
from dashboards.model.page import ConditionSection, ExportedPage, NationalCondition, NationalPage, TerritoryTable
from dashboards.model.twins import ratio_cells, section_tables, value_cell
from dashboards.texts import Texts

OF_A_TERRITORY = ("glance", "expected", "compare")  # blocks that set a territory beside others: the whole has none to stand beside


def territories_table(block: TerritoryTable, t: Texts) -> Table:
    """One row per territory: residents, then for each condition persons found, share, persons at risk, share."""
    parts = (t("table.found"), t("table.found_share"), t("table.at_risk"), t("table.at_risk_share"))
    several = len(block.conditions) > 1  # else the table is said to be of one
    heads = (t("page.pair", name=condition, text=part) if several else part for condition in block.conditions for part in parts)
    rows = tuple((Cell(line.name), line.residents, *map(value_cell, line.cells)) for line in block.lines)
    title = t("table.title", year=block.year)
    return Table("territories", title, (t("table.territory"), t("table.population"), *heads), rows, block.reading)


def of_condition(block: TerritoryTable, rank: int) -> TerritoryTable:
    """The table of one of its conditions. Its reading is that of the first."""
    width = len(block.lines[0].cells) // len(block.conditions)
    part = slice(rank * width, (rank + 1) * width)
    lines = tuple(replace(line, cells=line.cells[part]) for line in block.lines)
    return replace(block, conditions=block.conditions[rank : rank + 1], lines=lines, reading="" if rank else block.reading)


def matrix_table(condition: NationalCondition, t: Texts) -> Table:
    """One row per territory, in the order of names: each ratio to the expected, and its interval."""
    heads = (part for name in condition.columns for part in (name, t("origin.interval")))
    rows = tuple((Cell(link.name), *(cell for item in items for cell in ratio_cells(item.measure))) for link, items in condition.lines)
    return Table("matrix", t("national.compare_title"), (t("national.territory"), *heads), rows, condition.reading)


def ranking_table(condition: NationalCondition, t: Texts) -> Table:
    """One row per territory, from the highest ratio to the lowest; those without one last, and unranked."""
    rows = tuple(
        (
            Cell(link.name),
            Cell(str(rank), float(rank), "count") if item.measure.ratio else Cell(t("page.no_rank")),
            Cell(item.observed, item.measure.row.numerator, "count"),
            Cell(item.expected, item.measure.row.expected, "count"),
            *ratio_cells(item.measure),
            Cell(item.measure.verdict_text),
        )
        for rank, (link, item) in enumerate(condition.ranking, start=1)
    )
    names = ("national.territory", "page.rank", "comparison.observed", "comparison.expected", "origin.ratio_alone", "origin.interval")
    title = t("page.pair", name=t("page.ranking"), text=condition.ranking_label)
    bars = tuple(reach(item.measure) for _, item in condition.ranking if item.measure.row.ratio is not None)
    return Table("ranking", title, (*map(t, names), t("comparison.verdict")), rows, condition.ranking_reading, bars)


def reach(measure: Measure) -> tuple[float, float]:
    """How far the interval goes below and above the ratio; nowhere where none is claimed."""
    row = measure.row
    if row.ratio is None or row.ratio_lower is None or row.ratio_upper is None:
        return 0.0, 0.0
    return row.ratio - row.ratio_lower, row.ratio_upper - row.ratio


def head_tables(page: ExportedPage, t: Texts) -> dict[int, Table]:
    """The table of the territories by year, in the order of the page."""
    blocks = page.tables if isinstance(page, NationalPage) else (page.table,)
    return {block.year: territories_table(block, t) for block in blocks}


def page_tables(page: ExportedPage, t: Texts) -> Iterator[tuple[ConditionSection, tuple[Table, ...]]]:
    """Every block of each condition that the page shows and that has numbers."""
    if not isinstance(page, NationalPage):
        yield from ((section, section_tables(section, t)) for section in page.sections)
        return
    for condition in page.conditions:
        of_whole = (table for table in section_tables(condition.section, t) if table.name not in OF_A_TERRITORY)
        made = (matrix_table(condition, t), ranking_table(condition, t), *of_whole)
        yield condition.section, tuple(table for table in made if table.rows)


def page_measures(page: ExportedPage) -> Iterator[tuple[ConditionSection, list[Measure]]]:
    """Every published number of each condition of the page, once: those told under the page, then those of the other territories."""
    for rank, section in enumerate(page.sections):
        found = [measure for origin in section.origins for measure in origin.measures]
        if isinstance(page, NationalPage):
            found += _of_territories(page, page.conditions[rank])
        yield section, list({_key(measure): measure for measure in found}.values())


def _of_territories(page: NationalPage, condition: NationalCondition) -> Iterator[Measure]:
    name = condition.section.condition
    yield from (cell for table in page.tables for line in table.lines for cell in line.cells if cell.row.condition == name)
    yield from (item.measure for _, items in condition.lines for item in items)
    yield from (item.measure for _, item in condition.ranking)


def _key(measure: Measure) -> tuple[object, ...]:
    row = measure.row
    return (row.indicator_id, row.year, row.condition, row.territory_id, row.stratum, row.cost_basis)
