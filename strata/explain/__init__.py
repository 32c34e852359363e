"""Why a person is in a stratum: the facts behind one row of person_stratum, or behind its absence.

Belongs here: reading the warehouse for one person. Not here: any rule of the method (sql/strata) nor any text (pipelines/commands).
"""

from strata.explain.explanation import SCHEMA, Explanation, explain
from strata.explain.output import method_terms, person_output
from strata.explain.question import find_person, person, scope, unknown_person
from strata.explain.world import open_person

__all__ = [
    "SCHEMA",
    "Explanation",
    "explain",
    "find_person",
    "method_terms",
    "open_person",
    "person",
    "person_output",
    "scope",
    "unknown_person",
]
