"""The whole table, filled: every module of mutations imported once. Not here: anything else."""

from tests.support.corpus import (
    ano_mutations,
    archive_mutations,
    care_mutations,
    drawn_files,
    drawn_lines,
    drawn_tables,
    parquet_mutations,
    row_mutations,
    rsa_mutations,
    table_mutations,
    text_mutations,
    transmission_mutations,
)
from tests.support.corpus.mutation import MUTATIONS

__all__ = [
    "MUTATIONS",
    "ano_mutations",
    "archive_mutations",
    "care_mutations",
    "drawn_files",
    "drawn_lines",
    "drawn_tables",
    "parquet_mutations",
    "row_mutations",
    "rsa_mutations",
    "table_mutations",
    "text_mutations",
    "transmission_mutations",
]
