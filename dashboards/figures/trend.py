"""Small trends: a mean in euros beside the national mean, and a ratio to the expected, one point per year."""

from collections.abc import Callable
from itertools import pairwise

from markupsafe import Markup

from dashboards.figures.scale import ratio_scale, round_ticks
from dashboards.figures.svg import DIFFERENT, GREY, GRID, INK, NAVY, figure, line, marker, node, rectangle, text
from dashboards.model.blocks import Measure, Series
from dashboards.model.numbers import Numbers
from dashboards.sections.trend_marker import is_break
from dashboards.sources.published import ALL
from dashboards.texts import Texts

WIDTH, HEIGHT = 420, 284
LEFT, RIGHT, TOP, BOTTOM = 62, 4, 36, 236
LEGEND = 62
RATIO_WIDTH, RATIO_HEIGHT, RATIO_LEFT = 284, 216, 40
RATIO_TOP, RATIO_BOTTOM = 22, 174
# Below the axis: the years, then what happened in them, where no point can come to lie.
YEARS_BELOW, EVENTS_BELOW = 20, 36
# The years whose hospital activity the epidemic disturbed most.
COVID_YEARS = (2020, 2021)
BAND_INSET = 18
Place = Callable[[float], float]


def euros(series: Series, texts: Texts, numbers: Numbers, identifier: str, title: str) -> Markup:
    """Mean in euros with its interval as a band, and the national mean dashed."""
    if not any(measure.is_shown for measure in series.measures):
        return _empty(series, texts, identifier, title, WIDTH)
    rows = [measure.row for measure in series.measures]
    values = [value for row in rows for value in (row.value, row.lower, row.upper, row.reference_value) if value is not None]
    ticks = round_ticks(min(values, default=0), max(values, default=1))
    x, y = _years(series, LEFT, WIDTH - RIGHT), _vertical(ticks[0], ticks[-1])
    shapes = [
        *_covid(series, texts, x, TOP, BOTTOM),
        *_breaks(series, texts, x, TOP, BOTTOM),
        *_grid(ticks, y, numbers),
        *_year_labels(series, x, BOTTOM + YEARS_BELOW),
        *_legend(series, texts),
    ]
    shapes += [*_band(series, x, y), *_reference(series, x, y), *_line(series, x, y), *_missing(series, texts, x, BOTTOM - 12)]
    return figure(identifier, title, _description(series, texts), WIDTH, HEIGHT, *shapes)


def ratios(series: Series, reach: Series, texts: Texts, numbers: Numbers, identifier: str, title: str) -> Markup:
    """Ratios with their intervals, one per year; `reach` is the other series drawn on the same axis."""
    if not any(measure.is_shown for measure in series.measures):
        return _empty(series, texts, identifier, title, RATIO_WIDTH)
    rows = [measure.row for measure in (*series.measures, *reach.measures)]
    known = [value for row in rows for value in (row.ratio, row.ratio_lower, row.ratio_upper) if value is not None]
    scale = ratio_scale(known, RATIO_BOTTOM - 12, RATIO_TOP)
    x = _years(series, RATIO_LEFT - 4, RATIO_WIDTH + 6)
    shapes = [*_covid(series, texts, x, RATIO_TOP, RATIO_BOTTOM), *_breaks(series, texts, x, RATIO_TOP, RATIO_BOTTOM)]
    for tick in scale.ticks():
        colour, width = (DIFFERENT, 1.5) if tick == 1 else (GRID, 1)
        shapes.append(line(RATIO_LEFT, scale.at(tick), RATIO_WIDTH - 4, scale.at(tick), colour, width))
        shapes.append(text(RATIO_LEFT - 6, scale.at(tick) + 4, numbers.ratio(tick), 12, anchor="end"))
    for measure in series.measures:
        shapes += _ratio_point(measure, x(measure.row.year), scale.at)
    shapes += [*_year_labels(series, x, RATIO_BOTTOM + YEARS_BELOW), *_missing(series, texts, x, scale.at(1) - 8)]
    return figure(identifier, title, _description(series, texts), RATIO_WIDTH, RATIO_HEIGHT, *shapes)


