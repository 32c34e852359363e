"""The page of the published files says what is published: columns, statuses, reasons, indicators, receipt; and the examples work.

Belongs here: docs/reference/publication.md and the two how-to pages that lean on it. Not here: other documents (test_repository.py).
"""

import ast
import inspect
import re
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dashboards.texts import load
from strata.definitions.folder import CONDITIONS, compile_definitions
from strata.disclosure import euros, suppression
from strata.measures import measure
from strata.measures.catalogue import load_catalogue
from strata.publication import receipt
from tests.support.published_sample import write_published
from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "reference" / "publication.md").read_text(encoding="utf-8")
TYPES = {pl.String: "text", pl.Float64: "number", pl.Int16: "integer", pl.Date: "date", pl.Boolean: "boolean"}


def rows_of(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head; code marks taken off."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in part.splitlines() if line.startswith("| ")]
    return [[cell.replace("`", "") for cell in row] for row in rows[1:]]


def keys_of(function: Callable[..., object], name: str = "") -> set[str]:
    """The texts that key the dictionary a function returns, or gives a name to."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    found = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and not name]
    found += [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name]
    keys = [key for value in found if isinstance(value, ast.Dict) for key in value.keys]
    return {key.value for key in keys if isinstance(key, ast.Constant)}


def test_every_column_is_documented_in_its_order_with_its_type() -> None:
    assert [row[:2] for row in rows_of("Columns")] == [[name, TYPES[kind]] for name, kind in measure.PUBLISHED.items()]


def test_every_status_is_documented() -> None:
    shown = {key.partition(".")[2].removesuffix("_note").removesuffix("_short") for key in load("en").entries if key.startswith("status.")}
    assert {row[0] for row in rows_of("Status")} == {"ok", *shown}


def test_every_reason_is_documented_with_its_status() -> None:
    documented = {row[0]: row[1] for row in rows_of("Reason")}
    of_disclosure = set(re.findall(r'"(few_persons|protects_\w+)"', inspect.getsource(suppression))) | {euros.REASON}
    obstacles = keys_of(measure._with_reasons, "obstacles")
    assert obstacles and of_disclosure
    assert set(documented) == obstacles | of_disclosure | {"interval_not_claimed"}
    assert {name for name, status in documented.items() if status == "not_computable"} == obstacles
    said = {key.partition(".")[2] for key in load("en").entries if key.startswith("reason.")} - {"other", "not_published"}
    assert said == set(documented) - of_disclosure  # masks have words of their own on the pages


def test_every_indicator_is_documented() -> None:
    entries = load_catalogue().indicators.values()
    assert rows_of("Indicators") == [[entry.id, entry.unit, entry.cohort] for entry in entries]


def test_every_key_of_the_receipt_is_documented() -> None:
    documented = {name for row in rows_of("The receipt") for name in row[0].split(", ")}
    assert documented == keys_of(receipt.make_receipt)


def test_the_example_of_a_condition_is_a_definition(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "how-to" / "add-a-condition.md").read_text(encoding="utf-8")
    definition = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[1]
    index, codes = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    folder = tmp_path / "conditions"
    shutil.copytree(CONDITIONS, folder)
    (folder / "asthma" / "codes").mkdir(parents=True)
    for name, content in (("definition.toml", definition), ("lists.csv", index), ("codes/asthma_code.csv", codes)):
        (folder / "asthma" / name).write_text(content, encoding="utf-8")
    compiled = compile_definitions(folder, ["asthma"])
    assert [row[:2] for row in compiled.rows["definition"]] == [("asthma", "MY-ASTHMA-0.1")]
    assert len(compiled.rows["definition_rule"]) == definition.count("[[rules]]")


def test_the_example_of_reading_gives_one_row_per_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "how-to" / "read-a-publication.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    write_published(tmp_path / "my-project")
    monkeypatch.chdir(tmp_path)
    names: dict[str, pl.DataFrame] = {}
    exec(code.replace("rows.filter", "found = rows.filter"), names)
    assert names["found"]["territory_id"].is_unique().all() and names["found"].height == 7
