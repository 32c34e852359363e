"""What `strata list` prints: tables for people in two languages, JSON for machines, nothing written anywhere."""

import json
from pathlib import Path

import pytest

from pipelines import command
from tests.support.landing import write_archive
from tests.support.rsa_lines import FINESS

SENT = f"{FINESS}.2022.12.15022023093000.out.zip"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a year, its first half, a stray file, and a project around it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STRATA_LANGUAGE", raising=False)
    (tmp_path / "strata.toml").write_text('[project]\nlanguage = "en"\n', encoding="utf-8")
    write_archive(tmp_path / "landing" / SENT, {month: month for month in range(1, 13)})
    write_archive(tmp_path / "landing" / "half.zip", {1: 1, 2: 6})
    (tmp_path / "landing" / "notes.docx").write_bytes(b"nothing known")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["landing"], ("retenue", f"remplacée, mois ultérieur : {SENT}", "Fichiers non reconnus", "Hôpitaux : 1 ; années : 2022")),
        ([], ("kept", f"replaced, later month: {SENT}", "Files not recognised", "Hospitals: 1; years: 2022; stays to read: 12")),
        (["--config", "strata.toml"], ("rsa 227, ano 1103", "1-12", "2023-02-15 09:30", ".docx")),
    ],
)
def test_a_person_reads_what_is_there_and_what_replaces_what(
    arguments: list[str], words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["list", *arguments]) == 0
    said = capsys.readouterr().out
    assert [word for word in words if word not in said] == []


def test_a_machine_reads_json_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert command.main(["list", "landing", "--json"]) == 0
    said = capsys.readouterr()
    listing = json.loads(said.out)
    assert (said.err, listing["folder"], sorted(tmp_path.rglob("*"))) == ("", "landing", before)
    half, whole = listing["transmissions"]
    assert (half["status"], half["reason"], half["by"]) == ("replaced", "later_month", f"{SENT}!x.rsa")
    assert (whole["finess"], whole["year"], whole["sent"], whole["months"][-1]) == (FINESS, 2022, "2023-02-15T09:30:00", 12)
    assert [part["lines"] for part in whole["parts"]] == [12, 12]
    assert [(one["file"], one["reason"]) for one in listing["unread"]] == [("notes.docx", None)]


def test_findings_and_refusals_come_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "landing" / "broken.zip").write_bytes(b"PK\x03\x04 cut")
    write_archive(tmp_path / "landing" / f"{FINESS}.2020.3.zip", {1: 3}, year=2020)
    assert command.main(["list", "landing"]) == 0
    lines = capsys.readouterr().out.splitlines()
    empty = [line for line in lines if "2020" in line and "Mois sans aucune sortie" in line]
    assert len(empty) == 1 and "4-12" in empty[0] and "1-2" not in empty[0]  # with so few stays an empty month may be chance
    assert [line for line in lines if "2021" in line and "Déposer cette année" in line]
    assert [line for line in lines if "broken.zip" in line and "Télécharger ou copier" in line]


def test_a_landing_without_anything_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert command.main(["list", "empty"]) == 0
    assert capsys.readouterr().out.strip() == "Hôpitaux : 0 ; années : - ; séjours à lire : 0"
