"""The files of the national page say what the page says: the same numbers and masks, every territory in its place."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pytest
from pptx import Presentation
from pptx.oxml.ns import qn
from pptx.util import Inches

from dashboards.exports.deck import MOST_RANKED, write_deck
from dashboards.exports.flat import write_csv
from dashboards.exports.workbook import write_workbook
from dashboards.model.national_twins import head_tables, page_measures, page_tables
from dashboards.model.page import Link, NationalPage, Navigation
from dashboards.pages.national import national_page
from dashboards.pages.territory import writer_of
from dashboards.sources.published import Published
from dashboards.texts import load
from tests.dashboards.conftest import measures
from tests.dashboards.test_exports import charts, near, slide_texts
from tests.dashboards.test_page_model import page_of
from tests.support.published_sample import TERRITORIES

WRITERS: dict[str, Callable[[NationalPage], bytes]] = {".xlsx": write_workbook, ".pptx": write_deck, ".csv": write_csv}
NUMBERS = ("numerator", "denominator", "value", "lower", "upper", "expected", "ratio", "ratio_lower", "ratio_upper", "reference_value")


def national(published: Published, language: str = "fr") -> NationalPage:
    links = (Link("", "index.html", True), *(Link(name, f"{key}.html", False) for key, name in published.territories.items()))
    return national_page(writer_of(published, language), Navigation(links))


def without_ratio(published: Published, territory: str) -> Published:
    """The same publication, the persons of one territory and their ratio masked."""

    def masked(row: object) -> object:
        hides = row.territory_id == territory and row.indicator_id in ("persons", "persons_vs_expected") and row.condition == "t2d"  # type: ignore[attr-defined]
        state = {"status": "suppressed_secondary", "reason": "protects_another_cell"} | dict.fromkeys(NUMBERS)
        return replace(row, **state) if hides else row  # type: ignore[type-var]

    return replace(
        published,
        rows={key: masked(row) for key, row in published.rows.items()},
        groups={key: tuple(map(masked, rows)) for key, rows in published.groups.items()},
    )


@pytest.fixture(scope="module")
def page(published: Published) -> NationalPage:
    return national(published)


@pytest.fixture(scope="module")
def book(page: NationalPage) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(write_workbook(page)))


@pytest.fixture(scope="module")
def deck(page: NationalPage) -> Presentation:
    return Presentation(io.BytesIO(write_deck(page)))


def test_every_table_of_the_page_is_a_sheet_with_the_same_numbers(page: NationalPage, book: openpyxl.Workbook) -> None:
    tables = [*head_tables(page, load("fr")).values(), *(table for _, found in page_tables(page, load("fr")) for table in found)]
    sheets = [sheet for sheet in book.worksheets[1:] if not sheet.title.endswith("nombres")]
    assert len(sheets) == len(tables) >= 5 + 2 * 5
    for table, sheet in zip(tables, sheets, strict=True):
        assert tuple(cell.value for cell in sheet[3]) == table.heads
        for rank, row in enumerate(table.rows, start=4):
            found = [None if cell.value == "" else cell.value for cell in sheet[rank]][: len(row)]
            assert found == [near(cell.number) if cell.number is not None else cell.text or None for cell in row]


def test_the_ratio_of_a_territory_is_the_same_in_every_format(
    page: NationalPage, pages: dict[str, str], book: openpyxl.Workbook, deck: Presentation, published: Published
) -> None:
    lines = list(csv.DictReader(io.StringIO(write_csv(page).decode("utf-8-sig")), delimiter=";"))
    drawn = dict(zip(charts(deck)[0].plots[0].categories, charts(deck)[0].plots[0].series[0].values, strict=True))
    ranked = {row[0]: row[4] for row in book["T2D classement"].iter_rows(min_row=4, values_only=True) if isinstance(row[1], int)}
    asked = {"indicator_id": "persons_vs_expected", "condition": "t2d", "year": "2025", "stratum": "all"}
    told = {line["territory_name"]: float(line["ratio"]) for line in lines if all(line[key] == value for key, value in asked.items())}
    for territory, name in TERRITORIES.items():
        row = published.find("persons_vs_expected", 2025, "t2d", territory, "all", "none")
        own = next(one for one in page_of(published, territory).sections[0].comparisons if one.measure.row.stratum == "all")
        assert row is not None and row.ratio is not None
        assert row.ratio == near(drawn[name]) == near(ranked[name]) == near(told[name]) == near(own.measure.row.ratio)
        assert own.measure.ratio in pages["index.html"] and own.measure.ratio in slide_texts(deck)


def test_the_intervals_drawn_are_those_of_the_page(page: NationalPage, deck: Presentation) -> None:
    rows = [item.measure.row for _, item in page.conditions[0].ranking]
    bars = charts(deck)[0].plots[0].series[0]._element.xpath("./c:errBars")
    plus, minus = ([float(value.text) for value in bars[0].find(qn(f"c:{end}")).iter(qn("c:v"))] for end in ("plus", "minus"))
    with zipfile.ZipFile(io.BytesIO(write_workbook(page))) as book:
        charts_of = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/charts/chart")]
    ranked = [text for text in charts_of if "errBars" in text]
    assert len(ranked) == len(page.conditions)
    for end, values in (("plus", plus), ("minus", minus)):
        (bars,) = re.findall(f"<c:{end}>.*?</c:{end}>", ranked[0])
        assert [float(one) for one in re.findall(r"<c:v>([^<]+)</c:v>", bars)] == [near(one) for one in values]
    assert plus == [near(row.ratio_upper - row.ratio) for row in rows] and minus == [near(row.ratio - row.ratio_lower) for row in rows]


def test_ranks_go_down_and_a_masked_ratio_is_said_last_and_drawn_nowhere(published: Published) -> None:
    page = national(without_ratio(published, "T01"))
    deck = Presentation(io.BytesIO(write_deck(page)))
    sheet = openpyxl.load_workbook(io.BytesIO(write_workbook(page)))["T2D classement"]
    rows = list(sheet.iter_rows(min_row=4, max_row=8, values_only=True))
    ratios = [row[4] for row in rows[:-1]]
    assert ratios == sorted(ratios, reverse=True) and [row[1] for row in rows] == [1, 2, 3, 4, "–"]
    assert rows[-1][0] == TERRITORIES["T01"] and rows[-1][4] == "masqué"
    assert TERRITORIES["T01"] not in list(charts(deck)[0].plots[0].categories) and "masqué" in slide_texts(deck)
    hidden = [line for line in csv.DictReader(io.StringIO(write_csv(page).decode("utf-8-sig")), delimiter=";") if line["text"] == "masqué"]
    assert hidden and all(line[name] == "" for line in hidden for name in NUMBERS)


def test_every_number_of_the_page_is_told_once(page: NationalPage) -> None:
    for (section, told), condition in zip(page_measures(page), page.conditions, strict=True):
        keys = [(row.indicator_id, row.year, row.territory_id, row.stratum, row.cost_basis) for row in (one.row for one in told)]
        assert len(keys) == len(set(keys)) and section is condition.section
        shown = [one.row for one in measures((condition.lines, condition.ranking)) if one.is_shown]
        assert len(shown) == len(TERRITORIES) * 4
        assert {(row.indicator_id, row.year, row.territory_id, row.stratum, row.cost_basis) for row in shown} <= set(keys)


def test_slides_are_wide_marked_and_never_of_more_territories_than_can_be_read(page: NationalPage, deck: Presentation) -> None:
    for slide in deck.slides:
        text = "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert "DONNÉES SYNTHÉTIQUES" in text and page.stamp.run_id in text
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= deck.slide_width == Inches(13.333)
            assert shape.top >= 0 and shape.top + shape.height <= deck.slide_height
    condition = page.conditions[0]
    many = replace(condition, ranking=condition.ranking * (MOST_RANKED // len(condition.ranking) + 1))
    counts = [len(list(one.plots[0].categories)) for one in charts(Presentation(io.BytesIO(write_deck(replace(page, conditions=(many,))))))]
    assert counts[0] == MOST_RANKED and sum(counts[:2]) == len(many.ranking)


@pytest.mark.parametrize("ending", WRITERS)
def test_the_same_page_gives_the_same_bytes(page: NationalPage, ending: str) -> None:
    assert WRITERS[ending](page) == WRITERS[ending](page)


@pytest.mark.parametrize("ending", WRITERS)
def test_a_reader_of_no_territory_gets_the_whole(published: Published, ending: str) -> None:
    alone = replace(published, territories={})
    assert len(WRITERS[ending](national(alone))) > 1_000


@pytest.mark.parametrize("ending", [".xlsx", ".pptx"])
def test_english_files_are_english(published: Published, ending: str) -> None:
    with zipfile.ZipFile(io.BytesIO(WRITERS[ending](national(published, "en")))) as archive:
        text = " ".join(archive.read(name).decode() for name in archive.namelist() if re.search(r"(sharedStrings|slide\d+)\.xml$", name))
    assert "Persons" in text and "Ranking" in text
    assert not re.search("Personnes|Coût|Lecture|attendu", text)


def formats(page: NationalPage) -> set[str]:
    return {cell.number_format for sheet in openpyxl.load_workbook(io.BytesIO(write_workbook(page))) for row in sheet for cell in row}


def test_money_and_shares_are_written_as_the_language_does(published: Published) -> None:
    """A % outside of quotation marks: inside, a spreadsheet would show 0,03 for 3,23 %."""
    french, english = formats(national(published)), formats(national(published, "en"))
    assert {'[<100]0.00"\u202f€";#,##0"\u202f€"', '0.00"\u202f"%'} <= french and {'[<100]"€"0.00;"€"#,##0', "0.00%"} <= english
    assert not [one for one in english if re.search(r"0\W*€", one.replace(";", "").replace('"€"', ""))]
