"""Is there room on the disk for a run?

Belongs here: the estimate before a run and its refusal. Not here: a disk that fills all the same (strata/ingest/warehouse/tables.py).

The estimate errs on the large side. What is new is what was put in the landing folder since the last good run, or all of it where the
warehouse is made again; it is counted as it is once taken out of its archives. The warehouse may grow by half of itself while its tables
are made again, the old ones still there. A publication is about as large as the one before, which stays.
"""

import shutil
import zipfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipelines.operation.history import SUCCEEDED, records
from strata.config import Config
from strata.errors import StrataError
from strata.ingest.archives import BROKEN, MAX_RATIO, RATIO_FROM_BYTES
from strata.publication.latest import pointed

WAREHOUSE_PER_READ = 1.0  # bytes for a byte of extract, archives open: 0.35 was measured for what stays, the rest is staged beside it
PARQUET_PACKED = 4  # a Parquet byte stands for about as many of a text table
REMADE = 0.5  # of the warehouse: tables that are there twice while they are made again
PUBLISHED_AGAIN = 2  # times the publication before: more years, more places
LEAST = 64_000_000  # a publication, pages, what DuckDB writes aside


@dataclass(frozen=True)
class Room:
    """Bytes. folder: where they are needed."""

    folder: Path
    needed: int
    free: int

    @property
    def is_enough(self) -> bool:
        """Whether a run fits."""
        return self.free >= self.needed


def room(config: Config) -> Room:
    """What a run may need, and what is free: on the disk of the warehouse, or on that of the publications, another one and too small."""
    warehouse, published = config.database.parent, config.path("published")
    new = sum(_read_bytes(path) for path in _new_files(config))
    held = config.database.stat().st_size if config.database.exists() else 0
    of_warehouse = _on_disk(warehouse, int(WAREHOUSE_PER_READ * new + REMADE * held) + LEAST)
    of_published = _on_disk(published, PUBLISHED_AGAIN * _last_publication_bytes(published))
    if _disk(warehouse) == _disk(published):
        return replace(of_warehouse, needed=of_warehouse.needed + of_published.needed)
    return of_warehouse if not of_warehouse.is_enough or of_published.is_enough else of_published


def refuse_without_room(config: Config) -> None:
    """StrataError when a run would not fit: nothing has been read or changed."""
    found = room(config)
    if not found.is_enough:
        raise no_room(found)


def no_room(found: Room) -> StrataError:
    """How much is needed, how much is free."""
    needed, free = (round(value / 1e9, 1) for value in (found.needed, found.free))
    return StrataError(
        what=(
            "La place manque sur le disque ; rien n'a été lu ni changé",
            "There is not enough room on the disk; nothing was read or changed",
        ),
        where=str(found.folder),
        why=(f"il faut environ {needed} Go, il reste {free} Go".replace(".", ","), f"about {needed} GB are needed, {free} GB are free"),
        fix=(
            "Libérer de la place, ou mettre ce dossier sur un autre disque ([paths] de strata.toml)",
            "Make room, or put this folder on another disk ([paths] of strata.toml)",
        ),
        is_usage=True,
    )


def _new_files(config: Config) -> list[Path]:
    """Files of the landing folder that came since the last good run began; all of them when there is no warehouse any more."""
    landing = config.path("landing")
    good = (one for one in records(config) if config.database.exists() and one.state == SUCCEEDED and one.publication)
    done = next((datetime.fromisoformat(one.started).timestamp() for one in good), 0.0)
    files = (path for path in landing.rglob("*") if path.is_file()) if landing.is_dir() else ()
    return [path for path in files if max(path.stat().st_mtime, path.stat().st_ctime) >= done]


def _read_bytes(path: Path) -> int:
    """Bytes of a file once out of its archive; its own size when it is none, or a broken one (which ingest will refuse)."""
    size = path.stat().st_size
    if path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                opened = sum(entry.file_size for entry in archive.infolist())
            return opened if opened <= size * MAX_RATIO + RATIO_FROM_BYTES else size  # a bomb will be refused, not read
        except (OSError, *BROKEN):
            return size
    return size * PARQUET_PACKED if path.suffix.lower() == ".parquet" else size


def _last_publication_bytes(published: Path) -> int:
    shown = pointed(published)
    return sum(path.stat().st_size for path in (published / shown).rglob("*") if path.is_file()) if shown else 0


def _on_disk(folder: Path, needed: int) -> Room:
    return Room(folder, needed, shutil.disk_usage(_existing(folder)).free)


def _disk(folder: Path) -> int:
    return _existing(folder).stat().st_dev


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())
