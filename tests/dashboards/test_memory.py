"""What a server holds is bounded: no engine of a run, two editions, some views and answers. Megabytes: tests/browser/test_load.py."""

import gc
import subprocess
import sys
import weakref
from itertools import combinations, product
from pathlib import Path

import polars as pl
import pytest

from dashboards.app import store as stores
from dashboards.app.access import Reader
from dashboards.app.question import Question
from dashboards.app.store import MOST_PUBLICATIONS, MOST_VIEWS, MOST_WRITERS, Store
from dashboards.sources.published import Published, read_published
from tests.dashboards.test_editions import RUNS, edition
from tests.support.published_sample import TERRITORIES, YEARS, frame, write_published
from tests.support.repository import ROOT

# Engines of a run, and what writes documents (loaded by the first that is asked for).
NOT_NEEDED = {"duckdb", "pyarrow", "scipy", "dagster", "great_expectations", "docx", "pptx", "xlsxwriter"}
READERS = [frozenset(held) for size in (1, 2) for held in combinations(TERRITORIES, size)][:10]


def loaded_by(*modules: str) -> set[str]:
    """The packages that a new process holds once it imported these."""
    asked = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ended = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8")
    return set(ended.stdout.split())


def test_a_server_of_pages_loads_no_engine() -> None:
    assert loaded_by("pipelines.command", "dashboards.app.server") & NOT_NEEDED == set()
    assert "duckdb" in loaded_by("pipelines.command", "strata.engine.duckdb") & NOT_NEEDED  # which the same question would find


def test_the_command_loads_the_reader_of_publications_after_it_has_told_its_allocator() -> None:
    assert "polars" not in loaded_by("pipelines.command", "pipelines.commands.dashboard")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = [edition(tmp_path_factory.mktemp("memory"), RUNS[0])]
    made += [edition(made[0].parent, run) for run in RUNS[1:]]
    return made[-1]


def ask_everything(store: Store) -> None:
    """Every edition in turn, as every reader, for every year and language."""
    for run, territories in product(RUNS, (None, *READERS)):
        reader = Reader("one", territories)
        for year, language in product((0, YEARS[0]), ("fr", "en")):
            writer = store.writer(reader, Question(min(territories or TERRITORIES), "", year, language, run))
            store.answers.keep(store.key(reader, writer, year, language), b"x" * 2**18)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Published]]:
    """Every publication that is read, while it lives."""
    found: list[weakref.ref[Published]] = []

    def remembered(path: Path) -> Published:
        published = read_published(path)
        found.append(weakref.ref(published))
        return published

    monkeypatch.setattr(stores, "read_published", remembered)
    return found


def test_an_edition_that_is_let_go_leaves_nothing_behind(folder: Path, read: list[weakref.ref[Published]]) -> None:
    store = Store(lambda: folder)
    for run, territories in product(RUNS, (None, READERS[0])):
        store.writer(Reader("one", territories), Question("T01", "", 0, "fr", run))
    gc.collect()
    assert [one() is not None for one in read] == [False, True, True]
    assert {held for held, _ in store._views} | {writer.published.folder for writer in store._writers.values()} == set(store._held)


def test_editions_views_and_answers_that_are_let_go_are_gone(folder: Path, read: list[weakref.ref[Published]]) -> None:
    store = Store(lambda: folder)
    ask_everything(store)
    gc.collect()
    assert len(read) == len(RUNS) > MOST_PUBLICATIONS == sum(one() is not None for one in read)
    assert len(store._views) <= MOST_VIEWS < len(READERS) and len(store._writers) <= MOST_WRITERS
    assert store.answers._bytes <= store.answers.most < 2**18 * 4 * len(RUNS) * (1 + len(READERS))
    rows = {id(writer.published.rows) for writer in store._writers.values()}
    assert len(rows) <= MOST_VIEWS + MOST_PUBLICATIONS  # years and languages share the rows of their reader


def test_a_reader_s_year_holds_nobody_else_s_persons(tmp_path: Path) -> None:
    folder = write_published(tmp_path)
    women = frame().filter((pl.col("indicator_id") == "persons") & (pl.col("stratum") == "all")).with_columns(sex=pl.lit("2"))
    pl.concat([frame(), women]).write_parquet(folder / "indicators.parquet")
    writer = Store(lambda: folder).writer(Reader("one", frozenset({"T01"})), Question("T01", "", 2022, "fr"))
    for rows in (writer.published.details, writer.published.rows):
        assert {row.territory_id for row in rows.values()} == {"T01", "ALL"}
    assert {row.year for row in writer.published.details.values()} == {2022}
