"""Nobody where they do not belong: every route and every callback, for every role and every territory; the three modes; the log."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from dashboards.app.access import COLUMNS, LOCKED_SECONDS, MOST_FAILURES, Header, Open, Reader, User, read_users, user_line
from dashboards.app.explore import CALLBACKS
from dashboards.app.pages import Answer
from dashboards.app.question import EXPORTS, NATIONAL_EXPORTS
from dashboards.app.server import EVERYBODY, READER, RULES
from dashboards.app.store import narrowed
from dashboards.sources.published import ALL, REST, Published
from strata.errors import StrataError
from tests.support.published_sample import TERRITORIES
from tests.support.served import HOST, ROLES, As, Served, as_role, at, local, search_of, serve

NOBODY = "nobody"
PLACES = (*TERRITORIES, ALL, REST, "T99", "T77", "../T01")
PAGES = ("/", "/simulator", "/methods", "/quality")
OF_TERRITORY = ("/meeting", *(f"/export/{ending[1:]}" for ending in EXPORTS if ending not in NATIONAL_EXPORTS))
FILES = tuple(f"/export/{ending[1:]}" for ending in NATIONAL_EXPORTS)
# Routes that Dash declares and that answer nothing here.
REFUSED = {"/<path:path>", "/_reload-hash", "/_favicon.ico", "_dash_assets.static"}
CALLS: dict[str, tuple[list[Any], bool]] = {
    "panel.children": ([at("url", "/", "pathname")], True),
    "explored.children": ([[]], False),
    "simulated.children": ([at("simulate", 1, "n_clicks")], False),
}


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of a few bytes: what is tried here is who gets one."""
    for name in ("home", "meeting", "simulator", "methods", "quality"):
        monkeypatch.setattr(Answer, name, lambda self: f"PAGE-OF {self.question.territory}")
    monkeypatch.setattr(Answer, "export", lambda self, ending: (f"file{ending}", self.question.territory.encode()))


def expected(role: str, place: str, needs_territory: bool = False) -> int:
    """What the rights say, told again from scratch."""
    if role == NOBODY:
        return 403
    held = ROLES[role]
    if needs_territory and place == ALL:
        return 404
    if held is not None and place != ALL and place not in held:
        return 403
    return 200 if place in (*TERRITORIES, ALL) else 404


def called(served: Served, output: str, place: str) -> int:
    first, is_input = CALLS[output]
    search = search_of("" if place == ALL else place)
    inputs, state = ([*first, search], []) if is_input else (first, [search])
    if output == "simulated.children":
        state += [at(f"simulator-{name}", None) for name in ("stratum", "persons", "years", "discount", "share", "programme")]
    return served.callback(output, inputs, state).status_code


def cases(served: Served, role: str) -> Iterator[tuple[str, str, int, int]]:
    """Everything that can be asked, what came, what should have."""
    for place in PLACES:
        query = {} if place == ALL else {"territory": place}
        for path in (*PAGES, *FILES):
            yield path, place, served.get(path, query_string=query).status_code, expected(role, place)
        for path in OF_TERRITORY:
            yield path, place, served.get(path, query_string=query).status_code, expected(role, place, needs_territory=True)
        # The made-up run wrote no page of definitions: a reader who may ask is told that there is none.
        came = served.get("/definition/t2d.fr.html", query_string=query).status_code
        yield "/definition/<name>", place, came, max(expected(role, place), 404 if expected(role, place) == 200 else 0)
        for output in CALLS:
            yield output, place, called(served, output, place), expected(role, place)


def test_every_route_and_callback_for_every_role_and_territory(run_folder: Path, stubbed: None, capsys: pytest.CaptureFixture[str]) -> None:
    tried, wrong = 0, []
    for role in (NOBODY, *ROLES):
        served = serve(run_folder, As(as_role(role)))
        for path, place, came, should in cases(served, role):
            tried += 1
            wrong += [(role, path, place, came, should)] if came != should else []
    with capsys.disabled():
        print(f"\naccess: {tried} tried, {len(wrong)} where they do not belong")
    assert wrong == [] and tried >= 600


def test_every_route_and_callback_has_a_rule_and_is_tried(run_folder: Path) -> None:
    served = serve(run_folder)
    assert without_rule(served) == set()
    tried = {*PAGES, *FILES, *OF_TERRITORY}
    routes = {rule.rule for rule in served.app.url_map.iter_rules() if RULES.get(rule.endpoint) not in (None, EVERYBODY, READER)}
    assert routes - {"/export/<ending>", "/definition/<name>", "/_dash-update-component"} <= tried and set(CALLS) == CALLBACKS


