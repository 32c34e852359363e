"""`strata schedule`: the entry that makes another program start `strata run`. Nothing is installed.

Belongs here: the arguments and the printing. Not here: the texts (pipelines/operation/service_entries.py).
"""

import argparse
import os
from pathlib import Path
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Terminal

_ENCODING = {".xml": "utf-16"}  # as the task scheduler of Windows writes its own


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "donner l'entrée cron, la tâche Windows ou l'unité systemd qui lance `strata run` ; rien n'est installé",
        "give the cron line, the Windows task or the systemd unit that starts `strata run`; nothing is installed",
    )
    parser = commands.add_parser("schedule", terminal=speaker, help=text, description=text)
    add_config(parser, speaker)
    kind = speaker.choose("cron, windows, systemd, ou dagster (son service)", "cron, windows, systemd, or dagster (its service)")
    parser.add_argument(
        "--kind", choices=("cron", "windows", "systemd", "dagster"), default="windows" if os.name == "nt" else "cron", help=kind
    )
    out = speaker.choose("dossier où écrire les fichiers (affichés par défaut)", "folder to write the files to (default: printed)")
    parser.add_argument("--out", type=Path, metavar=speaker.choose("DOSSIER", "DIR"), help=out)
    parser.set_defaults(action=schedule_command)


def schedule_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print or write the entry, and say how it is installed. StrataError (usage): [schedule] cron cannot be told otherwise."""
    from pipelines.operation.service_entries import entry

    config = read_config(chosen, speaker)
    found = entry(chosen.kind, config, chosen.config)
    for name, text in found.files.items():
        if chosen.out is None:
            print(f"# {name}\n{text}" if len(found.files) > 1 or chosen.kind == "dagster" else text, end="", flush=True)
        else:
            chosen.out.mkdir(parents=True, exist_ok=True)
            (chosen.out / name).write_text(text, encoding=_ENCODING.get(Path(name).suffix, "utf-8"))
            speaker.say(f"Écrit : {chosen.out / name}", f"Written: {chosen.out / name}")
    zone = config.schedule.timezone
    if chosen.kind in ("cron", "windows"):
        speaker.progress(
            speaker.choose(f"L'heure est celle de la machine ([schedule] : {zone}).", f"The time is the machine's ([schedule]: {zone}).")
        )
    speaker.progress(speaker.choose("Rien n'est installé. Pour le faire :", "Nothing is installed. To do it:"))
    for line in found.install:
        speaker.progress(f"  {line}")
    return 0
