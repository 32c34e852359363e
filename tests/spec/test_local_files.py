"""The files a hospital keeps: TRA in both forms, VID-HOSP to a keyed hash, grouped RSS to stays; each line taken, or set aside and why."""

from collections import Counter
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from strata.errors import StrataError
from strata.ingest.lines.layouts import layouts
from strata.ingest.lines.line_faults import FileRead
from strata.ingest.local import person_key
from strata.ingest.local.identity import person_keys
from strata.ingest.local.reading import completed
from strata.ingest.local.rss import read_rum, rss_stays
from strata.ingest.local.tra import read_tra
from strata.ingest.local.vid_hosp import read_vid_hosp
from strata.ingest.recognise import recognise
from tests.support.local_lines import (
    BIRTH,
    FINESS,
    NIR,
    OTHER_NIR,
    PARENT_NIR,
    PLACEHOLDERS,
    SECRET,
    SEX,
    blocks,
    check_number,
    key_of,
    rum_line,
    tra_columns,
    tra_line,
    vid_hosp_line,
)  # fmt: skip

TEXTS, DATES = ("stay_number", "pseudonym", "chaining_codes"), ("entry_date", "exit_date")
ANO = pa.schema([*((name, pa.string()) for name in TEXTS), *((name, pa.date32()) for name in DATES), ("billable", pa.string())])


def vid_hosp(*lines: str, version: str = "V014") -> FileRead:
    return read_vid_hosp(blocks(*lines), layouts("vid_hosp")[version], "vid", SECRET)


def tra(*lines: str, version: str = "82") -> FileRead:
    return read_tra(blocks(*lines), version, "tra")


def why(read: FileRead) -> dict[str, int]:
    """Reasons of the lines set aside; every line must be accounted for."""
    reasons = Counter(read.quarantine().column("reason").to_pylist())
    assert read.lines == read.rows.num_rows + reasons.total()
    return dict(reasons)


def keys(read: FileRead) -> dict[str, str]:
    return dict(zip(read.rows.column("nas").to_pylist(), read.rows.column("pseudonym").to_pylist()))


@pytest.mark.parametrize("version", ["V014", "V015"])
@pytest.mark.parametrize("blocks_of_days", [1, 3])
def test_a_person_is_the_keyed_hash_of_number_birth_date_and_sex(version: str, blocks_of_days: int) -> None:
    read = vid_hosp(vid_hosp_line("A1", version, blocks_of_days), version=version)
    assert why(read) == {}
    assert keys(read) == {"A1": key_of()}


@pytest.mark.parametrize(
    "fields",
    [
        {"INS": NIR + check_number(NIR), "NIR_INDIVIDUEL": OTHER_NIR, "NIR_ASSURE": PARENT_NIR},
        {"NIR_INDIVIDUEL": NIR, "CLE_NIR_INDIVIDUEL": check_number(NIR), "NIR_ASSURE": PARENT_NIR},
        {"INS": NIR + "  "},
        {"INS": "0" * 15, "NIR_INDIVIDUEL": "9" * 13},
        {"NIR_ASSURE": NIR, "CLE_NIR_ASSURE": None},
    ],
)
def test_the_persons_own_number_comes_before_that_of_the_insured(fields: dict[str, str]) -> None:
    assert keys(vid_hosp(vid_hosp_line("A1", **fields))) == {"A1": key_of()}


@pytest.mark.parametrize("change", [{"DATE_NAISSANCE": "03011950"}, {"SEXE": "2"}, {"NIR_ASSURE": OTHER_NIR}])
def test_another_birth_date_sex_or_number_is_another_person(change: dict[str, str]) -> None:
    assert keys(vid_hosp(vid_hosp_line("A1", **change)))["A1"] != key_of()


def test_a_number_of_corsica_is_a_number() -> None:
    corsican = "150012A123456"
    assert keys(vid_hosp(vid_hosp_line("A1", NIR_ASSURE=corsican, CLE_NIR_ASSURE=check_number(corsican)))) == {"A1": key_of(corsican)}


