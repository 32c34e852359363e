"""Follow-up expected and observed: what a cell shows, what it withholds, and what the page says where nothing is known."""

from dataclasses import replace
from typing import Any

import pytest

from dashboards import render
from dashboards.exports.deck import write_deck
from dashboards.exports.workbook import write_workbook
from dashboards.figures import quarters
from dashboards.model.blocks import CareGaps
from dashboards.model.twins import calendar_table, care_table
from dashboards.sources.published import Published
from dashboards.texts import load
from tests.dashboards.test_page_model import page_of

SOURCE = "A source"
BLOOD = {"1": (2, 1, "source"), "2": (3, 1, "proposal"), "3": (1, 2, "source"), "4": (4, 1, "source")}


def entry(
    published: Published, act: str, quarter: int, expected: dict[str, tuple[int, int, str]], is_observable: bool = True
) -> dict[str, Any]:
    due = [
        {"condition": "t2d", "stratum": stratum, "times": times, "years": years, "basis": basis, "source": SOURCE}
        for stratum, (times, years, basis) in expected.items()
    ]
    about = {"act": act, "label_fr": f"Acte {act}", "label_en": f"Act {act}", "quarter": quarter, "is_observable": is_observable}
    about |= {"expected": due, "ranks": [["t2d", ["blood", "heavy", "nothing"].index(act)]]}
    return published.catalogue["persons"] | {"follow_up": about, "conditions": ["t2d"], "unit": "share"}


def followed(published: Published, **cells: dict[str, Any]) -> Published:
    """The publication with acts 'blood', 'heavy' (strata 3 and 4) and 'nothing' (no code). cells: indicator__stratum -> values."""
    catalogue = published.catalogue | {
        "care_gap_blood": entry(published, "blood", 0, BLOOD),
        "care_gap_heavy": entry(published, "heavy", 0, {name: BLOOD[name] for name in "34"}),
        "care_gap_nothing": entry(published, "nothing", 0, BLOOD, is_observable=False),
        **{f"care_acts_blood_q{number}": entry(published, "blood", number, BLOOD) for number in range(1, 5)},
    }
    persons = published.find("persons", published.front_year, "t2d", "T01", "all", "none")
    assert persons is not None
    rows = dict(published.rows)
    none = dict.fromkeys(("numerator", "denominator", "value", "lower", "upper", "expected"))
    for act in ("blood", "heavy", "nothing"):
        for stratum in ("1", "2", "3", "4", "all"):
            is_out = act == "heavy" and stratum not in "34"
            reason = "not_expected" if is_out else "not_observable" if act == "nothing" else "small_place"
            name = f"care_gap_{act}"
            row = replace(persons, indicator_id=name, stratum=stratum, status="not_computable", reason=reason, unit="share", **none)
            rows[name, row.year, "t2d", "T01", stratum, "none"] = row
    for key, values in cells.items():
        name, _, stratum = key.rpartition("__")
        unit = "acts_per_person" if "acts" in name else "share"
        shown = {"status": "ok", "reason": "", "unit": unit} | none | values
        rows[name, persons.year, "t2d", "T01", stratum, "none"] = replace(persons, indicator_id=name, stratum=stratum, **shown)
    return replace(published, catalogue=catalogue, rows=rows)


GAP = {"numerator": 40.0, "denominator": 160.0, "value": 0.25, "lower": 0.19, "upper": 0.32}
SEEN = {"numerator": 80.0, "denominator": 160.0, "value": 0.5, "lower": 0.4, "upper": 0.6, "expected": 120.0}
HIDDEN = {"status": "suppressed_primary", "reason": "few_persons"}


@pytest.fixture
def told(published: Published) -> Published:
    quarter = {f"care_acts_blood_q{number}__2": SEEN for number in (1, 2, 4)} | {"care_acts_blood_q3__2": HIDDEN}
    return followed(published, care_gap_blood__2=GAP, care_gap_blood__4=HIDDEN, **quarter)


