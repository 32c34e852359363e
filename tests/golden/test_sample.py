"""The committed sample gives the published figures that data_samples/expected.csv holds, and comes from its command."""

import zipfile
from pathlib import Path

import duckdb
import polars as pl
import pytest

SAMPLE = Path(__file__).parents[2] / "data_samples"
KEY = ["indicator_id", "year", "condition", "territory_id", "stratum"]


@pytest.fixture(scope="module")
def published(demonstration: Path) -> Path:
    from strata.publication.latest import published_folder

    return published_folder(demonstration / "published")


def test_the_sample_gives_its_expected_figures(published: Path) -> None:
    expected = pl.read_csv(SAMPLE / "expected.csv", schema_overrides={"year": pl.Int16, "stratum": pl.String})
    headline = (pl.col("sex") == "all") & (pl.col("age_band") == "all") & (pl.col("cost_basis") != "billed_br")
    rows = pl.read_parquet(published / "indicators.parquet").filter(headline)
    found = expected.select(KEY).join(rows, on=KEY, how="left").select(expected.columns)
    assert len(expected) == 140
    assert found.equals(expected)


@pytest.mark.parametrize(
    "columns",
    [
        "person(person_id, sex, birth_year, death_date)",
        "stay(stay_id, person_id, field, finess, year, entry_date, exit_date, geo_code, ghm, ghs, cost_billed_eur, cost_standard_eur)",
        "diagnosis(stay_id, unit_rank, position, code)",
        "procedure(stay_id, unit_rank, code, phase, activity, day_offset)",
        "quarantine(source_file, source_line, reason)",
        "rejected(reason, field, finess, year, stays, persons)",
        "person_stratum(person_id, condition, year, stratum, status, definition_id, rule_id, territory_id)",
        "person_evidence(person_id, condition, year, criterion_id, events, first_date, last_date, expires_on)",
    ],
)
def test_a_run_leaves_the_tables_that_other_tools_may_read(published: Path, columns: str) -> None:
    table, names = columns.removesuffix(")").split("(")
    with duckdb.connect(str(published.parents[1] / "warehouse" / "strata.duckdb"), read_only=True) as connection:
        assert connection.execute(f"SELECT {names} FROM {table} LIMIT 1").fetchall() or table == "quarantine"


def test_two_runs_of_the_sample_publish_the_same_bytes(published: Path) -> None:
    from pipelines.runner import run
    from strata.config import load

    again = run(load(published.parents[1] / "strata.toml"), progress=lambda _: None).publication
    assert again is not None and again != published
    assert (again / "indicators.parquet").read_bytes() == (published / "indicators.parquet").read_bytes()
    assert (again / "indicators.csv").read_bytes() == (published / "indicators.csv").read_bytes()


def test_the_sample_comes_from_its_command(tmp_path: Path) -> None:
    from strata.synthetic import write_country

    write_country(tmp_path / "country", persons=90_000, years=range(2017, 2026), formats=("atih",), seed=7)
    written = sorted(path for path in (tmp_path / "country" / "atih").rglob("*") if path.is_file())
    assert len(written) > 100
    for path in written:
        assert contents(path) == contents(SAMPLE / path.relative_to(tmp_path / "country" / "atih"))


def contents(path: Path) -> dict[str, bytes]:
    """What a file holds, entry by entry: another version of zlib packs the same bytes otherwise."""
    if path.suffix != ".zip":
        return {"": path.read_bytes()}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
