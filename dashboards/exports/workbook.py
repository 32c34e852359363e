"""A territory page, or the national one, as an Excel workbook: blocks as sheets, native charts, every published number with its parts.

Belongs here: cells, formats, charts. Not here: any number that the page object does not hold.
"""

import io
import re
from datetime import datetime, time

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboards.model.blocks import Cell, Measure, Table
from dashboards.model.national_twins import head_tables, page_measures, page_tables
from dashboards.model.page import ConditionSection, ExportedPage
from dashboards.texts import Texts, load

# A program writes the separators of its reader's country; the place of the signs € and % is that of the language (texts, xlsx.format_*).
FORMATS = {"count": "#,##0", "ratio": "0.00", "decimal": "[>=100]#,##0;[>=10]0.0;0.00"}
SIGNED = ("eur", "percent")
NUMBERS = ("value", "lower", "upper", "numerator", "denominator", "expected", "ratio", "ratio_lower", "ratio_upper", "reference_value")
KEYS = ("indicator_id", "territory_id", "year", "stratum", "cost_basis", "unit", "status", "reason")
NAVY, WIDEST = "#0b3c5d", 48


def write_workbook(page: ExportedPage) -> bytes:
    """The bytes of the .xlsx; the same page gives the same bytes."""
    out, texts = io.BytesIO(), load(page.language)
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": _day(page)})  # in memory, the archive itself has no clock
        styles = _styles(book, texts)
        _cover(book.add_worksheet(texts("xlsx.cover")), page, texts, styles)
        for year, table in head_tables(page, texts).items():
            _table(book.add_worksheet(f"{texts('xlsx.territories')} {year}"), table, table.title, styles)
        for (section, tables), (_, measures) in zip(page_tables(page, texts), page_measures(page), strict=True):
            for table in tables:
                sheet = book.add_worksheet(_sheet_name(section, texts(f"xlsx.{table.name}")))
                _table(sheet, table, f"{table.title} — {section.label}", styles)
                _chart(book, sheet, table, section, texts)
            _numbers(book.add_worksheet(_sheet_name(section, texts("xlsx.numbers"))), measures, styles)
    return out.getvalue()


def _day(page: ExportedPage) -> datetime:
    """The last day of the data."""
    return datetime.combine(page.sections[0].pyramid.total.row.data_through, time())


def _styles(book: Workbook, t: Texts) -> dict[str, Format]:
    codes = FORMATS | {kind: t(f"xlsx.format_{kind}") for kind in SIGNED}
    styles = {kind: book.add_format({"num_format": code, "valign": "top"}) for kind, code in codes.items()}
    styles["text"] = book.add_format({"text_wrap": True, "valign": "top"})
    styles["head"] = book.add_format({"bold": True, "bg_color": NAVY, "font_color": "#ffffff", "text_wrap": True, "valign": "vcenter"})
    styles["title"] = book.add_format({"bold": True, "font_size": 15, "font_color": NAVY})
    styles["strong"] = book.add_format({"bold": True, "bg_color": "#ffdf9e"})
    return styles


def _cover(sheet: Worksheet, page: ExportedPage, t: Texts, styles: dict[str, Format]) -> None:
    """What every page says of its run."""
    stamp = page.stamp
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, f"{page.name} — {page.year}{stamp.title_note}", styles["title"])
    lines = [t("page.synthetic") if stamp.is_synthetic else "", f"{t('warning.title')} {stamp.warning}"]
    lines += [t("page.synthetic_note") if stamp.is_synthetic else "", t("page.data_through", date=stamp.data_through)]
    lines += [t("page.coverage", coverage=stamp.coverage), stamp.checks, t("page.run", run=stamp.run_id)]
    lines += [words for words in (stamp.refreshed, stamp.revision) if words]
    lines += [t("page.definition", id=section.definition_id) for section in page.sections]
    lines += [t("methods.secret", threshold=stamp.threshold), t("page.overlap"), t("glance.rule"), t("page.footer", run=stamp.run_id)]
    for rank, text in enumerate((line for line in lines if line), start=2):
        sheet.write_string(rank, 0, text, styles["strong" if text == t("page.synthetic") else "text"])


def _sheet_name(section: ConditionSection, name: str) -> str:
    """At most 31 signs, without those that a sheet may not carry."""
    return re.sub(r"[\[\]:*?/\\']", " ", f"{section.condition.upper()} {name}")[:31].strip()


def _table(sheet: Worksheet, table: Table, title: str, styles: dict[str, Format]) -> None:
    sheet.write_string(0, 0, title, styles["title"])
    for column, head in enumerate(table.heads):
        sheet.write_string(2, column, head, styles["head"])
        sheet.set_column(column, column, _width(table, column))
    for row, cells in enumerate(table.rows, start=3):
        for column, cell in enumerate(cells):
            write_cell(sheet, row, column, cell, styles)
    sheet.freeze_panes(3, 1)
    if table.reading:
        sheet.merge_range(len(table.rows) + 4, 0, len(table.rows) + 8, max(len(table.heads) - 1, 1), table.reading, styles["text"])


