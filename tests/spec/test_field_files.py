"""Files of SMR, HAD and PSY: known by what they hold, put together by transmission, read to stays with nothing lost."""

from pathlib import Path

import pytest

from strata.engine.duckdb import connect
from strata.ingest import warehouse
from strata.ingest.archives import open_sources
from strata.ingest.atih_field import staged_files
from strata.ingest.load import IngestReport, ingest
from strata.ingest.recognise import recognise
from strata.ingest.transmissions import FieldFiles, field_files
from tests.support.field_files import EXTENSIONS, FILES_OF, UNITS, field_line, files, pseudonym, transmission, version_of, written

YEARS = range(2017, 2026)
FAMILY_YEARS = [(family, year) for family in EXTENSIONS for year in YEARS]
FIELD_YEARS = [(field, year) for field in FILES_OF for year in YEARS]


class Loaded:
    """A warehouse in memory."""

    def __init__(self) -> None:
        self.connection = connect(None)
        self.connection.execute(warehouse._DDL.read_text(encoding="utf-8"))

    def load(self, landing: Path) -> IngestReport:
        report = ingest(landing, self.connection)
        assert all(file.lines == file.accepted + file.quarantined + file.refused for file in report.files)
        return report

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()


@pytest.fixture
def project() -> Loaded:
    return Loaded()


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


def test_a_folder_of_three_fields_is_loaded(project: Loaded, tmp_path: Path) -> None:
    for field in FILES_OF:
        put(tmp_path / field, files(field, 2023))
    report = project.load(tmp_path)
    assert report.slices == {"new": 3}
    assert project.rows("SELECT field, count(*) FROM read_stay GROUP BY 1 ORDER BY 1") == [("had", 3), ("psy", 6), ("smr", 3)]
    assert {(file.reason, file.is_unverified) for file in report.files} == {(None, False)}
    assert report.total("lines") == report.total("accepted")
    assert project.load(tmp_path).slices == {}  # all of it is in


def test_what_no_source_confirms_is_said(project: Loaded, tmp_path: Path) -> None:
    report = project.load(put(tmp_path, files("smr", 2025)))
    assert project.rows("SELECT family, is_unverified FROM read_file ORDER BY 1") == [
        ("smr_ano", False),
        ("smr_rha", True),
        ("smr_ssrha", False),
        ("smr_tra", False),
    ]
    ((french, english),) = report.notices
    assert "a.rha" in french and "non vérifié" in french and "not verified" in english and "M65" in english


def test_a_later_month_replaces_all_the_files_of_the_former(project: Loaded, tmp_path: Path) -> None:
    put(tmp_path / "990000015.2023.2.01032023101010", files("smr", 2023, stays=2))
    project.load(tmp_path)
    put(tmp_path / "990000015.2023.3.01042023101010", files("smr", 2023, stays=4))
    assert project.load(tmp_path).slices == {"replace": 1}
    assert project.rows("SELECT count(*) FROM read_stay") == [(4,)]
    assert project.rows("SELECT bool_and(lines = accepted + quarantined + refused) FROM read_file") == [(True,)]
    gone = "SELECT family, accepted, refused, reason FROM read_file WHERE source_file LIKE '%.2.%' ORDER BY 1"
    lines = {family: len(content) for family, content in transmission("smr", 2023, 2).items()}
    assert project.rows(gone) == [(family, 0, count, "superseded") for family, count in sorted(lines.items())]