def block_of(published: Published) -> CareGaps:
    return page_of(published, "T01").sections[0].care_gaps


def test_a_cell_says_what_is_expected_who_had_fewer_and_the_acts_of_each_quarter(told: Published) -> None:
    blood = block_of(told).lines[0]
    assert [cell.expected for cell in blood.cells] == ["2 par an", "3 par an*", "1 en 2 ans", "4 par an", ""]
    assert [cell.text for cell in blood.cells] == ["n. c.", "25,00\u202f%", "n. c.", "< 11", "n. c."]
    assert [one.text for one in blood.cells[1].quarters] == ["0,50", "0,50", "< 11", "0,50"]
    assert not blood.cells[0].quarters


def test_what_is_not_expected_or_not_shown_by_any_code_is_said_not_counted(told: Published) -> None:
    lines = {line.label: line for line in block_of(told).lines}
    assert [cell.is_expected for cell in lines["Acte heavy"].cells] == [False, False, True, True, False]
    assert "Aucun code" in lines["Acte nothing"].note and not lines["Acte blood"].note


def test_the_reading_has_the_numbers_of_a_cell(told: Published) -> None:
    block = block_of(told)
    assert "40 des 160 personnes de la strate 2" in block.text and "3 par an" in block.text
    assert "0,50 acte par personne" in block.quarter and "0,75 attendu" in block.quarter
    assert "trop peu de personnes" in block.hidden and "moins de 11 personnes" in block.hidden and "code" not in block.hidden


def test_a_quarter_that_is_withheld_is_a_cross_never_a_bar(told: Published) -> None:
    line = block_of(told).lines[0]
    figure = str(quarters.draw(line, line.cells[1], load("fr")))
    assert figure.count('fill="#2671a8"') == 3 and figure.count("l-7 7") == 1
    assert "trimestre 1\u00a0: 0,50 vu, 0,75 attendu" in figure and "trimestre 3\u00a0: &lt; 11" in figure
    assert quarters.draw(line, line.cells[0], load("fr")) == ""


def test_the_twins_hold_every_number_of_the_figures(told: Published) -> None:
    section, texts = page_of(told, "T01").sections[0], load("fr")
    brief, whole = care_table(section, texts), calendar_table(section, texts)
    assert brief.rows[0][3].number == 0.25 and brief.rows[1][2].text == "non attendu"
    (row,) = [one for one in whole.rows if one[0].text == "Acte blood, Strate 2"]
    assert [cell.number for cell in row[6:10]] == [80, 120, 80, 120]
    assert (row[10].text, row[10].number, row[11].number) == ("< 11", None, None)
    (masked,) = [one for one in whole.rows if one[0].text == "Acte blood, Strate 4"]
    assert {cell.text for cell in masked[6:]} == {"masqué"}  # with the gap, whose own word is '< 11'
    assert len({len(one) for one in whole.rows} | {len(whole.heads)}) == 1


def test_the_page_the_workbook_and_the_slides_show_the_section(told: Published) -> None:
    page = page_of(told, "T01")
    html = render.render_territory(page)
    card = html.partition('id="t2d-care"')[2].partition("</section>")[0]
    assert "25,00\u202f%" in card and 'class="quarters"' in card and "Lecture" in card and "Ce qui se fait à l’hôpital" in card
    assert write_workbook(page) and write_deck(page)


def test_a_year_without_its_ambulatory_care_is_said_to_be_without(published: Published) -> None:
    uncovered = {"status": "not_computable", "reason": "ambulatory_care"}
    cells = {f"care_gap_{act}__{stratum}": uncovered for act in ("blood", "heavy") for stratum in ("1", "2", "3", "4", "all")}
    block = block_of(followed(published, **cells))
    assert not block.lines and "[coverage.dcir]" in block.text
    assert "SNDS" in block_of(published).text  # and a run that has none at all
