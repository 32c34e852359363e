"""A ratio and its interval on one line, above the range of the territories; and the axis the lines share."""

from markupsafe import Markup

from dashboards.figures.scale import RatioScale, ratio_scale
from dashboards.figures.svg import DIFFERENT, GREY, LIGHT, MIDDLE, figure, line, marker, rectangle, text
from dashboards.model.blocks import Comparison
from dashboards.model.numbers import Numbers
from dashboards.texts import Texts

WIDTH, HEIGHT, MARGIN = 300, 26, 14


def scale_of(comparisons: tuple[Comparison, ...]) -> RatioScale:
    """The axis on which every line of one table is drawn."""
    ratios: list[float] = []
    for item in comparisons:
        row = item.measure.row
        ratios += [value for value in (row.ratio, row.ratio_lower, row.ratio_upper) if value is not None]
        ratios += [item.spread.low, item.spread.high] if item.spread else []
    return ratio_scale(ratios, MARGIN, WIDTH - MARGIN)


def draw(comparison: Comparison, scale: RatioScale, texts: Texts, identifier: str) -> Markup:
    """The figure of one line."""
    measure, middle = comparison.measure, HEIGHT / 2
    shapes = [*_spread(comparison, scale), line(scale.at(1), 0, scale.at(1), HEIGHT, DIFFERENT, 1.5)]
    if measure.row.ratio is None:
        title = texts("comparison.mini_none", label=comparison.label, text=measure.note or measure.text)
    else:
        title = texts("comparison.mini_title", label=comparison.label, ratio=measure.ratio)
        shapes += [*_interval(comparison, scale), marker(measure.verdict, scale.at(measure.row.ratio), middle, 5.5)]
    description = comparison.spread.text if comparison.spread else texts("comparison.mini_no_spread")
    parts = [measure.ratio_interval, measure.verdict_text, description]
    return figure(identifier, title, texts("page.separator").join(part for part in parts if part), WIDTH, HEIGHT, *shapes, css="mini")


def axis(scale: RatioScale, numbers: Numbers) -> Markup:
    """Ticks of the shared axis: decoration of the heading that says the same in words, so hidden from readers of text."""
    ticks = []
    for tick in scale.ticks():
        anchor = "middle" if abs(tick - 1) < 0.4 or scale.reach < 2.5 else "start" if tick < 1 else "end"
        ticks += [
            line(scale.at(tick), 14, scale.at(tick), 18, GREY),
            text(scale.at(tick), 10, numbers.ratio(tick), 11, anchor=anchor, fill=GREY),
        ]
    base = line(MARGIN, 18, WIDTH - MARGIN, 18, GREY)
    return Markup('<svg viewBox="0 0 {} 19" aria-hidden="true" class="mini axis">{}</svg>').format(WIDTH, Markup("").join([base, *ticks]))


def _spread(comparison: Comparison, scale: RatioScale) -> list[Markup]:
    if comparison.spread is None:
        return []
    low, lower, upper, high = (
        scale.at(value)
        for value in (comparison.spread.low, comparison.spread.lower_quartile, comparison.spread.upper_quartile, comparison.spread.high)
    )
    return [
        rectangle(low, 6, max(high - low, 1), HEIGHT - 12, LIGHT),
        rectangle(lower, 6, max(upper - lower, 1), HEIGHT - 12, MIDDLE),
    ]


def _interval(comparison: Comparison, scale: RatioScale) -> list[Markup]:
    row, middle = comparison.measure.row, HEIGHT / 2
    if row.ratio_lower is None or row.ratio_upper is None:
        return []
    colour = GREY if comparison.measure.verdict == "same" else DIFFERENT
    return [line(scale.at(row.ratio_lower), middle, scale.at(row.ratio_upper), middle, colour, 2.5)]
