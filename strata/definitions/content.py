"""What a definition decides, apart from its words: the text that is hashed to tell two contents apart.

Belongs here: which entries decide, and their hash. Not here: whether they are right (compiler.py), the whole export
(documents/export.py).
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from strata.definitions.code_lists import CodeList

# Entries that change no stratum: names, words, provenance, history, what is asked before a publication.
WORDS = frozenset({"id", "label_fr", "label_en", "short_fr", "source", "is_default", "strata", "labels", "gate", "versions", "caveats"})


def content(source: dict[str, Any], lists: Iterable[CodeList]) -> dict[str, Any]:
    """The entries of a definition.toml that decide, and the codes of the lists it uses.

    Left out: words, the version, and the CIP13 codes that a project gives to ATC classes (the receipt hashes their file).
    """
    used = {one.list_id: one for one in lists}
    codes = {
        name: {"system": one.system, "match": one.match, "codes": sorted([code.code, *map(_day, code.period)] for code in one.codes)}
        for name, one in used.items()
    }
    return {"definition": {key: _bare(value, key) for key, value in source.items() if key not in WORDS}, "code_lists": codes}


def content_sha256(source: dict[str, Any], lists: Iterable[CodeList]) -> str:
    """Two definitions of one hash give every person the same status, stratum and deciding rule, and every fall the same cause."""
    text = json.dumps(content(source, lists), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _bare(value: Any, key: str) -> Any:
    """The value without words. The names of rules, groups, events and criteria stay: reasons are told by them."""
    if isinstance(value, dict):
        dropped = {"label_fr", "label_en"} | ({"labels"} if key == "type" else set())
        return {name: _bare(one, name) for name, one in value.items() if name not in dropped}
    return [_bare(one, "") for one in value] if isinstance(value, list) else value


def _day(day: date) -> str:
    return day.isoformat()
