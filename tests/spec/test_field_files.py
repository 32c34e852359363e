"""Files of SMR, HAD and PSY: known by what they hold, put together by transmission, read to stays with nothing lost."""

from collections import Counter
from pathlib import Path

import pytest

from strata.engine.duckdb import connect
from strata.ingest.archives import open_sources
from strata.ingest.atih.care_field import staged_files
from strata.ingest.atih.transmissions import FieldFiles, field_files
from strata.ingest.listing.folder import list_folder
from strata.ingest.load import IngestReport, ingest
from strata.ingest.raw.raw_set import held
from strata.ingest.reasons import reasons
from strata.ingest.recognise import recognise
from strata.ingest.warehouse import tables as warehouse
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
        (extract,) = map(held, staged.extracts())
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
    acts = [("ccam", "DEQP003")] + ([("csarr", "ZZC+221")] + [("csar", "AAA01")] * (year == 2025) if field == "smr" else [])
    assert Counter((row["system"], row["code"]) for row in extract.tables["procedure"].to_pylist()) == dict.fromkeys(acts, 3 * UNITS)
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


def test_files_go_together_by_name_hospital_or_archive(tmp_path: Path) -> None:
    made = {"one/a": ("990000015", "a"), "two/b": ("990000023", "b"), "two/c": ("990000031", "c")}
    for place, (finess, stem) in made.items():
        put(tmp_path / place.split("/")[0], files("smr", 2023, finess=finess, stem=stem))
    assert [sorted(source.stem for source in one.sources) for one in together(tmp_path)] == [["a"] * 4, ["b"] * 4, ["c"] * 4]
    for path in sorted((tmp_path / "two").iterdir()):  # names that say nothing: the FINESS decides, but for the TRA
        path.rename(path.with_name(f"{path.stem}{path.suffix[1:]}.txt"))
    sizes = sorted(len(one.found) for one in together(tmp_path))
    assert sizes == [1, 1, 3, 3, 4]


def test_the_ano_of_smr_is_not_taken_for_that_of_psy(tmp_path: Path) -> None:
    for field in ("smr", "psy"):
        put(tmp_path, files(field, 2023, stem=field))
    assert {one.field: [found.source.name for found in one.found if found.family.endswith("_ano")] for one in together(tmp_path)} == {
        "smr": ["smr.ano"],
        "psy": ["psy.ano"],
    }


def outcome(folder: Path) -> dict[str, tuple[int, str | None]]:
    """Extension of the file -> lines refused, reason."""
    connection = Loaded()
    report = connection.load(folder)
    return {file.source_file.rpartition(".")[2]: (file.refused, file.reason) for file in report.files}


@pytest.mark.parametrize(("field", "gone"), [("smr", "rha"), ("smr", "ssrha"), ("had", "rapss")])
def test_half_a_transmission_is_refused(field: str, gone: str, tmp_path: Path) -> None:
    content = {name: data for name, data in files(field, 2023).items() if not name.endswith(f".{gone}")}
    said = outcome(put(tmp_path, content))
    assert {reason for _, reason in said.values()} == {f"half_transmission: {field}_{gone}"}


@pytest.mark.parametrize("field", FILES_OF)
def test_stays_without_ano_have_no_person(field: str, project: Loaded, tmp_path: Path) -> None:
    content = {name: data for name, data in files(field, 2023).items() if not name.endswith(".ano")}
    project.load(put(tmp_path, content))
    assert project.rows("SELECT DISTINCT pseudonym_status FROM read_stay") == [("missing",)]


@pytest.mark.parametrize("field", FILES_OF)
def test_an_ano_that_cannot_be_read_refuses_the_others(field: str, tmp_path: Path) -> None:
    content = files(field, 2023)
    content["a.ano"] = written(["z" * 77] * 3)
    said = outcome(put(tmp_path, content))
    assert said.pop("ano")[1].startswith("unknown_length_file: 77")  # type: ignore[union-attr]
    assert {reason for _, reason in said.values()} == {"transmission_refused"}


