"""A pair handed on in pieces is the pair held: the same rows, quarantine and accounts, whatever the order of its lines."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strata.ingest import archives
from strata.ingest.archives import open_sources
from strata.ingest.atih import staged_pair
from strata.ingest.atih.mco import read_pair
from strata.ingest.atih.staged_pair import StagedPair, open_pair
from strata.ingest.atih.transmissions import pairs
from strata.ingest.extract import QUARANTINE, Extract, FileSeen
from tests.support.local_lines import tra_line
from tests.support.rsa_lines import ANO_OF_YEAR, RSA_OF_YEAR, Draw, ano_line, plain_ano, plain_stay, rsa_line

YEAR, OTHER = 2024, "990000099"
Read = tuple[dict[str, pa.Table], list[dict], list[FileSeen], list[tuple[str, int]]]


def rsa_lines(draw: Draw, count: int) -> list[str]:
    return [rsa_line(RSA_OF_YEAR[YEAR], draw.stay(YEAR, number, most=9), filling=" ") for number in range(1, count + 1)]


def ano_lines(count: int) -> list[str]:
    return [ano_line(ANO_OF_YEAR[YEAR], plain_ano(YEAR, number)) for number in range(1, count + 1)]


def write(folder: Path, rsa: list[str], ano: list[str] | None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "x.rsa").write_text("".join(f"{line}\n" for line in rsa), encoding="ascii", newline="\n")
    if ano is not None:
        (folder / "x.ano").write_text("".join(f"{line}\n" for line in ano), encoding="ascii", newline="\n")
    return folder


def held(folder: Path) -> Read:
    (pair,) = pairs(list(open_sources(folder)))
    extract = read_pair(pair)
    return extract.tables, rows_of(extract.quarantine), extract.files, extract.hospital_years()


def staged(folder: Path) -> Read:
    """The pair in pieces, put together; `folder` has to be left as it was."""
    (pair,) = pairs(list(open_sources(folder)))
    with open_pair(pair, folder) as taken:
        assert isinstance(taken, StagedPair)
        pieces = list(taken.pieces())
        tables = {name: pa.concat_tables([piece[name] for piece in pieces]) for name in pieces[0]}
        persons = pa.table(taken.persons()).sort_by("line")
        assert persons == tables["stay"].select(["line", "pseudonym"])
        found = tables, rows_of(pa.table(taken.quarantine)), taken.files, taken.hospital_years()
    assert {path.name for path in folder.iterdir()} <= {"x.rsa", "x.ano", "x.tra"}
    return found


def rows_of(quarantine: pa.Table) -> list[dict]:
    return quarantine.select(QUARANTINE.names).sort_by([("source_file", "descending"), ("source_line", "ascending")]).to_pylist()


def same(one: Read, other: Read) -> bool:
    return one[1:] == other[1:] and all(one[0][name].equals(other[0][name].combine_chunks()) for name in one[0])


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_pair, "HELD_BYTES", 0)
    monkeypatch.setattr(staged_pair, "_INSERT_ROWS", 5)
    monkeypatch.setattr(archives.SourceFile.blocks, "__defaults__", (3_000,))


SPOILT: dict[str, Callable[[list[str], list[str]], object]] = {
    "nothing": lambda rsa, ano: None,
    "the ano in another order": lambda rsa, ano: random.Random(1).shuffle(ano),
    "both in another order": lambda rsa, ano: (random.Random(1).shuffle(ano), random.Random(2).shuffle(rsa)),
    "doubles": lambda rsa, ano: (rsa.extend(rsa[3:6]), ano.extend(ano[2:4])),
    "a double of a line that is another hospital's": lambda rsa, ano: rsa.insert(0, OTHER + rsa[5][9:]),
    "lines of another hospital": lambda rsa, ano: (rsa.insert(2, OTHER + rsa[0][9:12] + "9999999999" + rsa[0][22:]), ano.reverse()),
    "lines that cannot be read": lambda rsa, ano: (rsa.insert(4, "x"), rsa.append(""), ano.insert(3, "x\x00")),
    "stays the other file has not": lambda rsa, ano: (rsa.pop(2), ano.pop(5)),
    "an ano of another hospital": lambda rsa, ano: ano.__setitem__(slice(None), [line.replace("990000015", OTHER) for line in ano]),
    "nothing that can be read": lambda rsa, ano: rsa.__setitem__(slice(None), [line + "z" for line in rsa]),
}


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("has_ano", [True, False])
def test_in_pieces_or_held_a_pair_is_the_same(tmp_path: Path, name: str, has_ano: bool) -> None:
    rsa, ano = rsa_lines(Draw(3), 30), ano_lines(30)
    SPOILT[name](rsa, ano)
    folder = write(tmp_path / "landing", rsa, ano if has_ano else None)
    assert same(staged(folder), held(folder))


PLACES = st.integers(0, 11)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(12)), twice=st.lists(PLACES, max_size=3), gone=st.sets(PLACES, max_size=3))
def test_the_order_of_the_ano_changes_no_stay(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], twice: list[int], gone: set[int]
) -> None:
    """Each stay keeps its own line of the .ano; set aside are second lines, and those of a stay that is not there."""
    rsa = rsa_lines(Draw(4), 12)
    ano = ano_lines(12)
    kept = [line for number, line in enumerate(rsa) if number not in gone]
    folder = write(tmp_path_factory.mktemp("pair"), kept, [ano[number] for number in (*order, *twice)])
    tables, quarantine, files, _ = staged(folder)
    numbers = [number + 1 for number in range(12) if number not in gone]
    assert tables["stay"].column("stay_number").to_pylist() == [f"{number:010d}" for number in numbers]
    assert tables["stay"].column("pseudonym").to_pylist() == [f"P{number:016d}" for number in numbers]
    assert len(quarantine) == len(gone) + len(twice) == files[1].quarantined
    assert all(file.lines == file.accepted + file.quarantined + file.refused for file in files)


def test_local_files_complete_a_pair_in_pieces(tmp_path: Path) -> None:
    folder = write(tmp_path / "landing", rsa_lines(Draw(5), 4), None)
    lines = [tra_line(number, f"NAS{number}", "01062024", "05062024") for number in (4, 2, 9)]
    (folder / "x.tra").write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")
    assert same(staged(folder), held(folder))
    tables, quarantine, files, _ = staged(folder)
    assert tables["stay"].column("entry_date").is_null().to_pylist() == [True, False, True, False]
    assert [row["reason"] for row in quarantine] == ["tra_without_rsa"] and [file.accepted for file in files] == [4, 2]


def test_a_broken_file_refuses_a_pair_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "landing", rsa_lines(Draw(5), 4), ano_lines(4))
    (pair,) = pairs(list(open_sources(folder)))
    assert pair.ano is not None
    monkeypatch.setattr(pair.ano.source, "_open", lambda: (_ for _ in ()).throw(OSError()))
    with open_pair(pair, folder) as taken:
        assert isinstance(taken, Extract)
        assert [(file.lines, file.refused, file.reason) for file in taken.files] == [(4, 4, "pair_refused"), (0, 0, "unreadable")]
    assert {path.name for path in folder.iterdir()} == {"x.rsa", "x.ano"}


PEAKS = """
import sys, tracemalloc
from pathlib import Path
import pyarrow as pa
from strata.ingest import archives
from strata.ingest.archives import open_sources
from strata.ingest.atih import staged_pair
from strata.ingest.atih.transmissions import pairs

