"""Do intervals hold the truth as often as they say, does a funnel cry wolf no more than it says? Prints docs/explanation/coverage.md.

    python benchmarks/coverage_study.py                # prints them all, about a quarter of an hour on two cores
    python benchmarks/coverage_study.py funnel         # one of them: counts, rates, stays, repeated, costs, bootstrap, funnel, scatter

Every table starts from the same seed, so that one alone prints what all print. The trials: tests/support/coverage.py.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np

from strata.statistics import byar, direct_rate, exact_poisson, fay_feuer, mid_p_poisson
from tests.support import coverage

SEED = 20_260
SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
COST_SIZES = (*SIZES, 20_000)
BOOTSTRAPPED = (100, 500, 2_000, 5_000)
COSTS = [(cv, nil) for cv in (1.5, 3.0, 4.0) for nil in (0.0, 0.5)]
Draws = np.random.Generator


def counts(_: Draws) -> Iterator[list[object]]:
    """Coverage of 95 % and 99.8 % limits of a count, by its mean: exact sums."""
    methods = {"exact": exact_poisson, "ratio (exact below 10, Byar)": coverage.ratio_limits, "Byar": byar, "mid-P": mid_p_poisson}
    means = (0.5, 2, 5, 10, 20, 50, 200, 1_000, 10_000)
    yield ["limits", "level", *means, "least, means 0.1 to 100"]
    for name, method in methods.items():
        for level in (0.95, 0.998):
            least = min(coverage.of_counts(method, mean, level) for mean in np.arange(0.1, 100, 0.1))
            yield [name, level, *(coverage.of_counts(method, mean, level) for mean in means), least]


def rates(draws: Draws) -> Iterator[list[object]]:
    """Coverage of 95 % limits of a directly standardised rate (events rise with age, ESP2013), by events expected: 20 000 places."""
    events = (2, 5, 10, 20, 50, 200, 1_000)
    yield ["limits", *events]
    yield ["Dobson, from 10 events", *("" if n < 10 else coverage.of_rates(direct_rate, n, 20_000, draws) for n in events)]
    yield ["Fay and Feuer", *(coverage.of_rates(fay_feuer, n, 20_000, draws) for n in events)]


def stays(draws: Draws) -> Iterator[list[object]]:
    """Coverage of 95 % limits of O/E of stays, by persons: 4 000 places each."""
    yield ["variance / mean", "truth", "variance", *SIZES, "93-97 % from"]
    for scatter in (1.0, 4.0, 10.0):
        for ratio in (1.0, 1.25):
            found = [coverage.of_stays(size, scatter, ratio, 4_000, draws) for size in SIZES]
            for name in ("poisson", "persons"):
                shares = [at_size[name] for at_size in found]
                yield [f"{1 + coverage.MEAN_STAYS * scatter:.1f}", ratio, name, *shares, coverage.claimed_from(SIZES, shares)]


def repeated(draws: Draws) -> Iterator[list[object]]:
    """Coverage of 95 % limits of a count of events that persons repeat, by members: 20 000 places each."""
    sizes = (11, 20, *SIZES)
    yield ["a person, on average", "scatter", "spread", *sizes, "93-97 % from"]
    for events in (0.05, 0.3, 1.2):
        for spread in (1.0, 4.0):
            found = [coverage.of_repeated(size, events, spread, 20_000, draws) for size in sizes]
            for name in ("poisson", "dispersion"):
                shares = [at_size[name] for at_size in found]
                yield [str(events), spread, name, *shares, coverage.claimed_from(sizes, shares)]


def costs(draws: Draws) -> Iterator[list[object]]:
    """Coverage of 95 % limits of O/E of euros, by persons: 4 000 places each."""
    yield ["CV", "cost nothing", "spread", *COST_SIZES, "93-97 % from"]
    for cv, nil in COSTS:
        found = [coverage.of_costs(size, cv, nil, 4_000, draws) for size in COST_SIZES]
        for name in ("own", "nation"):
            shares = [at_size[name] for at_size in found]
            yield [cv, f"{nil:.0%}", name, *shares, coverage.claimed_from(COST_SIZES, shares)]


def bootstrap(draws: Draws) -> Iterator[list[object]]:
    """Coverage of 95 % BCa limits of O/E of euros, by persons: 1 000 places each, 2 000 resamples."""
    yield ["CV", *BOOTSTRAPPED, "93-97 % from"]
    for cv in (1.5, 3.0, 4.0):
        shares = [coverage.of_bootstrap(size, cv, 0.0, 1_000, draws) for size in BOOTSTRAPPED]
        yield [cv, *shares, coverage.claimed_from(BOOTSTRAPPED, shares)]


def funnel(_: Draws) -> Iterator[list[object]]:
    """Alarms in percent of places at their expected, means over sizes: exact sums."""
    yield ["expected", "below 95 %", "above 95 %", "both", "below 99.8 %", "above 99.8 %", "both"]
    for least, most in ((2, 5), (5, 10), (10, 20), (20, 50), (50, 100), (100, 200), (200, 1_000), (1_000, 5_000)):
        below, above, far_below, far_above = np.mean([coverage.alarms(size) for size in np.geomspace(least, most, 500)], axis=0) * 100
        yield [f"{least} to {most}", below, above, below + above, far_below, far_above, far_below + far_above]


def scatter(draws: Draws) -> Iterator[list[object]]:
    """Alarms in percent of places whose ratios scatter by tau2, phi and tau2 estimated from 100 places: 1 000 nations each."""
    yield ["tau2", "expected", "funnel", "below 95 %", "above 95 %", "below 99.8 %", "above 99.8 %"]
    for sizes in ((300, 600), (50, 2_000)):
        for tau2 in (0.0, 0.005, 0.02, 0.05):
            for name, shares in coverage.scattered_alarms(tau2, sizes, 1_000, draws).items():
                yield [str(tau2), f"{sizes[0]} to {sizes[1]}", name, *(100 * share for share in shares)]


TABLES: dict[str, Callable[[Draws], Iterator[list[object]]]] = {
    table.__name__: table for table in (counts, rates, stays, repeated, costs, bootstrap, funnel, scatter)
}


def written(cell: object) -> str:
    """Three decimals; sizes as they are."""
    return "no" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def main() -> None:
    """Print the tables that are asked for, or all, as Markdown."""
    for name in sys.argv[1:] or TABLES:
        print(f"\n{TABLES[name].__doc__}\n")
        for at, row in enumerate(TABLES[name](np.random.default_rng(SEED))):
            print("| " + " | ".join(map(written, row)) + " |", flush=True)
            if at == 0:
                print("|" + "---|" * len(row))


if __name__ == "__main__":
    main()
