"""From `.rsa` and `.ano` files to one extract per hospital, year and transmission.

Belongs here: which .ano goes with which .rsa, joining them, refusing a file as a whole, accounting for both.
Not here: the lines themselves (rsa.py, ano.py), storing (load.py). A hospital's RSA without ANO is taken, unchained;
an RSA whose ANO is there but unreadable is refused with it: half a transmission must not replace a whole one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.ano import ANO, CHAINING_CODES, read_ano
from strata.ingest.archives import SourceFile
from strata.ingest.extract import QUARANTINE, SCHEMAS, STAY, Extract, FileSeen
from strata.ingest.fixed_width import BOM, Cells, line_blocks
from strata.ingest.layouts import Layout, layouts
from strata.ingest.line_faults import FileRead
from strata.ingest.reasons import Refused
from strata.ingest.recognise import Recognised, recognise_source
from strata.ingest.rsa import read_rsa
from strata.ingest.transmission import announced

_HEAD_LINES = 50
_JOINED = ("pseudonym", "chaining_codes", "entry_date", "exit_date", "billable")
_NO_CODES = " " * len(CHAINING_CODES)
_UNKNOWN = {"mco_rsa": "unknown_version_file", "mco_ano": "unknown_length_file"}


@dataclass(frozen=True)
class Found:
    """A source recognised as RSA or ANO. layout: None when its version is unknown; finess, year: of its first lines."""

    source: SourceFile
    recognised: Recognised
    layout: Layout | None
    finess: str | None
    year: str | None

    @property
    def hospital_year(self) -> tuple[str | None, str | None]:
        return self.finess, self.year


@dataclass(frozen=True)
class Pair:
    """The files of one transmission; either may be missing, not both."""

    rsa: Found | None
    ano: Found | None

    @property
    def sources(self) -> list[SourceFile]:
        return [found.source for found in (self.rsa, self.ano) if found]


def read_atih(sources: Iterable[SourceFile]) -> Iterator[Extract]:
    """One extract per (FINESS, year, month) found among the sources; other families are passed over.

    A file refused comes as an extract without stays that carries its FileSeen. One hospital-year is in memory at a time.
    """
    for pair in pairs(sources):
        yield read_pair(pair)


def pairs(sources: Iterable[SourceFile]) -> list[Pair]:
    """Each .rsa with its .ano: the same container and name, else alone of their hospital-year in a container, else the same month.

    A refused source counts as the half its name says it is, and only beside the other half (recognise.seen accounts for the rest).
    In the order in which e-PMSI made them, as their names tell, so that of two transmissions of one month the later one is read last.
    """
    found = [one for source in sources if (one := _find(source))]
    rsas = [one for one in found if one.recognised.family == "mco_rsa"]
    anos = [one for one in found if one.recognised.family == "mco_ano"]
    made: list[Pair] = []
    for key in (_by_name, _by_container, _by_month):
        made += _matched(rsas, anos, key)
    made += [Pair(rsa, None) for rsa in rsas] + [Pair(None, ano) for ano in anos]
    made = [pair for pair in made if not all(source.refused for source in pair.sources)]
    return sorted(made, key=lambda pair: (_sent(pair), [source.name for source in pair.sources]))


def _sent(pair: Pair) -> datetime:
    """When e-PMSI made the archive, as its name says; the beginning of time for another name."""
    said = announced(pair.sources[0].name)
    return said.sent if said and said.sent else datetime.min


def _matched(rsas: list[Found], anos: list[Found], key: Callable[[Found], object]) -> list[Pair]:
    """Pairs of files alone with their key on either side, taken out of both lists."""
    if not rsas or not anos:
        return []
    rsa_keys, ano_keys = [key(rsa) for rsa in rsas], [key(ano) for ano in anos]
    rsa_counts, ano_counts = Counter(rsa_keys), Counter(ano_keys)
    unique = {one for one, count in rsa_counts.items() if one and count == ano_counts[one] == 1}
    by_key = dict(zip(ano_keys, anos))
    made = [Pair(rsa, by_key[one]) for rsa, one in zip(rsas, rsa_keys) if one in unique]
    rsas[:] = [rsa for rsa, one in zip(rsas, rsa_keys) if one not in unique]
    anos[:] = [ano for ano, one in zip(anos, ano_keys) if one not in unique]
    return made


def _by_name(found: Found) -> tuple[object, ...]:
    return found.source.container, found.source.stem


def _by_container(found: Found) -> tuple[object, ...] | None:
    return (found.source.container, *found.hospital_year) if found.finess else None


def _by_month(found: Found) -> tuple[object, ...] | None:
    return (*found.hospital_year, _last_month(found)) if found.finess else None


def _find(source: SourceFile) -> Found | None:
    recognised = recognise_source(source)
    if recognised.family not in _UNKNOWN:
        return None
    layout = layouts(recognised.family).get(recognised.version or "")
    if layout is None:
        return Found(source, recognised, None, None, None)
    lines = [line for line in source.head().removeprefix(BOM).split(b"\n")[:_HEAD_LINES] if len(line) >= layout.fixed.width]
    finess, year = (_usual(lines, layout, name) for name in ("finess", "exit_year"))
    return Found(source, recognised, layout, finess, year)


def _usual(lines: list[bytes], layout: Layout, name: str) -> str | None:
    field = layout.fixed.field(name)
    values = Counter(line[field.start : field.start + field.width].decode("latin-1") for line in lines)
    return values.most_common(1)[0][0] if values else None


def _last_month(found: Found) -> int:
    """The last month of exit of a whole file: its transmission. 0 when it breaks while being read."""
    try:
        return max(count_lines(found)[1], default=0)
    except Refused:
        return 0


def count_lines(found: Found) -> tuple[int, tuple[int, ...]]:
    """(lines, months of exit met) of a whole file of a known version. Refused when it breaks while being read."""
    assert found.layout is not None
    fixed, count, met = found.layout.fixed, 0, np.zeros(13, dtype=bool)
    for lines in line_blocks(found.source.blocks()):
        whole = np.flatnonzero(lines.lengths >= fixed.width)
        months = Cells.gather(lines.data, fixed, lines.starts[whole], whole).integer("exit_month").values
        met[months[months <= 12]] = True
        count += len(lines.starts)
    return count, tuple(int(month) for month in np.flatnonzero(met) if month)


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


def why_not(found: Found | None) -> str | None:
    """Why a file cannot even be begun: its own refusal, or an unknown version, by name beside the known ones."""
    if found is None or found.source.refused:
        return found.source.refused if found else None
    if found.layout is not None:
        return None
    known = " ".join(sorted(layouts(found.recognised.family), key=int))
    return f"{_UNKNOWN[found.recognised.family]}: {found.recognised.version or '?'}; {known}"


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
    return Extract("atih", "mco", rsa.tables | {"stay": stay}, pa.concat_tables([read.quarantine() for read in reads]), files)


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
    for name in ("valuation_code", "cost_billed_eur"):
        columns[name] = pa.nulls(len(rows), STAY.field(name).type)
    return pa.Table.from_arrays([columns[name] for name in STAY.names], schema=STAY)
