"""Is there room on the disk for a run?

Belongs here: the estimate before a run and its refusal. Not here: a disk that fills all the same (strata/ingest/warehouse/tables.py).

The estimate errs on the large side. What is new is what was put in the landing folder since the last good run; it is counted as it is once
taken out of its archives. The warehouse may grow by half of itself while its tables are made again, the old ones still there.
"""

import shutil
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.operation.history import SUCCEEDED, records
from strata.config import Config
from strata.errors import StrataError
from strata.ingest.archives import BROKEN, MAX_RATIO, RATIO_FROM_BYTES

WAREHOUSE_PER_READ = 1.0  # bytes for a byte of extract, archives open: 0.35 was measured for what stays, the rest is staged beside it
PARQUET_PACKED = 4  # a Parquet byte stands for about as many of a text table
REMADE = 0.5  # of the warehouse: tables that are there twice while they are made again
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
    """What a run may need on the disk of the warehouse, and what is free there."""
    folder = config.database.parent
    new = sum(_read_bytes(path) for path in _new_files(config))
    held = config.database.stat().st_size if config.database.exists() else 0
    needed = int(WAREHOUSE_PER_READ * new + REMADE * held) + LEAST
    return Room(folder, needed, shutil.disk_usage(_existing(folder)).free)


def refuse_without_room(config: Config) -> None:
    """StrataError when a run would not fit on the disk of the warehouse: nothing has been read or changed."""
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
            "Libérer de la place, ou mettre l'entrepôt sur un autre disque ([paths] warehouse)",
            "Make room, or put the warehouse on another disk ([paths] warehouse)",
        ),
        is_usage=True,
    )


def _new_files(config: Config) -> list[Path]:
    """Files of the landing folder that came since the last good run began."""
    landing = config.path("landing")
    done = next(
        (datetime.fromisoformat(one.started).timestamp() for one in records(config) if one.state == SUCCEEDED and one.publication), 0.0
    )
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


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())
