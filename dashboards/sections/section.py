"""Everything a page says of one condition in one place.

Belongs here: which numbers are shown, and beside which. Not here: how one is written (measures.py), sentences (readings.py), any layout.
"""

from dataclasses import replace

from dashboards.model.blocks import Comparison, Costs, Measure, Pyramid, Series, Step
from dashboards.model.measures import Writer
from dashboards.model.page import ConditionSection
from dashboards.model.readings import (
    comparison_reading,
    gap_reading,
    history_note,
    patient_reading,
    pyramid_reading,
    resident_reading,
    standardised_reading,
)
from dashboards.sections.calibration import calibration
from dashboards.sections.care_gaps import care_gaps
from dashboards.sections.comparators import comparators
from dashboards.sections.first_look import first_look
from dashboards.sections.follow_up import follow_up
from dashboards.sections.funnel import funnel
from dashboards.sections.glance import glance
from dashboards.sections.hospital_use import hospital_use
from dashboards.sections.movements import movements
from dashboards.sections.origins import origins
from dashboards.sections.profile import profile
from dashboards.sections.spread import spread
from dashboards.sections.territory_map import territory_map
from dashboards.sections.tiles import tiles
from dashboards.sources.places import Place
from dashboards.sources.published import COMPARED_BASIS, NO_COST, Definition

STRATA = ("4", "3", "2", "1")
COST_LINES = (
    "cost_total",
    "cost_per_patient",
    "cost_standardised",
    "cost_vs_expected",
    "cost_gap",
    "cost_per_resident",
    "cost_per_resident_vs_expected",
)


def condition_section(writer: Writer, place: Place, definition: Definition) -> ConditionSection:
    """Everything the page says of one condition in one place."""
    language = writer.texts.language
    pyramid = _pyramid(writer, place, definition)
    costs = _costs(writer, place, definition.condition)
    comparisons = _comparisons(writer, place, definition.condition)
    shown = glance(writer, place, definition.condition)
    return ConditionSection(
        condition=definition.condition,
        label=definition.label[language],
        definition_id=definition.definition_id,
        tiles=tiles(writer, place, definition.condition, pyramid),
        basis_note="" if writer.published.cost_basis == COMPARED_BASIS else writer.texts("tile.basis"),
        pyramid=pyramid,
        comparisons=comparisons,
        comparison_reading=comparison_reading(writer, place, comparisons[0].measure),
        glance=shown,
        first_look=first_look(writer, shown),
        funnel=funnel(writer, place, definition.condition),
        map=territory_map(writer, place, definition.condition),
        comparators=comparators(writer, place, shown),
        hospital_use=hospital_use(writer, place, definition.condition),
        care_gaps=care_gaps(writer, place, definition.condition),
        movements=movements(writer, place, definition.condition),
        calibration=calibration(writer, place, definition.condition),
        profile=profile(writer, place, definition.condition),
        follow_up=follow_up(writer, place, definition.condition),
        costs=costs,
        origins=origins(writer, place.territory_id, definition.condition, place.year),
    )


def _pyramid(writer: Writer, place: Place, definition: Definition) -> Pyramid:
    condition, year, territory = definition.condition, place.year, place.territory_id
    total = writer.measure("persons", year, condition, territory)
    steps = tuple(_step(writer, place, definition, stratum, total) for stratum in STRATA)
    strict, extended = (
        writer.measure("at_risk_persons", year, condition, territory, f"at_risk_{level}") for level in ("strict", "extended")
    )
    cost = writer.measure("cost_5y_per_person", year, condition, territory, cost_basis=writer.published.cost_basis)
    return Pyramid(
        total.row.lookback_years, steps, total, cost, strict, extended, pyramid_reading(writer, place, definition, total, steps[0])
    )


def _step(writer: Writer, place: Place, definition: Definition, stratum: str, total: Measure) -> Step:
    persons = writer.measure("persons", place.year, definition.condition, place.territory_id, stratum)
    cost = writer.measure("cost_5y_per_person", place.year, definition.condition, place.territory_id, stratum, writer.published.cost_basis)
    share = writer.numbers.percent(persons.row.value / total.row.value, 1) if persons.row.value is not None and total.row.value else ""
    meaning = definition.strata.get(stratum, {}).get(writer.texts.language, "")
    return Step(stratum, writer.texts("pyramid.stratum", stratum=stratum), meaning, share, persons, cost)


def _comparisons(writer: Writer, place: Place, condition: str) -> tuple[Comparison, ...]:
    texts = writer.texts
    group = texts("comparison.persons_group")
    lines = [compare(writer, place, condition, "persons_vs_expected", "all", texts("comparison.persons_all"), group)]
    for stratum in STRATA:
        label = texts("comparison.persons_stratum", stratum=stratum)
        lines.append(compare(writer, place, condition, "persons_vs_expected", stratum, label, group))
    group = texts("comparison.cost_group")
    for indicator, name in (("cost_vs_expected", "cost_patient"), ("cost_per_resident_vs_expected", "cost_resident")):
        lines.append(compare(writer, place, condition, indicator, "all", texts(f"comparison.{name}"), group))
    return tuple(lines)


def compare(writer: Writer, place: Place, condition: str, indicator_id: str, stratum: str, label: str, group: str) -> Comparison:
    """One line that sets the observed beside the expected, with the spread of the territories."""
    basis = writer.published.cost_basis if indicator_id.startswith("cost") else NO_COST
    detail = {"cost_vs_expected": "cost_patient_detail", "cost_per_resident_vs_expected": "cost_resident_detail"}
    text = writer.texts(f"comparison.{detail.get(indicator_id, 'persons_detail')}")
    measure = writer.measure(indicator_id, place.year, condition, place.territory_id, stratum, basis)
    amount = writer.numbers.count if basis == NO_COST else writer.numbers.euros
    observed, expected = (amount(value) if value is not None else "" for value in (measure.row.numerator, measure.row.expected))
    return Comparison(label, text, group, observed, expected, measure, spread(writer, indicator_id, place.year, condition, stratum, basis))


def _costs(writer: Writer, place: Place, condition: str) -> Costs:
    table = {name: _series(writer, place, condition, name) for name in COST_LINES if name in writer.published.catalogue}
    last = {name: series.measures[-1] for name, series in table.items()}
    gap = last.get("cost_gap")
    told = patient_reading(writer, last["cost_vs_expected"])
    return Costs(
        standardised=table["cost_standardised"],
        per_patient=table["cost_vs_expected"],
        per_resident=table["cost_per_resident_vs_expected"],
        table=tuple(table.values()),
        standardised_reading=standardised_reading(writer, last["cost_standardised"], last["cost_vs_expected"]),
        patient_reading=f"{told} {gap_reading(writer, gap)}".strip() if gap else told,
        resident_reading=resident_reading(writer, last["cost_per_resident"], last["cost_per_resident_vs_expected"]),
        history_note=history_note(writer, table["cost_total"]),
    )


def _series(writer: Writer, place: Place, condition: str, indicator_id: str) -> Series:
    label = writer.published.catalogue[indicator_id][f"label_{writer.texts.language}"]
    years = [year for year in writer.published.years if year <= place.year]
    measures = (writer.measure(indicator_id, year, condition, place.territory_id, cost_basis=COMPARED_BASIS) for year in years)
    if indicator_id == "cost_gap":  # its reference is a mean per person: beside a gap it would mislead
        measures = (replace(measure, reference="") for measure in measures)
    return Series(label, tuple(measures))
