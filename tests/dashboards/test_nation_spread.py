"""The nation's territories on the pages of a hospital that has few: quartiles, and a funnel as wide as they are scattered."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dashboards.model.measures import Writer
from dashboards.pages.territory import writer_of
from dashboards.sections.funnel import front_ratio, funnel
from dashboards.sections.limits import Overdispersion, limits
from dashboards.sections.spread import spread, value_spread
from dashboards.sources.places import place_of
from dashboards.sources.published import Published, read_published
from strata.statistics import funnel_limits
from tests.support.published_sample import write_published

KEY = ("persons_vs_expected", 2025, "t2d", "all", "none")


@pytest.mark.parametrize("expected", [3.0, 47.5, 1000.0])
@pytest.mark.parametrize(("phi", "tau2"), [(None, None), (0.7, None), (4.0, None), (None, 0.02), (9.0, 0.02), (4.0, 0.0)])
def test_limits_are_those_of_the_statistics(expected: float, phi: float | None, tau2: float | None) -> None:
    """tau2 wins where both are known."""
    inner, outer = funnel_limits(expected, phi=(phi or 1.0) if tau2 is None else 1.0, tau2=tau2 or 0.0)
    wanted = (outer.lower, inner.lower, inner.upper, outer.upper)
    assert limits(expected, Overdispersion(phi, tau2)) == pytest.approx([float(value) for value in wanted], abs=1e-6)


def told(folder: Path, coverage: str = "national", territories: int = 2) -> Published:
    """A publication of `territories`, and what the reference says of the nation's."""
    write_published(folder, coverage)
    published = read_published(folder)
    row = {"indicator_id": KEY[0], "year": KEY[1], "condition": KEY[2], "stratum": KEY[3], "cost_basis": KEY[4], "territories": 90}
    figures = {"least": 0.7, "lower": 0.9, "median": 1.0, "upper": 1.1, "most": 1.4, "phi": 6.0, "tau2": 0.02}
    pl.DataFrame([row | {"figure": name} | figures for name in ("value", "ratio")]).write_csv(folder / "reference_spread.csv")
    names = dict(list(published.territories.items())[:territories])
    return replace(read_published(folder), territories=names)


def writer(published: Published) -> Writer:
    return writer_of(published, "en")


def test_a_hospital_of_two_territories_shows_the_quartiles_of_the_nation(tmp_path: Path) -> None:
    published = told(tmp_path)
    found = spread(writer(published), *KEY)
    assert found is not None and (found.low, found.lower_quartile, found.upper_quartile, found.high) == (0.7, 0.9, 1.1, 1.4)
    assert "90 territories of the national reference" in found.text
    first = published.find(KEY[0], KEY[1], KEY[2], next(iter(published.territories)), KEY[3], KEY[4])
    assert first is not None and value_spread(writer(published), first) is not None
    assert spread(writer(published), "cost_vs_expected", 2025, "t2d", "all", "standard") is None  # the reference does not say


def test_enough_territories_show_their_own(tmp_path: Path) -> None:
    found = spread(writer(told(tmp_path, territories=5)), *KEY)
    assert found is not None and found.low != 0.7 and "reference" not in found.text


def test_ones_own_hospitals_are_not_set_beside_the_nation(tmp_path: Path) -> None:
    assert spread(writer(told(tmp_path, coverage="own")), *KEY) is None


def test_the_funnel_is_as_wide_as_territories_are_scattered_and_says_so(tmp_path: Path) -> None:
    published = told(tmp_path, territories=5)
    place = place_of(writer(published), next(iter(published.territories)))
    wide = funnel(writer(published), place, "t2d")
    narrow = funnel(writer(replace(published, spreads={})), place, "t2d")
    assert front_ratio(writer(published), "t2d", place.year) == KEY[0] and place.year == KEY[1]
    assert all(one.outer_high > other.outer_high for one, other in zip(wide.limits, narrow.limits, strict=True))
    assert "wider" not in narrow.reading and "τ² = 0.02" in wide.reading
