"""From how many persons on does the interval of a mean cost cover what it says? A simulation, and the table it gives.

    python benchmarks/cost_interval_coverage.py            # prints docs/decisions/0005's table, under two minutes on two cores

Persons draw log-normal costs of mean 1 and a known coefficient of variation (CV); the interval is strata.statistics.log_limits.
'mean': a fixed number of persons. 'total': their number is itself Poisson, and the variance is the sum of squares.
"""

import numpy as np

from strata.statistics import log_limits

CVS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
TARGET = 0.93
_SEED = 20_260
_DRAWS = 1_000_000  # persons held in memory at once


def coverage(cv: float, persons: int, repeats: int, generator: np.random.Generator) -> tuple[float, float]:
    """Share of intervals that hold the truth, for (mean, total)."""
    sigma = np.sqrt(np.log(1 + cv**2))
    hits = np.zeros(2)
    done = 0
    while done < repeats:
        rows = min(repeats - done, max(_DRAWS // persons, 1))
        costs = np.exp(generator.normal(-(sigma**2) / 2, sigma, (rows, persons)))
        hits += _mean_hits(costs), _total_hits(costs, persons, generator)
        done += rows
    return float(hits[0] / repeats), float(hits[1] / repeats)


def _mean_hits(costs: np.ndarray, truth: float = 1.0) -> int:
    persons, total = costs.shape[1], costs.sum(axis=1)
    limits = log_limits(total / persons, total, persons * costs.var(axis=1, ddof=1))
    return int(((limits.lower <= truth) & (truth <= limits.upper)).sum())


def _total_hits(costs: np.ndarray, persons: int, generator: np.random.Generator) -> int:
    # a Poisson number of persons: each row keeps a Poisson number of draws, of which at most all
    mean_kept = persons - 4 * np.sqrt(persons)
    kept = np.minimum(generator.poisson(mean_kept, costs.shape[0]), persons)
    inside = np.arange(persons) < kept[:, None]
    total = np.where(inside, costs, 0).sum(axis=1)
    limits = log_limits(total, total, np.where(inside, costs**2, 0).sum(axis=1))
    return int(((limits.lower <= mean_kept) & (mean_kept <= limits.upper)).sum())


def main() -> None:
    """Print coverage by CV and number of persons, then the smallest number from which it stays at 93 % or more."""
    generator = np.random.default_rng(_SEED)
    for cv in CVS:
        found = [coverage(cv, size, 10_000 if size <= 5_000 else 4_000, generator) for size in SIZES]
        for name, column in (("mean", 0), ("total", 1)):
            shares = [pair[column] for pair in found]
            enough = next((size for at, size in enumerate(SIZES) if min(shares[at:]) >= TARGET), None)
            print(f"| {cv} | {name} | " + " | ".join(f"{share:.3f}" for share in shares) + f" | {enough} |", flush=True)


if __name__ == "__main__":
    main()
