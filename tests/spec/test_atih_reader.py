"""What the ATIH reader promises: small files in, rows out."""

import hashlib
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from strata.ingest.archives import SourceFile, open_sources
from strata.ingest.atih.mco import read_atih
from strata.ingest.atih.rsa import read_rsa
from strata.ingest.atih.transmissions import pairs
from strata.ingest.extract import QUARANTINE, SCHEMAS
from strata.ingest.lines.fixed_width import Array, dates, integers, line_blocks, text
from strata.ingest.lines.layouts import layouts
from strata.ingest.recognise import Recognised, recognise, recognise_source
from tests.support.rsa_lines import ANO_OF_YEAR, RSA_OF_YEAR, Draw, ano_line, plain_ano, plain_stay, rsa_line


def rsa_file(year: int, numbers: range, **fixed: object) -> bytes:
    stays = [plain_stay(year, number) for number in numbers]
    for stay in stays:
        stay["fixed"] |= fixed
    return "".join(rsa_line(RSA_OF_YEAR[year], stay, filling=" ") + "\n" for stay in stays).encode("ascii")


def ano_file(year: int, numbers: range, **values: object) -> bytes:
    return "".join(ano_line(ANO_OF_YEAR[year], plain_ano(year, number) | values) + "\n" for number in numbers).encode("ascii")


def test_a_blank_last_byte_does_not_lose_the_last_act(tmp_path: Path) -> None:
    """A known reader strips the line before measuring it, and silently drops the last act of such stays."""
    stay = plain_stay(2024, 1, acts=2)
    stay["units"][0]["actes"][1] = stay["units"][0]["actes"][1] | {"INDVAL": None}
    line = rsa_line("228", stay)
    assert line.endswith(" ")
    for name, content in (("a.rsa", line), ("b.rsa", line + "\n"), ("c.rsa", line + "\r\n")):
        (tmp_path / name).write_bytes(content.encode("ascii"))
    for extract in read_atih(open_sources(tmp_path)):
        assert extract.tables["procedure"].num_rows == 2 and extract.quarantine.num_rows == 0


def test_tables_have_the_declared_schemas(tmp_path: Path) -> None:
    (tmp_path / "a.rsa").write_bytes(rsa_file(2024, range(3)))
    (tmp_path / "b.ano").write_bytes(ano_file(2019, range(3)))
    taken, refused = read_atih(open_sources(tmp_path))
    for extract in (taken, refused):
        assert {name: table.schema for name, table in extract.tables.items()} == SCHEMAS
        assert extract.quarantine.schema == QUARANTINE


def test_blank_nights_sessions_and_generation_are_zero_and_other_blanks_are_null(tmp_path: Path) -> None:
    (tmp_path / "a.rsa").write_bytes(rsa_file(2024, range(1), DUREE=None, NBSEANCE=None, GENAUTORSA=None, AGEAN=None, NBSUPREA=None))
    (extract,) = read_atih(open_sources(tmp_path))
    (stay,) = extract.tables["stay"].to_pylist()
    assert [stay[name] for name in ("nights", "sessions", "automatic_rsa", "age_years", "supplement_rea")] == [0, 0, "0", None, None]


@pytest.mark.parametrize(("stf", "polyvalent", "expected"), [(2, 3, 5), (2, None, 2), (None, 3, 3), (None, None, None), (0, None, 0)])
def test_the_polyvalent_supplement_of_2025_is_added(stf: int | None, polyvalent: int | None, expected: int | None, tmp_path: Path) -> None:
    (tmp_path / "a.rsa").write_bytes(rsa_file(2025, range(1), NBSUPSTF=stf, NBSUPSTFPOLY=polyvalent))
    (extract,) = read_atih(open_sources(tmp_path))
    assert extract.tables["stay"].column("supplement_stf").to_pylist() == [expected]


def test_codes_keep_their_plus_and_lose_their_trailing_blanks_only(tmp_path: Path) -> None:
    (tmp_path / "a.rsa").write_bytes(rsa_file(2024, range(1), DP="I50+8", DR=" I10"))
    (extract,) = read_atih(open_sources(tmp_path))
    (stay,) = extract.tables["stay"].to_pylist()
    assert (stay["dp"], stay["dr"]) == ("I50+8", " I10")


