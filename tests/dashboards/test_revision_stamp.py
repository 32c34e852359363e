"""What changed since the publication before, said on every page; and the way from a condition to its definition."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.pages.territory import revision_of, stamp_of, writer_of
from dashboards.site import build_site
from dashboards.sources.published import Published, read_published
from pipelines import command
from tests.support.published_sample import write_published

COUNTS = {"same": 10, "changed": 3, "status_changed": 1, "added": 0, "removed": 2}
NONE: dict[str, list[str]] = {"data": [], "definition": [], "method": [], "reference": []}


def report(**changes: Any) -> dict[str, Any]:
    causes = NONE | {"data": ["late.zip"], "method": ["sql stay"]}
    return {"run_id": "b", "previous": "a", "causes": causes, "indicators": {"persons": COUNTS, "stays": COUNTS}} | changes


def said(folder: Path, found: dict[str, Any] | None, language: str) -> str:
    write_published(folder)
    if found is not None:
        (folder / "revision.json").write_text(json.dumps(found), encoding="utf-8")
    return revision_of(writer_of(read_published(folder), language))


def test_the_stamp_counts_what_changed_and_names_the_causes(tmp_path: Path) -> None:
    wanted = "since run a, numbers changed 6, statuses changed 2, added 0, removed 4 (what differs: data, method)"
    assert wanted in said(tmp_path, report(), "en")
    assert "chiffres changés 6" in said(tmp_path, report(), "fr")


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (None, "not compared"),
        ({"run_id": "b", "previous": None, "causes": {}, "indicators": {}}, "first publication"),
        (
            report(causes=NONE, indicators={"persons": dict.fromkeys(COUNTS, 0) | {"same": 10}}),
            "same numbers as run a (what differs: nothing)",
        ),
    ],
)
def test_the_stamp_says_when_there_is_nothing_to_tell(tmp_path: Path, found: dict[str, Any] | None, wanted: str) -> None:
    assert wanted in said(tmp_path, found, "en")


def test_pages_of_both_languages_lead_to_the_report_and_to_the_definitions(tmp_path: Path) -> None:
    said(tmp_path, report(), "fr")
    (tmp_path / "revision.md").write_text("#", encoding="utf-8")
    definitions = tmp_path / "dashboard" / "definitions"
    definitions.mkdir(parents=True)
    for name in ("t2d.fr.html", "t2d.en.html", "t2d.json"):
        (definitions / name).write_text("", encoding="utf-8")
    build_site(tmp_path, documents=())
    for page, definition in (("T01.html", "definitions/t2d.fr.html"), ("en/T01.html", "../definitions/t2d.en.html")):
        path = tmp_path / "dashboard" / page
        html = path.read_text(encoding="utf-8")
        revision = "../" * (page.count("/") + 1) + "revision.md"
        for target in (revision, definition):
            assert f'href="{target}"' in html and (path.parent / target).resolve().is_file()
        assert "definitions/hf" not in html  # no page there: no link


def test_pages_built_elsewhere_keep_what_the_run_told(tmp_path: Path) -> None:
    run = write_published(tmp_path / "published" / "run")
    (run / "revision.json").write_text(json.dumps(report()), encoding="utf-8")
    (run / "revision.md").write_text("what changed", encoding="utf-8")
    (tmp_path / "published" / "latest").write_text("run", encoding="utf-8")
    (tmp_path / "strata.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    assert command.main(["dashboard", "build", "--config", str(tmp_path / "strata.toml"), "--out", str(tmp_path / "site")]) == 0
    page = (tmp_path / "site" / "dashboard" / "T01.html").read_text(encoding="utf-8")
    assert 'href="../revision.md"' in page and "lignes changées" in page
    assert (tmp_path / "site" / "revision.md").read_text(encoding="utf-8") == "what changed"


@pytest.mark.parametrize(
    ("language", "wanted"), [("fr", "Actualisé le 1\u00a0janvier\u00a02026"), ("en", "Refreshed on 1\u00a0January\u00a02026")]
)
def test_the_day_of_the_run_is_said(published: Published, language: str, wanted: str) -> None:
    assert stamp_of(writer_of(published, language)).refreshed == wanted
    assert stamp_of(writer_of(replace(published, run_id="first"), language)).refreshed == ""
