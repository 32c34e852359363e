"""A sql/ folder of three tables and a session on an in-memory warehouse: Dagster's part alone, without extracts.

Belongs here: what the tests of pipelines/ share.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines import assets
from pipelines.assets import build_assets
from pipelines.checks import build_checks
from pipelines.runner import materialise
from pipelines.session import Session
from strata.config import Config
from strata.ingest.warehouse.tables import empty

STAY = "-- Grain: one stay.\nSELECT 1 AS stay_id, 12.50 AS cost_eur"
INDICATOR = "-- Grain: one row.\nSELECT count(*) AS persons FROM stay"
CHECK = "-- Grain: one row.\nSELECT count(*) AS stays, 0 AS faults FROM stay"
EXPECTATION = """[[expectation]]
name = "no_fault"
column = "faults"
max = 0
severity = "{severity}"
label_fr = "Aucun défaut"
label_en = "No fault"
source_fr = "identité"
source_en = "identity"
"""


def sql_folder(folder: Path, *, check: str = CHECK, severity: str = "blocking", stay: str = STAY) -> Path:
    """Write the folder: stay (staging), persons (indicators), stay_check (quality) with one expectation."""
    for name, text in {
        "staging/stay.sql": stay,
        "indicators/persons.sql": INDICATOR,
        "quality/stay_check.sql": check,
        "quality/stay_check.toml": EXPECTATION.format(severity=severity),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def session(tmp_path: Path, connection: duckdb.DuckDBPyConnection | None = None, told: list[str] | None = None) -> Session:
    """A session on `connection` (default: a new warehouse in memory). told: collects the progress lines."""
    listen: Callable[[str], None] = (told if told is not None else []).append
    return Session(Config(folder=tmp_path), "run-1", connection or empty(), listen)


def refresh(opened: Session, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Materialise the whole folder; a publication is a folder with one file."""

    def publish(session: Session, outcomes: list[object]) -> Path:
        target = session.config.path("published") / session.run_id
        target.mkdir(parents=True)
        (target / "checks.txt").write_text(str(len(outcomes)), encoding="utf-8")
        return target

    monkeypatch.setattr(assets, "_publish", publish)
    materialise(opened, build_assets(folder), build_checks(folder), "publication")
