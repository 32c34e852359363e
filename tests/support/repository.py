"""What the repository holds, for the tests that read it as a reader would.

Belongs here: which files are ours. Not here: the rules they keep (lints.py).
"""

import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Made by tools or by runs; never part of the repository.
_MADE = {"__pycache__", "warehouse", "published", "build", "dist", "demo", "node_modules"}
_TEXT = set(".py .sql .toml .csv .md .lock .txt .html .css .js .svg .json .yml .yaml .geojson".split())


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, in order. Read from the disk, not from git: a release archive has no git."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in _MADE and (not name.startswith(".") or name == ".ci"))
        found += [Path(folder) / name for name in sorted(names) if not name.endswith(".pyc")]
    return tuple(found)


def is_text(path: Path) -> bool:
    """Whether a file of the repository is text written by us (the extracts in data_samples keep the encoding of their source)."""
    return (path.suffix in _TEXT or path.parent.name == ".ci") and "landing" not in path.parts
