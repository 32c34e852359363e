"""Which files are SNDS tables about persons (DCIR, IR_BEN_R, IR_IMB_R, CT_IND), and which of them go together.

Belongs here: the sets. Not here: knowing a table by its columns (person_family.py), tables of stays (stay_sets.py), rows (person_set.py).
A set is read and replaced together: every IR_BEN_R of the folder; every IR_IMB_R; CT_IND and CT_IDE of one year and version; of DCIR,
the files that share a month of flow, whatever they are called: twelve monthly extractions are twelve sets, one of a year is one.
"""

import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from strata.engine.duckdb import connect
from strata.ingest.archives import SourceFile
from strata.ingest.raw.raw_tables import family, person_fields
from strata.ingest.reasons import Refused
from strata.ingest.recognise import SEPARATORS, UNKNOWN, Recognised, binary_version, seen
from strata.ingest.snds.stay_sets import TableSet
from strata.ingest.snds.table_file import TableFile, distinct_months, header_line

_BY_NAME = re.compile(r"(ER_PRS_F|ER_BIO_F|ER_CAM_F|ER_PHA_F|ER_ETE_F|IR_BEN_R|IR_IMB_R|CT_IDE|CT_IND)(?![A-Z])", re.IGNORECASE)
_CARTOGRAPHY = re.compile(r"CT_I[DN][DE]_(\d{4})(?:_(G\d+))?", re.IGNORECASE)


IsKnown = Callable[[list[SourceFile]], bool]


def person_sets(sources: Iterable[tuple[SourceFile, Recognised]], is_known: IsKnown, work: Path | None = None) -> list[TableSet]:
    """The sets among recognised sources that are not known yet, beneficiaries first; copies of one content are taken once.

    is_known: whether all this content was taken before. work: where a CSV that DuckDB cannot read is copied meanwhile.
    """
    files = person_tables(sources)
    sets = [TableSet(field, label, tuple(group)) for (field, label), group in _labelled(files).items()]
    dcir = [file for file in files if _field(file) == "dcir"]
    if not is_known([file.source for file in dcir]):  # looking for the months of flow reads a column of every file
        sets += _flows(dcir, work)
    new = [one for one in sets if not is_known([file.source for file in one.files])]
    return sorted(new, key=lambda one: (_rank(one.field), one.label))


def person_tables(sources: Iterable[tuple[SourceFile, Recognised]]) -> list[TableFile]:
    """The tables about persons among recognised sources, by name; copies of one content once."""
    found = [TableFile(source, recognised if _is_ours(recognised.family) else _by_name(source)) for source, recognised in sources]
    content: dict[str, TableFile] = {}
    for file in sorted((file for file in found if _is_ours(file.family)), key=lambda file: file.source.name):
        content.setdefault(seen(file.source).sha256 or file.source.name, file)
    return list(content.values())


def flow_months(connection: duckdb.DuckDBPyConnection, file: TableFile, work: Path) -> tuple[str, ...]:
    """The months of flow of a DCIR table ('2019-02'), in order; empty for another table. Refused as by table_file.stage."""
    return tuple(distinct_months(connection, file, "flow_date", work)) if _field(file) == "dcir" else ()


def _is_ours(name: str) -> bool:
    table = family(name)
    return table is not None and table.field in person_fields()


def _field(file: TableFile) -> str:
    table = family(file.family)
    return table.field if table else ""


def _rank(field: str) -> int:
    return ("beneficiary", "ald", "cartography", "dcir").index(field)


def _by_name(source: SourceFile) -> Recognised:
    """A table whose own columns are missing is still known by its name: it is then refused by the name of the column."""
    match = _BY_NAME.search(_own_name(source))
    if match is None or source.refused:
        return UNKNOWN
    name = match[1].upper()
    table = f"{name}_AAAA_GN" if name.startswith("CT_") else name
    try:
        if version := binary_version(source.head()):
            return Recognised(table, version)
        header = header_line(source)
    except Refused:
        return UNKNOWN
    separator = max(SEPARATORS, key=header.count)
    return Recognised(table, "csv", separator) if separator in header else UNKNOWN


def _own_name(source: SourceFile) -> str:
    return source.name.rpartition("!")[2].rpartition("/")[2]


def _labelled(files: list[TableFile]) -> dict[tuple[str, str], list[TableFile]]:
    """The files that are no DCIR, by set; of the beneficiaries the archive comes last, so that the current row is the one kept."""
    sets: dict[tuple[str, str], list[TableFile]] = {}
    for file in sorted(files, key=lambda file: ("_ARC" in _own_name(file.source).upper(), file.source.name)):
        field = _field(file)
        if field != "dcir":
            sets.setdefault((field, cartography_label(file) if field == "cartography" else ""), []).append(file)
    return sets


def cartography_label(file: TableFile) -> str:
    """'2022_G10': the year and version that the name of a cartography table says; its container when it says none."""
    match = _CARTOGRAPHY.search(_own_name(file.source))
    return f"{match[1]}_{(match[2] or '').upper()}" if match else f" {file.source.container}"


def _flows(files: list[TableFile], work: Path | None) -> list[TableSet]:
    """The sets of DCIR files that share a month of flow, labelled by their first month. A file that cannot be read is a set by itself."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        connection = connect(None)
        try:
            months = {file.source.name: _months(connection, file, Path(folder)) for file in files}
        finally:
            connection.close()
    groups: list[tuple[set[str], list[TableFile]]] = []
    for file in files:
        own = months[file.source.name]
        joined = [group for group in groups if group[0] & own]
        groups = [group for group in groups if not group[0] & own]
        groups.append((own.union(*(group[0] for group in joined)), [*(one for group in joined for one in group[1]), file]))
    return [TableSet("dcir", min(own), tuple(sorted(group, key=lambda file: file.source.name))) for own, group in groups]


def _months(connection: duckdb.DuckDBPyConnection, file: TableFile, work: Path) -> set[str]:
    """The months of flow of a file ('2019-02'); its name when it has none that can be read: staging it then says why."""
    try:
        return set(distinct_months(connection, file, "flow_date", work)) or {file.source.name}
    except Refused:
        return {file.source.name}
