"""What is asked of a nation's extract stops the publication there and is told elsewhere; a synthetic country proves no definition."""

from pathlib import Path
from typing import Any

import pytest

from pipelines import command, runner
from pipelines.commands.run import tell
from pipelines.commands.terminal import Terminal
from pipelines.expectations import Expectation, Outcome, suites
from pipelines.runner import RunResult
from pipelines.session import Session
from strata.config import from_dict
from strata.errors import StrataError
from tests.support.small_graph import CHECK, refresh, session, sql_folder

BROKEN = CHECK.replace("0 AS faults", "3 AS faults")
NATIONAL = {"mco": {"scope": "national"}}


def opened(tmp_path: Path, coverage: dict[str, dict[str, str]], is_synthetic: bool) -> Session:
    """A session on a warehouse that knows whether it is synthetic."""
    found = session(tmp_path)
    found.config = from_dict({"coverage": coverage}, tmp_path)
    found.connection.execute(f"CREATE TABLE setting AS SELECT {is_synthetic} AS is_synthetic")
    return found


def test_a_nation_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sql_folder(tmp_path / "sql", check=BROKEN, severity="blocking_if_national")
    with pytest.raises(StrataError, match="Aucun défaut"):
        refresh(opened(tmp_path, NATIONAL, is_synthetic=False), folder, monkeypatch)
    assert not (tmp_path / "published").exists()


@pytest.mark.parametrize(("coverage", "is_synthetic"), [({}, False), ({"mco": {"scope": "regional"}}, False), (NATIONAL, True)])
def test_another_extract_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coverage: dict[str, dict[str, str]], is_synthetic: bool
) -> None:
    run = opened(tmp_path, coverage, is_synthetic)
    refresh(run, sql_folder(tmp_path / "sql", check=BROKEN, severity="blocking_if_national"), monkeypatch)
    assert (tmp_path / "published").exists()
    assert [(one.expectation.severity, one.has_passed) for one in run.outcomes] == [("warning", False)]


def test_the_release_gate_is_the_one_asked_of_a_nation() -> None:
    assert {one.severity for one in suites()["release_gate"]} == {"blocking_if_national"}
    assert {(one.binding_column, one.named_by) for one in suites()["release_gate"]} == {("is_default", ("definition_id", "year"))}
    others = {one.severity for table, suite in suites().items() if table != "release_gate" for one in suite}
    assert others == {"blocking", "warning"}


def test_a_reference_pack_waits_for_the_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def refuse(*_: Any, until: Any, **__: Any) -> None:
        asked.append(until)
        raise StrataError(what=("", ""), where="", why=("", ""), fix=("", ""))

    monkeypatch.setattr(runner, "run", refuse)
    (tmp_path / "strata.toml").write_text("", encoding="utf-8")
    assert command.main(["reference", "build", "--config", str(tmp_path / "strata.toml"), "--out", str(tmp_path / "pack")]) == 1
    assert asked == [("indicators", "quality")] and not (tmp_path / "pack").exists()


@pytest.mark.parametrize(("language", "words"), [("fr", "À regarder : non tenu : Aucun (C-1.0 2024, C-1.0 2025)"), ("en", "None held")])
def test_the_terminal_names_the_definitions_and_years_at_fault(language: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    one = Expectation("release_gate", "a", "warning", ("Aucun", "None held"), ("", ""))
    found = RunResult("run", None, outcomes=[Outcome(one, False, 2, ("C-1.0 2024", "C-1.0 2025"))])
    tell(found, Terminal(language))
    said = capsys.readouterr()
    assert words in said.out + said.err and "C-1.0 2024, C-1.0 2025" in said.out + said.err
