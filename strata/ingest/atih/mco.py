"""From `.rsa` and `.ano` files of MCO, and what a hospital keeps beside them, to one extract per hospital, year and transmission.

Belongs here: joining the two, refusing a file as a whole, accounting for both. Not here: which .ano goes with which .rsa
(transmissions.py), the lines themselves (rsa.py, ano.py), a pair too large to be held (staged_pair.py), storing (load.py).
A hospital's RSA without ANO is taken, unchained; an RSA whose ANO is there but unreadable is refused with it: half a transmission must
not replace a whole one.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.archives import SourceFile
from strata.ingest.atih.ano import ANO, CHAINING_CODES, read_ano
from strata.ingest.atih.found import Found
from strata.ingest.atih.refused import refused_file
from strata.ingest.atih.rsa import read_rsa
from strata.ingest.atih.transmissions import Pair, pairs, why_not
from strata.ingest.extract import GROUP, QUARANTINE, SCHEMAS, STAY, Extract
from strata.ingest.lines.line_faults import FileRead
from strata.ingest.local.reading import read_beside, read_rss, refused_files
from strata.ingest.reasons import Refused

JOINED = ("pseudonym", "chaining_codes", "entry_date", "exit_date", "billable")  # what a line of the .ano says of a stay
JOINED_BY = ["stay_number", *JOINED]
_NO_CODES = " " * len(CHAINING_CODES)
_NOT_IN_RSA = ("valuation_code", "cost_billed_eur", "care_form", "presence_days", "presence_half_days", "is_unfinished", "billing_base_eur")
Taken = TypeVar("Taken")


def read_atih(sources: Iterable[SourceFile]) -> Iterator[Extract]:
    """One extract per (FINESS, year, month) found among the sources; other families are passed over.

    A file refused comes as an extract without stays that carries its FileSeen. One hospital-year is in memory at a time.
    """
    for pair in pairs(sources):
        yield read_pair(pair)


def read_pair(pair: Pair) -> Extract:
    """The extract of one pair, held in memory; quarantine and FileSeen cover every line of both files."""
    return unless_refused(pair, _held)


def unless_refused(pair: Pair, take: Callable[[Pair, Found], Taken]) -> Extract | Taken:
    """What `take` makes of a pair and its .rsa. An extract instead where there is no .rsa to read, or when one of its files is refused."""
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
        return take(pair, pair.rsa)
    except Refused as refused:
        rsa_fault, ano_fault = (refused.code if one and refused.where == one.source.name else None for one in (pair.rsa, pair.ano))
        return _refused_extract(pair, rsa_fault, ano_fault, refused)


def _refused_extract(pair: Pair, rsa_fault: str | None, ano_fault: str | None, broken: Refused | None = None) -> Extract:
    """No stays; each file with its own fault, or that of being paired with the other's. broken: the refusal of one of them."""
    halves = ((pair.rsa, rsa_fault), (pair.ano, ano_fault))
    files = [refused_file(one, fault or "pair_refused") for one, fault in halves if one]
    faults = {broken.where: broken.code} if broken else {}
    files += refused_files([(file, faults.get(file.source.name, "pair_refused")) for file in pair.local]).files
    return Extract("atih", "mco", {name: schema.empty_table() for name, schema in SCHEMAS.items()}, QUARANTINE.empty_table(), files)


def _held(pair: Pair, found: Found) -> Extract:
    rsa, ano = _read(found), _read(pair.ano) if pair.ano else None
    if ano is not None:
        ano.set_aside(pc.invert(_has_rsa(ano, rsa)), "ano_without_rsa")
    lines = ano.rows.select(JOINED_BY).combine_chunks() if ano else ANO.empty_table().select(JOINED_BY)
    beside = read_beside(pair.tra, pair.vid_hosp, rsa.rows, lines)
    places = _places(rsa.rows.column("stay_number"), beside.lines.column("stay_number"))
    tables = rsa.tables | {"stay": stay_table(rsa.rows, found, beside.lines.take(places)), "group": GROUP.empty_table()}
    reads = [read for read in (rsa, ano) if read]
    files = [read.seen(source.sha256) for read, source in zip(reads, pair.sources)] + beside.files
    quarantine = pa.concat_tables([*(read.quarantine() for read in reads), *beside.quarantine])
    return Extract("atih", "mco", tables, quarantine, files, beside.key)


def _read(found: Found) -> FileRead:
    assert found.layout is not None
    reader = read_rsa if found.recognised.family == "mco_rsa" else read_ano
    return reader(found.source.blocks(), found.layout, found.source.name)


def _has_rsa(ano: FileRead, rsa: FileRead) -> pa.ChunkedArray:
    """For each ANO row, whether the RSA file has its stay; each file is of one hospital and year by now."""
    if any(ano.usual(column) != rsa.usual(column) for column in ("finess", "year")):
        return pa.chunked_array([pa.repeat(False, ano.rows.num_rows)])
    return pc.is_valid(_places(ano.rows.column("stay_number"), rsa.rows.column("stay_number")))


def _places(numbers: pa.ChunkedArray, among: pa.ChunkedArray) -> pa.ChunkedArray:
    """The place of each stay number among others, NULL without one. Two files in one order, as GENRSA writes them, need no look-up."""
    if numbers.equals(among):
        return pa.chunked_array([pa.array(np.arange(len(numbers)))])
    return pc.index_in(numbers, value_set=among)


def stay_table(rows: pa.Table, rsa: Found, said: pa.Table) -> pa.Table:
    """Stays as read (rsa.AS_READ) with what their lines of the .ano say, row by row (JOINED); NULL where a stay has none."""
    columns = {name: rows.column(name) for name in rows.column_names} | {name: said.column(name) for name in JOINED}
    columns["chaining_codes"] = pc.fill_null(columns["chaining_codes"], _NO_CODES)
    columns["source_line"] = pc.cast(rows.column("line"), pa.int32())
    for name, value in (("field", "mco"), ("format_version", rsa.recognised.version), ("source_file", rsa.source.name)):
        columns[name] = pa.repeat(value, len(rows))
    for name in _NOT_IN_RSA:
        columns[name] = pa.nulls(len(rows), STAY.field(name).type)
    return pa.Table.from_arrays([columns[name] for name in STAY.names], schema=STAY)
