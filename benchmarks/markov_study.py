"""Does a year of movement, twice, make two years? The table of docs/explanation/movement.md.

    python -m benchmarks.markov_study --persons 100000 --seed 2030     # a minute on two cores; Markdown on the standard output

Draws a synthetic country, follows everybody over two years, and sets where they are beside what the product of the two one-year matrices
foretells of the same persons. A chain forgets how long somebody has been in a stratum; evidence that expires after five years does not.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from strata.ingest.warehouse.tables import open_warehouse
from strata.synthetic import write_country
from tests.support.project_strata import up_to_the_strata

YEARS = range(2017, 2026)
STATES = ("none", "1", "2", "3", "4", "dead", "left")
_LIVING = STATES[:5]
# Everybody with a state at the first date, and where they are at the second. 'none': known, in no stratum.
_MOVES = """
WITH placed AS (
    SELECT person_state.person_id, person_state.year,
        CASE person_stratum.status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE 'none' END AS state
    FROM person_state
    INNER JOIN person ON person_state.person_id = person.person_id
    LEFT JOIN person_stratum
        ON person_state.person_id = person_stratum.person_id AND person_state.year = person_stratum.year
        AND person_stratum.condition = $condition
    WHERE person.death_date IS NULL OR person.death_date > make_date(person_state.year, 12, 31)
)
SELECT before.state AS origin, CASE
        WHEN person.death_date <= make_date($last, 12, 31) THEN 'dead' WHEN after.person_id IS NULL THEN 'left' ELSE after.state
    END AS reached, count(*) AS persons
FROM placed AS before
INNER JOIN person ON before.person_id = person.person_id
LEFT JOIN placed AS after ON before.person_id = after.person_id AND after.year = $last
WHERE before.year = $first
GROUP BY ALL ORDER BY ALL
"""

Floats = NDArray[np.float64]


def main() -> None:
    """Print one table per condition."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=2_030)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_country(Path(folder), persons=chosen.persons, years=YEARS, formats=("snds",), seed=chosen.seed)
        connection = open_warehouse(up_to_the_strata(Path(folder) / "snds" / "strata.toml"))
        for condition in ("hf", "t2d"):
            for line in report(connection, condition, YEARS[-1]):
                print(line)
        connection.close()


def moved(connection: duckdb.DuckDBPyConnection, condition: str, first: int, last: int) -> Floats:
    """Persons from each living state at the end of `first` (rows) to each state at the end of `last`."""
    found = connection.execute(_MOVES, {"condition": condition, "first": first, "last": last}).fetchall()
    counts = np.zeros((len(_LIVING), len(STATES)))
    for origin, reached, persons in found:
        counts[_LIVING.index(origin), STATES.index(reached)] = persons
    return counts


def foretold(one: Floats, other: Floats, members: Floats) -> Floats:
    """Persons after two years of a chain: one year of movement (counts), then the other; 'dead' and 'left' are for good."""
    steps = []
    for counts in (one, other):
        square = np.eye(len(STATES))
        square[: len(_LIVING)] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        steps.append(square)
    return np.asarray(members[:, None] * (steps[0] @ steps[1])[: len(_LIVING)])


def distance(observed: Floats, expected: Floats) -> tuple[float, float]:
    """(share of the row that is elsewhere than foretold, probability of so much by chance: Pearson, cells of 5 or more)."""
    away = float(np.abs(observed - expected).sum() / 2 / max(observed.sum(), 1))
    used = expected >= 5
    statistic = float(((observed - expected)[used] ** 2 / expected[used]).sum())
    return away, float(chi2.sf(statistic, max(int(used.sum()) - 1, 1)))


def report(connection: duckdb.DuckDBPyConnection, condition: str, last: int) -> Iterator[str]:
    """A Markdown table: each row of the two-year matrix, observed and foretold, in per cent."""
    two = moved(connection, condition, last - 2, last)
    chain = foretold(moved(connection, condition, last - 2, last - 1), moved(connection, condition, last - 1, last), two.sum(axis=1))
    yield f"\n#### {condition}, {last - 2} to {last}: observed / foretold, %\n"
    yield f"| from | persons | {' | '.join(STATES)} | elsewhere than foretold | p |"
    yield f"|---|---:|{'---:|' * (len(STATES) + 2)}"
    for state, observed, expected in zip(_LIVING, two, chain, strict=True):
        members = max(observed.sum(), 1)
        cells = " | ".join(
            f"{100 * seen / members:.1f} / {100 * told / members:.1f}" for seen, told in zip(observed, expected, strict=True)
        )
        away, chance = distance(observed, expected)
        yield f"| {state} | {int(observed.sum()):,} | {cells} | {100 * away:.1f} % | {'< 0.001' if chance < 0.001 else f'{chance:.3f}'} |"


if __name__ == "__main__":
    main()
