"""`strata demo`: from nothing to a dashboard, on the bundled synthetic sample.

Belongs here: copying the sample project, running it, opening the page. Not here: the sample (data_samples/).
"""

import argparse
import shutil
import webbrowser
from pathlib import Path
from typing import Any

from pipelines.commands.run import tell
from pipelines.commands.terminal import Terminal, usage_error
from strata.config import load

# What a project brings; the rest of data_samples/ is for its readers.
_PROJECT = ("strata.toml", "landing", "tariffs", "territories.csv", "population.csv")


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "des extractions d'exemple (synthétiques) au tableau de bord", "from sample extracts (synthetic) to the dashboard"
    )
    parser = commands.add_parser("demo", terminal=speaker, help=text, description=text)
    folder = speaker.choose("dossier de la démonstration (./demo par défaut)", "folder of the demonstration (default ./demo)")
    parser.add_argument("--dir", type=Path, default=Path("demo"), metavar=speaker.choose("DOSSIER", "DIR"), help=folder)
    browser = speaker.choose("ne pas ouvrir la page", "do not open the page")
    parser.add_argument("--no-browser", action="store_true", help=browser)
    parser.set_defaults(action=demo_command)


def demo_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Copy the sample, run it, show the page."""
    from pipelines.runner import run
    from pipelines.session import SAMPLE

    config = load(copy_sample(SAMPLE.parent, chosen.dir))
    result = run(config, progress=speaker.progress)
    tell(result, speaker)
    if result.publication is not None and not chosen.no_browser:
        webbrowser.open((result.publication / "dashboard" / "index.html").as_uri())
    return 0


def copy_sample(sample: Path, folder: Path) -> Path:
    """Copy the project of `sample` into `folder`, over an earlier demonstration; gives its strata.toml.

    StrataError (usage) when the sample is missing, or when `folder` holds something else.
    """
    if not (sample / "strata.toml").exists():
        raise usage_error(
            ("L'exemple est introuvable", "The sample is missing"),
            str(sample),
            ("l'installation est incomplète", "the installation is incomplete"),
            ("Réinstaller, ou lancer depuis un clone du dépôt", "Install again, or run from a clone of the repository"),
        )
    if folder.exists() and any(folder.iterdir()) and not (folder / ".strata-demo").exists():
        raise usage_error(
            ("Ce dossier sert à autre chose", "This folder is used for something else"),
            str(folder),
            ("il n'est pas vide et ne vient pas de `strata demo`", "it is not empty and does not come from `strata demo`"),
            ("Choisir un autre dossier : --dir", "Choose another folder: --dir"),
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".strata-demo").touch()
    for name in _PROJECT:
        if (sample / name).is_dir():
            shutil.copytree(sample / name, folder / name, dirs_exist_ok=True)
        elif (sample / name).exists():
            shutil.copyfile(sample / name, folder / name)
    return folder / "strata.toml"