def without_rule(served: Served) -> set[str]:
    """Routes and callbacks that nobody has judged."""
    routes = {rule.endpoint for rule in served.app.url_map.iter_rules()} - set(RULES) - REFUSED
    return routes | (set(served.app.extensions["strata_dash"].callback_map) - CALLBACKS)


def test_a_new_route_or_callback_without_a_rule_is_caught_and_refused(run_folder: Path) -> None:
    from dash import Input, Output

    served = serve(run_folder)
    served.app.add_url_rule("/everything", "everything", lambda: "all of it")
    dash = served.app.extensions["strata_dash"]
    dash.callback(Output("leak", "children"), Input("url", "search"))(lambda search: "all of it")
    assert without_rule(served) == {"everything", "leak.children"}
    assert served.get("/everything").status_code == 404
    assert served.callback("leak.children", [search_of("T01")], []).status_code == 403


@pytest.mark.parametrize("endpoint", sorted(REFUSED))
def test_what_dash_declares_and_nobody_needs_answers_nothing(run_folder: Path, endpoint: str) -> None:
    path = {"/<path:path>": "/any/thing", "_dash_assets.static": "/assets/x.js"}.get(endpoint, endpoint)
    assert serve(run_folder).get(path).status_code == 404


def test_layout_and_list_of_callbacks_are_for_readers(run_folder: Path) -> None:
    for path in ("/_dash-layout", "/_dash-dependencies"):
        assert serve(run_folder).get(path).status_code == 200
        assert serve(run_folder, As(None)).get(path).status_code == 403


def test_a_reader_of_one_territory_meets_no_row_of_another(published: Published) -> None:
    mine = narrowed(published, Reader("one", frozenset({"T01"})))
    held = {row.territory_id for row in mine.rows.values()}
    held |= {row.territory_id for rows in mine.groups.values() for row in rows} | {row.territory_id for row in mine.details.values()}
    assert held == {"T01", ALL} and set(mine.territories) == {"T01"}


