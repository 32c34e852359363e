"""The pages on a server: the same numbers, states with an address, answers kept, nothing asked of the network."""

import csv
import errno
import io
import json
import re
import threading
import time
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from dashboards.app.access import Reader
from dashboards.app.question import HOME, Question, Unknown, read_question
from dashboards.app.store import Memory, Store
from dashboards.exports.flat import NUMBERS, plain
from dashboards.model.numbers import Numbers
from dashboards.site import Brought
from dashboards.sources.deployment import Entry
from dashboards.sources.published import ALL, Published
from pipelines import command
from tests.dashboards.test_page_model import page_of
from tests.support.published_sample import TERRITORIES, write_published
from tests.support.served import Served, at, search_of, serve

CLIENTS, CALLS = 20, 600


@pytest.fixture(scope="module")
def served(run_folder: Path) -> Served:
    return serve(run_folder)


class Page(HTMLParser):
    """What a page asks for, what it chose, its language."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.chosen: list[str] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.language = found.get("lang", "") if tag == "html" else self.language
        if tag in ("script", "img", "link", "iframe") and (found.get("src") or found.get("href")):
            self.sources.append(found.get("src") or found["href"])
        if tag == "option" and "selected" in found:
            self.chosen.append(found["value"])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_address_is_a_state(served: Served, language: str) -> None:
    response = served.get(f"/?territory=T02&condition=hf&year=2023&lang={language}")
    text = response.get_data(as_text=True)
    page = Page(text)
    assert response.status_code == 200 and page.language == language and page.chosen == ["T02", "hf", "2023"]
    assert 'id="hf"' in text and 'id="t2d"' not in text and f"{TERRITORIES['T02']} <span" in text and "2023</h1>" in text


def test_the_server_writes_the_numbers_of_the_static_page(served: Served, pages: dict[str, str]) -> None:
    """The same page object: what differs is the addresses, the switches and the scripts."""
    numbers = [
        re.findall(r"<td[^>]*>(.*?)</td>|<text[^>]*>(.*?)</text>", text, re.DOTALL)
        for text in (served.get("/?territory=T01").text, pages["T01.html"])
    ]
    assert numbers[0] == numbers[1] and len(numbers[0]) > 500


def test_another_year_in_front_has_its_own_numbers(served: Served, published: Published) -> None:
    row = published.find("persons", 2022, "t2d", "T01", "all", "none")
    assert row is not None and row.value is not None
    text = served.get("/?territory=T01&year=2022&lang=en").text
    assert f"{row.value:,.0f}" in text and "in 2022" in text


@pytest.mark.parametrize(
    "query", ["territory=T77", "year=1999", "year=20x5", "year=-1", "condition=none", "lang=de", "territory=REST", "year=²"]
)
def test_an_address_that_names_nothing_says_so(served: Served, query: str) -> None:
    response = served.get(f"/?{query}")
    assert response.status_code == 404 and "Rien à cette adresse" in response.text


def test_a_question_goes_to_its_address_and_back() -> None:
    question = Question("T01", "hf", 2024, "en")
    query = question.address().partition("?")[2]
    assert read_question(dict(part.split("=") for part in query.split("&")), "fr") == question
    assert Question(ALL, "", 0, "").address(HOME) == "/"
    with pytest.raises(Unknown):
        read_question({"lang": "xx"}, "fr")


def test_every_file_can_be_downloaded(served: Served) -> None:
    starts = {"xlsx": b"PK", "pptx": b"PK", "programme.docx": b"PK", "csv": b"\xef\xbb\xbfrun_id;", "html": b"<!DOCTYPE html>"}
    for ending, start in starts.items():
        response = served.get(f"/export/{ending}?territory=T05&year=2024")
        assert response.data.startswith(start)
        assert response.headers["Content-Disposition"] == f'attachment; filename="T05-2024.{ending}"'
    assert "T05" in served.get("/?territory=T05").text


def test_the_files_of_the_whole_can_be_downloaded_from_its_page(served: Served) -> None:
    page = served.get("/?year=2024&lang=en").text
    for ending, start in {"xlsx": b"PK", "pptx": b"PK", "csv": b"\xef\xbb\xbfrun_id;", "html": b"<!DOCTYPE html>"}.items():
        assert f'href="/export/{ending}?year=2024&amp;lang=en"' in page
        response = served.get(f"/export/{ending}?year=2024&lang=en")
        assert response.data.startswith(start)
        assert response.headers["Content-Disposition"] == f'attachment; filename="national-2024.{ending}"'
    assert "/export/programme" not in page and served.get("/export/programme.docx").status_code == 404


def test_the_csv_holds_each_number_of_the_page_as_published(served: Served, published: Published) -> None:
    lines = list(csv.DictReader(io.StringIO(served.get("/export/csv?territory=T05").data.decode("utf-8-sig")), delimiter=";"))
    measures = [one for section in page_of(published, "T05").sections for origin in section.origins for one in origin.measures]
    assert len(lines) == len(measures) > 100
    for line, one in zip(lines, measures, strict=True):
        assert [line[name] for name in NUMBERS] == [
            "" if getattr(one.row, name) is None else str(getattr(one.row, name)) for name in NUMBERS
        ]
        assert line["text"] == plain(one.text) and line["status"] == one.row.status


def test_the_dossier_knows_no_server(served: Served) -> None:
    text = served.get("/export/html?territory=T01").text
    assert text.count("<script") == 1 and "<form" not in text and 'href="/' not in text and "default-src 'none'" in text


def test_nothing_is_asked_from_elsewhere(served: Served) -> None:
    for path in ("/", "/?territory=T01", "/simulator?territory=T01", "/methods", "/quality", "/meeting?territory=T01"):
        response = served.get(path)
        assert not [source for source in Page(response.text).sources if not source.startswith(("/_dash-component-suites/", "data:"))]
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "http" not in policy
        assert "unsafe" not in re.sub(r"style-src[^;]*;", "", policy) and response.headers["Cache-Control"] == "no-store"


def test_every_script_of_a_page_is_served_by_it_and_weighs_little(served: Served) -> None:
    page = served.get("/?territory=T01")
    scripts = [source for source in Page(page.text).sources if source.startswith("/_dash")]
    weight = len(page.data) + sum(len(served.get(source).data) for source in scripts)
    assert len(scripts) >= 5 and weight < 3_000_000
    assert all(served.get(source).status_code == 200 for source in scripts)


def test_a_new_publication_is_seen_at_once(tmp_path: Path) -> None:
    first, second = write_published(tmp_path / "first"), write_published(tmp_path / "second")
    receipt = json.loads((second / "receipt.json").read_text(encoding="utf-8")) | {"run_id": "20270101T000000-new"}
    (second / "receipt.json").write_text(json.dumps(receipt), encoding="utf-8")
    shown = [first]
    served = serve(first)
    served.store.find = lambda: shown[0]
    assert "20260101T060000-a1b2c3d" in served.get("/methods").text
    shown[0] = second
    assert "20270101T000000-new" in served.get("/methods").text


def test_the_explorer_lists_numbers_and_shows_one(served: Served, published: Published) -> None:
    listed = served.callback("panel.children", [at("url", "/", "pathname"), search_of("T01", lang="en")], [])
    assert "hf/cost_vs_expected" in json.dumps(listed.json) and "Explore" in listed.text
    clicked = [{"id": {"type": "indicator", "key": "hf/persons"}, "property": "n_clicks", "value": 1}]
    body = {
        "output": "explored.children",
        "outputs": {"id": "explored", "property": "children"},
        "inputs": [clicked],
        "state": [search_of("T01", lang="en")],
        "changedPropIds": ['{"key":"hf/persons","type":"indicator"}.n_clicks'],
    }
    response = served.client.post("/_dash-update-component", json=body, base_url="http://127.0.0.1")
    shown = json.dumps(response.json, ensure_ascii=False)
    row = published.find("persons", 2025, "hf", "T03", "all", "none")
    assert row is not None and row.value is not None and f"{row.value:,.0f}" in shown and TERRITORIES["T03"] in shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_explored_indicator_has_an_address(served: Served, published: Published, language: str) -> None:
    row = published.find("persons", 2025, "hf", "T03", "all", "none")
    assert row is not None and row.value is not None
    search = search_of("T01", lang=language, indicator="hf/persons")
    shown = json.dumps(served.callback("panel.children", [at("url", "/", "pathname"), search], []).json, ensure_ascii=False)
    assert Numbers(language).count(row.value) in shown and f"lang={language}&indicator=hf%2Fpersons" in shown
    page = served.get(f"/?territory=T01&lang={language}&indicator=hf%2Fpersons").text
    assert page.count("indicator=hf%2Fpersons") == 1  # the other language; files and other pages do not keep it
    assert served.get("/?territory=T01&indicator=../x").status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"output": 3}', b'{"output": "panel.children", "inputs": 3}', b'{"output": "..panel.children.."}']
)
def test_a_callback_that_cannot_be_read_is_refused(served: Served, body: bytes) -> None:
    response = served.client.post("/_dash-update-component", data=body, content_type="application/json", base_url="http://127.0.0.1")
    assert response.status_code in (403, 404) and "Traceback" not in response.text


def test_the_memory_forgets_the_least_lately_asked() -> None:
    memory = Memory(10)
    memory.keep("a", b"1234")
    memory.keep("b", b"5678")
    assert memory.find("a") == b"1234"
    memory.keep("c", b"9999")
    assert memory.find("b") is None and memory.find("a") == b"1234" and memory.find("c") == b"9999"
    memory.keep("d", b"x" * 11)  # larger than the whole: not kept
    assert memory.find("d") is None and memory._bytes == 0


def timed(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def test_a_callback_that_was_asked_before_is_quick_under_load(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """20 clients in this process, a bounded number of calls. What is asserted is a ratio; the times are printed."""
    served = serve(run_folder)
    asked = ("panel.children", [at("url", "/", "pathname"), search_of("T01")], [])
    times: list[float] = []

    def client() -> None:
        own = Served(served.app.test_client(), served.store)
        times.extend([timed(lambda: own.callback(*asked)) for _ in range(CALLS // CLIENTS)])

    first = timed(lambda: served.get("/?territory=T01"))
    again = min(timed(lambda: served.get("/?territory=T01")) for _ in range(5))
    served.callback(*asked)
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    spent = timed(lambda: [*(thread.start() for thread in threads), *(thread.join() for thread in threads)])
    rate, p95 = len(times) / spent, sorted(times)[int(len(times) * 0.95)] * 1000
    with capsys.disabled():
        print(f"\nload: {len(times)} callbacks, {CLIENTS} clients, {rate:.0f} a second, p95 {p95:.1f} ms")
        print(f"load: a page asked again comes {first / again:.0f} times as quick")
    assert len(times) == CALLS and again * 5 < first


def test_what_a_user_brings_is_theirs_only(run_folder: Path) -> None:
    entries = tuple(Entry(place, date(2025, 3, 31), "meetings", "", "", 3) for place in ("T01", "T02"))
    store = Store(lambda: run_folder, Brought(entries=entries))
    writer = store.writer(Reader("one", frozenset({"T01"})), Question("T01", "", 0, "fr"))
    assert {entry.territory_id for entry in writer.entries} == {"T01"}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--host", "0.0.0.0"], "--auth"),
        (["--host", "192.168.1.4", "--auth", "none"], "--auth"),
        (["--auth", "local"], "STRATA_SESSION_KEY"),
        (["--auth", "header"], "mandataire"),
    ],
)
def test_an_open_door_is_refused(
    tmp_path: Path, arguments: list[str], word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRATA_SESSION_KEY", raising=False)
    (tmp_path / "strata.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    assert command.main(["dashboard", "serve", "--config", str(tmp_path / "strata.toml"), *arguments]) == 2
    assert word in capsys.readouterr().err


def test_a_reader_is_added_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "users.csv"
    arguments = ["dashboard", "user", "zoe", "--territories", "T01|T02", "--users", str(path)]
    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n"))
    assert command.main(arguments) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n"))
    assert command.main(arguments) == 2 and "déjà" in capsys.readouterr().err
    text = path.read_text(encoding="utf-8")
    assert text.count("zoe;T01|T02;$argon2id$") == 1 and "long password" not in text


def project(folder: Path) -> Path:
    """A project with a publication and nothing else."""
    write_published(folder / "published" / "run")
    (folder / "published" / "latest").write_text("run", encoding="utf-8")
    (folder / "strata.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    return folder / "strata.toml"


def test_the_command_serves_the_publication_and_adds_to_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, asked = tmp_path / "warehouse" / "audit.log", []
    config = project(tmp_path)

    def ask(server: Flask, **options: object) -> None:
        asked.append(options["host"])
        assert server.test_client().get("/?territory=T01", base_url="http://localhost:8050").status_code == 200
        before = log.read_bytes()
        server.test_client().get("/export/csv?territory=T01", base_url="http://localhost:8050")
        assert log.read_bytes().startswith(before) and len(log.read_bytes()) > len(before)

    monkeypatch.setattr("waitress.serve", ask)
    assert command.main(["dashboard", "serve", "--config", str(config)]) == 0 and asked == ["127.0.0.1"]
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(line["command"], line["action"], line["territory"]) for line in lines] == [
        ("dashboard", "read", "T01"),
        ("dashboard", "export csv", "T01"),
    ]


def test_a_port_that_is_taken_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object, **__: object) -> None:
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr("waitress.serve", taken)
    assert command.main(["dashboard", "serve", "--config", str(project(tmp_path))]) == 2
    assert "port" in capsys.readouterr().err
