"""The application for the browser: `strata dashboard serve`, as a person starts it, and its addresses.

Belongs here: starting it where the browser reaches it, which pages it has. Not here: looking (visit.py), asking (test_application.py).
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.support.repository import ROOT

TERRITORY = "orsenne"
# What each page is asked with, beside its language.
APP_PAGES: dict[str, dict[str, str]] = {
    "/": {},
    "/?territory": {"territory": TERRITORY, "condition": "t2d"},
    "/?condition": {"territory": TERRITORY, "condition": "hf", "year": "2024"},
    "/meeting": {"territory": TERRITORY},
    "/simulator": {"territory": TERRITORY, "condition": "t2d", "year": "2022"},  # a year whose passages are not all masked
    "/methods": {},
    "/quality": {},
}
THOROUGHLY = ("/?territory", "/simulator")  # in French; the others are laid out by the templates of the static pages
EXPORTS = ("xlsx", "pptx", "programme.docx", "csv", "html")


def at(root: str, page: str, language: str) -> str:
    """The address of a page of APP_PAGES."""
    return f"{root}{page.partition('?')[0]}?{urlencode(APP_PAGES[page] | {'lang': language})}"


@contextmanager
def served(config: Path, inside: list[str]) -> Iterator[str]:
    """The address of the server of a project, without its last slash. inside: the prefix of a command in the closed network."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*inside, sys.executable, "-m", "pipelines.command", "dashboard", "serve", "--config", str(config), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8") as server:
        try:
            said = server.stdout.readline() if server.stdout else ""
            assert f":{port}/" in said, said
            wait_until_it_answers(port, inside)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_until_it_answers(port: int, inside: list[str]) -> None:
    """The address is said before the server listens: knock until it does, from the same network."""
    knock = f"""
import socket, time
for _ in range(600):
    with socket.socket() as one:
        if one.connect_ex(("127.0.0.1", {port})) == 0:
            break
    time.sleep(0.1)
else:
    raise SystemExit("nobody answers")
"""
    subprocess.run([*inside, sys.executable, "-c", knock], check=True)
