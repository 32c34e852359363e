"""SNDS tables in Parquet: damaged, of other types, of other shapes. Not here: CSV (table_mutations.py)."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.support.corpus.edited_sets import STAYS, Case, Change, in_turn, refused, taken
from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import chained
from tests.support.corpus.tables import files, good, parquet_files, table_parquet
from tests.support.corpus.zips import zipped

_SET = "the set of the year is refused, the table by its own reason, the others as incomplete"
_SAME = "read like any other: every stay is in"


def reshaped(change: Callable[[pa.Table], pa.Table], **options: str) -> Callable[[bytes], bytes]:
    """The table of the file changed and written again."""

    def rewritten(content: bytes) -> bytes:
        buffer = io.BytesIO()
        pq.write_table(change(pq.read_table(io.BytesIO(content))), buffer, **options)
        return buffer.getvalue()

    return rewritten


def _replaced(name: str, column: Callable[[pa.ChunkedArray], object]) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(table.schema.get_field_index(name), name, column(table.column(name)))


@mutation("Parquet: damaged", "tables", _SET)
def _damaged(ground: Ground) -> Iterator[Parcel]:
    pages = ("pages of zeros", "D", lambda content: content[:4] + bytes(60) + content[64:])  # of a column that is read
    ways: dict[str, Change] = {
        "length of the footer": lambda content: content[:-8] + b"\xff\xff\xff\x7f" + content[-4:],
        "no length of the footer": lambda content: content[:-8] + bytes(4) + content[-4:],
        "last mark": lambda content: content[:-4] + b"PARX",
        "encrypted": lambda content: content[:-4] + b"PARE",
    }
    for kept in (4, 5, 50, -400, -9, -8, -4, -1):
        ways[f"first {kept} bytes"] = lambda content, kept=kept: content[:kept]
    yield from refused(ground, [pages, *in_turn(ways)], {"unreadable_table"}, None, parquet_files)


@mutation("Parquet: columns missing or twice", "tables", _SET)
def _columns(ground: Ground) -> Iterator[Parcel]:
    missing: list[Case] = []
    for table, name in (
        ("B", "GRG_GHM"),
        ("C", "NIR_ANO_17"),
        ("D", "ASS_DGN"),
        ("A", "CDC_ACT"),
        ("UM", "UM_ORD_NUM"),
        ("VALO", "MNT_TOT_BR"),
        ("D", "ETA_NUM"),
    ):
        missing.append((name, table, reshaped(lambda one, name=name: one.drop_columns([name]))))
    yield from refused(ground, missing, {"missing_column"}, len(STAYS), parquet_files)
    twice = {
        f"{name} twice": reshaped(lambda one, name=name: one.append_column(name, one.column("RSA_NUM"))) for name in ("RSA_NUM", "rsa_num")
    }
    yield from refused(ground, in_turn(twice, "DA"), {"duplicate_column"}, len(STAYS), parquet_files)


@mutation("Parquet: other types", "tables", _SAME)
def _types(ground: Ground) -> Iterator[Parcel]:
    kinds = (pa.int64(), pa.uint64(), pa.float64(), pa.large_string(), pa.decimal128(20, 0), pa.decimal128(22, 2), pa.binary())
    keys: dict[str, Change] = {}
    for kind in kinds:
        for name in ("RSA_NUM", "ETA_NUM"):
            through = kind if pa.types.is_binary(kind) or pa.types.is_large_string(kind) else pa.int64()
            column = _replaced(name, lambda cells, kind=kind, through=through: cells.cast(through).cast(kind))
            keys[f"{name} as {kind}"] = reshaped(column)
    cases = in_turn(keys, ("B", "D", "A", "UM", "VALO"))
    for kind in (pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("us", "UTC"), pa.date32()):
        column = _replaced(
            "EXE_SOI_DTF", lambda cells, kind=kind: pa.array([datetime(2017, 3, 5)] * len(cells), pa.timestamp("us")).cast(kind)
        )
        cases.append((f"a date as {kind}", "C", reshaped(column)))
    column = _replaced("ASS_DGN", lambda cells: pc.dictionary_encode(cells.combine_chunks()))
    cases.append(("a dictionary", "D", reshaped(column)))
    yield from taken(ground, cases, parquet_files)


@mutation("Parquet: cells of another kind", "tables", "rows that cannot be read are set aside, or the set is refused; nothing is lost")
def _cells(ground: Ground) -> Iterator[Parcel]:
    ways = {
        "nothing but NULL": lambda cells: pa.nulls(len(cells), pa.string()),
        "a column without a type": lambda cells: pa.nulls(len(cells)),
        "lists": lambda cells: pa.array([[text] for text in cells.to_pylist()]),
        "structures": lambda cells: pa.array([{"a": text} for text in cells.to_pylist()]),
        "truth values": lambda cells: pa.array([True] * len(cells)),
        "no numbers": lambda cells: pa.array([float("nan")] * len(cells)),
        "infinite": lambda cells: pa.array([float("inf")] * len(cells)),
        "bytes that are no text": lambda cells: pa.array([b"\xff\xfe\x00"] * len(cells), pa.binary()),
        "text of bytes": lambda cells: pa.array([b"\xff\xfe"] * len(cells), pa.binary()).view(pa.string()),
        "a text with a zero": lambda cells: pa.array(["9\x00"] * len(cells)),
    }
    no_text = "text of bytes"  # refuses the set: by itself, since it would hide what becomes of the others
    ages: list[Case] = [(name, "B", reshaped(_replaced("AGE_ANN", way))) for name, way in ways.items()]
    keys = {name: reshaped(_replaced("ETA_NUM", way)) for name, way in ways.items()}
    alone = (no_text, "D", keys.pop(no_text))
    found = (taken(ground, cases, parquet_files) for cases in (ages, [alone], in_turn(keys, ("D", "A", "UM", "VALO"))))
    for parcel in chain.from_iterable(found):
        parcel.stays, parcel.lines, parcel.is_exact = {}, {}, False
        yield parcel


@mutation("Parquet: written otherwise", "tables", _SAME)
def _written(ground: Ground) -> Iterator[Parcel]:
    ways: dict[str, Change] = {
        "version 1": reshaped(lambda one: one, version="1.0"),
        "pages 2": reshaped(lambda one: one, data_page_version="2.0"),
        "groups of one row": reshaped(lambda one: one, row_group_size=1),
        "no dictionary": reshaped(lambda one: one, use_dictionary=False),
    }
    for codec in ("none", "snappy", "gzip", "zstd", "lz4", "brotli"):
        ways[codec] = reshaped(lambda one: one, compression=codec)
    yield from taken(ground, in_turn(ways), parquet_files)


@mutation("Parquet: beside CSV, in an archive, under another name", "tables", _SAME)
def _elsewhere(ground: Ground) -> Iterator[Parcel]:
    finess, label = ground.finess(), ground.label()
    rows = good(finess, STAYS)
    content = files(label, rows)
    del content[f"T_MCO{label}D.csv"]
    content[f"T_MCO{label}D.parquet"] = table_parquet(rows["D"])
    yield Parcel("one in Parquet", finess, content, stays=chained(STAYS), lines=dict.fromkeys(content, 4))
    for method in (0, 8):
        finess, label = ground.finess(), ground.label()
        archive = zipped(parquet_files(label, good(finess, STAYS)).items(), method)
        yield Parcel(f"in an archive {method}", finess, {"a.zip": archive}, stays=chained(STAYS))
    for suffix in ("csv", "dat", "PARQUET"):
        finess, label = ground.finess(), ground.label()
        content = {name.replace("parquet", suffix): text for name, text in parquet_files(label, good(finess, STAYS)).items()}
        yield Parcel(f".{suffix}", finess, content, stays=chained(STAYS), lines=dict.fromkeys(content, 4))
    finess, label = ground.finess(), ground.label()
    content = {name.replace("csv", "parquet"): text for name, text in files(label, good(finess, STAYS)).items()}
    yield Parcel("CSV named .parquet", finess, content, stays=chained(STAYS), lines=dict.fromkeys(content, 4))
