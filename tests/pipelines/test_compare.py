"""`strata compare` as a person runs it: exact inside, nothing small on the page."""

import json
import re
import shutil
from pathlib import Path

import pytest

from pipelines import command
from strata.compare import STATES
from strata.config import Config
from strata.definitions.folder import CONDITIONS
from tests.generative.test_strata_laws import HEADER, stays
from tests.support.small_project import project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A project of forty persons, and beside it an edited copy of the definitions."""
    chosen = project(tmp_path_factory.mktemp("project"), "\n".join([HEADER, *stays(1, 40)]))
    shutil.copytree(CONDITIONS, chosen.folder / "edited")
    path = chosen.folder / "edited" / "shared" / "codes" / "foot_disease.csv"
    path.write_text(re.sub(r"^L97,.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8", newline="\n")
    return chosen


@pytest.fixture(autouse=True)
def _inside(made: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.folder)
    monkeypatch.delenv("STRATA_LANGUAGE", raising=False)


@pytest.mark.parametrize(("language", "words"), [("fr", "Qui change, et par quoi"), ("en", "Who moves, and through what")])
def test_the_text_is_exact_and_says_it_is_internal(
    language: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRATA_LANGUAGE", language)
    assert command.main(["compare", "--definitions", "built-in", "edited", "--condition", "t2d"]) == 0
    said = capsys.readouterr().out
    assert words in said and "organ_foot" in said and "L97*" in said and "<11" not in said
    assert {"fr": "Usage interne", "en": "Internal use"}[language] in said


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        (
            "fr",
            ("fenêtre en mois : 24 → 12", "donne : strate 2 → strate 1", "En sortent : 0 personne\n", "Accident vasculaire cérébral aigu"),
            ("stratum", "stroke_acute @"),
        ),
        (
            "en",
            ("window in months: 24 → 12", "gives: stratum 2 → stratum 1", "Leave them: 0 persons\n", "Acute stroke"),
            ("strate ", "stroke_acute @"),
        ),
    ],
)
def test_what_differs_is_told_in_the_words_of_the_language(
    language: str,
    said: tuple[str, ...],
    unsaid: tuple[str, ...],
    made: Config,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = made.folder / f"reworded-{language}"
    shutil.copytree(CONDITIONS, folder)
    path = folder / "t2d" / "definition.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('{ event = "insulin", months = 24', '{ event = "insulin", months = 12')
    text = re.sub(r'(id = "S2-diabetes-night"\n.*\n.*\n)stratum = 2', r"\1stratum = 1", text)
    text = text.replace('[events.stroke_dp]\nstay_all = ["mco"]\nany = [{ codes = ["stroke_acute"], in = "dp" }]',
                        '[events.stroke_dp]\nstay_all = ["mco"]\nany = [{ codes = ["stroke_acute"], in = "stay_dp" }]')  # fmt: skip
    path.write_text(text, encoding="utf-8", newline="\n")
    monkeypatch.setenv("STRATA_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", "140")
    assert command.main(["compare", "--definitions", "built-in", folder.name, "--condition", "t2d"]) == 0
    found = capsys.readouterr().out
    assert [words for words in said if words not in found] == [] and [words for words in unsaid if words in found] == []


def test_two_texts_that_decide_the_same_say_so(made: Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["compare", "--definitions", "built-in", "built-in", "--condition", "t2d"]) == 0
    assert "Les deux textes décident la même chose." in capsys.readouterr().out


def test_the_json_is_what_the_page_of_documentation_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["compare", "--definitions", "built-in", "edited", "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == "strata-compare/1"
    page = (Path(command.__file__).parent.parent / "docs" / "how-to" / "compare-definitions.md").read_text(encoding="utf-8")
    one = next(one for one in content["comparisons"] if one["moves"])
    described = {*one, *one["matrix"][0], *one["moves"][0], *one["moves"][0]["rules"][0], *one["changes"][0]}
    described |= {name for move in one["moves"] for row in move["criteria"] for name in row}
    assert {name for name in described if f"`{name}`" not in page} == set()


def test_the_page_shows_no_number_of_persons_below_the_threshold(made: Config) -> None:
    out = made.folder / "page.html"
    assert (
        command.main(["compare", "--definitions", "built-in", "edited", "--condition", "t2d", "--format", "html", "--out", str(out)]) == 0
    )
    page = out.read_text(encoding="utf-8")
    assert "<script" not in page and "http" not in page and "src=" not in page
    cells = re.findall(r'<td class="number[^"]*">([^<]*)</td>', page)
    assert cells and set(cells) - {"–"} and all(cell == "–" or min(map(int, re.findall(r"\d+", cell))) >= 11 for cell in cells)
    assert page.count("<tr>") == 1 + len(STATES) + 1  # heads, every state whoever has it, total
    assert "&lt;11" in page and not re.search(r": \d+ personne", page)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["compare"], "--definitions"),
        (["compare", "--definitions", "built-in"], "--definitions"),
        (["compare", "--definitions", "built-in", "nowhere"], "nowhere"),
        (["compare", "--definitions", "built-in", "edited", "--year", "1999"], "--year"),
    ],
)
def test_wrong_usage_is_named(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize("order", [("built-in", "wrong"), ("wrong", "built-in")])
def test_a_refusal_says_which_side_it_is_of(made: Config, capsys: pytest.CaptureFixture[str], order: tuple[str, str]) -> None:
    folder = made.folder / "wrong"
    shutil.copytree(CONDITIONS, folder, dirs_exist_ok=True)
    path = folder / "t2d" / "definition.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("stratum = 4", "stratum = 5", 1), encoding="utf-8")
    assert command.main(["compare", "--definitions", *order, "--condition", "t2d"]) == 2
    assert re.search(r"Où : wrong → t2d/definition\.toml ligne \d+, rules S4-dialysis", capsys.readouterr().err)


def test_a_refusal_of_an_edited_export_names_the_file_as_given(made: Config, capsys: pytest.CaptureFixture[str]) -> None:
    out = made.folder / "exports"
    assert command.main(["definitions", "export", "--condition", "t2d", "--out", str(out)]) == 0
    (found,) = out.glob("**/t2d.json")
    export = json.loads(found.read_text(encoding="utf-8"))
    export["definition"]["age_min"] = 19
    (made.folder / "t2dedit.json").write_text(json.dumps(export), encoding="utf-8")
    assert command.main(["compare", "--definitions", "built-in", "t2dedit.json", "--condition", "t2d"]) == 2
    assert "Où : t2dedit.json → t2d/definition.json content_sha256" in capsys.readouterr().err
