"""How to read a block is told with a number of that block, and without one where it has none."""

from dataclasses import replace

import pytest

from dashboards.model.page import Navigation
from dashboards.pages.methods import methods_page
from dashboards.pages.territory import writer_of
from dashboards.sections.movements import movements
from dashboards.sections.profile import profile
from dashboards.sources.places import place_of
from dashboards.sources.published import ALL, Published, Row
from tests.dashboards.test_national_exports import national, without_ratio
from tests.dashboards.test_page_model import page_of
from tests.support.published_sample import TERRITORIES


def with_share(published: Published, name: str, values: dict[tuple[str, str], float]) -> Published:
    """The publication with an indicator of shares: values by territory and stratum, in the year in front, of the first condition."""
    model = published.find("prevalence", published.front_year, "t2d", "T01", "all", "none")
    assert model is not None
    rows: list[Row] = [replace(model, indicator_id=name, territory_id=key[0], stratum=key[1], value=one) for key, one in values.items()]
    groups = {(name, "t2d", place): tuple(row for row in rows if row.territory_id == place) for place, _ in values}
    found = {(name, row.year, "t2d", row.territory_id, row.stratum, "none"): row for row in rows}
    catalogue = published.catalogue | {name: {"label_fr": "Part : Femmes", "label_en": "Share: Women", "cohort": "stock"}}
    return replace(published, rows=published.rows | found, groups=published.groups | groups, catalogue=catalogue)


def test_hospital_use_is_read_with_its_last_year(published: Published) -> None:
    block = page_of(published, "T01").sections[0].hospital_use
    label, cells = next((label, cells) for label, cells in block.lines if cells[-1].gap.number is not None)
    assert f"en 2025, «\u00a0{label}\u00a0», {cells[-1].observed.text} pour {cells[-1].expected.text} attendus" in block.reading
    assert cells[-1].gap.text in block.reading


def test_the_whole_beside_itself_is_said_to_be_its_own_reference(published: Published) -> None:
    block = national(published).sections[0].hospital_use
    assert "sa propre référence" in block.reading and "attendus" not in block.reading


def test_the_gap_in_euros_is_read_and_tabled_with_its_interval(published: Published) -> None:
    model = published.find("cost_total", 2025, "t2d", "T01", "all", "standard")
    assert model is not None
    row = replace(model, indicator_id="cost_gap", value=-1000.0, lower=-3000.0, upper=500.0, ratio=0.9, reference_value=6000.0)
    entry = {"cost_gap": {"label_fr": "Écart de coût à l’attendu", "label_en": "Cost gap"}}
    key = ("cost_gap", 2025, "t2d", "T01", "all", "standard")
    page = page_of(replace(published, rows=published.rows | {key: row}, catalogue=published.catalogue | entry), "T01")
    costs = page.sections[0].costs
    assert "−1\u202f000\u00a0€ (IC 95\u202f% −3\u202f000\u00a0€ à +500\u00a0€)" in costs.patient_reading
    line = next(series for series in costs.table if series.label == "Écart de coût à l’attendu")
    assert (line.measures[-1].interval, line.measures[-1].reference) == ("−3\u202f000\u00a0€ à 500\u00a0€", "")
    assert "n’est pas une économie" not in page_of(published, "T01").sections[0].costs.patient_reading


def test_the_settings_of_a_run_are_said_in_words(published: Published) -> None:
    settings = published.receipt["settings"] | {"method": published.receipt["settings"]["method"] | {"pie_rule": "c", "new_key": 3}}
    writer = writer_of(replace(published, receipt=published.receipt | {"settings": settings}), "fr")
    said = dict(methods_page(writer, Navigation(()), {}).scope)
    assert said["Coûts en tête de page"] == "tarif public national d’une seule année (cost_basis\u00a0: standard)"
    assert said["Maladies"] == "Diabète de type 2, Insuffisance cardiaque (conditions)"
    assert said["Prestations inter-établissements"].endswith("(pie_rule\u00a0: c)") and said["new_key"] == "3"


@pytest.mark.parametrize(("language", "words"), [("fr", "personnes repérées pour"), ("en", "persons found for")])
def test_the_territories_are_read_with_the_first_that_has_a_ratio(published: Published, language: str, words: str) -> None:
    first = next(iter(published.territories))
    for held, rank in ((published, 0), (without_ratio(published, first), 1)):
        condition = national(held, language).conditions[0]
        link, items = condition.lines[rank]
        assert f"{link.name} " in condition.reading and f"{items[0].observed} {words} {items[0].expected}" in condition.reading
        assert condition.ranking[0][0].name in condition.ranking_reading
        assert condition.ranking[0][1].measure.ratio in condition.ranking_reading


def test_without_a_ratio_it_is_said_why(published: Published) -> None:
    hidden = published
    for territory in TERRITORIES:
        hidden = without_ratio(hidden, territory)
    condition = national(hidden).conditions[0]
    assert condition.reading == condition.ranking_reading and condition.lines[0][1][0].measure.note in condition.reading
    alone = national(replace(published, territories={})).conditions[0]
    assert alone.reading.startswith("Chaque point") and alone.ranking_reading.startswith("Les territoires vont")


def test_passages_are_read_with_the_first_that_is_shown(published: Published) -> None:
    writer = writer_of(with_share(published, "transition_to_1", {("T01", "2"): 0.1234, ("T01", "3"): 0.2}), "fr")
    text = movements(writer, place_of(writer, "T01"), "t2d").text
    assert text.startswith("Lecture\u00a0: des personnes de la strate 2 au début de 2025, 12,34\u202f%")


WHOSE = [("T01", "41,00\u202f% des personnes repérées, 42,00\u202f% dans"), (ALL, "42,00\u202f% des personnes repérées.")]


@pytest.mark.parametrize(("place", "words"), WHOSE)
def test_who_the_persons_are_is_read_beside_the_whole(published: Published, place: str, words: str) -> None:
    writer = writer_of(with_share(published, "share_women", {("T01", "all"): 0.41, (ALL, "all"): 0.42}), "fr")
    assert words in profile(writer, place_of(writer, place), "t2d").text
