"""Lines of any fixed-width family, with their repeated zones, to Arrow tables: the reader of SMR, HAD and PSY.

Belongs here: where each zone of a line lies, typed columns of named fields, what makes a line unreadable.
Not here: bytes to columns (fixed_width.py), where fields lie (strata/formats), what rows of several files say together (raw/raw_set.py),
RSA (atih/rsa.py, whose speed matters more than being general).
A line is judged on its named fields only; it is never stripped, so that a blank at its end stays the last byte of its last act.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from strata.ingest.lines.fixed_width import Array, Cells, Integers, Lines, dates, integers, line_blocks, numbers
from strata.ingest.lines.layouts import Field, Layout, Zone, layouts
from strata.ingest.lines.line_faults import BlockFaults, blame_unreadable

ROW = "row_no"
_LARGEST = 32_767  # what the columns of days, ages and counts hold
_DIGITS = 9  # of a number that fits 32 bits
_ANY_BYTE = {"ZONECHIFFREE", "EMPNUM"}  # enciphered or hashed: what lies from there on may be any byte
_ABSENT = ord("X")  # an amount that was not billed is written XXXXXXXXXX
_BLANK = ord(" ")


@dataclass(frozen=True)
class Zoned:
    """What one block of a file gives. lines: how many. faults: (line numbers in the file, reason) of those that are not in `cells`.

    cells: by zone, 'fixed' included, the records of the sound lines; those of a line are adjacent.
    """

    first: int
    lines: int
    cells: dict[str, Cells]
    faults: list[tuple[Array, str]]

    def table(self, zone: str, names: Iterable[str]) -> pa.Table:
        """The records of a zone: row_no (line in the file, from 1), then those of `names` that this version has.

        A name is that of a field of the zone, else of the fixed part or of a block that is there once, repeated for each record.
        """
        own = self.cells[zone]
        columns = {ROW: pa.array(own.owner + self.first, pa.int64())}
        for name in names:
            source = next((cells for cells in (own, *self._single()) if cells.has(name)), None)
            if source is not None:
                column = column_of(source, name)
                columns[name] = column if source is own else column.take(pa.array(np.searchsorted(source.owner, own.owner)))
        return pa.table(columns)

    def _single(self) -> list[Cells]:
        return [cells for cells in self.cells.values() if cells.zone.count_name is None]


def zoned_blocks(blocks: Iterable[bytes], layout: Layout, codes: Iterable[str] | None = None) -> Iterator[Zoned]:
    """Every line of a file of one layout, a block at a time, in bounded memory.

    codes: the versions a line may say it has; by default those of the layout. A line is not judged against the others.
    """
    accepted = tuple(layout.codes if codes is None else codes)
    for lines in line_blocks(blocks):
        faults = BlockFaults(lines)
        cells = _decoded(lines, layout, accepted, faults)
        yield Zoned(lines.first, len(lines.starts), cells, faults.by_reason())


def _decoded(lines: Lines, layout: Layout, codes: tuple[str, ...], faults: BlockFaults) -> dict[str, Cells]:
    blame_unreadable(faults, lines, layout.fixed.width, until=_end_of_text(layout))
    sound = faults.sound
    cells = {"fixed": Cells.gather(lines.data, layout.fixed, lines.starts[sound], sound)}
    _blame_version(faults, cells["fixed"], layout, codes)
    walk = _Walk(lines, sound, layout.fixed.width, faults)
    for zone in layout.zones:
        cells[zone.name] = walk.gather(zone, _counts(zone, cells, sound))
    walk.blame_rest()
    for part in cells.values():
        _blame_values(faults, part)
    return {name: part.keep(faults.is_sound(part.owner)) for name, part in cells.items()}


def _end_of_text(layout: Layout) -> int | None:
    """Where bytes that are no text may begin; None when they may not."""
    starts = [field.start for field in layout.fixed.fields if field.atih_name in _ANY_BYTE]
    return min(starts) if starts else None


def _blame_version(faults: BlockFaults, fixed: Cells, layout: Layout, codes: tuple[str, ...]) -> None:
    if not codes or not fixed.has("format_version"):
        return
    met = fixed.bytes_of("format_version").view(f"S{fixed.zone.field('format_version').width}").reshape(-1)
    known = [code for one in layouts(layout.family).values() for code in one.codes]
    is_ours = np.isin(met, np.array(codes, dtype=met.dtype))
    is_known = np.isin(met, np.array(known, dtype=met.dtype))
    faults.blame(fixed.owner, ~is_ours & is_known, "mixed_version")
    faults.blame(fixed.owner, ~is_ours, "unknown_version")


def _counts(zone: Zone, cells: dict[str, Cells], sound: Array) -> Integers:
    """How many records of `zone` each line of `sound` announces."""
    everyone, nobody = np.ones(len(sound), dtype=np.int32), np.zeros(len(sound), dtype=bool)
    if zone.count_name is None:
        return Integers(everyone, ~nobody, nobody)
    holder = next(part for part in cells.values() if part.zone.count_name is None and part.has(zone.count_name or ""))
    counts = holder.integer(zone.count_name)
    values, is_bad, places = everyone * 0, nobody.copy(), np.searchsorted(sound, holder.owner)
    values[places], is_bad[places] = counts.values, counts.is_bad
    return Integers(values, ~is_bad, is_bad)


class _Walk:
    """Where the next zone of each line begins; a line that ends before its zones, or counts in letters, goes no further."""

    def __init__(self, lines: Lines, sound: Array, fixed_width: int, faults: BlockFaults) -> None:
        self._lines, self._sound, self._faults = lines, sound, faults
        self._at = lines.starts[sound].astype(np.int64) + fixed_width
        self._ends = lines.starts[sound].astype(np.int64) + lines.lengths[sound]
        self._goes_on = faults.is_sound(sound)

    def gather(self, zone: Zone, counts: Integers) -> Cells:
        """The records of the next zone of every line that goes on."""
        self._faults.blame(self._sound, self._goes_on & counts.is_bad, "not_a_number")
        after = self._at + counts.values.astype(np.int64) * zone.width
        self._faults.blame(self._sound, self._goes_on & (after > self._ends), "wrong_length")
        self._goes_on &= ~counts.is_bad & (after <= self._ends)
        starts, counted = self._at, np.where(self._goes_on, counts.values, 0)
        self._at = np.where(self._goes_on, after, self._at)
        return Cells.gather_repeated(self._lines.data, zone, starts, counted, self._sound)

    def blame_rest(self) -> None:
        """Bytes after the last zone belong to nothing."""
        self._faults.blame(self._sound, self._goes_on & (self._at != self._ends), "wrong_length")


def _blame_values(faults: BlockFaults, cells: Cells) -> None:
    """Named fields that are not what their kind says; blank is absent, never wrong."""
    for field in cells.zone.fields:
        if not field.name or field.kind not in _READ_AS:
            continue
        values = _READ_AS[field.kind](cells, field)
        faults.blame(cells.owner, values.is_bad, "invalid_date" if field.kind == "date" else "not_a_number")
        if field.kind == "integer":
            faults.blame(cells.owner, values.values > _LARGEST, "number_too_large")
            if field.name == "month" or field.name.endswith("_month"):  # 00 is the exit of a stay that goes on
                faults.blame(cells.owner, values.values > 12, "invalid_month")


def column_of(cells: Cells, name: str) -> pa.Array:
    """A field as Arrow: text without trailing blanks (string), integer (int32), cents (int64) or date (date32); NULL when blank."""
    field = cells.zone.field(name)
    if field.kind not in _READ_AS:
        return cells.text(name)
    values = _READ_AS[field.kind](cells, field)
    return numbers(values, _ARROW[field.kind]) if field.kind != "cents" else pa.array(values.values, mask=~values.present)


def _date(cells: Cells, field: Field) -> Integers:
    return dates(cells.bytes_of(field.name))


def _integer(cells: Cells, field: Field) -> Integers:
    return cells.integer(field.name)


def _cents(cells: Cells, field: Field) -> Integers:
    """An amount of up to 18 digits; all X is absent."""
    text = cells.bytes_of(field.name)
    text = np.where((text == _ABSENT).all(axis=1)[:, None], np.uint8(_BLANK), text)
    low = integers(text[:, -_DIGITS:])
    if field.width <= _DIGITS:
        return Integers(low.values.astype(np.int64), low.present, low.is_bad)
    high = integers(text[:, :-_DIGITS])
    is_broken = high.present & (text[:, -_DIGITS:] == _BLANK).any(axis=1)  # a blank after a digit
    is_bad = low.is_bad | high.is_bad | is_broken
    values = high.values.astype(np.int64) * 10**_DIGITS + low.values
    return Integers(values, low.present & ~is_bad, is_bad)


_READ_AS = {"integer": _integer, "cents": _cents, "date": _date}
_ARROW = {"integer": pa.int32(), "date": pa.date32()}
