"""The national reference: sparse cells, totals that give nothing back, packs that are refused."""

import json
import re
from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strata.errors import StrataError
from strata.measures.measure import PUBLISHED
from strata.publication.publish import tell
from strata.reference.dominance import merge_dominated
from strata.reference.left_out import let_out, note_let_out
from strata.reference.nation import build_reference, load_reference, merge_bands, pack_margins, read_pack, verify_pack, write_pack
from strata.reference.pack import KEYS
from strata.reference.spread import NAME, territory_spread, write_spread
from strata.statistics import additive_overdispersion, multiplicative_overdispersion
from tests.support import cohort_warehouse as world

THRESHOLD = 11


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12), st.integers(1, 30))
def test_merged_cells_are_runs_of_bands_with_enough_persons_in_every_series(bands, threshold):
    parts = merge_bands(bands, threshold)
    assert parts[0] == 0
    assert all(after - before in (0, 1) for before, after in pairwise(parts))
    for persons in zip(*bands, strict=True):
        sums = [sum(count for count, part in zip(persons, parts, strict=True) if part == number) for number in set(parts)]
        assert sum(sums) == sum(persons)
        assert len(sums) == 1 or min(sums) >= threshold
    if min(min(counts) for counts in bands) >= threshold:
        assert parts == list(range(len(bands)))  # nothing is merged without need


def test_a_sparse_band_joins_the_older_one_and_the_last_the_one_before():
    assert merge_bands([[3], [20], [30], [2]], 11) == [0, 0, 1, 1]
    assert merge_bands([[3], [4], [5], [2]], 11) == [0, 0, 0, 0]
    assert merge_bands([[1], [2]], 11) == [0, 0]
    assert merge_bands([[20, 3], [20, 20], [20, 20]], 11) == [0, 0, 1]


@given(
    st.lists(st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=4), min_size=2, max_size=2), min_size=1, max_size=8),
    st.sampled_from([0.5, 0.85]),
)
def test_no_person_makes_most_of_a_merged_cell_unless_of_all_together(persons, share):
    """persons: their euros, by cell and series."""
    euros, largest = ([[made(series) for series in cell] for cell in persons] for made in (sum, max))
    parts = merge_dominated(euros, largest, share)
    assert parts[0] == 0 and all(after - before in (0, 1) for before, after in pairwise(parts))
    for number in set(parts):
        cells = [persons[at] for at, part in enumerate(parts) if part == number]
        for series in range(2):
            everybody = [euro for cell in cells for euro in cell[series]]
            assert len(set(parts)) == 1 or max(everybody) <= share * sum(everybody)


def test_a_cell_of_one_dear_person_joins_the_older_one():
    assert merge_dominated([[100], [10], [100]], [[20], [9], [30]], 0.85) == [0, 1, 1]
    assert merge_dominated([[100], [100], [10]], [[20], [20], [9]], 0.85) == [0, 1, 1]
    assert merge_dominated([[1_000], [100]], [[20], [99]], 0.85) == [0, 0]
    assert merge_dominated([[10], [0]], [[9], [0]], 0.85) == [0, 0]


def dear_nation(tmp_path, euros):
    """A country where one man of stratum 2, of 60-64 years, costs so much in 2024."""
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    one = """SELECT min(person_id) FROM person_state INNER JOIN person_stratum USING (person_id, year)
             WHERE year = 2023 AND age_band = '60-64' AND sex = 'M' AND stratum = 2"""
    connection.execute(f"DELETE FROM person_year WHERE year = 2024 AND person_id = ({one})")
    connection.execute(f"INSERT INTO person_year SELECT ({one}), 2024, {euros}, {euros}, 0")
    return connection, settings, world.build(connection, settings)


