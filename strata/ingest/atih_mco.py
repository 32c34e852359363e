"""From `.rsa` and `.ano` files of MCO to one extract per hospital, year and transmission.

Belongs here: joining the two, refusing a file as a whole, accounting for both. Not here: which .ano goes with which .rsa
(transmissions.py), the lines themselves (rsa.py, ano.py), storing (load.py). A hospital's RSA without ANO is taken, unchained;
an RSA whose ANO is there but unreadable is refused with it: half a transmission must not replace a whole one.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.ano import ANO, CHAINING_CODES, read_ano
from strata.ingest.archives import SourceFile
from strata.ingest.extract import GROUP, QUARANTINE, SCHEMAS, STAY, Extract, FileSeen
from strata.ingest.fixed_width import line_blocks
from strata.ingest.line_faults import FileRead
from strata.ingest.reasons import Refused
from strata.ingest.rsa import read_rsa
from strata.ingest.transmissions import Found, Pair, pairs, why_not

_JOINED = ("pseudonym", "chaining_codes", "entry_date", "exit_date", "billable")
_NO_CODES = " " * len(CHAINING_CODES)
_NOT_IN_RSA = ("valuation_code", "cost_billed_eur", "care_form", "presence_days", "presence_half_days", "is_unfinished", "billing_base_eur")


def read_atih(sources: Iterable[SourceFile]) -> Iterator[Extract]:
    """One extract per (FINESS, year, month) found among the sources; other families are passed over.

    A file refused comes as an extract without stays that carries its FileSeen. One hospital-year is in memory at a time.
    """
    for pair in pairs(sources):
        yield read_pair(pair)


def read_pair(pair: Pair) -> Extract:
    """The extract of one pair; quarantine and FileSeen cover every line of both files."""
    if pair.rsa is None:
        return _refused_extract(pair, None, why_not(pair.ano) or "ano_file_without_rsa")
    rsa_fault, ano_fault = why_not(pair.rsa), why_not(pair.ano)
    if rsa_fault or ano_fault:
        return _refused_extract(pair, rsa_fault, ano_fault)
    try:
        rsa = _read(pair.rsa)
    except Refused as refused:
        return _refused_extract(pair, refused.code, None)
    try:
        ano = _read(pair.ano) if pair.ano else None
    except Refused as refused:
        return _refused_extract(pair, None, refused.code)
    return _joined(pair, rsa, ano)


def _read(found: Found) -> FileRead:
    assert found.layout is not None
    reader = read_rsa if found.recognised.family == "mco_rsa" else read_ano
    return reader(found.source.blocks(), found.layout, found.source.name)


def _refused_extract(pair: Pair, rsa_fault: str | None, ano_fault: str | None) -> Extract:
    """No stays; each file with its own fault, or that of being paired with the other's."""
    halves = ((pair.rsa, rsa_fault), (pair.ano, ano_fault))
    files = [_refused(found, fault or "pair_refused") for found, fault in halves if found]
    return Extract("atih", "mco", {name: schema.empty_table() for name, schema in SCHEMAS.items()}, QUARANTINE.empty_table(), files)


def _refused(found: Found, reason: str) -> FileSeen:
    """Every line of the file is refused; of a file that breaks, those before the break."""
    lines, sha256 = 0, ""
    try:
        for block in line_blocks(found.source.blocks()):
            lines += len(block.starts)
        sha256 = found.source.sha256
    except Refused as refused:
        reason = refused.code
    seen = FileSeen(found.source.name, sha256, found.recognised.family, found.recognised.version, found.finess)
    seen.lines, seen.refused, seen.reason = lines, lines, reason
    return seen


def _joined(pair: Pair, rsa: FileRead, ano: FileRead | None) -> Extract:
    if ano is not None:
        ano.set_aside(pc.invert(_has_rsa(ano, rsa)), "ano_without_rsa")
    stay = _stay(rsa, ano.rows if ano else ANO.empty_table())
    reads = [read for read in (rsa, ano) if read]
    files = [read.seen(source.sha256) for read, source in zip(reads, pair.sources)]
    return Extract(
        "atih",
        "mco",
        rsa.tables | {"stay": stay, "group": GROUP.empty_table()},
        pa.concat_tables([read.quarantine() for read in reads]),
        files,
    )


def _has_rsa(ano: FileRead, rsa: FileRead) -> pa.ChunkedArray:
    """For each ANO row, whether the RSA file has its stay; each file is of one hospital and year by now."""
    same = all(ano.usual(column) == rsa.usual(column) for column in ("finess", "year"))
    is_in = pc.is_in(ano.rows.column("stay_number"), value_set=rsa.rows.column("stay_number"))
    return is_in if same else pc.and_(is_in, False)


def _stay(rsa: FileRead, ano: pa.Table) -> pa.Table:
    """The stays as read with what their ANO lines say, NULL without one."""
    rows = rsa.rows
    match = pc.index_in(rows.column("stay_number"), value_set=ano.column("stay_number"))
    columns = {name: rows.column(name) for name in rows.column_names} | {name: ano.column(name).take(match) for name in _JOINED}
    columns["chaining_codes"] = pc.fill_null(columns["chaining_codes"], _NO_CODES)
    columns["source_line"] = pc.cast(rows.column("line"), pa.int32())
    for name, value in (("field", "mco"), ("format_version", rsa.version), ("source_file", rsa.source_file)):
        columns[name] = pa.repeat(value, len(rows))
    for name in _NOT_IN_RSA:
        columns[name] = pa.nulls(len(rows), STAY.field(name).type)
    return pa.Table.from_arrays([columns[name] for name in STAY.names], schema=STAY)
