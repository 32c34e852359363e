"""The sentences that teach how to read a figure ("Lecture : …"), each with its numbers or with the reason it has none.

Belongs here: filling these sentences. Not here: their words (texts/), nor the choice of the numbers (section.py).
"""

from dashboards.model.blocks import Measure, Series, Step
from dashboards.model.measures import Writer
from dashboards.sources.places import Place
from dashboards.sources.published import Definition


def pyramid_reading(writer: Writer, place: Place, definition: Definition, total: Measure, top: Step) -> str:
    """How to read the pyramid; its top stratum too when it is published."""
    texts = writer.texts
    if not total.is_shown:
        return texts("pyramid.reading_hidden", year=place.year, place=place.phrase, note=total.note)
    known = top.persons.is_shown and top.cost.is_shown
    sentence = (
        texts("pyramid.reading_top", persons=top.persons.text, cost=top.cost.text, lookback=total.row.lookback_years) if known else ""
    )
    condition = definition.in_sentence(texts.language)
    lookback = total.row.lookback_years
    return texts(
        "pyramid.reading", year=place.year, place=place.phrase, persons=total.text, condition=condition, lookback=lookback, top=sentence
    )


def comparison_reading(writer: Writer, place: Place, measure: Measure) -> str:
    """How to read the persons found beside the expected."""
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


def standardised_reading(writer: Writer, standardised: Measure, compared: Measure) -> str:
    """How to read the standardised mean; the verdict is that of the ratio it is made from."""
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
        verdict=texts("cost.verdict_whole" if _is_its_own_reference(compared) else f"cost.verdict_{compared.verdict}"),
    )


def _is_its_own_reference(measure: Measure) -> bool:
    """The whole extract against rates made from itself: the ratio is 1 by construction and teaches nothing."""
    return measure.row.territory_id == "ALL" and measure.row.ratio == 1


def patient_reading(writer: Writer, measure: Measure) -> str:
    """How to read the cost of the patients beside the expected."""
    row = measure.row
    if row.numerator is None or row.expected is None:
        return writer.texts("cost.hidden_reading", note=measure.note)
    observed, expected = writer.numbers.euros(row.numerator), writer.numbers.euros(row.expected)
    interval = _after_comma(writer, measure)
    return writer.texts("cost.patient_reading", year=row.year, observed=observed, expected=expected, ratio=measure.ratio, interval=interval)


def gap_reading(writer: Writer, measure: Measure) -> str:
    """The same gap in euros; empty where it is not shown, or where there is none by construction."""
    row = measure.row
    if row.value is None or _is_its_own_reference(measure):
        return ""
    between = "" if row.lower is None or row.upper is None else _signed_pair(writer, row.lower, row.upper)
    return writer.texts("cost.gap_reading", gap=writer.numbers.euros(row.value, signed=True), interval=between)


def _signed_pair(writer: Writer, lower: float, upper: float) -> str:
    """An interval of gaps in euros, in brackets, each end with its sign."""
    low, high = (writer.numbers.euros(end, signed=True) for end in (lower, upper))
    return f" ({writer.texts('comparison.interval')} {writer.texts('page.interval_short', lower=low, upper=high)})"


def resident_reading(writer: Writer, mean: Measure, measure: Measure) -> str:
    """How to read the same spending over the residents."""
    if not mean.is_shown or not measure.ratio:
        return writer.texts("cost.hidden_reading", note=measure.note or mean.note)
    row = measure.row
    interval = _in_brackets(writer, row.ratio_lower, row.ratio_upper, measure.ratio_interval)
    return writer.texts("cost.resident_reading", value=mean.text, ratio=measure.ratio, interval=interval)


def history_note(writer: Writer, series: Series) -> str:
    """The years whose persons were found on a shorter look-back than the others; empty when there is none."""
    rows = [measure.row for measure in series.measures if measure.is_shown]
    full = max((row.lookback_years for row in rows), default=0)
    notes = [writer.texts("cost.history", year=row.year, held=row.lookback_years, full=full) for row in rows if row.lookback_years < full]
    return " ".join(notes)


def _in_brackets(writer: Writer, low: float | None, high: float | None, interval: str) -> str:
    return "" if low is None or high is None else f" ({writer.texts('comparison.interval')} {interval})"


def _after_comma(writer: Writer, measure: Measure) -> str:
    return f", {writer.texts('comparison.interval')} {measure.ratio_interval}" if measure.ratio_interval else ""
