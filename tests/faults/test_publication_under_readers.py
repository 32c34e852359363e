"""Publications follow each other while readers read: nobody ever sees half of one, nor a mixture of two.

Readers are processes of their own that follow `latest` as the pages do. Disk full, folder read only: the publication before stays.
"""

import errno
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines import command
from strata.config import Config
from strata.errors import StrataError
from strata.publication import publish as publishing
from strata.publication.publish import POINTER, prune, publications, publish, published_folder, verify
from strata.publication.receipt import NAME, content_hash, sha256_of

PUBLICATIONS, READS, READERS, ROWS = 40, 10_000, 2, 2_000


def _write_data(connection: object, config: object, folder: Path) -> dict[str, Any]:
    """Indicators whose every row says which publication it belongs to."""
    frame = pl.DataFrame({"run": [folder.name.removeprefix(".building-")] * ROWS})
    frame.write_parquet(folder / "indicators.parquet")
    frame.write_csv(folder / "indicators.csv")
    (folder / "indicators.json").write_text("{}", encoding="utf-8")
    return {}


def _receipt(connection: object, config: object, *, run_id: str, files: dict[str, str], **_: object) -> dict[str, Any]:
    return {"run_id": run_id, "files": files, "content_hash": content_hash(files)}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published is invented; how it is published is the product's."""
    monkeypatch.setattr(publishing, "_write_data", _write_data)
    monkeypatch.setattr(publishing, "make_receipt", _receipt)
    monkeypatch.setattr(publishing, "catalogue_of", lambda connection: None)
    monkeypatch.setattr(publishing, "_data_package", lambda folder, catalogue: {})
    monkeypatch.setattr(publishing.revision, "compare", lambda before, after: {"previous": None, "causes": {}, "indicators": {}})


def is_torn(published: Path) -> bool:
    """One look, as a reader takes it: whatever is there agrees with its own receipt."""
    folder = published_folder(published)
    receipt = json.loads((folder / NAME).read_text(encoding="utf-8"))
    rows = pl.read_parquet(folder / "indicators.parquet")["run"]
    whole = receipt["files"]["indicators.parquet"] == sha256_of(folder / "indicators.parquet")
    return not (whole and rows.len() == ROWS and set(rows.unique()) == {receipt["run_id"], folder.name})


def reader(published: str, stop: Event, answers: Any) -> None:
    """Look until there is nothing more to come and enough was seen."""
    looks, torn = 0, 0
    while not stop.is_set() or looks < READS // READERS:
        looks += 1
        try:
            torn += is_torn(Path(published))
        except (OSError, ValueError, pl.exceptions.PolarsError):
            torn += 1
    answers.put((looks, torn))


def test_no_reader_sees_half_of_a_publication(tmp_path: Path, small: None, capsys: pytest.CaptureFixture[str]) -> None:
    config = Config(folder=tmp_path)
    published = config.path("published")
    publish(duckdb.connect(), config, run_id="run-00")
    fresh = multiprocessing.get_context("spawn")
    stop, answers = fresh.Event(), fresh.Queue()
    readers = [fresh.Process(target=reader, args=(str(published), stop, answers)) for _ in range(READERS)]
    for one in readers:
        one.start()
    for number in range(1, PUBLICATIONS + 1):
        publish(duckdb.connect(), config, run_id=f"run-{number:02d}")
        prune(published, config.publish.keep)
    stop.set()
    seen = [answers.get(timeout=120) for _ in readers]
    for one in readers:
        one.join(timeout=60)
    with capsys.disabled():
        print(f"\npublications {PUBLICATIONS}, reads {sum(looks for looks, _ in seen)}, torn {sum(torn for _, torn in seen)}")
    assert sum(looks for looks, _ in seen) >= READS
    assert sum(torn for _, torn in seen) == 0
    assert len(publications(published)) == config.publish.keep


def test_the_reader_of_this_test_sees_a_torn_publication(tmp_path: Path, small: None) -> None:
    config = Config(folder=tmp_path)
    for run_id in ("a", "b"):
        publish(duckdb.connect(), config, run_id=run_id)
    published = config.path("published")
    assert not is_torn(published)
    (published / "b" / "indicators.parquet").write_bytes((published / "a" / "indicators.parquet").read_bytes())
    assert is_torn(published)


FULL = """
import resource, sys
from pathlib import Path
import duckdb
from strata.config import Config
from strata.errors import StrataError
from strata.publication.publish import publish
from tests.faults import test_publication_under_readers as here
here.publishing._write_data, here.publishing.make_receipt = here._write_data, here._receipt
here.publishing._data_package, here.publishing.catalogue_of = lambda folder, catalogue: {}, lambda connection: None
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
try:
    publish(duckdb.connect(), Config(folder=Path(sys.argv[1])), run_id="second")
except StrataError as error:
    print(error.text("en"))
"""


@pytest.mark.parametrize("limit", [1, 200])
def test_a_full_disk_leaves_the_publication_before(tmp_path: Path, small: None, limit: int) -> None:
    if os.name != "posix":
        return
    config = Config(folder=tmp_path)
    publish(duckdb.connect(), config, run_id="first")
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path), str(limit)], capture_output=True, text=True, check=False)
    published = config.path("published")
    assert done.returncode == 0, done.stderr
    assert [line.partition(": ") for line in done.stdout.splitlines()[:3]] == [
        ("Problem", ": ", "The publication cannot be written; the one before stays shown"),
        ("Where", ": ", str(published)),
        ("Why", ": ", "no file may be that large there"),
    ]
    assert (published / POINTER).read_text(encoding="utf-8") == "first\n"
    assert verify(published / "first") == [] and publications(published) == ["first"]
    assert publish(duckdb.connect(), config, run_id="third").name == "third"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        pl.exceptions.ComputeError("No space left on device (os error 28)"),
        pl.exceptions.ComputeError("There is not enough space on the disk. (os error 112)"),
    ],
)
def test_a_full_disk_is_told_with_its_folder(tmp_path: Path, small: None, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(publishing, "_write_data", full)
    with pytest.raises(StrataError) as told:
        publish(duckdb.connect(), Config(folder=tmp_path), run_id="first")
    assert (told.value.where, told.value.why[1]) == (str(tmp_path / "published"), "the disk is full")


def test_a_file_of_another_folder_that_is_missing_is_told_by_its_own_name(tmp_path: Path, small: None) -> None:
    def read(_: Path) -> None:
        (tmp_path / "elsewhere.csv").read_text(encoding="utf-8")

    with pytest.raises(FileNotFoundError) as missing:
        publish(duckdb.connect(), Config(folder=tmp_path), run_id="first", extra=read)
    assert missing.value.filename == str(tmp_path / "elsewhere.csv")


def test_a_published_folder_that_takes_no_writing_is_said_in_four_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> Callable[..., None]:
        raise PermissionError(13, "Permission denied", "published")

    monkeypatch.setattr("pipelines.commands.run.read_config", refused)
    assert command.main(["run", "--config", str(tmp_path / "strata.toml")]) == 2
    said = capsys.readouterr().err
    assert "published" in said and len(said.splitlines()) == 4 and "Traceback" not in said
