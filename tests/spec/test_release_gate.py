"""The release gate of a definition: each figure it is made of, on cohorts whose costs are known, and the trend against scipy."""

from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from pipelines.checks import validate, values_of
from pipelines.expectations import suites
from strata.definitions.folder import CONDITIONS, compile_definitions
from strata.engine import models
from strata.statistics import jonckheere_terpstra

BANDS = [("18-39", 18), ("50-59", 50), ("65-69", 65), ("75-79", 75), ("85-89", 85)]
Member = tuple[str, str, str, float]  # stratum, sex, age band, standard cost


def gate(members: Iterable[Member]) -> dict[str, Any]:
    """The gate's one row for a flow of these members; nothing was billed, so that only the standard basis is there."""
    found = built(members).execute("FROM release_gate")
    names = [column[0] for column in found.description]
    (row,) = found.fetchall()
    return dict(zip(names, row))


def built(members: Iterable[Member], own_shares: str = "NULL, NULL") -> duckdb.DuckDBPyConnection:
    """The tables of the gate. own_shares: the smallest and the largest share that the definition declares."""
    connection = duckdb.connect(config={"threads": 1})  # a few rows: a second thread costs more than it does
    connection.execute("CREATE TABLE age_band (age_band VARCHAR, age_min SMALLINT)")
    connection.executemany("INSERT INTO age_band VALUES (?, ?)", BANDS)
    connection.execute(
        """CREATE TABLE definition (condition VARCHAR, definition_id VARCHAR, is_default BOOLEAN,
             smallest_share DOUBLE, largest_share DOUBLE)"""
    )
    connection.execute(f"INSERT INTO definition VALUES ('c', 'C-1.0', TRUE, {own_shares})")
    connection.execute(
        """CREATE TABLE flow_member (year SMALLINT, condition VARCHAR, stratum VARCHAR, sex VARCHAR, age_band VARCHAR,
             cost_billed_eur DECIMAL(12, 2), cost_standard_eur DECIMAL(12, 2))"""
    )
    # all at once: row by row, the members would take longer than the tables made of them
    connection.register("drawn", pl.DataFrame(list(members), schema=["stratum", "sex", "age_band", "cost"], orient="row"))
    connection.execute("INSERT INTO flow_member SELECT 2025, 'c', stratum, sex, age_band, 0, cost FROM drawn")
    for table in ("stratum_gradient", "stratum_trend", "release_gate"):
        models.build(connection, table)
    return connection


def rising(counts: tuple[int, ...] = (30, 30, 30, 30), ratio: float = 1.5) -> Iterator[Member]:
    """As many members of each stratum in each sex and band; each stratum costs `ratio` times the one before."""
    for stratum, count in enumerate(counts):
        for sex in "FM":
            for band, _ in BANDS:
                for number in range(count // 10):
                    yield str(stratum + 1), sex, band, round(1000 * ratio**stratum + number, 2)


def changed(members: Iterable[Member], **where: Any) -> Iterator[Member]:
    """The same with stratum 4 at no cost where sex or band is as said."""
    for stratum, sex, band, cost in members:
        is_there = where in ({"sex": sex}, {"band": band}) or band in where.get("bands", ())
        yield stratum, sex, band, 0 if stratum == "4" and is_there else cost


def test_a_cost_that_rises_everywhere_passes() -> None:
    found = gate(rising())
    assert (found["sexes_rising"], found["age_bands_rising"], found["persons"]) == (2, 5, 120)
    assert found["least_ratio"] == pytest.approx(1.5, rel=0.01)
    assert found["trend_z"] > 3.0902
    assert (found["smallest_share"], found["largest_share"]) == (0.25, 0.25)


def test_one_sex_where_it_falls_is_seen() -> None:
    assert gate(changed(rising(), sex="M"))["sexes_rising"] == 1


@pytest.mark.parametrize(("bands", "left"), [(("85-89",), 4), (("18-39", "85-89"), 3)])
def test_age_bands_where_it_falls_are_counted(bands: tuple[str, ...], left: int) -> None:
    assert gate(changed(rising(), bands=bands))["age_bands_rising"] == left


def test_strata_too_near_each_other_are_seen() -> None:
    found = gate(rising(ratio=1.2))
    assert found["least_ratio"] == pytest.approx(1.2, rel=0.01) and found["sexes_rising"] == 2


def test_shares_are_those_of_the_members() -> None:
    found = gate(rising((60, 20, 10, 10)))
    assert (found["smallest_share"], found["largest_share"]) == (0.1, 0.6)


def test_a_stratum_without_anybody_rises_nowhere_and_has_no_ratio() -> None:
    found = gate(member for member in rising() if member[0] != "2")
    assert (found["sexes_rising"], found["age_bands_rising"], found["least_ratio"], found["smallest_share"]) == (0, 0, None, 0)


def test_strata_swapped_fail_every_test_of_cost() -> None:
    swapped = {"1": "4", "2": "3", "3": "2", "4": "1"}
    found = gate((swapped[stratum], sex, band, cost) for stratum, sex, band, cost in rising())
    assert (found["sexes_rising"], found["age_bands_rising"]) == (0, 0)
    assert found["least_ratio"] < 1 and found["trend_z"] < -3


def test_the_shares_asked_are_those_of_the_definition() -> None:
    """A whole population has most persons in its first segment: bounds of its own, told to the gate, hold it; silence asks as of all."""
    members = [*rising((80, 10, 10, 10)), *rising((30, 0, 0, 0))]
    asked = {one.column: one for one in suites()["release_gate"] if one.column.endswith("_share")}
    assert {name: (one.min_column, one.max_column) for name, one in asked.items()} == {
        "smallest_share": ("smallest_share_asked", ""),
        "largest_share": ("", "largest_share_asked"),
    }
    assert [held(members, own) for own in ("NULL, NULL", "0.0, 1.0", "0.0, 0.5")] == [["largest_share"], [], ["largest_share"]]


def held(members: Iterable[Member], own: str) -> list[str]:
    """The shares that the gate refuses of a definition with these bounds."""
    connection = built(members, own)
    shares = [one for one in suites()["release_gate"] if one.column.endswith("_share")]
    return [one.expectation.column for one in validate(values_of(connection, shares), shares) if not one.has_passed]


def test_the_segments_of_a_population_ask_no_share_and_the_others_those_of_all() -> None:
    rows = compile_definitions(CONDITIONS, ["copd", "hf", "segments", "stroke", "t2d"]).rows["definition"]
    assert {row[0]: row[8:11] for row in rows} == {
        "copd": (False, None, None),
        "hf": (True, None, None),
        "segments": (False, 0.0, 1.0),
        "stroke": (False, None, None),
        "t2d": (True, None, None),
    }


members = st.lists(st.tuples(st.sampled_from("1234"), st.integers(0, 12)), min_size=3, max_size=40)


@given(members)
@settings(max_examples=60, deadline=None)
def test_the_trend_is_that_of_scipy_ties_and_all(drawn: list[tuple[str, int]]) -> None:
    assume(len({stratum for stratum, _ in drawn}) > 1 and any(cost for _, cost in drawn))
    z = gate((stratum, "F", "65-69", cost) for stratum, cost in drawn)["trend_z"]
    expected = jonckheere_terpstra([cost for _, cost in drawn], [int(stratum) for stratum, _ in drawn])
    assert z is None if expected.p_value != expected.p_value else norm.sf(z) == pytest.approx(expected.p_value, abs=1e-9)
