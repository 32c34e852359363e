"""What each statistic says of known cases, and what it refuses.

Belongs here: closed forms, hand counts, refusals. Not here: published figures (golden), laws (generative).
"""

import math

import numpy as np
import pytest
from scipy.stats import nbinom, norm

import strata.statistics as st
from strata.statistics import (
    additive_overdispersion,
    bootstrap_ratio,
    cost_variance,
    direct_rate,
    esp2013,
    exact_poisson,
    fay_feuer,
    funnel_limits,
    gamma_poisson,
    indirect_rate,
    jonckheere_terpstra,
    log_limits,
    marshall,
    multiplicative_overdispersion,
    ratio_of_ratios,
    repeated_event_variance,
    repeated_ratio,
    standardised_ratio,
    stay_variance,
)

CONTRACT = ["exact_poisson", "mid_p_poisson", "byar", "wilson", "standardised_ratio", "direct_rate", "funnel_limits", "ratio_of_ratios"]


def test_the_names_of_the_contract_are_public_and_every_public_name_says_what_it_does():
    assert set(CONTRACT) <= set(st.__all__)
    assert all(getattr(st, name).__doc__ for name in st.__all__)


def test_one_band_makes_a_direct_rate_a_count():
    rate = direct_rate([40], [8_000], [1])
    assert [part * 8_000 for part in rate] == pytest.approx([40, *st.byar(40)])
    exact = fay_feuer([4], [8_000], [1])
    assert [part * 8_000 for part in exact] == pytest.approx([4, *exact_poisson(4)])


def test_no_event_has_an_upper_limit():
    rate = fay_feuer([0, 0], [100, 50], [1, 1])
    assert (rate.value, rate.lower) == (0, 0)
    assert rate.upper == pytest.approx(0.5 / 50 * -math.log(0.025))  # the rule of three, with the heaviest weight


def test_a_missing_population_gives_no_rate_and_harms_no_other_place():
    counts = np.array([[20.0, 30], [20, 30], [np.nan, 30]])
    residents = np.array([[1_000.0, 2_000], [1_000, 0], [1_000, 2_000]])
    rate = direct_rate(counts, residents, [1, 1])
    assert np.isnan(rate.value).tolist() == np.isnan(rate.upper).tolist() == [False, True, True]
    assert rate.value[0] == pytest.approx(0.0175)
    assert direct_rate(counts[1], residents[1], [1, 0]).value == pytest.approx(0.02)  # a band without weight needs no residents
    assert direct_rate([20, 900], [1_000, 500], [1, 0]) == direct_rate([20], [1_000], [1])  # nor do its events count


def test_no_rate_has_a_negative_limit():
    rate = direct_rate([1, 9], [100, 100], [1, 1e-6])  # one event weighs nearly all: the formula alone goes below 0
    assert rate.lower == 0 < rate.value


def test_repeats_widen_a_rate_and_no_repeat_does_not():
    once = repeated_event_variance([[30, 0], [12, 0]])
    twice = repeated_event_variance([[10, 10], [4, 4]])
    assert (once.tolist(), twice.tolist()) == ([30, 12], [50, 20])
    plain, same, wide = (direct_rate([30, 12], [900, 800], [1, 1], variances=variance) for variance in (None, once, twice))
    assert plain == same
    assert wide.upper > plain.upper


def test_variance_of_stays_counts_persons_without_stay():
    assert stay_variance([3, 0, 0], [1, 1, 0.5]) == pytest.approx(4 + 1 + 0.25)


def test_variance_of_costs_is_that_within_cells():
    costs, cells = [10.0, 14, 100, 100, 103], ["F-80", "F-80", "M-80", "M-80", "M-80"]
    assert cost_variance(costs, cells) == pytest.approx(2 * 8 + 3 * 3)


def test_the_ratio_of_what_is_repeated():
    # se = sqrt(400 + 0.25 x 900) / 100 on the log scale, the second part from the uncertain expected
    found = repeated_ratio(100, 200, 400, expected_variance=900)
    assert found == pytest.approx((0.5, 0.5 * math.exp(-0.25 * 1.959964), 0.5 * math.exp(0.25 * 1.959964)), rel=1e-6)
    assert math.isnan(repeated_ratio(100, 0, 400).value)


