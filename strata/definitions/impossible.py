"""What no person and no stay can be: asked of a definition before it is run, so that a slip is not a rule that finds nobody.

Belongs here: the facts on which a rule would be impossible. Not here: the refusal that names its line (compiler.py).
"""

import operator
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import ceil, floor, inf

from strata.config import FIELDS

OLDEST = 120  # years: nobody is known to have lived longer but one person, to 122
# metric, or what it begins with -> its greatest value and whether it is a whole number; none is negative
_METRICS = {"age": (OLDEST, True), "age_first": (OLDEST, True), "stays": (inf, True), "share": (1.0, False)}
_HOLDS = {"<=": operator.le, ">=": operator.ge, "=": operator.eq, "<": operator.lt, ">": operator.gt}
Comparison = tuple[str, str, float]  # metric, operator, threshold


def is_no_age(years: int) -> bool:
    """Whether nobody is of this age."""
    return not 0 <= years <= OLDEST


def why_no_stay(wanted: list[str], some: list[str], barred: list[str]) -> tuple[str, str] | None:
    """Why no stay has all the traits wanted, some of `some` and none barred, or one of them is idle (French, English); None otherwise."""
    if both := sorted({*wanted, *some} & set(barred)):
        return f"ce trait est demandé et exclu : {', '.join(both)}", f"this trait is both asked and excluded: {', '.join(both)}"
    fields = {name for name in wanted if name in FIELDS}
    if len(fields) > 1 or (fields and some and set(some) <= set(FIELDS) - fields):
        return "un séjour n'est que d'un champ de soins", "a stay is of one field of care only"
    return None


def never_holds(comparisons: Iterable[Comparison]) -> str | None:
    """The first metric of which no value meets all that is asked; None when each has one."""
    asked: defaultdict[str, list[Comparison]] = defaultdict(list)
    for one in comparisons:
        asked[one[0]].append(one)
    return next((metric for metric, ones in asked.items() if not any(_meets(value, ones) for value in _candidates(metric, ones))), None)


def _meets(value: float, ones: list[Comparison]) -> bool:
    return all(_HOLDS[sign](value, threshold) for _, sign, threshold in ones)


def _candidates(metric: str, ones: list[Comparison]) -> list[float]:
    """Values such that, when none of them meets the comparisons, no value does: the thresholds, and one on each side of them."""
    most, is_whole = _METRICS[metric.partition(":")[0]]
    thresholds = sorted({0.0, *(threshold for _, _, threshold in ones), *([] if most == inf else [most])})
    found: set[float]
    if is_whole:
        found = {value + step for threshold in thresholds for value in (floor(threshold), ceil(threshold)) for step in (-1, 0, 1)}
    else:
        found = {*thresholds, *((low + high) / 2 for low, high in pairwise(thresholds))}
    return [value for value in found if 0 <= value <= most]
