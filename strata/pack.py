"""A reference pack: national rates and means as a small folder that can be carried into a hospital.

Belongs here: what a pack holds, its two CSV files and its JSON, its hash. Not here: making one or deciding whether it fits (reference.py).
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from strata.errors import StrataError

KEYS = ["year", "condition", "cohort", "cost_basis", "measure", "per", "stratum"]
CELL_SCHEMA = {
    **dict.fromkeys(["year"], pl.Int16),
    **dict.fromkeys(["condition", "cohort", "cost_basis", "measure", "per", "stratum", "sex", "age_band"], pl.String),
    **{"persons": pl.Int64, "denominator": pl.Float64, "rate": pl.Float64, "variance": pl.Float64, "merged": pl.String},
}
TOTAL_SCHEMA = {
    **dict.fromkeys(["year"], pl.Int16),
    **dict.fromkeys(["condition", "cohort", "cost_basis", "measure", "per", "stratum"], pl.String),
    **{"persons": pl.Int64, "denominator": pl.Float64, "mean": pl.Float64},
}
_FORMAT = 2
_FILES = {"cells.csv": CELL_SCHEMA, "totals.csv": TOTAL_SCHEMA}


@dataclass(frozen=True)
class Pack:
    """about: definitions, look-backs, fields, cost bases, years, synthetic. cells, totals: reference_cell and reference_total."""

    about: dict[str, Any]
    cells: pl.DataFrame
    totals: pl.DataFrame

    @property
    def sha256(self) -> str:
        """Hash of what the pack says, whoever wrote it and wherever it lies."""
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in self._tables().items()}
        return hashlib.sha256(_json({"about": self.about, "files": hashes})).hexdigest()

    @property
    def reference_id(self) -> str:
        """Twelve characters that name the pack in every published row."""
        return self.sha256[:12]

    def _tables(self) -> dict[str, bytes]:
        return {
            "cells.csv": self.cells.write_csv(line_terminator="\n").encode(),
            "totals.csv": self.totals.write_csv(line_terminator="\n").encode(),
        }


def write_pack(pack: Pack, folder: Path) -> None:
    """Write reference.json, cells.csv and totals.csv in `folder`, made when missing. The same pack gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pack._tables().items():
        (folder / name).write_bytes(content)
    head = {"format": _FORMAT, "reference_id": pack.reference_id, "sha256": pack.sha256, "about": pack.about}
    (folder / "reference.json").write_bytes(_json(head))


def read_pack(folder: Path) -> Pack:
    """The pack in `folder`. StrataError when a file is missing, cannot be read, or no longer agrees with the hash."""
    head, pack = _read(folder)
    if head.get("sha256") != pack.sha256:
        raise _unusable(folder, ("son contenu ne correspond plus à son empreinte", "its content no longer agrees with its hash"))
    return pack


def verify_pack(folder: Path) -> str:
    """Recompute the hashes and give the reference_id. StrataError as read_pack."""
    return read_pack(folder).reference_id


def _read(folder: Path) -> tuple[dict[str, Any], Pack]:
    try:
        head = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
        cells, totals = (pl.read_csv(folder / name, schema=schema) for name, schema in _FILES.items())
        return head, Pack(head["about"], cells, totals)
    except OSError as error:
        raise _unusable(folder, ("un de ses fichiers ne peut pas être lu", "one of its files cannot be read")) from error
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise _unusable(folder, ("un de ses fichiers n'a pas la forme attendue", "one of its files has the wrong shape")) from error


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _unusable(folder: Path, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=("Le paquet de référence est inutilisable", "The reference pack cannot be used"),
        where=str(folder),
        why=why,
        fix=(
            "Recopier le dossier entier (reference.json, cells.csv, totals.csv) depuis sa source",
            "Copy the whole folder again (reference.json, cells.csv, totals.csv) from its source",
        ),
        is_usage=True,
    )
