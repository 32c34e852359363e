"""The `strata` command: arguments in, exit code out.

Belongs here: choosing the command and turning errors into text and exit codes (0 good, 1 the data, 2 the command or the configuration).
Not here: what a command does (commands/).
"""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
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
from pipelines.process import leave
from strata.errors import StrataError

_ROOT = Path(__file__).parent.parent
_SYSTEM = {
    errno.EACCES: ("droit refusé", "permission denied"),
    errno.EPERM: ("droit refusé", "permission denied"),
    errno.ENOENT: ("ce chemin n'existe pas", "there is no such path"),
    errno.ENOTDIR: ("ce chemin passe par un fichier, non par un dossier", "this path goes through a file, not a folder"),
    errno.EEXIST: ("un fichier porte déjà ce nom", "a file has this name already"),
    errno.ENOSPC: ("le disque est plein", "the disk is full"),
    errno.EROFS: ("le disque est en lecture seule", "the disk is read only"),
}

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
        if _is_interruption(error):
            return _interrupted(speaker)
        if isinstance(error, BrokenPipeError):  # whoever read our output left (`| head`): nobody is there to be told
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        if not isinstance(error, Exception):  # argparse leaves after --help
            raise
        return _fail(_no_file(error) if isinstance(error, OSError) else _unexpected(error), speaker, "--debug" in given)


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


def _is_interruption(error: BaseException | None) -> bool:
    """Ctrl-C: as Python says it, as DuckDB does in a query (RuntimeError), or as Dagster does in a step."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # Dagster can make a ring of causes
        seen.add(id(error))
        kind = type(error).__name__
        if isinstance(error, KeyboardInterrupt) or "Interrupt" in kind or str(error) == "Query interrupted":
            return True
        error = error.__cause__ or error.__context__
    return False


def _no_file(error: OSError) -> StrataError:
    # A missing right, a full disk: the machine is at fault, not the data nor the program. The words of the system hold no cell.
    named = error.strerror or type(error).__name__
    return StrataError(
        what=("Un fichier ou un dossier ne peut pas être lu ou écrit", "A file or a folder cannot be read or written"),
        where=str(error.filename or "—"),
        why=_SYSTEM.get(error.errno or 0, (named, named)),
        fix=("Vérifier le chemin, les droits et la place sur le disque", "Check the path, the permissions and the room on the disk"),
        is_usage=True,
    )


def _unexpected(error: Exception) -> StrataError:
    # The message of an unforeseen error may quote a cell: only its kind and its place are shown.
    frame = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(Path(frame.filename))][-1]
    kind = type(error).__name__
    return StrataError(
        what=("Erreur inattendue : c'est un défaut du programme", "Unexpected error: this is a defect of the program"),
        where=f"{Path(frame.filename).name}, {frame.lineno}",
        why=(kind, kind),
        fix=("Relancer avec --debug et signaler la trace, sans donnée", "Run again with --debug and report the trace, without data"),
    )


def _is_ours(path: Path) -> bool:
    # In a clone the libraries lie below, in .venv; installed from a wheel, this package lies among them.
    return path.is_relative_to(_ROOT) and "site-packages" not in path.relative_to(_ROOT).parts


if __name__ == "__main__":
    program()
