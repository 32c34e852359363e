"""Pages and texts about persons or small numbers: for the people of the DIM, never published.

Belongs here: rendering a template of templates/, writing an answer where only its owner reads it. Not here: what is answered.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

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
    out.write_text(text, encoding="utf-8", newline="\n")
