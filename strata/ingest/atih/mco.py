"""From `.rsa` and `.ano` files of MCO, and what a hospital keeps beside them, to one extract per hospital, year and transmission.

Belongs here: joining the two, refusing a file as a whole, accounting for both. Not here: which .ano goes with which .rsa
(transmissions.py), the lines themselves (rsa.py, ano.py), storing (load.py). A hospital's RSA without ANO is taken, unchained;
an RSA whose ANO is there but unreadable is refused with it: half a transmission must not replace a whole one.

A pair is read twice when it is stored: once for what needs the whole file (open_pair), once for its stays, a piece at a time, so
that what is held is the .ano and the keys of the stays, not the stays.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.archives import SourceFile
from strata.ingest.atih.ano import ANO, CHAINING_CODES, read_ano
from strata.ingest.atih.refused import refused_file
from strata.ingest.atih.rsa import Piece, read_rsa, read_rsa_keys, rsa_pieces
from strata.ingest.atih.transmissions import Found, Pair, pairs, why_not
from strata.ingest.extract import GROUP, QUARANTINE, SCHEMAS, STAY, Extract, FileSeen
from strata.ingest.lines.fixed_width import Array
from strata.ingest.lines.line_faults import FileRead
from strata.ingest.local.reading import read_beside, read_rss, refused_files
from strata.ingest.reasons import Refused, refusal

_JOINED = ["pseudonym", "chaining_codes", "entry_date", "exit_date", "billable"]
_JOINED_BY = ["stay_number", *_JOINED]
_NO_ANO, _SET_ASIDE = -1, -2  # in place of a row of the .ano
_NO_CODES = " " * len(CHAINING_CODES)
_Joined = tuple[pa.Table, Array, pa.Table, list[FileSeen], str]
_NOT_IN_RSA = ("valuation_code", "cost_billed_eur", "care_form", "presence_days", "presence_half_days", "is_unfinished", "billing_base_eur")


@dataclass
class PiecedExtract:
    """One hospital-year judged as a whole, whose stays are still in their file. Beside `pieces`, what an Extract holds.

    stays: how many are taken; row_of_line: for each line of the file (from 1) its row of ano, -1 without one, -2 when it is set aside.
    """

    rsa: Found
    hospital_year: tuple[str, int] | None
    stays: int
    row_of_line: Array
    ano: pa.Table
    quarantine: pa.Table
    files: list[FileSeen]
    person_key: str = "noanon"
    form: str = "atih"
    field: str = "mco"

    def hospital_years(self) -> list[tuple[str, int]]:
        """(finess, year): one, none without a stay."""
        return [self.hospital_year] if self.hospital_year else []

    def pseudonyms(self) -> pa.ChunkedArray:
        """Those of its stays, NULL and repeated ones included."""
        return self.ano.column("pseudonym")

    def pieces(self) -> Iterator[dict[str, pa.Table]]:
        """The tables of an Extract (extract.SCHEMAS), some thousand stays at a time. Refused when the file has changed since."""
        assert self.rsa.layout is not None
        last_line = stays = 0
        for piece in rsa_pieces(self.rsa.source.blocks(), self.rsa.layout):
            last_line += piece.lines
            if last_line >= len(self.row_of_line):
                break
            tables = self._tables(piece)
            stays += tables["stay"].num_rows
            yield tables
        if stays != self.stays:
            raise refusal("unreadable", self.rsa.source.name)

    def _tables(self, piece: Piece) -> dict[str, pa.Table]:
        """A piece without the lines set aside, its stays with their ANO lines."""
        tables = {name: pa.Table.from_batches([batch]) for name, batch in piece.batches.items()}
        rows = {name: self.row_of_line[table.column("line").to_numpy()] for name, table in tables.items()}
        tables = {name: table.filter(pa.array(rows[name] != _SET_ASIDE)) for name, table in tables.items()}
        stay = _stay(tables["stay"], self.rsa, self.ano, rows["stay"][rows["stay"] != _SET_ASIDE])
        return tables | {"stay": stay, "group": GROUP.empty_table()}


def read_atih(sources: Iterable[SourceFile]) -> Iterator[Extract]:
    """One extract per (FINESS, year, month) found among the sources; other families are passed over.

    A file refused comes as an extract without stays that carries its FileSeen. One hospital-year is in memory at a time.
    """
    for pair in pairs(sources):
        yield read_pair(pair)


def read_pair(pair: Pair) -> Extract:
    """The extract of one pair, held in memory; quarantine and FileSeen cover every line of both files."""
    read = _read_both(pair, is_held=True)
    if isinstance(read, Extract):
        return read
    rsa, (ano, ano_rows, *account) = read
    assert pair.rsa is not None
    stay = _stay(rsa.rows, pair.rsa, ano, ano_rows)
    return Extract("atih", "mco", rsa.tables | {"stay": stay, "group": GROUP.empty_table()}, *account)


def open_pair(pair: Pair) -> Extract | PiecedExtract:
    """The same, its stays handed on in pieces; an Extract, without stays, when a file is refused."""
    read = _read_both(pair, is_held=False)
    if isinstance(read, Extract):
        return read
    rsa, (ano, ano_rows, *account) = read
    assert pair.rsa is not None
    row_of_line = np.full(rsa.lines + 1, _SET_ASIDE, dtype=np.int32)
    row_of_line[rsa.rows.column("line").to_numpy()] = ano_rows
    finess, year = rsa.usual("finess"), rsa.usual("year")
    hospital_year = (str(finess), int(year)) if finess and year else None
    return PiecedExtract(pair.rsa, hospital_year, rsa.rows.num_rows, row_of_line, ano, *account)


def _read_both(pair: Pair, is_held: bool) -> Extract | tuple[FileRead, _Joined]:
    """The RSA file (its keys only unless is_held) and what the others say of its stays; the extract of a refusal when one is refused."""
    if pair.rss is not None:
        return read_rss(pair.rss, pair.vid_hosp)
    if pair.left:
        return refused_files(list(pair.left))
    if pair.rsa is None:
        return _refused_extract(pair, None, why_not(pair.ano) or "ano_file_without_rsa")
    rsa_fault, ano_fault = why_not(pair.rsa), why_not(pair.ano)
    if rsa_fault or ano_fault:
        return _refused_extract(pair, rsa_fault, ano_fault)
    try:
        rsa = _read(pair.rsa, is_held)
    except Refused as refused:
        return _refused_extract(pair, refused.code, None)
    try:
        return rsa, _joined(pair, rsa, _read(pair.ano, is_held) if pair.ano else None)
    except Refused as refused:
        is_ano = pair.ano is not None and refused.where == pair.ano.source.name
        return _refused_extract(pair, None, refused.code if is_ano else None, refused)


def _read(found: Found, is_held: bool) -> FileRead:
    assert found.layout is not None
    of_rsa = read_rsa if is_held else read_rsa_keys
    reader = of_rsa if found.recognised.family == "mco_rsa" else read_ano
    return reader(found.source.blocks(), found.layout, found.source.name)


def _refused_extract(pair: Pair, rsa_fault: str | None, ano_fault: str | None, broken: Refused | None = None) -> Extract:
    """No stays; each file with its own fault, or that of being paired with the other's. broken: the refusal of one of them."""
    halves = ((pair.rsa, rsa_fault), (pair.ano, ano_fault))
    files = [refused_file(one, fault or "pair_refused") for one, fault in halves if one]
    faults = {broken.where: broken.code} if broken else {}
    files += refused_files([(file, faults.get(file.source.name, "pair_refused")) for file in pair.local]).files
    return Extract("atih", "mco", {name: schema.empty_table() for name, schema in SCHEMAS.items()}, QUARANTINE.empty_table(), files)