def test_the_identifier_of_the_hospital_changes_nothing() -> None:
    read = vid_hosp(vid_hosp_line("A1", IPP="IPP1"), vid_hosp_line("A2", IPP="IPP2"))
    assert keys(read) == {"A1": key_of(), "A2": key_of()}


@pytest.mark.parametrize("number", PLACEHOLDERS)
def test_a_number_that_stands_for_nobody_names_nobody(number: str) -> None:
    assert why(vid_hosp(vid_hosp_line("A1", NIR_ASSURE=number, CLE_NIR_ASSURE=None))) == {"unusable_identity": 1}


@pytest.mark.parametrize(
    ("reason", "fields"),
    [
        ("no_identity", {"NIR_ASSURE": None, "CLE_NIR_ASSURE": None}),
        ("no_identity", {"DATE_NAISSANCE": None}),
        ("no_identity", {"SEXE": None}),
        ("unusable_identity", {"CLE_NIR_ASSURE": "00"}),
        ("newborn_of_mother", {"NAS_MERE": "M1", "NIR_ASSURE": PARENT_NIR}),
        ("newborn_of_mother", {"NOUVEAU_NE_AVEC_MERE": "1", "NIR_ASSURE": PARENT_NIR}),
        ("twin_identity", {"RANG_NAISSANCE": "2", "NIR_ASSURE": PARENT_NIR}),
        ("missing_value", {"NAS": None}),
        ("mixed_version", {"FORMAT": "V013"}),
    ],
)
def test_a_line_that_names_nobody_for_certain_is_set_aside_with_its_reason(reason: str, fields: dict[str, str | None]) -> None:
    assert why(vid_hosp(vid_hosp_line("A0"), vid_hosp_line("A1", **fields))) == {reason: 1}


def test_a_newborn_or_a_twin_with_a_number_of_its_own_is_a_person() -> None:
    own = {"INS": OTHER_NIR + check_number(OTHER_NIR), "NIR_ASSURE": PARENT_NIR}
    read = vid_hosp(vid_hosp_line("A1", NAS_MERE="M1", **own), vid_hosp_line("A2", RANG_NAISSANCE="2", **own))
    assert keys(read) == {"A1": key_of(OTHER_NIR), "A2": key_of(OTHER_NIR)}


def test_both_twins_of_one_sex_under_one_number_are_left_out_and_their_sister_is_not() -> None:
    first, second = (vid_hosp_line(f"A{rank}", RANG_NAISSANCE=rank, NIR_ASSURE=PARENT_NIR) for rank in ("0", "2"))
    read = vid_hosp(first, second, vid_hosp_line("A3", SEXE="2", NIR_ASSURE=PARENT_NIR))
    assert why(read) == {"twin_identity": 2}
    assert list(keys(read)) == ["A3"]


def test_somebody_insured_under_their_own_number_needs_no_other_to_be_told_from_a_twin() -> None:
    assert keys(vid_hosp(vid_hosp_line("A1", RANG_NAISSANCE="2"))) == {"A1": key_of()}


def test_a_line_cut_or_lengthened_is_set_aside_and_names_of_doctors_may_hold_any_letter() -> None:
    line = vid_hosp_line("A1")
    read = vid_hosp(line[:-1], line + " ", line[:400], vid_hosp_line("A1", MEDECIN_NOM="É" * 25))
    assert why(read) == {"wrong_length": 2, "line_too_short": 1}


def test_persons_still_in_hospital_do_not_hide_the_year_of_the_file() -> None:
    """As many lines without an exit as with one."""
    read = vid_hosp(vid_hosp_line("A1", DATE_SORTIE=None), vid_hosp_line("A2", NIR_ASSURE=OTHER_NIR))
    assert (read.seen("").year, read.seen("").accepted) == (2024, 2)
    assert vid_hosp(vid_hosp_line("A1", DATE_SORTIE=None)).seen("").year is None


