"""From a published run to the page of one territory: a pure function.

Belongs here: which numbers the page shows and the sentences around them. Not here: how one number is written (measures.py), nor any layout.
"""

from dashboards.measures import Writer
from dashboards.numbers import Numbers
from dashboards.origins import origins
from dashboards.page import (
    Comparison,
    ConditionSection,
    Costs,
    Link,
    Measure,
    Pyramid,
    Series,
    Stamp,
    Step,
    TerritoryPage,
    Tile,
)
from dashboards.places import Place, place_of
from dashboards.published import COST_BASIS, NO_COST, Definition, Published
from dashboards.spread import spread
from dashboards.table import territory_table
from dashboards.texts import load

STRATA = ("4", "3", "2", "1")
COST_LINES = (
    "cost_total",
    "cost_per_patient",
    "cost_standardised",
    "cost_vs_expected",
    "cost_per_resident",
    "cost_per_resident_vs_expected",
)


def writer_of(published: Published, language: str) -> Writer:
    """The writer of one run in one language."""
    return Writer(published, load(language), Numbers(language))


def territory_page(published: Published, territory_id: str, language: str, links: tuple[Link, ...]) -> TerritoryPage:
    """The page of one declared territory for the year in front. links: every page of the site, this one marked."""
    writer = writer_of(published, language)
    place = place_of(writer, territory_id)
    return TerritoryPage(
        language=language,
        territory_id=territory_id,
        name=place.name,
        file_name=next(link.target for link in links if link.is_here),
        year=place.year,
        stamp=stamp_of(writer),
        links=links,
        sections=tuple(condition_section(writer, place, definition) for definition in published.definitions),
        table=territory_table(writer, place.year, links, here=territory_id),
    )


def stamp_of(writer: Writer) -> Stamp:
    """What the run says of itself, with the warning its coverage and its period call for."""
    published, texts = writer.published, writer.texts
    latest = published.front_row
    checks = "page.checks" if published.checks_total else "page.checks_none"
    warning = texts(f"warning.{latest.coverage}")
    if latest.period_status == "partial":
        warning += " " + texts("warning.partial")
    return Stamp(
        run_id=published.run_id,
        data_through=writer.numbers.day(max(row.data_through for row in published.rows.values())),
        period=texts(f"period.{latest.period_status}"),
        is_synthetic=latest.synthetic,
        coverage=texts(f"coverage.{latest.coverage}"),
        title_note=texts(f"title_note.{latest.coverage}"),
        reference_id=latest.reference_id or texts("page.no_reference"),
        checks=texts(checks, passed=published.checks_passed, total=published.checks_total),
        checks_all_passed=0 < published.checks_total == published.checks_passed,
        warning=warning,
    )


def condition_section(writer: Writer, place: Place, definition: Definition) -> ConditionSection:
    """Everything the page says of one condition in one place."""
    language = writer.texts.language
    pyramid = _pyramid(writer, place, definition)
    costs = _costs(writer, place, definition.condition)
    comparisons = _comparisons(writer, place, definition.condition)
    tiles = _tiles(writer, place, definition.condition, pyramid)
    return ConditionSection(
        condition=definition.condition,
        label=definition.label[language],
        short_label=definition.short[language],
        definition_id=definition.definition_id,
        tiles=tiles,
        pyramid=pyramid,
        comparisons=comparisons,
        comparison_reading=_comparison_reading(writer, place, comparisons[0].measure),
        costs=costs,
        origins=origins(writer, place.territory_id, definition.condition, place.year),
    )


def _tiles(writer: Writer, place: Place, condition: str, pyramid: Pyramid) -> tuple[Tile, ...]:
    cost = [writer.measure(name, place.year, condition, place.territory_id, cost_basis=COST_BASIS) for name in COST_LINES]
    observed = writer.measure("persons_vs_expected", place.year, condition, place.territory_id)
    prevalence = writer.measure("prevalence", place.year, condition, place.territory_id)
    strict = writer.measure("prevalence_all_ages", place.year, condition, place.territory_id, "at_risk_strict")
    return (
        _tile(writer, "persons", pyramid.total, (_share(writer, "persons_share", prevalence), _ratio_line(writer, observed)), observed),
        _tile(writer, "at_risk", pyramid.at_risk_strict, (_share(writer, "at_risk_share", strict), _extended_line(writer, pyramid)), None),
        _tile(writer, "cost_patient", cost[2], (_reference_line(writer, cost[2]), _gap_line(writer, cost[3])), cost[3]),
        _tile(writer, "cost_resident", cost[4], (_expected_line(writer, cost[4], cost[5]), _ratio_line(writer, cost[5])), cost[5]),
    )


