"""The house plan, held: who imports what, where data lies, how SQL is written, what no file may name.

The rules themselves are functions (support/lints.py); each is first shown a small file that breaks it.
"""

import csv
import sys
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.support import lints
from tests.support.repository import ROOT, is_text, tracked

PRODUCT = ("strata", "pipelines", "dashboards")
# What dashboards may know: the error a person reads. Everything else comes to it in published files.
DASHBOARDS_MAY_IMPORT = {"strata.errors"}
# The truth of the synthetic country shares only the file layouts with the engine: more would make it a tautology.
SYNTHETIC_MAY_IMPORT = {"strata.errors", "strata.ingest.lines.layouts", "strata.synthetic"}


def python_files(*folders: str) -> list[Path]:
    """Tracked Python files in these folders."""
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


def sql_models() -> list[Path]:
    """The tables: one file each."""
    return [path for path in tracked() if path.suffix == ".sql" and path.relative_to(ROOT).parts[0] == "sql"]


def package_of(path: Path) -> str:
    """The package a module lies in, as it writes `from . import`."""
    return ".".join(path.relative_to(ROOT).parent.parts)


def is_allowed(module: str, names: set[str]) -> bool:
    """Whether an import stays within `names`; `from a import b` is seen as a and a.b, so the parents of a name pass too."""
    return lints.is_under(module, names) or any(name.startswith(f"{module}.") for name in names)


def imports_at_fault(folder: str, is_wrong: Callable[[str], bool], *, at_load: bool = False) -> dict[str, list[str]]:
    """The forbidden imports of each module of a folder."""
    read = lints.imported_at_load if at_load else lints.imported
    found = {}
    for path in python_files(folder.partition("/")[0]):
        if path.is_relative_to(ROOT / folder):
            wrong = sorted(filter(is_wrong, read(path.read_text(encoding="utf-8"), package_of(path))))
            found |= {str(path.relative_to(ROOT)): wrong} if wrong else {}
    return found


def test_imports_are_found_wherever_they_stand() -> None:
    source = "import a.b\ndef f():\n    from c import d\nfrom . import e\nfrom ..g import h\n"
    assert lints.imported(source, "p.q") == {"a.b", "c", "c.d", "p.q", "p.q.e", "p.g", "p.g.h"}
    assert "c" not in lints.imported_at_load(source, "p.q")


def test_a_forbidden_import_is_named() -> None:
    assert imports_at_fault("pipelines", lambda module: module == "dagster")["pipelines/definitions.py"] == ["dagster"]


def test_dashboards_read_published_files_only() -> None:
    def is_wrong(module: str) -> bool:
        is_other_room = lints.is_under(module, {"duckdb", "pipelines"})
        return is_other_room or (lints.is_under(module, {"strata"}) and not is_allowed(module, DASHBOARDS_MAY_IMPORT))

    assert imports_at_fault("dashboards", is_wrong) == {}


def test_strata_knows_neither_the_scheduler_nor_the_pages() -> None:
    assert imports_at_fault("strata", lambda module: lints.is_under(module, {"pipelines", "dashboards", "dagster", "plotly"})) == {}


def test_pipelines_load_the_pages_only_when_they_make_them() -> None:
    assert imports_at_fault("pipelines", lambda module: lints.is_under(module, {"dashboards"}), at_load=True) == {}


def test_the_synthetic_country_shares_no_code_with_the_engine() -> None:
    def is_wrong(module: str) -> bool:
        return lints.is_under(module, {*PRODUCT, "sql"}) and not is_allowed(module, SYNTHETIC_MAY_IMPORT)

    assert imports_at_fault("strata/synthetic", is_wrong) == {}


def test_the_bootstrap_needs_nothing_but_python() -> None:
    modules = lints.imported_at_load((ROOT / "bootstrap.py").read_text(encoding="utf-8"))
    assert not {module.partition(".")[0] for module in modules} - sys.stdlib_module_names


