"""Blocks as tables: the twin of every figure, the sheets of the workbook, the tables of the slides are these same objects.

Belongs here: columns and rows of each block. Not here: any number that the block does not hold.
"""

from dataclasses import replace

from dashboards.model.blocks import ActCell, Cell, Comparators, Funnel, Glance, HospitalUse, Measure, Profile, Pyramid, Table, TerritoryMap
from dashboards.model.measures import KINDS
from dashboards.model.page import ConditionSection
from dashboards.sources.published import STRATA
from dashboards.texts import Texts


def value_cell(measure: Measure) -> Cell:
    """The value of a measure."""
    return Cell(measure.text, measure.row.value if measure.is_shown else None, KINDS.get(measure.row.unit, "decimal"))


def ratio_cells(measure: Measure) -> tuple[Cell, Cell]:
    """The ratio of a measure, then its interval; where there is none, the word and the reason."""
    if not measure.ratio:
        return Cell(measure.text), Cell(measure.note)
    return Cell(measure.ratio, measure.row.ratio, "ratio"), Cell(measure.ratio_interval or measure.note)


def section_tables(section: ConditionSection, texts: Texts) -> tuple[Table, ...]:
    """Every block of one condition that has numbers, in the order of the page."""
    made = (
        glance_table(section.glance, texts),
        pyramid_table(section.pyramid, texts),
        cost_table(section, texts),
        comparison_table(section, texts),
        use_table(section.hospital_use, texts),
        funnel_table(section.funnel, texts),
        map_table(section.map, texts),
        comparators_table(section.comparators, texts),
        profile_table(section.profile, texts),
        care_table(section, texts),
        calendar_table(section, texts),
        movement_table(section, texts),
        calibration_table(section, texts),
        follow_table(section, texts),
    )
    return tuple(table for table in made if table.rows)


def glance_table(block: Glance, t: Texts) -> Table:
    """One row per indicator: value, interval, parts, reference, range of the territories, verdict, trend."""
    heads = ("indicator", "value", "interval", "numerator", "denominator", "reference", "range", "verdict", "trend")
    names = {"value": "origin.value", "interval": "origin.interval", "numerator": "origin.numerator", "denominator": "origin.denominator"}
    rows = tuple(
        (
            Cell(f"{line.label} ({line.unit})" if line.unit else line.label),
            value_cell(line.measure),
            Cell(line.measure.interval),
            _count(line.measure.numerator, line.measure.row.numerator),
            _count(line.measure.denominator, line.measure.row.denominator),
            Cell(line.reference_text, line.reference, KINDS.get(line.measure.row.unit, "decimal")),
            Cell(line.spread.text if line.spread else t("comparison.mini_no_spread")),
            Cell(line.verdict_text),
            Cell(line.trend_text),
        )
        for line in block.lines
    )
    columns = tuple(t(names.get(name, f"glance.{name}")) for name in heads)
    return Table("glance", t("glance.title"), columns, rows, block.reading)


def brief_glance_table(block: Glance, t: Texts) -> Table:
    """The overview as a room or a letter reads it: value and interval together, no unit beside the names."""
    heads = ("indicator", "count", "value", "reference", "verdict", "trend")
    rows = tuple(
        (
            Cell(line.label),
            Cell(line.count, line.measure.row.value if line.measure.is_shown else None),
            replace(
                value_cell(line.measure),
                text=f"{line.measure.text} ({line.measure.interval})" if line.measure.interval else line.measure.text,
            ),
            Cell(line.reference_text, line.reference),
            Cell(line.verdict_text),
            Cell(line.trend_text),
        )
        for line in block.lines
    )
    return Table("glance", t("glance.title"), tuple(t(f"glance.{name}") for name in heads), rows, block.reading)


def pyramid_table(block: Pyramid, t: Texts) -> Table:
    """Strata, their total, people at risk."""
    lines = [(step.label, step.persons, step.share, step.cost) for step in block.steps]
    rows = [(Cell(label), value_cell(persons), Cell(share), value_cell(cost), Cell(cost.interval)) for label, persons, share, cost in lines]
    rows.append(
        (Cell(t("pyramid.total")), value_cell(block.total), Cell(""), value_cell(block.total_cost), Cell(block.total_cost.interval))
    )
    for name, measure in (("strict", block.at_risk_strict), ("extended", block.at_risk_extended)):
        rows.append((Cell(t(f"pyramid.{name}")), value_cell(measure), Cell(""), Cell(""), Cell("")))
    heads = (
        t("origin.stratum"),
        t("pyramid.persons"),
        t("pyramid.share"),
        t("pyramid.cost", lookback=block.lookback_years),
        t("origin.interval"),
    )
    return Table("pyramid", t("pyramid.title", lookback=block.lookback_years), heads, tuple(rows), block.reading)


