"""Pages and texts about persons or small numbers: for the people of the DIM, never published.

Belongs here: rendering a template of templates/, writing an answer where only its owner reads it. Not here: what is answered.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from strata.config import Config
from strata.errors import StrataError

FRENCH = str.maketrans({",": "\u202f", ".": ","})  # the separators of a number that Python wrote
_TEMPLATES = Path(__file__).parents[1] / "templates"


def render(template: str, **facts: Any) -> str:
    """One self-contained HTML page."""
    return environment().get_template(template).render(**facts) + "\n"


@cache
def environment() -> Environment:
    """Every text is escaped; a fact that is missing is an error."""
    loader = FileSystemLoader(_TEMPLATES, encoding="utf-8")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_with_fixed_spaces
    )


def _with_fixed_spaces(value: Any) -> Any:
    """French signs stay on the line of the word before them."""
    if not isinstance(value, str):
        return value
    return value.replace(" ;", "\u00a0;").replace(" :", "\u00a0:").replace("« ", "«\u00a0").replace(" »", "\u00a0»")


def as_json(name: str, schema: str, found: Iterable[Any]) -> str:
    """One object: the name of its schema, and the facts (dataclasses) under `name`. Dates as YYYY-MM-DD; exact, for internal use."""
    content = {"schema": schema, name: [asdict(one) for one in found]}
    return json.dumps(content, default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def deliver(text: str, out: Path | None) -> None:
    """Print an answer, or write it in a file that its owner alone may read (where the system knows rights)."""
    if out is None:
        print(text, end="", flush=True)
        return
    out.touch(mode=0o600)
    out.chmod(0o600)  # of one that was there
    out.write_text(text, encoding="utf-8", newline="\n")


def refuse_place(out: Path, config: Config, suffix: str = "") -> None:
    """StrataError (usage) unless a private answer may be written there: a new file, named as it must, out of the publications."""
    if os.path.lexists(out):
        why = ("il y en a déjà un", "there is one already")
        fix = (f"Donner un nom nouveau{_in(suffix)[0]} : rien n'est écrasé", f"Give a new name{_in(suffix)[1]}: nothing is overwritten")
    elif not out.name.lower().endswith(suffix):
        why = (f"son nom ne finit pas par {suffix}", f"its name does not end in {suffix}")
        fix = (f"Donner un nom nouveau{_in(suffix)[0]}", f"Give a new name{_in(suffix)[1]}")
    elif out.resolve().is_relative_to(config.path("published")):
        why = (
            "ce dossier est celui des publications, et cette réponse n'est pas pour leurs lecteurs",
            "this is the folder of publications, and this answer is not for their readers",
        )
        fix = ("Choisir un dossier que lisent seuls ceux qu'elle regarde", "Choose a folder read only by those whom it concerns")
    else:
        return
    what = ("Ce fichier ne peut pas être écrit là", "This file cannot be written there")
    raise StrataError(what=what, where=str(out), why=why, fix=fix, is_usage=True)


def _in(suffix: str) -> tuple[str, str]:
    return (f", en {suffix}", f", in {suffix}") if suffix else ("", "")
