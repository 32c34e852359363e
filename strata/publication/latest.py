"""Which publication is shown: the folder that the pointer names.

Belongs here: reading the pointer, and that alone: a server of pages needs no more of this package. Not here: moving it (publish.py).
"""

from pathlib import Path

from strata.errors import StrataError

POINTER = "latest"


def published_folder(path: Path) -> Path:
    """The run folder meant by `path`: itself, the one its `latest` names, or that of the project it is. StrataError when there is none."""
    for folder in (path, path / "published"):
        if (folder / "indicators.parquet").is_file():
            return folder
        if (folder / POINTER).is_file():
            return folder / (folder / POINTER).read_text(encoding="utf-8").strip()
    raise StrataError(
        what=("Aucune publication à cet endroit", "No publication here"),
        where=str(path),
        why=("ni indicators.parquet ni latest ne s'y trouvent", "neither indicators.parquet nor latest is there"),
        fix=("Donner le dossier du projet, ou lancer strata run", "Give the project folder, or run strata run"),
        is_usage=True,
    )
