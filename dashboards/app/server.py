"""The server: every route behind one guard, what it sends behind one policy.

Belongs here: routes, their rules, headers, the audit line of each answer. Not here: pages (pages.py), rights (store.py), callbacks
(explore.py).
"""

import gzip
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, Response, g, redirect, request, session
from werkzeug.exceptions import HTTPException

from dashboards.app.access import NAME, STAMP, Access, Local, Reader
from dashboards.app.explore import CALLBACKS, add_callbacks, layout
from dashboards.app.pages import KINDS, Answer
from dashboards.app.question import (
    DEFINITION,
    EXPORT,
    HOME,
    MEETING,
    METHODS,
    NATIONAL_EXPORTS,
    QUALITY,
    SIMULATOR,
    Question,
    Unknown,
    query_of,
    read_question,
)
from dashboards.app.store import Denied, Store, digest
from dashboards.model.measures import Writer
from dashboards.render import render_message, script_hash
from dashboards.sources.published import ALL
from dashboards.texts import LANGUAGES, load

# What a route asks for. A route that has no line here is refused to everybody.
EVERYBODY, READER, TERRITORY = "everybody", "reader", "territory"
RULES = {
    HOME: TERRITORY,
    "meeting": TERRITORY,
    "simulator": TERRITORY,
    "methods": TERRITORY,
    "quality": TERRITORY,
    "export": TERRITORY,
    "definition": TERRITORY,
    "sign_in": EVERYBODY,
    "sign_out": EVERYBODY,
    "/_dash-update-component": TERRITORY,  # and CALLBACKS says which ones
    "/_dash-layout": READER,
    "/_dash-dependencies": READER,
    # The scripts of Dash are the same for all.
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": EVERYBODY,
}
CALLBACK_ROUTE = "/_dash-update-component"
HTML = "text/html; charset=utf-8"
SESSION_HOURS, MOST_BODY = 8, 64 * 1024
log = logging.getLogger(__name__)

Audit = Callable[..., object]


@dataclass(frozen=True)
class Options:
    """language: of pages that do not say. audit: writes one line (action, reader, what); raises when it cannot, then there is no answer.

    secret: signs the sessions of the local mode. is_private: the server listens to this machine only.
    """

    language: str
    audit: Audit
    secret: str = ""
    is_private: bool = True


class _Parts(Dash):
    """Dash, for the pieces of its page: ours is written around them."""

    parts: dict[str, str]

    def interpolate_index(self, *_: Any, **parts: Any) -> str:
        """Keep the pieces."""
        self.parts = parts
        return "\n".join(parts.values())


def make_server(store: Store, access: Access, options: Options) -> Flask:
    """The WSGI application. Nothing it sends asks the network for anything else."""
    server = Flask("strata", static_folder=None, template_folder=None)
    server.config.update(
        SECRET_KEY=options.secret or None,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=not options.is_private,
        SESSION_COOKIE_NAME="strata_session",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        MAX_CONTENT_LENGTH=MOST_BODY,
    )
    room = _Room(store, access, options)
    server.before_request(room.guard)
    nowhere = str(Path(__file__).parent / "none")  # Dash serves every file of its folder of assets: it has none
    dash = _Parts(
        "strata",
        server=server,  # type: ignore[arg-type]
        assets_folder=nowhere,
        update_title="",
        suppress_callback_exceptions=True,
    )
    dash.layout = layout
    add_callbacks(dash, room.asked)
    # The last: a script that Dash does not have.
    for name, error in (("denied", Denied), ("unknown", Unknown), ("unknown", DependencyException)):
        server.register_error_handler(error, room.refusal(name))
    server.register_error_handler(Exception, room.failed)
    with server.test_request_context("/"):
        dash.index()  # type: ignore[no-untyped-call]
    room.dash = dash.parts
    _add_routes(server, room)
    room.policy = _policy((*dash.csp_hashes(), script_hash()))
    server.after_request(room.sent)
    server.extensions["strata_dash"] = dash
    return server


