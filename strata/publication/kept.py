"""The publications that are kept, told apart for a person who chooses one, and for what makes room.

Belongs here: what each shows and whether it differs from another. Not here: showing and removing them (publish.py).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl

from strata.publication.receipt import NAME

_WHEN = "%Y%m%dT%H%M%SZ"  # how the name of a run begins (pipelines/session.py)


@dataclass(frozen=True)
class Kept:
    """One publication. published: UTC, None for a run named otherwise. data_through: 'YYYY-MM-DD' of its latest row, '' when it has none.

    is_as_before: it shows the same numbers as the publication before it.
    """

    run_id: str
    published: datetime | None
    data_through: str
    is_as_before: bool


def described(published: Path, run_ids: Sequence[str]) -> Iterator[Kept]:
    """Each of these runs, the latest first, told apart from the one after it in the list."""
    contents = [content(published / run_id) for run_id in run_ids]
    same = [one == before for one, before in pairwise(contents)] + [False]
    for run_id, is_same in zip(run_ids, same, strict=False):
        yield Kept(run_id, _published(run_id), _data_through(published / run_id), is_same)


def ranked(published: Path, run_ids: Sequence[str]) -> list[str]:
    """These runs, the latest first, those that show the same numbers as a later one at the end: they are missed least."""
    seen: set[str] = set()
    first: list[str] = []
    again: list[str] = []
    for run_id in run_ids:
        found = content(published / run_id)
        (again if found in seen else first).append(run_id)
        seen.add(found)
    return [*first, *again]


def content(folder: Path) -> str:
    """The hash of the numbers of a publication; of one whose receipt cannot be read, its name: it is like no other."""
    try:
        return str(json.loads((folder / NAME).read_text(encoding="utf-8"))["content_hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return folder.name


def _published(run_id: str) -> datetime | None:
    try:
        return datetime.strptime(run_id.partition("-")[0], _WHEN).replace(tzinfo=UTC)
    except ValueError:
        return None


def _data_through(folder: Path) -> str:
    try:
        latest = pl.scan_parquet(folder / "indicators.parquet").select(pl.max("data_through")).collect().item()
    except (OSError, pl.exceptions.PolarsError):
        return ""
    return str(latest or "")
