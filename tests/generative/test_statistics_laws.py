"""Laws of the statistics, whatever the numbers.

Limits hold the estimate and widen with the level; results follow the scale and forget the order; an array is a loop of numbers.
"""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as draw

from strata import statistics as st

counts = draw.integers(0, 100_000)
some = draw.integers(1, 100_000)
amounts = draw.floats(0.01, 1e6)
levels = draw.floats(0.5, 0.9999)
scales = draw.sampled_from([0.5, 2.0, 1_024.0])  # powers of two: the law is then exact up to rounding
bands = draw.lists(draw.tuples(draw.integers(0, 500), draw.integers(1, 50_000), draw.integers(1, 9_000)), min_size=1, max_size=20)
places = draw.lists(draw.tuples(draw.integers(0, 300), draw.floats(0.5, 300)), min_size=2, max_size=30)
people = draw.lists(draw.tuples(draw.floats(0, 1e5), draw.sampled_from("ab")), min_size=1, max_size=40)

OF_A_COUNT = [st.exact_poisson, st.byar, st.mid_p_poisson]
law = settings(deadline=None, max_examples=40)
close = {"rel": 1e-9, "abs": 1e-12}


def rate_of(method, rows, level=0.95):
    """A directly standardised rate of bands given as rows."""
    return method(*np.array(rows, dtype=float).T, level)


def holds(value, limits):
    """Whether limits stand on both sides, rounding apart."""
    return limits.lower <= value * (1 + 1e-9) + 1e-12 and value <= limits.upper * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize("method", OF_A_COUNT)
@law
@given(count=counts, level=levels)
@example(count=1, level=0.9921875)  # Byar's lower limit went below 0 there
def test_limits_of_a_count_hold_it_and_widen_with_the_level(method, count, level):
    limits, wider = method(count, level), method(count, (1 + level) / 2)
    assert holds(count, limits)
    assert 0 <= wider.lower <= limits.lower <= limits.upper <= wider.upper


@law
@given(count=counts, level=levels)
def test_mid_p_limits_lie_within_the_exact_ones(count, level):
    exact, inner = st.exact_poisson(count, level), st.mid_p_poisson(count, level)
    assert exact.lower <= inner.lower + 1e-9 and inner.upper <= exact.upper + 1e-9


@law
@given(count=counts, more=some)
def test_more_persons_raise_both_limits(count, more):
    for method in OF_A_COUNT:
        few, many = method(count), method(count + more)
        assert few.lower <= many.lower and few.upper < many.upper


@law
@given(successes=counts, failures=some, level=levels)
def test_wilson_holds_the_share_within_0_and_1_and_mirrors(successes, failures, level):
    trials = successes + failures
    limits, mirrored = st.wilson(successes, trials, level), st.wilson(failures, trials, level)
    assert holds(successes / trials, limits)
    assert 0 <= limits.lower <= limits.upper <= 1
    assert (limits.lower, limits.upper) == pytest.approx((1 - mirrored.upper, 1 - mirrored.lower), rel=1e-6, abs=1e-12)


@law
@given(observed=counts, expected=amounts, scale=scales, level=levels)
def test_ratios_follow_the_scale_of_the_expected(observed, expected, scale, level):
    ratio, scaled = st.standardised_ratio(observed, expected, level), st.standardised_ratio(observed, expected * scale, level)
    assert holds(ratio.value, ratio)
    assert [part * scale for part in scaled] == pytest.approx(list(ratio), **close)
    assert list(st.indirect_rate(observed, expected, scale, level)) == pytest.approx([part * scale for part in ratio], **close)


@law
@given(observed=amounts, expected=amounts, deviation=draw.floats(0, 3), scale=scales, level=levels)
def test_ratios_of_euros_do_not_depend_on_the_currency(observed, expected, deviation, scale, level):
    ratio = st.repeated_ratio(observed, expected, (deviation * observed) ** 2, level)
    scaled = st.repeated_ratio(observed * scale, expected * scale, (deviation * observed * scale) ** 2, level)
    wider = st.repeated_ratio(observed, expected, (deviation * observed) ** 2, level, expected_variance=expected**2)
    assert holds(ratio.value, ratio)
    assert list(scaled) == pytest.approx(list(ratio), **close)
    assert wider.lower <= ratio.lower <= ratio.upper <= wider.upper


@law
@given(now=some, before=some, expected=amounts, expected_before=amounts)
def test_a_change_read_backwards_is_its_inverse(now, before, expected, expected_before):
    change = st.ratio_of_ratios(now, expected, before, expected_before)
    back = st.ratio_of_ratios(before, expected_before, now, expected)
    assert holds(change.value, change)
    assert [1 / back.value, 1 / back.upper, 1 / back.lower] == pytest.approx(list(change), **close)


@pytest.mark.parametrize("method", [st.direct_rate, st.fay_feuer])
@law
@given(rows=bands, scale=scales, level=levels, seed=draw.randoms(use_true_random=False))
def test_direct_rates_hold_the_rate_forget_the_order_and_the_scale_of_the_weights(method, rows, scale, level, seed):
    rate, wider = rate_of(method, rows, level), rate_of(method, rows, (1 + level) / 2)
    if math.isnan(rate.value):
        assert sum(row[0] for row in rows) < 10
        return
    assert holds(rate.value, rate)
    assert 0 <= wider.lower <= rate.lower and rate.upper <= wider.upper
    shuffled = [(count, residents, weight * scale) for count, residents, weight in rows]
    seed.shuffle(shuffled)
    assert list(rate_of(method, shuffled, level)) == pytest.approx(list(rate), rel=1e-7)


