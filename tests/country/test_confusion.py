"""What is deliberately ambiguous is lost where it must be: the clear diagonal is whole, and the ambiguous say how much they lose."""

from tests.country.conftest import Country
from tests.country.test_truth import found
from tests.support import confusion


def test_the_clear_are_all_on_the_diagonal_and_the_ambiguous_are_not(country: Country) -> None:
    truth, rows = country.truth, found(country, "snds")
    for year in range(2021, 2026):
        pairs = confusion.pairs(truth, rows, year)
        clear = pairs.filter(pairs["reason"] == confusion.CLEAR)
        assert {state for state in confusion.matrix(clear) if state[0] != state[1]} == set()
        assert confusion.sensitivity(clear, "4") is not None
    last = confusion.pairs(truth, rows, 2025)
    ambiguous = last.filter(last["reason"] != confusion.CLEAR)
    assert any(drawn != found for drawn, found in confusion.matrix(ambiguous))
    shares = [confusion.sensitivity(last, stratum) for stratum in confusion.STRATA]
    assert all(share is not None and share.right / share.among > 0.9 for share in shares)


def test_troubles_of_coding_and_of_stays_are_both_met(country: Country) -> None:
    reasons = set(country.truth["ambiguous_reason"].drop_nulls())
    assert reasons & {"miscoded", "missing_code"} and reasons & {"late_chaining", "lost_pseudonym"} and "grouping_error" in reasons
