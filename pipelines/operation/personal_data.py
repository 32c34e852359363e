"""Where a project keeps personal data of its own making, and its removal.

Belongs here: the list of places, said once (docs/how-to/operate.md has the same), and removing them. Not here: asking (commands/purge.py).
What a user brought (extracts, deaths.csv) is not ours to remove, and what was copied elsewhere is out of reach: LEFT says so.
"""

import json
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from pipelines.operation.history import FOLDER as RUNS
from pipelines.pages.quality_page import FOLDER as QUALITY
from pipelines.pages.status_page import NAME as STATUS
from strata.audit import NAME as AUDIT
from strata.audit import record
from strata.config import Config
from strata.ingest.warehouse.lock import LOCK_NAME, TAKING_NAME
from strata.review import form

Text = tuple[str, str]

_OF_THE_WAREHOUSE: dict[str, Text] = {
    "strata.duckdb": (
        "l'entrepôt : séjours, personnes, pseudonymes, lignes mises de côté",
        "the warehouse: stays, persons, pseudonyms, lines set aside",
    ),
    "strata.duckdb.wal": ("le journal d'écriture de l'entrepôt", "the write log of the warehouse"),
    QUALITY: ("les pages de qualité : petits effectifs, fichiers et lignes", "the quality pages: small counts, files and lines"),
    RUNS: ("l'histoire des exécutions : effectifs exacts", "the history of runs: exact counts"),
    STATUS: ("la page d'état", "the status page"),
}
_SCRATCH: Text = ("un brouillon de l'entrepôt", "scratch of the warehouse")
_REVIEW: Text = ("un classeur de relecture de dossiers", "a workbook for chart review")
_ANSWER: Text = ("une réponse de `strata explain` : ce qu'a une personne", "an answer of `strata explain`: what a person has")

LEFT: tuple[Text, ...] = (
    (
        "les extractions de landing et deaths.csv : ce sont vos fichiers, à supprimer selon vos propres règles",
        "the extracts of landing and deaths.csv: your own files, to be removed by your own rules",
    ),
    (
        "les sauvegardes et instantanés du disque, et toute copie faite ailleurs",
        "backups and snapshots of the disk, and any copy made elsewhere",
    ),
    (
        "les classeurs et réponses déplacés ou copiés depuis, ou écrits par une version qui ne l'inscrivait pas au journal",
        "workbooks and answers moved or copied since, or written by a version that did not log it",
    ),
    (
        "les pages de `strata compare` et `validity` (--out) : effectifs exacts, petits compris, aucune personne",
        "the pages of `strata compare` and `validity` (--out): exact counts, small ones too, nobody in particular",
    ),
    (
        "warehouse/audit.log : qui a interrogé quoi ; ses numéros de personne ne mènent plus à personne",
        "warehouse/audit.log: who asked what; its numbers of persons lead to nobody any more",
    ),
    ("les publications : agrégats contrôlés, sans donnée personnelle", "the publications: checked aggregates, no personal data"),
    (
        "les octets du disque : seul un disque chiffré les rend illisibles après suppression",
        "the bytes on the disk: only an encrypted disk makes them unreadable once removed",
    ),
)


@dataclass(frozen=True)
class Item:
    """A file or folder that holds personal data. meaning: (French, English)."""

    path: Path
    meaning: Text


def found_in(config: Config) -> list[Item]:
    """What a project holds, in name order. Of the warehouse folder, everything but the audit log and the lock."""
    warehouse = config.database.parent
    inside = (
        [path for path in sorted(warehouse.iterdir()) if path.name not in (AUDIT, LOCK_NAME, TAKING_NAME)] if warehouse.is_dir() else []
    )
    items = [Item(path, _OF_THE_WAREHOUSE.get(path.name, _SCRATCH)) for path in inside]
    candidates = {path.resolve() for path in [*_project_files(config), *_logged_files(config)] if path.suffix.lower() == ".xlsx"}
    items += [Item(path, _REVIEW) for path in sorted(candidates) if _is_review(path)]
    return items + [Item(path, _ANSWER) for path in sorted(set(_logged_files(config, "explain"))) if os.path.lexists(path)]


def remove(config: Config, items: list[Item]) -> list[Path]:
    """Remove them, and log it; gives those that resisted (a program holds them). The caller holds the lock."""
    for item in items:
        if item.path.is_dir() and not item.path.is_symlink():
            shutil.rmtree(item.path, ignore_errors=True)
        else:
            try:
                item.path.unlink(missing_ok=True)
            except OSError:
                continue  # told below
    kept = [item.path for item in items if os.path.lexists(item.path)]
    record(config, "purge", removed=len(items) - len(kept), kept=len(kept))
    return kept


def _project_files(config: Config) -> list[Path]:
    """Files of the project's folder, extracts and publications apart."""
    apart = [config.path(name) for name in ("landing", "warehouse", "published")]
    files = (path for path in sorted(config.folder.rglob("*")) if path.is_file())
    return [path for path in files if not any(path.resolve().is_relative_to(folder) for folder in apart)]


def _logged_files(config: Config, command: str = "review draw") -> list[Path]:
    """What the audit log says this command has written, wherever it is: a new file each time, none of the user's."""
    log = config.database.parent / AUDIT
    if not log.is_file():
        return []
    lines = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{"))
    return [Path(line["file"]) for line in lines if line.get("file") and line["command"] == command]


def _is_review(path: Path) -> bool:
    """Whether a workbook has the sheets of a review, by their names alone."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        names = set(load_workbook(path, read_only=True).sheetnames)
    except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        return False
    return any(set(form.SHEETS[language]) <= names for language in form.LANGUAGES)
