"""What a score asks for, as people say it: which criteria it cannot do without, and how many of the others.

Belongs here: reading weights. Not here: scoring (sql/strata), words (pipelines/commands, strata/documents).
"""

from collections.abc import Mapping


def required(weights: Mapping[str, int], weights_alone: Mapping[str, int], min_score: int) -> tuple[frozenset[str], int]:
    """(criteria without which the score is not reached, what the others must add to them).

    weights: criterion -> what it adds; weights_alone: what it adds when it stands alone, of those where that differs. Nothing is
    required where one of these is enough.
    """
    if any(weight >= min_score for weight in weights_alone.values()):
        return frozenset(), min_score
    total = sum(weights.values())
    needed = frozenset(name for name, weight in weights.items() if total - weight < min_score)
    return needed, max(0, min_score - sum(weights[name] for name in needed))