def test_no_person_makes_most_of_the_euros_of_a_cell_of_the_pack(tmp_path):
    """In its own cell he makes nearly all; with the older bands less than 85 %."""
    connection, _, pack = dear_nation(tmp_path, 150_000)
    costs = pack.cells.filter(pl.col("measure") == "cost", pl.col("per") == "member", pl.col("year") == 2024)
    assert costs.height > 0
    keys = ["year", "condition", "cohort", "cost_basis", "stratum", "sex", "age_band"]
    largest = connection.sql("FROM cohort_cell WHERE territory_id = 'ALL'").pl().select(*keys, "largest_eur", "cost_eur")
    found = costs.join(largest.cast({"year": pl.Int16, "largest_eur": pl.Float64, "cost_eur": pl.Float64}), on=keys)
    cells = found.group_by([*keys[:-1], "merged"]).agg(pl.col("largest_eur").max(), pl.col("cost_eur").sum())
    assert cells.filter(pl.col("largest_eur") == 150_000).height > 0
    assert cells.filter(pl.col("largest_eur") > 0.85 * pl.col("cost_eur")).is_empty()
    assert set(costs.filter(pl.col("age_band") == "60-64")["merged"]) == {"60-64+65-69"}


def test_costs_that_one_person_makes_are_not_written(tmp_path):
    _, _, pack = dear_nation(tmp_path, 50_000_000)
    for table in (pack.cells, pack.totals):
        assert set(table.filter(pl.col("measure") == "cost")["year"]) == {2025}
        assert set(table.filter(pl.col("measure") == "persons")["year"]) == {2024, 2025}


@pytest.fixture(scope="module")
def nation(tmp_path_factory):
    """A small country, sparse enough for merged cells. Nobody changes it: who needs another one takes its pack (with_pack)."""
    settings = world.config(tmp_path_factory.mktemp("nation"))
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    return connection, settings, world.build(connection, settings)


def test_no_cell_of_the_pack_is_under_the_threshold_and_merged_bands_share_a_rate(nation):
    _, _, pack = nation
    assert pack.cells["persons"].min() >= THRESHOLD
    merged = pack.cells.filter(pl.col("merged").str.contains("+", literal=True))
    assert merged.height > 0
    same = merged.group_by([*KEYS, "sex", "merged"]).agg(pl.col("rate").n_unique(), pl.col("age_band").str.join("+"))
    assert set(same["rate"]) == {1}
    assert (same["merged"] == same["age_band"]).all()


def test_persons_are_kept_when_bands_are_merged(nation):
    connection, _, pack = nation
    keys = [*KEYS, "sex"]
    written = pack.cells.unique([*keys, "merged"]).group_by(keys).agg(pl.col("persons").sum())
    counted = connection.sql("FROM national_cell").pl().group_by(keys).agg(counted=pl.col("persons").sum())
    both = written.join(counted.with_columns(pl.col("year").cast(pl.Int16)), on=keys)
    assert both.height == written.height > 0
    assert (both["persons"] == both["counted"]).all()


def test_a_stratum_too_small_in_a_sex_takes_the_other_strata_with_it(tmp_path):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    connection.execute(
        """DELETE FROM person_stratum WHERE stratum = 4 AND person_id % 2 = 0
           AND person_id > (SELECT max(person_id) FROM (SELECT DISTINCT person_id FROM person_stratum
                            WHERE stratum = 4 AND person_id % 2 = 0 ORDER BY person_id LIMIT 5))"""
    )
    pack = world.build(connection, settings)
    stock = pack.cells.filter(pl.col("cohort") == "stock")
    by_sex = {sex: set(part["stratum"]) for (sex,), part in stock.group_by("sex")}
    assert (
        by_sex["F"] == by_sex["M"] == {"all", "at_risk_strict", "at_risk_extended"}
    )  # both sexes together, less the men, would be the women
    assert set(pack.totals.filter(pl.col("cohort") == "stock")["stratum"]) == {"all", "at_risk_strict", "at_risk_extended"}


def test_a_strict_risk_that_nearly_fills_the_extended_one_is_not_written(tmp_path):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    women = "SELECT DISTINCT person_id FROM person_stratum WHERE status = 'at_risk_extended' AND person_id % 2 = 0 ORDER BY person_id"
    few = f"status = 'at_risk_extended' AND person_id % 2 = 0 AND person_id NOT IN (SELECT person_id FROM ({women} LIMIT 5))"
    connection.execute(f"DELETE FROM person_stratum WHERE {few}")
    stock = world.build(connection, settings).cells.filter(pl.col("cohort") == "stock")
    by_sex = {sex: set(part["stratum"]) for (sex,), part in stock.group_by("sex")}
    assert "at_risk_strict" not in by_sex["M"] | by_sex["F"]


