"""Sixty payloads through names of territories, addresses, sign-in and the file of users: none does anything but be shown or refused."""

import csv
import io
import json
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import polars as pl
import pytest

from dashboards.app.access import COLUMNS, read_users, user_line
from strata.errors import StrataError
from tests.support.published_sample import TERRITORIES, receipt, write_places, write_published
from tests.support.served import HOST, Served, at, local, search_of, serve

HTML = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "'><b>x</b>", "</title><script>1</script>",
    "</style><script>1</script>", "<a href=javascript:alert(1)>x</a>", "&lt;script&gt;", "<!-- x", "]]><x>", "{{ 7 * 7 }}", "{% raw %}",
    "${7*7}", "<iframe src=//evil.example>", '" onmouseover="alert(1)',
)  # fmt: skip
FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example")', "\t=1+1", "\r=1+1", "\n=1+1",
    "=IMPORTXML(1)", "{=1+1}", "-2+3+cmd|' /C calc'!D2", "@evil", "+evil", "=DDE(1)",
)  # fmt: skip
SQL = (
    "' OR 1=1 --", "T01'; DROP TABLE x; --", '" OR ""="', "T01/*", "1 UNION SELECT 1", "%' AND 1=1", "\\'; --", "T01\x00",
    "ALL' --", "read_csv('/etc/passwd')",
)  # fmt: skip
PATHS = (
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "%2e%2e%2fetc", "file:///etc/passwd", "C:\\x", "con", "nul.html",
    "....//....//x", "T01/../T02",
)  # fmt: skip
TEXT_FILES = (
    'x"\n[auth]\nmode = "none', "x = 1", "'''", "T01\r\nSet-Cookie: a=b", "user;*;$argon2id$", 'a"b', "a;b", "*", "T01|T02", "\ufeffuser",
)  # fmt: skip
PAYLOADS = HTML + FORMULAS + SQL + PATHS + TEXT_FILES
ACTIVE = ("script", "iframe", "object", "embed", "img", "form", "input", "link", "style", "base", "meta")


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes, and what its links lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.shapes: set[tuple[str, tuple[str, ...]]] = set()
        self.active: Counter[str] = Counter()
        self.schemes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shapes.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.active.update([tag] if tag in ACTIVE else [])
        self.schemes |= {(value or "")[:1] for name, value in attrs if name in ("href", "src", "action")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small publication: one condition, two years."""
    made = write_published(tmp_path_factory.mktemp("injected") / "run")
    frame = pl.read_parquet(made / "indicators.parquet").filter((pl.col("condition") == "t2d") & (pl.col("year") >= 2024))
    frame.write_parquet(made / "indicators.parquet")
    return made


def named(folder: Path, names: dict[str, str], number: int) -> Served:
    """The server of the publication whose territories have these names."""
    write_places(folder, names)
    changed = receipt() | {"run_id": f"20260101T060000-{number:07d}"}
    (folder / "receipt.json").write_text(json.dumps(changed), encoding="utf-8")
    return serve(folder)


def pages_of(served: Served) -> list[Tags]:
    return [Tags(served.get(path).text) for path in ("/", "/?territory=T01", "/meeting?territory=T01", "/simulator?territory=T01")]


def rounds() -> list[dict[str, str]]:
    """Five names at a time."""
    return [dict(zip(TERRITORIES, PAYLOADS[start : start + 5], strict=True)) for start in range(0, len(PAYLOADS), 5)]


def test_there_are_sixty() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) == 60


def test_as_names_of_territories_they_are_shown_and_do_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = pages_of(named(folder, TERRITORIES, 0))
    effective = []
    for number, names in enumerate(rounds(), start=1):
        served = named(folder, names, number)
        for page, usual in zip(pages_of(served), plain, strict=True):
            if not page.shapes <= usual.shapes or page.active != usual.active or page.schemes != usual.schemes:
                effective.append((names, page.shapes - usual.shapes))
        for territory_id in names:
            effective += [(names[territory_id], cell) for cell in computed(served, territory_id)]
        shown = served.callback("panel.children", [at("url", "/", "pathname"), search_of("T01")], [])
        assert shown.status_code == 200 and shown.content_type == "application/json"
    with capsys.disabled():
        print(f"\ninjection: {len(PAYLOADS)} payloads as names, {len(effective)} effective")
    assert effective == []


def computed(served: Served, territory_id: str) -> list[Any]:
    """Cells of the files of a territory that a spreadsheet would compute."""
    text = served.get(f"/export/csv?territory={territory_id}").data.decode("utf-8-sig")
    cells = [line["territory_name"] for line in csv.DictReader(io.StringIO(text, newline=""), delimiter=";")]
    found: list[Any] = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    book = openpyxl.load_workbook(io.BytesIO(served.get(f"/export/xlsx?territory={territory_id}").data))
    return found + [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_the_workbooks_inside_the_slides_hold_no_formula(folder: Path) -> None:
    served = named(folder, dict(zip(TERRITORIES, FORMULAS[:5], strict=True)), 99)
    deck = zipfile.ZipFile(io.BytesIO(served.get("/export/pptx?territory=T01").data))
    books = [openpyxl.load_workbook(io.BytesIO(deck.read(name))) for name in deck.namelist() if name.endswith(".xlsx")]
    assert books and not [cell for book in books for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize("path", ["/", "/meeting", "/simulator", "/methods", "/quality", "/export/csv"])
@pytest.mark.parametrize("name", ["territory", "condition", "year", "lang", "run", "indicator"])
def test_in_an_address_they_name_nothing(served_once: Served, path: str, name: str) -> None:
    for payload in PAYLOADS:
        response = served_once.get(path, query_string={"territory": "T01"} | {name: payload})
        assert response.status_code == 404 and no_echo(payload, response), payload


@pytest.fixture(scope="module")
def served_once(run_folder: Path) -> Served:
    return serve(run_folder)


def no_echo(payload: str, response: Any) -> bool:
    """A refusal repeats nothing of what was asked (short payloads may be words of the page)."""
    return len(payload) < 9 or (payload not in response.text.partition("</style>")[2] and payload not in str(response.headers))


def test_as_paths_they_lead_nowhere(served_once: Served) -> None:
    for payload in PAYLOADS:
        dash = "/_dash-component-suites"
        for path in (f"/{payload}", f"/export/{payload}", f"{dash}/dash/{payload}", f"{dash}/{payload}/x.js"):
            response = served_once.client.open(path="/" + path.lstrip("/"), base_url=HOST, query_string={"territory": "T01"})
            assert response.status_code in (308, 403, 404, 405) and "root:" not in response.text, path


def test_as_callbacks_they_are_refused(served_once: Served) -> None:
    for payload in PAYLOADS:
        assert served_once.callback(payload, [], []).status_code in (403, 404)
        search = at("url", f"?territory={quote(payload)}", "search")
        assert served_once.callback("panel.children", [at("url", "/", "pathname"), search], []).status_code == 404


def test_as_users_they_do_not_enter_nor_reach_the_log(run_folder: Path) -> None:
    served = serve(run_folder, local({"one": "correct horse battery"}))
    for payload in PAYLOADS:
        response = served.client.post("/sign-in", data={"user": payload, "password": payload}, base_url=HOST)
        assert response.status_code == 403 and no_echo(payload, response)
    assert {line["reader"] for line in served.logged} == {"unknown"}


def test_in_the_file_of_users_each_is_one_reader_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.app.access.PasswordHasher.hash", lambda *_: "$argon2id$x")
    written, refused = [], 0
    for payload in PAYLOADS:
        try:
            written.append(user_line(payload, "T01", "a long password"))
        except StrataError:
            refused += 1
    path = tmp_path / "users.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(written)
    users = read_users(path, with_passwords=True)
    assert list(users) == [line["user"] for line in written] and len(written) + refused == len(PAYLOADS) and refused >= 8
    assert {user.reader.territories for user in users.values()} == {frozenset({"T01"})}
