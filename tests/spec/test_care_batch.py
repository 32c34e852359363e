"""Small transmissions of SMR, HAD and PSY read together are the same as read alone, whatever is wrong with one of them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from strata.ingest.archives import open_sources
from strata.ingest.atih import care_batch
from strata.ingest.atih.care_batch import batches, read_together
from strata.ingest.atih.care_field import staged_files
from strata.ingest.atih.transmissions import FieldFiles, field_files
from strata.ingest.extract import QUARANTINE, SCHEMAS, Extract
from strata.ingest.load import ingest
from strata.ingest.raw.raw_set import held
from tests.support.field_files import FILES_OF, files
from tests.support.landing import rows, unaccounted

Spoil = Callable[[dict[str, bytes]], object]


def _double_a_line(content: dict[str, bytes]) -> None:
    for name in content:
        content[name] += content[name].splitlines(keepends=True)[0]


def _lose_a_line_of_every_file(content: dict[str, bytes]) -> None:
    for rank, name in enumerate(content):
        content[name] = b"".join(line for number, line in enumerate(content[name].splitlines(keepends=True)) if number != rank)


def _spoil_lines(content: dict[str, bytes]) -> None:
    for name in content:
        content[name] = b"x\r\n" + content[name] + b"\r\n"


SPOILT: dict[str, Spoil] = {
    "nothing": lambda content: None,
    "doubles": _double_a_line,
    "lines that the other files lack": _lose_a_line_of_every_file,
    "lines that cannot be read": _spoil_lines,
    "no ano": lambda content: content.pop("a.ano"),
}


HOSPITALS = [f"9900000{rank}0" for rank in range(len(SPOILT))]


def landing(folder: Path, field: str, spoils: Iterable[Spoil] = SPOILT.values(), year: int = 2023) -> Path:
    """Hospitals that are spoilt each in its way."""
    for rank, (finess, spoil) in enumerate(zip(HOSPITALS, spoils)):
        content = files(field, year, stays=4 + rank, finess=finess)
        spoil(content)
        for name, data in content.items():
            path = folder / f"{finess}.{year}.2.01032023101010" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder


def alone(one: FieldFiles) -> Extract:
    with staged_files(one) as ready:
        (extract,) = map(held, ready.extracts())
    return extract


def same(one: Extract, other: Extract) -> bool:
    key = [(name, "ascending") for name in QUARANTINE.names]
    return (one.files, one.quarantine.sort_by(key)) == (other.files, other.quarantine.sort_by(key)) and all(
        one.tables[name].combine_chunks() == other.tables[name].combine_chunks() for name in SCHEMAS
    )


@pytest.mark.parametrize("field", FILES_OF)
def test_read_together_or_alone_each_is_the_same(tmp_path: Path, field: str) -> None:
    (batch,) = batches(field_files(open_sources(landing(tmp_path, field))))
    together = read_together(batch)
    assert together is not None and len(together) == len(HOSPITALS)
    for read, one in zip(together, batch):
        assert same(read.extract, alone(one))
        assert read.month == 2


@pytest.mark.parametrize("field", FILES_OF)
def test_what_is_not_what_it_seemed_is_read_alone(tmp_path: Path, field: str) -> None:
    """Its first lines are of one hospital, most of the others of another one that is there too: nothing tells them apart together."""

    def half_of_another(content: dict[str, bytes]) -> None:
        for name, data in content.items():
            more = b"".join(data.splitlines(keepends=True) * 30)
            content[name] = data * 20 + more.replace(HOSPITALS[0].encode(), HOSPITALS[1].encode())

    folder = landing(tmp_path / "landing", field, (half_of_another, *[SPOILT["nothing"]] * 3))
    (batch,) = batches(field_files(open_sources(folder)))
    assert read_together(batch) is None
    if field == "had":
        assert ingest(folder, tmp_path / "w" / "s.duckdb").total("accepted") > 0
        assert unaccounted(tmp_path / "w" / "s.duckdb") == []
        assert rows(tmp_path / "w" / "s.duckdb", "SELECT count(DISTINCT finess) FROM read_stay") == [(3,)]


def test_a_batch_holds_a_hospital_once_and_no_more_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for month in (1, 2):
        for year in (2022, 2023):
            content = files("smr", year)
            for finess in HOSPITALS[:3]:
                folder = tmp_path / f"{finess}.{year}.{month}.0103{year}10101{month}"
                folder.mkdir()
                for name, data in content.items():
                    (folder / name).write_bytes(data.replace(b"990000015", finess.encode()))
    found = field_files(open_sources(tmp_path))
    made = list(batches(found))
    assert [len(batch) for batch in made] == [3] * 4
    assert sorted(id(one) for batch in made for one in batch) == sorted(map(id, found))
    monkeypatch.setattr(care_batch, "BATCH_BYTES", sum(source.size for source in found[0].sources) + 1)
    assert [len(batch) for batch in batches(found)] == [1] * 12


def test_many_hospitals_are_loaded_with_nothing_lost(tmp_path: Path) -> None:
    for field in FILES_OF:
        landing(tmp_path / "landing", field)
    path = tmp_path / "w" / "s.duckdb"
    assert ingest(tmp_path / "landing", path).slices == {"new": 3 * len(HOSPITALS)}
    assert rows(path, "SELECT field, finess, month FROM read_slice ORDER BY ALL") == [
        (field, finess, 2) for field in sorted(FILES_OF) for finess in HOSPITALS
    ]
    assert unaccounted(path) == []


def test_an_earlier_month_that_comes_late_replaces_nothing(tmp_path: Path) -> None:
    """No name says when they were sent; each says its month."""
    path = tmp_path / "w" / "s.duckdb"
    for month, stays, verdict in ((3, 3, "new"), (2, 2, "superseded")):
        for name, data in files("smr", 2023, stays, stem=f"990000015.2023.{month}").items():
            (tmp_path / "landing").mkdir(exist_ok=True)
            (tmp_path / "landing" / name).write_bytes(data)
        assert ingest(tmp_path / "landing", path).slices == {verdict: 1}
    assert rows(path, "SELECT month, (SELECT count(*) FROM read_stay) FROM read_slice") == [(3, 3)]
