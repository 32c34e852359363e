"""A project read and computed as far as its strata: neither checks nor publication."""

from pathlib import Path

from strata.config import load
from strata.definitions.folder import write_definitions
from strata.engine import models
from strata.ingest.load import ingest
from strata.ingest.user.tables import load_user_tables
from strata.ingest.warehouse.tables import open_warehouse
from strata.settings import write_settings


def up_to_the_strata(path: Path) -> Path:
    """Build the warehouse of the project of this strata.toml; gives its path."""
    settings = load(path)
    ingest(settings.path("landing"), settings.database)
    connection = open_warehouse(settings.database)
    load_user_tables(connection, **{name: settings.path(name) for name in ("territories", "population", "tariffs")})
    write_settings(connection, settings)
    write_definitions(connection, settings)
    for name, model in models.models().items():
        if model.layer in ("staging", "core", "strata") or name == "code_mention":
            models.build(connection, name)
    connection.close()
    return settings.database
