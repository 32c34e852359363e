"""A score that cannot be reached without a criterion is told as such, not as a number."""

import pytest

from strata.definitions.folder import CONDITIONS
from strata.documents import document, read_whole
from strata.explain.score import required


@pytest.mark.parametrize(
    ("weights", "alone", "min_score", "found"),
    [
        ({"a": 1, "b": 1}, {}, 1, (set(), 1)),
        ({"a": 1, "b": 1}, {}, 2, ({"a", "b"}, 0)),
        ({"a": 1, "b": 1, "c": 1}, {}, 2, (set(), 2)),
        ({"a": 100, "b": 1, "c": 1}, {}, 101, ({"a"}, 1)),
        ({"a": 2, "b": 1, "c": 1}, {}, 2, (set(), 2)),  # the others do without the heavy one
        ({"a": 100, "b": 1, "c": 1}, {"b": 101}, 101, (set(), 101)),  # one alone is enough
    ],
)
def test_what_a_score_cannot_do_without(
    weights: dict[str, int], alone: dict[str, int], min_score: int, found: tuple[set[str], int]
) -> None:
    assert required(weights, alone, min_score) == found


@pytest.mark.parametrize(
    ("language", "asks"), [("fr", "le premier, et au moins 2 des autres"), ("en", "the first and at least 2 of the others")]
)
def test_a_page_says_what_is_required_and_no_weight_that_stands_for_it(language: str, asks: str) -> None:
    rules = {rule.name.identifier: rule for group in document(read_whole(CONDITIONS, "segments"), language).groups for rule in group.rules}
    rule = rules["S4-two-diseases-and-emergencies-65"]
    assert rule.asks.endswith(asks) and "102" not in rule.asks
    assert rule.members[0][0].identifier == "urgent_twice_12m" and {words for _, words in rule.members} == {""}
    plain = {rule.name.identifier: rule for group in document(read_whole(CONDITIONS, "t2d"), language).groups for rule in group.rules}[
        "S4-three-organs"
    ]
    assert "3" in plain.asks and any(words for _, words in plain.members)  # what counts twice alone still says so