def _ratio_point(measure: Measure, x: float, y: Place) -> list[Markup]:
    row = measure.row
    if row.ratio is None:
        return []
    shapes, low, high = [], y(row.ratio), y(row.ratio)
    if row.ratio_lower is not None and row.ratio_upper is not None:
        shapes.append(line(x, y(row.ratio_lower), x, y(row.ratio_upper), GREY if measure.verdict == "same" else DIFFERENT, 2))
        low, high = y(row.ratio_lower), y(row.ratio_upper)
    height = high - 10 if row.ratio >= 1 else low + 20  # away from the line at 1
    label = text(x, height, measure.ratio, 12.5, anchor="middle", font_weight=600, paint_order="stroke", stroke="#ffffff", stroke_width=3)
    return [*shapes, marker(measure.verdict, x, y(row.ratio), 6), label]


def _covid(series: Series, texts: Texts, x: Place, top: float, bottom: float) -> list[Markup]:
    """A grey band over the years of the epidemic that the series holds."""
    years = [measure.row.year for measure in series.measures if measure.row.year in COVID_YEARS]
    if not years:
        return []
    left, right = x(min(years)) - BAND_INSET, x(max(years)) + BAND_INSET
    label = text((left + right) / 2, bottom + EVENTS_BELOW, texts("trend.covid"), 10.5, anchor="middle", fill=GREY)
    return [rectangle(left, top, right - left, bottom - top, "#eceff2"), label]


def _breaks(series: Series, texts: Texts, x: Place, top: float, bottom: float) -> list[Markup]:
    """A dotted line between two years that cannot be joined."""
    shapes = []
    for before, after in pairwise(series.measures):
        if before.is_shown and after.is_shown and is_break(before.row, after.row):
            middle = (x(before.row.year) + x(after.row.year)) / 2
            shapes.append(line(middle, top, middle, bottom + EVENTS_BELOW, GREY, 1.2, stroke_dasharray="2 3"))
            shapes.append(text(middle + 3, bottom + EVENTS_BELOW, texts("trend.break"), 10.5, fill=GREY))
    return shapes


def _years(series: Series, start: float, end: float) -> Place:
    first, last = series.measures[0].row.year, series.measures[-1].row.year
    inset = 22
    return lambda year: start + inset + (end - start - 2 * inset) * ((year - first) / (last - first) if last > first else 0.5)


def _vertical(low: float, high: float) -> Place:
    return lambda value: BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)


def _grid(ticks: list[float], y: Place, numbers: Numbers) -> list[Markup]:
    rules = [line(LEFT, y(tick), WIDTH - RIGHT, y(tick), GRID) for tick in ticks]
    return rules + [text(LEFT - 8, y(tick) + 4, numbers.euros(tick), 13, anchor="end") for tick in ticks]


def _year_labels(series: Series, x: Place, y: float) -> list[Markup]:
    return [text(x(measure.row.year), y, str(measure.row.year), 13, anchor="middle") for measure in series.measures]


def _legend(series: Series, texts: Texts) -> list[Markup]:
    here = texts("name.ALL") if series.measures[0].row.territory_id == ALL else texts("cost.standardised_series")
    names = [here, texts("cost.interval_series"), texts("cost.reference_series")]
    return [
        line(LEGEND, 12, LEGEND + 26, 12, NAVY, 2.5),
        node("circle", cx=LEGEND + 13, cy=12, r=4, fill=NAVY),
        text(LEGEND + 31, 16, names[0], 12.5),
        rectangle(LEGEND + 106, 6, 26, 12, NAVY, fill_opacity=0.16),
        text(LEGEND + 137, 16, names[1], 12.5),
        line(LEGEND + 200, 12, LEGEND + 226, 12, INK, 1.5, stroke_dasharray="5 4"),
        rectangle(LEGEND + 209.5, 8.5, 7, 7, INK),
        text(LEGEND + 231, 16, names[2], 12.5),
    ]


