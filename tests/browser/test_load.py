"""The server under load, as it is started: callbacks it has answered before, many clients, and the memory it takes.

Belongs here: figures of `strata dashboard serve` in a process of its own. Not here: what its pages hold (test_application.py).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from strata.publication.latest import published_folder
from tests.browser.application import TERRITORY, served
from tests.support.figures import Figures

CLIENTS, CALLS, MOST_RSS_MB = 20, 5_000, 250
# Times the processor time a call of one client alone. It was 10 to 20 while the server asked its sockets without pause.
MOST_OF_MANY = 2.5
HAS_PROC = Path("/proc/self/stat").is_file()  # Linux: there, a server that is not found is a failure
EARLIER = "20200101T000000Z-abcdef"
# Runs where the server is: standard library only, a connection per client that stays open. Prints calls a second, p95 in ms, refusals.
CLIENT = """
import http.client, json, sys, threading, time
port, clients, calls, territory = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
search = [{"id": "url", "property": "pathname", "value": "/"}, {"id": "url", "property": "search", "value": f"?territory={territory}"}]
output = {"id": "panel", "property": "children"}
body = json.dumps({"output": "panel.children", "outputs": output, "inputs": search, "state": [], "changedPropIds": []})
times, wrong = [], []
def client():
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for _ in range(calls // clients):
        start = time.perf_counter()
        line.request("POST", "/_dash-update-component", body, {"Content-Type": "application/json"})
        answer = line.getresponse()
        answer.read()
        times.append(time.perf_counter() - start)
        if answer.status != 200:
            wrong.append(answer.status)
threads = [threading.Thread(target=client) for _ in range(clients)]
start = time.perf_counter()
[one.start() for one in threads]
[one.join() for one in threads]
rate, p95 = len(times) / (time.perf_counter() - start), sorted(times)[int(0.95 * len(times))] * 1000
print(json.dumps({"calls": len(times), "rate": rate, "p95": p95, "wrong": len(wrong)}))
"""


# Every kind of answer of two editions: pages in both languages and of several years, each file. Prints how many were refused.
READER = """
import http.client, sys
port, territory, runs = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
line, wrong = http.client.HTTPConnection("127.0.0.1", port, timeout=600), 0
for run in runs:
    pages = [f"/?territory={territory}&lang={one}&year={year}&run={run}" for one in ("fr", "en") for year in (2023, 2024, 2025)]
    files = [f"/export/{one}?territory={territory}&run={run}" for one in ("xlsx", "pptx", "programme.docx", "csv", "html")]
    for path in (*pages, *files, f"/?run={run}", f"/export/xlsx?run={run}", f"/export/pptx?run={run}", f"/methods?run={run}"):
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        wrong += answer.status != 200
print(wrong)
"""


@pytest.fixture(scope="module")
def two_editions(demonstration: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that holds the publication of the sample twice: its last edition, and one before."""
    folder = tmp_path_factory.mktemp("editions")
    shutil.copyfile(demonstration / "strata.toml", folder / "strata.toml")
    last = published_folder(demonstration / "published")
    for run in (EARLIER, last.name):
        shutil.copytree(last, folder / "published" / run, ignore=shutil.ignore_patterns("*.html", "*.docx", "*.pptx", "*.xlsx"))
        receipt = folder / "published" / run / "receipt.json"
        receipt.write_text(receipt.read_text(encoding="utf-8").replace(last.name, run), encoding="utf-8")
    (folder / "published" / "latest").write_text(last.name, encoding="utf-8")
    return folder / "strata.toml"


def asked(inside: list[str], script: str, *arguments: str) -> str:
    """What a script of the standard library prints, where the server is."""
    return subprocess.run([*inside, sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True).stdout


def test_callbacks_and_a_second_edition_leave_the_server_small(two_editions: Path, inside: list[str], figures: Figures) -> None:
    last = published_folder(two_editions.parent / "published").name
    with served(two_editions, inside) as address:
        port = address.rpartition(":")[2]
        found, calm = json.loads(asked(inside, CLIENT, port, str(CLIENTS), str(CALLS), TERRITORY)), resident_mb(port)
        wrong, rss = asked(inside, READER, port, TERRITORY, last, EARLIER), resident_mb(port)
    figures.append(f"load: {found['calls']} callbacks, {CLIENTS} clients, {found['rate']:.0f} a second, p95 {found['p95']:.1f} ms")
    figures.append(f"load: memory of the server after them, {told(calm)}; with every file and a second edition, {told(rss)}")
    assert (found["calls"], found["wrong"], int(wrong)) == (CALLS, 0, 0)
    assert (rss is not None) == HAS_PROC
    assert rss is None or 50 < rss < MOST_RSS_MB


@pytest.mark.skipif(not HAS_PROC, reason="no /proc on this system")
def test_a_call_among_many_clients_costs_the_server_what_a_call_alone_does(two_editions: Path, inside: list[str], figures: Figures) -> None:
    spent = []
    with served(two_editions, inside) as address:
        port = address.rpartition(":")[2]
        asked(inside, CLIENT, port, "1", "100", TERRITORY)  # the first one makes the page
        for clients in (1, CLIENTS):
            before = processor_s(port)
            asked(inside, CLIENT, port, str(clients), "2000", TERRITORY)
            spent.append(processor_s(port) - before)
    alone, many = spent
    figures.append(f"load: processor time of the server a call, {CLIENTS} clients against one: {many / alone:.1f} times")
    assert 0 < many < MOST_OF_MANY * alone


def told(megabytes: float | None) -> str:
    return "not known on this system" if megabytes is None else f"{megabytes:.0f} MB"


def process_of(port: str) -> Path | None:
    """The folder of the server that listens to a port, where the system has /proc."""
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = line.read_bytes().split(b"\0")
        except OSError:  # ended meanwhile
            continue
        if b"serve" in command and port.encode() in command and b"pipelines.command" in command and not command[0].endswith(b"nsenter"):
            return line.parent
    return None


def resident_mb(port: str) -> float | None:
    """The memory of the server, where the system has /proc."""
    process = process_of(port)
    if process is None:
        return None
    lines = (process / "status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS"))


def processor_s(port: str) -> float:
    """The processor time that the server has taken, of all its threads."""
    process = process_of(port)
    assert process is not None
    fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
