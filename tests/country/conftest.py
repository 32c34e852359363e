"""One synthetic country, written in both forms and run through the whole product, shared by the tests of this folder.

Its seed and size are not those of the committed sample: what holds here must hold for any draw.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

PERSONS = 12_000
SEED = 2_027
FORMS = ("atih", "snds")


@dataclass(frozen=True)
class Country:
    """folder: OUT of `strata synth`. published: the publication of each form."""

    folder: Path
    published: dict[str, Path]

    @property
    def truth(self) -> pl.DataFrame:
        """What each person was drawn as."""
        return pl.read_parquet(self.folder / "truth.parquet")

    def warehouse(self, form: str) -> duckdb.DuckDBPyConnection:
        """The warehouse of a form, to read."""
        return duckdb.connect(str(self.folder / form / "warehouse" / "strata.duckdb"), read_only=True)


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    from pipelines.runner import run
    from strata.config import load
    from strata.synthetic import write_country

    folder = tmp_path_factory.mktemp("country")
    write_country(folder, persons=PERSONS, years=range(2017, 2026), formats=FORMS, seed=SEED)
    published = {}
    for form in FORMS:
        result = run(load(folder / form / "strata.toml"), progress=lambda _: None)
        assert result.publication is not None
        published[form] = result.publication
    yield Country(folder, published)
