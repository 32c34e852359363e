"""`strata compare`: what a change of definition does to the persons of the warehouse.

Belongs here: the arguments, the three forms of the answer. Not here: the two computations (strata/compare), the words (compare_report.py).
"""

import argparse
from typing import Any

from pipelines.commands.explain import add_answer
from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Terminal


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "comparer deux définitions sur l'entrepôt : entrées, sorties, changements de strate, critères en cause",
        "compare two definitions on the warehouse: persons in, out, moved, and the criteria responsible",
    )
    parser = commands.add_parser("compare", terminal=speaker, help=text, description=text)
    definitions = speaker.choose(
        "avant, après : « built-in », un dossier de définitions, le dossier modifié d'une maladie, ou un export "
        "(t2d.json, ou le dossier dashboard/definitions d'une publication)",
        "before, after: 'built-in', a folder of definitions, the edited folder of one condition, or an export "
        "(t2d.json, or the folder dashboard/definitions of a publication)",
    )
    parser.add_argument("--definitions", nargs=2, required=True, metavar=("A", "B"), help=definitions)
    condition = speaker.choose(
        "une seule maladie (toutes celles de l'entrepôt par défaut)", "one condition (default: all of the warehouse)"
    )
    parser.add_argument("--condition", metavar="ID", help=condition)
    year = speaker.choose("état à la fin de cette année (la dernière par défaut)", "state at the end of this year (default: the last)")
    parser.add_argument("--year", type=int, metavar="N", help=year)
    add_answer(parser, speaker)
    add_config(parser, speaker)
    parser.set_defaults(action=compare_command)


def compare_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Compute both and answer. Text and JSON are exact and stay inside; the page is for showing: no number under the threshold."""
    from pipelines.commands.compare_report import as_text, view
    from pipelines.pages.private_page import as_json, deliver, refuse_place, render
    from strata.compare import SCHEMA, compare
    from strata.explain import scope

    config = read_config(chosen, speaker)
    if chosen.out is not None:
        refuse_place(chosen.out, config)
    _, year = scope(config, None, chosen.year)
    before, after = chosen.definitions
    found = compare(config, (before, after), chosen.condition, year, lambda text: speaker.progress(speaker.choose(*text)))
    if chosen.format == "json":
        deliver(as_json("comparisons", SCHEMA, found), chosen.out)
    elif chosen.format == "html":
        pages = [view(one, config, speaker.language, is_shared=True) for one in found]
        deliver(render("compare.html.j2", language=speaker.language, project=config.project.name, pages=pages), chosen.out)
    else:
        deliver("".join(as_text(view(one, config, speaker.language, is_shared=False)) for one in found), chosen.out)
    return 0
