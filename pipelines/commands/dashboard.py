"""`strata dashboard build`: the pages of the last publication made again, beside it.

Belongs here: finding the publication and copying what pages read. Not here: pages (dashboards/). A publication never changes:
new pages go to a folder of their own.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Parser, Terminal

# All that pages read (dashboards/site.py).
_READ = ("indicators.parquet", "indicators.json", "receipt.json")


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose("les pages", "the pages")
    group = commands.add_parser("dashboard", terminal=speaker, help=text, description=text)
    actions = group.add_subparsers(dest="dashboard", metavar="ACTION", required=True, parser_class=Parser)
    text = speaker.choose(
        "refaire les pages de la dernière publication, dans un autre dossier",
        "make the pages of the last publication again, in another folder",
    )
    build = actions.add_parser("build", terminal=speaker, help=text, description=text)
    add_config(build, speaker)
    out = speaker.choose("dossier où écrire (./site par défaut)", "folder to write to (default ./site)")
    build.add_argument("--out", type=Path, default=Path("site"), metavar=speaker.choose("DOSSIER", "DIR"), help=out)
    build.set_defaults(action=build_command)


def build_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """StrataError when nothing was published yet."""
    config = read_config(chosen, speaker)
    from dashboards.site import build_site
    from strata.publish import published_folder

    published = published_folder(config.path("published"))
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in _READ:
        shutil.copyfile(published / name, chosen.out / name)
    page = build_site(chosen.out, config.project.language)
    speaker.say(f"Tableau de bord : {page}", f"Dashboard: {page}")
    return 0
