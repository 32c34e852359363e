"""The presentation of a territory page, and of the national one.

Belongs here: which slides, in which order, and the slides only one of them has. Not here: shapes and charts they share (slides.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pptx.chart.chart import Chart
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from dashboards.exports.flat import plain
from dashboards.exports.slides import GREY, INK, MARGIN, NAVY, WIDTH, Slides, ratio_axis
from dashboards.model.blocks import Comparison, Table
from dashboards.model.national_twins import matrix_table, of_condition, ranking_table, reach, territories_table
from dashboards.model.page import ConditionSection, ExportedPage, NationalCondition, NationalPage, TerritoryPage
from dashboards.model.twins import brief_glance_table, care_table, follow_table, use_table
from dashboards.texts import Texts

MOST_RANKED = 30  # territories whose names can be read under one chart


def write_deck(page: ExportedPage) -> bytes:
    """The bytes of the .pptx; the same page gives the same bytes."""
    slides = Slides(page)
    slides.cover()
    if isinstance(page, NationalPage):
        _nation(slides, page)
    else:
        _territory(slides, page)
    slides.methods()
    return slides.save()


def _territory(slides: Slides, page: TerritoryPage) -> None:
    for section in page.sections:
        slides.pyramid(section)
        slides.tables(section.label, _glance(section, slides.t))
        if section.first_look.items:
            slides.first_look(section)
        slides.costs(section)
        slides.funnel(section)
        if section.hospital_use.lines:
            slides.tables(section.label, use_table(section.hospital_use, slides.t))
        if section.care_gaps.lines:
            slides.tables(section.label, care_table(section, slides.t))
        if section.follow_up.lines:
            slides.tables(section.label, follow_table(section, slides.t))


def _glance(section: ConditionSection, t: Texts) -> Table:
    """The overview, and what was said of it when nothing is to be looked at first."""
    table, empty = brief_glance_table(section.glance, t), section.first_look.empty_text
    said = t("page.pair", name=t("first_look.title"), text=empty) if empty else ""
    return replace(table, reading=f"{table.reading}\n{said}".strip())


def _nation(slides: Slides, page: NationalPage) -> None:
    """Each condition: the territories side by side, their ranks with intervals, the funnel, the strata of the whole."""
    table = next(one for one in page.tables if one.year == page.year)
    for rank, condition in enumerate(page.conditions):
        section = condition.section
        territories = territories_table(of_condition(table, rank), slides.t)
        slides.tables(section.label, replace(territories, reading=territories.reading or slides.t("page.overlap")))
        for ranked in _ranked(condition):
            _ranking(slides, condition, ranked)
        slides.tables(section.label, ranking_table(condition, slides.t))
        slides.tables(section.label, matrix_table(condition, slides.t))
        slides.funnel(section)
        slides.pyramid(section)
        if section.hospital_use.lines:
            slides.tables(section.label, use_table(section.hospital_use, slides.t))
        if section.care_gaps.lines:
            slides.tables(section.label, care_table(section, slides.t))


def _ranked(condition: NationalCondition) -> Iterator[tuple[tuple[str, Comparison], ...]]:
    """The territories that have a ratio, as many as a chart can name."""
    shown = tuple((link.name, item) for link, item in condition.ranking if item.measure.row.ratio is not None)
    for first in range(0, len(shown), MOST_RANKED):
        yield shown[first : first + MOST_RANKED]


def _ranking(slides: Slides, condition: NationalCondition, ranked: tuple[tuple[str, Comparison], ...]) -> None:
    """A point per territory with its interval, from the highest ratio to the lowest, beside what was expected."""
    t, rows = slides.t, [item.measure.row for _, item in ranked]
    slide = slides.slide(condition.section.label, t("page.pair", name=t("page.ranking"), text=condition.ranking_label))
    data = CategoryChartData(number_format="0.00")
    data.categories = [plain(name) for name, _ in ranked]
    data.add_series(t("national.ratio_series"), [row.ratio for row in rows])
    data.add_series(t("national.expected_series"), [1.0] * len(rows))
    chart = slides.chart(slide, XL_CHART_TYPE.LINE_MARKERS, data, WIDTH - 2 * MARGIN)
    below, above = zip(*(reach(item.measure) for _, item in ranked), strict=True)
    _points(chart, above, below)
    drawn = [value for row in rows for value in (row.ratio, row.ratio_lower, row.ratio_upper) if value is not None]
    ratio_axis(chart, [1.0, *drawn])
    slides.reading(slide, condition.ranking_reading)


def _points(chart: Chart, above: Sequence[float], below: Sequence[float]) -> None:
    """The first series as points with their intervals (the error bars of the program: none where no interval is claimed), then a line."""
    points, line = chart.plots[0].series
    points.format.line.fill.background()
    points.marker.style, points.marker.size = XL_MARKER_STYLE.CIRCLE, 9
    points.marker.format.fill.solid()
    points.marker.format.fill.fore_color.rgb = points.marker.format.line.color.rgb = NAVY
    bars = f'<c:errBars {nsdecls("c", "a")}><c:errDir val="y"/><c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="0"/>'
    bars += f"<c:plus>{_literal(above)}</c:plus><c:minus>{_literal(below)}</c:minus>"
    bars += f'<c:spPr><a:ln w="19050"><a:solidFill><a:srgbClr val="{GREY}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    points._element.find(qn("c:cat")).addprevious(parse_xml(bars))
    line.smooth = points.smooth = False
    line.marker.style = XL_MARKER_STYLE.NONE
    line.format.line.color.rgb, line.format.line.width, line.format.line.dash_style = INK, Pt(1.5), MSO_LINE.DASH


def _literal(values: Sequence[float]) -> str:
    """Numbers written into the chart itself."""
    points = "".join(f'<c:pt idx="{rank}"><c:v>{value!r}</c:v></c:pt>' for rank, value in enumerate(values))
    return f'<c:numLit><c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>{points}</c:numLit>'
