"""A disk that refuses what is written: a message in four parts, the old slice as it was, and a run that goes on once there is room.

The limit on the size of a file (POSIX) stands for a full disk, in a process of its own; a file where the folder should be stands for a
folder that takes no writing (an administrator may write in any other).
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from strata.errors import StrataError
from strata.ingest.load import ingest
from strata.ingest.warehouse.lock import LOCK_NAME
from tests.support.landing import rows, unaccounted, write_archive

TABLES = ("read_stay", "read_unit", "read_diagnosis", "read_procedure", "read_file", "read_slice", "pseudonym", "quarantine")
FULL = """
import sys
from pathlib import Path

from strata.errors import StrataError
from strata.ingest.load import ingest

if int(sys.argv[3]):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    ingest(Path(sys.argv[1]), Path(sys.argv[2]))
except StrataError as error:
    print(error.text("en"))
"""


def state(warehouse: Path) -> list[list[tuple]]:
    return [rows(warehouse, f"SELECT * FROM {name} ORDER BY ALL") for name in TABLES]


def in_a_child(landing: Path, warehouse: Path, limit: int) -> str:
    """What an ingest says when no file may grow beyond `limit` bytes (0: no limit)."""
    command = [sys.executable, "-c", FULL, str(landing), str(warehouse), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0
    return done.stdout


@pytest.mark.parametrize("limit", [1, 1 << 16])  # the lock itself cannot be written; the stays cannot
def test_a_full_disk_leaves_the_old_slice(tmp_path: Path, limit: int) -> None:
    if os.name != "posix":
        return
    landing, warehouse = tmp_path / "landing", tmp_path / "w" / "strata.duckdb"
    write_archive(landing / "m06.zip", {1: 1, 2: 6})
    ingest(landing, warehouse)
    before = state(warehouse)
    write_archive(landing / "m12.zip", {number: 1 + number % 12 for number in range(1, 4_000)})
    said = in_a_child(landing, warehouse, limit)
    assert [line.partition(":")[0] for line in said.splitlines()] == ["Problem", "Where", "Why", "What to do"]
    assert str(warehouse.parent) in said
    assert state(warehouse) == before
    assert in_a_child(landing, warehouse, 0) == ""
    assert rows(warehouse, "SELECT count(*) FROM read_stay") == [(3_999,)]
    assert unaccounted(warehouse) == []
    assert not (warehouse.parent / LOCK_NAME).exists()


def test_a_folder_that_takes_no_writing_is_named(tmp_path: Path) -> None:
    write_archive(tmp_path / "landing" / "a.zip", {1: 1})
    (tmp_path / "w").write_text("a file", encoding="utf-8")
    with pytest.raises(StrataError) as error:
        ingest(tmp_path / "landing", tmp_path / "w" / "strata.duckdb")
    assert str(tmp_path / "w") in error.value.where and "intact" in error.value.why[1]
