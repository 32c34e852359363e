"""Lines of fixed-width text to columns, many lines at once and without a Python loop over them.

Belongs here: cutting blocks of bytes into lines, gathering records, cells to text, integers and dates. It knows no format:
what lies where comes as a Zone (layouts.py), what is acceptable is the reader's judgement (atih/rsa.py, atih/ano.py).
A line is never stripped before it is measured: its last byte may be a blank that belongs to the last act.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.lines.layouts import Zone

BOM = b"\xef\xbb\xbf"
LINE_LIMIT = 1 << 20  # a longer line is cut here, so that a file without line ends does not fill the memory
_NEWLINE, _RETURN, _BLANK, _ZERO = 10, 13, 32, 48
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Lines:
    """Whole lines of one block. Line i is data[starts[i] : starts[i] + lengths[i]], its end of line left out.

    first: number of the first line in its file, from 1. foreign_*: line and offset of each byte that is not printable ASCII.
    """

    data: Array
    starts: Array
    lengths: Array
    first: int
    foreign_lines: Array
    foreign_offsets: Array


def line_blocks(blocks: Iterable[bytes]) -> Iterator[Lines]:
    """Cut blocks of bytes after their last newline. LF, CRLF, a last line without newline and a UTF-8 BOM are all accepted.

    The next block is read, inflated, hashed and cut by a thread while the caller works on this one: most of that frees the interpreter.
    """
    coming = _cut(blocks)
    with ThreadPoolExecutor(max_workers=1) as reader:
        ahead = reader.submit(next, coming, None)
        while (lines := ahead.result()) is not None:
            ahead = reader.submit(next, coming, None)
            yield lines


def _cut(blocks: Iterable[bytes]) -> Iterator[Lines]:
    carry, first, at_start = b"", 1, True
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            carry = (carry + block)[:LINE_LIMIT]
            continue
        head = np.frombuffer(carry, dtype=np.uint8)
        data = np.concatenate((head, np.frombuffer(block, dtype=np.uint8, count=cut)))  # unlike bytes + bytes, frees the interpreter
        carry = block[cut:][:LINE_LIMIT]
        lines = _lines(_without_bom(data) if at_start else data, first)
        first, at_start = first + len(lines.starts), False
        yield lines
    carry = carry.removeprefix(BOM) if at_start else carry
    if carry:
        yield _lines(np.frombuffer(carry, dtype=np.uint8), first)


def _without_bom(data: Array) -> Array:
    return data[len(BOM) :] if data[: len(BOM)].tobytes() == BOM else data


def _lines(data: Array, first: int) -> Lines:
    odd = np.flatnonzero((data - _BLANK) > 94)  # unsigned: below blank or above tilde
    is_newline = data[odd] == _NEWLINE
    newlines, others = odd[is_newline], odd[~is_newline]
    ends = newlines if len(newlines) and newlines[-1] == len(data) - 1 else np.append(newlines, len(data))
    starts = np.concatenate(([0], ends[:-1] + 1))
    ends = ends - ((ends > starts) & (data[ends - 1] == _RETURN))
    owners = np.searchsorted(ends, others)  # a carriage return that ends a line lies at its `ends`, outside it
    is_inside = others < ends[np.minimum(owners, len(ends) - 1)]
    owners, others = owners[is_inside], others[is_inside]
    return Lines(data, starts, ends - starts, first, owners, others - starts[owners])


@dataclass(frozen=True)
class Integers:
    """One numeric field: value 0 where it is not `present` (blank). is_bad: something else than blanks then digits."""

    values: Array
    present: Array
    is_bad: Array


class Cells:
    """n records of one zone. owner: for each record, the index of its line in the block; records of a line are adjacent."""

    def __init__(self, zone: Zone, records: Array, owner: Array) -> None:
        self.zone = zone
        self.records = records
        self.owner = owner
        self._integers: dict[str, Integers] = {}

    @classmethod
    def gather(cls, data: Array, zone: Zone, positions: Array, owner: Array) -> "Cells":
        """Copy the records that begin at `positions` of `data` next to each other; each must lie wholly inside it."""
        if not len(positions):
            return cls(zone, np.empty(0, dtype=f"V{zone.width}"), owner)
        window = np.ndarray((len(data) - zone.width + 1,), dtype=f"V{zone.width}", buffer=data, strides=(1,))
        return cls(zone, window[positions], owner)

    @classmethod
    def gather_repeated(cls, data: Array, zone: Zone, starts: Array, counts: Array, owner: Array) -> "Cells":
        """The records of a zone that is there `counts` times from each of `starts`; owner: the line of each of `starts`."""
        return cls.gather(data, zone, zone_positions(starts, counts, zone.width), np.repeat(owner, counts))

    def __len__(self) -> int:
        return len(self.owner)

    @cached_property
    def _by_field(self) -> Array:
        fields = [field for field in self.zone.fields if field.name]
        names, formats = [field.name for field in fields], [f"V{field.width}" for field in fields]
        shape = {"names": names, "formats": formats, "offsets": [field.start for field in fields], "itemsize": self.zone.width}
        return self.records.view(np.dtype(shape))  # type: ignore[call-overload]

    def has(self, name: str) -> bool:
        """Whether this version of the format has the field."""
        return any(field.name == name for field in self.zone.fields)

    def bytes_of(self, name: str) -> Array:
        """A field as an array (records, width) of bytes."""
        return np.ascontiguousarray(self._by_field[name]).view(np.uint8).reshape(len(self), self.zone.field(name).width)

    def integer(self, name: str) -> Integers:
        """A numeric field, right-aligned, filled with zeros or blanks."""
        if name not in self._integers:
            self._integers[name] = integers(self.bytes_of(name))
        return self._integers[name]

    def text(self, *names: str) -> pa.StringArray:
        """One field, or several joined, without trailing blanks; NULL when blank."""
        return text(np.hstack([self.bytes_of(name) for name in names]) if len(names) > 1 else self.bytes_of(names[0]))

    def keep(self, is_kept: Array) -> "Cells":
        """The records whose flag is set."""
        return self if is_kept.all() else Cells(self.zone, self.records[is_kept], self.owner[is_kept])


def zone_positions(starts: Array, counts: Array, width: int) -> Array:
    """Where the records of a repeated zone lie, `counts` of them after each of `starts`."""
    before = np.cumsum(counts, dtype=np.int64) - counts  # records of the lines before
    return np.repeat(starts - before * width, counts) + np.arange(0, int(counts.sum()) * width, width)


def ranks_within(counts: Array) -> Array:
    """For each record of a repeated zone, its rank in its line, from 0."""
    return zone_positions(np.zeros(len(counts), dtype=np.int64), counts, 1)


def integers(cells: Array) -> Integers:
    """Cells (n, width) of digits to numbers; width 9 at most."""
    values = np.zeros(len(cells), dtype=np.int32)
    for column in cells.T:
        values *= 10
        values += column & 15
    digits = cells - _ZERO  # unsigned: what is no digit is above 9
    if not len(cells) or digits.max() < 10:
        return Integers(values, np.ones(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool))
    present, is_bad = np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    for column, is_number in zip(cells.T, (digits < 10).T):
        is_bad |= ~is_number & (present | (column != _BLANK))  # a blank after a digit is as bad as a letter
        present |= is_number
    present &= ~is_bad
    return Integers(np.where(present, values, 0), present, is_bad)


def dates(cells: Array) -> Integers:
    """Cells (n, 8) 'ddmmyyyy' to days since 1970-01-01. Blank is absent; half blank, or a day that does not exist, is bad."""
    parts = [integers(cells[:, start:end]) for start, end in ((0, 2), (2, 4), (4, 8))]
    day, month, year = (part.values for part in parts)
    is_whole = ((cells - _ZERO) < 10).all(axis=1) & (month >= 1) & (month <= 12) & (year >= 1800)
    months = np.where(is_whole, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first_day = months.astype("datetime64[D]").astype(np.int32)
    next_month = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int32)
    present = is_whole & (day >= 1) & (first_day + day <= next_month)
    return Integers(np.where(present, first_day + day - 1, 0), present, ~present & ~is_blank(cells))


def is_blank(cells: Array) -> Array:
    """For each row of cells (n, width), whether it holds nothing."""
    blank = np.ones(len(cells), dtype=bool)
    for column in cells.T:
        blank &= column == _BLANK
    return blank


def text(cells: Array) -> pa.StringArray:
    """Cells (n, width) of ASCII bytes to an Arrow array of strings, trailing blanks removed, NULL when nothing is left."""
    if (cells[:, -1] != _BLANK).all():
        return whole_text(cells)
    if not (cells != _BLANK).any():
        return pa.nulls(len(cells), pa.string())
    trimmed = pc.ascii_rtrim(whole_text(cells), " ")
    _, offsets, data = trimmed.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32, count=len(cells) + 1)
    is_valid = np.packbits(ends[1:] != ends[:-1], bitorder="little")
    return pa.StringArray.from_buffers(len(cells), offsets, data, pa.py_buffer(is_valid))


def whole_text(cells: Array) -> pa.StringArray:
    """Cells (n, width) of ASCII bytes as they are, blanks included: for a field read by position."""
    count, width = cells.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(cells)))


def numbers(field: Integers, kind: pa.DataType, blank: int | None = None) -> pa.Array:
    """A numeric field as an Arrow array of `kind`; blank cells become `blank` (NULL by default)."""
    values = field.values.astype(np.int32 if kind == pa.date32() else kind.to_pandas_dtype(), copy=False)
    if blank is not None:
        return pa.array(np.where(field.present, values, blank).astype(values.dtype), type=kind)
    return pa.array(values, type=kind, mask=None if field.present.all() else ~field.present)
