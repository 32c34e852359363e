"""`strata explain`: why a person is in a stratum, or in none.

Belongs here: the arguments, the log, the three forms of the answer. Not here: the facts (strata/explain), the words (explain_report.py).
"""

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Terminal

if TYPE_CHECKING:
    from strata.config import Config

FORMATS = ("text", "json", "html")
_FROM_INPUT = "-"


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "expliquer la strate d'une personne : critères, événements datés, règle qui décide (inscrit au journal)",
        "explain the stratum of a person: criteria, dated events, the rule that decided (logged)",
    )
    parser = commands.add_parser("explain", terminal=speaker, help=text, description=text)
    person = speaker.choose(
        "person_id de l'entrepôt, ou « - » : le pseudonyme est lu sur l'entrée standard, hors de l'historique",
        "person_id of the warehouse, or '-': the pseudonym is read from the standard input, out of the history",
    )
    parser.add_argument("person", type=_person_argument(speaker), metavar=speaker.choose("PERSONNE", "PERSON"), help=person)
    condition = speaker.choose("une seule maladie (toutes par défaut)", "one condition (default: all)")
    parser.add_argument("--condition", metavar="ID", help=condition)
    year = speaker.choose("état à la fin de cette année (la dernière par défaut)", "state at the end of this year (default: the last)")
    parser.add_argument("--year", type=int, metavar="N", help=year)
    add_answer(parser, speaker)
    add_config(parser, speaker)
    parser.set_defaults(action=explain_command)


def add_answer(parser: argparse._ActionsContainer, speaker: Terminal) -> None:
    """The options --format and --out."""
    text = speaker.choose("texte, JSON, ou une page à imprimer", "text, JSON, or one page to print")
    parser.add_argument("--format", choices=FORMATS, default="text", help=text)
    out = speaker.choose("fichier où écrire (la sortie standard par défaut)", "file to write to (default: the standard output)")
    parser.add_argument("--out", type=Path, metavar=speaker.choose("FICHIER", "FILE"), help=out)


def _person_argument(speaker: Terminal) -> Any:
    def person(text: str) -> int | str:
        if text == _FROM_INPUT or (text.isascii() and text.isdigit() and len(text) < 10):
            return text if text == _FROM_INPUT else int(text)
        # What was typed may be a pseudonym: it is not repeated.
        why = speaker.choose(
            "un nombre entier, ou « - » et le pseudonyme sur l'entrée standard",
            "a whole number, or '-' and the pseudonym on the standard input",
        )
        raise argparse.ArgumentTypeError(why)

    return person


def explain_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Log the question, then answer. StrataError (usage): no such person, condition, year, a place refused. 0 with or without a status."""
    from pipelines.pages.private_page import refuse_place
    from strata.audit import record
    from strata.explain import person, scope, unknown_person

    config = read_config(chosen, speaker)
    if chosen.out is not None:
        refuse_place(chosen.out, config)
    conditions, year = scope(config, chosen.condition, chosen.year)
    asked = _read_pseudonym(config, speaker) if chosen.person == _FROM_INPUT else chosen.person
    written = {} if chosen.out is None else {"file": str(chosen.out.resolve())}  # `strata purge` removes it
    record(config, "explain", person_id=asked, conditions=conditions, year=year, format=chosen.format, **written)
    if asked is None:
        raise unknown_person()
    _answer(config, person(config, asked), conditions, year, chosen, speaker)
    return 0


def _read_pseudonym(config: "Config", speaker: Terminal) -> int | None:
    from strata.explain import find_person

    if sys.stdin.isatty():
        pseudonym = getpass.getpass(speaker.choose("Pseudonyme (invisible) : ", "Pseudonym (not shown): "))
    else:
        pseudonym = sys.stdin.readline()
    return find_person(config, pseudonym.strip())


def _answer(config: "Config", person_id: int, conditions: list[str], year: int, chosen: argparse.Namespace, speaker: Terminal) -> None:
    from pipelines.commands.explain_report import as_text, view
    from pipelines.pages.private_page import as_json, deliver, render
    from strata.explain import SCHEMA, explain, open_person

    connection = open_person(config, person_id)
    try:
        found = [explain(connection, person_id, condition, year) for condition in conditions]
    finally:
        connection.close()
    if chosen.format == "json":
        deliver(as_json("explanations", SCHEMA, found), chosen.out)
    elif chosen.format == "html":
        pages = [view(one, config, speaker.language, most_stays=5) for one in found]
        deliver(render("explain.html.j2", language=speaker.language, project=config.project.name, pages=pages), chosen.out)
    else:
        deliver("".join(as_text(view(one, config, speaker.language, most_stays=5)) for one in found), chosen.out)
