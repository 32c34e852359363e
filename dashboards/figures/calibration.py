"""Found over foretold, a line per year and stratum, on one axis around 1."""

from markupsafe import Markup

from dashboards.figures.scale import RatioScale, ratio_scale
from dashboards.figures.svg import DIFFERENT, GREY, GRID, INK, figure, line, marker, rectangle, text
from dashboards.model.blocks import Calibration, Foretold
from dashboards.model.numbers import Numbers
from dashboards.texts import Texts

WIDTH, LINE, TOP, LEFT, RIGHT = 440, 24, 44, 118, 62


def draw(block: Calibration, texts: Texts, numbers: Numbers, identifier: str) -> Markup:
    """The figure; the points have the shapes of the other figures."""
    scale = ratio_scale([one.ratio.number or 1.0 for one in block.lines], LEFT, WIDTH - RIGHT)
    foot = TOP + LINE * len(block.lines)
    ticks = [_tick(scale, tick, foot, numbers) for tick in scale.ticks()]
    name = text((LEFT + WIDTH - RIGHT) / 2, 14, texts("calibration.ratio"), 13, anchor="middle", fill=GREY)
    lines = [part for rank, one in enumerate(block.lines) for part in _line(block, rank, one, scale)]
    told = (texts("calibration.point", year=one.year, stratum=one.label, ratio=one.ratio.text) for one in block.lines)
    description = texts("page.separator").join(told)
    return figure(identifier, texts("calibration.title"), description, WIDTH, foot + 4, name, *ticks, *lines)


def _tick(scale: RatioScale, tick: float, foot: float, numbers: Numbers) -> Markup:
    x, is_one = scale.at(tick), tick == 1
    rule = line(x, TOP - 6, x, foot, DIFFERENT if is_one else GRID, 1.5 if is_one else 1)
    return rule + text(x, TOP - 12, numbers.ratio(tick), 12, anchor="middle", fill=GREY)


def _line(block: Calibration, rank: int, one: Foretold, scale: RatioScale) -> list[Markup]:
    middle = TOP + LINE * (rank + 0.5)
    is_first = rank == 0 or block.lines[rank - 1].year != one.year
    shapes = [rectangle(0, TOP + LINE * rank, WIDTH, 1, GRID)] if is_first and rank else []
    shapes += [text(0, middle + 4, str(one.year), 13, font_weight="bold")] if is_first else []
    shapes += [text(48, middle + 4, one.label, 13), marker(one.verdict, scale.at(one.ratio.number or 1.0), middle, 5.5)]
    return [*shapes, text(WIDTH - RIGHT + 20, middle + 4, one.ratio.text, 13, fill=GREY if one.verdict == "unclaimed" else INK)]
