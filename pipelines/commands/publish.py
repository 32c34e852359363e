"""`strata publish verify`: is a publication what its receipt says? `use`: show another one. `compare`: what changed between two.

Belongs here: the arguments and the answer. Not here: hashes (strata/publication/publish.py).
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Parser, Terminal

if TYPE_CHECKING:
    from strata.publication.kept import Kept


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "vérifier une publication (verify), en montrer une autre (use), en comparer deux (compare)",
        "verify a publication (verify), show another one (use), compare two (compare)",
    )
    group = commands.add_parser("publish", terminal=speaker, help=text, description=text)
    actions = group.add_subparsers(dest="publish", metavar="ACTION", required=True, parser_class=Parser)
    text = speaker.choose("recalculer chaque empreinte du reçu", "recompute every hash of the receipt")
    verify = actions.add_parser("verify", terminal=speaker, help=text, description=text)
    folder = speaker.choose(
        "dossier d'une publication, ou d'un projet (sa dernière)", "folder of a publication, or of a project (its last one)"
    )
    verify.add_argument("folder", type=Path, metavar=speaker.choose("DOSSIER", "DIR"), help=folder)
    verify.set_defaults(action=verify_command)
    text = speaker.choose(
        "montrer une autre publication gardée (retour en arrière) ; sans EXÉCUTION, les lister",
        "show another publication that was kept (roll back); without RUN, list them",
    )
    use = actions.add_parser("use", terminal=speaker, help=text, description=text)
    run = speaker.choose("l'exécution dont la publication est montrée", "the run whose publication is shown")
    use.add_argument("run_id", nargs="?", metavar=speaker.choose("EXÉCUTION", "RUN"), help=run)
    add_config(use, speaker)
    use.set_defaults(action=use_command)
    _add_compare(actions, speaker)


def _add_compare(actions: Any, speaker: Terminal) -> None:
    text = speaker.choose(
        "ce qui change d'une publication à l'autre, indicateur par indicateur, et pourquoi",
        "what changes between two publications, indicator by indicator, and why",
    )
    compare = actions.add_parser("compare", terminal=speaker, help=text, description=text)
    for name, words in (("before", ("la première", "the first")), ("after", ("la seconde", "the second"))):
        compare.add_argument(name, type=Path, metavar=speaker.choose("DOSSIER", "DIR"), help=speaker.choose(*words))
    compare.set_defaults(action=compare_command)


def verify_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print each file that differs from the receipt; 1 when there is one. StrataError when there is no publication."""
    from strata.publication.publish import published_folder, verify

    faults = verify(published_folder(chosen.folder))
    for fault in faults:
        print(fault.text(speaker.language), file=sys.stderr)
    if not faults:
        speaker.say("Publication conforme à son reçu.", "The publication is what its receipt says.")
    return 1 if faults else 0


def compare_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print the comparison as Markdown. StrataError when one of the two is no publication."""
    from strata.publication.publish import published_folder
    from strata.publication.revision import compare, text

    print(text(compare(published_folder(chosen.before), published_folder(chosen.after)), speaker.language))
    return 0


def use_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Move the pointer, which is all that changes; or list what is kept, the one shown marked. StrataError while a run is at work."""
    from strata.ingest.warehouse.lock import lock
    from strata.publication.kept import described
    from strata.publication.publish import pointed, publications, use

    config = read_config(chosen, speaker)
    published = config.path("published")
    if chosen.run_id is not None:
        with lock(config.database.parent):
            use(published, chosen.run_id)
    shown = pointed(published)
    for one in described(published, publications(published)):
        print(f"{'*' if one.run_id == shown else ' '} {one.run_id}{_told(one, speaker)}")
    return 0


def _told(one: "Kept", speaker: Terminal) -> str:
    """What tells a publication from the others."""
    parts = [f"{one.published:%Y-%m-%d %H:%M} UTC"] if one.published else []
    if one.data_through:
        parts.append(speaker.choose(f"données jusqu'au {one.data_through}", f"data through {one.data_through}"))
    if one.is_as_before:
        parts.append(speaker.choose("mêmes chiffres que la précédente", "same numbers as the one before"))
    return "".join(f"  {part}" for part in parts)
