"""ANO lines (the pseudonym, chaining codes and dates of one stay) to columns.

Belongs here: what makes an ANO line acceptable and which of its fields are read. Not here: joining it to its RSA (mco.py).
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from strata.ingest.lines.fixed_width import Cells, Integers, Lines, dates, is_blank, line_blocks, numbers, whole_text
from strata.ingest.lines.layouts import Layout, Zone
from strata.ingest.lines.line_faults import BlockFaults, FileRead, Piece, blame_unreadable

CHAINING_CODES = (
    "nir_return",
    "birth_date_return",
    "sex_return",
    "stay_id_return",
    "fusion_hosp_return",
    "fusion_pmsi_return",
    "entry_date_return",
    "birth_coherence_return",
    "sex_coherence_return",
)
ANO = pa.schema(
    [
        ("line", pa.int64()),
        *((name, pa.string()) for name in ("finess", "stay_number", "pseudonym", "chaining_codes", "billable")),
        ("year", pa.int16()),
        ("exit_month", pa.int16()),
        ("entry_date", pa.date32()),
        ("exit_date", pa.date32()),
    ]
)


def read_ano(blocks: Iterable[bytes], layout: Layout, source_file: str) -> FileRead:
    """Every line of a file of one layout: table 'ano' (ANO) and the lines set aside."""
    return FileRead(source_file, layout.family, layout.version, "ano", {"ano": ANO.empty_table()}).take(ano_pieces(blocks, layout))


def ano_pieces(blocks: Iterable[bytes], layout: Layout) -> Iterator[Piece]:
    """The same a block at a time; a line is not judged against the others."""
    for lines in line_blocks(blocks):
        faults = BlockFaults(lines)
        batch = _decode(lines, layout, faults)
        yield Piece(len(lines.starts), {"ano": batch}, faults.by_reason())


def _decode(lines: Lines, layout: Layout, faults: BlockFaults) -> pa.RecordBatch:
    blame_unreadable(faults, lines, layout.fixed.width, until=_end_of_what_is_read(layout.fixed))
    faults.blame(np.arange(len(lines.starts)), lines.lengths != layout.fixed.width, "wrong_length")
    cells = Cells.gather(lines.data, layout.fixed, lines.starts[faults.sound], faults.sound)
    _blame_cells(faults, cells, layout)
    return _batch(lines.first, cells.keep(faults.is_sound(cells.owner)))


def _end_of_what_is_read(zone: Zone) -> int:
    """Beyond it lie amounts and an enciphered zone that may hold any byte."""
    fields = [zone.field(name) for name in (*ANO.names, *CHAINING_CODES) if any(field.name == name for field in zone.fields)]
    return max(field.start + field.width for field in fields)


def _blame_cells(faults: BlockFaults, cells: Cells, layout: Layout) -> None:
    year, month = cells.integer("exit_year"), cells.integer("exit_month")
    entry, exit_ = _dates(cells)
    faults.blame(cells.owner, year.is_bad | month.is_bad, "not_a_number")
    is_missing = ~year.present | ~month.present
    for name in ("finess", "stay_number"):
        is_missing |= is_blank(cells.bytes_of(name))
    faults.blame(cells.owner, is_missing, "missing_value")
    faults.blame(cells.owner, (month.values < 1) | (month.values > 12), "invalid_month")
    faults.blame(cells.owner, (year.values < layout.year_from) | (year.values > layout.year_to), "year_outside_version")
    faults.blame(cells.owner, entry.is_bad | exit_.is_bad, "invalid_date")
    faults.blame(cells.owner, entry.present & exit_.present & (exit_.values < entry.values), "exit_before_entry")
    month_of_exit = exit_.values.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    announced = (year.values.astype(np.int64) - 1970) * 12 + month.values - 1
    faults.blame(cells.owner, exit_.present & (month_of_exit != announced), "date_disagrees")


def _dates(cells: Cells) -> tuple[Integers, Integers]:
    return dates(cells.bytes_of("entry_date")), dates(cells.bytes_of("exit_date"))


def _batch(first: int, cells: Cells) -> pa.RecordBatch:
    columns = {name: cells.text(name) for name in ("finess", "stay_number", "pseudonym", "billable")}
    columns["line"] = pa.array(cells.owner + first, pa.int64())
    columns["chaining_codes"] = whole_text(np.hstack([cells.bytes_of(name) for name in CHAINING_CODES]))
    columns["year"] = numbers(cells.integer("exit_year"), pa.int16())
    columns["exit_month"] = numbers(cells.integer("exit_month"), pa.int16())
    entry, exit_ = _dates(cells)
    columns |= {"entry_date": numbers(entry, pa.date32()), "exit_date": numbers(exit_, pa.date32())}
    return pa.RecordBatch.from_arrays([columns[name] for name in ANO.names], schema=ANO)
