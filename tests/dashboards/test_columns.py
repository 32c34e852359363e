"""Tables of slides and documents: columns wide enough for their heads, and no more rows on a slide than its height holds."""

import io

import pytest
from pptx import Presentation
from pptx.util import Inches

from dashboards.exports.columns import column_shares, lines_of
from dashboards.exports.deck import write_deck
from dashboards.exports.slides import EDGES, LETTERS, LINE
from dashboards.model.blocks import Cell, Table
from dashboards.model.page import TerritoryPage
from dashboards.sources.published import Published
from tests.dashboards.test_page_model import page_of

TABLE = Table("t", "T", ("Indicateur", "Référence", "Lecture"), ((Cell("un libellé bien long " * 4), Cell("1,00"), Cell("non différent")),))


@pytest.fixture(scope="module")
def page(published: Published) -> TerritoryPage:
    return page_of(published, "T05")


def test_shares_make_a_whole_and_follow_the_words() -> None:
    shares = column_shares(TABLE)
    assert sum(shares) == pytest.approx(1)
    assert shares[0] > shares[2] > shares[1] > 0.15


def test_a_long_label_takes_lines() -> None:
    assert lines_of(["court", "", ""], column_shares(TABLE), LETTERS) == 1
    assert lines_of(["un libellé bien long " * 4, "", ""], column_shares(TABLE), LETTERS) >= 2


def test_a_table_of_a_slide_ends_above_what_is_written_below(page: TerritoryPage) -> None:
    tables = [shape for slide in Presentation(io.BytesIO(write_deck(page))).slides for shape in slide.shapes if shape.has_table]
    assert len(tables) >= 4
    for shape in tables:
        shares = [column.width / shape.width for column in shape.table.columns]
        rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
        height = sum(EDGES + LINE * lines_of(words, shares, LETTERS) for words in rows)
        assert shape.top + height <= Inches(6.3)


def test_the_series_of_a_funnel_are_of_one_length(page: TerritoryPage) -> None:
    shapes = [shape for slide in Presentation(io.BytesIO(write_deck(page))).slides for shape in slide.shapes if shape.has_chart]
    funnels = [shape.chart.plots[0] for shape in shapes if type(shape.chart.plots[0]).__name__ == "XyPlot"]
    assert funnels
    for plot in funnels:
        assert len({len(list(series.values)) for series in plot.series}) == 1
