"""The `strata` command: arguments in, exit code out.

Belongs here: choosing the command and turning errors into text and exit codes (0 good, 1 the data, 2 the command or the configuration).
Not here: what a command does (commands/).
"""

import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from pipelines.commands import (
    compare,
    dashboard,
    definitions,
    demo,
    doctor,
    explain,
    init,
    publish,
    purge,
    reference,
    review,
    run,
    schedule,
    status,
    synth,
    validity,
)
from pipelines.commands import list as listing
from pipelines.commands.terminal import Parser, Terminal, terminal
from pipelines.operation.causes import cause_of, is_interruption
from pipelines.process import answer_nobody, leave, stop_when_asked
from strata.errors import StrataError

COMMANDS = (
    demo,
    init,
    listing,
    run,
    status,
    explain,
    compare,
    definitions,
    validity,
    review,
    synth,
    reference,
    publish,
    dashboard,
    doctor,
    schedule,
    purge,
)


def program() -> NoReturn:
    """The whole process: what `strata` and `python -m pipelines.command` start."""
    stop_when_asked()
    leave(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Never a traceback without --debug."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    speaker = terminal()
    try:
        chosen = build_parser(speaker).parse_args(given)
        code = int(chosen.action(chosen, speaker))
        print(end="", flush=True)  # what could not be written is told like any other error, not at the end of the process
        return code
    except StrataError as error:
        return _fail(error, speaker, "--debug" in given)
    except BaseException as error:
        if is_interruption(error):
            return _interrupted(speaker)
        if isinstance(error, BrokenPipeError):  # whoever read our output left (`| head`): nobody is there to be told
            answer_nobody()
            return 1
        if not isinstance(error, Exception):  # argparse leaves after --help
            raise
        return _fail(cause_of(error), speaker, "--debug" in given)


def build_parser(speaker: Terminal) -> Parser:
    """The parser of the whole command."""
    parser = Parser(
        prog="strata",
        terminal=speaker,
        description=speaker.choose(
            "Strates de population et coût observé sur attendu des territoires hospitaliers.",
            "Population strata and cost versus expected for hospital territories.",
        ),
    )
    title = speaker.choose("commandes", "commands")
    commands = parser.add_subparsers(title=title, dest="command", metavar=title.upper(), required=True, parser_class=Parser)
    for command in COMMANDS:
        command.add(commands, speaker)
    return parser


def _fail(error: StrataError, speaker: Terminal, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(error.text(speaker.language), file=sys.stderr)
    return 2 if error.is_usage else 1


def _interrupted(speaker: Terminal) -> int:
    print(speaker.choose("Interrompu ; la publication précédente reste.", "Interrupted; the last publication stays."), file=sys.stderr)
    return 1


if __name__ == "__main__":
    program()
