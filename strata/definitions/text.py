"""The text of a definition.toml or of a follow_up.toml: which entries it may have, of which kind, and on which line each stands.

Belongs here: the words of the grammar (explained in conditions/README.md), lines, and the refusal that names them.
Not here: what the entries mean together (compiler.py), nor code lists (code_lists.py).
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from strata.errors import StrataError
from strata.toml_words import said

TEXTS, TABLES, NUMBERS = (list, str), (list, dict), (list, int)
ENTRIES: dict[str, dict[str, Any]] = {
    "definition": {
        "id": str, "condition": str, "label_fr": str, "label_en": str, "short_fr": str, "age_min": int, "population_type": str,
        "source": str, "is_default": bool, "falls": str, "lookback_years": int, "strata": dict, "events": dict, "criteria": dict,
        "type": dict, "rules": TABLES, "gate": dict, "versions": TABLES, "caveats": TABLES,
    },
    "gate": {"smallest_share": float, "largest_share": float, "reason_fr": str, "reason_en": str, "source": str},
    "event": {"any": TABLES, "stay_all": TEXTS, "stay_any": TEXTS, "stay_none": TEXTS},
    "clause": {"codes": TEXTS, "in": str, "together": TABLES},
    "criterion": {
        "event": str, "at_least": int, "count": str, "months": int, "in_episode_with": str, "label_fr": str, "label_en": str,
    },
    "type": {"groups": TABLES, "labels": dict, "rules": TABLES},
    "type group": {"id": str, "event": str, "specificity": int, "label_fr": str, "label_en": str},
    "type rule": {"type": str, "all": TEXTS},
    "rule": {
        "id": str, "purpose": str, "stratum": int, "at_risk": str, "age_min": int, "any": TEXTS, "all": TEXTS, "at_least": int,
        "of": TEXTS, "weight": dict, "weight_alone": dict, "label_fr": str, "label_en": str,
    },
    "words": {"fr": str, "en": str},
    "follow_up": {"acts": TABLES},
    "act": {
        "id": str, "label_fr": str, "label_en": str, "shown_by": TABLES, "counted": str, "months": NUMBERS, "caveat_fr": str,
        "caveat_en": str, "expected": dict,
    },
    "way": {"codes": TEXTS, "by": TEXTS},
    "expected": {"times": int, "years": int, "basis": str, "source": str},
    "version": {"id": str, "valid_from": date, "source": str, "changes_fr": TEXTS, "changes_en": TEXTS, "content_sha256": str},
}  # fmt: skip


@dataclass(frozen=True)
class DefinitionText:
    """One definition.toml as read: `source`, its entries; `lines`, its text."""

    path: Path
    source: dict[str, Any]
    lines: tuple[str, ...]

    def need(self, table: dict[str, Any], key: str, entry: str) -> Any:
        """The value of `key`. StrataError when it is missing or blank."""
        value = table.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise self.wrong(f"{entry} {key}".strip(), "cette entrée manque", "this entry is missing")
        return value

    def labels(self, table: dict[str, Any], entry: str) -> tuple[str, str]:
        """The (French, English) words of a table. StrataError when one is missing or blank."""
        return self.need(table, "label_fr", entry), self.need(table, "label_en", entry)

    def words(self, table: Any, entry: str) -> tuple[str, str]:
        """(French, English) of a table { fr = …, en = … }. StrataError when one is missing or blank."""
        checked = self.check(table, "words", entry)
        if not all(str(checked.get(name, "")).strip() for name in ("fr", "en")):
            raise self.wrong(entry, "ses mots manquent (fr, en)", "its words are missing (fr, en)")
        return checked["fr"], checked["en"]

    def check(self, table: Any, kind: str, entry: str) -> dict[str, Any]:
        """The table, when it has only the entries of its kind, each of the right type. StrataError otherwise."""
        if not isinstance(table, dict):
            raise self.wrong(entry, "un tableau { … } est attendu", "a table { … } is expected")
        for key, value in table.items():
            if key not in ENTRIES[kind]:
                raise self.wrong(f"{entry} {key}".strip(), "cette entrée n'existe pas", "there is no such entry")
            if not _fits(value, ENTRIES[kind][key]):
                raise self.wrong(f"{entry} {key}".strip(), "cette valeur n'est pas du type attendu", "this value has not the expected type")
        return table

    def wrong(self, entry: str, why_fr: str, why_en: str) -> StrataError:
        """The refusal of one entry, with its line where it can be told."""
        return wrong(self.path, entry, why_fr, why_en, self._line(entry))

    def _line(self, entry: str) -> int | None:
        """The line of an entry as messages name it ('events.x', 'criteria.y at_least', 'rules S4', 'type.rules 3', 'condition')."""
        name, _, rest = entry.partition(" ")
        table, _, last = name.rpartition(".")
        if name == "rules" and rest:
            return self._find(rf'\s*id\s*=\s*"{re.escape(rest.split()[0])}"', after=r"\[\[rules\]\]")
        if name == "acts" and rest:
            return self._line_of_act(*rest.split())
        if name in ("versions", "caveats"):
            return self._find(rf"\[\[{name}\]\]", nth=int(rest.split()[0]) if rest[:1].isdigit() else 1)
        if name in ("type.rules", "rules"):
            return self._find(r"\s*\{\s*type\s*=|\[\[type\.rules\]\]|\[\[rules\]\]", nth=int(rest) if rest.isdigit() else 1)
        if table == "type":
            return self._find(rf'.*\bid\s*=\s*"{re.escape(last)}"', after=r"\[type\]|\[\[type\.groups\]\]")
        own = self._find(rf"\[\[?{re.escape(name)}\]") or self._find(rf"{re.escape(name)}\s*=", before=r"\[")
        return own or (self._find(rf"\s*{re.escape(last)}\s*=", after=rf"\[{re.escape(table)}\]") if table else None)

    def _line_of_act(self, act: str, *within: str) -> int | None:
        """The line of an act, or of what its entry has within."""
        first = self._find(rf'\s*id\s*=\s*"{re.escape(act)}"', after=r"\[\[acts\]\]")
        if first is None or not within:
            return first
        own = list(takewhile(lambda line: not line.startswith("[["), self.lines[first:]))
        found = (number for number, line in enumerate(own, start=first + 1) if re.match(rf"\s*{re.escape(within[0])}\b", line))
        return next(found, first)

    def _find(self, pattern: str, after: str = "", before: str = "", nth: int = 1) -> int | None:
        """The nth line of a pattern, after the first line of another or before it (the entries that stand in no table)."""
        start = next((number for number, line in enumerate(self.lines) if re.match(after, line)), len(self.lines))
        end = next((number for number, line in enumerate(self.lines) if before and re.match(before, line)), len(self.lines))
        found = [number for number, line in enumerate(self.lines[:end], start=1) if number > start and re.match(pattern, line)]
        return found[nth - 1] if len(found) >= nth else None


def read_definition(path: Path) -> DefinitionText:
    """Read one definition.toml. StrataError: it cannot be read, or is not TOML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return DefinitionText(path, tomllib.loads(text), tuple(text.splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(path, "", "ce fichier ne peut pas être lu", "this file cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        (french, english), line = said(error)
        raise wrong(path, "", f"ce n'est pas du TOML valide : {french}", f"this is not valid TOML: {english}", line) from error


def wrong(path: Path, entry: str, why_fr: str, why_en: str, line: int | None = None) -> StrataError:
    """The refusal of a definition or of a code list: folder and file, line, entry, reason."""
    parents = path.parts[-3:-1] if path.parent.name == "codes" else path.parts[-2:-1]
    file, comma = "/".join((*parents, path.name)), "," if entry else ""
    place = [" ".join(part for part in (file, f"{word} {line}{comma}" if line else "", entry) if part) for word in ("ligne", "line")]
    return StrataError(
        what=("Définition refusée", "Definition refused"),
        where=place[0],
        where_en=place[1],
        why=(why_fr, why_en),
        fix=(
            "Corriger cette entrée ; la grammaire est dans conditions/README.md",
            "Mend this entry; the grammar is in conditions/README.md",
        ),
        is_usage=True,
    )


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, tuple):
        return isinstance(value, list) and all(isinstance(part, kind[1]) for part in value)
    kinds = (int, float) if kind is float else kind
    return isinstance(value, kinds) and not (kind in (int, float) and isinstance(value, bool))
