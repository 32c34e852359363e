"""The status page: what is shown, the last runs, how long each table took, what the checks gave.

Belongs here: one HTML file beside the warehouse. Not here: the records (history.py). It holds exact counts: it is never published.
"""

from pathlib import Path

from pipelines.expectations import suites
from pipelines.operation.history import FAILED, INTERRUPTED, STARTED, SUCCEEDED, Record, folder_of, records
from pipelines.pages.private_page import deliver, render
from strata.config import Config
from strata.publication.publish import POINTER

NAME = "status.html"
STATES: dict[str, tuple[str, str]] = {
    STARTED: ("en cours", "running"),
    SUCCEEDED: ("réussie", "succeeded"),
    FAILED: ("en échec", "failed"),
    INTERRUPTED: ("interrompue (arrêtée de l'extérieur)", "interrupted (killed)"),
}
_RUNS_SHOWN = 60


def write_status_page(config: Config) -> Path:
    """Write status.html beside the warehouse, in the language of the project; gives its path."""
    side = 0 if config.project.language == "fr" else 1
    found = records(config)[:_RUNS_SHOWN]
    facts = {
        "language": config.project.language,
        "config": config,
        "runs": found,
        "last": found[0] if found else None,
        "shown": shown(config),
        "states": {state: words[side] for state, words in STATES.items()},
        "labels": {(one.table, one.name): one.label[side] for suite in suites().values() for one in suite},
        "side": side,
        "tables": _tables(found[0]) if found else [],
    }
    page = folder_of(config).parent / NAME
    deliver(render("status.html.j2", **facts), page)
    return page


def shown(config: Config) -> str:
    """The run that readers see; empty when nothing was published."""
    pointer = config.path("published") / POINTER
    return pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""


def _tables(record: Record) -> list[tuple[str, float | None, int | None]]:
    """Steps of a run, the longest first: name, seconds, rows."""
    names = sorted({*record.seconds, *record.rows}, key=lambda name: (-record.seconds.get(name, 0.0), name))
    return [(name, record.seconds.get(name), record.rows.get(name)) for name in names]
