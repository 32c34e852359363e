"""SAS7BDAT tables: read like the same rows in CSV; without what reads them, refused with what to do.

The two fixtures (tests/support/sas: B compressed in the 32-bit form, C in the 64-bit form with dates and times) were written by the writer
of ReadStat, the library behind pyreadstat; none comes from SAS itself. They are read where pyreadstat is installed.
"""

import importlib.util
import shutil
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

import strata
from strata.errors import StrataError
from strata.ingest.load import ingest
from strata.ingest.snds import sas as snds_sas
from tests.support.landing import rows, unaccounted
from tests.support.snds_set import stay, together, write_csv

SAS = Path(__file__).parent.parent / "support" / "sas"
DAY = 20879.0  # 1 March 2017, in days from 1 January 1960


def landing_with_sas(folder: Path) -> Path:
    """Two stays whose tables B and C are SAS tables."""
    write_csv(folder, together(stay(1), stay(2)))
    for name in ("T_MCO17B", "T_MCO17C"):
        (folder / f"{name}.csv").unlink()
        shutil.copy(SAS / f"{name}.sas7bdat", folder)
    return folder


@pytest.mark.parametrize(
    ("sas_format", "value"),
    [
        ("DATE9", date(2017, 3, 1)), ("DDMMYY10", date(2017, 3, 1)), ("ddmmyys8.", date(2017, 3, 1)), ("E8601DA10.", date(2017, 3, 1)),
        ("BEST12", DAY), (None, DAY),
    ],
)  # fmt: skip
def test_a_date_is_known_by_its_format(sas_format: str | None, value: date | float) -> None:
    table = snds_sas.to_arrow({"D": [DAY, None]}, {"D": "double"}, {"D": sas_format})
    assert table.column("D").to_pylist() == [value, None]


@pytest.mark.parametrize("sas_format", ["DATETIME20", "E8601DT19.", "DATETIME22.3"])
def test_a_time_is_known_by_its_format(sas_format: str) -> None:
    table = snds_sas.to_arrow({"D": [DAY * 86400 + 60.5, -1.0, None]}, {"D": "double"}, {"D": sas_format})
    assert table.column("D").to_pylist() == [datetime(2017, 3, 1, 0, 1), datetime(1959, 12, 31, 23, 59, 59), None]


def test_columns_of_one_kind_keep_it_when_blank() -> None:
    table = snds_sas.to_arrow({"A": [None], "B": [""]}, {"A": "double", "B": "string"}, {"A": None, "B": None})
    assert [str(column.type) for column in table.columns] == ["double", "string"]


def test_without_its_reader_a_table_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    landing = landing_with_sas(tmp_path / "landing")
    report = ingest(landing, tmp_path / "w" / "strata.duckdb")
    found = {file.source_file: file.reason for file in report.files}
    assert {name for name, reason in found.items() if reason == "sas_reader_missing"} == {"T_MCO17B.sas7bdat", "T_MCO17C.sas7bdat"}
    assert set(found.values()) == {"sas_reader_missing", "incomplete_set: T_MCOaaB, T_MCOaaC"}
    with pytest.raises(StrataError) as error:
        strata.read(landing)
    assert error.value.where == "T_MCO17B.sas7bdat"
    assert all("pip install" in text and "pyreadstat" in text and "Parquet" in text for text in error.value.fix)


if snds_sas.can_read_sas():

    def test_sas_tables_are_read_like_others(tmp_path: Path) -> None:
        found = strata.read(landing_with_sas(tmp_path))["stay"].to_pylist()
        names = ("stay_number", "age_years", "nights", "dp", "entry_date", "exit_date", "pseudonym", "source_line")
        entry = date(2017, 3, 1)
        assert [tuple(row[name] for name in names) for row in found] == [
            ("0000000001", 67, 4, "I500", entry, date(2017, 3, 5), "P0000000000000001", 1),
            ("0000000002", None, 4, "I500", entry, None, "P0000000000000002", 2),
        ]

    def test_by_chunks_the_rows_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        landing = landing_with_sas(tmp_path)
        whole = strata.read(landing)
        monkeypatch.setattr(snds_sas, "CHUNK_CELLS", 1)
        assert all(strata.read(landing)[name].equals(whole[name]) for name in whole)

    def test_under_the_names_of_each_other_they_are_known_by_their_columns(tmp_path: Path) -> None:
        landing = landing_with_sas(tmp_path)
        (landing / "T_MCO17B.sas7bdat").rename(landing / "T_MCO17.sas7bdat")
        (landing / "T_MCO17C.sas7bdat").rename(landing / "T_MCO17B.sas7bdat")
        (landing / "T_MCO17.sas7bdat").rename(landing / "T_MCO17C.sas7bdat")
        assert strata.read(landing)["stay"].column("source_file").to_pylist() == ["T_MCO17C.sas7bdat"] * 2

    def test_inside_an_archive(tmp_path: Path) -> None:
        landing = landing_with_sas(tmp_path / "landing")
        with zipfile.ZipFile(tmp_path / "year.zip", "w") as archive:
            for path in landing.iterdir():
                archive.write(path, path.name)
        assert strata.read(tmp_path / "year.zip")["stay"].num_rows == 2

    @pytest.mark.parametrize("keep", [40, 2000, 9000])
    def test_a_truncated_table_is_refused(tmp_path: Path, keep: int) -> None:
        landing, warehouse = landing_with_sas(tmp_path / "landing"), tmp_path / "w" / "strata.duckdb"
        path = landing / "T_MCO17C.sas7bdat"
        path.write_bytes(path.read_bytes()[:keep])
        found = {file.source_file: file.reason for file in ingest(landing, warehouse).files}
        assert found.pop(path.name) == "unreadable_table"
        assert set(found.values()) == {"incomplete_set: T_MCOaaC"}
        assert unaccounted(warehouse) == [] and rows(warehouse, "SELECT count(*) FROM read_stay") == [(0,)]
