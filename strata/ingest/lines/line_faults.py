"""What is wrong with which line: one reason per faulty line, and the account of a file.

Belongs here: keeping the first fault of each line, taking faulty lines out of what was read, the checks that need the whole file.
Not here: the checks of one line (atih/rsa.py, atih/ano.py) or the reasons' texts (quarantine_reasons.csv).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.extract import QUARANTINE, FileSeen
from strata.ingest.lines.fixed_width import LINE_LIMIT, Array, Lines
from strata.ingest.reasons import reasons


class BlockFaults:
    """The first fault found in each line of a block."""

    def __init__(self, lines: Lines) -> None:
        self._names = list(reasons())
        self._codes = np.full(len(lines.starts), -1, dtype=np.int16)
        self._first = lines.first

    def blame(self, owner: Array, is_bad: Array, reason: str) -> None:
        """Give `reason` to the lines owner[is_bad] that have none yet."""
        if is_bad.any():
            bad = owner[is_bad]
            self._codes[bad[self._codes[bad] < 0]] = self._names.index(reason)

    def is_sound(self, owner: Array) -> Array:
        """For each record, whether its line has no fault so far."""
        return self._codes[owner] < 0

    @property
    def sound(self) -> Array:
        """Indices of the lines without fault."""
        return np.flatnonzero(self._codes < 0)

    def by_reason(self) -> list[tuple[Array, str]]:
        """(line numbers in the file, reason), for the reasons met."""
        met = np.unique(self._codes[self._codes >= 0])
        return [(self._first + np.flatnonzero(self._codes == code), self._names[code]) for code in met]


def blame_unreadable(faults: BlockFaults, lines: Lines, fixed_width: int, until: int | None = None) -> None:
    """The faults any line may have, whatever its format. Foreign bytes count before offset `until` only (all when None)."""
    everyone = np.arange(len(lines.starts))
    faults.blame(everyone, lines.lengths == 0, "blank_line")
    faults.blame(everyone, lines.lengths >= LINE_LIMIT, "line_too_long")
    is_read = lines.foreign_offsets < until if until is not None else np.ones(len(lines.foreign_lines), dtype=bool)
    faults.blame(lines.foreign_lines, is_read, "forbidden_bytes")
    faults.blame(everyone, lines.lengths < fixed_width, "line_too_short")


@dataclass(frozen=True)
class Piece:
    """What one block of a file gives: how many lines, the sound ones as a batch per table, the faulty ones by reason."""

    lines: int
    batches: dict[str, pa.RecordBatch]
    faults: list[tuple[Array, str]]


@dataclass
class FileRead:
    """One file decoded: tables joined by `line`, `main` naming the one with a row per line, and the lines set aside."""

    source_file: str
    family: str
    version: str
    main: str
    tables: dict[str, pa.Table]
    lines: int = 0
    faults: list[tuple[Array, str]] = field(default_factory=list)

    def take(self, pieces: Iterable[Piece]) -> "FileRead":
        """Gather the pieces of the file, whose tables begin empty, and judge it as a whole."""
        batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in self.tables}
        for piece in pieces:
            for name, batch in piece.batches.items():
                batches[name].append(batch)
            self.lines += piece.lines
            self.faults += piece.faults
        self.tables = {name: pa.Table.from_batches(batches[name], table.schema) for name, table in self.tables.items()}
        self.check_whole()
        return self

    @property
    def rows(self) -> pa.Table:
        return self.tables[self.main]

    def set_aside(self, is_bad: pa.ChunkedArray, reason: str) -> None:
        """Take the flagged rows of the main table, and what hangs on them, out of the tables; the lines go to quarantine."""
        bad = self.rows.column("line").filter(is_bad)
        if len(bad):
            self.faults.append((bad.to_numpy(), reason))
            wanted = {name: pc.invert(pc.is_in(table.column("line"), value_set=bad)) for name, table in self.tables.items()}
            self.tables = {name: table.filter(wanted[name]) for name, table in self.tables.items()}

    def check_whole(self) -> None:
        """The checks that need the whole file: one hospital, one year, one line per stay (the first is kept)."""
        for column, reason in (("finess", "other_finess"), ("year", "other_year")):
            if (usual := self.usual(column)) is not None:
                self.set_aside(pc.not_equal(self.rows.column(column), usual), reason)
        self.set_aside(_is_repeated(self.rows.column("stay_number")), "duplicate_stay")

    def usual(self, column: str) -> str | int | None:
        """The commonest value of a column of the main table (the smallest of equals), blanks apart; None when it has none."""
        counts = pc.value_counts(pc.drop_null(self.rows.column(column)))
        pairs = sorted((-pair["counts"], pair["values"]) for pair in counts.to_pylist())
        return pairs[0][1] if pairs else None

    def quarantine(self) -> pa.Table:
        """One row per line set aside, in file order."""
        lines = np.concatenate([lines for lines, _ in self.faults]) if self.faults else np.empty(0, dtype=np.int64)
        names = [np.full(len(lines), reason, dtype=object) for lines, reason in self.faults]
        order = np.argsort(lines, kind="stable")
        reason = pa.array(np.concatenate(names)[order], pa.string()) if names else pa.array([], pa.string())
        columns = [pa.repeat(self.source_file, len(lines)), pa.array(lines[order].astype(np.int32)), reason]
        return pa.Table.from_arrays([column.cast(kind.type) for column, kind in zip(columns, QUARANTINE)], schema=QUARANTINE)

    def seen(self, sha256: str) -> FileSeen:
        """The account of the file: lines = accepted + quarantined."""
        finess, year = self.usual("finess"), self.usual("year")
        month = pc.max(self.rows.column("exit_month")).as_py()
        quarantined = sum(len(lines) for lines, _ in self.faults)
        account = FileSeen(self.source_file, sha256, self.family, self.version, finess, year, month)  # type: ignore[arg-type]
        account.lines, account.accepted, account.quarantined = self.lines, self.rows.num_rows, quarantined
        return account


def _is_repeated(keys: pa.ChunkedArray) -> pa.ChunkedArray:
    if len(keys) < 2 or pc.all(pc.greater(keys[1:], keys[:-1])).as_py():  # in their order, as GENRSA numbers stays: no two are alike
        return pa.array(np.zeros(len(keys), dtype=bool))
    encoded = keys.combine_chunks().dictionary_encode()
    is_repeated = np.ones(len(keys), dtype=bool)
    is_repeated[np.unique(encoded.indices.to_numpy(), return_index=True)[1]] = False
    return pa.array(is_repeated)