@pytest.mark.parametrize("persons", [400, 1_200, 2_500])
def test_no_difference_of_two_cells_of_a_pack_is_a_small_number(tmp_path, persons):
    """`all` less three strata, extended less strict, both sexes less one: nobody, or enough persons, in every merged cell."""
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, persons)
    cells = world.build(connection, settings).cells
    whole = cells.unique([*KEYS, "sex", "merged"]).group_by([key for key in KEYS if key != "stratum"] + ["sex"])
    tried = 0
    for _, part in whole:
        counts = {stratum: dict(zip(one["merged"], one["persons"], strict=True)) for (stratum,), one in part.group_by("stratum")}
        if {"1", "2", "3", "4"} <= set(counts):
            for left in "1234":
                rest = {band: counts["all"][band] - sum(counts[other][band] for other in "1234" if other != left) for band in counts["all"]}
                assert rest == counts[left]
                tried += len(rest)
        if "at_risk_strict" in counts:
            beyond = [counts["at_risk_extended"][band] - count for band, count in counts["at_risk_strict"].items()]
            assert all(rest == 0 or rest >= THRESHOLD for rest in beyond)
            tried += len(beyond)
    assert tried > 0


def test_stock_flow_and_both_sexes_share_their_merged_bands(nation):
    _, _, pack = nation
    of_persons = pl.col("measure").is_in(["persons", "cost"])
    people = pack.cells.filter(~pl.col("stratum").str.starts_with("at_risk") & of_persons).with_columns(
        state_year=pl.col("year") - (pl.col("cohort") == "flow").cast(pl.Int16)
    )
    assert pack.cells["merged"].str.contains("+", literal=True).any()
    assert set(people.group_by("condition", "state_year", "age_band").agg(pl.col("merged").n_unique())["merged"]) == {1}


def bands_of(merged: str) -> list[str]:
    return re.split(r"\+(?=[0-9])", merged)  # 90+ has a sign of its own


def test_bands_of_hospital_use_are_sums_of_merged_cells(nation):
    """Stays of too few persons are merged further: nothing is told that the cells of persons do not tell."""
    _, _, pack = nation
    cells = pack.cells.filter(~pl.col("stratum").str.starts_with("at_risk"), pl.col("cohort") == "flow")
    finer = {(row["year"], row["age_band"]): row["merged"] for row in cells.filter(pl.col("measure") == "cost").to_dicts()}
    used = cells.filter(pl.col("measure") != "cost")
    assert {"stays", "ambulatory_stays", "overnight_stays"} <= set(used["measure"])
    for row in used.to_dicts():
        wide = set(bands_of(row["merged"]))
        assert all(set(bands_of(finer[row["year"], band])) <= wide for band in wide)


def test_no_event_of_the_pack_is_of_few_persons(nation):
    connection, _, pack = nation
    held = (
        connection.sql("FROM national_cell WHERE cohort = 'flow' AND cost_basis = 'none'").pl().with_columns(pl.col("year").cast(pl.Int16))
    )
    keys = [*KEYS, "sex"]
    joined = pack.cells.join(held.select(*keys, "age_band", "holders"), on=[*keys, "age_band"])
    summed = joined.group_by([*keys, "merged"]).agg(pl.col("holders").sum())
    assert summed.height > 0
    assert summed.filter(pl.col("holders").is_between(1, THRESHOLD - 1)).is_empty()


def test_disclosure_control_knows_what_the_pack_tells(nation):
    connection, settings, pack = nation
    margins = pack_margins(connection, settings).filter(pl.col("counted") == "members")
    bands = margins.filter(pl.col("stratum") == "all", pl.col("sex") == "all", pl.col("state_year") == 2024)["age_bands"].to_list()
    assert sorted(band for group in bands for band in group if band != "all") == sorted(set(pack.cells["age_band"]))
    assert {"1", "2", "3", "4", "at_risk_strict", "at_risk_extended"} <= set(margins["stratum"])
    assert pack_margins(connection, world.config(settings.folder, scope="regional")).height == 0


