"""How large a place must be for its year of movement to be told: the outcomes that would concern 0, 1 to 10, or 11 persons and more.

`python -m benchmarks.movement_places PROJECT`: from the years of movement of a whole extract, counted in its warehouse, to places of any
size with the same shares; counts are Poisson around their mean. What protects the few is not counted: more is lost than that.
The table of docs/explanation/movement.md is what it prints for the committed sample. Not here: what is withheld (strata/disclosure).
"""

import argparse
from pathlib import Path

import duckdb
import numpy as np
from scipy.stats import poisson

SIZES = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
FEW = 10


def outcome_shares(connection: duckdb.DuckDBPyConnection, condition: str) -> np.ndarray:
    """Of one person found, the probability of each stratum and outcome: 4 strata x 7 outcomes, all the years of the extract together."""
    rows = connection.execute(
        """SELECT CAST(sum(numerator) AS DOUBLE) FROM transition
           WHERE condition = ? AND territory_id = 'ALL' AND stratum IN ('1', '2', '3', '4') AND starts_with(measure, 'transition_to_')
           GROUP BY stratum, measure ORDER BY stratum, measure""",
        [condition],
    ).fetchall()
    counts = np.array([count or 0.0 for (count,) in rows])
    return np.asarray(counts / counts.sum())


def line(shares: np.ndarray, condition: str, size: int) -> str:
    """Percent of the outcomes of a place of `size` persons found that hold nobody, 1 to 10, or 11 and more."""
    nobody, at_most_few = poisson.pmf(0, size * shares).mean(), poisson.cdf(FEW, size * shares).mean()
    told = [100 * share for share in (nobody, at_most_few - nobody, 1 - at_most_few)]
    return f"| {condition} | {size:,} | " + " | ".join(f"{share:.0f} %" for share in told) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("project", type=Path)
    with duckdb.connect(str(parser.parse_args().project / "warehouse" / "strata.duckdb"), read_only=True) as connection:
        print("| condition | persons found | outcomes of nobody | of 1 to 10 | of 11 and more |\n|---|---:|---:|---:|---:|")
        for condition in ("hf", "t2d"):
            shares = outcome_shares(connection, condition)
            print("\n".join(line(shares, condition, size) for size in SIZES))


if __name__ == "__main__":
    main()
