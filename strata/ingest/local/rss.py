"""Grouped RSS (several RUM lines of one RSS) to the columns of an extract: the stays of a hospital-year that has no RSA.

Belongs here: what makes a RUM line acceptable, and how the RUM of one RSS become a stay. Not here: who the person is (identity.py), nor
whether the file is read at all (atih/transmissions.py: an RSA of the same hospital and year is always preferred).

An RSS says less than an RSA: no GHS (so no cost), no supplements, no authorisation of a unit, and a postcode for a residence.
Its dates are exact. DP and DR of the stay: those of the longest unit, the first of equals (GENRSA has finer rules).
A stay is whole or not read: when one of its RUM is faulty, the others are set aside with it. Neither the RSS number nor the
administrative number gets into the warehouse: a stay is numbered by its first line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.extract import DIAGNOSIS, PROCEDURE, STAY, UNIT
from strata.ingest.lines.fixed_width import Array, Cells, Lines, dates, is_blank, line_blocks, numbers
from strata.ingest.lines.layouts import Layout
from strata.ingest.lines.line_faults import BlockFaults, FileRead, Piece, blame_unreadable

_COUNTS = ("das_count", "dad_count", "procedure_count")
_NUMBERS = ("sessions", *_COUNTS)
_MODES = ("entry_mode", "entry_provenance", "exit_mode", "exit_destination")
RUM = pa.schema(
    [
        ("line", pa.int64()),
        ("finess", pa.string()),
        ("year", pa.int16()),
        ("exit_month", pa.int16()),
        *((name, pa.string()) for name in ("rss_number", "nas", "sex_code", "postcode", "ghm", "dp", "dr", *_MODES)),
        *((name, pa.date32()) for name in ("birth_date", "entry_date", "exit_date")),
        ("sessions", pa.int16()),
    ]
)
_DIAGNOSIS = pa.schema([("line", pa.int64()), ("code", pa.string())])
_PROCEDURE = pa.schema(
    [
        ("line", pa.int64()),
        *((name, pa.string()) for name in ("code", "phase", "activity")),
        ("procedure_date", pa.date32()),
        ("executions", pa.int16()),
    ]
)
_SPOILED = pa.schema([("line", pa.int64()), ("rss_number", pa.string())])  # lines set aside, and the RSS they belonged to
_NUMBER_WIDTH = 10  # of a stay, as CLE_RSA has it
RSS_TABLES = {"rum": RUM, "diagnosis": _DIAGNOSIS, "procedure": _PROCEDURE, "spoiled": _SPOILED}


@dataclass(frozen=True)
class RssStays:
    """tables: as in an Extract, `line` being that of the first RUM; nas: of each stay, in their order, never to be stored."""

    tables: dict[str, pa.Table]
    nas: pa.ChunkedArray


def read_rum(blocks: Iterable[bytes], layout: Layout, source_file: str) -> FileRead:
    """Every line of a file of one version, held: tables 'rum' (RUM), 'diagnosis', 'procedure', and the lines set aside."""
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in RSS_TABLES}
    read = FileRead(source_file, layout.family, layout.version, "rum", {})
    for piece in rum_pieces(blocks, layout):
        for name, batch in piece.batches.items():
            batches[name].append(batch)
        read.lines += piece.lines
        read.faults += piece.faults
    read.tables = {name: pa.Table.from_batches(batches[name], schema) for name, schema in RSS_TABLES.items()}
    _check_stays(read)
    return read


def rum_pieces(blocks: Iterable[bytes], layout: Layout) -> Iterator[Piece]:
    """The same a block at a time, with the table 'spoiled'; a line is not judged against the others of its RSS or of the file."""
    for lines in line_blocks(blocks):
        faults = BlockFaults(lines)
        yield Piece(len(lines.starts), _decode(lines, layout, faults), faults.by_reason())


def _check_stays(read: FileRead) -> None:
    """The checks of a whole RSS: none of its RUM is lost, one hospital, one year of exit."""
    if (usual := read.usual("finess")) is not None:
        strange = pc.not_equal(read.rows.column("finess"), usual)
        spoiled = read.rows.column("rss_number").filter(strange)
        read.set_aside(strange, "other_finess")
    spoiled = pa.chunked_array([*read.tables.pop("spoiled").column("rss_number").chunks, *(spoiled.chunks if usual else [])], pa.string())
    read.set_aside(pc.is_in(read.rows.column("rss_number"), value_set=pc.drop_null(spoiled).combine_chunks()), "unit_set_aside")
    _date_stays(read)
    if (usual := read.usual("year")) is not None:
        read.set_aside(pc.not_equal(read.rows.column("year"), usual), "other_year")


def _date_stays(read: FileRead) -> None:
    """Every RUM gets the year and the month in which its whole stay ends."""
    rows = read.rows
    last = rows.group_by("rss_number").aggregate([("exit_date", "max")])
    ends = last.column("exit_date_max").take(pc.index_in(rows.column("rss_number"), value_set=last.column("rss_number").combine_chunks()))
    for name, part in (("year", pc.year(ends)), ("exit_month", pc.month(ends))):
        rows = rows.set_column(rows.column_names.index(name), RUM.field(name), part.cast(pa.int16()))
    read.tables["rum"] = rows


def _decode(lines: Lines, layout: Layout, faults: BlockFaults) -> dict[str, pa.RecordBatch]:
    blame_unreadable(faults, lines, layout.fixed.width)
    everyone = Cells.gather(lines.data, layout.fixed, lines.starts[faults.sound], faults.sound)
    _blame_fixed(faults, everyone, lines, layout)
    fixed = everyone.keep(faults.is_sound(everyone.owner))
    zones = _gather_zones(fixed, lines, layout)
    acts = zones["actes"]
    faults.blame(acts.owner, acts.integer("executions").is_bad, "not_a_number")
    faults.blame(acts.owner, dates(acts.bytes_of("procedure_date")).is_bad, "invalid_date")
    fixed = fixed.keep(faults.is_sound(fixed.owner))
    kept = {name: cells.keep(faults.is_sound(cells.owner)) for name, cells in zones.items()}
    spoiled = everyone.keep(~faults.is_sound(everyone.owner))
    return {
        "rum": _rum(lines.first, fixed),
        "diagnosis": _batch(_DIAGNOSIS, lines.first, kept["da"], {"code": kept["da"].text("code")}),
        "procedure": _procedures(lines.first, kept["actes"]),
        "spoiled": _batch(_SPOILED, lines.first, spoiled, {"rss_number": spoiled.text("rss_number")}),
    }


def _blame_fixed(faults: BlockFaults, fixed: Cells, lines: Lines, layout: Layout) -> None:
    version = np.frombuffer(layout.version.encode("ascii"), dtype=np.uint8)
    faults.blame(fixed.owner, (fixed.bytes_of("format_version") != version).any(axis=1), "mixed_version")
    for name in _NUMBERS:
        faults.blame(fixed.owner, fixed.integer(name).is_bad, "not_a_number")
    expected = np.full(len(fixed), layout.fixed.width, dtype=np.int64)
    for zone in layout.zones:
        expected += zone.width * fixed.integer(zone.count_name or "").values.astype(np.int64)
    faults.blame(fixed.owner, expected != lines.lengths[fixed.owner], "wrong_length")
    entry, exit_, birth = (dates(fixed.bytes_of(name)) for name in ("entry_date", "exit_date", "birth_date"))
    faults.blame(fixed.owner, entry.is_bad | exit_.is_bad, "invalid_date")
    is_missing = ~entry.present | ~exit_.present
    for name in ("finess", "rss_number", "dp"):
        is_missing |= is_blank(fixed.bytes_of(name))
    faults.blame(fixed.owner, is_missing, "missing_value")
    faults.blame(fixed.owner, (exit_.values < entry.values) | (birth.present & (entry.values < birth.values)), "exit_before_entry")


def _gather_zones(fixed: Cells, lines: Lines, layout: Layout) -> dict[str, Cells]:
    starts = lines.starts[fixed.owner] + layout.fixed.width
    cells: dict[str, Cells] = {}
    for zone in layout.zones:
        counts = fixed.integer(zone.count_name or "").values
        cells[zone.name] = Cells.gather_repeated(lines.data, zone, starts, counts, fixed.owner)
        starts = starts + counts.astype(np.int64) * zone.width
    return cells


def _batch(schema: pa.Schema, first: int, cells: Cells, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    columns["line"] = pa.array(cells.owner + first, pa.int64())
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _rum(first: int, fixed: Cells) -> pa.RecordBatch:
    columns = {name: fixed.text(name) for name in ("finess", "rss_number", "sex_code", "postcode", "ghm", "dp", "dr", *_MODES)}
    columns["nas"] = pc.utf8_trim_whitespace(fixed.text("nas"))
    columns |= {name: numbers(dates(fixed.bytes_of(name)), pa.date32()) for name in ("birth_date", "entry_date", "exit_date")}
    columns |= {name: pa.nulls(len(fixed), pa.int16()) for name in ("year", "exit_month")}  # of the whole stay, once its RUM are known
    columns["sessions"] = numbers(fixed.integer("sessions"), pa.int16(), blank=0)
    return _batch(RUM, first, fixed, columns)


def _procedures(first: int, acts: Cells) -> pa.RecordBatch:
    columns = {name: acts.text(name) for name in ("code", "phase", "activity")}
    columns["procedure_date"] = numbers(dates(acts.bytes_of("procedure_date")), pa.date32())
    columns["executions"] = numbers(acts.integer("executions"), pa.int16())
    return _batch(_PROCEDURE, first, acts, columns)


def rss_stays(read: FileRead, before: int = 0) -> RssStays:
    """The stays of a grouped RSS file: tables 'stay' (without persons), 'unit', 'diagnosis', 'procedure' of an Extract, and their NAS.

    before: how many stays of the file come before these, when they are a part of it.
    """
    rum = read.rows.combine_chunks()
    order, first, rank = _in_order(rum)
    rum, count = rum.take(pa.array(order)), np.diff(np.append(first, len(order)))
    stay = np.repeat(np.arange(len(first)), count)  # of each RUM, in order
    lines = _number(rum, "line")
    line = np.minimum.reduceat(lines, first) if len(first) else lines
    place = pa.array(np.argsort(lines))  # from a line of the file to its RUM in order
    by_line = {"line": pa.array(np.sort(lines)), "stay": pa.array(line[stay]).take(place), "rank": pa.array(rank).take(place)}
    entry = np.minimum.reduceat(_number(rum, "entry_date"), first) if len(first) else lines
    tables = {
        "stay": _stay(rum, first, count, line, read, before),
        "unit": _unit(rum, line[stay], rank),
        "diagnosis": _of_units(read.tables["diagnosis"], by_line, DIAGNOSIS),
        "procedure": _acts(read.tables["procedure"], by_line, pa.array(entry[stay]).take(place)),
    }
    return RssStays(tables, rum.column("nas").take(pa.array(first)))


def _number(table: pa.Table, name: str) -> Array:
    """A column as whole numbers, dates as days."""
    column = table.column(name)
    return np.asarray((column.cast(pa.int32()) if pa.types.is_date(column.type) else column).to_numpy()).astype(np.int64)


def _in_order(rum: pa.Table) -> tuple[Array, Array, Array]:
    """The RUM by RSS, entry, exit and line: their order, where each RSS begins in it, the rank of each RUM in its RSS from 1."""
    codes = rum.column("rss_number").combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    keys = [_number(rum, name) for name in ("line", "exit_date", "entry_date")]
    order = np.lexsort((*keys, codes))
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = np.diff(codes[order]) != 0
    first = np.flatnonzero(begins)
    return order, first, np.arange(len(order)) - first[np.cumsum(begins) - 1] + 1


def _stay(rum: pa.Table, first: Array, count: Array, line: Array, read: FileRead, before: int) -> pa.Table:
    last, main = first + count - 1, _longest(rum, first, count)
    columns: dict[str, pa.Array] = {name: pa.nulls(len(first), STAY.field(name).type) for name in STAY.names}
    for places, names in (
        (first, ("finess", "year", "exit_month", "entry_date", "entry_mode", "entry_provenance", "sex_code", "ghm")),
        (last, ("exit_mode", "exit_destination")),
        (main, ("dp", "dr")),
    ):
        columns |= {name: rum.column(name).take(pa.array(places)) for name in names}
    entry, exit_ = _number(rum, "entry_date")[first], _reduced(np.maximum, _number(rum, "exit_date"), first)
    columns |= {name: pa.repeat(value, len(first)) for name, value in _constants(read).items()}
    columns |= {"geo_code": rum.column("postcode").take(pa.array(first)), "line": pa.array(line)}
    columns["exit_date"] = pa.array(exit_.astype(np.int32)).cast(pa.date32())
    columns["nights"] = pc.if_else(_is_session(columns["ghm"]), 0, pa.array((exit_ - entry).astype(np.int16)))
    columns["sessions"] = pa.array(_reduced(np.add, _number(rum, "sessions"), first).astype(np.int16))
    columns["unit_count"] = pa.array(count.astype(np.int16))
    columns["stay_number"] = pc.utf8_lpad(pa.array(before + 1 + np.argsort(np.argsort(line))).cast(pa.string()), _NUMBER_WIDTH, "0")
    columns["source_line"] = pa.array(line.astype(np.int32))
    columns |= _ages(rum.column("birth_date").take(pa.array(first)), columns["entry_date"])
    return pa.Table.from_arrays([columns[name].cast(kind.type) for name, kind in zip(STAY.names, STAY)], schema=STAY).sort_by("line")


def _is_session(ghm: pa.ChunkedArray) -> pa.ChunkedArray:
    """Sessions of several weeks are no nights: an RSA says 0."""
    return pc.fill_null(pc.starts_with(ghm, "28"), False)


def _constants(read: FileRead) -> dict[str, str]:
    return {"field": "mco", "format_version": read.version, "automatic_rsa": "0", "source_file": read.source_file}


def _reduced(how: np.ufunc, values: Array, first: Array) -> Array:
    return how.reduceat(values, first) if len(first) else values[:0]


def _longest(rum: pa.Table, first: Array, count: Array) -> Array:
    """The place of the longest RUM of each RSS, the first of equals."""
    nights = _number(rum, "exit_date") - _number(rum, "entry_date")
    order = np.lexsort((np.arange(len(nights)), -nights, np.repeat(np.arange(len(first)), count)))
    return order[first]


def _ages(birth: pa.ChunkedArray, entry: pa.ChunkedArray) -> dict[str, pa.Array]:
    """As an RSA has them: completed years, or days before the first birthday."""
    years = pc.subtract(pc.year(entry), pc.year(birth))
    is_before = pc.less(_month_and_day(entry), _month_and_day(birth))
    years = pc.subtract(years, pc.if_else(is_before, 1, 0))
    days = pc.days_between(birth, entry)
    is_baby = pc.equal(years, 0)
    return {"age_years": pc.if_else(is_baby, None, years), "age_days": pc.if_else(is_baby, days, None)}


def _month_and_day(dates_: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.add(pc.multiply(pc.month(dates_), 100), pc.day(dates_))


def _unit(rum: pa.Table, line: Array, rank: Array) -> pa.Table:
    columns = {name: pa.nulls(len(rum), UNIT.field(name).type) for name in UNIT.names}
    columns |= {name: rum.column(name) for name in ("dp", "dr")}
    nights = _number(rum, "exit_date") - _number(rum, "entry_date")
    columns["nights"] = pc.if_else(_is_session(rum.column("ghm")), 0, pa.array(nights.astype(np.int16)))
    columns |= {"line": pa.array(line), "unit_rank": pa.array(rank.astype(np.int16))}
    return pa.Table.from_arrays([columns[name].cast(kind.type) for name, kind in zip(UNIT.names, UNIT)], schema=UNIT)


def _of_units(rows: pa.Table, by_line: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    """Rows of RUM lines as rows of the stay and its unit."""
    place = pc.index_in(rows.column("line"), value_set=by_line["line"])
    columns = {name: rows.column(name) for name in rows.column_names if name in schema.names}
    columns |= {"line": by_line["stay"].take(place), "unit_rank": by_line["rank"].take(place).cast(pa.int16())}
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def _acts(rows: pa.Table, by_line: dict[str, pa.Array], entry: pa.Array) -> pa.Table:
    """Acts, dated in days since the first entry of the stay, as an RSA dates them (blank: not said)."""
    started = entry.take(pc.index_in(rows.column("line"), value_set=by_line["line"]))
    offset = pc.subtract(rows.column("procedure_date").cast(pa.int32()).cast(pa.int64()), started)
    rows = rows.append_column("day_offset", offset.cast(pa.int16())).append_column("system", pa.repeat("ccam", len(rows)))
    return _of_units(rows, by_line, PROCEDURE)
