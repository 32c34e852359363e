"""SAS7BDAT tables: their columns, their rows as a Parquet file. Needs the extra `sas` (pyreadstat, Apache-2.0).

Belongs here: everything that knows pyreadstat or how SAS writes a date. Not here: what a table is (recognise.py, stay_family.py),
what its rows mean (table_file.py, which reads the Parquet file).
"""

import importlib
import importlib.util
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from strata.ingest.reasons import refusal

MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
CHUNK_CELLS = (
    3_000_000  # held at once: some 200 MB as Python values; fewer would cost more time, as each chunk passes over the rows before it
)
_DAYS = 3653  # from 1 January 1960, where SAS counts from, to 1 January 1970
_DATES = re.compile(r"(DATE|(DDMMYY|MMDDYY|YYMMDD)[BCDNPS]?|(B|E|IS)8601DA|EURDFD[DE]|NLDATE|WEEKDATE|WORDDATE|MONYY|JULIAN)[0-9.]*")
_DATETIMES = re.compile(r"(DATETIME|DATEAMPM|(B|E|IS)8601DT|EURDFDT|NLDATM|DTDATE|DTMONYY|MDYAMPM)[0-9.]*")


def can_read_sas() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("pyreadstat") is not None


def sas_columns(path: Path) -> list[str]:
    """The columns of a SAS7BDAT file. Refused when it cannot be read, or without the extra."""
    return list(_read(path, metadataonly=True)[1].column_names)


def sas_rows(path: Path) -> int:
    """Its rows, as it says. Refused as above."""
    return int(_read(path, metadataonly=True)[1].number_rows or 0)


def sas_to_parquet(path: Path, work: Path, is_wanted: Callable[[str], bool]) -> Path:
    """A Parquet file in `work` with the rows of a SAS7BDAT file, in their order, and those of its columns that are wanted.

    Read by chunks: memory grows neither with the rows nor with the columns. Dates and times are recognised by the SAS format of their
    column; a date without one stays a number, which no date is read from. Refused when it cannot be read to its end, or without the extra.
    """
    every = sas_columns(path)
    names = [name for name in every if is_wanted(name)] or every
    with tempfile.NamedTemporaryFile(dir=work, delete=False, suffix=".parquet") as target:
        chunks = _chunks(path, names)
        first = next(chunks)
        with pq.ParquetWriter(target, first.schema) as writer:
            writer.write_table(first)
            for chunk in chunks:
                writer.write_table(chunk)
    return Path(target.name)


def _chunks(path: Path, names: list[str]) -> Iterator[pa.Table]:
    """The rows by chunks, at least one."""
    most = max(1, CHUNK_CELLS // max(1, len(names)))
    offset, size = 0, most
    while size == most:
        values, about = _read(path, row_offset=offset, row_limit=most, usecols=names)
        chunk = to_arrow(values, about.readstat_variable_types, about.original_variable_types)
        yield chunk
        offset, size = offset + chunk.num_rows, chunk.num_rows


def to_arrow(values: dict[str, list[Any]], kinds: dict[str, str], formats: dict[str, str | None]) -> pa.Table:
    """Columns as pyreadstat gives them, typed. kinds: 'string' or a kind of number; formats: the SAS format of each, None without."""
    return pa.table({name: _column(column, kinds[name], formats[name] or "") for name, column in values.items()})


def _column(values: list[Any], kind: str, sas_format: str) -> pa.Array:
    if kind == "string":
        return pa.array(values, pa.string())
    numbers = pa.array(values, pa.float64())
    if _DATES.fullmatch(sas_format.upper()):
        return pc.floor(pc.subtract(numbers, _DAYS)).cast(pa.int32()).cast(pa.date32())
    if _DATETIMES.fullmatch(sas_format.upper()):
        return pc.floor(pc.subtract(numbers, _DAYS * 86400)).cast(pa.int64()).cast(pa.timestamp("s"))
    return numbers


def _read(path: Path, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    if not can_read_sas():
        raise refusal("sas_reader_missing", path.name)
    reader = importlib.import_module("pyreadstat")
    try:
        values, about = reader.read_sas7bdat(str(path), output_format="dict", disable_datetime_conversion=True, **options)
    except Exception as error:  # what it raises has no common class; a file it cannot read is all it can mean here
        raise refusal("unreadable_table", path.name) from error
    return values, about
