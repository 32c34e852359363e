"""`strata publish verify`: is a publication what its receipt says?

Belongs here: the arguments and the answer. Not here: hashes (strata/publish.py).
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from pipelines.commands.terminal import Parser, Terminal


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose("vérifier une publication", "verify a publication")
    group = commands.add_parser("publish", terminal=speaker, help=text, description=text)
    actions = group.add_subparsers(dest="publish", metavar="ACTION", required=True, parser_class=Parser)
    text = speaker.choose("recalculer chaque empreinte du reçu", "recompute every hash of the receipt")
    verify = actions.add_parser("verify", terminal=speaker, help=text, description=text)
    folder = speaker.choose(
        "dossier d'une publication, ou d'un projet (sa dernière)", "folder of a publication, or of a project (its last one)"
    )
    verify.add_argument("folder", type=Path, metavar=speaker.choose("DOSSIER", "DIR"), help=folder)
    verify.set_defaults(action=verify_command)


def verify_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print each file that differs from the receipt; 1 when there is one. StrataError when there is no publication."""
    from strata.publish import published_folder, verify

    faults = verify(published_folder(chosen.folder))
    for fault in faults:
        print(fault.text(speaker.language), file=sys.stderr)
    if not faults:
        speaker.say("Publication conforme à son reçu.", "The publication is what its receipt says.")
    return 1 if faults else 0
