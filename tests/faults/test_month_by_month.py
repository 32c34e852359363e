"""Months that arrive one after the other, each published, end at the numbers of a warehouse made of all of them at once; so do a project
that was purged, and a saved one that an earlier version had left.

Real runs of a small synthetic country. A monthly file is cumulative: what a hospital sends in November replaces what it sent in October.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from pipelines import command
from pipelines.runner import run
from strata.config import load
from strata.engine import parts
from strata.engine.duckdb import connect
from strata.engine.models import Model
from strata.publication.receipt import NAME
from strata.synthetic import write_country
from tests.support.rsa_lines import layout

PERSONS, SEED = 1_200, 61
LAST, MONTHS = 2025, (10, 11, 12)
RSA, ANO = "229", "1103"  # versions of that year


@dataclass(frozen=True)
class Year:
    """The project after the last month; the hash published each month, and the tables of which only a part was made."""

    project: Path
    hashes: list[str]
    in_part: list[set[str]]


def country(tmp_path: Path) -> Path:
    """A project whose landing folder has the years before the last; the last lies in `whole`, as sent after December."""
    write_country(tmp_path / "country", persons=PERSONS, years=range(LAST - 4, LAST + 1), seed=SEED, formats=("atih",))
    project = tmp_path / "country" / "atih"
    text = (project / "strata.toml").read_text(encoding="utf-8")
    assert f"first = {LAST}" in text  # five years of look-back: the one that is published
    (project / "strata.toml").write_text(text.replace('conditions = ["t2d", "hf"]', 'conditions = ["t2d"]'), encoding="utf-8")
    (project / "whole").mkdir()
    for path in (project / "landing").glob(f"*.{LAST}.*"):
        shutil.move(path, project / "whole" / path.name)
    return project


def cells(lines: list[bytes], family: str, version: str, name: str) -> Iterator[bytes]:
    """One field of every line."""
    start, width, _ = layout(family, version, "fixed")[name]
    return (line[start : start + width] for line in lines)


def send(project: Path, month: int) -> None:
    """Every hospital sends its year until that month: a file beside those of the months before."""
    for path in sorted((project / "whole").iterdir()):
        finess, year, *_ = path.name.split(".")
        sent = f"15{month % 12 + 1:02d}{LAST + month // 12}093000"
        with (
            zipfile.ZipFile(path) as whole,
            zipfile.ZipFile(project / "landing" / f"{finess}.{year}.{month}.{sent}.out.zip", "w") as archive,
        ):
            rsa, ano = (
                whole.read(next(name for name in whole.namelist() if name.endswith(end))).splitlines(True) for end in (".rsa", ".ano")
            )
            kept = [line for line, exit_month in zip(rsa, cells(rsa, "mco_rsa", RSA, "MOISSOR"), strict=True) if int(exit_month) <= month]
            keys = set(cells(kept, "mco_rsa", RSA, "CLE_RSA"))
            archive.writestr(f"{finess}.{year}.{month}.rsa", b"".join(kept))
            named = zip(ano, cells(ano, "mco_ano", ANO, "CLE_RSA"), strict=True)
            archive.writestr(f"{finess}.{year}.{month}.ano", b"".join(line for line, key in named if key in keys))
    text = (project / "strata.toml").read_text(encoding="utf-8")
    for one in (*MONTHS, 12):
        text = text.replace(f'"{LAST}-{one}"', f'"{LAST}-{month}"')
    (project / "strata.toml").write_text(text, encoding="utf-8")


def published(project: Path) -> str:
    """Run the project; the hash of what it published."""
    folder = run(load(project / "strata.toml"), progress=lambda _: None).publication
    assert folder is not None
    return str(json.loads((folder / NAME).read_text(encoding="utf-8"))["content_hash"])


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Each month is sent and published."""
    project = country(tmp_path_factory.mktemp("year"))
    found, remake = Year(project, [], []), parts.remake

    def counted(connection: DuckDBPyConnection, model: Model, *rest: Any, **named: Any) -> tuple[str, int]:
        found.in_part[-1].add(model.name)
        return remake(connection, model, *rest, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "remake", counted)
        for month in MONTHS:
            send(project, month)
            found.in_part.append(set())
            found.hashes.append(published(project))
    return found


def test_a_purged_project_that_reads_everything_again_publishes_the_numbers_of_the_last_month(
    year: Year, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The full rebuild, beside which the months must stand."""
    project = shutil.copytree(year.project, tmp_path / "purged")
    assert command.main(["purge", "--yes", "--config", str(project / "strata.toml")]) == 0
    assert not (project / "warehouse" / "strata.duckdb").exists()
    assert published(project) == year.hashes[-1]
    assert len(set(year.hashes)) == len(MONTHS)  # a month that changes nothing would prove nothing
    first, *later = year.in_part
    assert first == set() and all({"stay", "stay_event", "person_residence", "stock_member"} <= month for month in later)
    with capsys.disabled():
        print(f"\n{len(MONTHS)} months one after the other, each published: the last hash is that of a whole rebuild")


def test_a_saved_project_whose_warehouse_is_of_an_earlier_version_publishes_the_same(year: Year, tmp_path: Path) -> None:
    """Put back elsewhere; the version that wrote it knew no part of a table, no other key of persons, no files of a slice."""
    project = shutil.copytree(year.project, tmp_path / "restored")
    old = connect(project / "warehouse" / "strata.duckdb")
    for (table,) in old.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'part\\_%' ESCAPE '\\'").fetchall():
        old.execute(f"DROP TABLE {table}")
    old.execute("DROP TABLE read_slice_file; ALTER TABLE read_slice DROP COLUMN person_key; DROP TABLE table_fingerprint")
    old.close()
    assert published(project) == year.hashes[-1]
