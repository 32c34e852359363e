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
from strata.ingest.atih import staged_file, staged_pair
from strata.ingest.atih.mco import read_pair
from strata.ingest.atih.staged_pair import StagedPair, open_pair
from strata.ingest.atih.transmissions import pairs
from strata.ingest.extract import QUARANTINE, SCHEMAS, Extract, FileSeen
from strata.ingest.local import person_key, staged_rss
from strata.ingest.local.staged_rss import StagedRss
from tests.support.local_lines import OTHER_NIR, PARENT_NIR, SECRET, rum_line, tra_columns, tra_line, vid_hosp_line
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
        assert isinstance(taken, StagedPair | StagedRss)
        pieces = [*taken.pieces(), {name: schema.empty_table() for name, schema in SCHEMAS.items()}]
        tables = {name: pa.concat_tables([piece[name] for piece in pieces]) for name in pieces[0]}
        persons = pa.table(taken.persons()).sort_by("line")
        assert persons == tables["stay"].select(["line", "pseudonym"])
        found = tables, rows_of(pa.table(taken.quarantine)), taken.files, taken.hospital_years()
    assert {path.name for path in folder.iterdir()} <= {"x.rsa", "x.ano", "x.tra", "x.vidhosp", "x.rss"}
    return found


def rows_of(quarantine: pa.Table) -> list[dict]:
    return quarantine.select(QUARANTINE.names).sort_by([("source_file", "descending"), ("source_line", "ascending")]).to_pylist()


def same(one: Read, other: Read) -> bool:
    return one[1:] == other[1:] and all(one[0][name].equals(other[0][name].combine_chunks()) for name in one[0])


def add(folder: Path, name: str, lines: list[str]) -> None:
    (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="latin-1", newline="\n")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_pair, "HELD_BYTES", 0)
    monkeypatch.setattr(staged_file, "_INSERT_ROWS", 5)
    monkeypatch.setattr(staged_rss, "_PIECE_STAYS", 4)
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
    lines = [tra_line(number, f"NAS{number}", "02062024", "05062024") for number in (4, 2, 9)]
    (folder / "x.tra").write_text("".join(f"{line}\n" for line in lines), encoding="ascii", newline="\n")
    assert same(staged(folder), held(folder))
    tables, quarantine, files, _ = staged(folder)
    assert tables["stay"].column("entry_date").is_null().to_pylist() == [True, False, True, False]
    assert [row["reason"] for row in quarantine] == ["tra_without_rsa"] and [file.accepted for file in files] == [4, 2]


NIRS = [f"15001991{number:05d}" for number in range(12)]


def nameless(number: int) -> str:
    return ano_line(ANO_OF_YEAR[YEAR], plain_ano(YEAR, number) | {"NOANON": None})


def links_and_persons() -> tuple[list[str], list[str]]:
    """The stays 1 to 12, each of a person of its own."""
    tra = [tra_line(number, f"NAS{number}", "02062024", "05062024") for number in range(1, 13)]
    return tra, [vid_hosp_line(f"NAS{number}", NIR_ASSURE=NIRS[number - 1]) for number in range(1, 13)]


SPOILT_LOCAL: dict[str, Callable[[list[str], list[str]], object]] = {
    "nothing": lambda tra, vid: None,
    "both in another order": lambda tra, vid: (random.Random(1).shuffle(tra), random.Random(2).shuffle(vid)),
    "stays twice, of another year, of nobody": lambda tra, vid: tra.extend(
        [tra[3], tra_line(14, "B", "01062023", "05062023"), tra_line(99, "C"), tra_line(2, "D")]
    ),
    "dates the ano contradicts": lambda tra, vid: tra.__setitem__(4, tra_line(5, "NAS5", "01062024", "05062024")),
    "columns": lambda tra, vid: tra.__setitem__(slice(None), [tra_columns(n, f"NAS{n}", "02062024", "05062024") for n in range(1, 9)]),
    "identities twice, once, or of two persons": lambda tra, vid: vid.extend(
        [vid[0], vid[1], vid[1], vid_hosp_line("NAS4", NIR_ASSURE=OTHER_NIR), vid[3], vid_hosp_line("EXT")]
    ),
    "no exits, another hospital, twins, nobody": lambda tra, vid: vid.extend(
        [vid_hosp_line("NAS3", NIR_ASSURE=NIRS[2], DATE_SORTIE=None), vid_hosp_line("NAS5", FINESS=OTHER), vid_hosp_line("NAS6", SEXE=None)]
        + [vid_hosp_line(f"NAS{rank}", RANG_NAISSANCE=rank, NIR_ASSURE=PARENT_NIR) for rank in "012"]
    ),
    "lines that cannot be read": lambda tra, vid: (tra.insert(2, "x"), vid.insert(0, vid[0][:-1]), tra.append(tra[0] + " ")),
    "no link that can be read": lambda tra, vid: tra.__setitem__(slice(None), [line + "z" for line in tra[:3]]),
}


