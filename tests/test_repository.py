"""What the documents say is true: commands exist, links lead somewhere, references are complete, the wheel is whole.

Belongs here: documents against the code they describe. Not here: the code against the house plan (test_architecture.py).
"""

import argparse
import csv
import dataclasses
import json
import re
import shlex
import subprocess
import sys
import tomllib
import unicodedata
import zipfile
from pathlib import Path

import pytest

import bootstrap
from pipelines.command import build_parser
from pipelines.commands.terminal import Terminal
from strata.config import Config, Coverage
from tests.support.repository import ROOT, tracked

DOCUMENTS = [path for path in tracked() if path.suffix == ".md"]
PACKAGES = ("strata", "pipelines", "dashboards", "sql", "data_samples")


def read(name: str) -> str:
    """A document of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands_of(text: str, *starts: str) -> set[str]:
    """The command lines a document quotes, inline or in blocks, without comments and optional brackets."""
    quoted = [
        *re.findall(r"`([^`\n]+)`", text),
        *(line for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) for line in block.splitlines()),
    ]
    lines = {re.sub(r"[\[\]]", "", line.partition("  #")[0]).replace("\\", "/").strip() for line in quoted}
    return {line for line in lines if line.startswith(starts)}


def leaves(parser: argparse.ArgumentParser, name: str = "strata") -> dict[str, argparse.ArgumentParser]:
    """Every command that does something, by its full name."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        return {name: parser}
    return {full: leaf for word, below in groups[0].choices.items() for full, leaf in leaves(below, f"{name} {word}").items()}


def slug(heading: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def table(text: str) -> list[list[str]]:
    """The rows of every table of a document."""
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]
    return [row for row in rows if set("".join(row)) - set("-|")]


def sort_key(word: str) -> str:
    """Order of a dictionary: neither capitals nor accents count."""
    return "".join(letter for letter in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(letter))


HOW_TO = ["docs/how-to/install.md", "docs/how-to/add-a-condition.md", "docs/how-to/read-a-publication.md"]


@pytest.mark.parametrize("name", ["README.md", "README.fr.md", "CONTRIBUTING.md", *HOW_TO, "docs/tutorial/first-run.md"])
def test_quoted_commands_are_understood(name: str) -> None:
    for line in commands_of(read(name), "python3 bootstrap.py", "py bootstrap.py"):
        bootstrap.parse(shlex.split(line)[2:])
    for line in commands_of(read(name), "strata ", ".venv/bin/strata ", ".venv/Scripts/strata "):
        if "…" not in line and "--help" not in line:
            build_parser(Terminal()).parse_args(shlex.split(line)[1:])


def test_both_commands_open_the_readmes() -> None:
    for name in ("README.md", "README.fr.md"):
        first_screen = "\n".join(read(name).splitlines()[:25])
        assert commands_of(first_screen, "python3", "py ") == {
            f"{python} bootstrap.py {word}" for python in ("python3", "py") for word in ("demo", "test")
        }


def test_the_readmes_are_twins() -> None:
    english, french = read("README.md"), read("README.fr.md")
    assert len(re.findall(r"^## ", english, re.MULTILINE)) == len(re.findall(r"^## ", french, re.MULTILINE))
    assert len(table(english)) == len(table(french))
    targets = [set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.fr.md"} for text in (english, french)]
    assert targets[0] == targets[1]


def test_every_command_is_documented_with_its_options() -> None:
    documented = {}
    for row in table(read("docs/reference/commands.md")):
        command = re.match(r"`(strata [a-z ]+?)(?: \[?[A-Z]+\]?)?`$", row[0])
        if command:
            documented[command[1]] = set(re.findall(r"`(--[a-z-]+)", row[2] if len(row) > 2 else ""))
    found = {
        name: {option for action in leaf._actions for option in action.option_strings if option.startswith("--")} - {"--help", "--debug"}
        for name, leaf in leaves(build_parser(Terminal())).items()
    }
    assert documented == found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        linked = (path.parent / name).resolve() if name else path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def test_every_configuration_key_is_documented_with_its_default() -> None:
    listed = {}
    for section in re.split(r"^## ", read("docs/reference/configuration.md"), flags=re.MULTILINE)[1:]:
        name = section.partition("\n")[0].strip("[]").partition(".")[0]
        listed |= {(name, row[0].strip("`")): row[1].strip("`") for row in table(section) if row[0].startswith("`") and len(row) == 3}
    parts = {part.name: part.default_factory for part in dataclasses.fields(Config) if part.name not in ("folder", "coverage")}
    defaults = {
        (name, key): json.dumps(value)
        for name, kind in [*parts.items(), ("coverage", Coverage)]
        for key, value in dataclasses.asdict(kind()).items()  # type: ignore[operator]
    }
    assert listed == defaults


def test_every_filter_is_documented_as_it_acts() -> None:
    listed = {row[0].strip("`"): row[1:6] for row in table(read("docs/reference/filters.md")) if len(row) == 7 and row[0].startswith("`")}
    uses = ("from_stays", "from_persons", "from_costs", "from_standard_cost", "from_territories")
    with (ROOT / "strata" / "tables" / "stay_filter.csv").open(encoding="utf-8", newline="") as handle:
        acts = {row["reason"]: ["no" if row[use] == "true" else "yes" for use in uses] for row in csv.DictReader(handle)}
    assert listed == acts


def test_the_glossary_is_sorted_and_whole() -> None:
    rows = [row for row in table(read("GLOSSARY.md")) if row[0] != "Français"]
    assert len(rows) >= 60
    assert all(len(row) == 4 and all(row) for row in rows)
    words = [sort_key(row[0]) for row in rows]
    assert words == sorted(set(words))


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert re.search(r"^## \[Unreleased\]$", read("CHANGELOG.md"), re.MULTILINE)
    assert re.search(r"^### (Added|Changed|Fixed|Removed)$", read("CHANGELOG.md"), re.MULTILINE)


def test_every_decision_is_in_the_index() -> None:
    pages = {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}
    assert set(re.findall(r"\]\((0[^)]+)\)", read("docs/decisions/README.md"))) == pages
    for name in pages:
        assert re.match(rf"# {name[:4]}\. ", read(f"docs/decisions/{name}"))


def test_the_locks_hold_every_dependency_with_its_hash() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"], *project["optional-dependencies"]["build"]]
    run_time, with_tests = (
        {pin for pin in re.split(r"\n(?=[\w])", read(name)) if "==" in pin} for name in ("requirements.lock", "requirements-test.lock")
    )
    assert all("--hash=sha256:" in pin for pin in with_tests)

    def names(pins: set[str]) -> set[str]:
        return {re.split(r"[\[=]", pin)[0] for pin in pins}

    assert {re.split(r"[<>=\[]", line)[0] for line in wanted} <= names(with_tests)
    assert {pin.partition("    # via")[0] for pin in run_time} <= {pin.partition("    # via")[0] for pin in with_tests}


def test_the_wheel_holds_code_and_data(tmp_path: Path) -> None:
    build = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    ours = {path.relative_to(ROOT).as_posix() for path in tracked() if path.relative_to(ROOT).parts[0] in PACKAGES}
    assert ours <= inside
