"""Telling somebody how a run ended: [notify] of strata.toml.

Belongs here: the file and the command. Not here: what a run did (history.py). Whoever cannot be told does not change how the run ended.
"""

import json
import subprocess
from typing import Any

from pipelines.operation.history import Record
from strata.config import Config

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
        "checks_not_held": [f"{one['table']}.{one['check']}" for one in record.checks if not one["passed"]],
        "error": record.error[side] if record.error else "",
    }
