"""`strata definitions export`: each definition as two pages and one file for programs.

Belongs here: the arguments. Not here: the documents (strata/documents), the files (pipelines/pages). No project is needed:
a definition holds no data.
"""

import argparse
from pathlib import Path
from typing import Any

from pipelines.commands.terminal import Parser, Terminal, usage_error

_BUILT_IN = "built-in"


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command and its action."""
    text = speaker.choose("les définitions, à lire et à reprendre", "the definitions, to read and to reuse")
    group = commands.add_parser("definitions", terminal=speaker, help=text, description=text)
    actions = group.add_subparsers(dest="definitions_action", metavar="ACTION", required=True, parser_class=Parser)
    text = speaker.choose(
        "une page française, une page anglaise et un fichier JSON par définition",
        "a French page, an English page and a JSON file per definition",
    )
    export = actions.add_parser("export", terminal=speaker, help=text, description=text)
    definitions = speaker.choose(
        "« built-in » (par défaut) ou un dossier de définitions", "'built-in' (default) or a folder of definitions"
    )
    export.add_argument("--definitions", default=_BUILT_IN, metavar="A", help=definitions)
    condition = speaker.choose("une seule maladie (toutes par défaut)", "one condition (default: all)")
    export.add_argument("--condition", metavar="ID", help=condition)
    out = speaker.choose("dossier où écrire", "folder to write to")
    export.add_argument("--out", type=Path, required=True, metavar=speaker.choose("DOSSIER", "DIR"), help=out)
    export.set_defaults(action=export_command)


def export_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Write the documents. StrataError (usage): no definition there, or one that is refused."""
    from pipelines.pages.definition_pages import write_definition_pages
    from strata.definitions.folder import CONDITIONS

    folder = CONDITIONS if chosen.definitions == _BUILT_IN else Path(chosen.definitions)
    known = sorted(path.parent.name for path in folder.glob("*/definition.toml"))
    asked = known if chosen.condition is None else [one for one in known if one == chosen.condition]
    if not asked:
        named = ", ".join(known) or "-"
        raise usage_error(
            ("Rien à exporter", "Nothing to export"),
            "--condition" if known else chosen.definitions,
            (f"les définitions de ce dossier : {named}", f"the definitions of this folder: {named}"),
            ("Choisir l'une d'elles, ou un dossier de définitions", "Choose one of them, or a folder of definitions"),
        )
    written = write_definition_pages(folder, asked, chosen.out)
    speaker.say(
        f"{len(asked)} définition(s), {len(written)} fichiers : {chosen.out}",
        f"{len(asked)} definition(s), {len(written)} files: {chosen.out}",
    )
    return 0
