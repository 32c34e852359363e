"""strata: who lives here with a chronic disease, how sick they are, what they cost, against what the country expects."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__version__ = "0.1.0"


def read(path: str | Path) -> "dict[str, pa.Table]":
    """The tables of one extract as read: 'stay', 'unit', 'diagnosis', 'procedure' (joined by `line`) and 'quarantine'.

    path: a file, an archive or a folder, ATIH (.rsa and .ano) or SNDS (T_MCOaaB and the others of its year).
    Schemas: strata/ingest/extract.py. StrataError when a file is refused, or when nothing is recognised.
    """
    from strata.ingest.reading import read_tables

    return read_tables(Path(path))


def indicators(path: str | Path) -> "pl.DataFrame":
    """The published indicators, one row per indicator and published cell: of a run folder, of `published` or of a project (its latest run).

    StrataError when nothing is published there.
    """
    from strata.publication.publish import read_indicators

    return read_indicators(Path(path))
