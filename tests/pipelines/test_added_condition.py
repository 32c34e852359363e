"""A condition is a folder of data: one more folder, named in strata.toml, is published without a line of Python or SQL."""

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines import command
from pipelines.runner import run
from strata.config import load
from strata.definitions.folder import CONDITIONS
from tests.support.repository import ROOT
from tests.support.small_country import hold_stays


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published of 120 asthmatics: the shipped definitions that are not run by default, and the example of the documentation."""
    folder = tmp_path_factory.mktemp("added") / "project"
    assert command.main(["init", str(folder)]) == 0
    shutil.copytree(CONDITIONS, folder / "conditions")
    add_the_example(folder / "conditions")
    settings = folder / "strata.toml"
    text = settings.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^conditions = \[\]", 'conditions = ["asthma", "copd", "stroke", "segments"]', text)
    text = re.sub(r'(?m)^conditions = ""', 'conditions = "conditions"', text)
    settings.write_text(text, encoding="utf-8", newline="\n")
    patients(load(settings).database)
    made = run(load(settings), progress=lambda _: None).publication
    assert made is not None
    return made


def add_the_example(conditions: Path) -> None:
    """The folder that docs/how-to/add-a-condition.md writes, from its own text."""
    text = (ROOT / "docs" / "how-to" / "add-a-condition.md").read_text(encoding="utf-8")
    index, codes = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    (conditions / "asthma" / "codes").mkdir(parents=True)
    (conditions / "asthma" / "definition.toml").write_text(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[1], encoding="utf-8")
    (conditions / "asthma" / "lists.csv").write_text(index, encoding="utf-8")
    (conditions / "asthma" / "codes" / "asthma_code.csv").write_text(codes, encoding="utf-8")


def patients(warehouse: Path) -> None:
    """480 stays of 120 persons."""
    lines = [f"{person} | {2019 + person % 7}-0{month}-10 | J459" for person in range(120) for month in (1, 3, 5, 7)]
    hold_stays(warehouse, "person | exit | das\n" + "\n".join(lines))


def persons(publication: Path, condition: str) -> int:
    """Persons of all strata in the last year, all territories."""
    rows = pl.read_parquet(publication / "indicators.parquet")
    asked = {"indicator_id": "persons", "year": 2025, "condition": condition, "territory_id": "ALL", "stratum": "all", "sex": "all",
             "age_band": "all"}  # fmt: skip
    found = rows.filter(*(pl.col(name) == value for name, value in asked.items()))
    return int(found["numerator"].item() or 0)


def test_an_added_folder_is_published_like_the_others(publication: Path) -> None:
    seen = 120 * 5 // 7  # persons whose stays fall within the look-back of 2025
    assert abs(persons(publication, "asthma") - seen) <= 1
    assert persons(publication, "segments") == persons(publication, "asthma")
    assert persons(publication, "copd") == 0


def test_its_pages_say_its_name_and_the_receipt_its_version(publication: Path) -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in publication.rglob("*.html"))
    assert "Asthme" in pages
    receipt = (publication / "receipt.json").read_text(encoding="utf-8")
    assert all(name in receipt for name in ("MY-ASTHMA-0.1", "RP-BPCO-0.1", "RP-AVC-0.1", "RP-SEG-0.1"))
    assert "t2d" not in pl.read_parquet(publication / "indicators.parquet")["condition"].unique().to_list()
