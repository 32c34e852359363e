"""What a change of definition does: the same persons under two definitions.

Belongs here: computing both in a scratch database and counting how they differ. Not here: the engine (sql/strata),
words (pipelines/commands).
"""

from strata.compare.comparison import NONE, SCHEMA, STATES, Comparison, compare
from strata.compare.sides import BUILT_IN, Side, find_side

__all__ = ["BUILT_IN", "NONE", "SCHEMA", "STATES", "Comparison", "Side", "compare", "find_side"]
