"""What the folders of definitions say in words, which no table holds: labels of code lists, profiles of strata, traits of stays.

Belongs here: reading those labels. Not here: anything that decides. A label that is missing is replaced by its identifier.
"""

import csv
import tomllib
from functools import cache
from pathlib import Path

from strata.config import Config
from strata.definitions.compiler import TRAITS
from strata.definitions.folder import CONDITIONS

Text = tuple[str, str]


def named(label: str, identifier: str) -> str:
    """What people read of a thing that has a label: the label first, its identifier beside."""
    return f"{label} [{identifier}]" if label else identifier


def definitions_folder(config: Config) -> Path:
    """Where the definitions of the project lie."""
    return config.path("conditions") if config.paths.conditions else CONDITIONS


def list_labels(folder: Path, condition: str) -> dict[str, Text]:
    """(French, English) label of each code list, shared or of the condition."""
    found: dict[str, Text] = {}
    for place in ("shared", condition):
        path = folder / place / "lists.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as handle:
                found |= {row["list_id"]: (row["label_fr"], row["label_en"]) for row in csv.DictReader(handle)}
    return found


def code_labels(folder: Path, condition: str, list_id: str) -> dict[str, Text]:
    """(French, English) label of each code of a list, of the condition or shared; empty when the list is no longer there."""
    places = (folder / place / "codes" / f"{list_id}.csv" for place in (condition, "shared"))
    path = next((path for path in places if path.exists()), None)
    if path is None:
        return {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return {row["code"]: (row.get("label_fr", ""), row.get("label_en", "")) for row in csv.DictReader(handle)}


def code_label(code: str, labels: dict[str, Text]) -> Text | None:
    """The label of a code as written in a stay: that of the longest code of its list that it begins with."""
    return next((labels[code[:size]] for size in range(len(code), 0, -1) if code[:size] in labels), None)


def stratum_labels(folder: Path, condition: str) -> dict[int, Text]:
    """(French, English) profile of each stratum; empty when the folder is no longer there."""
    path = folder / condition / "definition.toml"
    if not path.exists():
        return {}
    written = tomllib.loads(path.read_text(encoding="utf-8")).get("strata", {})
    return {int(stratum): (text["fr"], text["en"]) for stratum, text in written.items()}


def event_lists(folder: Path, condition: str) -> dict[str, tuple[str, ...]]:
    """The code lists that show each event, which has no words of its own; empty when the folder is no longer there."""
    path = folder / condition / "definition.toml"
    if not path.exists():
        return {}
    events = tomllib.loads(path.read_text(encoding="utf-8")).get("events", {})
    terms = {name: [term for clause in event["any"] for term in clause.get("together", [clause])] for name, event in events.items()}
    return {name: tuple(dict.fromkeys(one for term in found for one in term["codes"])) for name, found in terms.items()}


@cache
def traits() -> dict[str, int]:
    """Bit of each trait of a stay, by name."""
    with TRAITS.open(encoding="utf-8", newline="") as handle:
        return {row["trait"]: int(row["bit"]) for row in csv.DictReader(handle)}


@cache
def trait_labels() -> dict[str, Text]:
    """(French, English) label of each trait of a stay."""
    with TRAITS.open(encoding="utf-8", newline="") as handle:
        return {row["trait"]: (row["label_fr"], row["label_en"]) for row in csv.DictReader(handle)}
