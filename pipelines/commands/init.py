"""`strata init`: an empty project, every key of strata.toml explained.

Belongs here: the folders and files of a new project. Not here: their text (templates/).
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

from pipelines.commands.terminal import Terminal, usage_error

TEMPLATES = Path(__file__).parent.parent / "templates"


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose("préparer un projet vide", "prepare an empty project")
    parser = commands.add_parser("init", terminal=speaker, help=text, description=text)
    folder = speaker.choose("dossier du projet", "folder of the project")
    parser.add_argument("folder", type=Path, metavar=speaker.choose("DOSSIER", "DIR"), help=folder)
    parser.set_defaults(action=init_command)


def init_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Write the project. StrataError (usage) when there is one: nothing is overwritten."""
    folder: Path = chosen.folder
    if (folder / "strata.toml").exists():
        raise usage_error(
            ("Il y a déjà un projet ici", "There is a project here already"),
            str(folder / "strata.toml"),
            ("rien n'est remplacé", "nothing is overwritten"),
            ("Choisir un autre dossier", "Choose another folder"),
        )
    for name in ("landing", "tariffs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATES / f"strata.{speaker.language}.toml", folder / "strata.toml")
    shutil.copytree(TEMPLATES / "examples", folder / "examples", dirs_exist_ok=True)
    for name in ("territories.csv", "population.csv"):
        if not (folder / name).exists():
            shutil.copyfile(TEMPLATES / name, folder / name)
    _next_steps(folder, speaker)
    return 0


def _next_steps(folder: Path, speaker: Terminal) -> None:
    speaker.say(f"Projet prêt : {folder}", f"Project ready: {folder}")
    speaker.say(
        f"1. Déposer les extractions dans {folder / 'landing'}\n"
        f"2. Remplir territories.csv et population.csv (modèles dans {folder / 'examples'}), déposer les tarifs dans tariffs\n"
        f"3. strata check --config {folder / 'strata.toml'}, puis strata run",
        f"1. Put the extracts in {folder / 'landing'}\n"
        f"2. Fill territories.csv and population.csv (models in {folder / 'examples'}), put the tariffs in tariffs\n"
        f"3. strata check --config {folder / 'strata.toml'}, then strata run",
    )