def test_what_a_pack_tells_of_amputations_is_known_too(tmp_path):
    """One event a person: the rate of the pack times the residents is how many were amputated."""
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    connection.execute(
        """INSERT INTO stay_event SELECT person_id, stay_id, shown_no, entry_date, exit_date
           FROM stay, shown_event INNER JOIN definition_event USING (event_no) WHERE event_id = 'amputation_act' AND year = 2024"""
    )
    pack = world.build(connection, settings)
    assert {"stays", "amputations"} <= set(pack.cells["measure"])
    margins = pack_margins(connection, settings).filter(pl.col("counted") == "amputations")
    assert set(margins.filter(pl.col("state_year") == 2023)["stratum"]) == {"all", "1", "2", "3", "4"}


def test_no_total_minus_a_sex_is_a_small_number(nation):
    _, _, pack = nation
    sexes = pack.cells.unique([*KEYS, "sex", "merged"]).group_by([*KEYS, "sex"]).agg(in_sex=pl.col("persons").sum())
    rest = sexes.join(pack.totals, on=KEYS).with_columns(other=pl.col("persons") - pl.col("in_sex"))
    assert rest.height > 0
    assert rest["other"].min() >= THRESHOLD


# ------------------------------------------------------------------ packs on disk


def test_a_pack_is_read_as_written_and_twice_the_same_bytes(nation, tmp_path):
    _, _, pack = nation
    for name in ("one", "two"):
        write_pack(pack, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["cells.csv", "reference.json", "spread.csv", "totals.csv"]
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)
    again = read_pack(tmp_path / "one")
    assert again.cells.equals(pack.cells)
    assert again.totals.equals(pack.totals)
    assert verify_pack(tmp_path / "one") == pack.reference_id
    assert len(pack.reference_id) == 12


@pytest.mark.parametrize("damage", ["cells.csv", "totals.csv", "spread.csv", "reference.json"])
def test_a_damaged_pack_is_refused(nation, tmp_path, damage):
    folder = tmp_path / "pack"
    write_pack(replace(nation[2], spread=territory_spread(many_territories(8))), folder)
    content = (folder / damage).read_bytes()
    (folder / damage).write_bytes(content.replace(b": 11", b": 12") if damage == "reference.json" else content.replace(b"1", b"2", 1))
    with pytest.raises(StrataError, match="inutilisable"):
        verify_pack(folder)


def test_a_missing_file_is_refused(nation, tmp_path):
    write_pack(nation[2], tmp_path / "pack")
    (tmp_path / "pack" / "totals.csv").unlink()
    with pytest.raises(StrataError, match="ne peut pas être lu"):
        read_pack(tmp_path / "pack")


def with_pack(nation, tmp_path, **settings):
    """The same persons under another configuration, with the pack of the first."""
    write_pack(nation[2], tmp_path / "pack")
    chosen = world.config(tmp_path, paths={"reference": "pack"}, **settings)
    connection = world.empty(chosen)
    world.populate(connection, 1_200)
    return connection, chosen


def test_a_pack_that_fits_is_used(nation, tmp_path):
    connection, chosen = with_pack(nation, tmp_path)
    assert world.build(connection, chosen).reference_id == nation[2].reference_id


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"method": {"conditions": ["t2d"], "lookback_years": 4}}, "recul"),
        ({"method": {"conditions": ["t2d"], "standard_tariff_year": 2023}}, "tarif"),
        ({"method": {"conditions": ["t2d"], "pie_rule": "a"}}, "prestations"),
        ({"method": {"conditions": ["t2d"], "residence": "modal"}}, "résidence"),
        ({"first": 2023}, "2023"),
    ],
)
def test_a_pack_made_with_other_choices_is_refused_by_name(nation, tmp_path, settings, why):
    connection, chosen = with_pack(nation, tmp_path, **settings)
    with pytest.raises(StrataError, match=why) as refusal:
        world.build(connection, chosen)
    assert refusal.value.is_usage
    assert refusal.value.text("en").count("\n") == 3


def test_other_fields_and_other_definitions_are_refused(nation, tmp_path):
    connection, chosen = with_pack(nation, tmp_path)
    world.build(connection, chosen)
    connection.execute("UPDATE definition SET definition_id = 'TEST-2.0'")
    with pytest.raises(StrataError, match=r"TEST-1\.0 ≠ TEST-2\.0"):
        load_reference(connection, chosen)
    connection.execute("UPDATE definition SET definition_id = 'TEST-1.0'; UPDATE setting SET fields = 'had+mco'")
    with pytest.raises(StrataError, match="champs"):
        load_reference(connection, chosen)


