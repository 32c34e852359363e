"""SNDS tables as they should not be: nothing lost in silence, nothing taken by halves, no traceback but the four-part error."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import strata
from strata.engine.duckdb import connect
from strata.errors import StrataError
from strata.ingest.load import ingest
from tests.support.landing import rows, unaccounted
from tests.support.snds_set import stay, together, write_csv, write_parquet


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    write_csv(tmp_path / "landing", together(stay(1), stay(2), stay(3)))
    return tmp_path / "landing"


def reasons_of_refusal(landing: Path) -> dict[str, str | None]:
    """Reason by file; every line of the set is refused, and counted."""
    warehouse = landing.parent / "w" / "strata.duckdb"
    report = ingest(landing, warehouse)
    assert unaccounted(warehouse) == []
    assert rows(warehouse, "SELECT count(*) FROM read_stay") == [(0,)]
    assert report.total("lines") == report.total("refused")
    return {file.source_file: file.reason for file in report.files}


def edit(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("table", "column", "named"),
    [
        ("B", "GRG_GHM", "T_MCOaaB.GRG_GHM"),
        ("C", "NIR_ANO_17", "T_MCOaaC.NIR_ANO_17 or NUM_ENQ"),
        ("C", "EXE_SOI_DTD", "T_MCOaaC.EXE_SOI_DTD or ENT_DAT"),
        ("D", "ASS_DGN", "T_MCOaaD.ASS_DGN"),
        ("A", "PHA_ACT", "T_MCOaaA.PHA_ACT"),
        ("UM", "PAR_DUR_SEJ", "T_MCOaaUM.PAR_DUR_SEJ"),
        ("VALO", "MNT_TOT_BR", "T_MCOaaVALO.MNT_TOT_BR"),
    ],
)
def test_a_missing_column_refuses_the_set_by_its_name(landing: Path, table: str, column: str, named: str) -> None:
    edit(landing / f"T_MCO17{table}.csv", column.encode(), b"ELSEWHERE")
    found = reasons_of_refusal(landing)
    assert found.pop(f"T_MCO17{table}.csv") == f"missing_column: {named}"
    assert set(found.values()) == {f"incomplete_set: T_MCOaa{table}"}


@pytest.mark.parametrize(("spoil", "kind"), [(lambda text: text.decode().encode("utf-16"), "UTF-16"), (gzip.compress, "gzip")])
def test_a_table_that_is_no_text_says_so_rather_than_name_its_columns(landing: Path, spoil: Callable[[bytes], bytes], kind: str) -> None:
    path = landing / "T_MCO17B.csv"
    path.write_bytes(spoil(path.read_bytes()))
    assert reasons_of_refusal(landing)["T_MCO17B.csv"] == f"unreadable_table: {kind}"


def test_the_error_of_a_missing_column_names_it(landing: Path) -> None:
    edit(landing / "T_MCO17D.csv", b"ASS_DGN", b"ELSEWHERE")
    with pytest.raises(StrataError) as error:
        strata.read(landing)
    assert "T_MCOaaD.ASS_DGN" in error.value.text("en") and "T_MCO17D.csv" in error.value.where


def test_an_extra_column_and_another_order_change_nothing(landing: Path, tmp_path: Path) -> None:
    rows_ = together(stay(1), stay(2), stay(3))
    odd = {table: [dict(reversed(list((row | {"EXTRA": "x"}).items()))) for row in lines] for table, lines in rows_.items()}
    write_csv(tmp_path / "odd", odd)
    one, other = strata.read(landing), strata.read(tmp_path / "odd")
    assert all(one[name].equals(other[name]) for name in one)


def test_a_column_there_twice_is_refused(landing: Path) -> None:
    edit(landing / "T_MCO17D.csv", b"ETA_NUM;RSA_NUM;ASS_DGN", b"ETA_NUM;RSA_NUM;RSA_NUM")
    assert reasons_of_refusal(landing)["T_MCO17D.csv"] == "duplicate_column: T_MCOaaD.RSA_NUM"


def test_broken_rows_are_set_aside_and_the_others_keep_their_number(landing: Path) -> None:
    path = landing / "T_MCO17B.csv"
    header, first, second, third = path.read_bytes().splitlines()
    path.write_bytes(b"\r\n".join([header, first, b"too;short", second, second + b";one;more", third]) + b"\r\n")
    tables = strata.read(landing)
    assert tables["stay"].column("source_line").to_pylist() == [1, 3, 5]
    aside = tables["quarantine"].to_pylist()
    assert [(row["source_file"], row["source_line"], row["reason"]) for row in aside] == [
        ("T_MCO17B.csv", 2, "broken_row"),
        ("T_MCO17B.csv", 4, "broken_row"),
    ]
    warehouse = landing.parent / "w" / "strata.duckdb"
    ingest(landing, warehouse)
    assert rows(warehouse, "SELECT lines, accepted, quarantined FROM read_file WHERE family = 'T_MCOaaB'") == [(5, 3, 2)]
    assert unaccounted(warehouse) == []


def test_a_lost_quote_that_swallows_lines_refuses_the_file(landing: Path) -> None:
    edit(landing / "T_MCO17D.csv", b"E1190", b'"E1190')
    assert reasons_of_refusal(landing)["T_MCO17D.csv"] == "broken_quotes"


def test_blank_lines_are_no_rows(landing: Path) -> None:
    path = landing / "T_MCO17D.csv"
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\r\n\r\n"))
    assert strata.read(landing)["diagnosis"].num_rows == 3


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("is_last_cut", [True, False])
def test_line_ends(landing: Path, newline: bytes, is_last_cut: bool) -> None:
    for path in landing.iterdir():
        content = path.read_bytes().replace(b"\r\n", newline)
        path.write_bytes(content.removesuffix(newline) if is_last_cut else content)
    assert [table.num_rows for table in strata.read(landing).values()] == [3, 3, 3, 3, 0, 0]


@pytest.mark.parametrize("table", ["B", "C", "D", "A", "UM"])
def test_a_missing_table_refuses_the_year(landing: Path, table: str) -> None:
    (landing / f"T_MCO17{table}.csv").unlink()
    assert set(reasons_of_refusal(landing).values()) == {f"incomplete_set: T_MCOaa{table}"}


def test_without_valo_the_cost_is_left_to_tariffs(landing: Path) -> None:
    (landing / "T_MCO17VALO.csv").unlink()
    assert strata.read(landing)["stay"].column("cost_billed_eur").null_count == 3


def test_the_same_tables_as_csv_and_parquet_are_refused(landing: Path) -> None:
    write_parquet(landing, together(stay(1), stay(2), stay(3)))
    assert set(reasons_of_refusal(landing).values()) == {"table_twice"}


def test_a_table_of_several_years_without_a_name_is_refused(tmp_path: Path) -> None:
    later = stay(2, B={"SOR_ANN": "2018"}, C={"EXE_SOI_DTD": "", "EXE_SOI_DTF": ""})
    write_csv(tmp_path / "landing", together(stay(1), later))
    for path in (tmp_path / "landing").iterdir():
        path.rename(path.with_name(path.name.removeprefix("T_MCO17")))
    assert set(reasons_of_refusal(tmp_path / "landing").values()) == {"several_years"}


@pytest.mark.parametrize("keep", [4, 100, -100, -4])
def test_a_truncated_parquet_is_refused(tmp_path: Path, keep: int) -> None:
    landing = tmp_path / "landing"
    write_parquet(landing, together(stay(1), stay(2)))
    path = landing / "T_MCO17D.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    found = reasons_of_refusal(landing)
    assert found["T_MCO17D.parquet"] == "unreadable_table"
    assert found["T_MCO17B.parquet"] == "incomplete_set: T_MCOaaD"


def test_a_parquet_whose_pages_are_damaged_is_refused(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    write_parquet(landing, together(stay(1), stay(2)))
    path = landing / "T_MCO17D.parquet"
    content = bytearray(path.read_bytes())
    content[4:60] = bytes(56)
    path.write_bytes(content)
    assert reasons_of_refusal(landing)["T_MCO17D.parquet"] == "unreadable_table"


def test_a_damaged_archive_entry_is_refused(landing: Path) -> None:
    inside = landing / "T_MCO17D.csv"
    with zipfile.ZipFile(landing / "d.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.write(inside, inside.name)
    inside.unlink()
    edit(landing / "d.zip", b"E1190", b"E1191")  # the checksum is wrong now
    assert "corrupt_archive" in reasons_of_refusal(landing)["d.zip!T_MCO17D.csv"]


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.large_string(), pa.decimal128(22, 2)])
def test_keys_of_any_kind_meet(tmp_path: Path, kind: pa.DataType) -> None:
    write_parquet(tmp_path, together(stay(1), stay(2)))
    path = tmp_path / "T_MCO17D.parquet"
    table = pq.read_table(path)
    for name in ("ETA_NUM", "RSA_NUM"):
        table = table.set_column(table.schema.get_field_index(name), name, table.column(name).cast(pa.int64()).cast(kind))
    pq.write_table(table, path)
    assert strata.read(tmp_path)["diagnosis"].num_rows == 2


def test_a_path_that_looks_like_a_pattern_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "it's [2017]"
    write_csv(folder, stay(1))
    assert strata.read(folder)["stay"].num_rows == 1


def test_no_cell_shows_in_the_message_of_an_unreadable_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "strata.duckdb"
    path.write_bytes(b"P0000000000000001" * 1000)
    with pytest.raises(StrataError) as error:
        connect(path)
    assert "P0000000000000001" not in error.value.text("fr") + error.value.text("en")
    assert str(path) in error.value.where
