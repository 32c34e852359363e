"""Chart review: persons drawn per stratum and criterion, and what the reviewers found in their charts.

Belongs here: the draw, the sheet that goes to the reviewers, the predictive value it gives back. Not here: any rule of the method
(sql/strata).
"""

from strata.review.answers import Found, Value, read_review, values, weighted
from strata.review.draw import Draw, Group, Question, Stay, draw
from strata.review.sheet import write_sheet

__all__ = ["Draw", "Found", "Group", "Question", "Stay", "Value", "draw", "read_review", "values", "weighted", "write_sheet"]
