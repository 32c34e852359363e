"""`strata list`: what a folder holds, without loading it.

Belongs here: the arguments, and the listing as JSON. Not here: looking into files (strata/ingest/listing/folder.py), the tables for people
(listing_report.py).
"""

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Terminal, usage_error


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "dire ce que contient un dossier, sans le charger : hôpitaux, années, mois, ce qui remplace quoi, ce qui manque",
        "say what a folder holds, without loading it: hospitals, years, months, what replaces what, what is missing",
    )
    parser = commands.add_parser("list", terminal=speaker, help=text, description=text)
    where = parser.add_mutually_exclusive_group()
    folder = speaker.choose("dossier, archive ou fichier (celui du projet par défaut)", "folder, archive or file (default: the project's)")
    where.add_argument("folder", type=Path, nargs="?", metavar=speaker.choose("DOSSIER", "DIR"), help=folder)
    add_config(where, speaker)
    as_json = speaker.choose("en JSON, pour une machine", "as JSON, for a machine")
    parser.add_argument("--json", action="store_true", help=as_json)
    parser.set_defaults(action=list_command)


def list_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print the listing; always 0, whatever the folder holds. StrataError (usage) when there is no folder."""
    from pipelines.commands.listing_report import print_listing
    from strata.ingest.listing.folder import list_folder

    folder = chosen.folder or read_config(chosen, speaker).path("landing")
    if not folder.exists():
        raise usage_error(
            ("Ce dossier n'existe pas", "There is no such folder"),
            str(folder),
            ("rien ne porte ce nom", "nothing has this name"),
            ("Donner le dossier où sont les extractions", "Give the folder where the extracts are"),
        )
    listing = list_folder(folder, None if chosen.json else speaker.progress)
    if chosen.json:
        print(json.dumps({"folder": str(folder), **asdict(listing)}, default=_as_json, ensure_ascii=False, indent=1))
    else:
        print_listing(listing, speaker)
    return 0


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
