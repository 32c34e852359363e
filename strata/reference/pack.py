"""A reference pack: national rates and means as a small folder that can be carried into a hospital.

Belongs here: what a pack holds, its three CSV files and its JSON, its hash. Not here: making one or deciding whether it fits
(nation.py).
"""

import hashlib
import json
from dataclasses import dataclass, field
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
SPREAD_SCHEMA = {
    **dict.fromkeys(["year"], pl.Int16),
    **dict.fromkeys(["condition", "indicator_id", "stratum", "cost_basis", "figure"], pl.String),
    **{"territories": pl.Int32},
    **dict.fromkeys(["least", "lower", "median", "upper", "most", "phi", "tau2"], pl.Float64),
}
_FORMAT = 3
_FILES = {"cells.csv": CELL_SCHEMA, "totals.csv": TOTAL_SCHEMA, "spread.csv": SPREAD_SCHEMA}
_RATES = ("cells.csv", "totals.csv")


@dataclass(frozen=True)
class Pack:
    """about: definitions, look-backs, fields, cost bases, years, synthetic, the territory left out. cells, totals, spread: the tables
    reference_cell, reference_total and reference_spread.
    """

    about: dict[str, Any]
    cells: pl.DataFrame
    totals: pl.DataFrame
    spread: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SPREAD_SCHEMA))

    @property
    def sha256(self) -> str:
        """Hash of what the pack says, whoever wrote it and wherever it lies."""
        return self._sha256(tuple(_FILES))

    @property
    def reference_id(self) -> str:
        """Twelve characters that name the rates in every published row: the same with or without the spread of the territories."""
        return self._sha256(_RATES)[:12]

    def _sha256(self, names: tuple[str, ...]) -> str:
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in self._tables().items() if name in names}
        return hashlib.sha256(_json({"about": self.about, "files": hashes})).hexdigest()

    def _tables(self) -> dict[str, bytes]:
        frames = {"cells.csv": self.cells, "totals.csv": self.totals, "spread.csv": self.spread}
        return {name: frame.write_csv(line_terminator="\n").encode() for name, frame in frames.items()}


def write_pack(pack: Pack, folder: Path) -> None:
    """Write reference.json, cells.csv, totals.csv and spread.csv in `folder`, made when missing. The same pack gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in pack._tables().items():
        (folder / name).write_bytes(content)
    head = {"format": _FORMAT, "reference_id": pack.reference_id, "sha256": pack.sha256, "about": pack.about}
    (folder / "reference.json").write_bytes(_json(head))


def read_pack(folder: Path) -> Pack:
    """The pack in `folder`. StrataError: a file is missing, cannot be read or no longer agrees with the hash, or the format is another."""
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
        if head["format"] != _FORMAT:
            raise _unusable(
                folder, (f"son format est {head['format']}, celui attendu {_FORMAT}", f"its format is {head['format']}, not {_FORMAT}")
            )
        return head, Pack(head["about"], *(pl.read_csv(folder / name, schema=schema) for name, schema in _FILES.items()))
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
            "Recopier le dossier entier (reference.json et ses trois CSV) depuis sa source, ou y refaire le paquet",
            "Copy the whole folder again (reference.json and its three CSV) from its source, or make the pack again there",
        ),
        is_usage=True,
    )
