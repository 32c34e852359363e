"""Chart review: who is drawn, what the workbook holds and does not, what it gives back, and what it refuses."""

import json
import stat
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipelines import command
from strata.config import Config
from strata.errors import StrataError
from strata.review import Found, draw, read_review, values, weighted, write_sheet
from strata.statistics import wilson
from tests.support.small_project import project

# Strata 1 to 3 of twelve persons each, and one of stratum 4; a name of file that a spreadsheet would take for a formula.
CODES = ["E1198"] * 12 + ["E1190"] * 12 + ["E1138"] * 12
STAYS = "person | exit | das | acts\n" + "\n".join(f"{n} | 2024-0{1 + n % 9}-10 | {code} |" for n, code in enumerate(CODES))
STAYS += "\n99 | 2023-05-10 | E1158 | NZFA007\n99 | 2025-05-10 | E1198 |"
FORMULA = "UPDATE read_stay SET source_file = '=1+1.rsa'"
BY_NAME = {"number": 1, "person_id": 2, "kind": 3, "value": 5, "file": 10, "answer": 13}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """One warehouse for all that only reads it."""
    return project(tmp_path_factory.mktemp("review"), STAYS, also=FORMULA)


@pytest.fixture
def own(tmp_path: Path) -> Config:
    """A project of its own, for what writes its log."""
    return project(tmp_path, STAYS, also=FORMULA)


def drawn(config: Config, **more: Any) -> Any:
    return draw(config, "t2d", 2025, **({"per_stratum": 5, "criteria": ["amputation"], "per_criterion": 3, "seed": 7} | more))


def filled(config: Config, tmp_path: Path, language: str = "fr", **answers: str) -> Path:
    """A workbook where each question of a kind got the same answer."""
    path = tmp_path / "review.xlsx"
    write_sheet(drawn(config), path, language)
    book = load_workbook(path)
    sheet = book.worksheets[1]
    for row in range(2, sheet.max_row + 1):
        kind = {"strate": "stratum", "stratum": "stratum"}.get(sheet.cell(row, BY_NAME["kind"]).value, "criterion")
        sheet.cell(row, BY_NAME["answer"]).value = answers.get(kind)
    book.save(path)
    return path


def test_so_many_of_each_stratum_and_all_of_a_small_one(config: Config) -> None:
    found = {(one.kind, one.value): (one.held, one.drawn) for one in drawn(config).groups}
    assert found == {
        ("stratum", "1"): (12, 5),
        ("stratum", "2"): (12, 5),
        ("stratum", "3"): (12, 5),
        ("stratum", "4"): (1, 1),
        ("criterion", "amputation"): (1, 1),
    }


def test_a_seed_draws_the_same_persons_again_and_another_seed_others(config: Config) -> None:
    assert drawn(config) == drawn(config)
    assert {one.person_id for one in drawn(config).questions} != {one.person_id for one in drawn(config, seed=8).questions}


def test_each_question_leads_to_the_stays_that_count_for_it(config: Config) -> None:
    asked = {(one.kind, one.value): one for one in drawn(config).questions}
    of_stratum, of_criterion = asked["stratum", "4"], asked["criterion", "amputation"]
    assert of_stratum.person_id == of_criterion.person_id
    assert [(str(one.exit_date), one.criteria) for one in of_criterion.stays] == [("2023-05-10", "amputation")]
    assert [str(one.exit_date) for one in of_stratum.stays] == ["2025-05-10", "2023-05-10"]  # the second says that the condition is there
    assert {(one.finess, one.source_file) for one in of_stratum.stays} == {("990000001", "=1+1.rsa")}
    assert all(one.source_line > 0 for one in of_stratum.stays)


