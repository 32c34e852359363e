"""`strata purge`: the personal data of a project are removed.

Belongs here: what is asked, what is told. Not here: where personal data lies and its removal (pipelines/operation/personal_data.py).
"""

import argparse
import sys
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Terminal, usage_error

_YES = ("oui", "o", "yes", "y")


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "supprimer les données personnelles du projet (entrepôt, pages internes, classeurs de relecture) ; les publications restent",
        "remove the personal data of the project (warehouse, internal pages, review workbooks); publications stay",
    )
    parser = commands.add_parser("purge", terminal=speaker, help=text, description=text)
    add_config(parser, speaker)
    parser.add_argument("--yes", action="store_true", help=speaker.choose("ne pas demander de confirmation", "do not ask for confirmation"))
    parser.set_defaults(action=purge_command)


def purge_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Ask, remove, say what was removed and what could not be. 1 when something resisted. StrataError when a run holds the warehouse."""
    from pipelines.operation.personal_data import LEFT, found_in, remove
    from strata.ingest.warehouse.lock import lock

    config = read_config(chosen, speaker)
    items = found_in(config)
    if not items:
        speaker.say(
            "Rien à supprimer : le projet ne garde aucune donnée personnelle.", "Nothing to remove: the project holds no personal data."
        )
    for item in items:
        speaker.say(f"{item.path} : {item.meaning[0]}", f"{item.path}: {item.meaning[1]}")
    if items:
        _ask(chosen.yes, speaker)
        with lock(config.database.parent):
            kept = remove(config, items)
        for path in kept:
            speaker.say(f"N'a PAS pu être supprimé : {path}", f"Could NOT be removed: {path}")
        speaker.say(f"Supprimé : {len(items) - len(kept)}", f"Removed: {len(items) - len(kept)}")
    else:
        kept = []
    speaker.say("Ce que cette commande ne supprime pas :", "What this command does not remove:")
    for french, english in LEFT:
        speaker.say(f"  - {french}", f"  - {english}")
    return 1 if kept else 0


def _ask(is_agreed: bool, speaker: Terminal) -> None:
    """StrataError (usage) unless a person agrees: nothing has been removed yet."""
    if is_agreed:
        return
    answer = ""
    if sys.stdin is not None and sys.stdin.isatty():
        answer = input(speaker.choose("Supprimer définitivement ? (oui/non) ", "Remove for good? (yes/no) "))
    if answer.strip().lower() not in _YES:
        raise usage_error(
            ("Rien n'a été supprimé", "Nothing was removed"),
            "strata purge",
            ("la suppression n'a pas été confirmée", "the removal was not confirmed"),
            ("Répondre oui, ou donner --yes", "Answer yes, or give --yes"),
        )
