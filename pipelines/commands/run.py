"""`strata run` and `strata check`.

Belongs here: what a person reads after a run. Not here: the run (runner.py).
"""

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pipelines.commands.project import add_config, only_year, read_config
from pipelines.commands.terminal import Terminal
from pipelines.process import answer_nobody
from strata.errors import StrataError

if TYPE_CHECKING:  # Dagster takes a second to load: `strata --help` does without
    from pipelines.runner import RunResult


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the two commands."""
    text = speaker.choose("lire ce qui est nouveau, recalculer, contrôler, publier", "read what is new, recompute, check, publish")
    parser = commands.add_parser("run", terminal=speaker, help=text, description=text)
    add_config(parser, speaker)
    year = speaker.choose("ne publier que cette année", "publish this year only")
    parser.add_argument("--year", type=int, metavar="N", help=year)
    parser.set_defaults(action=run_command)
    text = speaker.choose(
        "lire les extractions et en rendre compte, sans publier (0 : bonnes, 1 : à corriger)",
        "read the extracts and report on them, publishing nothing (0: good, 1: to mend)",
    )
    parser = commands.add_parser("check", terminal=speaker, help=text, description=text)
    add_config(parser, speaker)
    parser.set_defaults(action=check_command)


def run_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Ingest, compute, check, publish."""
    from pipelines.runner import run

    config = read_config(chosen, speaker)
    if chosen.year is not None:
        config = only_year(config, chosen.year)
    result = run(config, progress=speaker.progress)
    try:
        tell(result, speaker)
    except BrokenPipeError:  # the run is done, whether or not somebody reads of it
        answer_nobody()
    return 0


def tell(result: "RunResult", speaker: Terminal) -> None:
    """What was published, where, and what deserves a look."""
    for outcome in result.warnings:
        label, rows = outcome.expectation.label, (f" ({', '.join(outcome.at)})" if outcome.at else "")
        speaker.say(f"À regarder : non tenu : {label[0]}{rows}", f"To look at: not held: {label[1]}{rows}")
    if result.quality_page is not None:
        speaker.say(f"Qualité des données : {result.quality_page}", f"Data quality: {result.quality_page}")
    if result.publication is not None:
        seconds = sum(result.seconds.values())
        speaker.say(f"Publié : {result.publication} ({seconds:.0f} s)", f"Published: {result.publication} ({seconds:.0f} s)")
        page = result.publication / "dashboard" / "index.html"
        speaker.say(f"Tableau de bord : {page}", f"Dashboard: {page}")


def check_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Everything up to the checks, then the report; 1 when a file is refused or a blocking check fails."""
    from pipelines.commands.report import print_report
    from pipelines.runner import run

    config = read_config(chosen, speaker)
    try:
        result = run(config, progress=speaker.progress, until="quality")
    except StrataError as error:
        if not error.is_usage:
            with suppress(StrataError):  # what could be read is shown first; the error that matters is the run's
                print_report(config, speaker)
        raise
    tell(result, speaker)
    return 1 if print_report(config, speaker) else 0
