"""TRA lines (which administrative stay an RSA comes from, and its dates) to columns.

Belongs here: both forms of the file, 82 characters until February 2023 and columns between ';' since, cut into one shape.
Not here: what the administrative number is for (identity.py). No table of the warehouse has it.
"""

import csv
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.lines.fixed_width import Array, Cells, Lines, dates, is_blank, line_blocks, numbers
from strata.ingest.lines.layouts import FORMATS, Layout, layouts
from strata.ingest.lines.line_faults import BlockFaults, FileRead, Piece, blame_unreadable

FAMILY, FIXED, COLUMNS = "mco_tra", "82", "csv"
TRA = pa.schema(
    [
        ("line", pa.int64()),
        ("finess", pa.string()),  # a TRA does not say: always NULL
        ("year", pa.int16()),
        ("exit_month", pa.int16()),
        ("stay_number", pa.string()),
        ("nas", pa.string()),
        ("entry_date", pa.date32()),
        ("exit_date", pa.date32()),
    ]
)
_SEPARATOR = ord(";")


def read_tra(blocks: Iterable[bytes], version: str, source_file: str) -> FileRead:
    """Every line of a file of one form ('82' or 'csv'), held: table 'tra' (TRA), and the lines set aside."""
    return FileRead(source_file, FAMILY, version, "tra", {"tra": TRA.empty_table()}).take(tra_pieces(blocks, version))


def tra_pieces(blocks: Iterable[bytes], version: str) -> Iterator[Piece]:
    """The same a block at a time; a line is not judged against the others."""
    layout = layouts(FAMILY)[FIXED]
    for lines in line_blocks(blocks):
        faults = BlockFaults(lines)
        cells = _columns(lines, layout, faults) if version == COLUMNS else _fixed(lines, layout, faults)
        _blame_cells(faults, cells)
        yield Piece(len(lines.starts), {"tra": _batch(lines.first, cells.keep(faults.is_sound(cells.owner)))}, faults.by_reason())


def _fixed(lines: Lines, layout: Layout, faults: BlockFaults) -> Cells:
    blame_unreadable(faults, lines, layout.fixed.width)
    faults.blame(np.arange(len(lines.starts)), lines.lengths != layout.fixed.width, "wrong_length")
    return Cells.gather(lines.data, layout.fixed, lines.starts[faults.sound], faults.sound)


def _columns(lines: Lines, layout: Layout, faults: BlockFaults) -> Cells:
    """The columns of each line put where the fixed form has them, so that both are judged alike."""
    blame_unreadable(faults, lines, 0)
    separators = np.flatnonzero(lines.data == _SEPARATOR)
    owner = np.searchsorted(lines.starts, separators, side="right") - 1
    count, places = max(_column_numbers().values()), _column_numbers()
    found = np.bincount(owner, minlength=len(lines.starts))
    faults.blame(np.arange(len(lines.starts)), found != count - 1, "broken_row")
    sound = faults.sound
    marks = separators[faults.is_sound(owner)].reshape(len(sound), count - 1)
    starts = np.column_stack([lines.starts[sound], marks + 1])
    ends = np.column_stack([marks, lines.starts[sound] + lines.lengths[sound]])
    records = np.full((len(sound), layout.fixed.width), ord(" "), dtype=np.uint8)
    for field in layout.fixed.fields:
        if field.name and field.atih_name in places:
            column = places[field.atih_name] - 1
            records[:, field.start : field.start + field.width] = _cut(lines.data, starts[:, column], ends[:, column], field.width)
            faults.blame(sound, ends[:, column] - starts[:, column] > field.width, "wrong_length")
    cells = Cells(layout.fixed, records.view(f"V{layout.fixed.width}").ravel(), sound)
    return cells.keep(faults.is_sound(sound))


def _cut(data: Array, starts: Array, ends: Array, width: int) -> Array:
    """Pieces of `data` in cells (n, width), filled with blanks."""
    places = starts[:, None] + np.arange(width)
    return np.where(places < ends[:, None], data[np.minimum(places, len(data) - 1)], ord(" "))


@cache
def _column_numbers() -> dict[str, int]:
    """The number of each column of the ';' form, by the name ATIH gives the field."""
    with (FORMATS / f"{FAMILY}.csv").open(encoding="utf-8", newline="") as handle:
        return {row["field"]: int(row[COLUMNS]) for row in csv.DictReader(handle) if row[COLUMNS]}


def _blame_cells(faults: BlockFaults, cells: Cells) -> None:
    entry, exit_ = (dates(cells.bytes_of(name)) for name in ("entry_date", "exit_date"))
    faults.blame(cells.owner, is_blank(cells.bytes_of("stay_number")), "missing_value")
    faults.blame(cells.owner, entry.is_bad | exit_.is_bad, "invalid_date")
    faults.blame(cells.owner, ~entry.present | ~exit_.present, "missing_value")
    faults.blame(cells.owner, exit_.values < entry.values, "exit_before_entry")


def _batch(first: int, cells: Cells) -> pa.RecordBatch:
    entry, exit_ = (numbers(dates(cells.bytes_of(name)), pa.date32()) for name in ("entry_date", "exit_date"))
    columns = {
        "line": pa.array(cells.owner + first, pa.int64()),
        "finess": pa.nulls(len(cells), pa.string()),
        "year": pc.year(exit_).cast(pa.int16()),
        "exit_month": pc.month(exit_).cast(pa.int16()),
        "stay_number": cells.text("stay_number"),
        "nas": pc.utf8_trim_whitespace(cells.text("nas")),
        "entry_date": entry,
        "exit_date": exit_,
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in TRA.names], schema=TRA)
