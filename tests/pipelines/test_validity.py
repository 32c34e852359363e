"""The validity page: choices changed one at a time, what the data cannot answer, and nothing that tells of a few persons."""

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import command
from strata.config import Config, load
from strata.engine import models
from strata.engine.scratch import look_in, open_scratch
from strata.sensitivity import Sensitivity, Variant, recount, sensitivity, shared, variants
from tests.support.small_country import built, config
from tests.support.small_project import project, save

# 2021 is out of four years; 2020 is in six only. Person 4 is known from DAS alone, 5 from a unit's DP alone, 6 from rehabilitation alone.
STAYS = """person | exit       | dp    | das   | unit_dp | field | form | geo
1      | 2025-06-10 | E1198 |       |         | mco   |      | 9A001
2      | 2021-06-10 | E1198 |       |         | mco   |      | 9A001
3      | 2020-06-10 | E1198 |       |         | mco   |      | 9A001
3      | 2025-06-10 | J189  |       |         | mco   |      | 9A001
4      | 2025-06-10 | J189  | E1198 |         | mco   |      | 9A001
5      | 2025-06-10 | J189  |       | E1198   | mco   |      | 9A001
6      | 2025-06-10 | E1198 |       |         | smr   | full | 9A001
7      | 2025-03-10 | E1198 |       |         | mco   |      | 9A001
7      | 2025-04-10 | J189  |       |         | mco   |      | 9A001
7      | 2025-06-10 | J189  |       |         | mco   |      | 9A002"""
TERRITORIES = "INSERT INTO territory VALUES ('T1', 'Ici', '9A001'), ('T2', 'Là', '9A002')"
SETTINGS = config(method={"conditions": ["t2d"], "fields": ["mco", "smr"]})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Sensitivity:
    return sensitivity(project(tmp_path_factory.mktemp("validity"), STAYS, settings=SETTINGS, also=TERRITORIES), 2025)


def persons(found: Sensitivity, value: str, place: str = "ALL", level: str = "all") -> int:
    (size,) = [one for one in found.sizes if one.variant.value == value]
    assert size.why_not is None
    return size.persons.get(("t2d", place, level), 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 5), ("4", 5), ("5", 6), ("6", 7),
        ("any", 6), ("without_das", 5), ("stay_only", 4),
        ("mco", 5), ("mco+smr", 6),
    ],
)  # fmt: skip
def test_each_choice_counts_who_it_lets_in(found: Sensitivity, value: str, expected: int) -> None:
    assert persons(found, value) == expected


def test_the_most_frequent_residence_moves_a_person_and_nobody_else(found: Sensitivity) -> None:
    assert [persons(found, value, place) for value in ("last", "modal") for place in ("ALL", "T1", "T2")] == [6, 5, 1, 6, 6, 0]


def test_what_the_data_cannot_answer_is_said(found: Sensitivity, tmp_path: Path) -> None:
    told = {one.variant.value: one.why_not for one in found.sizes if one.why_not}
    assert set(told) == {"mco+smr+had", "mco+smr+had+psy"} and "HAD, PSY" in told["mco+smr+had+psy"][0]
    short = built(STAYS, settings=SETTINGS, also=TERRITORIES, first_data_year=2021)
    own = project(tmp_path, STAYS, settings=SETTINGS, also=TERRITORIES)
    own.database.unlink()
    save(short, own)
    (six,) = [one for one in sensitivity(own, 2025).sizes if one.variant.value == "6"]
    assert six.persons == {} and "2020" in (six.why_not or ("", ""))[0]


def test_the_choices_of_the_project_are_the_base(found: Sensitivity) -> None:
    assert {one.variant.value for one in found.sizes if one.variant.is_base} == {"5", "any", "mco+smr", "last"}
    assert {one.value for one in variants(config(method={"fields": ["psy", "mco"]})) if one.axis == "fields" and one.is_base} == set()


@pytest.mark.parametrize("in_buckets", [False, True])
def test_the_project_counted_again_gives_the_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_buckets: bool) -> None:
    """Each way of recounting, with the project's own choice: the same rows, in one piece or in buckets."""
    if in_buckets:
        halves = ("{0} % 2 = 0", "({0} % 2 = 1 OR {0} IS NULL)")
        monkeypatch.setattr(
            models, "_ranges", lambda _, column, inputs, share: [half.format(column) for half in halves] if inputs else ["true"]
        )
    own = project(tmp_path, STAYS, settings=SETTINGS, also=TERRITORIES)
    for axis, value in (("lookback", "5"), ("positions", "any"), ("fields", "mco+smr"), ("residence", "last")):
        connection = open_scratch(own, tmp_path / f"{axis}.duckdb", ("variant",))
        look_in(connection, "variant")
        recount(connection, Variant(axis, value, ("", ""), False), 2025)
        both = [f"SELECT * FROM {where}.person_stratum WHERE year = 2025" for where in ("variant", "warehouse.main")]
        for one, other in (both, both[::-1]):
            assert connection.execute(f"{one} EXCEPT ALL {other}").fetchall() == []
        connection.close()


