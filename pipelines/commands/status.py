"""`strata status`: what the last runs did, and what readers see.

Belongs here: printing. Not here: the records (pipelines/operation/history.py).
"""

import argparse
import json
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Terminal

_SHOWN = 12


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "dire ce que les dernières exécutions ont fait, et quelle publication est montrée",
        "say what the last runs did, and which publication is shown",
    )
    parser = commands.add_parser("status", terminal=speaker, help=text, description=text)
    add_config(parser, speaker)
    as_json = speaker.choose("en JSON, pour une machine", "as JSON, for a machine")
    parser.add_argument("--json", action="store_true", help=as_json)
    parser.set_defaults(action=status_command)


def status_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print the last runs, and the error of the last one; 1 when it did not succeed, 0 otherwise and when there is none."""
    from pipelines.operation.history import FAILED, INTERRUPTED, seen_now
    from pipelines.pages.status_page import NAME, STATES, local_time, shown, write_status_page
    from strata.ingest.warehouse.lock import holder_of

    config = read_config(chosen, speaker)
    found = seen_now(config)
    holder, is_held = holder_of(config.database.parent)
    is_wrong = bool(found) and found[0].state in (FAILED, INTERRUPTED)
    if chosen.json:
        print(json.dumps({"shown": shown(config), "held_by": asdict(holder) if holder else None, "runs": [asdict(one) for one in found]}))
        return 1 if is_wrong else 0
    speaker.say(f"Publication montrée : {shown(config) or '—'}", f"Publication shown: {shown(config) or '—'}")
    if is_held:
        speaker.say(f"En cours : {holder}", f"Running: {holder}")
    heads = [
        ("début", "start"),
        ("état", "state"),
        ("secondes", "seconds"),
        ("tables refaites", "tables made"),
        ("reprises", "kept"),
    ]
    zone, side = config.schedule.timezone, 0 if speaker.language == "fr" else -1
    rows = [
        [
            local_time(one.started, zone, side),
            speaker.choose(*STATES[one.state]),
            f"{one.total_seconds:.0f}",
            str(one.made_count),
            str(len(one.reused)),
        ]
        for one in found[:_SHOWN]
    ]
    speaker.table(("Dernières exécutions", "Last runs"), heads, rows)
    if found and found[0].error:
        print("\n" + found[0].error[0 if speaker.language == "fr" else -1])
    if found:
        with suppress(OSError):  # a run that was killed could not say so on its page
            write_status_page(config)
        speaker.say(f"\nDétail : {config.database.parent / NAME}", f"\nDetail: {config.database.parent / NAME}")
    return 1 if is_wrong else 0
