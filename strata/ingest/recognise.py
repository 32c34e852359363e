"""What a file is, from its first bytes: never from a year a person typed, and from its name only when the content cannot tell.

Belongs here: families and versions. Not here: reading the rows (atih_mco.py, snds.py).
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq

from strata.ingest.archives import SourceFile
from strata.ingest.extract import FileSeen
from strata.ingest.layouts import FORMATS, layouts
from strata.ingest.person_family import person_table_of
from strata.ingest.reasons import Refused

BOM = b"\xef\xbb\xbf"
_SEPARATORS = (";", ",", "\t", "|")
_RSA = re.compile(rb"[0-9][0-9AB][0-9]{7}([0-9]{3})[0-9]{10}")  # FINESS, version, stay number
_RSA_SHORTEST = 200  # an RSA of any version, known or not, is longer


@dataclass(frozen=True)
class Recognised:
    """family: 'mco_rsa', 'mco_ano', 'T_MCOaaB', 'C', 'D', 'A', 'UM', 'VALO' (same prefix) or 'unknown'.

    version: columns 10-12 of an RSA (known or not), line length of an ANO, 'csv' or 'parquet' of a table. separator: of a CSV.
    """

    family: str
    version: str | None = None
    separator: str | None = None


UNKNOWN = Recognised("unknown")


def recognise(first_bytes: bytes, name: str) -> Recognised:
    """What the file that begins with `first_bytes` (some tens of kilobytes) is; a Parquet file is told by `recognise_source`."""
    lines = [line.removesuffix(b"\r") for line in first_bytes.removeprefix(BOM).split(b"\n")]
    if len(lines) > 1:
        lines.pop()  # cut anywhere, or empty after the last newline
    lines = [line for line in lines if line]
    return _fixed_width(lines) or _table(lines) or _by_name(name, lines)


def recognise_source(source: SourceFile) -> Recognised:
    """The same for a source, Parquet schemas included. One that is refused, or breaks here and becomes so, is told by its name."""
    try:
        head = source.head()
        if head[:4] == b"PAR1":
            return Recognised(table_of(_parquet_columns(source)), "parquet")
        return recognise(head, source.name)
    except Refused as refused:
        source.refused = refused.reason
        return _by_name(source.name, [])
    except (pa.ArrowException, OSError):
        return UNKNOWN


def seen(source: SourceFile) -> FileSeen:
    """How the receipt accounts for a file that no reader takes: refused, or unknown (listed, not an error)."""
    return FileSeen(source.name, "" if source.refused else _sha256(source), "unknown", reason=source.refused)


def _sha256(source: SourceFile) -> str:
    try:
        return source.sha256
    except Refused as refused:
        source.refused = refused.reason
        return ""


def _fixed_width(lines: list[bytes]) -> Recognised | None:
    """The commonest verdict of the first lines, so that one bad line in front changes nothing."""
    verdicts = Counter(verdict for line in lines[:50] if (verdict := _line_family(line)))
    if not verdicts:
        return None
    known = {verdict: count for verdict, count in verdicts.items() if verdict[1] in layouts(verdict[0])}
    family, version = max(known or verdicts, key=lambda verdict: (known or verdicts)[verdict])
    return Recognised(family, version)


def _line_family(line: bytes) -> tuple[str, str] | None:
    match = _RSA.match(line) if len(line) >= _RSA_SHORTEST else None
    version = match.group(1).decode("ascii") if match else ""
    if version in layouts("mco_rsa"):
        return "mco_rsa", version
    if str(len(line)) in layouts("mco_ano"):
        return "mco_ano", str(len(line))
    return ("mco_rsa", version) if version.startswith("2") else None


def _table(lines: list[bytes]) -> Recognised | None:
    if not lines:
        return None
    header = lines[0].decode("latin-1")
    for separator in _SEPARATORS:
        family = table_of(name.strip().strip('"') for name in header.split(separator))
        if family != "unknown":
            return Recognised(family, "csv", separator)
    return None


def _by_name(name: str, lines: list[bytes]) -> Recognised:
    """An .rsa or .ano whose lines say nothing is still one: its reader then says what is wrong with it."""
    suffix = name.lower().removesuffix(".txt").rpartition(".")[2]
    if suffix == "ano":
        lengths = Counter(len(line) for line in lines).most_common(1)
        return Recognised("mco_ano", str(lengths[0][0]) if lengths else None)
    return Recognised("mco_rsa") if suffix == "rsa" else UNKNOWN


def table_of(columns: Iterable[str]) -> str:
    """The SNDS table these columns belong to: the one with the largest share of its own columns, given a key; else 'unknown'."""
    present = {column.upper() for column in columns}
    scores = {table: len(present & own) / len(own) for table, own in _own_columns().items()}
    best = max(scores, key=lambda table: scores[table])
    return best if scores[best] and present & {"ETA_NUM", "RSA_NUM"} and len(present) > 1 else person_table_of(present)


@cache
def _own_columns() -> dict[str, set[str]]:
    """Per table, the required columns no other table of snds_mco.csv has: an optional one (RSS_NUM) may be in the others as well."""
    with (FORMATS / "snds_mco.csv").open(encoding="utf-8", newline="") as handle:
        rows = [(row["table"], row["column"], row["required"]) for row in csv.DictReader(handle)]
    counts = Counter(column for _, column, _ in rows)
    own = [(table, column) for table, column, required in rows if required == "yes" and counts[column] == 1]
    return {table: {column for owner, column in own if owner == table} for table, _ in own}


def _parquet_columns(source: SourceFile) -> list[str]:
    if source.path is not None:
        return list(pq.read_schema(source.path).names)
    with source.open() as stream:  # an archive entry cannot be read backwards
        return list(pq.read_schema(pa.BufferReader(stream.read())).names)
