"""Which publication is shown: the folder that the pointer names.

Belongs here: reading the pointer, and that alone: a server of pages needs no more of this package. Not here: moving it (publish.py).
"""

import re
from pathlib import Path

from strata.errors import StrataError

POINTER = "latest"
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def pointed(published: Path) -> str:
    """The run that the pointer of a `published` folder names; '' without a pointer, and when what it holds is no name of a run."""
    path = published / POINTER
    named = path.read_bytes().decode("ascii", errors="replace").strip() if path.is_file() else ""
    return named if RUN_ID.fullmatch(named) else ""


def published_folder(path: Path) -> Path:
    """The run folder meant by `path`: itself, the one its `latest` names, or that of the project it is. StrataError when there is none."""
    for folder in (path, path / "published"):
        if (folder / "indicators.parquet").is_file():
            return folder
        if run_id := pointed(folder):
            return folder / run_id
    raise StrataError(
        what=("Aucune publication à cet endroit", "No publication here"),
        where=str(path),
        why=(
            "ni indicators.parquet ni un fichier latest qui nomme une exécution ne s'y trouvent",
            "neither indicators.parquet nor a file latest that names a run is there",
        ),
        fix=(
            "Donner le dossier du projet, ou lancer strata run ; strata publish use en montre une qui est gardée",
            "Give the project folder, or run strata run; strata publish use shows one that is kept",
        ),
        is_usage=True,
    )