def _joined(pair: Pair, rsa: FileRead, ano: FileRead | None) -> _Joined:
    """The ANO lines of the stays (or what stands for them), the row of each stay in them (-1 without one), the quarantine and the
    account of every file, what the pseudonyms are."""
    if ano is not None:
        ano.set_aside(pc.invert(_has_rsa(ano, rsa)), "ano_without_rsa")
    rows = ano.rows.select(_JOINED_BY).combine_chunks() if ano else ANO.empty_table().select(_JOINED_BY)
    beside = read_beside(pair.tra, pair.vid_hosp, rsa.rows, rows)
    ano_rows = _places(rsa.rows.column("stay_number"), beside.lines.column("stay_number"))
    reads = [read for read in (rsa, ano) if read]
    files = [read.seen(source.sha256) for read, source in zip(reads, pair.sources)] + beside.files
    quarantine = pa.concat_tables([*(read.quarantine() for read in reads), *beside.quarantine])
    return beside.lines.select(_JOINED), ano_rows, quarantine, files, beside.key


def _has_rsa(ano: FileRead, rsa: FileRead) -> pa.Array:
    """For each ANO row, whether the RSA file has its stay; each file is of one hospital and year by now."""
    same = all(ano.usual(column) == rsa.usual(column) for column in ("finess", "year"))
    return pa.array((_places(ano.rows.column("stay_number"), rsa.rows.column("stay_number")) >= 0) & same)


def _places(numbers: pa.ChunkedArray, among: pa.ChunkedArray) -> Array:
    """For each stay number its place among others, -1 without one. Two files in one order, as GENRSA writes them, need no table of them."""
    if numbers.equals(among):
        return np.arange(len(numbers), dtype=np.int32)
    return pc.fill_null(pc.index_in(numbers, value_set=among), _NO_ANO).to_numpy()


def _stay(rows: pa.Table, rsa: Found, ano: pa.Table, ano_rows: Array) -> pa.Table:
    """Stays as read with what their ANO lines say (at ano_rows), NULL without one."""
    places = pa.array(ano_rows, mask=ano_rows == _NO_ANO)
    columns = {name: rows.column(name) for name in rows.column_names} | {name: ano.column(name).take(places) for name in _JOINED}
    columns["chaining_codes"] = pc.fill_null(columns["chaining_codes"], _NO_CODES)
    columns["source_line"] = pc.cast(rows.column("line"), pa.int32())
    for name, value in (("field", "mco"), ("format_version", rsa.recognised.version), ("source_file", rsa.source.name)):
        columns[name] = pa.repeat(value, len(rows))
    for name in _NOT_IN_RSA:
        columns[name] = pa.nulls(len(rows), STAY.field(name).type)
    return pa.Table.from_arrays([columns[name] for name in STAY.names], schema=STAY)