def peak_bytes(folder):
    (pair,) = pairs(list(open_sources(folder)))
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    with staged_pair.open_pair(pair, folder) as taken:
        arrow = [pa.total_allocated_bytes() for _ in pa.RecordBatchReader.from_stream(taken.persons())]
        arrow += [pa.total_allocated_bytes() for _ in taken.pieces()]
    return tracemalloc.get_traced_memory()[1] - before + max(arrow)

staged_pair.HELD_BYTES = 0 if sys.argv[1] == "staged" else 1 << 40
staged_pair._INSERT_ROWS = staged_pair._BATCH_ROWS = 100
archives.SourceFile.blocks.__defaults__ = (20_000,)
small, large = (Path(folder) for folder in sys.argv[2:])
tracemalloc.start()
peak_bytes(small)
print(peak_bytes(large) / peak_bytes(small))
"""


def growth(way: str, small: Path, large: Path) -> float:
    """How many times more numpy, Python and Arrow hold at once; DuckDB holds what it is told to."""
    command = [sys.executable, "-c", PEAKS, way, str(small), str(large)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_what_is_held_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Four times the lines, the .ano in another order. A pair that is held shows that what is measured can grow."""
    stay = rsa_line(RSA_OF_YEAR[YEAR], plain_stay(YEAR), filling=" ")
    for count in (500, 2_000):
        rsa = [f"{stay[:12]}{number:010d}{stay[22:]}" for number in range(1, count + 1)]
        write(tmp_path / str(count), rsa, list(reversed(ano_lines(count))))
    assert growth("staged", tmp_path / "500", tmp_path / "2000") < 1.3
    assert growth("held", tmp_path / "500", tmp_path / "2000") > 2
