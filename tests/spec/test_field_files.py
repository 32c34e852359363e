"""Files of SMR, HAD and PSY: known by what they hold, put together by transmission, read to stays with nothing lost."""

from pathlib import Path

import pytest

from strata.ingest.archives import open_sources
from strata.ingest.atih_field import StagedFiles, staged_files
from strata.ingest.recognise import recognise
from strata.ingest.transmissions import FieldFiles, field_files
from tests.support.field_files import EXTENSIONS, FILES_OF, UNITS, field_line, files, pseudonym, transmission, version_of, written

YEARS = range(2017, 2026)
FAMILY_YEARS = [(family, year) for family in EXTENSIONS for year in YEARS]
FIELD_YEARS = [(field, year) for field in FILES_OF for year in YEARS]


def put(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def together(folder: Path) -> list[FieldFiles]:
    return field_files(open_sources(folder))


@pytest.mark.parametrize(("family", "year"), FAMILY_YEARS)
def test_each_family_and_version_is_known_by_its_lines(family: str, year: int) -> None:
    lines = [field_line(family, year, stay, unit) for stay in (1, 2, 3) for unit in (1, 2)]
    known = recognise(written(lines), "a.txt")
    assert (known.family, known.version) == (family, version_of(family, year))
    assert recognise(written(["x" * 300, *lines]), "a.txt").family == family  # one bad line changes nothing


@pytest.mark.parametrize(("field", "year"), FIELD_YEARS)
def test_a_transmission_is_read(field: str, year: int, tmp_path: Path) -> None:
    (one,) = together(put(tmp_path, files(field, year)))
    assert [found.family for found in one.found] == list(FILES_OF[field])
    with staged_files(one) as staged:
        (extract,) = staged.extracts()
    lines = {family: len(content) for family, content in transmission(field, year).items()}
    assert {file.family: (file.lines, file.accepted, file.quarantined, file.reason) for file in extract.files} == {
        family: (count, count, 0, None) for family, count in lines.items()
    }
    assert extract.quarantine.num_rows == 0
    rows = extract.tables["stay"].to_pylist()
    stays = [row for row in rows if row["care_form"] != "contact"]
    assert [(row["finess"], row["year"], row["unit_count"]) for row in stays] == [("990000015", year, UNITS)] * 3
    assert [row["pseudonym"] for row in stays] == [pseudonym(stay) for stay in (1, 2, 3)]
    assert extract.tables["unit"].num_rows == 3 * UNITS + (3 if field == "psy" else 0)
    assert extract.tables["procedure"].num_rows == 3 * UNITS
    if field == "psy" and year >= 2020:
        assert [row["pseudonym"] for row in rows if row["care_form"] == "contact"] == [pseudonym(stay) for stay in (1, 2, 3)]
