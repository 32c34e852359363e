"""Telling somebody how a run ended: [notify] of strata.toml.

Belongs here: the file and the command, also for a run that another one kept from starting. Not here: what a run did (history.py). Whoever
cannot be told does not change how the run ended.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pipelines.operation.history import FAILED, Record, now, told
from strata.config import Config
from strata.errors import StrataError
from strata.ingest.warehouse.lock import lock

SECONDS = 60  # a command that has not ended by then is left


def notify(config: Config, record: Record) -> tuple[str, str] | None:
    """Write the file and start the command, as far as declared; gives what must be said when one of them could not be."""
    text = json.dumps(message(config, record), ensure_ascii=False, indent=1) + "\n"
    try:
        if config.notify.file:
            path = config.folder / config.notify.file
            new = path.with_name(f"{path.name}.new")
            new.write_text(text, encoding="utf-8")
            new.replace(path)
        if config.notify.command:
            given = {"input": text, "encoding": "utf-8", "cwd": config.folder, "timeout": SECONDS}
            subprocess.run(config.notify.command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **given)  # type: ignore[call-overload]
    except (OSError, subprocess.SubprocessError) as error:
        kind = type(error).__name__
        return f"La fin de l'exécution n'a pas pu être signalée ([notify], {kind})", f"Nobody could be told of the end ([notify], {kind})"
    return None


@contextmanager
def held_or_told(config: Config, run_id: str, tell: Callable[[tuple[str, str]], None]) -> Iterator[tuple[str, str] | None]:
    """Hold the warehouse for a run (gives the notice of `lock`). Refused, it has no record to write, but somebody must know: [notify].

    tell: a line of progress, in French and in English.
    """
    with ExitStack() as held:
        try:
            notice = held.enter_context(lock(config.database.parent, run_id))
        except StrataError as refusal:
            if untold := notify(config, Record(run_id, FAILED, now(), now(), error=told(refusal))):
                tell(untold)
            raise
        yield notice


def message(config: Config, record: Record) -> dict[str, Any]:
    """What is told: nothing of a person, no count of any."""
    side = 0 if config.project.language == "fr" else -1
    return {
        "project": config.project.name,
        "run_id": record.run_id,
        "state": record.state,
        "started": record.started,
        "ended": record.ended,
        "seconds": record.total_seconds,
        "publication": record.publication,
        "warnings": [one[side] for one in record.warnings],
        "checks_not_held": [f"{one['table']}.{one['check']}" for one in record.checks if not one["passed"]],
        "error": record.error[side] if record.error else "",
    }