@law
@given(rows=bands)
def test_gamma_limits_are_not_narrower_than_one_event_less(rows):
    fewer = [(max(count - 1, 0), residents, weight) for count, residents, weight in rows]
    assert rate_of(st.fay_feuer, fewer).value <= rate_of(st.fay_feuer, rows).value


@law
@given(expected=draw.floats(0.5, 1e5), level=levels, tau2=draw.floats(0, 0.3), phi=draw.floats(0, 20))
def test_the_funnel_holds_1_and_widens(expected, level, tau2, phi):
    ((plain, wider),) = [st.funnel_limits(expected, (level, (1 + level) / 2))]
    assert 0 <= wider.lower <= plain.lower <= plain.upper <= wider.upper
    assert wider.upper >= 1
    (by_phi,) = st.funnel_limits(expected, (level,), phi=phi)
    if plain.upper >= 1:
        assert by_phi.upper >= plain.upper - 1e-9
    assert st.funnel_limits(expected, (0.95,), tau2=tau2)[0].upper >= 1


@law
@given(rows=places, scale=scales)
def test_smoothing_stays_between_a_place_and_the_others(rows, scale):
    observed, expected = np.array(rows).T
    if not observed.any():
        return
    raw = observed / expected
    for smoothed in (st.marshall(observed, expected), st.gamma_poisson(observed, expected).value):
        assert (smoothed >= raw.min() * (1 - 1e-6)).all() and (smoothed <= raw.max() * (1 + 1e-6)).all()
    assert st.marshall(observed, expected * scale) * scale == pytest.approx(st.marshall(observed, expected), **close)
    assert st.marshall(observed[::-1], expected[::-1])[::-1] == pytest.approx(st.marshall(observed, expected), **close)


@law
@given(rows=places)
def test_scatter_forgets_the_order_of_places(rows):
    observed, expected = np.array(rows).T
    for method in (st.multiplicative_overdispersion, st.additive_overdispersion):
        found = method(observed, expected)
        assert found >= 0
        assert method(observed[::-1], expected[::-1]) == pytest.approx(found, **close)


@law
@given(rows=people, scale=scales, shift=draw.floats(0, 1e4))
def test_variance_of_costs_follows_the_square_of_the_currency_and_no_shift(rows, scale, shift):
    euros, cells = np.array([row[0] for row in rows] * 2), [row[1] for row in rows] * 2  # twice, so that no one is alone
    variance = st.cost_variance(euros, cells)
    assert variance >= 0
    assert st.cost_variance(euros * scale, cells) == pytest.approx(variance * scale**2, rel=1e-9)
    assert st.cost_variance(euros + shift, cells) == pytest.approx(variance, rel=1e-6, abs=1e-3)
    assert st.cost_variance(euros[::-1], cells[::-1]) == pytest.approx(variance, rel=1e-9)


@law
@given(rows=draw.lists(draw.tuples(draw.integers(0, 30), draw.integers(1, 4)), min_size=5, max_size=60))
def test_a_trend_is_one_of_order_only(rows):
    values, groups = np.array(rows, dtype=float).T
    if len(set(groups)) < 2 or len(set(values)) < 2:
        return
    found = st.jonckheere_terpstra(values, groups)
    assert st.jonckheere_terpstra(np.exp(values / 10), groups * 7 - 3) == pytest.approx(found, rel=1e-9)
    assert -1 <= found.tau <= 1 and 0 <= found.p_value <= 1


ARRAYS = {
    "exact_poisson": (st.exact_poisson, (counts,)),
    "byar": (st.byar, (counts,)),
    "mid_p_poisson": (st.mid_p_poisson, (counts,)),
    "wilson": (lambda seen, more: st.wilson(seen, seen + more), (counts, some)),
    "standardised_ratio": (st.standardised_ratio, (counts, amounts)),
    "indirect_rate": (st.indirect_rate, (counts, amounts, amounts)),
    "log_limits": (st.log_limits, (amounts, amounts, amounts)),
    "repeated_ratio": (st.repeated_ratio, (amounts, amounts, amounts)),
    "ratio_of_ratios": (st.ratio_of_ratios, (some, amounts, some, amounts)),
    "funnel_limits": (lambda expected: st.funnel_limits(expected)[0], (amounts,)),
    "funnel_limits_tau2": (lambda expected: st.funnel_limits(expected, tau2=0.02)[1], (amounts,)),
}


@pytest.mark.parametrize("name", ARRAYS)
@law
@given(data=draw.data())
def test_an_array_is_a_loop_of_numbers(name, data):
    method, inputs = ARRAYS[name]
    rows = data.draw(draw.lists(draw.tuples(*inputs), min_size=2, max_size=6))
    together = method(*(np.array(column) for column in zip(*rows)))
    for at, row in enumerate(rows):
        alone = method(*row)
        assert all(isinstance(part, float) for part in alone)
        assert [part[at] for part in together] == pytest.approx(list(alone), rel=1e-9, nan_ok=True)


@law
@given(rows=draw.lists(draw.tuples(draw.integers(5, 500), draw.integers(5, 500)), min_size=2, max_size=6))
def test_a_table_of_places_is_a_loop_of_places(rows):
    residents, weights = np.array([900.0, 400.0]), np.array([3, 1])
    for method in (st.direct_rate, st.fay_feuer):
        together = method(np.array(rows, dtype=float), residents, weights)
        for at, row in enumerate(rows):
            assert [part[at] for part in together] == pytest.approx(list(method(row, residents, weights)), rel=1e-9)
