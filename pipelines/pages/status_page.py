"""The status page: what is shown, the last runs, how long each table took, what the checks gave.

Belongs here: one HTML file beside the warehouse. Not here: the records (history.py). It holds exact counts: it is never published.
"""

import zoneinfo
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.expectations import suites
from pipelines.operation.history import FAILED, INTERRUPTED, STARTED, SUCCEEDED, Record, folder_of, now, seen_now
from pipelines.pages.private_page import FRENCH, deliver, render
from strata.config import Config
from strata.publication.latest import pointed

NAME = "status.html"
STATES: dict[str, tuple[str, str]] = {
    STARTED: ("en cours", "running"),
    SUCCEEDED: ("réussie", "succeeded"),
    FAILED: ("en échec", "failed"),
    INTERRUPTED: ("interrompue (arrêtée de l'extérieur)", "interrupted (killed)"),
}
_RUNS_SHOWN = 60
_TIMES = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M")


def write_status_page(config: Config) -> Path:
    """Write status.html beside the warehouse, in the language of the project; gives its path."""
    side = 0 if config.project.language == "fr" else 1
    separators: dict[int, str] = {} if side else FRENCH
    found = seen_now(config)[:_RUNS_SHOWN]
    facts = {
        "language": config.project.language,
        "config": config,
        "runs": found,
        "last": found[0] if found else None,
        "shown": shown(config),
        "states": {state: words[side] for state, words in STATES.items()},
        "labels": {(one.table, one.name): one.label[side] for suite in suites().values() for one in suite},
        "side": side,
        "checks": _checks(found[0]) if found else [],
        "tables": _tables(found[0]) if found else [],
        "written": now(),
        "local": lambda time: local_time(time, config.schedule.timezone, side),
        "lasted": _lasted,
        "decimal": lambda value: f"{value:.2f}".translate(separators),
        "number": lambda value: f"{value:,}".translate(separators),
    }
    page = folder_of(config).parent / NAME
    deliver(render("status.html.j2", **facts), page)
    return page


def shown(config: Config) -> str:
    """The run that readers see; empty when nothing was published."""
    return pointed(config.path("published"))


def local_time(time: str, zone: str, side: int) -> str:
    """A time of a record in the zone of the project, to the minute; in UTC, which is said, where there is none. side: 0 in French."""
    try:
        return datetime.fromisoformat(time).astimezone(zoneinfo.ZoneInfo(zone)).strftime(_TIMES[side])
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return datetime.fromisoformat(time).strftime(f"{_TIMES[side]} UTC")


def _lasted(seconds: float) -> str:
    """1 h 02 min, 3 min 20 s, 12 s: the same words in both languages."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _checks(record: Record) -> list[dict[str, Any]]:
    """What was checked, what must be looked at first: blocking and not held, not held, held."""
    return sorted(record.checks, key=lambda one: (one["passed"], one["severity"] != "blocking"))


def _tables(record: Record) -> list[tuple[str, float | None, int | None]]:
    """Steps of a run, the longest first: name, seconds, rows."""
    names = sorted({*record.seconds, *record.rows}, key=lambda name: (-record.seconds.get(name, 0.0), name))
    return [(name, record.seconds.get(name), record.rows.get(name)) for name in names]
