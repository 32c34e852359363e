"""Places side by side: what every comparison over all of them asks for.

Belongs here: the check of one count and one expected per place. Not here: any method.
"""

from numpy.typing import ArrayLike

from strata.statistics.shapes import Array, array, refuse


def places(observed: ArrayLike, expected: ArrayLike) -> tuple[Array, Array]:
    """Observed and expected, one value per place. ValueError when one is missing or negative, an expected is 0, or a place stands alone."""
    seen, fixed = array(observed), array(expected)
    refuse(seen.ndim != 1 or seen.shape != fixed.shape or seen.size < 2, "observed and expected need one value per place, and two places")
    refuse(~(seen >= 0) | ~(fixed > 0), "observed must be known and not negative, expected known and positive")
    return seen, fixed