@pytest.mark.parametrize(
    ("term", "value", "why"),
    [
        ("cost_bases", ["billed_br"], "bases de coût"),
        ("flow_years", {"2024": 4, "2025": 5}, "recul du flux"),
        ("stock_years", [2025], "2024"),
        ("contents", {"t2d": "edited"}, "sous le même nom"),
        ("left_out", "T9", "T9"),
    ],
)
def test_a_pack_of_other_terms_is_refused_in_plain_words(nation, tmp_path, term, value, why):
    connection, chosen = with_pack(nation, tmp_path)
    other = replace(nation[2], about=nation[2].about | {term: value})
    write_pack(other, tmp_path / "pack")
    with pytest.raises(StrataError, match=why) as refusal:
        world.build(connection, chosen)
    assert refusal.value.is_usage


def test_a_pack_of_another_format_is_refused(nation, tmp_path):
    write_pack(nation[2], tmp_path / "pack")
    path = tmp_path / "pack" / "reference.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 3', '"format": 2'), encoding="utf-8")
    with pytest.raises(StrataError, match="son format est 2"):
        read_pack(tmp_path / "pack")


def test_a_real_extract_refuses_a_synthetic_pack(nation, tmp_path):
    connection, chosen = with_pack(nation, tmp_path)
    world.build(connection, chosen)
    connection.execute("UPDATE setting SET is_synthetic = FALSE")
    with pytest.raises(StrataError, match="synthétique"):
        load_reference(connection, chosen)


def test_only_a_national_extract_makes_a_reference(tmp_path):
    settings = world.config(tmp_path, scope="regional")
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    assert world.build(connection, settings) is None
    assert connection.sql("SELECT count(*) FROM reference_cell").fetchall() == [(0,)]
    with pytest.raises(StrataError, match="nationale"):
        build_reference(connection, settings)


def test_the_pack_says_what_it_is(nation, tmp_path):
    write_pack(nation[2], tmp_path / "pack")
    about = json.loads((tmp_path / "pack" / "reference.json").read_text(encoding="utf-8"))["about"]
    assert about["definitions"] == {"t2d": world.DEFINITION}
    assert (about["lookback_years"], about["fields"], about["synthetic"]) == (5, "mco", True)
    assert about["flow_years"] == {"2024": 5, "2025": 5}


# ------------------------------------------------------------------ where the territories lie


def many_territories(count, **other):
    """Published rows of one ratio of `count` territories, of the whole and of the rest: 0.5, 1, 1.5… of 100 expected."""
    names = [*(f"P{number:02}" for number in range(count)), "ALL", "REST"]
    observed = [50.0 * (1 + number) for number in range(count)] + [9.0, 9.0]
    row = {"indicator_id": "stays_vs_expected", "year": 2024, "condition": "t2d", "stratum": "all", "sex": "all", "age_band": "all"}
    row |= {"cost_basis": "none", "status": "ok", "coverage": "national", "expected": 100.0, "denominator": 100.0} | other
    frame = pl.DataFrame({"territory_id": names, "numerator": observed, "value": observed}).with_columns(
        ratio=pl.col("numerator") / 100, **{name: pl.lit(value) for name, value in row.items()}
    )
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in PUBLISHED.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in PUBLISHED.items())


def test_the_quartiles_are_those_of_the_told_territories():
    (row,) = territory_spread(many_territories(9)).filter(pl.col("figure") == "ratio").to_dicts()
    assert [row[name] for name in ("territories", "least", "lower", "median", "upper", "most")] == [9, 0.5, 1.5, 2.5, 3.5, 4.5]
    assert row["phi"] is None and row["tau2"] is None


def test_over_dispersion_comes_with_enough_territories():
    observed = [50.0 * (1 + number) for number in range(31)]
    (row,) = territory_spread(many_territories(31)).filter(pl.col("figure") == "ratio").to_dicts()
    assert row["phi"] == pytest.approx(multiplicative_overdispersion(observed, [100.0] * 31), rel=5e-3)
    assert row["tau2"] == pytest.approx(additive_overdispersion(observed, [100.0] * 31), rel=5e-3)
    (few,) = territory_spread(many_territories(20)).filter(pl.col("figure") == "ratio").to_dicts()
    assert few["phi"] > 1 and few["tau2"] is None


