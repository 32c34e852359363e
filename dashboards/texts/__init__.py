"""The words of the pages: one table per language (fr.toml, en.toml), same keys, same placeholders.

Belongs here: reading a table, filling a sentence. Not here: numbers (numbers.py), indicator labels (the published catalogue).
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LANGUAGES = ("fr", "en")


@dataclass(frozen=True)
class Texts:
    """Sentences of one language by dotted key: texts('pyramid.title'), texts('cost.reading', year=2025)."""

    language: str
    entries: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence with its placeholders filled; KeyError on an unknown key or a missing value."""
        return self.entries[key].format(**values)

    def get(self, key: str, default: str) -> str:
        """The sentence, or `default` when the table has no such key (codes that come from data)."""
        return self.entries.get(key, default)


@cache
def load(language: str) -> Texts:
    """The texts of 'fr' or 'en'."""
    table = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    entries = _flatten(table)
    if language == "fr":
        entries = {key: _french_spaces(text) for key, text in entries.items()}
    return Texts(language, entries)


def _flatten(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        flat |= _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def typeset(text: str) -> str:
    """A French text that comes from data as a printer would set it: curled apostrophes, no number broken over two lines."""
    return _french_spaces(re.sub(r"(?<=\d) (?=\d{3}\b)", "\u202f", text.replace("'", "’")))


def _french_spaces(text: str) -> str:
    """No line may begin with a high sign, nor end inside quotation marks."""
    text = re.sub(r" (?=[:»])", "\u00a0", text).replace("« ", "«\u00a0")
    return re.sub(r" (?=[;?!%€])", "\u202f", text)
