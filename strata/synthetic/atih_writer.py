"""RSA and ANO files: byte matrices filled column by column from the layout tables.

Belongs here: lines as the layouts of strata.ingest.lines.layouts say, and archives under their e-PMSI names. Not here: what is written.
"""

import zipfile
from pathlib import Path

import numpy as np

from strata.ingest.lines.layouts import Field, Zone, layout_for_year
from strata.synthetic.dates import NEVER
from strata.synthetic.stays import Table

BLANK = ord(" ")
NEWLINE = {True: b"\r\n", False: b"\n"}
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def matrix(zone: Zone, count: int) -> np.ndarray:
    """`count` blank copies of a zone whose integers and amounts are zero."""
    sheet = np.full((count, zone.width), BLANK, dtype=np.uint8)
    for field in zone.fields:
        if field.kind in ("integer", "cents"):
            sheet[:, field.start : field.start + field.width] = ord("0")
    return sheet


def fill(sheet: np.ndarray, field: Field, values: np.ndarray) -> None:
    """Write a column: integers zero-padded (negative: blank), days as ddmmyyyy, bytes left-justified."""
    place = sheet[:, field.start : field.start + field.width]
    if field.kind == "date":
        place[:] = _dates(values)
    elif values.dtype.kind == "S":
        place[:] = BLANK
        text = values.astype(f"S{field.width}").view(np.uint8).reshape(len(values), field.width)
        place[:] = np.where(text == 0, BLANK, text)
    else:
        place[:] = _digits(values, field.width)


def _digits(values: np.ndarray, width: int) -> np.ndarray:
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits = values[:, None] // powers % 10 + ord("0")
    return np.where(values[:, None] < 0, BLANK, digits).astype(np.uint8)


def _dates(days: np.ndarray) -> np.ndarray:
    text = np.datetime_as_string(days.astype("datetime64[D]")).astype("S10")
    iso = text.view(np.uint8).reshape(len(days), 10)
    written = iso[:, [8, 9, 5, 6, 0, 1, 2, 3]]
    return np.where((days >= NEVER)[:, None], BLANK, written)


def sheets(family: str, year: int, tables: dict[str, Table], counts: dict[str, int]) -> dict[str, np.ndarray]:
    """Per zone of the layout of a year, its filled matrix. tables: per zone, columns by the name of the field."""
    layout = layout_for_year(family, year)
    filled = {}
    for zone in (layout.fixed, *layout.zones):
        sheet = matrix(zone, counts.get(zone.name, 0))
        for name, values in tables.get(zone.name, {}).items():
            if any(name in (field.name, field.atih_name) for field in zone.fields):
                fill(sheet, zone.field(name), values)
        filled[zone.name] = sheet
    return filled


def assemble(filled: dict[str, np.ndarray], owners: dict[str, np.ndarray], newline: bytes) -> bytes:
    """The lines: the fixed part, then the zones of each line in layout order. owners: per zone, the line of each block (sorted)."""
    fixed = filled["fixed"]
    lines = len(fixed)
    length = np.full(lines, fixed.shape[1] + len(newline))
    repeats = {name: np.bincount(owners.get(name, np.empty(0, dtype=np.int64)), minlength=lines) for name in filled if name != "fixed"}
    for name, count in repeats.items():
        length += count * filled[name].shape[1]
    start = np.concatenate([[0], np.cumsum(length)[:-1]])
    out = np.empty(int(length.sum()), dtype=np.uint8)
    _place(out, start, fixed)
    cursor = start + fixed.shape[1]
    for name, count in repeats.items():
        owner = owners.get(name)
        if owner is not None and len(owner):
            rank = np.arange(len(owner)) - (np.cumsum(count) - count)[owner]
            _place(out, cursor[owner] + rank * filled[name].shape[1], filled[name])
        cursor = cursor + count * filled[name].shape[1]
    _place(out, cursor, np.tile(np.frombuffer(newline, dtype=np.uint8), (lines, 1)))
    return out.tobytes()


def _place(out: np.ndarray, start: np.ndarray, sheet: np.ndarray) -> None:
    out[start[:, None] + np.arange(sheet.shape[1])] = sheet


def write_archive(path: Path, entries: dict[str, bytes]) -> None:
    """A zip whose bytes depend on its content only."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, compresslevel=9)