def test_bootstrap_repeats_itself_and_agrees_with_the_formula():
    draws = np.random.default_rng(7)
    costs, cells = draws.gamma(2, 1_000, 3_000), np.arange(3_000) % 6
    first = bootstrap_ratio(costs, cells, 6e6, seed=1)
    assert first == bootstrap_ratio(costs, cells, 6e6, seed=1)
    assert first != bootstrap_ratio(costs, cells, 6e6, seed=2)
    assert first == pytest.approx(repeated_ratio(costs.sum(), 6e6, cost_variance(costs, cells)), rel=4e-3)


def test_bootstrap_draws_persons_within_their_cell():
    # every cell has one price: drawing within cells, the total never moves, whatever the cells differ by
    alike = bootstrap_ratio([5.0, 5, 900, 900], ["F", "F", "M", "M"], 1_810, seed=1)
    assert (alike.value, math.isnan(alike.lower), math.isnan(alike.upper)) == (1, True, True)
    scattered = bootstrap_ratio(np.r_[np.full(50, 5.0), 4, np.full(50, 900.0), 901], [*["F"] * 51, *["M"] * 51], 45_156, seed=1)
    assert scattered.upper - scattered.lower < 1e-3


def test_change_without_the_variance_between_persons_is_narrower():
    persons = ratio_of_ratios(120, 100, 100, 100)
    stays = ratio_of_ratios(120, 100, 100, 100, variance=480, variance_before=400)
    assert np.log(stays.upper / stays.value) == pytest.approx(2 * np.log(persons.upper / persons.value))
    assert math.isnan(ratio_of_ratios(5, 7, 0, 9).value)
    assert ratio_of_ratios(0, 9, 5, 7).value == 0 and math.isnan(ratio_of_ratios(0, 9, 5, 7).upper)


def test_the_funnel_widens_with_scatter_and_never_by_less_than_chance():
    plain, by_phi, by_tau2 = (funnel_limits(100, (0.95,), **scatter)[0] for scatter in ({}, {"phi": 4}, {"tau2": 0.01}))
    assert by_phi.upper - 1 == pytest.approx(2 * (plain.upper - 1))
    assert funnel_limits(100, phi=0.5) == funnel_limits(100)
    # negative binomial of variance 100 + 0.01 x 100^2 = 200
    assert by_tau2.upper - by_tau2.lower == pytest.approx(math.sqrt(2) * (plain.upper - plain.lower), rel=0.01)
    assert funnel_limits(100, tau2=1e-9)[0] == pytest.approx(funnel_limits(100)[0], abs=1e-5)
    assert math.isnan(funnel_limits(0)[0].lower)


def test_over_dispersion_of_hand_made_places():
    # ten places of 100: z of the square root is 2 sqrt(100 R) - 20; the outermost one on each side is drawn in to its neighbour
    z = np.array([-9, -2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2, 30])
    edge = norm.isf(0.1)
    left = 1 - 0.2 - 2 * edge * norm.pdf(edge) + 0.2 * edge**2  # of a normal's variance, once the outer tenths are drawn in
    inner = 2 * (4 + 4 + 2.25 + 1 + 0.25)
    expected = np.full(10, 100.0)
    assert multiplicative_overdispersion((10 + z / 2) ** 2, expected) == pytest.approx(inner / 10 / left)
    assert additive_overdispersion(100 * np.exp(z / 10), expected) == pytest.approx((inner / left - 9) / 900)
    assert additive_overdispersion(expected, expected) == 0
    assert additive_overdispersion(np.zeros(10), expected) == additive_overdispersion(np.full(10, 0.5), expected) > 0
    assert multiplicative_overdispersion([121.0, 100], [100, 100]) == pytest.approx(2)  # too few to draw in: mean of 2^2 and 0


def test_over_dispersion_finds_what_was_put_in():
    draws = np.random.default_rng(11)
    expected = draws.uniform(300, 600, 4_000)
    chance = draws.poisson(expected)
    scattered = draws.poisson(expected * draws.gamma(50, 1 / 50, 4_000))
    assert multiplicative_overdispersion(chance, expected) == pytest.approx(1, abs=0.06)
    assert additive_overdispersion(scattered, expected) == pytest.approx(0.02, rel=0.1)


