"""No identifier leaves: canaries in the input are looked for in all that a run writes beside the warehouse, and in what it says.

Canaries are pseudonyms and the bytes of a bad line. They go through whole runs, a report, a listing, an explanation and Dagster's own
events of the same runs.
"""

import json
from pathlib import Path

import dagster as dg
import pytest

from pipelines import command
from pipelines.operation.history import folder_of
from strata.audit import NAME as AUDIT
from strata.config import load
from strata.engine.duckdb import connect
from tests.support.landing import write_archive

STAYS = range(1, 200)
PSEUDONYMS = {number: f"CANARYPERSON{number:05d}" for number in STAYS}
BAD_LINE = "CANARYLINE" * 30
SETTINGS = """[project]
language = "en"
[years]
first = 2022
last = 2022
[method]
lookback_years = 1
[notify]
file = "told.json"
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose every person, and one bad line, is a canary."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STRATA_LANGUAGE", "en")
    write_archive(tmp_path / "landing" / "a.zip", {number: 1 + number % 12 for number in STAYS}, PSEUDONYMS)
    (tmp_path / "landing" / "bad.rsa").write_text(BAD_LINE + "\n", encoding="utf-8")
    (tmp_path / "tariffs").mkdir()
    (tmp_path / "strata.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "territories.csv").write_text("territory_id;territory_name;geo_code\nT1;Nord;59350\n", encoding="utf-8")
    (tmp_path / "population.csv").write_text("year;territory_id;sex;age_band;population\n2022;T1;M;60-64;9000\n", encoding="utf-8")
    return tmp_path / "strata.toml"


def hits(content: bytes) -> int:
    """Canaries in some bytes: pseudonyms, the bad line."""
    return content.count(b"CANARY")


def test_no_identifier_is_in_what_a_run_says_or_writes(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    events: list[str] = []
    whole = dg.DagsterInstance.handle_new_event

    def watched(instance: dg.DagsterInstance, event: dg.EventLogEntry, **named: object) -> object:
        events.append(str(event))
        return whole(instance, event, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(dg.DagsterInstance, "handle_new_event", watched)
    for words in (["list"], ["run"], ["check"], ["run"], ["status"], ["doctor"], ["explain", "1"], ["status", "--json"]):
        command.main([*words, "--config", str(path)])
    config = load(path)
    with connect(config.database, read_only=True) as warehouse:
        held = warehouse.execute("SELECT count(*) FROM pseudonym WHERE pseudonym LIKE 'CANARY%'").fetchall()[0][0]
    assert held == len(STAYS)  # they were there to be seen
    spoken = capfd.readouterr()
    apart = (config.database, *(path.parent / "landing").iterdir())
    files = [one for one in path.parent.rglob("*") if one.is_file() and one not in apart]
    written = {one.relative_to(path.parent).as_posix(): hits(one.read_bytes()) for one in files}
    said = {"output": hits(spoken.out.encode()), "errors": hits(spoken.err.encode()), "logging": hits(caplog.text.encode())}
    said["events"] = hits("".join(events).encode())
    with capfd.disabled():
        kinds = f"{len(files)} files, {len(events)} Dagster events, output, errors"
        print(f"\n{held} canaries: {sum(written.values()) + sum(said.values())} hits in {kinds}")
    assert (
        "told.json" in written
        and len(events) > 100
        and any("published" in name for name in written)
        and any(name.endswith(".log") for name in written)
    )
    assert {name: count for name, count in {**written, **said}.items() if count} == {}


def test_the_search_finds_a_canary_that_is_there(path: Path) -> None:
    assert hits((path.parent / "landing" / "bad.rsa").read_bytes()) == 30


def test_who_asked_about_whom_is_logged_and_nothing_takes_it_away(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert command.main(["run", "--config", str(path)]) == 0
    log = load(path).database.parent / AUDIT
    before = b""
    for person in (1, 2, 999_999):
        command.main(["explain", str(person), "--config", str(path)])
        assert log.read_bytes().startswith(before) and log.stat().st_size > len(before)
        before = log.read_bytes()
    assert command.main(["run", "--config", str(path)]) == 0
    assert log.read_bytes() == before
    lines = [json.loads(line) for line in before.decode().splitlines()]
    with capfd.disabled():
        print(f"\nexplain: {len(lines)} questions, {len(lines)} lines in the audit log")
    assert [line["person_id"] for line in lines] == [1, 2, 999_999]
    assert all(line["command"] == "explain" and line["user"] and line["time"] for line in lines)
    assert folder_of(load(path)).is_dir()
