"""The receipt of a publication: what went in, with what, what came out; and its verification.

Belongs here: gathering hashes, versions, counts. Not here: writing the publication (publish.py). Names of input files are kept, nothing
of what they hold; counts of rejected stays and of personal tables below the threshold are not written out.
"""

import csv
import hashlib
import json
import platform
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from strata.config import Config
from strata.definitions.folder import CONDITIONS
from strata.engine.models import models
from strata.engine.summed import EXCHANGED
from strata.errors import StrataError
from strata.explain.output import method_terms
from strata.settings import TABLES

NAME = "receipt.json"
# What two runs of the same inputs must have in common, byte for byte.
CONTENT = ("indicators.csv", "indicators.json", "indicators.parquet")
_LIBRARIES = ("duckdb", "polars", "pyarrow", "scipy", "highspy", "numpy", "sqlglot")
_PERSONAL_LAYERS = ("staging", "core", "strata", "reference")
# Of what ingest writes, the tables that hold no line of a person: files, what they replace, what a user brings.
_IMPERSONAL = ("read_file", "read_slice", "read_slice_file", "read_person_slice", "read_person_file")
_PERSONAL_NAMES = ("pseudonym", "user_death", "status_fault", "part_change_person")
_OF_DOCUMENTS = ("lineage.csv", "source_field.csv")  # tables that decide no number


def sha256_of(path: Path) -> str:
    """Hash of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash of every file below `folder` but the receipt, by path with '/', in name order."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).as_posix() != NAME)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}


def content_hash(hashes: Mapping[str, str]) -> str:
    """One hash for the data files: equal when two runs published the same numbers."""
    return hashlib.sha256("".join(f"{name} {hashes.get(name, '')}\n" for name in CONTENT).encode()).hexdigest()


def make_receipt(
    connection: duckdb.DuckDBPyConnection,
    config: Config,
    *,
    run_id: str,
    checks: Sequence[Mapping[str, Any]],
    timings: Mapping[str, float],
    disclosure: Mapping[str, Any],
    files: Mapping[str, str],
) -> dict[str, Any]:
    """Everything a reader needs to redo or to trust the run. files: hashes of what is published, by path."""
    threshold = config.disclosure.threshold
    return {
        "run_id": run_id,
        "content_hash": content_hash(files),
        "synthetic": bool(connection.sql("SELECT is_synthetic FROM setting").fetchall()[0][0]),
        "files": dict(files),
        "inputs": _inputs(connection),
        "user_files": _user_files(config),
        "sql_models": {name: model.sha256 for name, model in sorted(models().items())},
        "definitions": _definitions(connection, config),
        "unverified": _unverified(config),
        "code_lists": code_lists(config),
        "parameters": parameters(),
        "reference": _reference(connection),
        "settings": {name: value for name, value in asdict(config).items() if name != "folder"},
        "method": method_terms(connection),
        "territories": _places(connection),
        "territory_groups": dict(
            connection.sql(
                "SELECT group_id, list(territory_id ORDER BY territory_id) FROM territory_group GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        ),
        "versions": {name: version(name) for name in _LIBRARIES} | {"strata": _package_version(), "python": platform.python_version()},
        "platform": platform.system(),
        "rows": _rows(connection, threshold),
        "rejected": _rejected(connection, threshold),
        "disclosure": dict(disclosure),
        "checks": list(checks),
        "timings": dict(timings),
    }


def _places(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Names of the territories and of their groups."""
    query = (
        "SELECT DISTINCT territory_id, territory_name FROM territory UNION SELECT group_id, group_name FROM territory_group ORDER BY ALL"
    )
    return dict(connection.sql(query).fetchall())


