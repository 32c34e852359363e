"""`strata dashboard build` makes the pages of the last publication again, in a folder; `serve` and `user` put them on a server.

Belongs here: finding the publication, the options, what is refused before the server starts. Not here: pages, rights (dashboards/).
A publication never changes: new pages go to a folder of their own.
"""

import argparse
import csv
import getpass
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Parser, Terminal, usage_error

# All that pages read (dashboards/sources/published.py), then what is there only sometimes, and the report that they lead to.
_READ = ("indicators.parquet", "indicators.json", "places.csv", "receipt.json")
_TOLD = ("reference_spread.csv", "movement_calibration.csv", "revision.json", "revision.md")
_DEFINITIONS = Path("dashboard") / "definitions"
# What a user may add to the pages (dashboards/sources/atlas.py, dashboards/sources/deployment.py).
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

MODES = ("none", "local", "header")
SECRET = "STRATA_SESSION_KEY"  # signs the sessions of the local mode; read from the environment only
THREADS = 4
# An answer of up to so many bytes is handed over whole. Waitress sends the pieces as they come otherwise, and while one is under way its
# loop asks the socket without pause: twenty clients took ten times the processor time a call.
_WHOLE_ANSWER = 2**20
# What reads a publication gives its memory back at once: its allocator reads this when it is loaded, and systems without it ignore it.
# Set whatever stands there: a parent process that has loaded polars hands down the values polars chose for itself.
_GIVEN_BACK = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")


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
    _add_brought(build, speaker)
    build.set_defaults(action=build_command)
    _add_serve(actions, speaker)
    _add_user(actions, speaker)


def _add_brought(parser: Parser, speaker: Terminal) -> None:
    for name, metavar, french, english in _BROUGHT:
        parser.add_argument(name, type=Path, metavar=metavar, help=speaker.choose(french, english))


def _add_serve(actions: Any, speaker: Terminal) -> None:
    text = speaker.choose("servir les pages de la dernière publication", "serve the pages of the last publication")
    serve = actions.add_parser("serve", terminal=speaker, help=text, description=text)
    add_config(serve, speaker)
    host = speaker.choose("adresse où écouter (cette machine seule par défaut)", "address to listen to (default: this machine only)")
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=host)
    serve.add_argument("--port", type=int, default=8050, metavar="N", help=speaker.choose("port (8050)", "port (8050)"))
    auth = speaker.choose(
        "qui entre : none, cette machine seule ; local, mots de passe ; header, un mandataire nomme la personne",
        "who comes in: none, this machine only; local, passwords; header, a proxy names the person",
    )
    serve.add_argument("--auth", choices=MODES, default="none", help=auth)
    _add_users(serve, speaker)
    proxy = speaker.choose("adresse du mandataire (mode header)", "address of the proxy (mode header)")
    serve.add_argument("--proxy", metavar="ADDRESS", help=proxy)
    header = speaker.choose("en-tête qui nomme la personne (mode header)", "header that names the person (mode header)")
    serve.add_argument("--header", default="X-Remote-User", metavar="NAME", help=header)
    _add_brought(serve, speaker)
    serve.set_defaults(action=serve_command)


def _add_users(parser: Parser, speaker: Terminal) -> None:
    users = speaker.choose("fichier des lecteurs (users.csv par défaut)", "file of the readers (default users.csv)")
    parser.add_argument("--users", type=Path, default=Path("users.csv"), metavar="CSV", help=users)


def _add_user(actions: Any, speaker: Terminal) -> None:
    text = speaker.choose("ajouter un lecteur, avec son mot de passe", "add a reader, with a password")
    user = actions.add_parser("user", terminal=speaker, help=text, description=text)
    name = speaker.choose("nom", "name")
    user.add_argument("name", metavar=speaker.choose("NOM", "NAME"), help=name)
    held = speaker.choose("territoires, séparés par « | » ; « * » pour tous", "territories, joined by '|'; '*' for all")
    user.add_argument("--territories", required=True, metavar="IDS", help=held)
    _add_users(user, speaker)
    user.set_defaults(action=user_command)


def build_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """StrataError when nothing was published yet."""
    config = read_config(chosen, speaker)
    from dashboards.site import build_site
    from dashboards.texts import LANGUAGES
    from strata.publication.latest import published_folder

    published = published_folder(config.path("published"))
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in (*_READ, *(name for name in _TOLD if (published / name).is_file())):
        shutil.copyfile(published / name, chosen.out / name)
    if (published / _DEFINITIONS).is_dir():
        shutil.copytree(published / _DEFINITIONS, chosen.out / _DEFINITIONS, dirs_exist_ok=True)
    page = build_site(chosen.out, config.project.language, _brought(chosen), documents=LANGUAGES)
    speaker.say(f"Tableau de bord : {page}", f"Dashboard: {page}")
    return 0


