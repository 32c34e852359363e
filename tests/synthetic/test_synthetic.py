"""The synthetic country: reproducible, complete, dirty, and with a truth that its own table of edge cases confirms."""

import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from strata.definitions.folder import CONDITIONS, compile_definitions, default_conditions
from strata.errors import StrataError
from strata.synthetic import write_country
from strata.synthetic.chance import Chance
from strata.synthetic.density import FRANCE
from strata.synthetic.history import draw_cases
from strata.synthetic.people import draw_people
from strata.synthetic.record import pseudonyms
from strata.synthetic.tables import NONE, fact, rows
from tests.synthetic.conftest import PERSONS, SEED, Written

YEARS = range(2017, 2026)
SAMPLE_PERSONS, SAMPLE_SEED = 90_000, 7  # the committed sample


def digest(folder: Path) -> dict[str, str]:
    """The hash of every file of a folder."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_seed_gives_the_same_bytes(small: Written, tmp_path: Path) -> None:
    write_country(tmp_path / "again", persons=PERSONS, seed=SEED)
    assert digest(tmp_path / "again") == digest(small.folder)


def test_another_seed_gives_another_country(small: Written, tmp_path: Path) -> None:
    write_country(tmp_path / "other", persons=PERSONS, seed=SEED + 1, formats=("atih",))
    mine, other = digest(small.folder), digest(tmp_path / "other")
    assert mine["truth.parquet"] != other["truth.parquet"]
    assert mine["atih/tariffs/ghs.csv"] == other["atih/tariffs/ghs.csv"]


def test_the_truth_has_one_coherent_row_per_person_condition_and_year(small: Written) -> None:
    truth = small.truth
    assert truth.select("pseudonym", "condition", "year").is_duplicated().sum() == 0
    assert set(truth["year"]) == set(range(2021, 2026))
    assert set(truth["status"]) == {"diseased", "at_risk_strict", "at_risk_extended"}
    assert truth.filter((pl.col("status") == "diseased") != pl.col("stratum").is_between(1, 4)).is_empty()
    assert truth.filter((pl.col("status") != "diseased") & (pl.col("stratum") != 0)).is_empty()
    assert set(truth["territory_id"]) == {row["territory_id"] for row in rows("territories")}


def test_few_of_the_diseased_are_ambiguous_each_for_a_listed_reason(small: Written) -> None:
    truth = small.truth
    yearly = truth.filter(pl.col("status") == "diseased").group_by("year", "condition").agg(pl.col("ambiguous").mean())
    assert yearly["ambiguous"].max() <= 0.05
    assert truth.filter(pl.col("ambiguous") != pl.col("ambiguous_reason").is_not_null()).is_empty()
    assert set(truth["ambiguous_reason"].drop_nulls()) <= {row["reason"] for row in rows("reasons")}


def test_every_kind_of_dirt_is_there_even_in_a_small_country(small: Written) -> None:
    counted = json.loads((small.folder / "dirt.json").read_text(encoding="utf-8"))
    assert {row["dirt"] for row in rows("dirt")} <= set(counted)
    assert [name for name, stays in counted.items() if stays < 1] == []


def test_every_profile_is_there_in_the_sample() -> None:
    chance = Chance(SAMPLE_SEED)
    cases = draw_cases(chance, draw_people(chance, SAMPLE_PERSONS, YEARS), YEARS)
    drawn = np.bincount(cases.profile, minlength=len(rows("profiles")))
    assert [row["profile"] for row, count in zip(rows("profiles"), drawn) if count == 0] == []


def test_every_fact_is_used_by_a_visit_a_profile_a_risk_or_a_script() -> None:
    texts = [row[key] for row in rows("visits") for key in ("dp", "dr", "das", "acts", "units")]
    texts += [row[key] for row in rows("profiles") for key in ("base", "standing")]
    texts += [row["fact"] for name in ("risk", "also_coded") for row in rows(name)] + [row["companion"] for row in rows("companions")]
    texts += [row["visits"] for row in rows("edge_cases")] + [row["until_2019"] for row in rows("facts")]
    texts += [row[key] for row in rows("care") for key in ("dp", "dr", "fp", "das", "acts", "rehabilitation")]
    words = set(" ".join(texts).translate(str.maketrans("|&+=:*!", "       ")).split())
    assert {row["fact"] for row in rows("facts")} - words == set()


def expectations() -> list[tuple[str, str, int, str]]:
    """(case, condition, year, 'stratum or status or -') of every edge case, as its author read the clinical text."""
    found = []
    for row in rows("edge_cases"):
        for text in row["expects"].split():
            where, value = text.split("=")
            condition, year = where.split("/")
            found.append((row["case"], condition, int(year), value))
    return found


def test_every_edge_case_is_what_the_clinical_text_says(small: Written) -> None:
    chance = Chance(small.seed)
    people = draw_people(chance, small.persons, YEARS)
    names = pseudonyms(chance, len(people)).astype("U")
    cases = {rows("edge_cases")[case]["case"]: names[person] for person, case in enumerate(people.edge_case) if case != NONE}
    truth = {
        (name, condition, year): (str(stratum) if status == "diseased" else status, ambiguous)
        for name, condition, year, status, stratum, ambiguous in small.truth.select(
            "pseudonym", "condition", "year", "status", "stratum", "ambiguous"
        ).iter_rows()
    }
    wrong = {
        (case, condition, year): truth.get((cases[case], condition, year), ("-", False))
        for case, condition, year, value in expectations()
        if truth.get((cases[case], condition, year), ("-", False)) != (value, False)
    }
    assert len(expectations()) > 100
    assert wrong == {}


def test_the_population_is_that_of_the_country(small: Written) -> None:
    population = pl.read_csv(small.folder / "atih" / "population.csv")
    totals = dict(population.group_by("year").agg(pl.col("population").sum()).iter_rows())
    assert set(totals) == set(range(2017, 2027))
    assert all(0.8 * small.persons < total < small.persons for total in totals.values())
    residents = small.truth.group_by("year", "condition").len()
    assert all(count < totals[year + 1] for year, _, count in residents.iter_rows())


def test_an_earlier_transmission_lies_beside_the_later_one(small: Written) -> None:
    names = [path.name.split(".")[:3] for path in (small.folder / "atih" / "landing").iterdir()]
    early = [(finess, year) for finess, year, month in names if month == "6"]
    assert len(early) == 1
    assert [*early[0], "12"] in names


def test_a_shorter_country_has_only_complete_windows(tmp_path: Path) -> None:
    write_country(tmp_path / "short", persons=1_500, years=(2018, 2019, 2020, 2021, 2022), formats=("snds",), seed=3, parquet_years="all")
    assert set(pl.read_parquet(tmp_path / "short" / "truth.parquet")["year"]) == {2022}
    assert {path.suffix for path in (tmp_path / "short" / "snds" / "landing").iterdir()} == {".parquet"}


def test_a_country_as_dense_as_france_has_as_many_stays_and_codes(tmp_path: Path) -> None:
    """0.28 MCO stays a resident in 2022, sessions left out (DREES-DSS: 18.9 million), 0.19 patients in 2016 (ATIH); 3.27 codes a stay or
    session in 2024 (ATIH: 104.0 million mentions)."""
    persons = 20_000
    write_country(tmp_path / "country", persons=persons, formats=("snds",), seed=1, parquet_years="all", density=FRANCE)
    landing = tmp_path / "country" / "snds" / "landing"
    every = pl.read_parquet(landing / "T_MCO24B.parquet")
    stays = every.filter(pl.col("GRG_GHM").str.slice(0, 2) != "28")
    assert 0.25 < len(stays) / persons < 0.31
    chained = pl.read_parquet(landing / "T_MCO24C.parquet").select("NIR_ANO_17").n_unique()
    assert 0.17 < chained / persons < 0.22
    codes = every["DGN_PAL"].count() + every["DGN_REL"].count() + len(pl.read_parquet(landing / "T_MCO24D.parquet"))
    assert 3.1 < codes / len(every) < 3.5


def test_what_is_also_coded_is_in_no_list_of_a_definition() -> None:
    """Else a country as dense as France would have other ill, and other truths."""
    every = compile_definitions(CONDITIONS, default_conditions(CONDITIONS)).rows["definition_code"]
    listed = tuple(code for _, system, code, *_ in every if system == "icd10")
    added = [rows("facts")[fact(row["fact"])] for row in rows("also_coded")]
    assert len(listed) > 100
    assert [row["code"] for row in added if row["code"].startswith(listed) or row["means"] or row["means_as_main"]] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"persons": 10},
        {"years": range(2020, 2023)},
        {"years": range(2010, 2019)},
        {"formats": ("sas",)},
        {"parquet_years": "odd"},
        {"fields": ("smr",)},
        {"fields": ("mco", "ace")},
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is(tmp_path: Path, wrong: dict[str, object]) -> None:
    asked = {"persons": 2_000, "seed": 1} | wrong
    with pytest.raises(StrataError) as refused:
        write_country(tmp_path / "country", **asked)  # type: ignore[arg-type]
    assert refused.value.is_usage
    assert not (tmp_path / "country").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StrataError):
        write_country(tmp_path, persons=2_000, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_an_unknown_fact_is_a_contradiction_of_the_tables() -> None:
    with pytest.raises(KeyError):
        fact("no_such_fact")
