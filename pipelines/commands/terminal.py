"""How the command speaks: one language at a time, progress on stderr, results on stdout.

Belongs here: printing and the parser's own words. Not here: the text of any one command.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from strata.config import Config
from strata.errors import StrataError


@dataclass
class Terminal:
    """language: STRATA_LANGUAGE when set, else that of the project once read, else French."""

    language: str = "fr"
    started: float = field(default_factory=time.monotonic)

    def choose(self, french: str, english: str) -> str:
        """One of two texts."""
        return french if self.language == "fr" else english

    def say(self, french: str, english: str) -> None:
        """A line of the result."""
        print(self.choose(french, english), flush=True)

    def table(self, title: tuple[str, str], heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> None:
        """A table with its title, columns as wide as their longest cell; nothing when it has no row."""
        if not rows:
            return
        cells = [[self.choose(*head) for head in heads], *rows]
        widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
        print(f"\n{self.choose(*title)}")
        for row in cells:
            print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())

    def progress(self, text: str) -> None:
        """A line about work in progress. Whoever reads it may leave (`2>&1 | head`), and the work goes on."""
        with suppress(OSError):
            print(f"[{time.monotonic() - self.started:4.0f} s] {text}", file=sys.stderr, flush=True)

    def follow(self, config: Config) -> None:
        """Speak the language of the project, unless the environment has chosen."""
        if not os.environ.get("STRATA_LANGUAGE"):
            self.language = config.project.language


def terminal() -> Terminal:
    """A terminal in the language of the environment. Output is UTF-8 whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    return Terminal("en" if os.environ.get("STRATA_LANGUAGE", "fr").lower().startswith("en") else "fr")


def usage_error(what: tuple[str, str], where: str, why: tuple[str, str], fix: tuple[str, str]) -> StrataError:
    """A StrataError for a wrong command or configuration (exit 2)."""
    return StrataError(what=what, where=where, why=why, fix=fix, is_usage=True)


# argparse speaks English only: its few messages, in French.
_FRENCH = (
    (r"the following arguments are required: (.*)", r"il manque : \1"),
    (r"unrecognized arguments: (.*)", r"arguments inconnus : \1"),
    (r"argument (.*): invalid choice: (.*) \(choose from (.*)\)", r"\1 : \2 n'est pas admis (choix : \3)"),
    (r"argument (.*): invalid (\w+) value: (.*)", r"\1 : \3 ne convient pas"),
    (r"argument (.*): expected (one|at least one) argument", r"\1 : il manque une valeur"),
    (r"argument (.*): not allowed with argument (.*)", r"\1 et \2 s'excluent"),
    (r"argument (.*): expected (\d+) arguments", r"\1 : \2 valeurs sont attendues"),
    (r"argument (.*): given twice", r"\1 : donné deux fois"),
    (r"argument (.*): ignored explicit argument (.*)", r"\1 : n'attend pas de valeur"),
)


def in_french(message: str) -> str:
    """A message of argparse in French; as it is when unknown."""
    for pattern, french in _FRENCH:
        if re.fullmatch(pattern, message, flags=re.DOTALL):
            return re.sub(pattern, french, message, flags=re.DOTALL)
    return message


class Once(argparse.Action):
    """An option kept as it is, refused when it comes a second time: argparse would keep the last and say nothing."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        given: frozenset[str] = getattr(namespace, "given", frozenset())
        if self.dest in given:
            raise argparse.ArgumentError(self, "given twice")
        namespace.given = given | {self.dest}
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises StrataError (usage) in place of printing and leaving."""

    def __init__(self, *args: Any, terminal: Terminal, **kwargs: Any) -> None:
        super().__init__(*args, **{"add_help": False, "allow_abbrev": False} | kwargs)
        self.terminal = terminal
        self.register("action", None, Once)  # what add_argument does when no action is named
        self._optionals.title = "options"
        self._positionals.title = terminal.choose("arguments", "arguments")
        self.add_argument("-h", "--help", action="help", help=terminal.choose("montrer cette aide", "show this help"))
        debug = terminal.choose("montrer la trace d'une erreur", "show the traceback of an error")
        self.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=debug)

    def error(self, message: str) -> NoReturn:
        raise usage_error(
            ("Commande non comprise", "Command not understood"),
            self.prog,
            (in_french(message), message),
            (f"Voir {self.prog} --help", f"See {self.prog} --help"),
        )