@pytest.mark.parametrize(("version", "line"), [("82", tra_line), ("csv", tra_columns)])
def test_both_forms_of_a_tra_say_the_same(version: str, line) -> None:  # type: ignore[no-untyped-def]
    read = tra(line(1, "A1"), line(2, "A2", "31122023", "31122023"), line(3, "A3"), version=version)
    assert read.rows.select(["stay_number", "nas", "entry_date", "exit_date", "exit_month"]).to_pylist() == [
        {
            "stay_number": f"000000000{number}",
            "nas": f"A{number}",
            "entry_date": date(2024, 3, 1),
            "exit_date": date(2024, 3, 3),
            "exit_month": 3,
        }
        for number in (1, 3)
    ]
    assert why(read) == {"other_year": 1}


def test_faulty_lines_of_a_tra_are_set_aside() -> None:
    lines = [tra_line(1, "A1"), tra_line(1, "A1"), tra_line(2, "A2", "05032024", "03032024"), tra_line(3, "A3", "99992024"), "short"]
    assert why(tra(*lines)) == {"duplicate_stay": 1, "exit_before_entry": 1, "invalid_date": 1, "line_too_short": 1}
    columns = [tra_columns(1, "A1"), "a;b", tra_columns(2, "A" * 30), tra_columns(3, "A3") + ";x"]
    assert why(tra(*columns, version="csv")) == {"broken_row": 2, "wrong_length": 1}


def ano(*rows: tuple[str, str | None, str, date | None, date | None]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(ANO.names, (*row, "1"))) for row in rows], schema=ANO)


def test_the_chain_from_stay_to_person_and_what_breaks_it() -> None:
    links = tra(tra_line(1, "A1"), tra_line(2, "A2"), tra_line(3, "A3", "02032024"), tra_line(4, "A4"), tra_line(9, "A9"))
    entry, exit_ = date(2024, 3, 1), date(2024, 3, 3)
    lines = ano(
        ("0000000001", None, " " * 9, entry, exit_), ("0000000003", None, " " * 9, entry, exit_), ("0000000004", None, " " * 9, None, None)
    )
    persons = vid_hosp(
        vid_hosp_line("A1"), vid_hosp_line("A1"), vid_hosp_line("A2", NIR_ASSURE=OTHER_NIR), vid_hosp_line("A2"), vid_hosp_line("EXT1")
    )
    found = person_keys(pa.chunked_array([[f"{number:010d}" for number in (1, 2, 3, 4, 5)]]), links, persons, lines)
    assert found.column("stay_number").to_pylist() == ["0000000001", "0000000002", "0000000004"]
    assert found.column("pseudonym").to_pylist() == [key_of(), None, None]
    assert why(links) == {"tra_without_rsa": 1, "tra_disagrees": 1}
    assert why(persons) == {"repeated_nas": 1, "identities_disagree": 2, "nas_without_stay": 1}
    whole = {row["stay_number"]: row for row in completed(lines, found).to_pylist()}
    assert whole["0000000004"]["entry_date"] == entry  # the .ano had none
    assert whole["0000000002"] == {
        "stay_number": "0000000002", "pseudonym": None, "chaining_codes": " " * 9, "entry_date": entry, "exit_date": exit_,
        "billable": None
    }  # fmt: skip
    assert whole["0000000001"]["chaining_codes"] == "0" * 9
    assert whole["0000000003"]["pseudonym"] is None and whole["0000000003"]["entry_date"] == entry


def rss(*lines: str, version: str = "122") -> FileRead:
    return read_rum(blocks(*lines), layouts("mco_rum")[version], "rss")