def _tile(writer: Writer, name: str, measure: Measure, lines: tuple[str, ...], compared: Measure | None) -> Tile:
    shown = lines if measure.is_shown else (measure.note,)
    verdict = compared.verdict if compared and measure.is_shown else "none"
    return Tile(writer.texts(f"tile.{name}"), measure.text, tuple(line for line in shown if line), verdict, measure)


def _share(writer: Writer, key: str, share: Measure) -> str:
    return writer.texts(f"tile.{key}", share=share.text) if share.is_shown else ""


def _extended_line(writer: Writer, pyramid: Pyramid) -> str:
    return writer.texts("tile.at_risk_extended", persons=pyramid.at_risk_extended.text)


def _ratio_line(writer: Writer, compared: Measure) -> str:
    if not compared.ratio:
        return ""
    key = "tile.persons_ratio" if compared.ratio_interval else "tile.ratio_only"
    return writer.texts(key, ratio=compared.ratio, interval=compared.ratio_interval)


def _reference_line(writer: Writer, standardised: Measure) -> str:
    return writer.texts("tile.cost_patient_reference", reference=standardised.reference) if standardised.reference else ""


def _gap_line(writer: Writer, compared: Measure) -> str:
    if not compared.gap:
        return ""
    row = compared.row
    if row.ratio_lower is None or row.ratio_upper is None:
        return writer.texts("tile.gap_only", gap=compared.gap)
    low, high = (writer.numbers.percent(limit - 1, 1, signed=True) for limit in (row.ratio_lower, row.ratio_upper))
    interval = writer.texts("page.interval_short", lower=low, upper=high)
    return writer.texts("tile.cost_patient_gap", gap=compared.gap, interval=interval)


def _expected_line(writer: Writer, mean: Measure, compared: Measure) -> str:
    expected, residents = compared.row.expected, mean.row.denominator
    if expected is None or not residents:
        return ""
    return writer.texts("tile.cost_resident_reference", expected=writer.numbers.euros(expected / residents))


def _pyramid(writer: Writer, place: Place, definition: Definition) -> Pyramid:
    condition, year, territory = definition.condition, place.year, place.territory_id
    total = writer.measure("persons", year, condition, territory)
    steps = tuple(_step(writer, place, definition, stratum, total) for stratum in STRATA)
    strict, extended = (
        writer.measure("at_risk_persons", year, condition, territory, f"at_risk_{level}") for level in ("strict", "extended")
    )
    cost = writer.measure("cost_5y_per_person", year, condition, territory, cost_basis=COST_BASIS)
    return Pyramid(steps, total, cost, strict, extended, _pyramid_reading(writer, place, definition, total, steps[0]))


def _step(writer: Writer, place: Place, definition: Definition, stratum: str, total: Measure) -> Step:
    persons = writer.measure("persons", place.year, definition.condition, place.territory_id, stratum)
    cost = writer.measure("cost_5y_per_person", place.year, definition.condition, place.territory_id, stratum, COST_BASIS)
    share = writer.numbers.percent(persons.row.value / total.row.value, 1) if persons.row.value is not None and total.row.value else ""
    meaning = definition.strata.get(stratum, {}).get(writer.texts.language, "")
    return Step(stratum, writer.texts("pyramid.stratum", stratum=stratum), meaning, share, persons, cost)


