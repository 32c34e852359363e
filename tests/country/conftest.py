"""Synthetic countries in both forms, shared by the tests of this folder: one of acute care, one of all fields of care.

Their seeds and sizes are not those of the committed sample: what holds here must hold for any draw.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.support.project_strata import up_to_the_strata

PERSONS = 12_000
SEED = 2_027
FORMS = ("atih", "snds")


@dataclass(frozen=True)
class Country:
    """folder: OUT of `strata synth`. published: the publication of the forms that have one."""

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
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """Both forms up to the indicators and the checks. What withholds is slow on a small country, and knows nothing of forms."""
    from pipelines.runner import run
    from strata.config import load
    from strata.synthetic import write_country

    folder = tmp_path_factory.mktemp("country")
    write_country(folder, persons=PERSONS, years=range(2017, 2026), formats=FORMS, seed=SEED)
    for form in FORMS:
        run(load(folder / form / "strata.toml"), progress=lambda _: None, until=("indicators", "quality"))
    return Country(folder, {})


FIELDS = ("mco", "smr", "had", "psy")
FIELDS_PERSONS, FIELDS_SEED = 2_500, 41
FIELDS_YEARS = range(2020, 2026)  # two reporting years: what withholds would take most of the time of more


@pytest.fixture(scope="session")
def fields_country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """A country of all fields of care. SNDS tables go through the whole product; ATIH files, and MCO alone of the same landing
    (the form 'mco'), up to the strata.
    """
    from pipelines.runner import run
    from strata.config import load
    from strata.synthetic import write_country

    folder = tmp_path_factory.mktemp("fields") / "country"
    write_country(folder, persons=FIELDS_PERSONS, years=FIELDS_YEARS, seed=FIELDS_SEED, fields=FIELDS)
    result = run(load(folder / "snds" / "strata.toml"), progress=lambda _: None)
    assert result.publication is not None
    up_to_the_strata(folder / "atih" / "strata.toml")
    shutil.copytree(folder / "snds", folder / "mco", ignore=shutil.ignore_patterns("published"))
    settings = folder / "mco" / "strata.toml"
    text = settings.read_text(encoding="utf-8").replace('fields = ["mco", "smr", "had", "psy"]', 'fields = ["mco"]')
    settings.write_text(text, encoding="utf-8", newline="\n")
    up_to_the_strata(settings)
    return Country(folder, {"snds": result.publication})
