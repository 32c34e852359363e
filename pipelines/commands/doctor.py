"""`strata doctor`: what is wrong with an installation.

Belongs here: printing the findings. Not here: looking (pipelines/operation/installation.py).
"""

import argparse
from typing import Any

from pipelines.commands.project import add_config
from pipelines.commands.terminal import Terminal


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "dire ce qui ne va pas dans cette installation et ce projet ; rien n'est changé (0 : rien, 1 : à corriger)",
        "say what is wrong with this installation and this project; nothing is changed (0: nothing, 1: to mend)",
    )
    parser = commands.add_parser("doctor", terminal=speaker, help=text, description=text)
    add_config(parser, speaker)
    parser.set_defaults(action=doctor_command)


def doctor_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print what is good in one line each, what is wrong in four parts; 1 when something is at fault, 0 with remarks only."""
    from pipelines.operation.installation import examine, project

    config, _ = project(chosen.config)
    if config is not None:
        speaker.follow(config)
    side = 0 if speaker.language == "fr" else 1
    faults = remarks = 0
    for one in examine(chosen.config):
        faults += one.is_fault
        remarks += bool(one.problems) and not one.is_fault
        mark = (
            speaker.choose("À CORRIGER", "TO MEND")
            if one.is_fault
            else speaker.choose("à regarder", "to look at")
            if one.problems
            else "ok"
        )
        said = f"{speaker.choose(' : ', ': ')}{one.said[side]}" if one.said[side] else ""
        print(f"[{mark}] {one.label[side]}{said}", flush=True)
        for problem in one.problems:
            print("\n".join(f"    {line}" for line in problem.text(speaker.language).splitlines()), flush=True)
    speaker.say(f"{faults} à corriger, {remarks} à regarder", f"{faults} to mend, {remarks} to look at")
    return 1 if faults else 0
