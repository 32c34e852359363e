"""What makes another program start a run: a cron line, a task of Windows, units of systemd.

Belongs here: the texts, from [schedule] of strata.toml. Not here: installing them: a person does, with the commands that are printed.
"""

import getpass
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from strata.config import Config
from strata.errors import StrataError

KINDS = ("cron", "windows", "systemd", "dagster")
_TEMPLATES = Path(__file__).parents[1] / "templates" / "service"
_ROOT = Path(__file__).parents[2]
_RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True)
class Cron:
    """A cron line taken apart: one minute, one hour; days, months and weekdays as lists, empty for all."""

    minute: int
    hour: int
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]


@dataclass(frozen=True)
class Entry:
    """Files by name, and the commands that install them."""

    files: dict[str, str]
    install: tuple[str, ...]


def parse(line: str) -> Cron:
    """Take a cron line apart. StrataError (usage) when it is not 'minute hour day month weekday' with one minute and one hour."""
    words = line.split()
    try:
        minute, hour, days, months, weekdays = (_values(word, *bounds) for word, bounds in zip(words, _RANGES.values(), strict=True))
    except ValueError as error:
        raise _cannot_say(line) from error
    if len(minute) != 1 or len(hour) != 1 or (days and weekdays) or (weekdays and months):
        raise _cannot_say(line)
    return Cron(minute[0], hour[0], days, months, weekdays)


def entry(kind: str, config: Config, path: Path) -> Entry:
    """The files of one kind, for this Python, this account and the project of `path`. StrataError (usage): the cron line is too rich."""
    cron = parse(config.schedule.cron)
    return {"cron": _cron, "windows": _windows, "systemd": _systemd, "dagster": _dagster}[kind](cron, config, path.resolve())


def _values(word: str, least: int, most: int) -> tuple[int, ...]:
    """'*' is all: nothing; '5', '1,15', '1-5' are lists. ValueError for anything else."""
    if word == "*":
        return ()
    found: list[int] = []
    for part in word.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    if not found or min(found) < least or max(found) > most:
        raise ValueError(word)
    return tuple(sorted(set(found)))


def _command(path: Path) -> list[str]:
    return [sys.executable, "-m", "pipelines.command", "run", "--config", str(path)]


def _cron(cron: Cron, config: Config, path: Path) -> Entry:
    minute, hour, day, month, weekday = config.schedule.cron.split()
    when = {"minute": minute, "hour": hour, "day": day, "month": month, "weekday": weekday}
    command = f"cd {shlex.quote(str(_ROOT))} && {shlex.join(_command(path))}".replace("%", "\\%")  # cron ends a line at %
    log = shlex.quote(str(path.parent / "cron.log")).replace("%", "\\%")  # a folder that is there before the first run
    return Entry({"crontab": _render("crontab.j2", command=command, log=log, **when)}, ("crontab -e",))


def _windows(cron: Cron, config: Config, path: Path) -> Entry:
    program, *arguments = _command(path)
    months = [_MONTHS[number - 1] for number in cron.months] or list(_MONTHS)
    days = cron.days or (tuple(range(1, 32)) if cron.months else ())
    weekdays = list(dict.fromkeys(_WEEKDAYS[number] for number in cron.weekdays))
    facts: dict[str, Any] = {
        "program": program,
        "arguments": subprocess.list2cmdline(arguments),
        "folder": str(_ROOT),
        "project": config.project.name,
    }
    text = _render("task.xml.j2", hour=cron.hour, minute=cron.minute, days=days, months=months, weekdays=weekdays, **facts)
    return Entry({"strata-task.xml": text}, ('schtasks /Create /TN "strata" /XML strata-task.xml',))


def _systemd(cron: Cron, config: Config, path: Path) -> Entry:
    facts: dict[str, Any] = _unit_facts(config, path) | {"command": _for_unit(_command(path)), "root": _escaped(str(_ROOT))}
    service = _render("strata.service.j2", tells_somebody=bool(config.notify.command), **facts)
    timer = _render("strata.timer.j2", project=facts["project"], calendar=_calendar(cron, config.schedule.timezone))
    return Entry({"strata.service": service, "strata.timer": timer}, _units("strata.service strata.timer", "strata.timer"))


def _dagster(cron: Cron, config: Config, path: Path) -> Entry:
    dagster = Path(sys.executable).parent / "dg"
    facts: dict[str, Any] = _unit_facts(config, path) | {"root": _escaped(str(_ROOT)), "config": _escaped(str(path))}
    command = _for_unit([str(dagster), "dev", "--host", "127.0.0.1", "--port", "3000"])
    home = str(path.parent / "dagster")
    install = (shlex.join(["mkdir", "-p", home]), shlex.join(["cp", str(_ROOT / "dagster.yaml"), home]))
    return Entry(
        {"strata-dagster.service": _render("dagster.service.j2", dagster=command, **facts)},
        (*install, *_units("strata-dagster.service", "strata-dagster.service")),
    )


def _unit_facts(config: Config, path: Path) -> dict[str, Any]:
    return {"project": _escaped(config.project.name), "user": getpass.getuser(), "folder": _escaped(str(path.parent))}


def _units(files: str, started: str) -> tuple[str, ...]:
    return (f"sudo cp {files} /etc/systemd/system/", "sudo systemctl daemon-reload", f"sudo systemctl enable --now {started}")


def _calendar(cron: Cron, timezone: str) -> list[str]:
    """systemd's OnCalendar lines: 'Mon *-*-05 06:00:00 Europe/Paris'."""
    weekdays = ",".join(dict.fromkeys(_WEEKDAYS[number][:3] for number in cron.weekdays))
    months = ",".join(f"{number:02d}" for number in cron.months) or "*"
    days = ",".join(f"{number:02d}" for number in cron.days) or "*"
    return [f"{weekdays} *-{months}-{days} {cron.hour:02d}:{cron.minute:02d}:00 {timezone}".strip()]


def _for_unit(words: list[str]) -> str:
    """A command as systemd reads it."""
    return " ".join(f'"{_escaped(word)}"' if " " in word else _escaped(word) for word in words)


def _escaped(text: str) -> str:
    """% and control characters mean something to systemd."""
    return "".join(letter for letter in text if letter.isprintable()).replace("\\", "\\\\").replace("%", "%%")


def _render(template: str, **facts: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=template.endswith(".xml.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**facts)


def _cannot_say(line: str) -> StrataError:
    return StrataError(
        what=("Cette ligne cron ne peut pas être dite à un autre planificateur", "This cron line cannot be told to another scheduler"),
        where=f"[schedule] cron : {line}",
        why=(
            "attendu : minute heure jour mois jour-de-semaine, une minute, une heure, sans */n, sans jours et jours de semaine ensemble",
            "expected: minute hour day month weekday, one minute, one hour, no */n, no days together with weekdays",
        ),
        fix=("Par exemple : 0 6 5 * * (le 5 du mois à 6 h)", "For instance: 0 6 5 * * (the 5th of the month at 6)"),
        is_usage=True,
    )