@pytest.mark.parametrize("field", ["smr", "had"])
def test_a_tra_that_cannot_be_read_refuses_nothing_else(field: str, tmp_path: Path) -> None:
    content = files(field, 2023) | {"a.tra": written(["z" * 77] * 3)}
    assert set(outcome(put(tmp_path, content)).values()) == {(0, None)}


def test_a_version_that_nobody_knows_is_read_by_the_layout_it_fits(project: Loaded, tmp_path: Path) -> None:
    """The code of 2019 is a guess: whatever it is, lines of that year with the lengths of that layout are read, and said."""
    content = files("had", 2019)
    content["a.rapss"] = content["a.rapss"].replace(b"H31", b"H3Z")
    report = project.load(put(tmp_path, content))
    assert project.rows("SELECT DISTINCT format_version FROM read_file WHERE is_unverified") == [("H31",)]
    assert "H3Z" in report.notices[0][0] and report.slices == {"new": 1}


def test_a_version_that_fits_no_layout_is_refused_by_name(tmp_path: Path) -> None:
    content = files("had", 2023)
    content["a.rapss"] = content["a.rapss"].replace(b"H37", b"H99").replace(b"2023", b"2031")
    (reason,) = {reason for name, (_, reason) in outcome(put(tmp_path, content)).items() if name == "rapss"}
    assert reason is not None and reason.startswith("unknown_version_file: H99; H29")


def test_a_line_of_a_year_to_come_does_not_move_the_others(project: Loaded, tmp_path: Path) -> None:
    content = files("had", 2023, stays=200)
    content["a.rapss"] = content["a.rapss"] + written([field_line("had_rapss", 2025, 201, 2)])
    project.load(put(tmp_path, content))
    assert project.rows("SELECT DISTINCT year FROM read_stay") == [(2023,)]
    assert project.rows("SELECT source_line, reason FROM quarantine") == [(401, "other_year")]


def test_a_folder_is_listed_as_it_would_be_read(tmp_path: Path) -> None:
    for field in FILES_OF:
        put(tmp_path / f"990000015.2023.2.0103202310101{len(field)}.{field}", files(field, 2023))
    listing = list_folder(tmp_path)
    assert [(one.field, one.finess, one.year, one.months, one.stays, one.status) for one in listing.transmissions] == [
        ("had", "990000015", 2023, (1, 2), 3, "kept"),
        ("psy", "990000015", 2023, (1, 2), 6, "kept"),
        ("smr", "990000015", 2023, (1, 2), 3, "kept"),
    ]
    assert {one.finding for one in listing.findings} == {"months_missing"}
    assert listing.unread == []


def test_what_is_missing_or_unverified_is_listed(tmp_path: Path) -> None:
    smr = {name: data for name, data in files("smr", 2025, stem="s").items() if not name.endswith(".ssrha")}
    psy = {name: data for name, data in files("psy", 2018, stem="p").items() if not name.endswith(("r3a", "ano"))}
    listing = list_folder(put(tmp_path, smr | psy))
    assert {(one.finding, one.detail) for one in listing.findings if one.finding != "months_missing"} == {
        ("half_transmission", "smr_ssrha"),
        ("psy_half", "psy_rpsa"),
        ("ano_missing", ""),
        ("unverified_layout", "psy_rpsa P33"),
    }
    assert {one.reason for one in listing.unread} == {"half_transmission: smr_ssrha"}


def test_notices_name_no_cell(project: Loaded, tmp_path: Path) -> None:
    report = project.load(put(tmp_path, files("had", 2019)))
    assert not any(cell in text for notice in report.notices for text in notice for cell in (pseudonym(1), "E119", "99000001"))