def _brought(chosen: argparse.Namespace) -> Any:
    """What the options bring to the pages (dashboards/site.py, Brought)."""
    from dashboards.site import Brought
    from dashboards.sources.atlas import read_atlas
    from dashboards.sources.deployment import read_follow_up

    entries = read_follow_up(chosen.follow_up) if chosen.follow_up else ()
    return Brought(read_atlas(chosen.places, chosen.contours), entries)


def serve_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Serve until interrupted. StrataError (usage): another address without a mode, no secret, no users, nothing published."""
    os.environ.update([_GIVEN_BACK])
    import waitress

    from dashboards.app.access import is_loopback
    from dashboards.app.server import Options, make_server
    from dashboards.app.store import Store
    from strata.audit import record
    from strata.publication.latest import published_folder

    config = read_config(chosen, speaker)
    access = _access(chosen)
    published = config.path("published")
    published_folder(published)
    config.database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # where the log lies; a server of pages has no warehouse

    def audit(**what: Any) -> Path:
        return record(config, "dashboard", **what)

    store = Store(lambda: published_folder(published), _brought(chosen))
    options = Options(config.project.language, audit, os.environ.get(SECRET, ""), is_loopback(chosen.host))
    server = make_server(store, access, options)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short wait is no event
    address = f"http://{chosen.host}:{chosen.port}/"
    speaker.say(f"Tableau de bord : {address} (Ctrl-C pour arrêter)", f"Dashboard: {address} (Ctrl-C to stop)")
    try:
        waitress.serve(
            server,
            host=chosen.host,
            port=chosen.port,
            threads=THREADS,
            ident=None,
            max_request_body_size=2**20,
            send_bytes=_WHOLE_ANSWER,
        )
    except OSError as error:
        why = ("cette adresse ou ce port n'est pas libre sur cette machine", "this address or port is not free on this machine")
        raise _refused(address, why) from error
    return 0


def _access(chosen: argparse.Namespace) -> Any:
    """The mode of access (dashboards/app/access.py). StrataError (usage) when it would leave a door open."""
    from dashboards.app.access import LEAST_SECRET, Header, Local, Open, is_loopback, read_users

    if chosen.auth == "none":
        if not is_loopback(chosen.host):
            raise _refused(
                "--host", ("une autre adresse que cette machine demande --auth", "an address other than this machine needs --auth")
            )
        return Open()
    if chosen.auth == "local":
        if len(os.environ.get(SECRET, "")) < LEAST_SECRET:
            why = (f"{SECRET} manque, ou a moins de {LEAST_SECRET} caractères", f"{SECRET} is missing, or under {LEAST_SECRET} characters")
            raise _refused(SECRET, why)
        return Local(read_users(chosen.users, with_passwords=True))
    if not chosen.proxy:
        raise _refused(
            "--proxy", ("sans mandataire déclaré, n'importe qui se nommerait", "without a declared proxy, anybody could give a name")
        )
    return Header(read_users(chosen.users, with_passwords=False), chosen.proxy, chosen.header)


def user_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Add a line to the file of readers; the password is asked, or read from the standard input, never from the command line."""
    from dashboards.app.access import COLUMNS, read_users, user_line

    known = read_users(chosen.users, with_passwords=False) if chosen.users.exists() else {}
    if chosen.name in known:
        raise _refused(chosen.name, ("ce nom est déjà dans le fichier", "this name is in the file already"))
    line = user_line(chosen.name, chosen.territories, _read_password(speaker))
    is_new = not chosen.users.exists()
    chosen.users.touch(mode=0o600)
    with chosen.users.open("a", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, delimiter=";", lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(line)
    speaker.say(f"Lecteur ajouté : {chosen.users}", f"Reader added: {chosen.users}")
    return 0


def _read_password(speaker: Terminal) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(speaker.choose("Mot de passe (invisible) : ", "Password (not shown): "))
    return sys.stdin.readline().rstrip("\r\n")


def _refused(where: str, why: tuple[str, str]) -> Exception:
    fix = ("Voir docs/how-to/serve-the-dashboard.md", "See docs/how-to/serve-the-dashboard.md")
    return usage_error(("Le tableau de bord n'est pas servi", "The dashboard is not served"), where, why, fix)