def test_gamma_poisson_finds_the_gamma_that_drew_the_places():
    draws = np.random.default_rng(3)
    expected = draws.uniform(5, 200, 2_000)
    found = gamma_poisson(draws.poisson(expected * draws.gamma(20, 1 / 18, 2_000)), expected)
    assert (found.shape, found.shape / found.rate) == pytest.approx((20, 20 / 18), rel=0.1)


def test_gamma_poisson_is_at_the_top_of_its_likelihood():
    observed, expected = np.array([3, 9, 22, 1, 14, 40]), np.array([6.0, 5, 20, 4, 7, 30])

    def likelihood(shape, rate):
        return nbinom.logpmf(observed, shape, rate / (rate + expected)).sum()

    found = gamma_poisson(observed, expected)
    top = likelihood(found.shape, found.rate)
    for by in (0.99, 1.01):
        assert likelihood(found.shape * by, found.rate) < top > likelihood(found.shape, found.rate * by)
    assert found.value == pytest.approx((observed + found.shape) / (expected + found.rate))


def test_places_that_differ_no_more_than_chance_take_the_common_ratio():
    observed, expected = np.array([11.0, 21, 33]), np.array([10.0, 20, 30])
    assert gamma_poisson(observed, expected).value == pytest.approx([65 / 60] * 3, rel=1e-3)
    assert marshall(observed, expected) == pytest.approx([65 / 60] * 3)


def test_marshall_by_hand():
    # m = 120/100; A = (50 (2 - 1.2)^2 + 50 (0.4 - 1.2)^2) / 100 - 1.2/50 = 0.616; s = 0.616 / (0.616 + 1.2/50) = 0.9625
    assert marshall([100, 20], [50, 50]) == pytest.approx([1.2 + 0.9625 * 0.8, 1.2 - 0.9625 * 0.8])


def test_who_is_likely_above_one():
    found = gamma_poisson([60, 10, 40, 20, 50], [30, 30, 30, 30, 30])
    assert found.above_one[0] > 0.99 > 0.2 > found.above_one[3] > found.above_one[1]


def test_no_event_anywhere_is_said_not_smoothed():
    found = gamma_poisson([0, 0], [3, 4])
    assert np.isnan(found.value).all() and np.isnan(found.above_one).all() and math.isnan(found.shape)
    assert marshall([0, 0], [3, 4]).tolist() == [0, 0]


def _by_pairs(values: np.ndarray, groups: np.ndarray) -> float:
    """One-sided p of Jonckheere and Terpstra, from its definition: pairs of groups, variance with ties in both."""
    labels, sizes = np.unique(groups, return_counts=True)
    pairs = [(values[groups == a], values[groups == b]) for at, a in enumerate(labels) for b in labels[at + 1 :]]
    statistic = sum((low[:, None] < high).sum() + (low[:, None] == high).sum() / 2 for low, high in pairs)
    ties, n = np.unique(values, return_counts=True)[1], values.size

    def whole(t):
        return (t * (t - 1) * (2 * t + 5)).sum()

    variance = (n * (n - 1) * (2 * n + 5) - whole(sizes) - whole(ties)) / 72
    variance += (sizes * (sizes - 1) * (sizes - 2)).sum() * (ties * (ties - 1) * (ties - 2)).sum() / (36 * n * (n - 1) * (n - 2))
    variance += (sizes * (sizes - 1)).sum() * (ties * (ties - 1)).sum() / (8 * n * (n - 1))
    return float(norm.sf((statistic - (n**2 - (sizes**2).sum()) / 4) / math.sqrt(variance)))


def test_trend_is_that_of_jonckheere_and_terpstra():
    # Hollander and Wolfe, Nonparametric Statistical Methods, example 6.2: J = 79, p about 0.02
    values = np.array([40, 35, 38, 43, 44, 41, 38, 40, 47, 44, 40, 42, 48, 40, 45, 43, 46, 44])
    groups = np.repeat([1, 2, 3], 6)
    assert jonckheere_terpstra(values, groups).p_value == pytest.approx(_by_pairs(values, groups), rel=1e-9)
    assert jonckheere_terpstra(values, groups).p_value == pytest.approx(0.0207, abs=1e-4)
    assert jonckheere_terpstra(-values, groups).p_value == pytest.approx(1 - jonckheere_terpstra(values, groups).p_value)
    draws = np.random.default_rng(5)
    costs, strata = draws.integers(0, 40, 300), draws.integers(1, 5, 300)
    assert jonckheere_terpstra(costs, strata).p_value == pytest.approx(_by_pairs(costs, strata), rel=1e-9)


