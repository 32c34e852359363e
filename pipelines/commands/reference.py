"""`strata reference build / show / verify`: the national reference pack.

Belongs here: the arguments and what is printed. Not here: rates, costs, files (strata/reference/nation.py).
"""

import argparse
from pathlib import Path
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Parser, Terminal


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command and its three actions."""
    text = speaker.choose("la référence nationale", "the national reference")
    group = commands.add_parser("reference", terminal=speaker, help=text, description=text)
    actions = group.add_subparsers(dest="reference", metavar="ACTION", required=True, parser_class=Parser)
    text = speaker.choose("faire un paquet depuis une extraction nationale", "make a pack from a national extract")
    build = actions.add_parser("build", terminal=speaker, help=text, description=text)
    add_config(build, speaker)
    _add_folder(build, speaker, "--out", required=True)
    text = speaker.choose("territoire à ne pas compter", "territory not to count")
    build.add_argument("--leave-out", default="", metavar=speaker.choose("TERRITOIRE", "TERRITORY"), help=text)
    build.set_defaults(action=build_command)
    text = speaker.choose("ce que contient un paquet", "what a pack holds")
    show = actions.add_parser("show", terminal=speaker, help=text, description=text)
    _add_folder(show, speaker, "folder")
    show.set_defaults(action=show_command)
    text = speaker.choose("recalculer les empreintes d'un paquet", "recompute the hashes of a pack")
    verify = actions.add_parser("verify", terminal=speaker, help=text, description=text)
    _add_folder(verify, speaker, "folder")
    verify.set_defaults(action=verify_command)


def _add_folder(parser: Parser, speaker: Terminal, name: str, **options: Any) -> None:
    text = speaker.choose("dossier du paquet", "folder of the pack")
    parser.add_argument(name, type=Path, metavar=speaker.choose("DOSSIER", "DIR"), help=text, **options)


def build_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Compute up to the indicators, check, and write the pack with where their territories lie.

    A pack without a territory is noted beside the publications first: the next one, without another, is protected together with it.
    StrataError: a blocking check failed (the release gate, for one), or the territory cannot be left out.
    """
    from pipelines.runner import run
    from strata.engine.duckdb import connect
    from strata.publication.publish import tell
    from strata.reference.left_out import let_out, note_let_out
    from strata.reference.nation import build_reference, write_pack

    config = read_config(chosen, speaker)
    run(config, progress=speaker.progress, until=("indicators", "quality"))
    connection = connect(config.database, read_only=True)
    try:
        told, _ = tell(connection, config)
        published = config.path("published")
        pack = build_reference(connection, config, told=told, leave_out=chosen.leave_out, let_out=let_out(published))
        if chosen.leave_out:
            note_let_out(published, chosen.leave_out, pack.reference_id)
        write_pack(pack, chosen.out)
    finally:
        connection.close()
    speaker.say(f"Paquet de référence : {chosen.out}", f"Reference pack: {chosen.out}")
    return 0


def show_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print what the pack says of itself."""
    from strata.reference.nation import read_pack

    pack = read_pack(chosen.folder)
    print(f"reference_id: {pack.reference_id}\nsha256: {pack.sha256}")
    for key, value in sorted(pack.about.items()):
        print(f"{key}: {value}")
    print(f"cells: {len(pack.cells)}\ntotals: {len(pack.totals)}\nspread: {len(pack.spread)}")
    return 0


def verify_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """StrataError when a file differs from the pack's own hash."""
    from strata.reference.nation import verify_pack

    verify_pack(chosen.folder)
    speaker.say("Le paquet est intact.", "The pack is intact.")
    return 0
