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
_DEFINITIONS = Path("dashboard") / "definitions"
# What a user may add to the pages (dashboards/atlas.py, dashboards/deployment.py).
_BROUGHT = (
    (
        "--places",
        "CSV",
        "région et place des territoires (territory_id;region;column;row)",
        "region and place of each territory (same columns)",
    ),
    ("--contours", "GEOJSON", "contours des territoires (propriété territory_id)", "outlines of the territories (property territory_id)"),
    (
        "--follow-up",
        "CSV",
        "suivi du déploiement (territory_id;date;measure;condition;stratum;value)",
        "follow-up of the deployment (territory_id;date;measure;condition;stratum;value)",
    ),
)


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
    for name, metavar, french, english in _BROUGHT:
        build.add_argument(name, type=Path, metavar=metavar, help=speaker.choose(french, english))
    build.set_defaults(action=build_command)


def build_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """StrataError when nothing was published yet."""
    config = read_config(chosen, speaker)
    from dashboards.atlas import read_atlas
    from dashboards.deployment import read_follow_up
    from dashboards.site import Brought, build_site
    from dashboards.texts import LANGUAGES
    from strata.publish import published_folder

    published = published_folder(config.path("published"))
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in _READ:
        shutil.copyfile(published / name, chosen.out / name)
    if (published / _DEFINITIONS).is_dir():
        shutil.copytree(published / _DEFINITIONS, chosen.out / _DEFINITIONS, dirs_exist_ok=True)
    entries = read_follow_up(chosen.follow_up) if chosen.follow_up else ()
    brought = Brought(read_atlas(chosen.places, chosen.contours), entries)
    page = build_site(chosen.out, config.project.language, brought, documents=LANGUAGES)
    speaker.say(f"Tableau de bord : {page}", f"Dashboard: {page}")
    return 0
