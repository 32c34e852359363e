"""`strata validity`: does the cost follow the strata, and how far do their sizes depend on our choices.

Belongs here: the arguments. Not here: the counts (strata/sensitivity.py), the page (pipelines/pages/validity_page.py).
"""

import argparse
from pathlib import Path
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Terminal, usage_error


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "validité des strates sur l'entrepôt : coût de l'année suivante, sensibilité des effectifs à la fenêtre, aux positions, aux "
        "champs, à la résidence (une page à montrer)",
        "validity of the strata on the warehouse: cost of the year that follows, sensitivity of their sizes to look-back, positions, "
        "fields, residence (one page to show)",
    )
    parser = commands.add_parser("validity", terminal=speaker, help=text, description=text)
    year = speaker.choose("effectifs à la fin de cette année (la dernière par défaut)", "sizes at the end of this year (default: the last)")
    parser.add_argument("--year", type=int, metavar="N", help=year)
    out = speaker.choose("dossier où écrire (./validity par défaut)", "folder to write to (default ./validity)")
    parser.add_argument("--out", type=Path, default=Path("validity"), metavar=speaker.choose("DOSSIER", "DIR"), help=out)
    add_config(parser, speaker)
    parser.set_defaults(action=validity_command)


def validity_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Count again from the warehouse, which is only read, and write the page. StrataError (usage): a year without strata."""
    from pipelines.pages.validity_page import write_validity_page
    from strata.engine.duckdb import connect
    from strata.explain import scope
    from strata.sensitivity import sensitivity

    config = read_config(chosen, speaker)
    if chosen.out.resolve().is_relative_to(config.path("published")):
        raise usage_error(
            ("La page ne va pas là", "The page does not go there"),
            str(chosen.out),
            ("ce dossier est celui des publications", "this is the folder of publications"),
            ("Choisir un autre dossier : --out", "Choose another folder: --out"),
        )
    _, year = scope(config, None, chosen.year)
    found = sensitivity(config, year, lambda text: speaker.progress(speaker.choose(*text)))
    connection = connect(config.database, read_only=True)
    try:
        page = write_validity_page(found, connection, config, chosen.out)
    finally:
        connection.close()
    speaker.say(f"Validité : {page}", f"Validity: {page}")
    return 0