@pytest.mark.parametrize("folder", ["strata/conditions", "strata/formats", "strata/tables", "sql"])
def test_data_folders_hold_no_code(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert not [path for path in tracked() if path.is_relative_to(ROOT / folder) and path.suffix == ".py"]


def test_modules_are_shown_to_be_linted() -> None:
    assert lints.lint_module("x = 1\n") == ["no docstring"]
    assert lints.lint_module('"""d"""\nopen("f")\n') == ["line 2: text without encoding"]
    assert lints.lint_module('"""d"""\npath.read_text()\npath.write_text("a")\n') == [
        "line 2: text without encoding",
        "line 3: text without encoding",
    ]
    assert lints.lint_module('"""d"""\nopen("f", "rb")\nopen("f", encoding="utf-8")\nzipped.open("f")\n') == []


def test_every_module_says_what_belongs_in_it() -> None:
    files = [ROOT / "bootstrap.py", *python_files(*PRODUCT, "tests", "benchmarks")]
    sources = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    faults = {name: lints.lint_module(source) for name, source in sources.items() if source}  # an empty file marks a package
    assert {name: found for name, found in faults.items() if found} == {}


@cache
def condition_words() -> frozenset[str]:
    """What only strata/conditions may name: its conditions, definitions, code lists, codes, and the categories of diagnoses."""
    folder = ROOT / "strata" / "conditions"
    words: set[str] = set()
    for path in folder.glob("*/definition.toml"):
        definition = tomllib.loads(path.read_text(encoding="utf-8"))
        words |= {path.parent.name, definition["id"]}
    for path in folder.glob("*/lists.csv"):
        with path.open(encoding="utf-8", newline="") as handle:
            systems = {row["list_id"]: row["system"] for row in csv.DictReader(handle)}
        for list_id, system in systems.items():
            with (path.parent / "codes" / f"{list_id}.csv").open(encoding="utf-8", newline="") as handle:
                codes = {row["code"] for row in csv.DictReader(handle)}
            words |= {code for code in codes if len(code) > 3} | ({code[:3] for code in codes} if system == "icd10" else set())
    return frozenset(words)


def test_the_words_of_the_conditions_are_known() -> None:
    assert {"t2d", "hf", "E11", "I50", "RP-DT2-1.0", "JVJF004"} <= condition_words()
    assert lints.python_words('"""About hf."""\nif name == "hf": pass  # hf\n') >= {"hf"}
    assert "hf" not in lints.python_words('"""About hf."""\nx = 1  # hf\n')
    assert "t2d" in lints.python_words("def count_t2d(): pass\n")
    assert "E11" in lints.python_words("x = f\"code LIKE 'E11%' {y}\"\n")
    assert {"I50"} <= lints.sql_words("-- hf\nSELECT a FROM b WHERE code LIKE 'I50%'")
    assert {"hf"} <= lints.sql_words("SELECT is_hf FROM b")
    assert "hf" not in lints.sql_words("-- hf\nSELECT a FROM b")


def test_no_condition_is_named_in_python_or_sql() -> None:
    found = {}
    for path in [*python_files(*PRODUCT), *(path for path in tracked() if path.suffix == ".sql")]:
        if path.is_relative_to(ROOT / "strata" / "synthetic"):
            continue
        words = lints.python_words if path.suffix == ".py" else lints.sql_words
        drawn = {"stroke"} if path.is_relative_to(ROOT / "dashboards" / "figures") else set()  # an attribute of SVG
        named = sorted(words(path.read_text(encoding="utf-8")) & condition_words() - drawn)
        if named:
            found[str(path.relative_to(ROOT))] = named
    assert found == {}


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT a FROM b", "Grain"),
        ("-- Grain: one b.\nSELECT a FROM b; SELECT c FROM d", "one SELECT"),
        ("-- Grain: one b.\nCREATE TABLE c AS SELECT a FROM b", "one SELECT"),
        ("-- Grain: one b.\nSELECT * FROM b", "SELECT *"),
        ("-- Grain: one b.\nSELECT b.* FROM b", "SELECT *"),
        ("-- Grain: one b.\nSELECT now() AS a FROM b", "chance"),
        ("-- Grain: one b.\nSELECT current_date AS a FROM b", "chance"),
        ("-- Grain: one b.\nSELECT random() AS a FROM b", "chance"),
        ("-- Grain: one b.\nSELECT a / c AS r FROM b", "NULLIF"),
        ("-- Grain: one b.\nSELECT a / 0 AS r FROM b", "NULLIF"),
        ("-- Grain: one b.\nSELECT date_diff('year', a, c) AS y FROM b", "date_diff"),
    ],
)
def test_each_rule_of_sql_style_catches(sql: str, fault: str) -> None:
    assert [found for found in lints.lint_sql(sql) if fault in found]


def test_sound_sql_has_no_fault() -> None:
    cte = "WITH c AS (SELECT a FROM b)"
    select = "SELECT count(*) AS n, sum(a) / nullif(sum(d), 0) AS r, a / 12 AS m FROM c"
    sql = f"-- Grain: one b.\n-- What it means.\n{cte}\n{select}"
    assert lints.lint_sql(sql) == []


def test_every_table_keeps_the_sql_style() -> None:
    assert sql_models()
    faults = {str(path.relative_to(ROOT)): lints.lint_sql(path.read_text(encoding="utf-8")) for path in sql_models()}
    assert {name: found for name, found in faults.items() if found} == {}


def test_texts_are_utf8_with_one_kind_of_line_end() -> None:
    wrong = []
    for path in tracked():
        if is_text(path):
            content = path.read_bytes()
            content.decode("utf-8")  # raises, naming the byte
            if content.startswith(b"\xef\xbb\xbf") or b"\r\n" in content:
                wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def test_no_file_names_a_package_registry() -> None:
    host = ".".join(["files", "python" + "hosted", "org"])
    assert lints.registry_hosts(f"--index-url https://{host}/x") != []
    named = {str(path.relative_to(ROOT)): lints.registry_hosts(path.read_text(encoding="utf-8")) for path in tracked() if is_text(path)}
    assert {name: found for name, found in named.items() if found} == {}
