"""A definition as pages and as a file: nothing of it is left out, everything has words, and the file gives the same tables back."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipelines.command import main
from pipelines.pages.definition_pages import write_definition_pages
from strata.definitions.code_lists import read_code_lists
from strata.definitions.compiler import POSITIONS
from strata.definitions.content import content_sha256
from strata.definitions.folder import CONDITIONS, compile_one
from strata.definitions.text import read_definition
from strata.documents import as_export, compile_export, document, lay_exports, read_whole
from strata.documents.document import french_sources
from strata.documents.export import SCHEMA_FILE, STATEMENT
from strata.errors import StrataError
from strata.explain.words import Words

NAMES = sorted(path.parent.name for path in CONDITIONS.glob("*/definition.toml"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("definitions")
    write_definition_pages(CONDITIONS, NAMES, folder)
    return folder


def in_language(origin: str, language: str) -> str:
    return french_sources()[origin] if language == "fr" else origin


def words_of(page: str) -> str:
    """What a reader sees, with plain spaces."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ").split())


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("condition", NAMES)
def test_a_page_holds_every_list_code_criterion_rule_and_caveat_with_its_words(written: Path, condition: str, language: str) -> None:
    page = (written / f"{condition}.{language}.html").read_text(encoding="utf-8")
    seen = words_of(page)
    source = read_definition(CONDITIONS / condition / "definition.toml").source
    told = [STATEMENT[language], *(one[language] for one in [*source["strata"].values(), *source["caveats"]])]
    told += [line for version in source["versions"] for line in version[f"changes_{language}"]]
    groups = source.get("type", {}).get("groups", [])
    entries = [*source["criteria"].values(), *source["rules"], *groups]
    told += [entry[f"label_{language}"] for entry in entries]
    for one in as_export(read_whole(CONDITIONS, condition))["code_lists"]:
        told += [one[f"label_{language}"], in_language(one["source"], language), *(code["code"] for code in one["codes"])]
    assert [text for text in told if " ".join(text.split()) not in seen] == []
    anchored = set(re.findall(r'id="((?:criterion|rule|list)-[^"]+)"', page))
    assert {f"criterion-{name}" for name in source["criteria"]} <= anchored
    assert {f"list-{one['list_id']}" for one in as_export(read_whole(CONDITIONS, condition))["code_lists"]} <= anchored
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("condition", NAMES)
def test_no_identifier_stands_without_words(condition: str, language: str) -> None:
    told = document(read_whole(CONDITIONS, condition), language)
    named = [told.name, *(one.name for one in told.criteria), *(one.name for one in told.lists)]
    named += [rule.name for group in told.groups for rule in group.rules]
    assert [one.identifier for one in named if not one.label.strip() or one.label == one.identifier] == []
    assert told.caveats and told.versions and not told.is_edited


def test_every_position_and_code_system_has_words() -> None:
    for language in ("fr", "en"):
        assert all(Words(language).say("in", kind) for kind in POSITIONS)
    systems = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["$defs"]["code_list"]["properties"]["system"]["enum"]
    assert all(Words("fr").say("system", system) for system in systems)


def test_a_page_stands_alone(written: Path) -> None:
    page = (written / f"{NAMES[0]}.fr.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)|https?://", page)
    assert set(re.findall(r'href="([^"#]+)"', page)) == {f"{NAMES[0]}.en.html", f"{NAMES[0]}.json"}


@pytest.mark.parametrize("condition", NAMES)
def test_the_export_keeps_to_its_schema_and_gives_the_same_tables_back(written: Path, condition: str) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    export = json.loads((written / f"{condition}.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(export)] == []
    own, _ = compile_one(read_definition(CONDITIONS / condition / "definition.toml"), read_code_lists(CONDITIONS, condition)[0])
    assert compile_export(export).rows == own.rows
    assert own.rows["definition"][0][-1] == export["content_sha256"]


def test_exports_laid_out_again_decide_the_same(written: Path, tmp_path: Path) -> None:
    lay_exports([written / f"{condition}.json" for condition in NAMES], tmp_path / "again")
    for condition in NAMES:
        again, first = read_whole(tmp_path / "again", condition), read_whole(CONDITIONS, condition)
        assert again.content_sha256 == first.content_sha256
        assert document(again, "fr").groups == document(first, "fr").groups


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda export: export["code_lists"][0]["codes"].pop(), "content_sha256"),
        (lambda export: export.pop("code_lists"), "t2d.json"),
        (lambda export: export.update(condition="../t2d"), "t2d.json"),
        (lambda export: export["code_lists"][0].update(list_id="../up"), "t2d.json"),
    ],
)
def test_an_export_that_is_not_whole_lays_nothing_out(written: Path, tmp_path: Path, spoil: Callable[[Any], Any], where: str) -> None:
    export = json.loads((written / "t2d.json").read_text(encoding="utf-8"))
    spoil(export)
    (tmp_path / "t2d.json").write_text(json.dumps(export), encoding="utf-8")
    with pytest.raises(StrataError) as caught:
        lay_exports([tmp_path / "t2d.json"], tmp_path / "again")
    assert where in caught.value.where and not (tmp_path / "again").exists()


