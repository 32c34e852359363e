"""The slides (16:9) a presentation is made of: native charts and tables that can be edited, one subject a slide.

Belongs here: shapes on slides. Not here: which slides a page gives (deck.py), any number that the page object does not hold; a hidden
number is in no chart's workbook either.
"""

import io
import math
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

from pptx import Presentation
from pptx.chart.chart import Chart
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_SHAPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.oxml.xmlchemy import BaseOxmlElement
from pptx.shapes.autoshape import Shape
from pptx.slide import Slide
from pptx.util import Emu, Inches, Pt

from dashboards.exports.columns import column_shares, lines_of
from dashboards.exports.flat import plain
from dashboards.exports.same_bytes import without_clock
from dashboards.figures.scale import round_ticks
from dashboards.model.blocks import Cell, Measure, Series, Table, Tile
from dashboards.model.page import ConditionSection, ExportedPage
from dashboards.texts import load

WIDTH, HEIGHT, MARGIN = Inches(13.333), Inches(7.5), Inches(0.6)
TOP, BODY = Inches(1.45), Inches(4.75)
NAVY, INK, GREY, BLUE = RGBColor(0x0B, 0x3C, 0x5D), RGBColor(0x16, 0x20, 0x2A), RGBColor(0x5B, 0x65, 0x70), RGBColor(0x26, 0x71, 0xA8)
WHITE, SOFT, AMBER, PALE = RGBColor(0xFF, 0xFF, 0xFF), RGBColor(0xF3, 0xF6, 0xF9), RGBColor(0xFF, 0xDF, 0x9E), RGBColor(0xC9, 0xD1, 0xD9)
# From the most severe stratum to the mildest, as in the pyramid of the page.
STRATUM_FILLS = (NAVY, BLUE, RGBColor(0x7D, 0xB3, 0xDC), RGBColor(0xB9, 0xD7, 0xEE))
# A table of 11 points: letters across a slide (of a wide typeface, so that none overflows), height of a line, of the edges of a row, above
# and below the words of a cell.
TABLE_POINTS, LETTERS, LINE, EDGES, EDGE = 11, 140, Inches(0.175), Inches(0.1), Inches(0.04)
_A = nsdecls("a")
CARD_WIDTH, CARD_HEIGHT, CARD_GAP = Inches(2.6), Inches(1.95), Inches(0.15)