@pytest.mark.parametrize(
    ("name", "ano"),
    [*((name, "nameless") for name in SPOILT_LOCAL), ("nothing", "named"), ("nothing", "none"), ("both in another order", "none")],
)
def test_in_pieces_or_held_local_files_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, ano: str) -> None:
    monkeypatch.setenv(person_key.VARIABLE, SECRET.decode())
    lines = {"nameless": [nameless(number) for number in range(1, 11)], "named": ano_lines(10), "none": None}[ano]
    folder = write(tmp_path / "landing", rsa_lines(Draw(6), 13), lines)
    tra, vid_hosp = links_and_persons()
    SPOILT_LOCAL[name](tra, vid_hosp)
    add(folder, "x.tra", tra)
    add(folder, "x.vidhosp", vid_hosp)
    found = staged(folder)
    assert same(found, held(folder))
    assert all(file.lines == file.accepted + file.quarantined + file.refused for file in found[2])


def test_what_a_case_of_local_files_shows_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The safety net above compares something: keys of persons, and each reason of a line set aside."""
    monkeypatch.setenv(person_key.VARIABLE, SECRET.decode())
    met: set[str] = set()
    for number, spoil in enumerate(SPOILT_LOCAL.values()):
        folder = write(tmp_path / str(number), rsa_lines(Draw(6), 13), [nameless(number) for number in range(1, 11)])
        tra, vid_hosp = links_and_persons()
        spoil(tra, vid_hosp)
        add(folder, "x.tra", tra)
        add(folder, "x.vidhosp", vid_hosp)
        tables, quarantine, _, _ = staged(folder)
        met |= {row["reason"] for row in quarantine}
        if number == 0:
            assert len(set(tables["stay"].column("pseudonym").to_pylist())) == 13  # twelve persons, and nobody for the last
    assert met >= {"other_year", "duplicate_stay", "tra_without_rsa", "tra_disagrees", "other_finess", "twin_identity"}
    assert met >= {"nas_without_stay", "identities_disagree", "repeated_nas", "no_identity", "wrong_length"}


RUMS: dict[str, list[str]] = {
    "units anywhere": [
        rum_line(number % 7, f"{number:02d}032024", f"{number + 2:02d}032024", nas=f"NAS{number % 7}", das=("I10", f"N18{number % 5}"),
                 acts=(("EBFA002", f"{number:02d}032024"),) * (number % 3), DP=f"E11{number % 9}")
        for number in range(1, 21)
    ],
    "faults of all kinds": [
        rum_line(1, "01032024", "03032024"), rum_line(1, "03032024", "05032024", NBSEAN="xx"),
        rum_line(2, "28122023", "31122023", nas="NAS2"), rum_line(2, "31122023", "02012024", nas=""), rum_line(3, "01032023", "05032023"),
        rum_line(4, "06032024", "05032024"), rum_line(5, "01032024", "01032024", NOFINESS=OTHER), rum_line(5, "01032024", "04032024"),
        "x", rum_line(6, "11032024", "12032024", nas="NAS3", DTNAIS="01032024"),
        rum_line(7, "01032024", "31032024", NBSEAN="12", CDGHM="28Z04Z"),
    ],
    "nothing that can be read": [rum_line(1, "06032024", "05032024")],
}  # fmt: skip


@pytest.mark.parametrize("name", RUMS)
@pytest.mark.parametrize("has_persons", [True, False])
def test_in_pieces_or_held_an_rss_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, has_persons: bool) -> None:
    monkeypatch.setenv(person_key.VARIABLE, SECRET.decode())
    folder = tmp_path / "landing"
    folder.mkdir()
    add(folder, "x.rss", RUMS[name])
    if has_persons:
        add(folder, "x.vidhosp", [vid_hosp_line(f"NAS{n}", NIR_ASSURE=NIRS[n % 5]) for n in (0, 1, 2, 3, 3, 5, 9)])
    found, whole = staged(folder), held(folder)
    assert found[1:] == whole[1:] and all(file.lines == file.accepted + file.quarantined for file in found[2])
    for table, rows in found[0].items():
        order = [(column, "ascending") for column in rows.column_names]
        assert rows.sort_by(order) == whole[0][table].combine_chunks().sort_by(order)


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
from strata.ingest import archives, query
from strata.ingest.archives import open_sources
from strata.ingest.atih import staged_file, staged_pair
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
staged_file._INSERT_ROWS = query.BATCH_ROWS = 100
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
