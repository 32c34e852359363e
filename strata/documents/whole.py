"""One definition of a folder, read whole: its entries, the lists it uses, its calendar of follow-up, the hash of its content.

Belongs here: what every document of a definition is made of, read once. Not here: what a document says of it (document.py, export.py).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strata.definitions.code_lists import CodeList, read_code_lists
from strata.definitions.content import content_sha256
from strata.definitions.folder import compile_one, strata_of
from strata.definitions.follow_up import FollowUp, read_follow_up
from strata.definitions.text import read_definition


@dataclass(frozen=True)
class Whole:
    """source: the entries of definition.toml. used: the lists that they name, in the order of their names."""

    condition: str
    source: dict[str, Any]
    used: list[CodeList]
    calendar: FollowUp
    content_sha256: str


def read_whole(folder: Path, condition: str) -> Whole:
    """The definition of one condition of a folder of definitions. StrataError (usage): it is refused."""
    text = read_definition(folder / condition / "definition.toml")
    lists, _ = read_code_lists(folder, condition)
    _, used = compile_one(text, lists)
    calendar = read_follow_up(folder, condition, lists, strata_of(text))
    return Whole(condition, text.source, used, calendar, content_sha256(text.source, used))