def test_too_few_territories_or_withheld_ones_have_no_spread():
    assert territory_spread(many_territories(7)).is_empty()
    assert territory_spread(many_territories(9, status="suppressed_primary")).is_empty()
    assert territory_spread(many_territories(9, denominator=None)).is_empty()


def test_a_spread_tells_three_digits():
    told = many_territories(8).with_columns(ratio=pl.col("ratio") + 0.123456)
    (row,) = territory_spread(told).filter(pl.col("figure") == "ratio").to_dicts()
    assert (row["least"], row["most"]) == (0.623, 4.12)


def test_the_spread_of_a_pack_travels_to_the_publication(nation, tmp_path):
    """In a hospital of two territories, the file beside the indicators is the nation's; the rates keep their name."""
    connection, chosen = with_pack(nation, tmp_path)
    pack = replace(nation[2], spread=territory_spread(many_territories(9)))
    write_pack(pack, tmp_path / "pack")
    world.build(connection, chosen)
    assert pack.reference_id == nation[2].reference_id and pack.sha256 != nation[2].sha256
    write_spread(connection, many_territories(2), tmp_path)
    assert pl.read_csv(tmp_path / NAME, schema=pack.spread.schema).equals(pack.spread)


def test_a_nation_without_a_pack_tells_its_own_spread_and_a_hospital_none(nation, tmp_path):
    connection, _, _ = nation
    write_spread(connection, many_territories(9, coverage="own"), tmp_path)
    write_spread(connection, many_territories(3), tmp_path)
    assert not (tmp_path / NAME).exists()
    write_spread(connection, many_territories(9), tmp_path)
    assert (tmp_path / NAME).exists()


# ------------------------------------------------------------------ the nation without a territory


@pytest.fixture(scope="module")
def told_nation(tmp_path_factory):
    settings = world.config(tmp_path_factory.mktemp("told"))
    connection = world.empty(settings)
    world.populate(connection, 6_000)
    pack = world.build(connection, settings)
    told, _ = tell(connection, settings)
    return connection, settings, pack, told


def test_the_nation_without_a_territory_is_the_others_and_has_its_own_name(told_nation):
    connection, settings, whole, told = told_nation
    pack = build_reference(connection, settings, told=told, leave_out="T1")
    assert pack.about["left_out"] == "T1" and pack.reference_id != whole.reference_id
    keys = [*KEYS, "sex"]
    written = pack.cells.filter(pl.col("cohort") == "stock").unique([*keys, "merged"]).group_by(keys).agg(pl.col("persons").sum())
    others = connection.sql(
        """SELECT CAST(year AS SMALLINT) AS year, stratum, sex, sum(persons) AS counted FROM stock_cell
           WHERE territory_id <> 'T1' GROUP BY ALL"""
    ).pl()
    both = written.join(others.cast({"year": pl.Int16}), on=["year", "stratum", "sex"])
    assert both.height > 0 and (both["persons"] == both["counted"]).all()
    assert build_reference(connection, settings).cells.equals(whole.cells)  # the tables of the warehouse are as they were


def test_no_difference_of_the_two_packs_is_a_small_number(told_nation):
    """Where both have the same merged cell, their difference is the territory: nobody, or enough persons."""
    connection, settings, whole, told = told_nation
    pack = build_reference(connection, settings, told=told, leave_out="T1")
    same = whole.cells.join(pack.cells, on=[*KEYS, "sex", "age_band", "merged"], suffix="_left")
    gone = same["persons"] - same["persons_left"]
    assert len(gone) > 100 and gone.filter(gone.is_between(1, THRESHOLD - 1)).is_empty()


def test_a_territory_that_a_difference_would_give_away_is_not_left_out(told_nation):
    connection, settings, _, told = told_nation
    is_one = (pl.col("indicator_id") == "persons") & (pl.col("territory_id") == "T1") & (pl.col("stratum") == "4")
    masked = told.with_columns(status=pl.when(is_one).then(pl.lit("suppressed_secondary")).otherwise("status"))
    with pytest.raises(StrataError, match="masqués") as refusal:
        build_reference(connection, settings, told=masked, leave_out="T1")
    assert refusal.value.is_usage
    with pytest.raises(StrataError, match="pas déclaré"):
        build_reference(connection, settings, told=told, leave_out="T9")
    with pytest.raises(StrataError, match="masqués"):
        build_reference(connection, settings, leave_out="T1")  # nothing told: nothing to show that it may be


