"""`strata compare` as a person runs it: exact inside, nothing small on the page."""

import json
import re
import shutil
from pathlib import Path

import pytest

from pipelines import command
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
