"""The pyramid of strata: width follows persons, the mean cost stands beside, people at risk stand outside the scale."""

from markupsafe import Markup

from dashboards.figures.svg import GREY, INK, figure, line, node, rectangle, text
from dashboards.model.blocks import Pyramid, Step
from dashboards.texts import Texts

WIDTH, TOP, STEP_HEIGHT, GAP = 420, 40, 66, 7
CENTRE, WIDEST, NARROWEST = 182, 216, 8
COST_RIGHT = 418
FILLS = {"4": "#0b3c5d", "3": "#2671a8", "2": "#7db3dc", "1": "#b9d7ee"}
ROOM_FOR_NUMBER = 62


def draw(pyramid: Pyramid, texts: Texts, identifier: str) -> Markup:
    """The figure of one condition."""
    largest = max((step.persons.row.value or 0 for step in pyramid.steps), default=0)
    height = TOP + len(pyramid.steps) * (STEP_HEIGHT + GAP) + 84
    steps = [node_ for rank, step in enumerate(pyramid.steps) for node_ in _step(step, rank, largest)]
    title = texts("pyramid.title", lookback=pyramid.lookback_years)
    return figure(
        identifier, title, _description(pyramid, texts), WIDTH, height, *_heads(pyramid, texts), *steps, *_band(pyramid, texts, height - 74)
    )


def _heads(pyramid: Pyramid, texts: Texts) -> list[Markup]:
    return [
        text(CENTRE, 14, texts("pyramid.persons"), 13, anchor="middle", font_weight=600),
        text(COST_RIGHT, 14, texts("pyramid.cost_short"), 13, anchor="end", font_weight=600),
        text(COST_RIGHT, 30, texts("pyramid.cost_period", lookback=pyramid.lookback_years), 11.5, anchor="end", fill=GREY),
    ]


def _step(step: Step, rank: int, largest: float) -> list[Markup]:
    y = TOP + rank * (STEP_HEIGHT + GAP)
    middle = y + STEP_HEIGHT / 2
    cost = [text(COST_RIGHT, middle + 5, step.cost.text, 15, anchor="end", font_weight=600)]
    if step.cost.interval:
        cost = [
            text(COST_RIGHT, middle - 2, step.cost.text, 15, anchor="end", font_weight=600),
            text(COST_RIGHT, middle + 14, step.cost.interval, 11, anchor="end", fill=GREY),
        ]
    label = [text(0, middle - 1, step.label, 14, font_weight=600), text(0, middle + 15, step.share, 12, fill=GREY)]
    return [*label, *_bar(step, y, largest), *cost]


def _bar(step: Step, y: float, largest: float) -> list[Markup]:
    value, middle = step.persons.row.value, y + STEP_HEIGHT / 2 + 6
    if value == 0:
        return [text(CENTRE, middle, step.persons.text, 16, anchor="middle", font_weight=700)]
    if value is None:
        frame = rectangle(CENTRE - 45, y, 90, STEP_HEIGHT, "none", stroke=GREY, stroke_dasharray="3 3")
        return [frame, text(CENTRE, middle, step.persons.text, 15, anchor="middle", font_style="italic")]
    width = max(WIDEST * value / largest, NARROWEST)
    bar = rectangle(CENTRE - width / 2, y, width, STEP_HEIGHT, FILLS[step.stratum], stroke=INK, stroke_width=0.8)
    if width < ROOM_FOR_NUMBER:
        return [bar, text(CENTRE + width / 2 + 8, middle, step.persons.text, 16, font_weight=700)]
    colour = "#ffffff" if step.stratum in ("3", "4") else INK
    return [bar, text(CENTRE, middle, step.persons.text, 16, anchor="middle", font_weight=700, fill=colour)]


def _band(pyramid: Pyramid, texts: Texts, y: float) -> list[Markup]:
    strict, extended = pyramid.at_risk_strict.text, pyramid.at_risk_extended.text
    return [
        line(0, y - 9, WIDTH, y - 9, "#c3ccd5", 1),
        rectangle(30, y, 304, 62, "none", stroke=INK, stroke_width=1.2, stroke_dasharray="6 4"),
        text(CENTRE, y + 25, texts("pyramid.at_risk", persons=strict), 17, anchor="middle", font_weight=700),
        text(CENTRE, y + 47, texts("pyramid.extended_line", persons=extended), 12, anchor="middle", fill=GREY),
        node("text", texts("pyramid.off_scale"), x=COST_RIGHT, y=y + 36, font_size=13, text_anchor="end", font_style="italic", fill=INK),
    ]


def _step_words(step: Step, pyramid: Pyramid, texts: Texts) -> str:
    words = {"stratum": step.stratum, "persons": step.persons.text, "cost": step.cost.text, "lookback": pyramid.lookback_years}
    return texts("pyramid.step", **words)


def _description(pyramid: Pyramid, texts: Texts) -> str:
    steps = [_step_words(step, pyramid, texts) for step in pyramid.steps]
    strict, extended = pyramid.at_risk_strict.text, pyramid.at_risk_extended.text
    return texts("pyramid.description", steps=texts("page.separator").join(steps), strict=strict, extended=extended)
