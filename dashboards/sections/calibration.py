"""What a year of passages foretold against what was found a year later: may they be chained?

Belongs here: the lines of movement_calibration.csv in words. Not here: how they are made (strata/measures/movement.py, which makes them of
the same published numbers), the bounds they are judged by (tables/movement_term.csv).
"""

from dashboards.model.blocks import Calibration, Cell, Foretold
from dashboards.model.measures import Writer
from dashboards.sources.places import Place
from dashboards.sources.published import ALL, Calibrated

MOSTLY_SUPPOSED = 0.5  # a foretold stock that rests on masked cells for more than half of it concludes nothing


def calibration(writer: Writer, place: Place, condition: str) -> Calibration:
    """Every year foretold up to the year in front, the last first."""
    held = writer.published.calibrations
    found = [one for one in held.get((condition, place.territory_id), ()) if one.year <= place.year]
    if not found:
        return Calibration((), writer.texts("calibration.too_few" if held.get((condition, ALL)) else "calibration.none"))
    lines = tuple(_line(writer, one) for one in sorted(found, key=lambda one: (-one.year, one.stratum)))
    return Calibration(lines, _reading(writer, next((line for line in lines if line.verdict != "unclaimed"), lines[0])))


def _line(writer: Writer, one: Calibrated) -> Foretold:
    numbers, verdict = writer.numbers, _verdict(one)
    return Foretold(
        year=one.year,
        label=writer.texts("pyramid.stratum", stratum=one.stratum),
        predicted=Cell(numbers.count(one.predicted), one.predicted, "count"),
        withheld=Cell(numbers.percent(one.withheld, 0), one.withheld, "percent"),
        observed=Cell(numbers.count(one.observed), float(one.observed), "count"),
        ratio=Cell(numbers.ratio(one.ratio), one.ratio, "ratio"),
        verdict=verdict,
        verdict_text=writer.texts(f"calibration.{verdict}"),
    )


def _verdict(one: Calibrated) -> str:
    """The bounds are the publication's (is_within); the side is told here."""
    if one.withheld > MOSTLY_SUPPOSED:
        return "unclaimed"
    return "same" if one.is_within else "above" if one.ratio > 1 else "below"


def _reading(writer: Writer, line: Foretold) -> str:
    told = {"stratum": line.label, "predicted": line.predicted.text, "observed": line.observed.text, "ratio": line.ratio.text}
    return writer.texts("calibration.reading", year=line.year, before=line.year - 1, withheld=line.withheld.text, **told)