def test_the_workbook_holds_no_pseudonym_and_no_formula(config: Config, tmp_path: Path) -> None:
    book = load_workbook(filled(config, tmp_path))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell for cell in cells if isinstance(cell.value, str) and "0000000000" in cell.value]
    assert any("DONNÉES PERSONNELLES" in str(cell.value) for cell in cells)
    assert [sheet.title for sheet in book.worksheets] == ["À lire", "Revue", "Séjours", "Tirage"]
    assert any("SYNTHÉTIQUES" in str(cell.value) for cell in cells)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "fr",
            (
                "Strate 3 : Complication installée",
                "Amputation de membre inférieur : au moins 1 séjour dans les 60 mois qui finissent le 31/12/2025",
            ),
        ),
        ("en", ("Stratum 3: Established complication", "Lower limb amputation: at least 1 stay in the 60 months that end on 2025-12-31")),
    ],
)
def test_the_reviewer_reads_what_each_stratum_is_and_what_is_asked(
    config: Config, tmp_path: Path, language: str, told: tuple[str, str]
) -> None:
    readme, _, stays, _ = load_workbook(filled(config, tmp_path, language)).worksheets
    assert set(told) <= {row[0] for row in readme.iter_rows(values_only=True)}
    said = {row[-1] for row in stays.iter_rows(min_row=2, values_only=True)}
    assert any(told[1].startswith(words) for words in said) and not any("_" in words for words in said)  # words, no identifier


def test_answers_are_chosen_from_lists_and_the_rest_is_locked(config: Config, tmp_path: Path) -> None:
    sheet = load_workbook(filled(config, tmp_path)).worksheets[1]
    lists = {one.formula1: str(one.sqref) for one in sheet.data_validations.dataValidation}
    assert any("confirmée,trop haute" in words for words in lists) and any("présent,absent" in words for words in lists)
    assert sheet.protection.sheet and sheet.cell(2, BY_NAME["value"]).protection.locked
    assert not sheet.cell(2, BY_NAME["answer"]).protection.locked


@pytest.mark.parametrize(("language", "confirmed", "present"), [("fr", "confirmée", "présent"), ("en", "Confirmed ", "present")])
def test_a_filled_sheet_gives_values_with_wilson_limits(
    config: Config, tmp_path: Path, language: str, confirmed: str, present: str
) -> None:
    found = {
        (one.asked, one.value): one for one in values(read_review(filled(config, tmp_path, language, stratum=confirmed, criterion=present)))
    }
    one = found["stratum", "2"]
    assert (one.held, one.drawn, one.judged, one.confirmed, one.share) == (12, 5, 5, 5, 1)
    assert (one.lower, one.upper) == tuple(wilson(5, 5))
    assert found["criterion", "amputation"].confirmed == 1


def test_what_is_not_the_condition_counts_against_both_and_what_cannot_be_told_against_none(config: Config, tmp_path: Path) -> None:
    path = filled(config, tmp_path, stratum="trop haute", criterion="impossible à dire")
    book = load_workbook(path)
    sheet = book.worksheets[1]
    (row,) = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, BY_NAME["value"]).value == "4"]
    sheet.cell(row, BY_NAME["answer"]).value = "pas la maladie"
    book.save(path)
    found = {(one.asked, one.value): one for one in values(read_review(path))}
    assert (found["stratum", "2"].share, found["condition", "2"].share) == (0, 1)
    assert (found["stratum", "4"].share, found["condition", "4"].share) == (0, 0)
    assert (found["criterion", "amputation"].judged, found["criterion", "amputation"].share) == (0, None)


def test_an_empty_answer_is_not_judged(config: Config, tmp_path: Path) -> None:
    assert {one.judged for one in values(read_review(filled(config, tmp_path)))} == {0}


@pytest.mark.parametrize(
    ("column", "value", "where"),
    [
        ("answer", "peut-être", "Revue!M3"),
        ("number", "deux", "Revue!A3"),
        ("number", 1, "Revue!A3"),
        ("number", 99, "Revue!A3"),
        ("person_id", None, "Revue!B3"),
        ("kind", "autre", "Revue!C3"),
        ("value", "9", "Revue!E3"),
        ("value", None, "Revue!E3"),
    ],
)
def test_a_cell_at_fault_is_named_and_not_quoted(config: Config, tmp_path: Path, column: str, value: Any, where: str) -> None:
    path = filled(config, tmp_path)
    book = load_workbook(path)
    book.worksheets[1].cell(3, BY_NAME[column]).value = value
    book.save(path)
    with pytest.raises(StrataError) as refusal:
        read_review(path)
    assert refusal.value.where == where
    assert str(value) not in refusal.value.why[0] or isinstance(value, int)


