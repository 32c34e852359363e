"""`strata publish verify`: is a publication what its receipt says?

Belongs here: the arguments and the answer. Not here: hashes (strata/publish.py).
"""

import argparse
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
    folder = speaker.choose("dossier d'une publication : published/<run_id>", "folder of one publication: published/<run_id>")
    verify.add_argument("folder", type=Path, metavar=speaker.choose("DOSSIER", "DIR"), help=folder)
    verify.set_defaults(action=verify_command)


def verify_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """StrataError when a file differs from its receipt."""
    from strata.publish import verify

    verify(chosen.folder)
    speaker.say("Publication conforme à son reçu.", "The publication is what its receipt says.")
    return 0