@pytest.mark.parametrize("size", (1, 7, 262, 263, 300, 5_000, 1 << 22))
def test_the_size_of_blocks_changes_nothing(size: int) -> None:
    draw = Draw(5)
    content = "\r\n".join(rsa_line("226", draw.stay(2021, number, most=12)) for number in range(1, 12)).encode("ascii")
    layout = layouts("mco_rsa")["226"]
    whole = read_rsa([content], layout, "a")
    cut = read_rsa([content[start : start + size] for start in range(0, len(content), size)], layout, "a")
    assert (cut.lines, cut.faults) == (11, [])
    assert cut.tables == whole.tables


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    lines = list(line_blocks(b"x" * (1 << 18) for _ in range(64)))
    assert [len(block.data) for block in lines] == [1 << 20]


TOGETHER: dict[str, dict[str, bytes]] = {
    "one name in a folder": {"h.2024.12.rsa": rsa_file(2024, range(2)), "h.2024.12.ano": ano_file(2024, range(2))},
    "with .txt": {"x.rsa.txt": rsa_file(2024, range(2)), "x.ano.txt": ano_file(2024, range(2))},
    "other names, one folder": {"f/rsa_2024.txt": rsa_file(2024, range(2)), "f/chaining.dat": ano_file(2024, range(2))},
    "two folders, by content": {"f/a.rsa": rsa_file(2024, range(2)), "g/b.ano": ano_file(2024, range(2))},
}


@pytest.mark.parametrize("name", TOGETHER)
def test_an_rsa_meets_its_ano(name: str, tmp_path: Path) -> None:
    for path, content in TOGETHER[name].items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (extract,) = read_atih(open_sources(tmp_path))
    assert extract.tables["stay"].column("pseudonym").null_count == 0
    assert extract.tables["stay"].column("entry_date").to_pylist() == [date(2024, 6, 2)] * 2


def test_transmissions_of_one_year_do_not_mix(tmp_path: Path) -> None:
    """M03 and M06 in one folder under names that say nothing: the last month of exit pairs them."""
    (tmp_path / "a.rsa").write_bytes(rsa_file(2024, range(2), MOISSOR="03"))
    (tmp_path / "b.rsa").write_bytes(rsa_file(2024, range(4)))
    (tmp_path / "c.ano").write_bytes(ano_file(2024, range(4)))
    (tmp_path / "d.ano").write_bytes(ano_file(2024, range(2), MOISSORT="03", DTENT="01032024", DTSORT="05032024"))
    found = {tuple(source.name for source in pair.sources) for pair in pairs(open_sources(tmp_path))}
    assert found == {("a.rsa", "d.ano"), ("b.rsa", "c.ano")}
    assert [[file.month for file in extract.files] for extract in read_atih(open_sources(tmp_path))] == [[3, 3], [6, 6]]


def test_an_ano_of_another_hospital_or_year_chains_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.rsa").write_bytes(rsa_file(2024, range(2)))
    (tmp_path / "a.ano").write_bytes(ano_file(2024, range(2), NOFINESS="990000031"))
    (extract,) = read_atih(open_sources(tmp_path))
    assert extract.tables["stay"].column("pseudonym").null_count == 2
    assert extract.quarantine.column("reason").to_pylist() == ["ano_without_rsa"] * 2


