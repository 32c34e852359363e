"""What a file is, from its first bytes: never from a year a person typed, and from its name only when the content cannot tell.

Belongs here: families and versions. Not here: reading the rows (atih/mco.py, snds/stay_sets.py).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from strata.ingest.archives import SourceFile
from strata.ingest.extract import FileSeen
from strata.ingest.lines.layouts import layouts
from strata.ingest.lines.line_shape import shape_of
from strata.ingest.reasons import Refused
from strata.ingest.snds.person_family import person_table_of
from strata.ingest.snds.sas import MAGIC as SAS_MAGIC
from strata.ingest.snds.sas import can_read_sas, sas_columns
from strata.ingest.snds.stay_family import named, stay_table_of

BOM = b"\xef\xbb\xbf"
SEPARATORS = (";", ",", "\t", "|", "^", "~")  # neither : nor a blank: dates hold them
_RSA = re.compile(rb"[0-9][0-9AB][0-9]{7}([0-9]{3})[0-9]{10}")  # FINESS, version, stay number
_HEAD_LINES = 50
_RSA_SHORTEST = 200  # an RSA of any version, known or not, is longer
_LOCAL = {  # files a hospital keeps: what their lines look like, whose group is the version
    "mco_tra": (
        re.compile(rb"[0-9]{10}.{20}[0-9 ]{10}.{20}[0-9]{8}[0-9]{2}[A-Z][0-9]{2}.[0-9]{8}$"),
        re.compile(rb"[0-9]{10};[^;]{1,20};[^;]{0,20};[0-9]{8};[0-9]{8};[0-9]{2}[A-Z][0-9]{2}.;[^;]*$"),
    ),
    "vid_hosp": (re.compile(rb".{48}(V[0-9]{3})[0-9][0-9AB][0-9]{7}.{400}"),),
    "mco_rum": (re.compile(rb"[0-9]{2}.{7}(1[0-9]{2}).{3}[0-9][0-9AB][0-9]{7}0[0-9]{2}.{165}"),),  # versions of the RSS, then of the RUM
}
_TRA_FORMS = ("82", "csv")


@dataclass(frozen=True)
class Recognised:
    """family: 'mco_rsa', 'mco_ano', one of line_shape.FAMILIES, 'T_MCOaaB', 'C', 'D', 'A', 'UM', 'VALO' (same prefix) or 'unknown'.

    version: of families.csv (or, of an unknown one, columns 10-12 of an RSA, the length of an ANO, the code of another line),
    'csv', 'parquet' or 'sas7bdat' of a table. separator: of a CSV. code: the version the lines say they have, outside MCO.
    """

    family: str
    version: str | None = None
    separator: str | None = None
    code: str | None = None


UNKNOWN = Recognised("unknown")
_NAMED = {
    "rsa": "mco_rsa",
    "rha": "smr_rha",
    "sha": "smr_ssrha",
    "ssrha": "smr_ssrha",
    "rapss": "had_rapss",
    "rpsa": "psy_rpsa",
    "r3a": "psy_r3a",
}


def recognise(first_bytes: bytes, name: str) -> Recognised:
    """What the file that begins with `first_bytes` (some tens of kilobytes) is; a Parquet file is told by `recognise_source`."""
    lines = [line.removesuffix(b"\r") for line in first_bytes.removeprefix(BOM).split(b"\n")]
    if len(lines) > 1:
        lines.pop()  # cut anywhere, or empty after the last newline
    lines = [line for line in lines if line]
    return _fixed_width(lines) or _table(lines, name) or _by_name(name, lines)


def recognise_source(source: SourceFile) -> Recognised:
    """The same for a source, Parquet schemas included. One that is refused, or breaks here and becomes so, is told by its name.

    Each of those who group files asks: a source is looked into once, and again only once it is refused.
    """
    if source.recognised is None or source.refused:
        source.recognised = _look_into(source)
    return source.recognised


def _look_into(source: SourceFile) -> Recognised:
    try:
        head = source.head()
        if version := binary_version(head):
            return Recognised(_binary_family(source, version), version)
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
    verdicts = Counter(verdict for line in lines[:_HEAD_LINES] if (verdict := _line_family(line)))
    shape = shape_of(lines[:_HEAD_LINES])
    if shape and shape.lines >= max(verdicts.values(), default=1):
        return Recognised(shape.family, shape.version or shape.code, code=shape.code)
    if not verdicts:
        return None
    known = {verdict: count for verdict, count in verdicts.items() if verdict[1] in layouts(verdict[0])}
    family, version = max(known or verdicts, key=lambda verdict: (known or verdicts)[verdict])
    return Recognised(family, version)


def _line_family(line: bytes) -> tuple[str, str] | None:
    if local := _local_family(line):
        return local
    match = _RSA.match(line) if len(line) >= _RSA_SHORTEST else None
    version = match.group(1).decode("ascii") if match else ""
    if version in layouts("mco_rsa"):
        return "mco_rsa", version
    if str(len(line)) in layouts("mco_ano"):
        return "mco_ano", str(len(line))
    return ("mco_rsa", version) if version.startswith("2") else None


def _local_family(line: bytes) -> tuple[str, str] | None:
    for family, patterns in _LOCAL.items():
        for form, pattern in zip(_TRA_FORMS, patterns):
            if match := pattern.match(line):
                return family, match.group(1).decode("ascii") if pattern.groups else form
    return None


def _table(lines: list[bytes], name: str) -> Recognised | None:
    if not lines:
        return None
    header = lines[0].decode("latin-1")
    for separator in SEPARATORS:
        family = table_of((column.strip().strip('"') for column in header.split(separator)), name)
        if family != "unknown":
            return Recognised(family, "csv", separator)
    return None


def _by_name(name: str, lines: list[bytes]) -> Recognised:
    """An .rsa or .ano whose lines say nothing is still one: its reader then says what is wrong with it."""
    suffix = name.lower().removesuffix(".txt").rpartition(".")[2]
    if suffix == "ano":
        lengths = Counter(len(line) for line in lines).most_common(1)
        return Recognised("mco_ano", str(lengths[0][0]) if lengths else None)
    return Recognised(_NAMED[suffix]) if suffix in _NAMED else UNKNOWN


def table_of(columns: Iterable[str], name: str = "") -> str:
    """The SNDS table these columns belong to, 'unknown' when none; the name of the file decides where they do not."""
    header = list(columns)
    found = stay_table_of(header, name)
    return found if found != "unknown" else person_table_of(header)


def binary_version(head: bytes) -> str | None:
    """'parquet' or 'sas7bdat' by the first bytes of a file, None for any other."""
    if head.startswith(b"PAR1"):
        return "parquet"
    return "sas7bdat" if head.startswith(SAS_MAGIC) else None


def _binary_family(source: SourceFile, version: str) -> str:
    """By the columns; a SAS table by its name where they cannot be seen: in an archive, or without what reads it."""
    if version == "parquet":
        return table_of(_parquet_columns(source), source.name)
    said = named(source.name)
    if source.path is not None and (can_read_sas() or said is None):
        return table_of(sas_columns(source.path), source.name)
    return said.family.family if said else "unknown"


def _parquet_columns(source: SourceFile) -> list[str]:
    if source.path is not None:
        return list(pq.read_schema(source.path).names)
    with source.open() as stream:  # an archive entry cannot be read backwards
        return list(pq.read_schema(pa.BufferReader(stream.read())).names)
