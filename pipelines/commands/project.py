"""Reading the project a command works on.

Belongs here: --config and --year. Not here: the checks of strata.toml (strata/config.py).
"""

import argparse
from dataclasses import replace
from pathlib import Path

from pipelines.commands.terminal import Terminal, usage_error
from strata.config import Config, Years, load


def add_config(parser: argparse._ActionsContainer, speaker: Terminal) -> None:
    """The option --config."""
    text = speaker.choose("le fichier du projet (strata.toml par défaut)", "the project file (default strata.toml)")
    parser.add_argument("--config", type=Path, default=Path("strata.toml"), metavar=speaker.choose("FICHIER", "FILE"), help=text)


def read_config(chosen: argparse.Namespace, speaker: Terminal) -> Config:
    """The configuration named by --config; from then on the terminal speaks its language."""
    config = load(chosen.config)
    speaker.follow(config)
    return config


def only_year(config: Config, year: int) -> Config:
    """The same project, publishing one year. StrataError (usage) when the project does not publish it."""
    first, last = config.years.first, config.years.last
    if not first <= year <= last:
        raise usage_error(
            ("Année hors du projet", "Year outside the project"),
            "--year",
            (f"le projet publie {first} à {last}", f"the project publishes {first} to {last}"),
            (
                "Choisir une de ces années, ou changer [years] dans strata.toml",
                "Choose one of these years, or change [years] in strata.toml",
            ),
        )
    return replace(config, years=Years(year, year))
