"""VID-HOSP lines (the administrative side of one stay) to the key of the person, and nothing else.

Belongs here: what makes a line acceptable, which identity is taken, and when a line names nobody for certain. Not here: the hash and
the numbers it takes (person_key.py), nor the stays (identity.py). Identities live in the block being decoded: what leaves is hashed.

Which identity: the INS, else the individual number, else the insured one; with the birth date and the sex. Left out, each with its reason:
no number, birth date or sex · no number that can be used · a newborn under its mother's number · twins under one number.
An insured number that begins with the sex, year and month of birth of the line is taken for the person's own.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.lines.fixed_width import Array, Cells, Lines, dates, is_blank, line_blocks, text
from strata.ingest.lines.layouts import Layout
from strata.ingest.lines.line_faults import BlockFaults, FileRead, Piece, blame_unreadable
from strata.ingest.local import person_key

VID_HOSP = pa.schema(
    [
        ("line", pa.int64()),
        ("finess", pa.string()),
        ("year", pa.int16()),
        ("exit_month", pa.int16()),
        ("nas", pa.string()),
        ("pseudonym", pa.string()),
        ("birth_rank", pa.string()),  # where the number is not the person's own, else NULL
    ]
)
_LAST_READ = "ins"  # beyond it lie names and amounts
_FIRST = "1"


def read_vid_hosp(blocks: Iterable[bytes], layout: Layout, source_file: str, secret: bytes) -> FileRead:
    """Every line of a file of one version, held: table 'vid_hosp' (VID_HOSP), and the lines set aside."""
    read = FileRead(source_file, layout.family, layout.version, "vid_hosp", {})
    batches: list[pa.RecordBatch] = []
    for piece in vid_hosp_pieces(blocks, layout, secret):
        batches.append(piece.batches["vid_hosp"])
        read.lines += piece.lines
        read.faults += piece.faults
    read.tables = {"vid_hosp": pa.Table.from_batches(batches, VID_HOSP)}
    if (usual := read.usual("finess")) is not None:
        read.set_aside(pc.not_equal(read.rows.column("finess"), usual), "other_finess")
    read.set_aside(_has_twin(read.rows), "twin_identity")
    return read


def vid_hosp_pieces(blocks: Iterable[bytes], layout: Layout, secret: bytes) -> Iterator[Piece]:
    """The same a block at a time; a line is not judged against the others (one hospital, twins)."""
    for lines in line_blocks(blocks):
        faults = BlockFaults(lines)
        batch = _decode(lines, layout, faults, secret)
        yield Piece(len(lines.starts), {"vid_hosp": batch}, faults.by_reason())


def _decode(lines: Lines, layout: Layout, faults: BlockFaults, secret: bytes) -> pa.RecordBatch:
    last = layout.fixed.field(_LAST_READ)
    blame_unreadable(faults, lines, layout.fixed.width, until=last.start + last.width)
    cells = Cells.gather(lines.data, layout.fixed, lines.starts[faults.sound], faults.sound)
    _blame_line(faults, cells, lines, layout)
    number, is_own, is_usable = _number(cells)
    _blame_identity(faults, cells, number, is_own, is_usable)
    is_kept = faults.is_sound(cells.owner)
    return _batch(lines.first, cells.keep(is_kept), number[is_kept], is_own[is_kept], secret)


def _blame_line(faults: BlockFaults, cells: Cells, lines: Lines, layout: Layout) -> None:
    version = np.frombuffer(layout.version.encode("ascii"), dtype=np.uint8)
    faults.blame(cells.owner, (cells.bytes_of("format_version") != version).any(axis=1), "mixed_version")
    blocks = cells.integer("dmt_count")
    faults.blame(cells.owner, blocks.is_bad, "not_a_number")
    expected = layout.fixed.width + layout.zones[0].width * blocks.values.astype(np.int64)
    faults.blame(cells.owner, expected != lines.lengths[cells.owner], "wrong_length")
    faults.blame(cells.owner, is_blank(cells.bytes_of("nas")) | is_blank(cells.bytes_of("finess")), "missing_value")


def _number(cells: Cells) -> tuple[Array, Array, Array]:
    """The identity number of each line (n, 13), whether it is the person's own, whether there is one that can be used."""
    ins = cells.bytes_of("ins")
    candidates = [(ins[:, : person_key.NUMBER_WIDTH], ins[:, person_key.NUMBER_WIDTH :])]
    candidates += [(cells.bytes_of(name), cells.bytes_of(f"{name}_key")) for name in ("individual_nir", "insured_nir")]
    good = np.stack([person_key.usable_numbers(*candidate) for candidate in candidates])
    first = good.argmax(axis=0)
    number = np.stack([candidate for candidate, _ in candidates])[first, np.arange(len(cells))]
    return number, (first < 2) | _says_birth(cells, number), np.asarray(good.any(axis=0))


def _says_birth(cells: Cells, number: Array) -> Array:
    """Whether a number begins with the sex, year and month of birth of the line: somebody insured under their own."""
    birth = cells.bytes_of("birth_date")
    expected = np.hstack([cells.bytes_of("sex_code"), birth[:, 6:8], birth[:, 2:4]])
    return np.asarray((number[:, : expected.shape[1]] == expected).all(axis=1))


def _blame_identity(faults: BlockFaults, cells: Cells, number: Array, is_own: Array, is_usable: Array) -> None:
    names = ("ins", "individual_nir", "insured_nir")
    is_nameless = np.logical_and.reduce([is_blank(cells.bytes_of(name)) for name in names])
    is_nameless |= ~_is_digits(cells.bytes_of("birth_date")) | is_blank(cells.bytes_of("sex_code"))
    faults.blame(cells.owner, is_nameless, "no_identity")
    faults.blame(cells.owner, ~is_usable, "unusable_identity")
    is_beside_mother = ~is_blank(cells.bytes_of("mother_nas")) | (cells.bytes_of("newborn_beside_mother")[:, 0] == ord("1"))
    faults.blame(cells.owner, ~is_own & is_beside_mother, "newborn_of_mother")


def _is_digits(cells: Array) -> Array:
    return np.asarray(((cells - ord("0")) < 10).all(axis=1))


def _has_twin(rows: pa.Table) -> pa.ChunkedArray:
    """Whether a line names a second twin by another's number (blank, 0 and 1 are first or only children), or somebody of its key."""
    is_second = pc.fill_null(pc.greater(rows.column("birth_rank"), _FIRST), False)
    shared = pc.unique(rows.column("pseudonym").filter(is_second))
    return pc.and_(pc.is_valid(rows.column("birth_rank")), pc.is_in(rows.column("pseudonym"), value_set=shared))


def _batch(first: int, cells: Cells, number: Array, is_own: Array, secret: bytes) -> pa.RecordBatch:
    identity = np.hstack([number, cells.bytes_of("birth_date"), cells.bytes_of("sex_code")])
    exits = dates(cells.bytes_of("exit_date"))
    year = exits.values.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    rank = cells.bytes_of("birth_rank")
    columns = {
        "line": pa.array(cells.owner + first, pa.int64()),
        "finess": cells.text("finess"),
        "year": pa.array(year.astype(np.int16), mask=~exits.present),
        "exit_month": pa.nulls(len(cells), pa.int16()),
        "nas": pc.utf8_trim_whitespace(cells.text("nas")),
        "pseudonym": person_key.keys(secret, identity) if len(cells) else pa.array([], pa.string()),
        "birth_rank": pc.if_else(pa.array(is_own), pa.scalar(None, pa.string()), text(np.where(rank == ord(" "), ord("0"), rank))),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in VID_HOSP.names], schema=VID_HOSP)
