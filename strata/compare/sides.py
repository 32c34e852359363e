"""The two definitions that are compared: where each one lies.

Belongs here: 'built-in', a folder of definitions, the edited folder of one condition, exports as they were published. Not here: what
they say (strata/definitions).
"""

import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from strata.config import Config
from strata.definitions.code_lists import DRUGS
from strata.definitions.folder import CONDITIONS
from strata.documents import is_export, lay_exports
from strata.errors import StrataError
from strata.explain.labels import definitions_folder

BUILT_IN = "built-in"


@dataclass(frozen=True)
class Side:
    """One of two definitions. name: as it was given; folder: what strata/definitions/compiler.py reads; conditions: those it defines."""

    name: str
    folder: Path
    conditions: frozenset[str]


@contextmanager
def named(name: str) -> Iterator[None]:
    """What is refused within is said to be of the side of this name: two sides hold files of the same names."""
    try:
        yield
    except StrataError as error:
        where, where_en = (f"{name} → {text}" for text in (error.where, error.where_en or error.where))
        raise replace(error, where=where, where_en=where_en) from error


def find_side(name: str, config: Config, scratch: Path) -> Side:
    """The definitions under this name. A folder of one condition is laid in `scratch` beside the shared lists it needs; so are exports.

    StrataError (usage): there is no definition there, or an export was changed.
    """
    folder = CONDITIONS if name == BUILT_IN else Path(name)
    if exports := _exports(folder):
        with named(name):
            folder = _with_drugs(exports, definitions_folder(config), scratch)
    elif (folder / "definition.toml").is_file():
        folder = _with_shared(folder, definitions_folder(config), scratch)
    conditions = frozenset(path.parent.name for path in folder.glob("*/definition.toml"))
    if not conditions:
        raise StrataError(
            what=("Il n'y a pas de définition à comparer ici", "There is no definition to compare here"),
            where=name,
            why=(
                "ni definition.toml, ni export, ni dossier qui en contienne",
                "neither a definition.toml, nor an export, nor a folder of them",
            ),
            fix=(
                f"Donner « {BUILT_IN} », un dossier de définitions, le dossier d'une maladie, ou un export (t2d.json)",
                f"Give '{BUILT_IN}', a folder of definitions, the folder of one condition, or an export (t2d.json)",
            ),
            is_usage=True,
        )
    return Side(name, folder, conditions)


def _exports(place: Path) -> list[Path]:
    """The exports that a file is, or that a folder without definitions holds (dashboard/definitions of a publication)."""
    if place.is_dir():
        return [] if any(place.glob("*/definition.toml")) else [path for path in sorted(place.glob("*.json")) if is_export(path)]
    return [place] if place.is_file() and is_export(place) else []


def _with_drugs(exports: list[Path], project: Path, scratch: Path) -> Path:
    """Exports as a folder, with what the project says of drugs, which they do not hold."""
    lay_exports(exports, scratch)
    if (drugs := project / "shared" / DRUGS).is_file():
        shutil.copy(drugs, scratch / "shared" / DRUGS)
    return scratch


def _with_shared(condition: Path, project: Path, scratch: Path) -> Path:
    """A folder of definitions with this one alone: under the condition it names, with the shared lists beside it or else of the project."""
    shared = next((place / "shared" for place in (condition.resolve().parent, project, CONDITIONS) if (place / "shared").is_dir()), None)
    try:
        named = tomllib.loads((condition / "definition.toml").read_text(encoding="utf-8")).get("condition", "")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        named = ""  # refused with its line when it is compiled
    shutil.copytree(condition, scratch / (named if isinstance(named, str) and named.isidentifier() else condition.resolve().name))
    if shared is not None:
        shutil.copytree(shared, scratch / "shared")
    return scratch
