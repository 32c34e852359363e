"""`strata dashboard build`: the pages of the last publication, made again.

Belongs here: finding the publication. Not here: pages (dashboards/).
"""

import argparse
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Parser, Terminal


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose("les pages", "the pages")
    group = commands.add_parser("dashboard", terminal=speaker, help=text, description=text)
    actions = group.add_subparsers(dest="dashboard", metavar="ACTION", required=True, parser_class=Parser)
    text = speaker.choose("refaire les pages de la dernière publication", "make the pages of the last publication again")
    build = actions.add_parser("build", terminal=speaker, help=text, description=text)
    add_config(build, speaker)
    build.set_defaults(action=build_command)


def build_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """StrataError when nothing was published yet."""
    config = read_config(chosen, speaker)
    from dashboards.site import build_site
    from strata.publish import latest

    page = build_site(latest(config.path("published")), config.project.language)
    speaker.say(f"Tableau de bord : {page}", f"Dashboard: {page}")
    return 0
