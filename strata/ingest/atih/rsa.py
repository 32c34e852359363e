"""RSA lines (one stay, its units, diagnoses and acts) to the columns of an extract.

Belongs here: what makes an RSA line acceptable, and which of its fields become which columns.
Not here: bytes to columns (lines/fixed_width.py), where fields lie (strata/formats), the .ano beside it (ano.py, mco.py).
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa

from strata.ingest.extract import DIAGNOSIS, PROCEDURE, STAY, UNIT
from strata.ingest.lines.fixed_width import Array, Cells, Lines, is_blank, line_blocks, numbers, ranks_within, text
from strata.ingest.lines.layouts import Layout, layouts
from strata.ingest.lines.line_faults import BlockFaults, FileRead, Piece, blame_unreadable

_COUNTS = ("authorisation_count", "radiotherapy_count", "unit_count", "das_count", "procedure_count")
_BLANK_IS_ZERO = ("nights", "sessions", *_COUNTS)
_SUPPLEMENTS = tuple(name for name in STAY.names if name.startswith("supplement_"))
_MEASURES = ("age_years", "age_days", "nights", "sessions", "exh_days", "exb_tenths", "unit_count", *_SUPPLEMENTS)
_STF_POLYVALENT = "supplement_stf_poly"  # from version 229
_GHM = ("ghm_cmd", "ghm_type", "ghm_number", "ghm_severity")  # as GENRSA grouped it, not as it was read
_CODES = (
    "entry_mode",
    "entry_provenance",
    "exit_mode",
    "exit_destination",
    "stay_type",
    "sex_code",
    "geo_code",
    "ghs",
    "exb_kind",
    "dp",
    "dr",
)
_NUMBERS_OF_ZONE = {"um": ("unit_das_count", "unit_procedure_count", "unit_nights"), "da": (), "actes": ("day_offset", "executions")}
_READ_LATER = {"pseudonym", "chaining_codes", "entry_date", "exit_date", "billable"}  # .ano
_CONSTANT = {"field", "format_version", "valuation_code", "cost_billed_eur", "source_file", "source_line"}
_OTHER_FIELDS = {"care_form", "presence_days", "presence_half_days", "is_unfinished", "billing_base_eur"}
AS_READ = pa.schema([column for column in STAY if column.name not in _READ_LATER | _CONSTANT | _OTHER_FIELDS])
TABLES = {"stay": AS_READ, "unit": UNIT, "diagnosis": DIAGNOSIS, "procedure": PROCEDURE}
KEYS = pa.schema([AS_READ.field(name) for name in ("line", "finess", "year", "stay_number", "exit_month")])
_Columns = Callable[[int, Cells, dict[str, Cells]], dict[str, pa.RecordBatch]]


def read_rsa(blocks: Iterable[bytes], layout: Layout, source_file: str) -> FileRead:
    """Every line of a file of one version, held: tables 'stay' (AS_READ), 'unit', 'diagnosis', 'procedure', and the lines set aside."""
    empty = {name: schema.empty_table() for name, schema in TABLES.items()}
    return FileRead(source_file, layout.family, layout.version, "stay", empty).take(rsa_pieces(blocks, layout))


def rsa_pieces(blocks: Iterable[bytes], layout: Layout) -> Iterator[Piece]:
    """The tables a block at a time; a line is not judged against the others (one hospital, one year, no double)."""
    return _pieces(blocks, layout, _tables)


def rsa_key_pieces(blocks: Iterable[bytes], layout: Layout) -> Iterator[Piece]:
    """The same judgement of every line, but of its stay only what tells it from the others of the file: table 'stay' (KEYS)."""
    return _pieces(blocks, layout, _keys)


def _pieces(blocks: Iterable[bytes], layout: Layout, columns: _Columns) -> Iterator[Piece]:
    for lines in line_blocks(blocks):
        faults = BlockFaults(lines)
        fixed, zones = _sound(lines, layout, faults)
        yield Piece(len(lines.starts), columns(lines.first, fixed, zones), faults.by_reason())


def _sound(lines: Lines, layout: Layout, faults: BlockFaults) -> tuple[Cells, dict[str, Cells]]:
    """The fixed part and the zones of the lines without fault."""
    blame_unreadable(faults, lines, layout.fixed.width)
    fixed = Cells.gather(lines.data, layout.fixed, lines.starts[faults.sound], faults.sound)
    _blame_fixed(faults, fixed, layout)
    fixed = fixed.keep(faults.is_sound(fixed.owner))
    _blame_length(faults, fixed, lines, layout)
    fixed = fixed.keep(faults.is_sound(fixed.owner))
    zones = _gather_zones(fixed, lines, layout)
    _blame_zones(faults, fixed, zones)
    kept = {name: cells.keep(faults.is_sound(cells.owner)) for name, cells in zones.items()}
    return fixed.keep(faults.is_sound(fixed.owner)), kept


def _blame_fixed(faults: BlockFaults, fixed: Cells, layout: Layout) -> None:
    _blame_version(faults, fixed, layout)
    year, month = fixed.integer("exit_year"), fixed.integer("exit_month")
    for name in (*_MEASURES, *_COUNTS, "exit_year", "exit_month", _STF_POLYVALENT):
        if fixed.has(name):
            faults.blame(fixed.owner, fixed.integer(name).is_bad, "not_a_number")
    is_missing = ~year.present | ~month.present
    for name in ("finess", "stay_number"):
        is_missing |= is_blank(fixed.bytes_of(name))
    faults.blame(fixed.owner, is_missing, "missing_value")
    faults.blame(fixed.owner, (month.values < 1) | (month.values > 12), "invalid_month")
    faults.blame(fixed.owner, (year.values < layout.year_from) | (year.values > layout.year_to), "year_outside_version")
    faults.blame(fixed.owner, fixed.integer("unit_count").values == 0, "no_unit")


def _blame_version(faults: BlockFaults, fixed: Cells, layout: Layout) -> None:
    """A line of another known version is mixed in; any other is of no version we know."""
    found = fixed.integer("format_version")
    is_own = found.present & (found.values == int(layout.version))
    if is_own.all():
        return
    is_known = found.present & np.isin(found.values, [int(version) for version in layouts(layout.family)])
    faults.blame(fixed.owner, is_known & ~is_own, "mixed_version")
    faults.blame(fixed.owner, ~is_known, "unknown_version")


def _blame_length(faults: BlockFaults, fixed: Cells, lines: Lines, layout: Layout) -> None:
    expected = np.full(len(fixed), layout.fixed.width, dtype=np.int64)
    for zone in layout.zones:
        expected += zone.width * fixed.integer(zone.count_name or "").values.astype(np.int64)
    faults.blame(fixed.owner, expected != lines.lengths[fixed.owner], "wrong_length")


def _gather_zones(fixed: Cells, lines: Lines, layout: Layout) -> dict[str, Cells]:
    """The zones we read; each begins where the one before it ends."""
    starts = lines.starts[fixed.owner] + layout.fixed.width
    cells: dict[str, Cells] = {}
    for zone in layout.zones:
        counts = fixed.integer(zone.count_name or "").values
        if zone.name in _NUMBERS_OF_ZONE:
            cells[zone.name] = Cells.gather_repeated(lines.data, zone, starts, counts, fixed.owner)
        starts = starts + counts.astype(np.int64) * zone.width
    return cells


def _blame_zones(faults: BlockFaults, fixed: Cells, zones: dict[str, Cells]) -> None:
    for zone, names in _NUMBERS_OF_ZONE.items():
        for name in names:
            faults.blame(zones[zone].owner, zones[zone].integer(name).is_bad, "not_a_number")
    for total, part in (("das_count", "unit_das_count"), ("procedure_count", "unit_procedure_count")):
        sums = np.bincount(zones["um"].owner, weights=zones["um"].integer(part).values, minlength=_size(fixed))
        faults.blame(fixed.owner, sums[fixed.owner] != fixed.integer(total).values, f"{total}_disagrees")


def _size(fixed: Cells) -> int:
    return int(fixed.owner[-1]) + 1 if len(fixed) else 0


def _keys(first: int, fixed: Cells, _: dict[str, Cells]) -> dict[str, pa.RecordBatch]:
    columns = {name: fixed.text(name) for name in ("finess", "stay_number")}
    columns |= {"year": numbers(fixed.integer("exit_year"), pa.int16()), "exit_month": numbers(fixed.integer("exit_month"), pa.int16())}
    return {"stay": _batch(KEYS, first, fixed, columns)}


def _tables(first: int, fixed: Cells, zones: dict[str, Cells]) -> dict[str, pa.RecordBatch]:
    units = zones["um"]
    rank = (ranks_within(fixed.integer("unit_count").values) + 1).astype(np.int16)  # the RUM come in their order
    ranks = {
        zone: np.repeat(rank, units.integer(count).values) for zone, count in (("da", "unit_das_count"), ("actes", "unit_procedure_count"))
    }
    return {
        "stay": _batch(AS_READ, first, fixed, _stay_columns(fixed)),
        "unit": _batch(UNIT, first, units, _unit_columns(units, rank)),
        "diagnosis": _batch(DIAGNOSIS, first, zones["da"], {"unit_rank": pa.array(ranks["da"]), "code": zones["da"].text("code")}),
        "procedure": _batch(PROCEDURE, first, zones["actes"], _procedure_columns(zones["actes"], ranks["actes"])),
    }


def _batch(schema: pa.Schema, first: int, cells: Cells, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    columns["line"] = pa.array(cells.owner + first, pa.int64())
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _stay_columns(fixed: Cells) -> dict[str, pa.Array]:
    columns = {name: fixed.text(name) for name in ("finess", "stay_number", *_CODES)}
    columns["ghm"] = fixed.text(*_GHM)
    generated = fixed.bytes_of("automatic_rsa")
    columns["automatic_rsa"] = text(np.where(generated == ord(" "), np.uint8(ord("0")), generated))
    columns["year"] = numbers(fixed.integer("exit_year"), pa.int16())
    columns["exit_month"] = numbers(fixed.integer("exit_month"), pa.int16())
    for name in _MEASURES:
        columns[name] = numbers(fixed.integer(name), pa.int16(), blank=0 if name in _BLANK_IS_ZERO else None)
    if fixed.has(_STF_POLYVALENT):
        columns["supplement_stf"] = _sum(fixed, "supplement_stf", _STF_POLYVALENT)
    return columns


def _sum(fixed: Cells, *names: str) -> pa.Array:
    """The sum of fields of which some may be blank; NULL when all are."""
    fields = [fixed.integer(name) for name in names]
    is_blank = ~np.logical_or.reduce([field.present for field in fields])
    return pa.array(sum(field.values for field in fields).astype(np.int16), mask=is_blank if is_blank.any() else None)  # type: ignore[union-attr]


def _unit_columns(units: Cells, rank: Array) -> dict[str, pa.Array]:
    columns = {name: units.text(name) for name in ("unit_finess", "authorisation_1", "authorisation_2")}
    columns |= {"dp": units.text("unit_dp"), "dr": units.text("unit_dr")}
    return columns | {"unit_rank": pa.array(rank), "nights": numbers(units.integer("unit_nights"), pa.int16())}


def _procedure_columns(acts: Cells, rank: Array) -> dict[str, pa.Array]:
    columns = {name: acts.text(name) for name in ("code", "phase", "activity")}
    columns |= {name: numbers(acts.integer(name), pa.int16()) for name in ("day_offset", "executions")}
    return columns | {"unit_rank": pa.array(rank), "system": pa.repeat("ccam", len(acts))}
