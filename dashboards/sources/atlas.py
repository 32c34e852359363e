"""Where the territories lie, as the user says: regions and tiles from a CSV, outlines from a GeoJSON. Nothing here comes from the run.

Belongs here: reading and checking these two files. Not here: drawing them (figures/map.py), choosing what they show (territory_map.py).
"""

import csv
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from strata.errors import StrataError

Ring = tuple[tuple[float, float], ...]
COLUMNS = {"territory_id", "region", "column", "row"}


@dataclass(frozen=True)
class Atlas:
    """regions: name by territory. tiles: (column, row) by territory. outlines: rings in a unit square (y downwards) by territory."""

    regions: dict[str, str] = field(default_factory=dict)
    tiles: dict[str, tuple[int, int]] = field(default_factory=dict)
    outlines: dict[str, tuple[Ring, ...]] = field(default_factory=dict)


def read_atlas(places: Path | None, contours: Path | None) -> Atlas:
    """Read places.csv (territory_id, region, column, row; the last three may be empty) and a GeoJSON whose features have `territory_id`.

    StrataError when a file is not what it should be.
    """
    regions, tiles = _places(places) if places else ({}, {})
    return Atlas(regions, tiles, _outlines(contours) if contours else {})


def _places(path: Path) -> tuple[dict[str, str], dict[str, tuple[int, int]]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        first = handle.readline()
        handle.seek(0)
        rows = list(csv.DictReader(handle, delimiter=";" if ";" in first else ","))
    if not rows or not set(rows[0]) >= {"territory_id"} or not set(rows[0]) <= COLUMNS:
        raise _refused(
            path, ("colonnes attendues : territory_id, region, column, row", "columns expected: territory_id, region, column, row")
        )
    regions = {row["territory_id"]: row["region"] for row in rows if row.get("region")}
    placed = [row for row in rows if row.get("column") and row.get("row")]
    try:
        return regions, {row["territory_id"]: (int(row["column"]), int(row["row"])) for row in placed}
    except ValueError as error:
        raise _refused(path, ("column et row sont des nombres entiers", "column and row are whole numbers")) from error


def _outlines(path: Path) -> dict[str, tuple[Ring, ...]]:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        shapes = {str(one["properties"]["territory_id"]): _rings(one["geometry"]) for one in features}
    except (ValueError, KeyError, TypeError) as error:
        message = ("un GeoJSON dont chaque objet porte territory_id est attendu", "a GeoJSON whose features carry territory_id is expected")
        raise _refused(path, message) from error
    return _in_unit_square(shapes)


def _rings(geometry: dict[str, Any]) -> tuple[Ring, ...]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return tuple(tuple((float(point[0]), float(point[1])) for point in ring) for polygon in polygons for ring in polygon)


def _in_unit_square(shapes: dict[str, tuple[Ring, ...]]) -> dict[str, tuple[Ring, ...]]:
    """Longitudes are narrowed by the cosine of the middle latitude; both axes keep one scale."""
    points = [point for rings in shapes.values() for ring in rings for point in ring]
    if not points:
        return {}
    narrow = math.cos(math.radians(sum(y for _, y in points) / len(points)))
    left, top = min(x for x, _ in points) * narrow, max(y for _, y in points)
    size = max(max(x for x, _ in points) * narrow - left, top - min(y for _, y in points)) or 1.0
    return {
        name: tuple(tuple(((x * narrow - left) / size, (top - y) / size) for x, y in ring) for ring in rings)
        for name, rings in shapes.items()
    }


def _refused(path: Path, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=("Ce fichier de lieux ne se lit pas", "This file of places cannot be read"),
        where=str(path),
        why=why,
        fix=("Corriger le fichier, ou s'en passer : des tuiles le remplacent", "Mend the file, or go without: tiles stand in for it"),
        is_usage=True,
    )
