"""How often intervals hold a known truth, and how often a funnel cries wolf: by exact sums where possible, by seeded draws elsewhere.

Belongs here: the trials, printed at full size by benchmarks/coverage_study.py and run small by tests/generative/test_coverage.py.
Not here: tables, thresholds of a test.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import poisson

from strata import statistics as st

COVERED = (0.93, 0.97)
CELLS = 10  # sex and age bands; the dearest costs four times the cheapest
MEAN_STAYS = 1.2  # per person and year
NOT_DIVIDED = 0.6787  # what drawing in the outer tenths leaves of the variance of a normal: phi as its source prints it
STANDARD = st.esp2013(range(0, 91, 5))
Draws = np.random.Generator


def of_counts(method: Callable[..., st.Limits], mean: float, level: float = 0.95) -> float:
    """Probability that the limits of a Poisson count hold its mean: a sum over counts, no draw."""
    counts = np.arange(poisson.ppf(1e-12, mean), poisson.isf(1e-12, mean) + 1)
    limits = method(counts, level)
    return float(poisson.pmf(counts, mean)[(limits.lower <= mean) & (mean <= limits.upper)].sum())


def ratio_limits(count: np.ndarray, level: float) -> st.Limits:
    """The limits of standardised_ratio, as of a count."""
    return st.Limits(*st.standardised_ratio(count, 1.0, level)[1:])


def of_rates(method: Callable[..., st.Rate], events: float, repeats: int, draws: Draws) -> float:
    """Share of directly standardised rates of `events` rising with age, on average, whose limits hold the truth."""
    residents = np.linspace(3_000, 1_000, STANDARD.size)
    risk = np.exp(np.linspace(0, 4, STANDARD.size))
    risk *= events / (residents * risk).sum()
    truth = (STANDARD * risk).sum() / STANDARD.sum()
    counts = draws.poisson(residents * risk, (repeats, STANDARD.size))
    found = method(counts, np.tile(residents, (repeats, 1)), STANDARD)
    claimed = ~np.isnan(found.lower)
    return float(((found.lower <= truth) & (truth <= found.upper))[claimed].mean())


def of_stays(persons: int, scatter: float, ratio: float, repeats: int, draws: Draws) -> dict[str, float]:
    """Share of O/E of stays that hold `ratio`: 'persons' with the variance between persons, 'poisson' as if stays were persons.

    scatter: variance between persons of their own inclination (gamma of mean 1): stays have variance / mean about 1 + 1.2 scatter.
    """
    expected = MEAN_STAYS * np.linspace(0.5, 1.5, persons)
    observed, variance = np.empty(repeats), np.empty(repeats)
    for at in range(repeats):
        stays = draws.poisson(ratio * expected * draws.gamma(1 / scatter, scatter, persons))
        observed[at], variance[at] = stays.sum(), st.stay_variance(stays, expected)
    return {
        "poisson": _held(st.standardised_ratio(observed, expected.sum()), ratio),
        "persons": _held(st.repeated_ratio(observed, expected.sum(), variance), ratio),
    }


def of_repeated(persons: float, events: float, scatter: float, repeats: int, draws: Draws) -> dict[str, float]:
    """Share of limits of a count of events that hold its mean: 'dispersion' with that of the nation, 'poisson' as if each were of another.

    persons: how many are members, on average (who is one varies too). events: of one person, on average; scatter: as in of_stays.
    """
    members = draws.poisson(persons, repeats)
    inclination = draws.gamma(np.maximum(members, 1e-9) / scatter, scatter)  # the sum of theirs
    count = draws.poisson(events * inclination)
    dispersion = 1 + events * (1 + scatter)  # sum of squares over sum, of a nation: what strata/measures/measure.py reads
    mean = persons * events
    return {
        "poisson": _held(st.repeated_count(count, 1.0), mean),
        "dispersion": _held(st.repeated_count(count, dispersion), mean),
    }


def of_costs(persons: int, cv: float, nil: float, repeats: int, draws: Draws) -> dict[str, float]:
    """Share of O/E of euros that hold 1: 'own' with the spread seen in the place, 'nation' with the spread of the whole country.

    cv: standard deviation over mean within a cell; nil: share of the persons that cost nothing.
    """
    drawn = [(costs.sum(), st.cost_variance(costs, cells)) for costs, cells in _places(persons, cv, nil, repeats, draws)]
    observed, variance = np.array(drawn).T
    expected = _mean(persons).sum()
    spread = cv * np.sqrt((_mean(persons) ** 2).sum()) / expected  # what a nation knows: the true spread
    return {
        "own": _held(st.repeated_ratio(observed, expected, variance), 1.0),
        "nation": _held(st.repeated_ratio(observed, expected, (spread * observed) ** 2), 1.0),
    }


def of_bootstrap(persons: int, cv: float, nil: float, repeats: int, draws: Draws, resamples: int = 2_000) -> float:
    """Share of bootstrap intervals of O/E of euros that hold 1."""
    expected = _mean(persons).sum()
    places = _places(persons, cv, nil, repeats, draws)
    found = [st.bootstrap_ratio(*place, expected, seed=at, resamples=resamples) for at, place in enumerate(places)]
    return _held(st.Ratio(*np.array(found).T), 1.0)


def alarms(expected: float) -> list[float]:
    """Probability that a place at its expected lies below, above the 95 % limits, below, above the 99.8 % limits: sums, no draw."""
    found = []
    for limits in st.funnel_limits(expected):
        fewest, most = limits.lower * expected, limits.upper * expected
        found += [float(poisson.cdf(np.ceil(fewest) - 1, expected)), float(poisson.sf(np.floor(most), expected))]
    return found


def scattered_alarms(tau2: float, sizes: tuple[float, float], repeats: int, draws: Draws, units: int = 100) -> dict[str, list[float]]:
    """The same shares among `units` places whose true ratios scatter (log-normal of variance tau2), by what the funnel knows of it."""
    found: dict[str, list[list[float]]] = {"Poisson": [], "phi, not divided": [], "phi": [], "tau2": []}
    for _ in range(repeats):
        expected = np.exp(draws.uniform(*np.log(sizes), units))
        log_variance = np.log1p(tau2)
        observed = draws.poisson(expected * draws.lognormal(-log_variance / 2, np.sqrt(log_variance), units))
        phi = st.multiplicative_overdispersion(observed, expected)
        known = {
            "Poisson": {},
            "phi, not divided": {"phi": phi * NOT_DIVIDED},
            "phi": {"phi": phi},
            "tau2": {"tau2": st.additive_overdispersion(observed, expected)},
        }
        for name, scatter in known.items():
            found[name].append(list(_outside(observed / expected, st.funnel_limits(expected, **scatter))))
    return {name: list(np.mean(shares, axis=0)) for name, shares in found.items()}


def claimed_from(sizes: tuple[int, ...], shares: list[float]) -> int | None:
    """The smallest number of persons from which every share lies within COVERED."""
    good = [COVERED[0] <= share <= COVERED[1] for share in shares]
    return next((size for at, size in enumerate(sizes) if all(good[at:])), None)


def _outside(ratio: np.ndarray, funnel: tuple[st.Limits, ...]) -> Iterator[float]:
    for limits in funnel:
        yield float((ratio < limits.lower).mean())
        yield float((ratio > limits.upper).mean())


def _cells(persons: int) -> np.ndarray:
    return np.arange(persons) * CELLS // persons


def _mean(persons: int) -> np.ndarray:
    return np.linspace(1_000.0, 4_000.0, CELLS)[_cells(persons)]


def _places(persons: int, cv: float, nil: float, repeats: int, draws: Draws) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Euros and cells of the persons of one place after another: nothing for some, log-normal for the others."""
    log_variance = np.log((1 - nil) * (1 + cv**2))  # of those who cost: their CV is smaller than that of all
    mean, cells = _mean(persons) / (1 - nil), _cells(persons)
    for _ in range(repeats):
        euros = mean * draws.lognormal(-log_variance / 2, np.sqrt(log_variance), persons)
        yield euros * (draws.random(persons) >= nil), cells


def _held(found: st.Ratio, truth: float) -> float:
    return float(((found.lower <= truth) & (truth <= found.upper)).mean())