def test_no_page_nor_file_of_one_reader_names_another_territory(run_folder: Path) -> None:
    served = serve(run_folder, As(as_role("one")))
    paths = ("/", "/?territory=T01", "/meeting?territory=T01", "/export/csv?territory=T01", "/export/csv", "/export/html")
    texts = [served.get(path).get_data(as_text=True) for path in paths]
    for path in ("/export/xlsx?territory=T01", "/export/xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(served.get(path).data))
        texts.append(" ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row))
    with zipfile.ZipFile(io.BytesIO(served.get("/export/pptx").data)) as deck:
        texts.append(" ".join(deck.read(name).decode() for name in deck.namelist() if name.endswith(".xml")))
    texts.append(served.callback("panel.children", [at("url", "/", "pathname"), search_of("T01")], []).get_data(as_text=True))
    assert all(TERRITORIES["T01"] in text or "Explorer" in text or "Ensemble" in text for text in texts)
    for text in texts:
        assert [
            name for key, name in TERRITORIES.items() if key != "T01" and name.partition(" ")[0] in text.replace("Val de Brume", "")
        ] == []
        assert "Hors territoires" not in text


def test_two_readers_never_share_an_answer(run_folder: Path) -> None:
    access = As(as_role("all"))
    served = serve(run_folder, access)
    whole = served.get("/").get_data(as_text=True)
    access.who = as_role("one")
    assert TERRITORIES["T02"] in whole and TERRITORIES["T02"] not in served.get("/").get_data(as_text=True)


def test_this_machine_only(run_folder: Path) -> None:
    served = serve(run_folder, Open())
    assert served.get("/methods").status_code == 200
    assert served.client.get("/methods", base_url="http://rebound.example:8050").status_code == 403


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("10.0.0.5", [("X-Remote-User", "one")], 200),
        ("10.0.0.6", [("X-Remote-User", "one")], 403),
        ("10.0.0.5", [("X-Remote-User", "somebody")], 403),
        ("10.0.0.5", [], 403),
        ("10.0.0.5", [("X-Remote-User", "one"), ("X-Remote-User", "all")], 403),
        ("10.0.0.6", [("X-Remote-User", "one"), ("X-Forwarded-For", "10.0.0.5")], 403),
    ],
)
def test_only_the_declared_proxy_is_believed(run_folder: Path, address: str, headers: list[tuple[str, str]], status: int) -> None:
    users = {"one": User(Reader("one", ROLES["one"]), ""), "all": User(Reader("all", None), "")}
    access = Header(users, "10.0.0.5", "X-Remote-User")
    request = Request(EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": address}).get_environ())
    assert (access.reader(request) is not None) == (status == 200)
    served = serve(run_folder, access)
    assert served.get("/methods", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == status


def enter(served: Served, name: str, password: str) -> int:
    return served.client.post("/sign-in", data={"user": name, "password": password}, base_url=HOST).status_code


def test_signing_in_and_out(run_folder: Path, stubbed: None) -> None:
    served = serve(run_folder, local({"one": "correct horse battery"}))
    assert served.get("/").headers["Location"] == "/sign-in" and served.get("/quality").status_code == 403
    assert served.get("/sign-in").status_code == 200 and enter(served, "one", "wrong") == 403
    assert enter(served, "one", "correct horse battery") == 302
    cookie = served.client.get_cookie("strata_session", "127.0.0.1")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Strict"
    assert served.get("/?territory=T01").status_code == 200 and served.get("/?territory=T02").status_code == 403
    served.client.post("/sign-out", base_url=HOST)
    assert served.get("/?territory=T01").status_code == 302 and served.get("/quality").status_code == 403
    assert [line["action"] for line in served.logged if "sign" in line["action"]] == ["sign-in refused", "sign-in", "sign-out"]
    assert "correct" not in str(served.logged)


def test_a_session_ends_when_the_password_changes_or_is_forged(run_folder: Path, stubbed: None) -> None:
    access = local({"one": "correct horse battery"})
    served = serve(run_folder, access)
    enter(served, "one", "correct horse battery")
    cookie = served.client.get_cookie("strata_session", "127.0.0.1")
    assert cookie is not None and served.get("/methods").status_code == 200
    access.users["one"] = User(access.users["one"].reader, access.hasher.hash("another password"))
    assert served.get("/methods").status_code == 403
    served.client.set_cookie("strata_session", cookie.value[:-2] + "AA", domain="127.0.0.1")
    assert served.get("/methods").status_code == 403


def test_a_name_is_shut_after_ten_failures_and_opens_again(run_folder: Path) -> None:
    clock = [1000.0]
    served = serve(run_folder, local({"one": "correct horse battery", "two": "another good password"}, now=lambda: clock[0]))
    for _ in range(MOST_FAILURES):
        assert enter(served, "one", "wrong") == 403
    assert enter(served, "one", "correct horse battery") == 403  # shut
    assert enter(served, "two", "another good password") == 302  # others are not
    clock[0] += LOCKED_SECONDS + 1
    assert enter(served, "one", "correct horse battery") == 302
    pages = [served.client.post("/sign-in", data={"user": name, "password": "x"}, base_url=HOST).data for name in ("one", "nobody at all")]
    assert pages[0] == pages[1]  # nothing tells a name that exists


def test_who_read_what_is_logged_before_the_answer(run_folder: Path, stubbed: None) -> None:
    served = serve(run_folder, As(as_role("one")))
    for path in ("/?territory=T01", "/export/csv?territory=T01", "/?territory=T02", "/"):
        served.get(path)
    assert [(line["action"], line.get("territory")) for line in served.logged] == [
        ("read", "T01"),
        ("export csv", "T01"),
        ("denied", None),
        ("read", ALL),
    ]
    assert {line["reader"] for line in served.logged} == {"one"}


def test_no_log_no_answer(run_folder: Path, stubbed: None) -> None:
    served = serve(run_folder)

    def full(**_: object) -> None:
        raise OSError("disk at /secret/place")

    object.__setattr__(served.app.view_functions["/"].__self__.options, "audit", full)
    response = served.get("/?territory=T01")
    assert response.status_code == 500 and b"PAGE-OF" not in response.data and b"/secret/place" not in response.data


def test_the_file_of_users_is_read_back(tmp_path: Path) -> None:
    line = user_line("Zoé", "T01|T03", "twelve letters")
    path = tmp_path / "users.csv"
    path.write_text(";".join(COLUMNS) + "\n" + ";".join(line.values()) + "\nall;*;" + line["password_hash"] + "\n", encoding="utf-8")
    users = read_users(path, with_passwords=True)
    assert users["Zoé"].reader.territories == {"T01", "T03"} and users["all"].reader.territories is None
    assert "twelve" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "user;territories\none;T01\n",
        "user;territories;password_hash\none;;$argon2id$x\n",
        "user;territories;password_hash\n;T01;$argon2id$x\n",
        "user;territories;password_hash\none;T01;$argon2id$x\none;*;$argon2id$x\n",
        "user;territories;password_hash\none;T01;plain secret\n",
        "user;territories;password_hash\none;T01;$argon2id$x;more\n",
    ],
)
def test_an_unsound_file_of_users_is_refused_without_its_cells(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StrataError) as error:
        read_users(path, with_passwords=True)
    assert "secret" not in str(error.value) and "argon2id$x" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "territories", "password"), [("one", "T01", "short"), ("o;ne", "T01", "twelve letters"), ("one", "T\n1", "twelve letters")]
)
def test_a_line_that_would_not_be_read_back_is_not_written(name: str, territories: str, password: str) -> None:
    with pytest.raises(StrataError):
        user_line(name, territories, password)