def test_the_warehouse_is_not_written_to(tmp_path: Path) -> None:
    own = project(tmp_path, STAYS, settings=SETTINGS, also=TERRITORIES)
    before = own.database.read_bytes()
    sensitivity(own, 2025)
    assert own.database.read_bytes() == before


# ------------------------------------------------------------------ what may be shown


@pytest.mark.parametrize(
    ("persons", "base", "expected"),
    [
        (None, 100, ("not_computable", None, None)),
        (0, 100, ("ok", 0, -1.0)),
        (1, 100, ("few", None, None)),
        (10, 100, ("few", None, None)),
        (104, 97, ("as_base", 100, None)),
        (100, 100, ("as_base", 100, None)),
        (5, 12, ("few", None, None)),
        (12, 5, ("as_base", None, None)),
        (0, 5, ("as_base", None, None)),
        (3, 5, ("as_base", None, None)),
        (3, 0, ("as_base", 0, None)),
        (111, 100, ("ok", 110, 0.1)),
        (1234, 1000, ("ok", 1230, 0.23)),
        (40, 5, ("ok", 40, None)),
    ],
)
def test_small_sizes_and_small_differences_are_not_told(persons: int | None, base: int, expected: tuple[Any, ...]) -> None:
    seen = shared(persons, base, 11)
    assert (seen.status, seen.persons, seen.change) == expected


@given(st.integers(0, 400), st.integers(0, 400), st.integers(2, 25))
def test_no_number_shown_tells_that_one_to_ten_persons_differ(persons: int, base: int, threshold: int) -> None:
    """Whoever knows the base exactly, and the number shown, cannot bound the difference between 1 and threshold - 1."""
    seen = shared(persons, base, threshold)
    possible = [other for other in range(0, 450) if shared(other, base, threshold) == seen]
    assert persons in possible
    few = list(range(1, threshold))
    if seen.status == "few":
        assert possible == few  # nothing is told but that
    else:
        assert not {abs(other - base) for other in possible} <= set(few) and not set(possible) <= set(few)


# ------------------------------------------------------------------ the page


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project: forty persons of each of three strata, with costs that rise, and three of stratum 4."""
    folder = tmp_path_factory.mktemp("many") / "project"
    lines = [
        f"{100 * stratum + n} | {year}-0{1 + n % 9}-10 | {code} | {1000 * stratum**2 + n} | {1940 + n}"
        for stratum, (code, count) in enumerate((("E1198", 40), ("E1190", 40), ("E1138", 40), ("E1198 Z940", 3)), start=1)
        for n in range(count)
        for year in (2023, 2025)
    ]
    settings = config(method={"conditions": ["t2d"]})
    connection = built("person | exit | das | billed | born\n" + "\n".join(lines), settings=settings, also=TERRITORIES)
    for table in ("flow_year", "flow_member", "stratum_gradient", "stratum_trend", "release_gate"):
        models.build(connection, table)
    save(connection, replace(settings, folder=folder))
    (folder / "strata.toml").write_text('[method]\nconditions = ["t2d"]\n', encoding="utf-8")
    return folder


@pytest.fixture
def many(made: Path, tmp_path: Path) -> Config:
    """A copy of it, to change."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return load(tmp_path / "strata.toml")