def _band(series: Series, x: Place, y: Place) -> list[Markup]:
    """One polygon per run of years that have an interval; a lone year is a bar."""
    shapes = []
    for run in _runs(list(series.measures), lambda m: m.row.lower is not None and m.row.upper is not None):
        points = [(x(m.row.year), y(m.row.upper or 0)) for m in run] + [(x(m.row.year), y(m.row.lower or 0)) for m in reversed(run)]
        shapes.append(node("polygon", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in points), fill=NAVY, fill_opacity=0.16))
        shapes += [line(x(m.row.year), y(m.row.lower or 0), x(m.row.year), y(m.row.upper or 0), NAVY, 1.2) for m in run]
    return shapes


def _reference(series: Series, x: Place, y: Place) -> list[Markup]:
    shapes = []
    for run in _runs(list(series.measures), lambda m: m.row.reference_value is not None):
        points = [(x(m.row.year), y(m.row.reference_value or 0)) for m in run]
        shapes.append(_polyline(points, INK, 1.5, stroke_dasharray="5 4"))
        shapes += [rectangle(a - 3.5, b - 3.5, 7, 7, INK) for a, b in points]
    return shapes


def _line(series: Series, x: Place, y: Place) -> list[Markup]:
    shapes = []
    for run in _runs(list(series.measures), lambda m: m.row.value is not None):
        points = [(x(m.row.year), y(m.row.value or 0)) for m in run]
        shapes.append(_polyline(points, NAVY, 2.5))
        for measure, (a, b) in zip(run, points, strict=True):
            fill = NAVY if measure.interval else "#ffffff"
            shapes.append(node("circle", cx=a, cy=b, r=4.5, fill=fill, stroke=NAVY, stroke_width=1.5))
    return shapes


def _missing(series: Series, texts: Texts, x: Place, y: float) -> list[Markup]:
    gone = [measure for measure in series.measures if not measure.is_shown]
    short = texts("status.not_computable_short")
    words = [(x(measure.row.year), short if measure.row.status == "not_computable" else measure.text) for measure in gone]
    return [text(place, y, word, 12, anchor="middle", font_style="italic", fill=GREY) for place, word in words]


def _empty(series: Series, texts: Texts, identifier: str, title: str, width: int) -> Markup:
    """No year has a number: the word instead of an empty chart (the sentence below says why)."""
    frame = rectangle(1, 1, width - 2, 58, "none", stroke=GREY, stroke_dasharray="3 3")
    word = text(width / 2, 35, series.measures[-1].text, 15, anchor="middle", font_style="italic", fill=GREY)
    return figure(identifier, title, _description(series, texts), width, 60, frame, word)


def _polyline(points: list[tuple[float, float]], colour: str, width: float, **more: object) -> Markup:
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return node("polyline", points=path, fill="none", stroke=colour, stroke_width=width, **more)


def _runs(measures: list[Measure], has: Callable[[Measure], bool]) -> list[list[Measure]]:
    """Consecutive measures that have what is drawn: a line never crosses a year without a number."""
    runs: list[list[Measure]] = []
    previous = False
    for measure in measures:
        if has(measure):
            runs[-1].append(measure) if previous else runs.append([measure])
        previous = has(measure)
    return runs


def _description(series: Series, texts: Texts) -> str:
    points = [texts("cost.trend_point", year=m.row.year, text=_point(m)) for m in series.measures]
    return texts("page.separator").join(points)


def _point(measure: Measure) -> str:
    if not measure.is_shown:
        return measure.text
    return f"{measure.text} ({measure.interval})" if measure.interval else measure.text
