"""The territory in one look: each indicator of the catalogue beside the reference and the other territories.

Belongs here: which lines, their reference, verdict and trend. Not here: the order of themes (themes.py), drawing (figures/spine.py).
"""

from dashboards.model.blocks import Glance, GlanceLine, Measure
from dashboards.model.measures import Writer, beside
from dashboards.sections.spread import value_spread
from dashboards.sections.themes import OPTIONAL, THEMES, in_order, theme_of
from dashboards.sections.trend_marker import trend_of
from dashboards.sources.places import Place
from dashboards.sources.published import ALL, COMPARED_BASIS, NO_COST, Row

FAVOURABLE = {("above", "higher_is_better"), ("below", "lower_is_better")}
WORSENING = {("down", "higher_is_better"), ("up", "lower_is_better")}
STRATA = ("all", "at_risk_strict")
WRITTEN_WITH_ITS_UNIT = ("share", "eur")


def glance(writer: Writer, place: Place, condition: str) -> Glance:
    """One line per indicator that compares (a count alone does not), then what the run did not publish."""
    lines = tuple(
        line_of(writer, place, row) for name in in_order(list(writer.published.catalogue)) for row in _rows(writer, place, condition, name)
    )
    return Glance(lines, _missing(writer, condition), _reading(writer, place, lines))


def line_of(writer: Writer, place: Place, row: Row) -> GlanceLine:
    """The line of one published row."""
    entry, texts = writer.published.catalogue[row.indicator_id], writer.texts
    polarity = entry.get("polarity", "no_judgement")
    measure, reference = writer.write(row), _reference(writer, row)
    verdict = _judged(beside(row.value, row.lower, row.upper, reference), polarity)
    trend = trend_of(_history(writer, row))
    key = trend.direction or f"none_{trend.reason}"
    return GlanceLine(
        label=_label(writer, row),
        unit=_unit(writer, row),
        polarity=texts(f"polarity.{polarity}"),
        theme=texts(f"theme.{theme_of(row.indicator_id)}"),
        count=_count(measure),
        measure=measure,
        reference=reference,
        reference_text=writer.amount(reference, row.unit) or _why_no_reference(writer, row),
        spread=value_spread(writer, row),
        verdict=verdict,
        verdict_text=_verdict_text(writer, row, verdict, measure),
        trend=trend.direction,
        trend_text=texts(f"trend.{key}"),
        is_worsening=(trend.direction, polarity) in WORSENING,
    )


def _count(measure: Measure) -> str:
    """Of euros, those they are shared by; else what is counted."""
    if measure.row.cost_basis == NO_COST:
        return measure.numerator
    return measure.denominator if measure.row.unit == "eur" and measure.row.expected is None else ""


def _verdict_text(writer: Writer, row: Row, verdict: str, measure: Measure) -> str:
    """The verdict in words; why there is none: a mask, or a reference that may not be told."""
    if not measure.is_shown:
        return measure.note
    return writer.texts("judged.hidden" if verdict == "none" and _why_no_reference(writer, row) else f"judged.{verdict}")


def _rows(writer: Writer, place: Place, condition: str, name: str) -> list[Row]:
    """The row of all strata, or that of the people at risk, of an indicator that is not a count or a sum alone."""
    if not writer.published.catalogue[name].get("denominator_fr"):
        return []
    rows = writer.published.groups.get((name, condition, place.territory_id), ())
    bases = (NO_COST, writer.published.cost_basis)
    return [row for row in rows if row.year == place.year and row.stratum in STRATA and row.cost_basis in bases]


def _reference(writer: Writer, row: Row) -> float | None:
    """1 for a ratio; the reference pack's figure; else the whole extract, when it is a country."""
    if row.unit == "ratio":
        return 1.0
    if row.reference_value is not None or row.territory_id == ALL:
        return row.reference_value
    whole = writer.published.find(row.indicator_id, row.year, row.condition, ALL, row.stratum, row.cost_basis)
    return whole.value if whole is not None and whole.coverage == "national" else None


def _why_no_reference(writer: Writer, row: Row) -> str:
    """The mask or the reason of the whole extract's own number, when that is why there is no reference."""
    whole = writer.published.find(row.indicator_id, row.year, row.condition, ALL, row.stratum, row.cost_basis)
    return "" if whole is None or whole.status == "ok" else writer.write(whole).text


def _judged(verdict: str, polarity: str) -> str:
    if verdict not in ("above", "below") or polarity == "no_judgement":
        return verdict
    return "favourable" if (verdict, polarity) in FAVOURABLE else "unfavourable"


def _history(writer: Writer, row: Row) -> list[Row]:
    """The same number over the years, up to this one; years of costs compare on one tariff only."""
    basis = NO_COST if row.cost_basis == NO_COST else COMPARED_BASIS
    key = (row.indicator_id, row.condition, row.territory_id)
    rows = writer.published.groups.get(key, ())
    return sorted(
        (one for one in rows if one.stratum == row.stratum and one.cost_basis == basis and one.year <= row.year), key=lambda one: one.year
    )


def _label(writer: Writer, row: Row) -> str:
    label: str = writer.published.catalogue[row.indicator_id][f"label_{writer.texts.language}"]
    return label if row.stratum == "all" else writer.texts("glance.at_risk", label=label)


def _unit(writer: Writer, row: Row) -> str:
    entry = writer.published.units.get(row.unit, {})
    name: str = "" if row.unit in WRITTEN_WITH_ITS_UNIT else entry.get(f"label_{writer.texts.language}", "")
    if row.expected is None or row.unit == "ratio":  # the legend says it of what is set beside the expected
        return name
    return writer.texts("glance.adjusted_unit", unit=name) if name else writer.texts("glance.adjusted")


def _missing(writer: Writer, condition: str) -> tuple[str, ...]:
    """The expected indicators that the run has for no territory."""
    held = {indicator for indicator, found, _ in writer.published.groups if found == condition}
    absent = (name for members in THEMES.values() for name in members if name not in held and name not in OPTIONAL)
    return tuple(writer.texts(f"core.{name}") for name in absent)


def _reading(writer: Writer, place: Place, lines: tuple[GlanceLine, ...]) -> str:
    shown: list[tuple[GlanceLine, Measure]] = [
        (line, line.measure) for line in lines if line.measure.is_shown and line.reference is not None
    ]
    if not shown:
        return writer.texts("glance.reading_none")
    line, measure = shown[0]
    return writer.texts(
        "glance.reading",
        year=place.year,
        place=place.phrase,
        label=line.label,
        value=measure.text,
        interval=f" ({writer.texts('comparison.interval')} {measure.interval})" if measure.interval else "",
        reference=line.reference_text,
        verdict=line.verdict_text,
    )
