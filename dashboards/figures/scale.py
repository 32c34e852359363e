"""Axes: where a value falls, and where the ticks are."""

from dataclasses import dataclass
from math import ceil, exp, floor, log, log10

RATIO_TICKS = ((0.9, 1.1), (0.8, 1.25), (0.67, 1.5), (0.5, 2.0), (0.33, 3.0))
RATIO_LEAST, RATIO_MOST = 1.27, 3.05
ROOM_FOR_FIVE = 1.55


@dataclass(frozen=True)
class RatioScale:
    """A logarithmic axis centred on 1, so that a half and a double stand equally far. reach: the largest ratio shown."""

    reach: float
    start: float
    end: float

    def at(self, ratio: float) -> float:
        """Position of a ratio; out of reach, the edge."""
        bounded = min(max(ratio, 1 / self.reach), self.reach)
        return self.start + (self.end - self.start) * (0.5 + log(bounded) / (2 * log(self.reach)))

    def ticks(self) -> list[float]:
        """Three or five ratios to write, always with 1: the farthest in reach, and one about half-way when there is room."""
        above = [(low, high) for low, high in RATIO_TICKS if high <= self.reach]
        chosen = above[-1:]
        if self.reach > ROOM_FOR_FIVE:
            chosen = [min(above[:-1], key=lambda pair: abs(2 * log(pair[1]) - log(above[-1][1]))), *chosen]
        return [*(low for low, _ in reversed(chosen)), 1.0, *(high for _, high in chosen)]


def ratio_scale(ratios: list[float], start: float, end: float) -> RatioScale:
    """The axis that holds all ratios, at least from 0.8 to 1.25, at most from a third to three."""
    far = max((abs(log(ratio)) for ratio in ratios if ratio > 0), default=0.0)
    reach = min(max(exp(1.08 * far), RATIO_LEAST), RATIO_MOST)
    return RatioScale(reach, start, end)


def round_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round values that hold [low, high]."""
    span = max(high - low, abs(high) * 0.02, 1e-9)
    raw = span / count
    power = 10 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    first = floor(low / step)
    return [step * index for index in range(first, max(ceil(high / step), first + 1) + 1)]
