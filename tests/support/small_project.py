"""A project whose warehouse is a small country: what commands that read a warehouse need.

Belongs here: saving what small_country builds as a warehouse file, with its strata.toml. Not here: stays (small_country.py).
"""

from dataclasses import replace
from pathlib import Path

import duckdb

from strata.config import Config
from tests.support.small_country import built, config


def project(folder: Path, stays: str, *, settings: Config | None = None, also: str = "") -> Config:
    """Save the strata of these stays as the warehouse of a project in `folder`; gives its configuration."""
    chosen = replace(settings or config(), folder=folder)
    connection = built(stays, settings=chosen, also=also)
    save(connection, chosen)
    (folder / "strata.toml").write_text("", encoding="utf-8")
    return chosen


def save(connection: duckdb.DuckDBPyConnection, chosen: Config) -> None:
    """Write a database in memory as the warehouse of a project."""
    chosen.database.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"ATTACH '{chosen.database.as_posix()}' AS saved; COPY FROM DATABASE memory TO saved; DETACH saved")


def person_of(chosen: Config, name: str) -> int:
    """The number that the warehouse gives to a person of small_country."""
    with duckdb.connect(str(chosen.database), read_only=True) as connection:
        found = connection.execute("SELECT person_id FROM pseudonym WHERE ltrim(pseudonym, '0') = ?", [name]).fetchall()
    return int(found[0][0])
