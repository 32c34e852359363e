"""The words of explanations and comparisons, in two languages.

Belongs here: words.csv, dates. Not here: the words of a page or a terminal (pipelines/commands).
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Words:
    """Texts in one language, 'fr' or 'en'."""

    language: str

    def say(self, kind: str, key: str, **facts: Any) -> str:
        """The text of words.csv with its {facts}; dates as people write them, '–' for what is missing."""
        text = _texts()[kind, key][0 if self.language == "fr" else 1]
        return text.format(**{name: self.shown(value) for name, value in facts.items()})

    def choose(self, french: str, english: str) -> str:
        """One of two texts."""
        return french if self.language == "fr" else english

    def label(self, texts: tuple[str, str]) -> str:
        """One of a pair."""
        return texts[0 if self.language == "fr" else 1]

    def shown(self, value: Any) -> str:
        """A fact as text."""
        if value is None:
            return "–"
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}" if self.language == "fr" else value.isoformat()
        if isinstance(value, float):
            text = f"{value:.3f}".rstrip("0").rstrip(".")
            return text.replace(".", ",") if self.language == "fr" else text
        return str(value)


def metric_in_words(metric: str, groups: dict[str, str], words: Words) -> str:
    """What a rule of type measures: 'share:t2' in words. groups: the label of each group of stays."""
    kind, _, group = metric.partition(":")
    return {
        "stays": words.choose(f"séjours « {groups.get(group)} »", f"stays '{groups.get(group)}'"),
        "share": words.choose(f"part des séjours « {groups.get(group)} »", f"share of stays '{groups.get(group)}'"),
        "age_first": words.choose("âge au premier de ces séjours", "age at the first of these stays"),
        "age": words.choose("âge à la date d'index", "age at the index date"),
    }[kind]


@cache
def _texts() -> dict[tuple[str, str], tuple[str, str]]:
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as handle:
        return {(row["kind"], row["key"]): (row["fr"], row["en"]) for row in csv.DictReader(handle)}