def write_receipt(receipt: Mapping[str, Any], folder: Path) -> None:
    """Write receipt.json in `folder`."""
    text = json.dumps(receipt, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    (folder / NAME).write_bytes((text + "\n").encode())


def verify(folder: Path) -> list[StrataError]:
    """Recompute every hash of a publication. Empty when all agree; else one problem per file that differs, misses or was added."""
    try:
        receipt = json.loads((folder / NAME).read_text(encoding="utf-8"))
        written, content = dict(receipt["files"]), receipt["content_hash"]
    except (OSError, ValueError, KeyError, TypeError):
        return [_problem(folder / NAME, ("le reçu manque ou ne peut pas être lu", "the receipt is missing or cannot be read"))]
    found = file_hashes(folder)
    problems = [_problem(folder / name, why) for name, why in _differences(written, found)]
    if content != content_hash(written):
        problems.append(
            _problem(folder / NAME, ("l'empreinte d'ensemble ne suit pas de ses lignes", "its overall hash does not follow from its lines"))
        )
    return problems


def _differences(written: Mapping[str, str], found: Mapping[str, str]) -> Iterable[tuple[str, tuple[str, str]]]:
    for name in sorted({*written, *found}):
        if name not in found:
            yield name, ("le fichier manque", "the file is missing")
        elif name not in written:
            yield name, ("le fichier n'est pas dans le reçu", "the file is not in the receipt")
        elif written[name] != found[name]:
            yield name, ("le contenu a changé depuis la publication", "the content changed since the publication")


def _problem(path: Path, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=("La publication ne correspond pas à son reçu", "The publication does not agree with its receipt"),
        where=str(path),
        why=why,
        fix=(
            "Reprendre le dossier depuis sa source, ou relancer strata run",
            "Take the folder again from its source, or run strata run again",
        ),
    )


def _inputs(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [
        "source_file",
        "sha256",
        "family",
        "format_version",
        "finess",
        "year",
        "month",
        "lines",
        "accepted",
        "quarantined",
        "refused",
        "reason",
    ]
    rows = connection.sql(f"SELECT {', '.join(names)} FROM read_file ORDER BY ALL").fetchall()
    reasons = _quarantine(connection)
    return [dict(zip(names, row, strict=True)) | {"quarantine": reasons.get(row[0], {})} for row in rows]


def _quarantine(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Lines set aside by file and reason: why an account of lines closes. A line says nothing of anybody's health."""
    found: dict[str, dict[str, int]] = {}
    query = "SELECT source_file, reason, count(*) FROM quarantine GROUP BY source_file, reason ORDER BY source_file, reason"
    for source_file, reason, lines in connection.sql(query).fetchall():
        found.setdefault(source_file, {})[reason] = lines
    return found


def _user_files(config: Config) -> dict[str, str]:
    names = ["territories", "territory_groups", "population", "tariffs", "crosswalk", "nomenclatures", "deaths"]
    brought = [config.path(name) for name in names if getattr(config.paths, name)]
    paths = [file for path in brought for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return {_relative(path, config.folder): sha256_of(path) for path in paths if path.is_file()}


def _relative(path: Path, folder: Path) -> str:
    root = folder.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _definitions(connection: duckdb.DuckDBPyConnection, config: Config) -> dict[str, dict[str, Any]]:
    rows = connection.sql(
        "SELECT condition, definition_id, label_fr, label_en, short_fr, content_sha256 FROM definition ORDER BY condition"
    ).fetchall()
    names = ("definition_id", "label_fr", "label_en", "short_fr", "content_sha256")
    words = {row[0]: _strata_words(_conditions(config) / row[0] / "definition.toml") for row in rows}
    return {row[0]: dict(zip(names, row[1:], strict=True)) | {"strata": words[row[0]]} for row in rows}


def _strata_words(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")).get("strata", {}) if path.is_file() else {}


def _unverified(config: Config) -> list[dict[str, str]]:
    """Rules of valuation that no source confirms, of the fields of care that are included."""
    with (TABLES / "unverified_rule.csv").open(encoding="utf-8", newline="") as handle:
        return [row for row in csv.DictReader(handle) if row["field"] in config.method.fields]


def parameters() -> dict[str, str]:
    """Hash of each table supplied that decides a number."""
    return {path.name: sha256_of(path) for path in sorted(TABLES.glob("*.csv")) if path.name not in _OF_DOCUMENTS}


def code_lists(config: Config) -> dict[str, str]:
    """Hash of each file of the folder of definitions."""
    folder = _conditions(config)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(folder.rglob("*")) if path.suffix in (".toml", ".csv")}


def _conditions(config: Config) -> Path:
    return config.path("conditions") if config.paths.conditions else CONDITIONS


def _reference(connection: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    rows = connection.sql("SELECT reference_id, sha256, about FROM reference_pack").fetchall()
    return {"reference_id": rows[0][0], "sha256": rows[0][1], "about": json.loads(rows[0][2])} if rows else None


def _rows(connection: duckdb.DuckDBPyConnection, threshold: int) -> dict[str, int | str]:
    layers = {name: model.layer for name, model in models().items()}
    tables = [name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY 1").fetchall()]
    counted = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables)
    counts = connection.sql(counted).fetchall()
    of = {name: layers.get(name.removesuffix(EXCHANGED)) for name in tables}
    return {name: _shown(count, threshold) if _is_personal(name, of[name]) else count for name, count in counts}


def _is_personal(table: str, layer: str | None) -> bool:
    is_read = table.startswith("read_") and table not in _IMPERSONAL
    return layer in _PERSONAL_LAYERS or is_read or table in _PERSONAL_NAMES


def _rejected(connection: duckdb.DuckDBPyConnection, threshold: int) -> dict[str, int | str]:
    if not connection.sql("SELECT table_name FROM duckdb_tables() WHERE table_name = 'rejected'").fetchall():
        return {}
    rows = connection.sql("SELECT reason, sum(stays)::BIGINT FROM rejected GROUP BY reason ORDER BY reason").fetchall()
    return {reason: _shown(stays, threshold) for reason, stays in rows}


def _shown(count: int, threshold: int) -> int | str:
    return count if count == 0 or count >= threshold else f"<{threshold}"


def _package_version() -> str:
    from strata import __version__

    return __version__