def cost_table(section: ConditionSection, t: Texts) -> Table:
    """One row per indicator of cost, one column per year."""
    years = [str(measure.row.year) for measure in section.costs.standardised.measures]
    rows = tuple((Cell(series.label), *(value_cell(measure) for measure in series.measures)) for series in section.costs.table)
    reading = "\n".join((section.costs.standardised_reading, section.costs.patient_reading, section.costs.resident_reading))
    return Table("costs", t("cost.table_title"), (t("cost.indicator"), *years), rows, reading)


def comparison_table(section: ConditionSection, t: Texts) -> Table:
    """Observed, expected, ratio."""
    rows = []
    for item in section.comparisons:
        row, kind = item.measure.row, "count" if item.measure.row.cost_basis == "none" else "eur"
        parts = (Cell(item.observed, row.numerator, kind), Cell(item.expected, row.expected, kind))
        rows.append((Cell(f"{item.group}, {item.label}"), *parts, *ratio_cells(item.measure), Cell(item.measure.verdict_text)))
    heads = (*(t(f"comparison.{name}") for name in ("indicator", "observed", "expected")), t("origin.ratio_alone"), t("origin.interval"))
    return Table("expected", t("comparison.title"), (*heads, t("comparison.verdict")), tuple(rows), section.comparison_reading)


def use_table(block: HospitalUse, t: Texts) -> Table:
    """Observed, expected and gap of each year."""
    parts = ("observed", "expected", "gap")
    heads = (t("use.indicator"), *(t("use.head", year=year, part=t(f"use.{part}")) for year in block.years for part in parts))
    rows = tuple((Cell(label), *(part for one in cells for part in (one.observed, one.expected, one.gap))) for label, cells in block.lines)
    return Table("use", t("use.title"), heads, rows, block.reading)


def funnel_table(block: Funnel, t: Texts) -> Table:
    """One row per territory: expected, observed, ratio."""
    rows = tuple(
        (
            Cell(t("funnel.here", name=point.name) if point.is_here else point.name),
            Cell(point.measure.expected, point.measure.row.expected, "count"),
            Cell(point.measure.numerator, point.measure.row.numerator, "count"),
            *ratio_cells(point.measure),
            Cell(point.measure.verdict_text),
        )
        for point in block.points
    )
    names = ("funnel.territory", "funnel.expected", "funnel.observed", "origin.ratio_alone", "origin.interval", "funnel.verdict")
    return Table("funnel", t("page.pair", name=block.title, text=block.label), tuple(map(t, names)), rows, block.reading)


def map_table(block: TerritoryMap, t: Texts) -> Table:
    """One row per territory: ratio."""
    rows = tuple((Cell(tile.name), *ratio_cells(tile.measure), Cell(tile.measure.verdict_text)) for tile in block.tiles)
    heads = (t("map.territory"), t("origin.ratio_alone"), t("origin.interval"), t("map.verdict"))
    return Table("map", t("page.pair", name=t("map.title"), text=block.label), heads, rows, block.reading)


def comparators_table(block: Comparators, t: Texts) -> Table:
    """The overview beside France, the region and the neighbours."""
    heads = (t("glance.indicator"), t("map.territory"), *block.columns)
    return Table("compare", t("comparators.title"), heads, block.rows, block.reading)


def profile_table(block: Profile, t: Texts) -> Table:
    """Persons by sex, by age band, and their characteristics, beside those of the whole extract where it is another place."""
    if not any(whole for _, _, whole in block.rows):
        lines = tuple((Cell(label), value_cell(measure)) for label, measure, _ in block.rows)
        return Table("profile", t("profile.title"), (t("profile.group"), t("profile.value")), lines, block.text)
    rows = tuple((Cell(label), value_cell(measure), value_cell(whole) if whole else Cell("")) for label, measure, whole in block.rows)
    return Table("profile", t("profile.title"), (t("profile.group"), t("profile.value"), t("profile.whole")), rows, block.text)


