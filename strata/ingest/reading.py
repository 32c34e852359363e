"""What a person who opens a notebook wants: the tables of a file, an archive or a folder, as read, without a warehouse.

Belongs here: putting the extracts found at a path together. Not here: reading them (atih/mco.py, snds/stay_sets.py).
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from strata.errors import StrataError
from strata.ingest.archives import SourceFile, open_sources
from strata.ingest.atih.care_field import staged_files
from strata.ingest.atih.mco import read_pair
from strata.ingest.atih.transmissions import field_files, pairs
from strata.ingest.extract import QUARANTINE, SCHEMAS, Extract
from strata.ingest.raw.raw_set import held
from strata.ingest.reasons import refusal
from strata.ingest.recognise import recognise_source
from strata.ingest.snds.stay_sets import staged, table_sets


def read_tables(path: Path) -> dict[str, pa.Table]:
    """'stay', 'unit', 'diagnosis', 'procedure' (schemas of extract.py, joined by `line`) and 'quarantine' of what lies at `path`.

    Where several extracts lie there, `line` goes on from one to the next; source_line stays the line in the file.
    StrataError when a file is refused, or when there is nothing to read.
    """
    sources = list(open_sources(path))
    extracts = _extracts(sources)
    if not extracts:
        raise _nothing(path, sources)
    tables = {name: pa.concat_tables(parts) for name, parts in _shifted(extracts).items()}
    return tables | {"quarantine": pa.concat_tables([extract.quarantine for extract in extracts], promote_options="none").cast(QUARANTINE)}


def _extracts(sources: list[SourceFile]) -> list[Extract]:
    extracts = [_checked(read_pair(pair)) for pair in pairs(sources)]
    for files in field_files(sources):
        with staged_files(files) as read:
            extracts += [_checked(held(extract)) for extract in read.extracts()]
    for tables in table_sets((source, recognise_source(source)) for source in sources):
        with staged(tables) as ready:
            extracts += [_checked(held(extract)) for extract in ready.extracts()]
    return extracts


def _checked(extract: Extract) -> Extract:
    refused = [file for file in extract.files if file.reason]
    own = [file for file in refused if not (file.reason or "").startswith(("incomplete_set", "pair_refused", "transmission_refused"))]
    for file in own or refused:  # the file at fault rather than those refused with it
        raise refusal(file.reason or "unreadable", file.source_file)
    return extract


def _shifted(extracts: list[Extract]) -> dict[str, list[pa.Table]]:
    parts: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
    shift = highest = 0
    for extract in extracts:
        for name, table in extract.tables.items():
            line = pc.add(table.column("line"), shift)
            parts[name].append(table.set_column(0, SCHEMAS[name].field("line"), line))
        highest = max(highest, pc.max(parts["stay"][-1].column("line")).as_py() or 0)
        shift = highest if extract.files else shift  # the groups of one set share their numbers, and its files come with the last
    return parts


def _nothing(path: Path, sources: list[SourceFile]) -> StrataError:
    refused = next((source for source in sources if source.refused), None)
    if refused is not None:
        return refusal(refused.refused or "unreadable", refused.name)
    return StrataError(
        what=("Aucune extraction reconnue.", "No extract recognised."),
        where=str(path),
        why=("Ni fichier ATIH ni table de séjours du SNDS (T_MCOaaB…).", "Neither an ATIH file nor an SNDS table of stays (T_MCOaaB…)."),
        fix=("Donnez le chemin d'un fichier, d'une archive ou d'un dossier.", "Give the path of a file, an archive or a folder."),
    )