def _width(table: Table, column: int) -> int:
    longest = max([len(table.heads[column]) // 2, *(len(row[column].text) for row in table.rows)])
    return min(max(longest + 2, 11), WIDEST)


def write_cell(sheet: Worksheet, row: int, column: int, cell: Cell, styles: dict[str, Format]) -> None:
    """A number as a number, with its format; anything else as the text of the page ('< 11', 'masqué', a reason)."""
    if cell.number is None:
        sheet.write_string(row, column, cell.text, styles["text"])
    else:
        sheet.write_number(row, column, cell.number, styles[cell.kind])


def _chart(book: Workbook, sheet: Worksheet, table: Table, section: ConditionSection, t: Texts) -> None:
    """A native chart where the block has one: strata, the standardised cost over the years, or ranks with their intervals."""
    if table.name == "pyramid":
        chart = book.add_chart({"type": "bar"})
        rows = (3, 2 + len(section.pyramid.steps))
        chart.add_series(
            {
                "name": t("pyramid.persons"),
                "categories": [sheet.name, rows[0], 0, rows[1], 0],
                "values": [sheet.name, rows[0], 1, rows[1], 1],
                "fill": {"color": "#2671a8"},
                "data_labels": {"value": True},
                "gap": 30,
            }
        )
        chart.set_y_axis({"reverse": True})
        chart.set_legend({"none": True})
    elif table.name == "costs":
        chart = book.add_chart({"type": "line"})
        _cost_series(chart, sheet, section)
    elif table.name == "ranking" and table.bars:
        chart = book.add_chart({"type": "line"})
        _rank_series(chart, sheet, table, t)
    else:
        return
    chart.set_title({"name": table.title, "name_font": {"size": 12}})
    chart.set_size({"width": 640, "height": 320})
    sheet.insert_chart(len(table.rows) + 10, 0, chart, {"description": table.reading or table.title})


def _cost_series(chart: "xlsxwriter.chart.Chart", sheet: Worksheet, section: ConditionSection) -> None:
    """The lines in euros per person; ratios have another scale."""
    last = len(section.costs.standardised.measures)
    for rank, series in enumerate(section.costs.table):
        if series is section.costs.standardised or series.measures[0].row.indicator_id == "cost_per_patient":
            row = 3 + rank
            chart.add_series(
                {
                    "name": [sheet.name, row, 0],
                    "categories": [sheet.name, 2, 1, 2, last],
                    "values": [sheet.name, row, 1, row, last],
                    "marker": {"type": "circle"},
                }
            )


def _rank_series(chart: "xlsxwriter.chart.Chart", sheet: Worksheet, table: Table, t: Texts) -> None:
    """A point per territory that has a ratio, with its interval; the line at 1 is where the axes cross."""
    last = 2 + len(table.bars)
    below, above = zip(*table.bars, strict=True)
    bars = {"type": "custom", "minus_values": list(below), "plus_values": list(above), "line": {"color": "#5B6570"}}
    chart.add_series(
        {
            "name": t("national.ratio_series"),
            "categories": [sheet.name, 3, 0, last, 0],
            "values": [sheet.name, 3, 4, last, 4],
            "line": {"none": True},
            "marker": {"type": "circle", "size": 8, "fill": {"color": NAVY}, "border": {"color": NAVY}},
            "y_error_bars": bars,
        }
    )
    chart.set_x_axis({"label_position": "low"})
    chart.set_y_axis({"crossing": 1, "num_format": "0.0"})
    chart.set_legend({"position": "bottom"})


def _numbers(sheet: Worksheet, measures: list[Measure], styles: dict[str, Format]) -> None:
    """Every published number of the page, one a line, under the column names of the publication."""
    for column, name in enumerate((*KEYS, *NUMBERS)):
        sheet.write_string(0, column, name, styles["head"])
    for row, measure in enumerate(measures, start=1):
        _number_line(sheet, row, measure)
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, len(KEYS) + len(NUMBERS), 14)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(measures), 1), len(KEYS) + len(NUMBERS) - 1)


def _number_line(sheet: Worksheet, row: int, measure: Measure) -> None:
    for column, name in enumerate(KEYS):
        value = getattr(measure.row, name)
        if name == "year":
            sheet.write_number(row, column, value)
        else:
            sheet.write_string(row, column, value)
    for column, name in enumerate(NUMBERS, start=len(KEYS)):
        value = getattr(measure.row, name) if measure.is_shown else None
        if value is not None:
            sheet.write_number(row, column, value)
        elif name == "value":
            sheet.write_string(row, column, measure.text)