def care_table(section: ConditionSection, t: Texts) -> Table:
    """Acts of follow-up: how often they are expected, and the share of each stratum that had fewer."""
    rows = []
    for line in section.care_gaps.lines:
        due = line.note or t("page.separator").join(cell.expected or t("care.not_expected") for cell in line.cells[:-1])
        rows.append((Cell(line.label), Cell(due), *(_gap_cell(cell, t) for cell in line.cells)))
    heads = (t("care.act"), t("care.expected_head"), *care_heads(t))
    return Table("care", t("care.title"), heads, tuple(rows), _care_reading(section, t))


def _care_reading(section: ConditionSection, t: Texts) -> str:
    block = section.care_gaps
    return f"{block.text} {t('care.limits_short')}".strip() if block.lines else block.text


def care_heads(t: Texts) -> tuple[str, ...]:
    """The strata of the acts of follow-up, then all of them."""
    return (*(t("pyramid.stratum", stratum=stratum) for stratum in sorted(STRATA)), t("care.all"))


def _gap_cell(cell: ActCell, t: Texts) -> Cell:
    if not cell.is_expected:
        return Cell(t("care.not_expected"))
    return value_cell(cell.gap) if cell.gap.is_shown else Cell(cell.text)


def calendar_table(section: ConditionSection, t: Texts) -> Table:
    """The same, one row per act and stratum: persons with fewer acts, then the acts seen and expected in each quarter.

    Not what cannot be computed: care_table says that.
    """
    rows = []
    names = care_heads(t)
    for line in section.care_gaps.lines:
        for name, cell in zip(names, line.cells, strict=True):
            if cell.is_expected and cell.gap.row.status != "not_computable":
                rows.append((Cell(f"{line.label}, {name}"), Cell(cell.expected), *_gap_parts(cell.gap), *_quarter_cells(cell, t)))
    parts = ("gap", "origin.interval", "origin.numerator", "origin.denominator")
    heads = [t("care.act"), t("care.expected_one"), *(t(part if "." in part else f"care.{part}") for part in parts)]
    heads += [t(f"care.{part}", quarter=quarter) for quarter in range(1, 5) for part in ("seen", "due")]
    return Table("calendar", t("care.calendar_title"), tuple(heads), tuple(rows), section.care_gaps.bars)


def _gap_parts(gap: Measure) -> tuple[Cell, ...]:
    return (
        value_cell(gap),
        Cell(gap.interval or gap.note),
        _count(gap.numerator, gap.row.numerator),
        _count(gap.denominator, gap.row.denominator),
    )


def _quarter_cells(cell: ActCell, t: Texts) -> tuple[Cell, ...]:
    """Acts seen and acts expected, quarter after quarter; that they are withheld, or cannot be computed, where no quarter is told."""
    if not cell.quarters:
        is_masked = cell.gap.row.status.startswith("suppressed")
        return (Cell(t("status.suppressed_secondary") if is_masked else cell.text),) * 8
    return tuple(
        part
        for one in cell.quarters
        for part in (
            _count(one.numerator, one.row.numerator) if one.is_shown else Cell(one.text),
            _count(one.expected, one.row.expected),
        )
    )


def movement_table(section: ConditionSection, t: Texts) -> Table:
    """Passages between strata: one row per passage, one column per stratum left."""
    block = section.movements
    rows = tuple((Cell(label), *map(value_cell, measures)) for label, measures in block.lines)
    heads = (t("moves.indicator"), *(t("moves.from", stratum=t.get(f"stratum.{stratum}", stratum)) for stratum in block.strata))
    return Table("moves", t("moves.title"), heads, rows, block.text)


def calibration_table(section: ConditionSection, t: Texts) -> Table:
    """Persons foretold and found: one row per year and stratum."""
    names = ("year", "stratum", "predicted", "withheld", "observed", "ratio", "verdict")
    rows = tuple(
        (Cell(str(one.year)), Cell(one.label), one.predicted, one.withheld, one.observed, one.ratio, Cell(one.verdict_text))
        for one in section.calibration.lines
    )
    return Table("calibration", t("calibration.title"), tuple(t(f"calibration.{name}") for name in names), rows, section.calibration.text)


def follow_table(section: ConditionSection, t: Texts) -> Table:
    """Persons included in the programme against persons found."""
    heads = tuple(t(f"follow.{name}") for name in ("stratum", "included", "found", "share"))
    process = t("page.separator").join(t("page.pair", name=label, text=cell.text) for label, cell in section.follow_up.process)
    return Table("follow", t("follow.title"), heads, section.follow_up.lines, f"{section.follow_up.text} {process}".strip())


def _count(text: str, number: float | None) -> Cell:
    return Cell(text, number, "count")
