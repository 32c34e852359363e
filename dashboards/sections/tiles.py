"""The headline numbers of a section: four tiles, each with its context and its link to where it comes from."""

from dashboards.model.blocks import Measure, Pyramid, Tile
from dashboards.model.measures import Writer
from dashboards.sources.places import Place

COST_INDICATORS = ("cost_standardised", "cost_vs_expected", "cost_per_resident", "cost_per_resident_vs_expected")


def tiles(writer: Writer, place: Place, condition: str, pyramid: Pyramid) -> tuple[Tile, ...]:
    """Four tiles: persons found, persons at risk, cost per patient, cost per resident."""
    where = (place.year, condition, place.territory_id)
    observed, prevalence = writer.measure("persons_vs_expected", *where), writer.measure("prevalence", *where)
    strict = writer.measure("prevalence", *where, "at_risk_strict")
    basis = writer.published.cost_basis
    standardised, patient, mean, resident = (writer.measure(name, *where, cost_basis=basis) for name in COST_INDICATORS)
    return (
        _tile(writer, "persons", pyramid.total, (_share(writer, "persons_share", prevalence), _ratio_line(writer, observed)), observed),
        _tile(writer, "at_risk", pyramid.at_risk_strict, (_share(writer, "persons_share", strict), _extended_line(writer, pyramid)), None),
        _tile(writer, "cost_patient", standardised, (_reference_line(writer, standardised), _gap_line(writer, patient)), patient),
        _tile(writer, "cost_resident", mean, (_expected_line(writer, mean, resident), _ratio_line(writer, resident)), resident),
    )


def _tile(writer: Writer, name: str, measure: Measure, lines: tuple[str, ...], compared: Measure | None) -> Tile:
    shown = lines if measure.is_shown else (measure.note,)
    verdict = compared.verdict if compared and measure.is_shown else "none"
    return Tile(writer.texts(f"tile.{name}"), measure.text, tuple(line for line in shown if line), verdict, measure)


def _share(writer: Writer, key: str, share: Measure) -> str:
    return writer.texts(f"tile.{key}", share=share.text) if share.is_shown else ""


def _ratio_line(writer: Writer, compared: Measure) -> str:
    if not compared.ratio:
        return ""
    key = "tile.persons_ratio" if compared.ratio_interval else "tile.ratio_only"
    return writer.texts(key, ratio=compared.ratio, interval=compared.ratio_interval)


def _extended_line(writer: Writer, pyramid: Pyramid) -> str:
    return writer.texts("tile.at_risk_extended", persons=pyramid.at_risk_extended.text)


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
