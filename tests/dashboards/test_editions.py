"""Editions and definitions on the server: an earlier run by its id, none that was taken back; the pages of definitions beside the run."""

import json
from pathlib import Path

import pytest

from dashboards.app.store import MOST_PUBLICATIONS
from tests.support.published_sample import receipt, write_published
from tests.support.served import Served, serve

RUNS = ("20260101T060000Z-aaaaaa", "20260201T060000Z-bbbbbb", "20260301T060000Z-cccccc")


def edition(folder: Path, run: str) -> Path:
    """A publication in a folder of its name, with a page of a definition."""
    made = write_published(folder / run)
    (made / "receipt.json").write_text(json.dumps(receipt() | {"run_id": run, "content_hash": f"hash-of-{run}"}), encoding="utf-8")
    definitions = made / "dashboard" / "definitions"
    definitions.mkdir(parents=True)
    for name in ("t2d.fr.html", "t2d.en.html", "t2d.json", "other.json"):
        (definitions / name).write_text(f"{name} of {run}", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """The second of three editions is the last: the third was taken back."""
    folder = tmp_path_factory.mktemp("editions")
    made = [edition(folder, run) for run in RUNS]
    (folder / "notes").mkdir()
    return serve(made[1])


def test_an_earlier_edition_has_an_address_and_says_that_it_is_frozen(served: Served) -> None:
    last, earlier = served.get("/?territory=T01").text, served.get(f"/?territory=T01&run={RUNS[0]}").text
    assert RUNS[1] in last and f"hash-of-{RUNS[1]}" in last and "Édition gelée" not in last
    assert f"hash-of-{RUNS[0]}" in earlier and f"Édition gelée {RUNS[0]}" in earlier
    assert f"run={RUNS[0]}" in earlier.partition('nav class="actions"')[2]  # every link stays in the edition
    assert served.get(f"/export/csv?territory=T01&run={RUNS[0]}").data.decode("utf-8-sig").splitlines()[1].startswith(RUNS[0])


@pytest.mark.parametrize("run", [RUNS[2], "notes", "20250101T000000Z-nobody", "..", "../other", "a" * 65])
def test_what_is_no_edition_or_was_taken_back_is_not_served(served: Served, run: str) -> None:
    assert served.get("/", query_string={"run": run}).status_code == 404
    assert RUNS[2] not in served.get("/").text


def test_no_more_publications_are_held_than_two(served: Served) -> None:
    for run in ("", RUNS[0], RUNS[1], RUNS[0], ""):
        assert served.get("/methods", query_string={"run": run, "lang": "en"}).status_code == 200
        assert len(served.store._held) <= MOST_PUBLICATIONS == 2


def test_the_methods_page_leads_to_each_definition(served: Served) -> None:
    page = served.get("/methods").text
    assert 'href="/definition/t2d.fr.html' in page and 'href="/definition/t2d.json' in page and "hf.fr.html" not in page
    assert served.get("/definition/t2d.fr.html").text == f"t2d.fr.html of {RUNS[1]}"
    assert served.get(f"/definition/t2d.json?run={RUNS[0]}").text == f"t2d.json of {RUNS[0]}"
    assert served.get("/definition/t2d.en.html?lang=en").status_code == 200


@pytest.mark.parametrize("name", ["other.json", "hf.json", "t2d.de.html", "..%2Freceipt.json", "receipt.json"])
def test_nothing_else_of_the_folder_is_served(served: Served, name: str) -> None:
    assert served.get(f"/definition/{name}").status_code == 404
