"""The `strata` command as a person meets it: help, refusals, exit codes, two languages, never a traceback."""

import errno
import gc
import io
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipelines import command
from pipelines.commands import demo, run
from pipelines.commands.init import TEMPLATES
from pipelines.commands.terminal import in_french
from pipelines.operation import causes
from pipelines.process import few_searches
from strata.config import Config, Coverage, load
from strata.errors import StrataError
from tests.support.repository import ROOT

PARTS = {"fr": ("Problème", "Où", "Cause", "Que faire"), "en": ("Problem", "Where", "Why", "What to do")}
# command line, and what the refusal must name
WRONG = [
    ([], "strata"),
    (["runn"], "runn"),
    (["run", "--yaer", "2025"], "--yaer"),
    (["run", "--year", "next"], "--year"),
    (["run", "--config"], "--config"),
    (["run", "--config", "missing.toml"], "missing.toml"),
    (["check", "--config", "missing.toml"], "missing.toml"),
    (["synth", "--persons", "10"], "--out"),
    (["synth", "--out", "x", "--persons", "0"], "--persons"),
    (["synth", "--out", "x", "--years", "2025-2017"], "--years"),
    (["synth", "--out", "x", "--format", "atih,excel"], "--format"),
    (["synth", "--out", "x", "--fields", "smr"], "--fields"),
    (["list", "nowhere"], "nowhere"),
    (["list", "--config", "missing.toml"], "missing.toml"),
    (["list", ".", "--config", "strata.toml"], "--config"),
    (["publish"], "strata publish"),
    (["publish", "verify"], "strata publish verify"),
    (["publish", "use", "--config", "missing.toml"], "missing.toml"),
    (["status", "--config", "missing.toml"], "missing.toml"),
    (["schedule", "--kind", "at"], "--kind"),
    (["purge", "--config", "missing.toml"], "missing.toml"),
    (["reference", "build"], "--out"),
    (["dashboard", "build", "--config", "missing.toml"], "missing.toml"),
    (["explain"], "strata explain"),
    (["explain", "1", "--config", "missing.toml"], "missing.toml"),
    (["explain", "1", "--condition", "t2d", "--condition", "hf"], "--condition"),
    (["run", "--year", "2024", "--year", "2025"], "--year"),
    (["compare", "--definitions", "built-in"], "--definitions"),
    (["compare", "--definitions", "built-in", "built-in", "--config", "missing.toml"], "missing.toml"),
]
PAGES = [[], ["demo"], ["init"], ["list"], ["run"], ["check"], ["synth"], ["publish", "verify"], ["dashboard", "build"]]
PAGES += [["explain"], ["compare"], ["status"], ["doctor"], ["schedule"], ["purge"], ["publish", "use"]]
PAGES += [["reference", action] for action in ("build", "show", "verify")]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRATA_LANGUAGE", raising=False)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("arguments", "named"), WRONG)
def test_wrong_usage_is_explained_in_four_parts(
    arguments: list[str], named: str, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRATA_LANGUAGE", language)
    assert command.main(arguments) == 2
    said = capsys.readouterr()
    assert [line.partition(":")[0].strip() for line in said.err.splitlines()] == list(PARTS[language])
    assert named in said.err and "Traceback" not in said.err and said.out == ""


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_each_level_has_help(page: list[str], language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STRATA_LANGUAGE", language)
    with pytest.raises(SystemExit) as left:
        command.main([*page, "--help"])
    text = capsys.readouterr().out
    assert left.value.code == 0 and {"fr": "montrer cette aide", "en": "show this help"}[language] in text


@pytest.mark.parametrize(("is_usage", "code"), [(True, 2), (False, 1)])
def test_the_exit_code_says_who_is_at_fault(
    is_usage: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise StrataError(("quoi", "what"), "ici", ("car", "why"), ("faire", "do"), is_usage)

    monkeypatch.setattr(run, "read_config", refuse)
    assert command.main(["run"]) == code
    assert "Traceback" not in capsys.readouterr().err
    assert command.main(["run", "--debug"]) == code
    assert "Traceback" in capsys.readouterr().err


def test_an_unforeseen_error_shows_no_cell_and_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def crash(*_: object) -> None:
        raise KeyError("1234567890123")

    monkeypatch.setattr(run, "read_config", crash)
    assert command.main(["run"]) == 1
    said = capsys.readouterr().err
    assert "KeyError" in said and "test_command.py" in said and "1234567890123" not in said and "Traceback" not in said


def test_a_message_of_argparse_that_is_not_known_stays_readable() -> None:
    assert in_french("the following arguments are required: --out") == "il manque : --out"
    assert in_french("something new") == "something new"
    assert in_french("argument --definitions: expected 2 arguments") == "--definitions : 2 valeurs sont attendues"
    assert in_french("argument --condition: given twice") == "--condition : donné deux fois"


def test_the_project_chooses_the_language_unless_the_environment_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "strata.toml").write_text('[project]\nlanguage = "en"\n', encoding="utf-8")
    assert command.main(["run", "--year", "1999"]) == 2
    assert "Year outside the project" in capsys.readouterr().err
    monkeypatch.setenv("STRATA_LANGUAGE", "fr")
    assert command.main(["run", "--year", "1999"]) == 2
    assert "Année hors du projet" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["fr", "en"])
def test_init_writes_every_key_with_its_default_and_overwrites_nothing(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRATA_LANGUAGE", language)
    assert command.main(["init", "project"]) == 0
    path = tmp_path / "project" / "strata.toml"
    config = load(path)
    expected = Config(folder=path.parent.resolve(), coverage={"mco": Coverage()})
    assert config.project.language == language
    assert replace(config, project=expected.project) == expected
    assert keys(tomllib.loads(path.read_text(encoding="utf-8"))) == keys(as_dict(expected))
    assert all((path.parent / name).exists() for name in ("landing", "tariffs", "territories.csv", "population.csv", "examples"))
    assert command.main(["init", "project"]) == 2


def keys(table: dict[str, object], prefix: str = "") -> set[str]:
    """Every key of nested tables, dotted."""
    inner = [keys(value, f"{prefix}{name}.") for name, value in table.items() if isinstance(value, dict)]
    return {f"{prefix}{name}" for name, value in table.items() if not isinstance(value, dict)}.union(*inner)


def as_dict(config: Config) -> dict[str, object]:
    """The configuration as nested tables, without its folder."""
    return {name: value for name, value in asdict(config).items() if name != "folder"}


def test_the_two_templates_hold_the_same_keys() -> None:
    french, english = (tomllib.loads((TEMPLATES / f"strata.{language}.toml").read_text(encoding="utf-8")) for language in ("fr", "en"))
    assert french | {"project": {}} == english | {"project": {}}


def test_the_demo_copies_the_sample_and_touches_no_folder_of_another_use(tmp_path: Path) -> None:
    sample = tmp_path / "sample"
    (sample / "landing").mkdir(parents=True)
    (sample / "strata.toml").write_text("", encoding="utf-8")
    (sample / "landing" / "a.zip").write_bytes(b"zip")
    copied = demo.copy_sample(sample, tmp_path / "demo")
    assert copied == tmp_path / "demo" / "strata.toml" and (tmp_path / "demo" / "landing" / "a.zip").read_bytes() == b"zip"
    assert demo.copy_sample(sample, tmp_path / "demo") == copied
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(StrataError, match="autre chose"):
        demo.copy_sample(sample, tmp_path / "mine")
    with pytest.raises(StrataError, match="introuvable"):
        demo.copy_sample(tmp_path / "nowhere", tmp_path / "demo")


class DagsterExecutionInterruptedError(BaseException):
    """What Dagster makes of Ctrl-C: not an Exception."""


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("Query interrupted"), DagsterExecutionInterruptedError()])
def test_an_interruption_is_no_defect_wherever_it_falls(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise error

    monkeypatch.setattr(run, "read_config", interrupt)
    assert command.main(["run"]) == 1
    assert capsys.readouterr().err == "Interrompu ; la publication précédente reste.\n"


def test_a_ring_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    assert not causes.is_interruption(first)


def test_a_path_that_cannot_be_written_is_no_defect_of_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert command.main(["init", "file"]) == 2
    said = capsys.readouterr().err
    assert str(Path("file") / "landing") in said and "défaut du programme" not in said


def _process(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.command", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "STRATA_LANGUAGE": "en", "PYTHONUTF8": "1"}
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")


def test_the_process_leaves_with_its_code_once_all_is_told(tmp_path: Path) -> None:
    good = _process("init", str(tmp_path / "project"))
    assert (good.returncode, good.stderr) == (0, "")
    assert "strata.toml" in good.stdout  # through a pipe, what is written waits in a buffer
    wrong = _process("run", "--config", "missing.toml")
    assert wrong.returncode == 2
    assert "What to do" in wrong.stderr


@pytest.fixture
def python_as_it_comes() -> Iterator[None]:
    """The suite itself lets Python look seldom (tests/conftest.py)."""
    of_the_suite = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*of_the_suite)


@pytest.mark.usefixtures("python_as_it_comes")
def test_a_run_that_fails_leaves_python_looking_for_dead_objects_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), few_searches():
        assert gc.get_threshold()[0] > before[0]
        raise RuntimeError
    assert gc.get_threshold() == before


def test_an_answer_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert command.main(["init", "project"]) == 2
    assert "le disque est plein" in capsys.readouterr().err


def test_the_place_of_an_error_is_ours_in_a_clone_and_in_a_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    clone, library = Path("/clone"), Path("/clone/.venv/lib/site-packages")
    monkeypatch.setattr(causes, "_ROOT", clone)
    assert causes._is_ours(clone / "strata" / "a.py") and not causes._is_ours(library / "duckdb" / "a.py")
    monkeypatch.setattr(causes, "_ROOT", library)
    assert causes._is_ours(library / "strata" / "a.py")