def _add_routes(server: Flask, room: "_Room") -> None:
    """Ours; Dash's own page gives way to the home page, and whatever else is asked is nothing."""
    server.view_functions |= {HOME: room.home, "/<path:path>": room.nothing}
    for rule, view in ((MEETING, room.meeting), (SIMULATOR, room.simulator), (METHODS, room.methods), (QUALITY, room.quality)):
        server.add_url_rule(rule, view.__name__, view)
    server.add_url_rule(f"{EXPORT}<ending>", "export", room.export)
    server.add_url_rule(f"{DEFINITION}<name>", "definition", room.definition)
    server.add_url_rule("/sign-in", "sign_in", room.sign_in, methods=["GET", "POST"])
    server.add_url_rule("/sign-out", "sign_out", room.sign_out, methods=["POST"])


@dataclass
class _Room:
    """The views, with what they share."""

    store: Store
    access: Access
    options: Options

    def __post_init__(self) -> None:
        self.dash: dict[str, str] = {}
        self.policy = ""

    def guard(self) -> Response | tuple[Response, int] | None:
        """Before anything else: is there a rule for this route, and does the reader meet it? Which territory, the store says."""
        g.reader = self.access.reader(request)
        rule = RULES.get(request.endpoint or "")
        if rule is None:
            raise Unknown if g.reader or not self.access.signs_in else Denied
        if rule == EVERYBODY:
            return None
        if g.reader is None:
            return self._nobody()
        if request.endpoint == CALLBACK_ROUTE:
            return self._callback()
        return None

    def _nobody(self) -> Response | tuple[Response, int]:
        if self.access.signs_in and request.endpoint == HOME:
            return redirect("/sign-in")  # type: ignore[return-value]
        raise Denied

    def _callback(self) -> Response | None:
        """A callback with a rule, from memory when the same was asked of the same numbers by a reader of the same rights."""
        body = request.get_data()
        asked = _parsed(body)
        if asked.get("output") not in CALLBACKS:
            raise Denied
        key = self.store.key(g.reader, self.asked(_query_of(asked))[0], digest(body))
        kept = self.store.answers.find(key)
        if kept is not None:
            return Response(kept, mimetype="application/json")
        g.answer_key = key
        return None

    def sent(self, response: Response) -> Response:
        """What every answer carries; the answer of a callback is kept."""
        response.headers["Content-Security-Policy"] = self.policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if "/_dash-component-suites/" not in request.path:
            response.headers["Cache-Control"] = "no-store"
        if response.status_code == 200 and "answer_key" in g:
            self.store.answers.keep(g.answer_key, response.get_data())
        return response

    def asked(self, query: dict[str, str]) -> tuple[Writer, Question]:
        """What the reader may see of what is asked: the way of every page, file and callback. Denied, Unknown."""
        question = read_question(query, self.options.language)
        return self.store.writer(g.reader, question), question

    def _answer(self, action: str) -> tuple[Answer, Callable[[str, Callable[[], bytes]], bytes]]:
        """The answer to this request, logged before it is made, and the memory of answers."""
        writer, question = self.asked(request.args.to_dict())
        self.options.audit(
            action=action, reader=g.reader.name, territory=question.territory, year=writer.published.front_year, run=writer.published.run_id
        )
        answer = Answer(writer, question, self.dash, isinstance(self.access, Local), self.store.editions())

        def kept(name: str, make: Callable[[], bytes]) -> bytes:
            key = self.store.key(g.reader, writer, name, question)
            found = self.store.answers.find(key)
            return self.store.answers.keep(key, gzip.compress(make(), 6, mtime=0)) if found is None else found

        return answer, kept

    def _page(self, name: str) -> Response:
        answer, kept = self._answer("read")
        return _compressed(kept(name, lambda: getattr(answer, name)().encode()), HTML)

    def home(self) -> Response:
        """The territory page, or the national one."""
        return self._page("home")

    def meeting(self) -> Response:
        """Large type; the whole has no such page."""
        _needs_territory()
        return self._page("meeting")

    def simulator(self) -> Response:
        """The simulator."""
        return self._page("simulator")

    def methods(self) -> Response:
        """Methods."""
        return self._page("methods")

    def quality(self) -> Response:
        """Quality."""
        return self._page("quality")

    def export(self, ending: str) -> Response:
        """A file of a territory, or of the whole."""
        if f".{ending}" not in KINDS:
            raise Unknown
        if f".{ending}" not in NATIONAL_EXPORTS:
            _needs_territory()
        answer, kept = self._answer(f"export {ending}")
        content = kept(ending, lambda: _named(answer.export(f".{ending}")))
        name, _, content = gzip.decompress(content).partition(b"\n")
        response = Response(content, content_type=KINDS[f".{ending}"])
        response.headers["Content-Disposition"] = f'attachment; filename="{name.decode()}"'
        return response

    def definition(self, name: str) -> Response:
        """The page of a definition, or its file."""
        answer, kept = self._answer("read definition")
        content = kept(f"definition {name}", lambda: answer.definition(name))
        return _compressed(content, HTML if name.endswith(".html") else "application/json")

    def sign_in(self) -> Response:
        """The page where people sign in, and what they send."""
        if not isinstance(self.access, Local):
            raise Unknown
        if request.method == "GET":
            return self._message(200, "sign_in", sign_in=True)
        name = request.form.get("user", "")
        user = self.access.sign_in(name, request.form.get("password", ""))
        # A name that is not a user's may be a password typed in the wrong place: it is not written.
        known = name if name in self.access.users else "unknown"
        self.options.audit(action="sign-in" if user else "sign-in refused", reader=known)
        if user is None:
            return self._message(403, "sign_in", text="app.sign_in_refused", sign_in=True)
        session.clear()
        session.permanent = True
        session[NAME], session[STAMP] = name, user.stamp
        return redirect(HOME)  # type: ignore[return-value]

    def sign_out(self) -> Response:
        """End the session."""
        if not self.access.signs_in:
            raise Unknown
        if g.reader:
            self.options.audit(action="sign-out", reader=g.reader.name)
        session.clear()
        return redirect("/sign-in")  # type: ignore[return-value]

    def nothing(self, **_: object) -> Response:
        """No such page."""
        raise Unknown

    def refusal(self, name: str) -> Callable[[Exception], Response]:
        """The page of a refusal. One to a known reader is logged, without what was asked; nobody's are not: they could fill the disk."""

        def answer(_error: Exception) -> Response:
            reader: Reader | None = g.get("reader")
            if name == "denied" and reader:
                self.options.audit(action="denied", reader=reader.name, route=request.endpoint)
            return self._message(403 if name == "denied" else 404, name, text=f"app.{name}")

        return answer

    def failed(self, error: Exception) -> Response:
        """Anything unforeseen: its kind in the log of the server, nothing of it in the page."""
        if isinstance(error, HTTPException) and (error.code or 500) < 500:
            return self._message(error.code or 400, "unknown", text="app.unknown")
        log.error("%s on %s", type(error).__name__, request.endpoint)
        return self._message(500, "failed", text="app.failed")

    def _message(self, status: int, title: str, text: str = "", sign_in: bool = False) -> Response:
        asked = request.args.get("lang", "")
        language = asked if asked in LANGUAGES else self.options.language
        t = load(language)
        page = render_message(
            language, title=t(f"app.{title}_title"), text=t(text) if text else "", is_alert=status != 200, sign_in=sign_in
        )
        return Response(page, status, content_type=HTML)


