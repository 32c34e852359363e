"""The server under load, as it is started: callbacks it has answered before, many clients, and the memory it takes.

Belongs here: figures of `strata dashboard serve` in a process of its own. Not here: what its pages hold (test_application.py).
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.browser.application import TERRITORY, served
from tests.support.figures import Figures

CLIENTS, CALLS, MOST_RSS_MB = 20, 5_000, 250
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


def test_five_thousand_callbacks_leave_the_server_small(demonstration: Path, inside: list[str], figures: Figures) -> None:
    with served(demonstration / "strata.toml", inside) as address:
        port = address.rpartition(":")[2]
        command = [*inside, sys.executable, "-c", CLIENT, port, str(CLIENTS), str(CALLS), TERRITORY]
        ended = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
        found, rss = json.loads(ended.stdout), resident_mb(port)
    memory = "not known on this system" if rss is None else f"{rss:.0f} MB"
    figures.append(f"load: {found['calls']} callbacks, {CLIENTS} clients, {found['rate']:.0f} a second, p95 {found['p95']:.1f} ms")
    figures.append(f"load: memory of the server after them, {memory}")
    assert (found["calls"], found["wrong"]) == (CALLS, 0)
    assert rss is None or 50 < rss < MOST_RSS_MB


def resident_mb(port: str) -> float | None:
    """The memory of the server that listens to a port, where the system has /proc."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_bytes().split(b"\0")
            lines = status.read_text(encoding="utf-8").splitlines()
        except OSError:  # ended meanwhile
            continue
        if b"serve" in command and port.encode() in command and b"pipelines.command" in command and not command[0].endswith(b"nsenter"):
            return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS"))
    return None