@pytest.fixture(scope="module")
def shown(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command leaves of it."""
    out = tmp_path_factory.mktemp("shown") / "out"
    assert command.main(["validity", "--config", str(made / "strata.toml"), "--out", str(out)]) == 0
    return out


def test_the_command_leaves_a_page_its_tables_and_its_picture(many: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(["validity", "--config", str(tmp_path / "strata.toml")]) == 0
    assert {path.name for path in (tmp_path / "validity").iterdir()} == {"index.html", "sensitivity.csv", "gate.csv", "sensitivity.svg"}
    page = (tmp_path / "validity" / "index.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    assert "DONNÉES SYNTHÉTIQUES" in page and "non tenue" in page and "champ de soins non lu : SMR" in page and "FHF/GPRP" in page
    rows = re.findall(r"<tr[^>]*><td>([^<]*)</td>", page.partition("La résidence, par territoire")[2])
    assert rows == ["Ici", "Ensemble"]  # names, the whole last: no identifier
    picture = page.partition("<svg")[2].partition("</svg>")[0]
    assert "Fenêtre de 4 ans" in picture and "MCO et SMR" not in picture  # what could not be counted is in the table, with its reason
    shutil.rmtree(tmp_path / "validity")
    (tmp_path / "strata.toml").write_text('[project]\nlanguage = "en"\n[method]\nconditions = ["t2d"]\n', encoding="utf-8")
    assert command.main(["validity", "--config", str(tmp_path / "strata.toml")]) == 0
    assert "SYNTHETIC DATA" in (tmp_path / "validity" / "index.html").read_text(encoding="utf-8")
    assert command.main(["validity", "--config", str(tmp_path / "strata.toml"), "--out", str(tmp_path / "published" / "v")]) == 2


def test_nothing_on_the_page_concerns_fewer_than_eleven_persons(made: Path, shown: Path) -> None:
    sizes, means = table(shown / "sensitivity.csv"), table(shown / "gate.csv")
    assert {row["persons"] for row in sizes if (row["level"], row["is_base"], row["territory_id"]) == ("4", "true", "ALL")} == {""}
    assert {row["status"] for row in means} >= {"ok", "few"}
    for row in [*sizes, *means]:
        assert row["persons"] in ("", "0") or int(row["persons"]) % 10 == 0
    with duckdb.connect(str(load(made / "strata.toml").database), read_only=True) as connection:
        few = connection.execute("SELECT year, part_value, stratum FROM stratum_gradient WHERE persons BETWEEN 1 AND 10").fetchall()
    assert few
    hidden = {(int(row["year"]), row["part_value"], row["stratum"]) for row in means if row["mean_eur"] == ""}
    assert set(few) <= hidden


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_stratum_too_small_to_show_is_not_told_by_its_share_nor_by_a_ratio(shown: Path) -> None:
    """Three persons of 123: neither 2 % of them nor 1.8 times the mean of the stratum below."""
    page = (shown / "index.html").read_text(encoding="utf-8")
    gate = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert gate.count("&lt;11") == 2 and "2\u202f%" not in gate


@pytest.mark.parametrize(("is_asked", "words"), [(False, ()), (True, ("(ici : 0 %)", "(ici : 100 %)"))])
def test_shares_that_a_definition_asks_of_itself_are_shown_and_held(
    many: Config, tmp_path: Path, is_asked: bool, words: tuple[str, ...]
) -> None:
    """Three persons of 123 in a stratum: under what is asked of all, and enough for a definition that asks none."""
    if is_asked:
        with duckdb.connect(str(many.database)) as connection:
            connection.execute("UPDATE release_gate SET smallest_share_asked = 0, largest_share_asked = 1, is_default = FALSE")
    assert command.main(["validity", "--config", str(tmp_path / "strata.toml"), "--out", str(tmp_path / "out")]) == 0
    page = re.sub(r"\s", " ", (tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    row = page.partition("Chaque strate a au moins 5 %")[2].partition("</tr>")[0]
    assert ("pas calculée par défaut" in page) is is_asked
    assert ("non tenue" in row) is not is_asked and all(one in page for one in words) and ("(ici" in page) is is_asked


def test_the_heads_of_the_picture_fit_their_columns(shown: Path) -> None:
    picture = (shown / "sensitivity.svg").read_text(encoding="utf-8")
    heads = re.findall(r'<text[^>]*font-weight="600"[^>]*>([^<]*)</text>', picture)
    assert "À risque, étendu" in heads and ">(strict compris)<" in picture
    assert all(len(head) <= 17 for head in heads if head.startswith(("Strate", "Repérées", "À risque")))


def test_the_gate_of_a_warehouse_of_a_former_version_waits_for_a_run(many: Config, tmp_path: Path) -> None:
    with duckdb.connect(str(many.database)) as connection:
        connection.execute("ALTER TABLE release_gate DROP COLUMN smallest_share_asked")
    assert command.main(["validity", "--config", str(tmp_path / "strata.toml"), "--out", str(tmp_path / "out")]) == 0
    assert "Chaque strate a au moins" not in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("étendu (strict compris)", "« 10 » est l'arrondi de 11")),
        ("en", ("extended (strict included)", "'10' is 11 persons or a few more")),
    ],
)
def test_what_a_level_holds_and_what_a_rounded_number_is_are_said(
    many: Config, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    settings = f'[project]\nlanguage = "{language}"\n[method]\nconditions = ["t2d"]\n'
    (tmp_path / "strata.toml").write_text(settings, encoding="utf-8")
    assert command.main(["validity", "--config", str(tmp_path / "strata.toml"), "--out", str(tmp_path / "out")]) == 0
    page = re.sub(r"\s", " ", (tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert all(one in page for one in words)