SPOILT: dict[str, tuple[int, dict[str, Any], str]] = {
    "the strata of two rows are swapped": (1, {"E3": None, "E4": None}, "Revue!E3, Revue!E4"),
    "a person of another": (1, {"B4": 1001}, "Revue!B4"),
    "a hospital": (1, {"F5": "990000002"}, "Revue!F5"),
    "a day": (1, {"I6": date(2020, 1, 1)}, "Revue!I6"),
    "words": (1, {"D6": "Autre chose"}, "Revue!D6"),
    "an empty cell": (1, {"L6": None}, "Revue!L6"),
    "a weight": (3, {"D10": 1200}, "Tirage!D10"),
    "words of a group": (3, {"B10": "Autre chose"}, "Tirage!B10"),
    "a group more": (3, {"A14": "strate", "B14": "x", "C14": "7", "D14": 1, "E14": 0}, "Tirage!A14"),
    "the year": (3, {"B4": 2020}, "Tirage!B4"),
    "synthetic or not": (3, {"B6": 0}, "Tirage!B6"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_sheet_that_is_not_the_one_drawn_is_refused_by_cell(config: Config, tmp_path: Path, case: str) -> None:
    number, changes, where = SPOILT[case]
    path = filled(config, tmp_path, stratum="confirmée", criterion="présent")
    book = load_workbook(path)
    sheet = book.worksheets[number]
    swapped = dict(zip(changes, reversed([sheet[cell].value for cell in changes]))) if set(changes) == {"E3", "E4"} else changes
    for cell, value in swapped.items():
        assert sheet[cell].value != value
        sheet[cell].value = value
    book.save(path)
    with pytest.raises(StrataError) as refusal:
        read_review(path)
    assert refusal.value.where == where


def test_a_row_removed_is_refused_at_the_row_it_was_drawn(config: Config, tmp_path: Path) -> None:
    path = filled(config, tmp_path)
    book = load_workbook(path)
    book.worksheets[1].delete_rows(4)
    book.save(path)
    with pytest.raises(StrataError) as refusal:
        read_review(path)
    assert refusal.value.where == "Revue!A4" and "is there no more" in refusal.value.why[1]


def test_rows_sorted_and_numbers_as_a_spreadsheet_writes_them_are_the_same_sheet(config: Config, tmp_path: Path) -> None:
    path = filled(config, tmp_path, stratum="confirmée", criterion="présent")
    before = values(read_review(path))
    book = load_workbook(path)
    sheet = book.worksheets[1]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for row, cells in enumerate(reversed(rows), start=2):
        for column, value in enumerate(cells, start=1):
            cell = sheet.cell(row, column, float(value) if isinstance(value, int) else value)
            cell.data_type = "s" if isinstance(value, str) else cell.data_type  # a name of file that begins with = is no formula
    book.save(path)
    assert values(read_review(path)) == before


def test_a_sheet_without_seals_is_refused_and_says_why(config: Config, tmp_path: Path) -> None:
    path = filled(config, tmp_path)
    book = load_workbook(path)
    book.worksheets[3]["B1"].value = "strata-review-2"
    book.save(path)
    with pytest.raises(StrataError) as refusal:
        read_review(path)
    assert refusal.value.where == "Tirage!B1" and "before its cells bore a seal" in refusal.value.why[1]


def test_a_row_removed_a_head_changed_and_a_group_changed_are_refused(config: Config, tmp_path: Path) -> None:
    for number, change in enumerate((lambda s: s.delete_rows(4), lambda s: s.delete_cols(5), lambda s: swap(s, "1", "2"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = filled(config, folder)
        book = load_workbook(path)
        change(book.worksheets[1])
        book.save(path)
        with pytest.raises(StrataError) as refusal:
            read_review(path)
        assert "Revue" in refusal.value.where


def swap(sheet: Any, old: str, new: str) -> None:
    """Put one person of a stratum in another."""
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, BY_NAME["value"]).value == old)
    sheet.cell(row, BY_NAME["value"]).value = new


@pytest.mark.parametrize("content", [b"", b"not a workbook"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.xlsx").write_bytes(content)
    with pytest.raises(StrataError, match="XLSX"):
        read_review(tmp_path / "other.xlsx")


def test_the_command_logs_who_was_drawn_then_writes_then_reads(own: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.xlsx"
    given = ["review", "draw", "--condition", "t2d", "--per-stratum", "2", "--config", str(tmp_path / "strata.toml"), "--out", str(out)]
    assert command.main(given) == 0
    line = json.loads((own.database.parent / "audit.log").read_text(encoding="utf-8"))
    assert (line["command"], line["condition"], line["year"], len(line["persons"])) == ("review draw", "t2d", 2025, 7)
    if sys.platform != "win32":
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "données personnelles" in capsys.readouterr().out
    assert command.main(given) == 2  # nothing is overwritten
    assert command.main(["review", "read", str(out)]) == 0
    assert "VPP" in capsys.readouterr().out


def test_the_command_keeps_personal_data_out_of_publications(own: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "published").mkdir()
    given = ["review", "draw", "--condition", "t2d", "--config", str(tmp_path / "strata.toml"), "--out"]
    assert command.main([*given, str(tmp_path / "published" / "a.xlsx")]) == 2
    assert command.main([*given, str(tmp_path / "a.xlsx"), "--criterion", "nothing"]) == 2
    assert "amputation" in capsys.readouterr().err
    assert not (own.database.parent / "audit.log").exists()


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (["--per-stratum", "0"], 2, "no criterion to review"),
        (["--per-stratum", "0", "--criterion", "amputation", "--per-criterion", "0"], 2, "no criterion to review"),
        (["--per-stratum", "0", "--criterion", "palliative_care_12m"], 2, "Unknown criterion"),
        (["--per-stratum", "0", "--criterion", "blindness"], 1, "nobody in a stratum meets these criteria"),
    ],
)
def test_nothing_to_draw_is_told_by_its_cause(
    own: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: list[str], code: int, told: str
) -> None:
    monkeypatch.setenv("STRATA_LANGUAGE", "en")
    out = ["--config", str(tmp_path / "strata.toml"), "--out", str(tmp_path / "a.xlsx")]
    assert command.main(["review", "draw", "--condition", "t2d", *given, *out]) == code
    assert told in capsys.readouterr().err and not (tmp_path / "a.xlsx").exists()


def found(*strata: tuple[int, int, int]) -> Found:
    """(held, judged, confirmed) of each stratum."""
    groups = {
        ("stratum", str(n)): (held, judged, {"confirmed": yes, "not_condition": judged - yes})
        for n, (held, judged, yes) in enumerate(strata)
    }
    return Found({}, groups, {})


def test_the_whole_definition_weighs_each_stratum_by_its_persons() -> None:
    of_stratum, of_condition = weighted(found((9000, 20, 10), (1000, 20, 20)))
    assert (of_stratum.asked, of_condition.asked) == ("every_stratum", "every_condition")
    assert of_stratum.share == pytest.approx(0.9 * 0.5 + 0.1 * 1)  # the plain mean would be 0.75
    assert of_stratum.lower < 0.55 - 0.15 and of_stratum.upper > 0.55 + 0.15  # 40 answers, nearly all the weight on 20 of them
    assert weighted(found((9000, 20, 10), (1000, 0, 0)))[0].share is None


def test_drawn_in_proportion_the_weighted_value_is_the_plain_one() -> None:
    whole = weighted(found((300, 30, 30), (100, 10, 10)))[0]
    assert (whole.lower, whole.upper) == pytest.approx(tuple(map(float, wilson(40, 40))))
