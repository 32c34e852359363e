"""The version of what a step in Python is made of beside the data: lists of codes, definitions, parameters, settings.

Belongs here: these versions, as the catalogue of Dagster shows them. Not here: those of SQL tables (strata/engine/models.py: the hash of
the file), nor what decides that a table is made again (strata/engine/fingerprints.py: content).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict

from strata.config import Config
from strata.engine.fingerprints import digest
from strata.publication.receipt import code_lists, parameters


def code_versions(config: Config) -> dict[str, str]:
    """By step: of definitions, every file of their folder; of settings, strata.toml as it is read and the tables supplied."""
    settings = {name: value for name, value in asdict(config).items() if name != "folder"}
    return {"definition_tables": _hash(code_lists(config)), "settings": _hash(parameters() | {"strata.toml": json.dumps(settings)})}


def _hash(parts: Mapping[str, str]) -> str:
    return digest([f"{name} {part}" for name, part in sorted(parts.items())])
