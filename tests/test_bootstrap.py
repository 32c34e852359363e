"""What bootstrap.py says when the machine lacks something, and when it does nothing because all is done.

Belongs here: its words and its decisions. Not here: a real installation, which continuous integration does each time.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with locks of one library, nothing installed."""
    for name in ("requirements.lock", "requirements-test.lock", "pyproject.toml"):
        (tmp_path / name).write_text(f"{name}==1\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "strata-lock.txt")
    monkeypatch.setattr(bootstrap, "LOCKS", {"demo": tmp_path / "requirements.lock", "test": tmp_path / "requirements-test.lock"})
    return tmp_path


@pytest.fixture
def done(clone: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the script does to the machine, written down and not done."""
    steps: list[str] = []

    def create() -> None:
        steps.append("create")
        bootstrap.interpreter().parent.mkdir(parents=True, exist_ok=True)
        bootstrap.interpreter().touch()

    monkeypatch.setattr(bootstrap, "create_environment", create)
    monkeypatch.setattr(bootstrap, "pip_install", lambda arguments: steps.append(" ".join(arguments)))
    return steps


def test_an_old_python_is_told_so_in_both_languages() -> None:
    with pytest.raises(bootstrap.Problem) as error:
        bootstrap.check_python((3, 8))
    assert error.value.lines[0].startswith("Problème : Python 3.8 est trop ancien")
    assert "Python 3.8 is too old" in error.value.lines[2]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one that was checked"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "certificate"),
        ("Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution found for a==1", "No network"),
        ("Looking in links: wheelhouse\nERROR: No matching distribution found for a==1", "library is missing"),
        ("PermissionError: [Errno 13] Permission denied", "Writing is refused"),
    ],
)
def test_what_pip_says_is_put_in_plain_words(output: str, words: str) -> None:
    problem = bootstrap.explain(output)
    assert problem is not None
    assert words in problem.lines[2]
    assert all(line.partition(":")[2].strip() for line in problem.lines)


def test_what_nobody_knows_is_not_explained() -> None:
    assert bootstrap.explain("something new") is None


def test_a_full_disk_is_seen_before_anything_is_made() -> None:
    bootstrap.check_space(bootstrap.NEEDED_MB)
    with pytest.raises(bootstrap.Problem, match="MB are left"):
        bootstrap.check_space(bootstrap.NEEDED_MB - 1)


def test_an_environment_of_somebody_else_is_left_alone(clone: Path) -> None:
    (clone / ".venv").mkdir()
    with pytest.raises(bootstrap.Problem, match="was not made by this script"):
        bootstrap.create_environment()


def test_two_calls_install_the_lock_then_the_package(clone: Path, done: list[str]) -> None:
    bootstrap.make_environment("demo", None)
    assert done == ["create", f"--require-hashes -r {clone / 'requirements.lock'}", f"--no-deps --no-build-isolation -e {clone}"]


def test_nothing_is_done_twice(done: list[str]) -> None:
    bootstrap.make_environment("test", None)
    done.clear()
    bootstrap.make_environment("test", None)
    bootstrap.make_environment("demo", None)  # the test lock holds all of the other one
    assert done == []


def test_the_tests_add_to_the_environment_of_the_demo(done: list[str]) -> None:
    bootstrap.make_environment("demo", None)
    done.clear()
    bootstrap.make_environment("test", None)
    assert "create" not in done
    assert len(done) == 2


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_starts_afresh(clone: Path, done: list[str], name: str) -> None:
    bootstrap.make_environment("demo", None)
    done.clear()
    (clone / name).write_text("other==2\n", encoding="utf-8")
    bootstrap.make_environment("demo", None)
    assert done[0] == "create"


def test_offline_both_calls_look_in_the_folder_only(clone: Path, done: list[str]) -> None:
    (clone / "wheelhouse").mkdir()
    bootstrap.make_environment("demo", clone / "wheelhouse")
    assert all("--no-index --find-links" in step for step in done[1:])


def test_a_missing_folder_stops_before_anything_is_made(clone: Path, done: list[str]) -> None:
    with pytest.raises(bootstrap.Problem, match="does not exist"):
        bootstrap.make_environment("demo", clone / "wheelhouse")
    assert done == []


def test_the_rest_of_a_test_command_goes_to_pytest() -> None:
    options, rest = bootstrap.parse(["test", "--wheelhouse", "w", "-k", "stay", "tests/spec", "-x"])
    assert (options.wheelhouse, rest) == (Path("w"), ["-k", "stay", "tests/spec", "-x"])
    with pytest.raises(SystemExit) as error:
        bootstrap.parse(["demo", "--unknown"])
    assert error.value.code == 2


@pytest.mark.parametrize(
    ("at_fault", "said"), [("ruff", "ruff check ., ruff format --check ."), ("mypy", "bad type"), ("pytest", ""), ("", "")]
)
def test_what_fails_fails_the_whole_and_all_the_rest_still_runs(
    at_fault: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run(module: list[str]) -> int:
        ran.append(module[0])
        return int(module[0] == at_fault)

    def listen(command: list[str], folder: Path) -> tuple[int, str]:
        ran.append(command[-1])
        return int(command[-1] == at_fault), "bad type"

    monkeypatch.setattr(bootstrap, "run", run)
    monkeypatch.setattr(bootstrap, "listen", listen)
    assert bootstrap.run_tests(["-x"]) == int(at_fault != "")
    assert sorted(ran) == ["mypy", "pytest", "ruff", "ruff"]
    out = capsys.readouterr().out
    assert said in out and ("To mend" in out) == (at_fault in ("ruff", "mypy"))


def test_a_browser_is_found_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").touch()
    monkeypatch.setenv("STRATA_BROWSER", str(tmp_path / "mine"))
    assert bootstrap.find_browser() == str(tmp_path / "mine")


def test_a_browser_that_is_there_is_not_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "find_browser", lambda: "chromium")
    monkeypatch.setattr(bootstrap, "listen", lambda command: pytest.fail(str(command)))
    bootstrap.make_browser()


@pytest.mark.parametrize(("user", "is_installed"), [(0, True), (1000, False)])
def test_a_browser_is_installed_where_we_may(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], user: int, is_installed: bool
) -> None:
    ran: list[str] = []

    def listen(command: list[str]) -> tuple[int, str]:
        ran.append(" ".join(command))
        return 0, ""

    monkeypatch.setattr(bootstrap, "find_browser", lambda: "chromium" if any("install" in step for step in ran) else None)
    monkeypatch.setattr(bootstrap, "listen", listen)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: user, raising=False)
    bootstrap.make_browser()
    assert any("chromium" in step for step in ran) is is_installed
    assert ("sudo apt install chromium" in capsys.readouterr().out) is not is_installed


def test_a_problem_ends_with_two_and_no_traceback(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(bootstrap.ROOT / "bootstrap.py"), "demo", "--wheelhouse", str(tmp_path / "none"), "--bad"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
