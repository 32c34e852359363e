"""What is lost when codes are wrong or missing and stays badly chained: the tables of docs/explanation/validity.md.

    python -m benchmarks.confusion_study --persons 100000 --seed 2030     # a few minutes on two cores; Markdown on the standard output

Draws a synthetic country, reads it as a hospital would, and compares the strata found with those drawn, in the last year: one person once.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from strata.ingest.warehouse.tables import open_warehouse
from strata.synthetic import write_country
from tests.support import confusion
from tests.support.project_strata import up_to_the_strata

YEARS = range(2017, 2026)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=2_030)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = country(Path(folder), chosen.persons, chosen.seed)
    for line in report(rows):
        print(line)


def country(folder: Path, persons: int, seed: int) -> pl.DataFrame:
    """Draw a country, build its strata, and pair them with the truth of the last year."""
    write_country(folder, persons=persons, years=YEARS, formats=("snds",), seed=seed)
    connection = open_warehouse(up_to_the_strata(folder / "snds" / "strata.toml"))
    found = strata_found(connection)
    connection.close()
    return confusion.pairs(pl.read_parquet(folder / "truth.parquet"), found, YEARS[-1])


def strata_found(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """person_stratum with pseudonyms."""
    return connection.sql("SELECT pseudonym, condition, year, status, stratum FROM person_stratum JOIN pseudonym USING (person_id)").pl()


def report(rows: pl.DataFrame) -> Iterator[str]:
    """Two Markdown tables by condition: the matrix of the ambiguous, then each reason and all together."""
    for (condition,), of_condition in rows.sort("condition").partition_by("condition", as_dict=True).items():
        ambiguous = of_condition.filter(pl.col("reason") != confusion.CLEAR)
        yield f"\n### {condition}: {of_condition.height} persons, {ambiguous.height} of them ambiguous\n"
        yield from _matrix(confusion.matrix(ambiguous))
        yield "\n| reason | " + " | ".join(f"S{one} sensitivity | S{one} PPV" for one in confusion.STRATA) + " |"
        yield "|---|" + "---:|" * (2 * len(confusion.STRATA))
        for reason in sorted(ambiguous["reason"].unique()):
            yield _shares(reason, of_condition.filter(pl.col("reason") == reason))
        yield _shares("**all the ambiguous**", ambiguous)
        yield _shares("**everybody**", of_condition)


def _matrix(counts: dict[tuple[str, str], int]) -> Iterator[str]:
    yield "| drawn \\ found | " + " | ".join(confusion.STATES) + " |"
    yield "|---|" + "---:|" * len(confusion.STATES)
    for drawn in confusion.STATES:
        cells = (str(counts.get((drawn, found), 0)) for found in confusion.STATES)
        yield f"| {drawn} | " + " | ".join(cells) + " |"


def _shares(name: str, rows: pl.DataFrame) -> str:
    cells = []
    for stratum in confusion.STRATA:
        for share in (confusion.sensitivity(rows, stratum), confusion.predictive_value(rows, stratum)):
            cells.append("–" if share is None else f"{share.right}/{share.among} ({100 * share.lower:.1f}–{100 * share.upper:.1f})")
    return f"| {name} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
