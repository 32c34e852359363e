"""The `strata` command: arguments in, exit code out.

Belongs here: choosing the command and turning errors into text and exit codes (0 good, 1 the data, 2 the command or the configuration).
Not here: what a command does (commands/).
"""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from pipelines.commands import dashboard, demo, init, publish, reference, run, synth
from pipelines.commands.terminal import Parser, Terminal, terminal
from strata.errors import StrataError

_ROOT = Path(__file__).parent.parent

COMMANDS = (demo, init, run, synth, reference, publish, dashboard)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Never a traceback without --debug."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    speaker = terminal()
    try:
        chosen = build_parser(speaker).parse_args(given)
        return int(chosen.action(chosen, speaker))
    except StrataError as error:
        return _fail(error, speaker, "--debug" in given)
    except KeyboardInterrupt:
        print(speaker.choose("Interrompu ; la publication précédente reste.", "Interrupted; the last publication stays."), file=sys.stderr)
        return 1
    except Exception as error:
        return _fail(_unexpected(error), speaker, "--debug" in given)


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


def _unexpected(error: Exception) -> StrataError:
    # The message of an unforeseen error may quote a cell: only its kind and its place are shown.
    frames = traceback.extract_tb(error.__traceback__)
    frame = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT) and "site-packages" not in frame.filename][-1]
    kind = type(error).__name__
    return StrataError(
        what=("Erreur inattendue : c'est un défaut du programme", "Unexpected error: this is a defect of the program"),
        where=f"{Path(frame.filename).name}, {frame.lineno}",
        why=(kind, kind),
        fix=("Relancer avec --debug et signaler la trace, sans donnée", "Run again with --debug and report the trace, without data"),
    )


if __name__ == "__main__":
    sys.exit(main())
