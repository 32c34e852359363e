"""Intervals hold a known truth as often as they say; the funnel cries wolf as often as it says: docs/explanation/coverage.md, small.

Belongs here: thresholds on seeded draws and exact sums. Not here: the trials (support/coverage.py), the full tables (benchmarks).
"""

import numpy as np
import pytest

from strata.statistics import byar, direct_rate, exact_poisson, fay_feuer, mid_p_poisson
from tests.support import coverage

LEAST, MOST = coverage.COVERED


@pytest.fixture
def draws():
    """The same draws at every run."""
    return np.random.default_rng(20_260)


@pytest.mark.parametrize("level", [0.95, 0.998])
def test_exact_limits_and_those_of_the_ratio_cover_at_least_what_they_say(level):
    means = [*np.arange(0.1, 30, 0.3), 100, 1_000, 10_000]
    for method in (exact_poisson, coverage.ratio_limits):
        assert min(coverage.of_counts(method, mean, level) for mean in means) >= level - 1e-4


def test_the_net_catches_limits_that_cover_less():
    means = np.arange(0.1, 10, 0.1)
    assert min(coverage.of_counts(mid_p_poisson, mean) for mean in means) < 0.93
    assert min(coverage.of_counts(lambda count, level: byar(count, level - 0.05), mean) for mean in means) < 0.93


def test_direct_rates_cover_about_what_they_say(draws):
    for events in (20, 200):
        assert LEAST <= coverage.of_rates(direct_rate, events, 4_000, draws) <= 0.975
    for events in (2, 20):
        assert coverage.of_rates(fay_feuer, events, 4_000, draws) >= 0.95


@pytest.mark.parametrize(("scatter", "persons"), [(1.0, 50), (4.0, 200), (10.0, 500)])
def test_stays_cover_from_the_number_stated_and_poisson_never(draws, scatter, persons):
    found = coverage.of_stays(persons, scatter, 1.0, 2_000, draws)
    assert LEAST <= found["persons"] <= MOST
    assert found["poisson"] < 0.85


@pytest.mark.parametrize(("cv", "own", "nation"), [(1.5, 1_000, 50), (3.0, 5_000, 1_000), (4.0, 20_000, 1_000)])
def test_costs_cover_from_the_number_stated_and_not_from_few(draws, cv, own, nation):
    assert LEAST <= coverage.of_costs(own, cv, 0.0, 800, draws)["own"] <= MOST
    assert LEAST <= coverage.of_costs(nation, cv, 0.0, 1_500, draws)["nation"] <= MOST
    assert coverage.of_costs(100, cv, 0.0, 1_500, draws)["own"] < LEAST


def test_the_bootstrap_covers_no_better_than_the_formula_with_few_persons(draws):
    assert coverage.of_bootstrap(50, 3.0, 0.0, 200, draws, resamples=400) < LEAST


def test_the_funnel_gives_the_alarms_it_says():
    for least, most in ((20, 50), (100, 1_000)):
        below, above, far_below, far_above = np.mean([coverage.alarms(size) for size in np.geomspace(least, most, 200)], axis=0)
        assert (below + above, far_below + far_above) == pytest.approx((0.05, 0.002), rel=0.02)
        assert below == pytest.approx(0.025, abs=0.006) and above == pytest.approx(0.025, abs=0.006)
        assert far_below == pytest.approx(0.001, abs=0.0004) and far_above == pytest.approx(0.001, abs=0.0004)


def test_the_funnel_knows_scatter_among_places_of_a_size(draws):
    found = coverage.scattered_alarms(0.02, (300, 600), 150, draws)
    below, above, far_below, far_above = found["tau2"]
    assert 0.04 <= below + above <= 0.06
    assert far_below + far_above <= 0.005
    assert sum(found["Poisson"][:2]) > 0.3  # without it, a third of the places would be pointed at


@pytest.mark.parametrize(("persons", "events"), [(20, 1.2), (200, 0.3), (2_000, 1.2)])
def test_counts_of_repeated_events_hold_with_the_dispersion_and_not_without(persons, events):
    found = coverage.of_repeated(persons, events, 4.0, 4_000, np.random.default_rng(5))
    assert found["dispersion"] >= 0.93
    assert found["poisson"] < 0.85
