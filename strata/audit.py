"""Who asked what about whom: one line per question, added at the end of `audit.log` beside the warehouse.

Belongs here: writing that line. Not here: what is asked. A line names a person by our integer, never by a pseudonym; it is on the disk
before the answer is given, and where it cannot be written there is no answer.
"""

import getpass
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from strata.config import Config
from strata.errors import StrataError

NAME = "audit.log"


def record(config: Config, command: str, **asked: int | str | list[str] | None) -> Path:
    """Add one line (JSON: time, user, command, what was asked) and wait until it is on the disk; gives the path of the log.

    StrataError when it cannot be written: whoever called must then give no answer.
    """
    path = config.database.parent / NAME
    line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "user": system_user(), "command": command, **asked}
    content = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    try:
        path.touch(mode=0o600)
        with path.open("ab", buffering=0) as log:  # a write at the end, whole: two programs may log at once
            log.write(content)
            os.fsync(log.fileno())
    except OSError as error:
        raise _refused(path) from error
    return path


def system_user() -> str:
    """The user of this process as the system knows it; where it only has variables (Windows), what they say."""
    try:
        import pwd
    except ImportError:
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run a number that has no name
        return str(os.getuid())


def _refused(path: Path) -> StrataError:
    return StrataError(
        what=("La question ne peut pas être inscrite au journal : aucune réponse", "The question cannot be logged: no answer"),
        where=str(path),
        why=("le journal ne peut pas être écrit", "the log cannot be written"),
        fix=(
            "Vérifier les droits du dossier de l'entrepôt et la place sur le disque",
            "Check the rights of the warehouse folder and the room on the disk",
        ),
    )