REFUSED = {
    "negative count": (lambda: standardised_ratio(-1, 2), "count of persons cannot be negative"),
    "negative expected": (lambda: standardised_ratio(1, -2), "expected count cannot be negative"),
    "negative reference rate": (lambda: indirect_rate(1, 2, -3), "reference rate"),
    "negative variance": (lambda: log_limits(1, 1, -1), "variance"),
    "negative expected euros": (lambda: repeated_ratio(1, -1, 1), "expected total"),
    "variance of expected": (lambda: repeated_ratio(1, 1, 1, expected_variance=-1), "variance"),
    "change of negatives": (lambda: ratio_of_ratios(1, 1, -1, 1), "cannot be negative"),
    "variance of a change": (lambda: ratio_of_ratios(1, 1, 1, 1, variance=-1), "variance"),
    "numbers as bands": (lambda: direct_rate(1, 2, 3), "last axis is the age band"),
    "bands that differ": (lambda: direct_rate([1, 2], [3, 4], [1, 2, 3]), "same age bands"),
    "negative residents": (lambda: fay_feuer([1, 2], [3, -4], [1, 1]), "cannot be negative"),
    "negative weight": (lambda: direct_rate([1, 2], [3, 4], [1, -1]), "weights"),
    "missing weight": (lambda: direct_rate([1, 2], [3, 4], [1, math.nan]), "weights"),
    "no weight": (lambda: direct_rate([1, 2], [3, 4], [0, 0]), "weights"),
    "level in percent": (lambda: fay_feuer([1], [2], [1], level=95), "level"),
    "funnel level": (lambda: funnel_limits(1, levels=(95,)), "level"),
    "funnel of less than none": (lambda: funnel_limits(-1), "expected count"),
    "negative scatter": (lambda: funnel_limits(1, tau2=-0.1), "phi and tau2"),
    "two scatters": (lambda: funnel_limits(1, phi=2, tau2=0.1), "not both"),
    "one place": (lambda: multiplicative_overdispersion([1], [1]), "two places"),
    "place without expected": (lambda: additive_overdispersion([1, 2], [1, 0]), "expected known and positive"),
    "place unknown": (lambda: marshall([1, math.nan], [1, 1]), "observed must be known"),
    "places not matched": (lambda: gamma_poisson([1, 2, 3], [1, 1]), "one value per place"),
    "ages that fall": (lambda: esp2013([40, 18]), "rising"),
    "ages too high": (lambda: esp2013([0, 96]), "between 0 and 95"),
    "no age": (lambda: esp2013([]), "list of ages"),
    "negative stays": (lambda: stay_variance([1, -1], [1, 1]), "not negative"),
    "stays not matched": (lambda: stay_variance([1, 1], [1]), "one value per person"),
    "negative persons": (lambda: repeated_event_variance([1, -1]), "not negative"),
    "cost unknown": (lambda: cost_variance([1, math.nan], [1, 1]), "missing"),
    "person alone in a cell": (lambda: cost_variance([1, 2, 3], ["a", "a", "b"]), "one person"),
    "cells not matched": (lambda: bootstrap_ratio([1, 2], ["a"], 3, seed=1), "one entry per person"),
    "nothing expected": (lambda: bootstrap_ratio([1, 2], ["a", "a"], 0, seed=1), "positive"),
    "too few resamples": (lambda: bootstrap_ratio([1, 2], ["a", "a"], 3, seed=1, resamples=9), "resamples"),
    "one group": (lambda: jonckheere_terpstra([1, 2], [1, 1]), "two groups"),
    "value unknown": (lambda: jonckheere_terpstra([1, math.nan], [1, 2]), "missing"),
}


@pytest.mark.parametrize(("attempt", "words"), REFUSED.values(), ids=REFUSED)
def test_the_impossible_is_refused_in_plain_words(attempt, words):
    with pytest.raises(ValueError, match=words):
        attempt()