def test_entries_of_an_archive_are_streamed_with_the_hash_of_their_content(tmp_path: Path) -> None:
    content = rsa_file(2024, range(3))
    with zipfile.ZipFile(tmp_path / "990000015.2024.12.05022025101616.out.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("990000015.2024.12.rsa", content)
        archive.writestr("990000015.2024.12.ano", ano_file(2024, range(3)))
        archive.writestr("990000015.2024.12.tra", b"1;2;3\n")
    ano, rsa, tra = open_sources(tmp_path)
    assert rsa.name == "990000015.2024.12.05022025101616.out.zip!990000015.2024.12.rsa" and rsa.path is None
    assert b"".join(rsa.blocks(100)) == content and rsa.sha256 == hashlib.sha256(content).hexdigest()
    assert [recognise_source(source).family for source in (ano, rsa, tra)] == ["mco_ano", "mco_rsa", "unknown"]
    (extract,) = read_atih([ano, rsa, tra])
    assert [file.sha256 for file in extract.files] == [rsa.sha256, ano.sha256]


RECOGNISED: list[tuple[bytes, str, Recognised]] = [
    (rsa_file(2017, range(2)), "renamed.bin", Recognised("mco_rsa", "224")),
    (rsa_file(2025, range(2)), "x.ano", Recognised("mco_rsa", "229")),
    (b"\xef\xbb\xbf" + rsa_file(2020, range(2)), "x", Recognised("mco_rsa", "226")),
    (rsa_file(2020, range(1)).replace(b"226", b"231"), "x", Recognised("mco_rsa", "231")),
    (ano_file(2017, range(2)), "x", Recognised("mco_ano", "794")),
    (ano_file(2023, range(2)).replace(b"\n", b"\r\n"), "x", Recognised("mco_ano", "1103")),
    (b"ETA_NUM;RSA_NUM;ASS_DGN\n", "x", Recognised("T_MCOaaD", "csv", ";")),
    (b'"eta_num","rsa_num","GRG_GHM","SOR_ANN"\r\n', "x", Recognised("T_MCOaaB", "csv", ",")),
    (b"RSA_NUM\tETA_NUM\tNIR_ANO_17\tNIR_RET\n", "x", Recognised("T_MCOaaC", "csv", "\t")),
    (b"RSA_NUM|ETA_NUM|CDC_ACT\n", "x", Recognised("T_MCOaaA", "csv", "|")),
    (b"RSA_NUM;ETA_NUM;DGN_PAL;DGN_REL;UM_ORD_NUM\n", "x", Recognised("T_MCOaaUM", "csv", ";")),
    (b"RSA_NUM;ETA_NUM;GHS_NUM;VALO;MNT_TOT_BR\n", "x", Recognised("T_MCOaaVALO", "csv", ";")),
    (b"ETA_NUM;RSA_NUM\n", "x", Recognised("unknown")),
    (b"territory_id,territory_name,geo_code\n", "x", Recognised("unknown")),
    (b"", "README", Recognised("unknown")),
]


@pytest.mark.parametrize("case", range(len(RECOGNISED)))
def test_a_file_is_recognised_by_its_content(case: int) -> None:
    content, name, expected = RECOGNISED[case]
    assert recognise(content, name) == expected


def test_a_parquet_table_is_recognised_by_its_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({name: ["1"] for name in ("ETA_NUM", "RSA_NUM", "VALO", "MNT_TOT_BR")}), tmp_path / "x.parquet")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(tmp_path / "x.parquet", "x.parquet")
    assert [recognise_source(source) for source in open_sources(tmp_path)] == [Recognised("T_MCOaaVALO", "parquet")] * 2


def cells(*rows: str) -> Array:
    return np.frombuffer("".join(rows).encode("ascii"), dtype=np.uint8).reshape(len(rows), -1)


@pytest.mark.parametrize(
    ("read", "rows", "values", "present", "bad"),
    [
        (integers, ("012", "  3", "   ", "1 2", "1  ", "-12", "x12"), [12, 3, 0], "1100000", "0001111"),
        (dates, ("01011970", "29022024", "        ", "29022023", "0101    ", "31042024"), [0, 19782, 0], "110000", "000111"),
    ],
)
def test_cells_to_numbers(read: Callable, rows: tuple[str, ...], values: list[int], present: str, bad: str) -> None:  # type: ignore[type-arg]
    field = read(cells(*rows))
    assert field.values[: len(values)].tolist() == values
    assert (field.present.tolist(), field.is_bad.tolist()) == ([flag == "1" for flag in present], [flag == "1" for flag in bad])


def test_cells_to_text() -> None:
    assert text(cells("ab ", "   ", " c ", "def", "d e")).to_pylist() == ["ab", None, " c", "def", "d e"]
    text(cells("ab ", "   ", " c ")).validate(full=True)


def test_a_source_knows_its_container_and_stem() -> None:
    source = SourceFile("2024/x.zip!in/990000015.2024.12.ano.txt", 1)
    assert (source.container, source.stem) == ("2024/x.zip", "990000015.2024.12")
    assert (SourceFile("f/a.RSA", 1).container, SourceFile("a.rsa", 1).container) == ("f", "")