def test_an_export_that_was_changed_is_refused_and_the_schema_sees_what_is_missing() -> None:
    export = json.loads(json.dumps(as_export(read_whole(CONDITIONS, "t2d"))))
    export["code_lists"][0]["codes"].pop()
    with pytest.raises(StrataError) as caught:
        compile_export(export)
    assert "content_sha256" in caught.value.where
    del export["definition"]["criteria"]["acs"]["label_en"]
    errors = Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))).iter_errors(export)
    assert [error.message for error in errors] == ["'label_en' is a required property"]


@pytest.mark.parametrize("condition", NAMES)
def test_the_content_of_a_version_is_that_which_was_registered(condition: str) -> None:
    """An edit of a definition asks for a new version; or, before it was ever published, for its new hash."""
    text = read_definition(CONDITIONS / condition / "definition.toml")
    _, used = compile_one(text, read_code_lists(CONDITIONS, condition)[0])
    assert text.source["versions"][-1]["content_sha256"] == content_sha256(text.source, used)


def edited(change: Any) -> str:
    text = read_definition(CONDITIONS / "hf" / "definition.toml")
    lists = read_code_lists(CONDITIONS, "hf")[0]
    change(text.source)
    return content_sha256(text.source, compile_one(text, lists)[1])


def test_words_leave_the_hash_of_the_content_alone_and_what_decides_changes_it() -> None:
    before = edited(lambda source: None)
    assert edited(lambda source: source["criteria"]["decompensation_12m"].update(label_fr="Autre")) == before
    assert edited(lambda source: source["strata"]["4"].update(fr="Autre")) == before
    assert edited(lambda source: source["criteria"]["decompensation_12m"].update(months=11)) != before
    assert edited(lambda source: source["events"]["heart_failure"]["any"].pop()) != before
    assert edited(lambda source: source["rules"][2].update(stratum=3)) != before


def test_the_command_writes_the_documents_of_one_condition_or_says_which_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["definitions", "export", "--condition", "hf", "--out", str(tmp_path / "out")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["hf.en.html", "hf.fr.html", "hf.json"]
    assert main(["definitions", "export", "--condition", "gout", "--out", str(tmp_path / "none")]) == 2
    assert "copd, hf" in capsys.readouterr().err and not (tmp_path / "none").exists()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("condition", ["t2d", "hf"])
def test_the_calendar_of_follow_up_is_on_the_page_and_in_the_export(written: Path, condition: str, language: str) -> None:
    """Each act with its words, its codes, its numbers and whose they are."""
    page = (written / f"{condition}.{language}.html").read_text(encoding="utf-8")
    export = json.loads((written / f"{condition}.json").read_text(encoding="utf-8"))["follow_up"]
    seen = words_of(page)
    told = [entry[f"{key}_{language}"] for entry in export["acts"] for key in ("label", "caveat")]
    told += [in_language(one["source"], language) for entry in export["acts"] for one in entry["expected"].values()]
    told += [text for one in export["code_lists"] for text in (one[f"label_{language}"], *(code["code"] for code in one["codes"]))]
    assert [text for text in told if " ".join(text.split()) not in seen] == []
    proposals = sum(one["basis"] == "proposal" for entry in export["acts"] for one in entry["expected"].values())
    assert seen.count("proposition –" if language == "fr" else "proposal –") == proposals > 10


def test_a_condition_without_a_calendar_says_nothing_of_one(written: Path) -> None:
    assert 'id="follow-up"' not in (written / "copd.fr.html").read_text(encoding="utf-8")
    assert "follow_up" not in json.loads((written / "copd.json").read_text(encoding="utf-8"))