class Slides:
    """The presentation as it is being made."""

    def __init__(self, page: ExportedPage) -> None:
        self.page, self.t = page, load(page.language)
        self.book = Presentation()
        self.book.slide_width, self.book.slide_height = WIDTH, HEIGHT

    def save(self) -> bytes:
        """The bytes, without the clock of the machine."""
        out = io.BytesIO()
        self.book.save(out)
        day: date = self.page.sections[0].pyramid.total.row.data_through
        return without_clock(out.getvalue(), day)

    def cover(self) -> None:
        """The page, its warning, and that its data are synthetic where they are."""
        slide = self._blank(PALE)
        stamp, t = self.page.stamp, self.t
        ground = _box(slide, 0, 0, WIDTH, HEIGHT, NAVY)
        slide.shapes._spTree.insert(2, ground._element)  # behind what is written already
        title = f"{self.page.name} — {self.page.year}{stamp.title_note}"
        room = WIDTH - 2 * MARGIN
        _text(slide, MARGIN, Inches(1.6), room, Inches(1), title, 40, WHITE, True)
        _text(slide, MARGIN, Inches(2.7), room, Inches(0.6), " · ".join(one.label for one in self.page.sections), 22, WHITE)
        _text(slide, MARGIN, Inches(3.6), room, Inches(1.3), f"{t('warning.title')} {stamp.warning}", 18, WHITE)
        if stamp.is_synthetic:
            _box(slide, MARGIN, Inches(5.1), room, Inches(0.8), AMBER)
            words = f"{t('page.synthetic')}. {t('page.synthetic_note')}"
            _text(slide, MARGIN, Inches(5.2), room, Inches(0.6), words, 18, INK, True)

    def pyramid(self, section: ConditionSection) -> None:
        """Strata, headline numbers, people at risk."""
        pyramid, t = section.pyramid, self.t
        slide = self.slide(section.label, t("pyramid.title", lookback=pyramid.lookback_years))
        data = CategoryChartData(number_format="#,##0")
        data.categories = [f"{step.label} ({step.persons.text}{t('page.separator')}{step.cost.text})" for step in pyramid.steps]
        data.add_series(t("pyramid.persons"), [step.persons.row.value if step.persons.is_shown else None for step in pyramid.steps])
        chart = self.chart(slide, XL_CHART_TYPE.BAR_CLUSTERED, data, Inches(6.6))
        chart.has_legend = False
        chart.category_axis.reverse_order = True
        chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False
        plot = chart.plots[0]
        plot.gap_width = 40
        for rank, colour in enumerate(STRATUM_FILLS):
            fill = plot.series[0].points[rank].format.fill
            fill.solid()
            fill.fore_color.rgb = colour
        for rank, tile in enumerate(section.tiles):
            x = WIDTH - MARGIN - (2 - rank % 2) * CARD_WIDTH - (1 - rank % 2) * CARD_GAP
            _card(slide, Emu(x), Emu(TOP + (rank // 2) * (CARD_HEIGHT + CARD_GAP)), tile)
        risk = t("pyramid.at_risk", persons=pyramid.at_risk_strict.text) + f" ({t('pyramid.off_scale')})"
        _text(slide, Inches(7.38), Inches(5.65), Inches(5.35), Inches(0.4), risk, 13, INK, True)
        self.reading(slide, pyramid.reading)

    def first_look(self, section: ConditionSection) -> None:
        """What to look at first, each with its caveat."""
        block, t = section.first_look, self.t
        slide = self.slide(section.label, t("first_look.title"))
        lines = [
            t("page.pair", name=item.label, text=item.text) + "\n   " + t("first_look.caveat", text=item.caveat) for item in block.items
        ]
        _text(slide, MARGIN, TOP, WIDTH - 2 * MARGIN, BODY, "\n".join(lines) or block.empty_text, 18 if len(lines) < 4 else 14)
        self.reading(slide, block.rule)

    def costs(self, section: ConditionSection) -> None:
        """The standardised mean over the years, beside what it was expected to be."""
        costs, t = section.costs, self.t
        slide = self.slide(section.label, t("cost.standardised_title"))
        data = CategoryChartData(number_format=t("cost.axis_format"))
        data.categories = [str(measure.row.year) for measure in costs.standardised.measures]
        data.add_series(t("cost.standardised_series"), _values(costs.standardised))
        data.add_series(
            t("cost.reference_series"), [one.row.reference_value if one.is_shown else None for one in costs.standardised.measures]
        )
        for end in ("lower", "upper"):
            data.add_series(
                t("cost.interval_series"), [getattr(one.row, end) if one.is_shown else None for one in costs.standardised.measures]
            )
        chart = self.chart(slide, XL_CHART_TYPE.LINE_MARKERS, data, Inches(7.6))
        _line(chart, 0, NAVY, None)
        _line(chart, 1, INK, MSO_LINE.DASH)
        for rank in (2, 3):
            _line(chart, rank, GREY, MSO_LINE.ROUND_DOT, is_limit=True)
        _once_in_the_legend(chart, 3)
        chart.value_axis.tick_labels.number_format, chart.value_axis.tick_labels.number_format_is_linked = t("cost.axis_format"), False
        chart.value_axis.major_gridlines.format.line.color.rgb = PALE
        drawn = [value for series in chart.plots[0].series for value in series.values if value is not None]
        if drawn:
            ticks = round_ticks(min(drawn), max(drawn))  # as on the page
            chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = ticks[0], ticks[-1]
        _text(slide, Inches(8.5), TOP, Inches(4.3), BODY, "\n".join((costs.patient_reading, costs.resident_reading, t("cost.why"))), 13)
        self.reading(slide, costs.standardised_reading)

    def funnel(self, section: ConditionSection) -> None:
        """The territories by their expected number, within the limits of chance."""
        block, t = section.funnel, self.t
        slide = self.slide(section.label, t("page.pair", name=block.title, text=block.label))
        if block.points:
            chart = self.chart(slide, XL_CHART_TYPE.XY_SCATTER, self._funnel_data(section), WIDTH - 2 * MARGIN)
            curves = len(chart.plots[0].series) - 4
            for rank in range(len(chart.plots[0].series)):
                _scatter(chart, rank, is_here=rank == curves - 2, curve=rank - curves)
            _title(chart, t("funnel.x"), t("funnel.y"))
            _once_in_the_legend(chart, curves + 1, curves + 3)
            ratios = [value for limit in block.limits for value in (limit.outer_low, limit.outer_high)]
            ratio_axis(chart, ratios + [point.measure.row.ratio for point in block.points if point.measure.row.ratio is not None])
        self.reading(slide, block.reading)

    def _funnel_data(self, section: ConditionSection) -> XyChartData:
        block, t = section.funnel, self.t
        series: list[tuple[str, list[tuple[float | None, float | None]]]] = [(plain(self.page.name), []), (t("page.territories"), [])]
        for point in block.points:
            series[0 if point.is_here else 1][1].append((point.measure.row.expected, point.measure.row.ratio))
        series = [one for one in series if one[1]]  # the national page is no point of it; a reader may see theirs alone
        for name, label in (("inner_low", "inner"), ("inner_high", "inner"), ("outer_low", "outer"), ("outer_high", "outer")):
            series.append((t(f"funnel.{label}"), [(limit.expected, getattr(limit, name)) for limit in block.limits[::6]]))
        data = XyChartData(number_format="0.00")
        longest = max(len(points) for _, points in series)
        for name, points in series:
            one = data.add_series(name)
            # LibreOffice draws no series that is shorter than another: the last point stands as often as needed.
            for x, y in points + points[-1:] * (longest - len(points)):
                one.add_data_point(x, y)
        return data

    def methods(self) -> None:
        """Once, at the end: how the numbers of every disease are made."""
        t, stamp, sections = self.t, self.page.stamp, self.page.sections
        slide = self.slide(" · ".join(section.label for section in sections), t("methods.title"))
        names = ("windows", "expected", "intervals", "secret", "judgement")
        values = {"lookback": stamp.lookback_years, "reference": stamp.reference_id, "threshold": stamp.threshold}
        lines = [t("page.pair", name=t(f"methods.{name}_title"), text=t(f"methods.{name}", **values)) for name in names]
        lines += [t("page.pair", name=section.label, text=t("page.definition", id=section.definition_id)) for section in sections]
        _text(slide, MARGIN, TOP, WIDTH - 2 * MARGIN, BODY, "\n".join(lines), 15)
        self.reading(slide, "\n".join(dict.fromkeys(section.care_gaps.text for section in sections)))

    def tables(self, label: str, table: Table) -> None:
        """As many slides as the table needs. label: what it is of."""
        for rows in _slides_of(table):
            slide = self.slide(label, table.title)
            _grid(slide, table, rows)
            self.reading(slide, table.reading)

    def chart(self, slide: Slide, kind: XL_CHART_TYPE, data: CategoryChartData | XyChartData, width: Emu) -> Chart:
        """A native chart below the title, its legend under it."""
        chart: Chart = slide.shapes.add_chart(kind, MARGIN, TOP, width, BODY, data).chart
        chart.font.size = Pt(13)
        chart.has_title = False
        chart.has_legend = True
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        return chart

    def slide(self, label: str, title: str) -> Slide:
        """A new slide: the place, what it is of, its title, and where its numbers come from."""
        slide = self._blank()
        place = f"{self.page.name} — {label}, {self.page.year}{self.page.stamp.title_note}"
        _text(slide, MARGIN, Inches(0.3), WIDTH - 2 * MARGIN, Inches(0.4), place, 14, GREY)
        _text(slide, MARGIN, Inches(0.58), WIDTH - 2 * MARGIN, Inches(0.6), title, 26 if len(title) <= 56 else 20, NAVY, True)
        _box(slide, MARGIN, Inches(1.18), WIDTH - 2 * MARGIN, Inches(0.035), NAVY)
        return slide

    def _blank(self, colour: RGBColor = GREY) -> Slide:
        slide = self.book.slides.add_slide(self.book.slide_layouts[6])
        stamp, t = self.page.stamp, self.t
        words = [t("page.synthetic")] if stamp.is_synthetic else []
        words += [t("page.data_through", date=stamp.data_through), t("page.run", run=stamp.run_id)]
        _text(slide, MARGIN, Inches(7.08), WIDTH - 2 * MARGIN, Inches(0.3), " · ".join(words), 10, colour)
        return slide

    def reading(self, slide: Slide, reading: str) -> None:
        """How to read the slide, at its foot."""
        if not reading:
            return
        _box(slide, MARGIN, Inches(6.27), WIDTH - 2 * MARGIN, Inches(0.78), SOFT)
        _box(slide, MARGIN, Inches(6.27), Inches(0.06), Inches(0.78), BLUE)
        _text(slide, MARGIN + Inches(0.1), Inches(6.27), WIDTH - 2 * MARGIN - Inches(0.1), Inches(0.78), reading, 12)


def _slides_of(table: Table) -> list[list[tuple[Cell, ...]]]:
    """The rows of each slide: as few slides as the height of the rows asks for, filled alike."""
    if not table.rows:
        return []
    shares = column_shares(table, LETTERS)
    head = _height(table.heads, shares)
    heights = [_height([cell.text for cell in row], shares) for row in table.rows]
    fewest = len(_filled(table, heights, BODY - head))
    rooms = range(int(sum(heights) / fewest), BODY - head, LINE)
    return next((slides for room in rooms if len(slides := _filled(table, heights, room)) == fewest), _filled(table, heights, BODY - head))


def _filled(table: Table, heights: list[int], room: float) -> list[list[tuple[Cell, ...]]]:
    """Row after row, a new slide when the next one does not fit."""
    slides: list[list[tuple[Cell, ...]]] = [[]]
    used = 0
    for row, height in zip(table.rows, heights):
        if slides[-1] and used + height > room:
            slides.append([])
            used = 0
        slides[-1].append(row)
        used += height
    return slides


def _height(words: Sequence[str], shares: list[float]) -> int:
    return EDGES + LINE * lines_of(list(words), shares, LETTERS)


def _values(series: Series) -> list[float | None]:
    return [_shown(measure) for measure in series.measures]


def _shown(measure: Measure) -> float | None:
    return measure.row.value if measure.is_shown else None


def _text(
    slide: Slide, x: Emu, y: Emu, width: Emu, height: Emu, words: str, size: float, colour: RGBColor = INK, bold: bool = False
) -> None:
    frame = slide.shapes.add_textbox(x, y, width, height).text_frame
    frame.word_wrap = True
    for rank, line in enumerate(words.split("\n")):
        paragraph = frame.paragraphs[0] if rank == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = line
        run._r.insert(0, parse_xml(f'<a:rPr {_A} sz="{Pt(size).centipoints}" b="{int(bold)}">{_solid(colour)}</a:rPr>'))


def _box(slide: Slide, x: Emu | int, y: Emu | int, width: Emu | int, height: Emu | int, colour: RGBColor) -> Shape:
    """A plain rectangle."""
    box: Shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, x, y, width, height)
    look = f"{_solid(colour)}<a:ln><a:noFill/></a:ln><a:effectLst/>"  # neither edge nor shadow
    box._element.spPr.extend(parse_xml(f"<a:spPr {_A}>{look}</a:spPr>"))
    return box


def _solid(colour: RGBColor) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'


def _card(slide: Slide, x: Emu, y: Emu, tile: Tile) -> None:
    """A headline number, as on the page."""
    frame = _box(slide, x, y, CARD_WIDTH, CARD_HEIGHT, WHITE)
    frame.line.color.rgb, frame.line.width = PALE, Pt(1)
    _box(slide, x, y, CARD_WIDTH, Inches(0.06), NAVY)
    _text(slide, x, y + Inches(0.06), CARD_WIDTH, Inches(0.45), tile.label, 10.5, INK, True)
    _text(slide, x, y + Inches(0.46), CARD_WIDTH, Inches(0.5), tile.text, 24, NAVY, True)
    _text(slide, x, y + Inches(0.98), CARD_WIDTH, CARD_HEIGHT - Inches(0.98), "\n".join(tile.lines), 11)


def _grid(slide: Slide, table: Table, rows: list[tuple[Cell, ...]]) -> None:
    """A native table: columns as wide as their words need, numbers to the right."""
    widths = [int((WIDTH - 2 * MARGIN) * share) for share in column_shares(table, LETTERS)]
    sides = ["r" if any(row[column].number is not None for row in table.rows) else "l" for column in range(len(widths))]
    frame = slide.shapes.add_table(1, len(widths), MARGIN, TOP, Emu(sum(widths)), LINE + EDGES)
    frame.height = Emu((LINE + EDGES) * (len(rows) + 1))
    grid = frame.table._tbl
    for column, width in zip(grid.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Emu(width)
    grid.remove(grid.tr_lst[0])
    grid.append(_row(table.heads, sides, is_head=True))
    grid.extend(_row([cell.text for cell in row], sides) for row in rows)


def _row(texts: Sequence[str], sides: list[str], is_head: bool = False) -> BaseOxmlElement:
    """A row as the file holds it: the library takes ten times as long to lay out each cell."""
    cells = "".join(_cell(words, side, is_head) for words, side in zip(texts, sides, strict=True))
    return parse_xml(f'<a:tr {_A} h="{LINE + EDGES}">{cells}</a:tr>')


def _cell(words: str, side: str, is_head: bool) -> str:
    letters = f'<a:rPr sz="{Pt(TABLE_POINTS).centipoints}" b="{int(is_head)}"/>'
    run = f"<a:r>{letters}<a:t>{escape(words)}</a:t></a:r>" if words else ""
    text = f'<a:txBody><a:bodyPr/><a:lstStyle/><a:p><a:pPr algn="{side}"/>{run}</a:p></a:txBody>'
    return f'<a:tc>{text}<a:tcPr marT="{EDGE}" marB="{EDGE}">{_solid(NAVY) if is_head else ""}</a:tcPr></a:tc>'


def _once_in_the_legend(chart: Chart, *ranks: int) -> None:
    """The second limit of a pair has the name of the first: it is left out of the legend."""
    place = chart.legend._element.find(qn("c:legendPos"))
    for rank in sorted(ranks, reverse=True):
        entry = parse_xml(f'<c:legendEntry {nsdecls("c")}><c:idx val="{rank}"/><c:delete val="1"/></c:legendEntry>')
        place.addnext(entry)


def _line(chart: Chart, rank: int, colour: RGBColor, dash: MSO_LINE | None, is_limit: bool = False) -> None:
    series = chart.plots[0].series[rank]
    if is_limit:
        series.marker.style = XL_MARKER_STYLE.NONE
    series.smooth = False
    series.format.line.color.rgb = colour
    series.format.line.width = Pt(1 if is_limit else 2.25)
    if dash is not None:
        series.format.line.dash_style = dash
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = colour


def _scatter(chart: Chart, rank: int, is_here: bool, curve: int) -> None:
    """Points for territories, lines for limits. curve: rank of the limit, the two of 95 % first; negative for points."""
    series = chart.plots[0].series[rank]
    if curve >= 0:
        series.marker.style = XL_MARKER_STYLE.NONE
        series.format.line.color.rgb = GREY
        series.format.line.width = Pt(1.25)
        series.format.line.dash_style = MSO_LINE.DASH if curve < 2 else MSO_LINE.ROUND_DOT
        return
    series.format.line.fill.background()
    series.marker.style, series.marker.size = (XL_MARKER_STYLE.DIAMOND, 13) if is_here else (XL_MARKER_STYLE.CIRCLE, 8)
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = NAVY if is_here else GREY
    series.marker.format.line.color.rgb = NAVY if is_here else GREY


def ratio_axis(chart: Chart, ratios: list[float]) -> None:
    """The axis up, from a tenth below the lowest ratio to a tenth above the highest."""
    chart.value_axis.major_gridlines.format.line.color.rgb = PALE
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = math.floor(min(ratios) * 10) / 10, math.ceil(max(ratios) * 10) / 10


def _title(chart: Chart, across: str, up: str) -> None:
    for axis, words in ((chart.category_axis, across), (chart.value_axis, up)):
        axis.has_title = True
        axis.axis_title.text_frame.text = words
    chart.category_axis.has_major_gridlines = False
    chart.category_axis.tick_labels.number_format, chart.category_axis.tick_labels.number_format_is_linked = "#,##0", False
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