def _pyramid_reading(writer: Writer, place: Place, definition: Definition, total: Measure, top: Step) -> str:
    texts = writer.texts
    if not total.is_shown:
        return texts("pyramid.reading_hidden", year=place.year, place=place.phrase, note=total.note)
    known = top.persons.is_shown and top.cost.is_shown
    sentence = texts("pyramid.reading_top", persons=top.persons.text, cost=top.cost.text) if known else ""
    label = definition.label[texts.language]
    condition = label[0].lower() + label[1:]
    lookback = total.row.lookback_years
    return texts(
        "pyramid.reading", year=place.year, place=place.phrase, persons=total.text, condition=condition, lookback=lookback, top=sentence
    )


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
    basis = COST_BASIS if indicator_id.startswith("cost") else NO_COST
    detail = {"cost_vs_expected": "cost_patient_detail", "cost_per_resident_vs_expected": "cost_resident_detail"}
    text = writer.texts(f"comparison.{detail.get(indicator_id, 'persons_detail')}")
    measure = writer.measure(indicator_id, place.year, condition, place.territory_id, stratum, basis)
    amount = writer.numbers.count if basis == NO_COST else writer.numbers.euros
    observed, expected = (amount(value) if value is not None else "" for value in (measure.row.numerator, measure.row.expected))
    return Comparison(label, text, group, observed, expected, measure, spread(writer, indicator_id, place.year, condition, stratum, basis))


def _comparison_reading(writer: Writer, place: Place, measure: Measure) -> str:
    if not measure.ratio:
        return writer.texts("comparison.reading_hidden", note=measure.note)
    return writer.texts(
        "comparison.reading",
        year=place.year,
        place=place.phrase,
        observed=measure.numerator,
        expected=measure.expected,
        ratio=measure.ratio,
        interval=_in_brackets(writer, measure.row.ratio_lower, measure.row.ratio_upper, measure.ratio_interval),
    )


def _costs(writer: Writer, place: Place, condition: str) -> Costs:
    table = tuple(_series(writer, place, condition, name) for name in COST_LINES)
    _, _, standardised, patient, per_resident, resident = table
    return Costs(
        standardised=standardised,
        per_patient=patient,
        per_resident=resident,
        table=table,
        standardised_reading=_standardised_reading(writer, standardised.measures[-1], patient.measures[-1]),
        patient_reading=_patient_reading(writer, patient.measures[-1]),
        resident_reading=_resident_reading(writer, per_resident.measures[-1], resident.measures[-1]),
    )


def _series(writer: Writer, place: Place, condition: str, indicator_id: str) -> Series:
    label = writer.published.catalogue[indicator_id][f"label_{writer.texts.language}"]
    years = [year for year in writer.published.years if year <= place.year]
    measures = (writer.measure(indicator_id, year, condition, place.territory_id, cost_basis=COST_BASIS) for year in years)
    return Series(label, tuple(measures))


def _standardised_reading(writer: Writer, standardised: Measure, compared: Measure) -> str:
    texts, row = writer.texts, standardised.row
    if not standardised.is_shown or not compared.gap:
        return texts("cost.hidden_reading", note=standardised.note or compared.note)
    return texts(
        "cost.standardised_reading",
        year=row.year,
        value=standardised.text,
        interval=_in_brackets(writer, row.lower, row.upper, standardised.interval),
        reference=standardised.reference,
        gap=compared.gap,
        verdict=texts(f"cost.verdict_{compared.verdict}"),
    )


def _patient_reading(writer: Writer, measure: Measure) -> str:
    row = measure.row
    if row.numerator is None or row.expected is None:
        return writer.texts("cost.hidden_reading", note=measure.note)
    observed, expected = writer.numbers.euros(row.numerator), writer.numbers.euros(row.expected)
    interval = _after_comma(writer, measure)
    return writer.texts("cost.patient_reading", year=row.year, observed=observed, expected=expected, ratio=measure.ratio, interval=interval)


def _resident_reading(writer: Writer, mean: Measure, measure: Measure) -> str:
    if not mean.is_shown or not measure.ratio:
        return writer.texts("cost.hidden_reading", note=measure.note or mean.note)
    row = measure.row
    interval = _in_brackets(writer, row.ratio_lower, row.ratio_upper, measure.ratio_interval)
    return writer.texts("cost.resident_reading", value=mean.text, ratio=measure.ratio, interval=interval)


def _in_brackets(writer: Writer, low: float | None, high: float | None, interval: str) -> str:
    return "" if low is None or high is None else f" ({writer.texts('comparison.interval')} {interval})"


def _after_comma(writer: Writer, measure: Measure) -> str:
    return f", {writer.texts('comparison.interval')} {measure.ratio_interval}" if measure.ratio_interval else ""
