"""`strata explain` as a person runs it: three forms, the log, nothing that identifies anybody."""

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from pipelines import command
from pipelines.operation.personal_data import found_in, remove
from pipelines.pages.private_page import deliver
from strata.audit import record
from strata.config import Config
from strata.errors import StrataError
from tests.support.small_project import person_of, project

PSEUDONYM = "CANARY"
STAYS = f"""person | exit | nights | dp | das | born | chain
    {PSEUDONYM} | 2025-06-01 | 5 | I639 | E1198 | 1950 |
    {PSEUDONYM} | 2024-02-01 | 0 | I5019 | E1198 <script> | 1950 |
    {PSEUDONYM} | 2023-02-01 | 2 | E1190 | | 1950 | 100000000
    other | 2025-06-01 | 1 | J189 | | 1990 |
    risk | 2025-06-01 | 1 | J189 | I489 | 1950 |"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A project whose warehouse holds three persons."""
    return project(tmp_path_factory.mktemp("project"), STAYS)


@pytest.fixture(autouse=True)
def _inside(made: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.folder)
    monkeypatch.delenv("STRATA_LANGUAGE", raising=False)
    made.database.with_name("audit.log").unlink(missing_ok=True)


def log(made: Config) -> list[dict[str, object]]:
    return [json.loads(line) for line in made.database.with_name("audit.log").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("language", "answer"), [("fr", "Repérée, strate 4"), ("en", "Found, stratum 4")])
def test_the_text_answers_first(
    language: str, answer: str, made: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRATA_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", "80")
    assert command.main(["explain", str(person_of(made, PSEUDONYM)), "--condition", "t2d"]) == 0
    said = capsys.readouterr().out
    assert {"fr": "I639 (Infarctus cérébral)", "en": "I639 (Cerebral infarction)"}[language] in " ".join(said.split())  # in its own words
    assert (
        answer in said
        and "S4-recent-stroke" in said
        and "stroke_24m" in said
        and "I639" in said
        and "[1] small" in said
        and re.search(r"\[1\] (ligne|line) 1\]", said)
    )
    assert max(map(len, said.splitlines())) <= 80


def test_a_stratum_that_nearly_holds_is_not_told_of_somebody_outside_the_population(
    made: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["explain", str(person_of(made, "risk")), "--condition", "t2d"]) == 0
    said = capsys.readouterr().out
    assert "À risque étendu" in said and "S2-cardiometabolic" not in said


def test_the_json_is_what_the_page_of_documentation_says(made: Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["explain", str(person_of(made, PSEUDONYM)), "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == "strata-explain/1"
    page = (Path(command.__file__).parent.parent / "docs" / "how-to" / "explain-a-person.md").read_text(encoding="utf-8")
    first = content["explanations"][0]
    described = {f"`{name}`" for name in first} | {
        f"`{name}`" for rows in first.values() if isinstance(rows, list) for row in rows for name in row
    }
    assert {name for name in described if name not in page} == set()
    assert {one["condition"] for one in content["explanations"]} >= {"t2d", "hf"}


def test_the_page_is_one_file_without_script_and_for_its_owner_only(made: Config) -> None:
    out = made.folder / "page.html"
    assert command.main(["explain", str(person_of(made, PSEUDONYM)), "--format", "html", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "Repérée, strate 4" in page and "<script" not in page and "http" not in page and "src=" not in page
    assert os.name == "nt" or out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_no_pseudonym_leaves_in_any_form_nor_in_the_log(
    form: str, made: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PSEUDONYM.rjust(17, "0") + "\n"))
    assert command.main(["explain", "-", "--format", form]) == 0
    said = capsys.readouterr()
    kept = made.database.with_name("audit.log").read_text(encoding="utf-8")
    assert "I639" in said.out and PSEUDONYM not in said.out + said.err + kept


@pytest.mark.parametrize("given", [PSEUDONYM.rjust(17, "0"), "12345678901234567"])
def test_what_is_no_number_is_refused_without_being_repeated(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["explain", given]) == 2
    said = capsys.readouterr()
    assert said.out == "" and given not in said.err


def test_an_unknown_pseudonym_or_number_is_refused_and_logged(
    made: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("NOBODY0000000000X\n"))
    assert command.main(["explain", "-"]) == 2
    assert command.main(["explain", "99"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "NOBODY" not in said.err
    assert [line["person_id"] for line in log(made)] == [None, 99]


def test_each_question_is_one_line_of_the_log_written_before_the_answer(made: Config, capsys: pytest.CaptureFixture[str]) -> None:
    number = person_of(made, PSEUDONYM)
    for _ in range(2):
        assert command.main(["explain", str(number), "--condition", "hf", "--year", "2024", "--format", "json"]) == 0
    lines = log(made)
    assert len(lines) == 2 and set(lines[0]) == {"time", "user", "command", "person_id", "conditions", "year", "format"}
    asked = ("explain", number, ["hf"], 2024, "json")
    assert tuple(lines[1][name] for name in ("command", "person_id", "conditions", "year", "format")) == asked
    assert lines[0]["user"] and str(lines[0]["time"]).endswith("+00:00")
    capsys.readouterr()


def test_an_answer_overwrites_nothing_stays_out_of_publications_and_is_for_its_owner(
    made: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    person, out, taken = str(person_of(made, PSEUDONYM)), made.folder / "answer.txt", made.folder / "taken.txt"
    inside = made.path("published") / "answer.txt"
    inside.parent.mkdir(exist_ok=True)
    taken.write_text("mine", encoding="utf-8")
    for refused in (taken, inside):
        assert command.main(["explain", person, "--out", str(refused)]) == 2
        assert command.main(["compare", "--definitions", "built-in", "built-in", "--out", str(refused)]) == 2
    assert taken.read_text(encoding="utf-8") == "mine" and not inside.exists()
    assert command.main(["explain", person, "--out", str(out)]) == 0
    out.chmod(0o644)
    deliver("a page of the project is written anew at each run", out)
    assert os.name == "nt" or out.stat().st_mode & 0o777 == 0o600
    capsys.readouterr()


def test_purge_removes_the_answers_about_a_person(made: Config, tmp_path: Path) -> None:
    answers = {made.folder / "b" / "person.html", tmp_path / "elsewhere.json"}
    for out in answers:
        out.parent.mkdir(exist_ok=True)
        assert command.main(["explain", str(person_of(made, PSEUDONYM)), "--format", out.suffix[1:], "--out", str(out)]) == 0
    items = [item for item in found_in(made) if item.path in {out.resolve() for out in answers}]
    assert len(items) == 2 and remove(made, items) == []
    assert not any(out.exists() for out in answers)


def test_no_log_no_answer(made: Config, capsys: pytest.CaptureFixture[str]) -> None:
    path = made.database.with_name("audit.log")
    path.mkdir()
    try:
        assert command.main(["explain", str(person_of(made, PSEUDONYM))]) == 1
        said = capsys.readouterr()
        assert said.out == "" and "audit.log" in said.err and "Traceback" not in said.err
        with pytest.raises(StrataError):
            record(made, "explain", person_id=1)
    finally:
        path.rmdir()


def test_the_warehouse_is_only_read(made: Config, capsys: pytest.CaptureFixture[str]) -> None:
    before = made.database.read_bytes()
    assert command.main(["explain", str(person_of(made, "other"))]) == 0
    assert made.database.read_bytes() == before and "Aucun statut" in capsys.readouterr().out
    assert sorted(path.name for path in made.database.parent.iterdir()) == ["audit.log", "strata.duckdb"]