def loose(folder: Path, field: str, *transmissions: tuple[int, int], seed: int = 0) -> Path:
    """Files of several transmissions (year, stays) of one hospital in one folder, under names that say nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [data for year, stays in transmissions for data in files(field, year, stays).values()]
    for number, data in enumerate(made[seed:] + made[:seed]):
        (folder / f"file{number * 7 % 31}.txt").write_bytes(data)
    return folder


@pytest.mark.parametrize("field", FILES_OF)
@pytest.mark.parametrize("transmissions", [((2023, 40), (2024, 43)), ((2023, 20), (2023, 40)), ((2024, 9), (2023, 4), (2022, 5))])
def test_loose_files_with_names_that_say_nothing_are_paired_by_what_they_hold(
    project: Loaded, field: str, transmissions: tuple[tuple[int, int], ...], tmp_path: Path
) -> None:
    report = project.load(loose(tmp_path, field, *transmissions, seed=2))
    assert [file.reason for file in report.refused_files] == []
    kept = dict(transmissions)  # of one year and month the last one stays: which, is not said here
    found = dict(project.rows("SELECT year, count(DISTINCT stay_number) FROM read_stay WHERE care_form <> 'contact' GROUP BY 1 ORDER BY 1"))
    assert found.keys() == kept.keys() and all(found[year] in {stays for said, stays in transmissions if said == year} for year in kept)
    assert project.rows("SELECT count(*) FROM read_stay WHERE care_form <> 'contact' AND pseudonym_status <> 'ok'") == [(0,)]


def test_the_year_tells_apart_two_transmissions_with_the_same_numbers(tmp_path: Path) -> None:
    made = together(loose(tmp_path, "had", (2023, 40), (2024, 40)))
    assert sorted(sorted({found.year or "" for found in one.found}) for one in made) == [["2023"], ["2024"]]
    assert [len(one.found) for one in made] == [3, 3]


def test_loose_files_that_cannot_be_told_apart_are_refused_with_what_to_do(project: Loaded, tmp_path: Path) -> None:
    for name, data in files("smr", 2023, 6).items():
        (tmp_path / f"first-{name[2:]}.txt").write_bytes(data)
    for name, data in files("smr", 2023, 6).items():
        (tmp_path / f"second-{name[2:]}.txt").write_bytes(data.replace(b"I500", b"I501").replace(b"1234", b"1235") + b"\r\n")
    report = project.load(tmp_path)
    assert {file.reason.partition(":")[0] for file in report.refused_files if file.reason} == {"undecided_transmission"}
    assert project.rows("SELECT count(*) FROM read_stay") == [(0,)]
    assert "dossier" in reasons()["undecided_transmission"].fix[0]
    assert "undecided_transmission" in {one.finding for one in list_folder(tmp_path).findings}


@pytest.mark.parametrize("field", FILES_OF)
def test_a_stay_that_may_not_be_billed_says_so(field: str, project: Loaded, tmp_path: Path) -> None:
    content = files(field, 2024)
    ano = [field_line(f"{field}_ano", 2024, stay, own={"billable": code}) for stay, code in ((1, "0"), (2, "3"), (3, "1"))]
    project.load(put(tmp_path, content | {"a.ano": written(ano)}))
    found = "SELECT CAST(stay_number AS INTEGER), billable, billing_base_eur FROM read_stay WHERE care_form <> 'contact' ORDER BY 1"
    assert [row[:2] for row in project.rows(found)] == [(1, "0"), (2, "3"), (3, "1")]
    assert {float(row[2]) for row in project.rows(found)} == {1234.56}


@pytest.mark.parametrize("field", FILES_OF)
def test_a_copy_of_a_file_beside_it_is_a_copy_and_no_half(field: str, project: Loaded, tmp_path: Path) -> None:
    put(tmp_path, files(field, 2023) | {"0copy.txt": files(field, 2023)["a.ano"]})
    listing = list_folder(tmp_path)
    assert [(one.file, one.reason, one.same_as) for one in listing.unread] == [("0copy.txt", "same_content", "a.ano")]
    assert "half_transmission" not in {one.finding for one in listing.findings}
    assert {file.source_file: file.reason for file in project.load(tmp_path).files if file.reason} == {"0copy.txt": "already_in"}


def test_a_tra_of_another_year_is_said(tmp_path: Path) -> None:
    put(tmp_path, files("had", 2023) | {"a.tra": files("had", 2021)["a.tra"]})
    found = {one.finding: (one.year, one.detail, one.files) for one in list_folder(tmp_path).findings}
    assert found["tra_of_another_year"] == (2023, "2021", ("a.tra",))
