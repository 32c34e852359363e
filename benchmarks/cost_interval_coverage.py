"""From how many persons on does the interval of a cost cover what it says? A simulation, and the table it gives.

    python benchmarks/cost_interval_coverage.py            # prints the table of docs/decisions/0005, a few minutes on two cores

Persons draw log-normal costs of mean 1 and a known coefficient of variation (CV). Two intervals, both strata.statistics.log_limits:
'own', with the dispersion seen in the cell itself; 'nation', with the dispersion seen in a nation of 50 000 other persons.
'mean': a fixed number of persons. 'total': their number is itself Poisson, and the variance is the sum of squares.
"""

from collections import Counter

import numpy as np

from strata.statistics import log_limits

CVS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
SIZES = (20, 30, 50, 100, 200, 500, 1_000, 2_000, 5_000)
KINDS = ("own mean", "own total", "nation mean", "nation total")
COVERED = (0.93, 0.97)
NATIONS, NATION_PERSONS, CELLS_PER_NATION = 200, 50_000, 40
_SEED = 20_260


def coverage(cv: float, generator: np.random.Generator) -> dict[int, dict[str, float]]:
    """Share of 95 % intervals that hold the truth, by number of persons and kind."""
    hits: dict[int, Counter[str]] = {size: Counter() for size in SIZES}
    for _ in range(NATIONS):
        nation = _costs(cv, NATION_PERSONS, generator)
        mean = nation.mean()
        spread, square = nation.std(ddof=1) / mean, np.sqrt((nation**2).mean()) / mean
        for size in SIZES:
            cells = _costs(cv, (CELLS_PER_NATION, size), generator)
            inside = np.arange(size) < np.minimum(generator.poisson(_usual(size), CELLS_PER_NATION), size)[:, None]
            hits[size].update(_hits(cells, inside, spread, square))
    return {size: {kind: hits[size][kind] / (NATIONS * CELLS_PER_NATION) for kind in KINDS} for size in SIZES}


def _costs(cv: float, shape: int | tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    sigma = np.sqrt(np.log(1 + cv**2))
    return np.exp(generator.normal(-(sigma**2) / 2, sigma, shape))


def _usual(size: int) -> float:
    """A Poisson mean that stays under `size`: each row keeps a Poisson number of its draws."""
    return max(size - 3 * np.sqrt(size), size / 2)


def _hits(cells: np.ndarray, inside: np.ndarray, spread: float, square: float) -> dict[str, int]:
    persons, total = cells.shape[1], cells.sum(axis=1)
    kept, part = inside.sum(axis=1), np.where(inside, cells, 0)
    truth = _usual(persons)
    return {
        "own mean": _held(total / persons, total, persons * cells.var(axis=1, ddof=1), 1.0),
        "own total": _held(part.sum(axis=1), part.sum(axis=1), (part**2).sum(axis=1), truth),
        "nation mean": _held(total / persons, total, (spread * total) ** 2 / persons, 1.0),
        "nation total": _held(part.sum(axis=1), part.sum(axis=1), (square * part.sum(axis=1)) ** 2 / np.maximum(kept, 1), truth),
    }


def _held(value: np.ndarray, total: np.ndarray, variance: np.ndarray, truth: float) -> int:
    limits = log_limits(value, total, variance)
    return int(((limits.lower <= truth) & (truth <= limits.upper)).sum())


def _claimed(shares: list[float]) -> int | None:
    """The smallest size from which every share lies within COVERED."""
    good = [COVERED[0] <= share <= COVERED[1] for share in shares]
    return next((size for at, size in enumerate(SIZES) if all(good[at:])), None)


def main() -> None:
    """Print coverage by CV, kind and number of persons, then the smallest number from which it stays between 93 and 97 %."""
    generator = np.random.default_rng(_SEED)
    for cv in CVS:
        found = coverage(cv, generator)
        for kind in KINDS:
            shares = [found[size][kind] for size in SIZES]
            print(f"| {cv} | {kind} | " + " | ".join(f"{share:.3f}" for share in shares) + f" | {_claimed(shares)} |", flush=True)


if __name__ == "__main__":
    main()