@pytest.mark.parametrize("version", sorted(layouts("mco_rum")))
def test_the_rum_of_an_rss_are_one_stay(version: str) -> None:
    acts, codes = (("EBFA002", "05032024"),), {"DP": "E1150", "DR": "I10"}
    read = rss(
        rum_line(7, "03032024", "09032024", version, das=("E1140",), acts=acts, documentary=1, MDSOUE="9", **codes),
        rum_line(7, "01032024", "03032024", version, das=("I10", "N18"), TYTRPR="5", MDSOUE="6"),
        version=version,
    )  # fmt: skip
    assert why(read) == {}
    stays = rss_stays(read)
    (stay,) = stays.tables["stay"].to_pylist()
    wanted = {
        "line": 1, "source_line": 1, "finess": FINESS, "year": 2024, "exit_month": 3, "format_version": version,
        "stay_number": "0000000001", "entry_date": date(2024, 3, 1), "exit_date": date(2024, 3, 9), "nights": 8,
        "entry_mode": "8", "entry_provenance": "5", "exit_mode": "9", "dp": "E1150", "dr": "I10", "unit_count": 2,
        "ghm": "05M092", "ghs": None, "age_years": 74, "age_days": None,
        "sex_code": SEX, "geo_code": "9A001", "sessions": 0, "automatic_rsa": "0", "cost_billed_eur": None,
    }  # fmt: skip
    assert {name: stay[name] for name in wanted} == wanted
    assert [(row["unit_rank"], row["dp"], row["nights"]) for row in stays.tables["unit"].to_pylist()] == [(1, "I500", 2), (2, "E1150", 6)]
    das = {(row["line"], row["unit_rank"], row["code"]) for row in stays.tables["diagnosis"].to_pylist()}
    assert das == {(1, 2, "E1140"), (1, 1, "I10"), (1, 1, "N18")}
    act = {"line": 1, "unit_rank": 2, "system": "ccam", "code": "EBFA002", "phase": "0", "activity": "1", "day_offset": 4, "executions": 1}
    assert stays.tables["procedure"].to_pylist() == [act]
    assert stays.nas.to_pylist() == ["NAS1"]


def test_an_rss_is_whole_or_not_read() -> None:
    read = rss(
        rum_line(1, "01032024", "03032024"), rum_line(1, "03032024", "05032024", NBSEAN="xx"),
        rum_line(2, "28122023", "31122023"), rum_line(2, "31122023", "02012024"),
        rum_line(3, "01032023", "05032023"), rum_line(4, "06032024", "05032024"), rum_line(5, "01032024", "01032024", NOFINESS="990000031"),
    )  # fmt: skip
    assert why(read) == {"not_a_number": 1, "unit_set_aside": 1, "other_year": 1, "exit_before_entry": 1, "other_finess": 1}
    assert rss_stays(read).tables["stay"].column("entry_date").to_pylist() == [date(2023, 12, 28)]


def test_a_session_has_no_night_and_a_baby_has_days() -> None:
    read = rss(
        rum_line(1, "01032024", "31032024", NBSEAN="12", CDGHM="28Z04Z"), rum_line(2, "11032024", "12032024", nas="B", DTNAIS="01032024")
    )
    session, baby = rss_stays(read).tables["stay"].to_pylist()
    assert (session["sessions"], session["nights"]) == (12, 0)
    assert (baby["age_years"], baby["age_days"]) == (None, 10)


@pytest.mark.parametrize(
    ("line", "family", "version"),
    [
        (tra_line(1, "A1"), "mco_tra", "82"),
        (tra_columns(1, "A1"), "mco_tra", "csv"),
        (vid_hosp_line("A1"), "vid_hosp", "V014"),
        (vid_hosp_line("A1", "V015", 2), "vid_hosp", "V015"),
        *((rum_line(1, "01032024", "02032024", version, das=("I10",) * 4), "mco_rum", version) for version in layouts("mco_rum")),
    ],
)
def test_the_content_tells_what_a_file_is(line: str, family: str, version: str) -> None:
    found = recognise((f"{line}\n" * 3).encode("latin-1"), "export.dat")
    assert (found.family, found.version) == (family, version)


def test_a_missing_or_short_secret_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, "short secret"):
        monkeypatch.delenv(person_key.VARIABLE, raising=False)
        if value:
            monkeypatch.setenv(person_key.VARIABLE, value)
        with pytest.raises(StrataError) as raised:
            person_key.secret()
        assert raised.value.is_usage and raised.value.where == person_key.VARIABLE
        assert "token_hex" in raised.value.fix[0] and "token_hex" in raised.value.fix[1]
        assert "short secret" not in str(raised.value)


def test_another_secret_gives_other_persons() -> None:
    identity = np.frombuffer(f"{NIR}{BIRTH}{SEX}".encode("ascii"), dtype=np.uint8).reshape(1, -1)
    found = {person_key.keys(secret, identity)[0].as_py() for secret in (SECRET, b"another secret of the tests")}
    assert found == {key_of(), key_of(secret=b"another secret of the tests")}