def _needs_territory() -> None:
    """Meeting pages and action programmes are those of a territory."""
    if request.args.get("territory", ALL) in ("", ALL):
        raise Unknown


def _parsed(body: bytes) -> dict[str, Any]:
    """What a callback was sent. Unknown when it is no JSON object."""
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Unknown from error
    if not isinstance(asked, dict) or not all(isinstance(asked.get(name, []), list) for name in ("inputs", "state")):
        raise Unknown
    return asked


def _query_of(asked: dict[str, Any]) -> dict[str, str]:
    """The address a callback was called from: url.search among what it was sent."""
    sent = [one for one in (*asked.get("inputs", ()), *asked.get("state", ())) if isinstance(one, dict)]
    return query_of(next((one.get("value") for one in sent if (one.get("id"), one.get("property")) == ("url", "search")), ""))


def _named(file: tuple[str, bytes]) -> bytes:
    """A file with its name in front, to be kept as one."""
    name, content = file
    return name.encode() + b"\n" + content


def _compressed(content: bytes, kind: str) -> Response:
    """What is kept is compressed; who does not read that gets it whole."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = Response(content, content_type=kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(gzip.decompress(content), content_type=kind)
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _policy(script_hashes: Iterable[str]) -> str:
    """Scripts: those of this server, the line Dash starts with, the one of the pages. Nothing from elsewhere, no frame."""
    scripts = " ".join(script_hashes)
    return (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        f"script-src 'self' {scripts}; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )
