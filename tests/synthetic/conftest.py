"""One small synthetic country in both forms, of acute care and of all fields of care, shared by the tests of this folder."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from strata.synthetic import write_country

PERSONS, SEED = 2_500, 41


@dataclass(frozen=True)
class Written:
    """A country on disk."""

    folder: Path
    persons: int
    seed: int

    @property
    def truth(self) -> pl.DataFrame:
        """The truth table."""
        return pl.read_parquet(self.folder / "truth.parquet")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("synthetic") / "country"
    write_country(folder, persons=PERSONS, seed=SEED)
    return Written(folder, PERSONS, SEED)


@pytest.fixture(scope="session")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The same country with all fields of care."""
    folder = tmp_path_factory.mktemp("synthetic_fields") / "country"
    write_country(folder, persons=PERSONS, seed=SEED, fields=("mco", "smr", "had", "psy"))
    return Written(folder, PERSONS, SEED)