def test_a_territory_with_one_dear_person_is_not_left_out(told_nation):
    """A rule that the nation meets and T1 does not, whatever bands are merged."""
    connection, settings, _, told = told_nation
    dear = replace(settings, disclosure=replace(settings.disclosure, dominance_share=0.006))
    whole = build_reference(connection, dear)
    assert "cost" in set(whole.cells["measure"])
    with pytest.raises(StrataError, match="l'essentiel des euros"):
        build_reference(connection, dear, told=told.with_columns(reference_id=pl.lit(whole.reference_id)), leave_out="T1")


# ------------------------------------------------------------------ several such packs


def whole_in(left, right):
    """Persons by series and merged band of two packs, where both merge the same bands, with their difference."""
    same = left.cells.join(right.cells, on=[*KEYS, "sex", "age_band", "merged"], suffix="_right")
    return same.unique([*KEYS, "sex", "merged"]).with_columns(gone=pl.col("persons") - pl.col("persons_right"))


def left_of_three(whole, first, second):
    """What is left of the nation without both territories, where the three packs merge the same bands: by subtraction alone."""
    keys = [*KEYS, "sex", "merged"]
    one, two = (whole_in(whole, pack).select(*keys, "gone", "persons") for pack in (first, second))
    return one.join(two.select(*keys, other="gone"), on=keys).select((pl.col("persons") - pl.col("gone") - pl.col("other")).alias("left"))


@pytest.fixture(scope="module")
def nation_of_two(tmp_path_factory):
    """T1, T2 and a REST of few persons of each age: what is left when both are taken away is small."""
    settings = world.config(tmp_path_factory.mktemp("two"))
    connection = world.empty(settings)
    world.populate(connection, 6_000)
    connection.execute(
        """UPDATE person_state SET territory_id = CASE WHEN person_id % 2 = 0 THEN 'T1' ELSE 'T2' END
           WHERE territory_id = 'REST' AND person_id % 112 >= 20"""
    )
    whole = world.build(connection, settings)
    told, _ = tell(connection, settings)
    is_rest = pl.col("territory_id") == "REST"
    told = told.with_columns(
        status=pl.when(is_rest & pl.col("status").str.starts_with("suppressed")).then(pl.lit("ok")).otherwise("status")
    )
    return connection, settings, whole, told


def test_what_two_packs_leave_is_protected_with_them(nation_of_two):
    connection, settings, whole, told = nation_of_two
    first = build_reference(connection, settings, told=told, leave_out="T1")
    alone = left_of_three(whole, first, build_reference(connection, settings, told=told, leave_out="T2"))["left"]
    assert alone.is_between(1, THRESHOLD - 1).any()  # each pack for itself gives the rest away
    second = build_reference(connection, settings, told=told, leave_out="T2", let_out=["T1"])
    joint = left_of_three(whole, first, second)["left"]
    assert second.about["left_out"] == "T2" and second.cells.height > 0
    assert not joint.is_between(1, THRESHOLD - 1).any()
    assert second.cells["merged"].n_unique() < whole.cells["merged"].n_unique()


def test_a_single_place_left_by_two_packs_must_be_told_itself(nation_of_two):
    connection, settings, _, told = nation_of_two
    is_rest = (pl.col("indicator_id") == "persons") & (pl.col("territory_id") == "REST") & (pl.col("stratum") == "4")
    masked = told.with_columns(status=pl.when(is_rest).then(pl.lit("suppressed_primary")).otherwise("status"))
    build_reference(connection, settings, told=masked, leave_out="T2")
    with pytest.raises(StrataError, match=r"effectifs sont masqués \(REST\)"):
        build_reference(connection, settings, told=masked, leave_out="T2", let_out=["T1"])


def test_packs_let_out_are_remembered_beside_the_publications(tmp_path):
    assert let_out(tmp_path / "published") == ()
    for territory_id in ("T2", "T1", "T2"):
        note_let_out(tmp_path / "published", territory_id, "abc")
    assert let_out(tmp_path / "published") == ("T1", "T2")
