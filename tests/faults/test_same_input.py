"""Same input, same output: the order, the names and the packing of files change neither the stays nor the strata.

Persons are compared by pseudonym: their numbers follow the order in which files are read.
"""

import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from strata.config import load
from strata.definitions.folder import write_definitions
from strata.engine import models
from strata.engine.duckdb import connect
from strata.ingest.load import ingest
from strata.ingest.user.tables import load_user_tables
from strata.ingest.warehouse import tables as warehouse
from strata.settings import write_settings
from strata.synthetic import write_country

PERSONS, SEED = 1_200, 53
KEYED = "SELECT finess, year, stay_number, {columns} FROM read_{table} JOIN read_stay USING (stay_id)"
QUERIES = {
    "stays": """SELECT r.* EXCLUDE (stay_id, slice_id, person_id, source_file, source_line), p.pseudonym
                FROM read_stay AS r LEFT JOIN pseudonym AS p USING (person_id)""",
    "units": KEYED.format(table="unit", columns="read_unit.* EXCLUDE (stay_id)"),
    "diagnoses": KEYED.format(table="diagnosis", columns="unit_rank, code"),
    "procedures": KEYED.format(table="procedure", columns="read_procedure.* EXCLUDE (stay_id)"),
    "quarantine": "SELECT reason, count(*) AS lines FROM quarantine GROUP BY ALL",
    "person_stratum": "SELECT p.pseudonym, s.* EXCLUDE (person_id) FROM person_stratum AS s JOIN pseudonym AS p USING (person_id)",
}
Tables = dict[str, pl.DataFrame]
Entries = list[tuple[str, bytes]]


def entries(landing: Path) -> Entries:
    """Every file under a landing folder, archives opened, in the order of names."""
    found: Entries = []
    for path in sorted(landing.iterdir()):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found += [(f"{path.stem}/{name}", archive.read(name)) for name in archive.namelist()]
        else:
            found.append((path.name, path.read_bytes()))
    return found


def copied(landing: Path, target: Path, names: Callable[[int, str], str]) -> None:
    """The files of landing under other names."""
    for rank, path in enumerate(sorted(landing.iterdir())):
        place = target / names(rank, path.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())


def split(landing: Path, target: Path) -> None:
    """Archives opened, one folder each."""
    for name, content in entries(landing):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)


def merged(landing: Path, target: Path) -> None:
    """Everything in one archive, in any order."""
    target.mkdir()
    with zipfile.ZipFile(target / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in random.Random(SEED).sample(entries(landing), len(entries(landing))):
            archive.writestr(name, content)


def shuffled(landing: Path, target: Path) -> None:
    """Other folders, so another order; what the name of an archive or a table says is kept."""
    order = random.Random(SEED).sample(range(len(list(landing.iterdir()))), len(list(landing.iterdir())))
    copied(landing, target, lambda rank, name: f"{order[rank]:04d}/{name}")


def twice(landing: Path, target: Path) -> None:
    """Every file, and a copy of it in another folder."""
    copied(landing, target, lambda rank, name: name)
    copied(landing, target / "copies", lambda rank, name: name)


PACKED = {"split": split, "merged": merged, "shuffled": shuffled, "each file twice": twice}


def tables(connection: duckdb.DuckDBPyConnection, project: Path) -> Tables:
    """What the warehouse holds, sorted, once the strata are made."""
    config = load(project / "strata.toml")
    load_user_tables(
        connection, territories=config.path("territories"), population=config.path("population"), tariffs=config.path("tariffs")
    )
    write_settings(connection, config)
    write_definitions(connection, config)
    for name, model in models.models().items():
        if model.layer in ("staging", "core", "strata") or name == "code_mention":
            models.build(connection, name)
    found = {name: connection.sql(query).pl() for name, query in QUERIES.items()}
    return {name: frame.sort(frame.columns) for name, frame in found.items()}


def opened() -> duckdb.DuckDBPyConnection:
    """An empty warehouse in memory."""
    connection = connect(None)
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    return connection


def assert_same(found: Tables, reference: Tables) -> None:
    for name, frame in reference.items():
        assert found[name].equals(frame), name


@pytest.fixture(scope="module", params=["atih", "snds"])
def country(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Tables]]:
    """A small country in one form, and what comes of it."""
    folder = tmp_path_factory.mktemp(request.param) / "country"
    write_country(folder, persons=PERSONS, years=range(2021, 2026), formats=(request.param,), seed=SEED)
    project = folder / request.param
    connection = opened()
    ingest(project / "landing", connection)
    yield project, tables(connection, project)
    connection.close()


def test_there_is_something_to_compare(country: tuple[Path, Tables]) -> None:
    _, reference = country
    assert all(len(reference[name]) > 100 for name in ("stays", "units", "diagnoses", "procedures", "person_stratum"))


@pytest.mark.parametrize("way", PACKED)
def test_packed_otherwise(way: str, country: tuple[Path, Tables], tmp_path: Path) -> None:
    project, reference = country
    PACKED[way](project / "landing", tmp_path / "landing")
    connection = opened()
    ingest(tmp_path / "landing", connection)
    assert_same(tables(connection, project), reference)


def test_ingested_again(country: tuple[Path, Tables]) -> None:
    project, reference = country
    connection = opened()
    first = ingest(project / "landing", connection)
    again = ingest(project / "landing", connection)
    assert again.files == first.files and not again.slices
    assert_same(tables(connection, project), reference)


def batches(landing: Path) -> list[list[Path]]:
    """What arrives together: the tables of a year (one is nothing without the others), or a few archives of any hospitals and months."""
    paths = sorted(landing.iterdir())
    if tables_by_year := sorted({path.name[5:7] for path in paths if path.name.startswith("T_MCO")}):
        return [[path for path in paths if path.name[5:7] == year] for year in tables_by_year]
    mixed = random.Random(SEED).sample(paths, len(paths))
    return [mixed[at : at + 12] for at in range(0, len(mixed), 12)]


def test_arrived_little_by_little_in_any_order(country: tuple[Path, Tables], tmp_path: Path) -> None:
    """A run after each arrival; what arrived before still lies there."""
    project, reference = country
    arrivals = batches(project / "landing")
    connection = opened()
    (tmp_path / "landing").mkdir()
    for batch in random.Random(SEED).sample(arrivals, len(arrivals)):
        for path in batch:
            (tmp_path / "landing" / path.name).write_bytes(path.read_bytes())
        ingest(tmp_path / "landing", connection)
    assert_same(tables(connection, project), reference)
