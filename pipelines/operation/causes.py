"""Why something stopped, whatever was raised: the four parts that a terminal, a record of a run and a notification all tell.

Belongs here: telling an interruption, a refusal of the system and a defect of the program apart. Not here: printing them (command.py),
keeping them (history.py).
"""

import traceback
from pathlib import Path

from strata.errors import StrataError
from strata.system_errors import no_file

_ROOT = Path(__file__).parents[2]


def cause_of(error: BaseException) -> StrataError:
    """What a person is told of an error: itself when it is ours. Nothing of it quotes a cell."""
    if isinstance(error, StrataError):
        return error
    if is_interruption(error):
        return _interrupted()
    return no_file(error) if isinstance(error, OSError) else _unexpected(error)


def is_interruption(error: BaseException | None) -> bool:
    """Ctrl-C: as Python says it, as DuckDB does in a query (RuntimeError), or as Dagster does in a step or to what a run holds."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # Dagster can make a ring of causes
        seen.add(id(error))
        kind = type(error).__name__
        if isinstance(error, KeyboardInterrupt | GeneratorExit) or "Interrupt" in kind or str(error) == "Query interrupted":
            return True
        error = error.__cause__ or error.__context__
    return False


def _interrupted() -> StrataError:
    return StrataError(
        what=(
            "Exécution interrompue par une personne, ou par l'arrêt du service ou de la machine",
            "Run interrupted by a person, or by the service or the machine being stopped",
        ),
        where="strata run",
        why=("Ctrl-C, ou fin demandée par le système", "Ctrl-C, or an end asked for by the system"),
        fix=(
            "Relancer `strata run` : ce qui est fait reste fait ; la publication précédente reste montrée",
            "Run `strata run` again: what is done stays done; the last publication stays shown",
        ),
    )


def _unexpected(error: BaseException) -> StrataError:
    # The message of an unforeseen error may quote a cell: only its kind and its place are shown.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(Path(frame.filename))]
    kind = type(error).__name__
    return StrataError(
        what=("Erreur inattendue : c'est un défaut du programme", "Unexpected error: this is a defect of the program"),
        where=f"{Path(frames[-1].filename).name}, {frames[-1].lineno}" if frames else "—",
        why=(kind, kind),
        fix=("Relancer avec --debug et signaler la trace, sans donnée", "Run again with --debug and report the trace, without data"),
    )


def _is_ours(path: Path) -> bool:
    # In a clone the libraries lie below, in .venv; installed from a wheel, this package lies among them.
    return path.is_relative_to(_ROOT) and "site-packages" not in path.relative_to(_ROOT).parts
