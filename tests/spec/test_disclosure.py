"""The door out: which cells are masked and why, what the audit proves, what an earlier publication and a dear person change."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from strata.config import Disclosure
from strata.disclosure import Relations, protect
from strata.disclosure.audit import audit, within_few
from strata.disclosure.cells import count_cells, with_counts
from strata.disclosure.coarsen import step_of
from strata.disclosure.primary import primary
from strata.disclosure.sums import CELL_KIND, HIDDEN, MARGIN_COLUMNS, sums_of
from strata.measures.measure import PUBLISHED, VALUES
from strata.measures.relations import relations_of
from tests.support import cohort_warehouse as world
from tests.support import random_tables
from tests.support.cohort_warehouse import pick

RULES = Disclosure()
PLACE = ["territory_id", "stratum", "sex", "age_band"]
SIZES = (150, 260, 420)
# Rows of the country below that have no number whatever is withheld: no transition of a small place, no stay or evidence shows anything.
NOBODY = ["small_place", "reference", "no_person", "definition", "exemptions"]


def measured(tmp_path, persons, spoil=""):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, persons)
    if spoil:
        connection.execute(spoil)
    frame = world.measured(connection, settings)
    return frame, relations_of(connection, settings)


@pytest.fixture(scope="module")
def measured_once(tmp_path_factory):
    """Countries of so many persons, each measured once: nobody changes a frame."""
    return cache(lambda persons: measured(tmp_path_factory.mktemp("country"), persons))


def frame_of(counts, **extra):
    """A measured frame of persons only: {(territory, stratum, sex, age_band): persons}."""
    rows = [
        {"indicator_id": "persons", "year": 2024, "condition": "t2d", "cohort": "stock", "cost_basis": "none", "status": "ok"}
        | {"persons": count, "definition_id": "D-1", "fields": "mco", "lookback_years": 5, "unit": "persons"}
        | dict(zip(PLACE, cell, strict=True))
        | extra
        for cell, count in counts.items()
    ]
    empty = pl.DataFrame(schema=PUBLISHED | {"persons": pl.Int64})
    frame = pl.concat([empty, pl.DataFrame(rows)], how="diagonal_relaxed")
    return frame.with_columns(pl.col("year", "lookback_years").cast(pl.Int16), numerator=pl.col("persons").cast(pl.Float64))


def statuses(counts, rules=RULES, **options):
    published = protect(frame_of(counts), rules, **options).indicators
    return {tuple(row[name] for name in PLACE): row["status"] for row in published.iter_rows(named=True)}


def place(name, *strata):
    """One place: its strata 1 to 4 and their total."""
    counts = {(name, str(number), "all", "all"): count for number, count in enumerate(strata, start=1)}
    return counts | {(name, "all", "all", "all"): sum(strata)}


def country(**places):
    """Places by stratum, and the whole."""
    whole = [sum(counts) for counts in zip(*places.values(), strict=True)]
    return {cell: count for name, counts in ({"ALL": whole} | places).items() for cell, count in place(name, *counts).items()}


# ------------------------------------------------------------------ what is masked


@pytest.mark.parametrize(("persons", "status"), [(0, "ok"), (1, "suppressed_primary"), (10, "suppressed_primary"), (11, "ok")])
def test_the_threshold_is_eleven_and_zero_is_not_small(persons, status):
    assert statuses({("ALL", "all", "all", "all"): persons}) == {("ALL", "all", "all", "all"): status}


def test_a_zero_is_withheld_with_the_small_when_zeros_are_not_published():
    assert statuses({("ALL", "all", "all", "all"): 0}, Disclosure(publish_zero=False)) == {
        ("ALL", "all", "all", "all"): "suppressed_primary"
    }


def test_one_small_cell_takes_three_others_with_it_and_no_total():
    found = statuses(country(T1=(5, 40, 60, 80), T2=(90, 70, 50, 30), REST=(300, 300, 300, 300)))
    masked = {cell for cell, status in found.items() if status != "ok"}
    assert found["T1", "1", "all", "all"] == "suppressed_primary"
    assert len(masked) == 4
    assert not any(cell[0] == "ALL" or cell[1] == "all" for cell in masked)
    assert len({cell[0] for cell in masked}) == len({cell[1] for cell in masked}) == 2  # a rectangle: each sum keeps two unknowns


def test_a_masked_partner_must_leave_room_whatever_its_own_label():
    """5 + 11 = 16: a partner of 11 labelled 'not few' would leave 1 to 5; one with room is taken."""
    found = statuses(place("ALL", 5, 11, 40, 200))
    assert [found["ALL", stratum, "all", "all"] == "ok" for stratum in "1234"] == [False, True, False, True]


def test_small_cells_that_add_up_to_few_persons_are_not_told_together():
    found = statuses(place("ALL", 4, 5, 0, 300))
    assert found["ALL", "4", "all", "all"] == "suppressed_secondary"  # or the total less it is nine persons
    assert found["ALL", "3", "all", "all"] == "ok"


def test_two_cells_of_ten_are_not_given_by_their_labels():
    """10 + 10 = 20 and both are at most 10: without more, each is 10."""
    found = statuses(place("ALL", 10, 10, 50, 60))
    assert sorted(found["ALL", stratum, "all", "all"] for stratum in "12") == ["suppressed_primary"] * 2
    assert "suppressed_secondary" in {found["ALL", stratum, "all", "all"] for stratum in "34"}


def test_nested_risk_levels_that_nearly_coincide_hide_one():
    counts = {("T1", "at_risk_strict", "all", "all"): 100, ("T1", "at_risk_extended", "all", "all"): 104}
    assert "suppressed_secondary" in statuses(counts).values()
    counts["T1", "at_risk_extended", "all", "all"] = 111
    assert set(statuses(counts).values()) == {"ok"}


def test_a_place_within_another_is_not_given_by_the_rest_of_it():
    counts = {("G1", "all", "all", "all"): 107, ("T1", "all", "all", "all"): 100, ("T2", "all", "all", "all"): 7}
    relations = Relations(wholes={"G1": ["T1", "T2"]})
    assert statuses(counts)["T1", "all", "all", "all"] == "ok"
    assert statuses(counts, relations=relations)["T2", "all", "all", "all"] == "suppressed_primary"
    assert "suppressed_secondary" in statuses(counts, relations=relations).values()


def test_a_union_does_not_give_the_few_who_have_both():
    parts = {"t2d": 200, "hf": 150, "either": 345}  # 5 have both
    frame = pl.concat([frame_of({("ALL", "all", "all", "all"): count}, condition=name) for name, count in parts.items()])
    assert set(protect(frame, RULES).indicators["status"]) == {"ok"}
    masked = protect(frame, RULES, relations=Relations(unions={"either": ("t2d", "hf")})).indicators
    assert (masked["status"] == "suppressed_secondary").any()


def test_those_who_have_both_are_the_same_printed_or_found_by_subtraction():
    """T1 = 200 + 150 - 300: the 50 who have both are printed; 5 of them in T2 must not be."""
    sizes = {"t2d": (200, 90), "hf": (150, 80), "either": (300, 165)}
    places = [("T1", "all", "all", "all"), ("T2", "all", "all", "all")]
    frames = [frame_of(dict(zip(places, counts, strict=True)), condition=name) for name, counts in sizes.items()]
    both = frame_of(dict(zip(places, sizes["either"], strict=True)), condition="either", indicator_id="overlap", table="overlap")
    both = both.with_columns(numerator_persons=pl.Series([50, 5]))
    frame = pl.concat([*frames, both], how="diagonal_relaxed")
    found = protect(frame, RULES, relations=Relations(unions={"either": ("t2d", "hf")})).indicators
    assert pick(found, "overlap", condition="either")["status"] == "ok"
    assert pick(found, "overlap", condition="either", territory_id="T2")["status"].startswith("suppressed")
    others = found.filter(pl.col("territory_id") == "T2", pl.col("indicator_id") == "persons")
    assert "suppressed_secondary" in set(others["status"])


def test_women_by_stratum_are_the_cell_of_women_and_ages_add_up():
    """Few men: the women of a place are its members less few, and hide with them; a group of ages is not what the others leave."""
    counts = {("T1", "all", "all", "all"): 104, ("T1", "all", "F", "all"): 100, ("T1", "all", "M", "all"): 4}
    whole = {("T1", "all", "all", "all"): 104}
    women = frame_of(whole, indicator_id="share_women", measure="women", table="share", numerator_persons=100)
    relations = Relations(same={"women": ("sex", ["F"])}, partitions=[["young", "old"]])
    found = protect(pl.concat([frame_of(counts), women], how="diagonal_relaxed"), RULES, relations=relations).indicators
    assert pick(found, "persons", sex="F")["status"] == pick(found, "share_women")["status"] == "suppressed_secondary"
    ages = [
        frame_of(whole, indicator_id=name, measure=name, table="share", numerator_persons=of) for name, of in [("young", 4), ("old", 100)]
    ]
    found = protect(pl.concat([frame_of(whole), *ages], how="diagonal_relaxed"), RULES, relations=relations).indicators
    assert all(pick(found, name)["status"].startswith("suppressed") for name in ("young", "old"))


def test_a_stratum_of_a_few_in_the_whole_nation_is_withheld_and_nothing_tells_it():
    """Were totals taken as known beside it, its ages would give it by subtraction: no publication of a rare condition could leave."""
    strata = {"1": 384, "2": 9, "3": 0, "4": 0, "all": 393}
    counts = {("ALL", stratum, "all", "all"): count for stratum, count in strata.items()}
    young = {"1": 120, "2": 4, "3": 0, "4": 0, "all": 124}
    ages = [
        frame_of({cell: count}, indicator_id=f"share_{name}", measure=name, table="share", numerator_persons=of)
        for (cell, count), few in zip(counts.items(), young.values(), strict=True)
        for name, of in (("young", few), ("old", count - few))
    ]
    relations = Relations(partitions=[["young", "old"]])
    protected = protect(pl.concat([frame_of(counts), *ages], how="diagonal_relaxed"), RULES, relations=relations)
    assert protected.report["not_proved"] == protected.report["told_elsewhere"] == 0
    assert pick(protected.indicators, "persons", territory_id="ALL", stratum="2")["status"].startswith("suppressed")


def test_what_a_pack_tells_is_no_protection():
    """Bands 1 and 2 are one cell of the pack: its sum is known, so the partner of band 1 must be found elsewhere too."""
    bands = {"18-39": 5, "40-49": 60, "50-59": 70, "60-64": 80}
    counts = {("ALL", "all", "all", band): count for band, count in bands.items()} | {("ALL", "all", "all", "all"): sum(bands.values())}
    groups = [["18-39", "40-49"], ["50-59"], ["60-64"], ["all"]]
    known = pl.DataFrame([("t2d", 2024, "all", "all", group) for group in groups], schema=MARGIN_COLUMNS, orient="row")
    found = statuses(counts, relations=Relations(margins=known))
    assert found["ALL", "all", "all", "40-49"] == "suppressed_secondary"  # within the merged cell: nothing else moves


def test_an_indicator_that_counts_some_of_the_members_is_masked_for_itself():
    cell = ("ALL", "all", "all", "all")
    deaths = frame_of({cell: 300}, indicator_id="hospital_death", table="hospital_death", numerator_persons=4)
    found = protect(pl.concat([frame_of({cell: 300}), deaths], how="diagonal_relaxed"), RULES).indicators
    assert dict(found.select("indicator_id", "status").iter_rows()) == {"hospital_death": "suppressed_primary", "persons": "ok"}
    nearly_all = deaths.with_columns(numerator_persons=pl.lit(296))
    found = protect(pl.concat([frame_of({cell: 300}), nearly_all], how="diagonal_relaxed"), RULES).indicators
    assert "suppressed_secondary" in set(found["status"])  # 300 less 296 are four persons


# ------------------------------------------------------------------ how it is written


def test_a_masked_row_gives_no_number_in_any_indicator(measured_once):
    frame, relations = measured_once(150)
    published = protect(frame, RULES, relations=relations).indicators
    masked = published.filter(pl.col("status").str.starts_with("suppressed"))
    assert set(masked["indicator_id"]) == set(published.filter(pl.col("status") != "not_computable")["indicator_id"])
    assert masked.select(pl.all_horizontal(pl.col(name).is_null().all() for name in VALUES)).item()
    assert set(masked["reason"]) <= {"few_persons", "protects_another_cell"}
    assert published.columns == list(PUBLISHED)


def test_the_stock_and_the_flow_of_the_same_people_wear_one_mask(measured_once):
    frame, relations = measured_once(150)
    published = protect(frame, RULES, relations=relations).indicators
    cell = {"territory_id": "T1", "sex": "all", "age_band": "all"}
    for stratum in "1234":
        stock = pick(published, "persons", year=2024, stratum=stratum, **cell)
        flow = pick(published, "cost_per_patient", year=2025, stratum=stratum, **cell)
        assert (stock["status"] == "ok") == (flow["status"] == "ok")


def test_a_flow_is_masked_with_the_stock_of_its_eve_not_of_its_year():
    cell = ("T1", "1", "all", "all")
    flow = {"year": 2024, "cohort": "flow", "indicator_id": "cost_total", "cost_basis": "standard"}
    frames = [frame_of({cell: 5}, year=2023), frame_of({cell: 5}, **flow), frame_of({cell: 500}, year=2024)]
    published = protect(pl.concat(frames), RULES).indicators
    found = {(row["indicator_id"], row["year"]): row["status"] for row in published.iter_rows(named=True)}
    assert found == {("persons", 2023): "suppressed_primary", ("cost_total", 2024): "suppressed_primary", ("persons", 2024): "ok"}


def test_a_large_country_loses_nothing(tmp_path):
    frame, relations = measured(tmp_path, 6_000)
    protected = protect(frame, RULES, relations=relations)
    computable = protected.indicators.filter(~pl.col("reason").is_in(NOBODY).fill_null(False))
    assert set(computable["status"]) == {"ok"}
    assert protected.report["primary"] == protected.report["secondary"] == protected.report["linear_programmes"] == 0


def test_a_reason_that_tells_who_lives_there_is_masked_too():
    row = frame_of(place("T1", 3, 0, 30, 40) | {("T1", "2", "all", "all"): 4})
    row = row.with_columns(
        status=pl.when(pl.col("stratum") == "2").then(pl.lit("not_computable")).otherwise("status"),
        reason=pl.when(pl.col("stratum") == "2").then(pl.lit("reference")),
    )
    assert pick(protect(row, RULES).indicators, "persons", stratum="2")["status"] == "suppressed_primary"
    structural = row.with_columns(status=pl.lit("not_computable"), reason=pl.lit("coverage"), numerator=pl.lit(None, pl.Float64))
    assert set(protect(structural, RULES).indicators["reason"]) == {"coverage"}


# ------------------------------------------------------------------ the audit


@pytest.mark.parametrize("persons", SIZES)
def test_everything_is_proved_and_the_cost_is_told(measured_once, persons):
    frame, relations = measured_once(persons)
    published, report = protect(frame, RULES, relations=relations)
    assert report["primary"] + report["unlabelled"] > 0 and report["not_proved"] == 0
    assert 0 < report["linear_programmes"] <= 2 * report["audited"]  # a table found for one count proves others too
    for name, cost in report["lost"].items():
        rows = published.filter(pl.col("indicator_id") == name)
        assert cost == {
            "rows": (rows["status"] != "not_computable").sum(),
            "lost": rows["status"].str.starts_with("suppressed").sum(),
        }


def test_the_audit_finds_what_primary_masks_alone_leave_told():
    """Independent of how masks are chosen: given the primary masks only, every one of them is told by subtraction."""
    cells = count_cells(with_counts(frame_of(country(T1=(5, 40, 60, 80), T2=(90, 70, 50, 3), REST=(300, 300, 300, 300)))))
    sums = sums_of(cells)
    first = primary(sums, RULES)
    nodes = np.flatnonzero(first.is_small)
    assert audit(sums, first.is_small | (sums.kind == HIDDEN), first.labels, nodes, 11).told.tolist() == nodes.tolist()
    everything = np.ones(len(sums.values), dtype=bool)
    assert not len(audit(sums, everything, first.labels, nodes, 11).told)
    assert (sums.matrix @ sums.values == 0).all() and (sums.kind == CELL_KIND).any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_verdict_of_the_audit_is_that_of_two_programmes_a_count(seed):
    """Tables found for some counts prove others, and no count is followed far: nothing is told, or cleared, that bounds would not."""
    made = random_tables.country(seed, 5, mean=120)
    sums = sums_of(count_cells(with_counts(random_tables.measured(made))))
    first = primary(sums, RULES)
    at_random = np.random.default_rng(seed).random(len(sums.values)) < 0.3
    unknown = first.is_small | (sums.kind == HIDDEN) | (at_random & (sums.kind == CELL_KIND))
    nodes = np.flatnonzero(first.is_small | first.is_told)
    verdict = audit(sums, unknown, first.labels, nodes, RULES.threshold)
    told, told_by_label = bounded_one_by_one(sums, unknown, first.labels, nodes)
    assert (verdict.told.tolist(), verdict.told_by_label.tolist()) == (told, told_by_label)
    assert 0 < len(told) < len(nodes)


def bounded_one_by_one(sums, unknown, labels, nodes):
    """Nodes told, and told by their label alone, as the text of the audit says it: each by its own two programmes, from nothing."""
    columns, few = np.flatnonzero(unknown), within_few(sums, labels)
    matrix = sums.matrix[:, columns]
    told, told_by_label = [], []
    for node in nodes.tolist():
        aim = (columns == node).astype(float)
        limits = np.column_stack([labels.low, labels.high])[columns]
        limits[aim > 0] = (0, np.inf)
        ends = [linprog(sign * aim, A_eq=matrix, b_eq=matrix @ sums.values[columns], bounds=limits, method="highs-ds") for sign in (1, -1)]
        low, high = np.ceil(ends[0].fun - 1e-6), np.floor(1e-6 - ends[1].fun) if ends[1].status == 0 else np.inf
        is_vague = few[node] or high - low >= RULES.threshold
        is_blurred = min(high, labels.high[node]) - max(low, labels.low[node]) >= 5
        if is_vague and not is_blurred and labels.is_primary[node]:
            told_by_label.append(node)
        elif not (is_vague and is_blurred):
            told.append(node)
    return told, told_by_label


def test_a_label_that_would_tell_is_not_given():
    """Three places of 9 or 10 and their known total 29: each is at least 9 by its label, and nothing else can be masked."""
    counts = {(name, "1", "all", "all"): count for name, count in {"T1": 9, "T2": 10, "T3": 10, "ALL": 29}.items()}
    known = pl.DataFrame([("t2d", 2024, "1", "all", ["all"])], schema=MARGIN_COLUMNS, orient="row")
    protected = protect(frame_of(counts), RULES, relations=Relations(margins=known))
    assert protected.report["unlabelled"] > 0 and protected.report["not_proved"] == 0
    assert "suppressed_secondary" in set(protected.indicators.filter(pl.col("territory_id") != "ALL")["status"])


# ------------------------------------------------------------------ earlier publications


def test_what_was_masked_before_stays_masked():
    cell = ("T1", "1", "all", "all")
    before = protect(frame_of({cell: 8}), RULES).indicators
    found = protect(frame_of({cell: 14}), RULES, earlier=[before]).indicators.row(0, named=True)
    assert (found["status"], found["reason"]) == ("suppressed_secondary", "protects_an_earlier_publication")
    other = protect(frame_of({cell: 14}, definition_id="D-2"), RULES, earlier=[before]).indicators
    assert other["status"].to_list() == ["ok"]


def test_what_was_printed_before_hides_nothing():
    """T1 = 5 + 12 + 40 + 80; stratum 3 was printed: masking it now would tell 5 by subtraction from the older file."""
    strata = {"2": 30, "3": 31, "4": 300}
    counts = {("T1", stratum, "all", "all"): count for stratum, count in strata.items()}
    counts |= {("T1", "1", "all", "all"): 5, ("T1", "all", "all", "all"): 366}
    assert statuses(counts)["T1", "2", "all", "all"] == "suppressed_secondary"
    before = frame_of({("T1", "2", "all", "all"): 30}).select(PUBLISHED.keys())
    found = statuses(counts, earlier=[before])
    assert found["T1", "2", "all", "all"] == "ok" and found["T1", "3", "all", "all"] == "suppressed_secondary"


def test_a_small_count_that_an_earlier_publication_printed_is_said():
    cell = ("T1", "1", "all", "all")
    protected = protect(frame_of({cell: 5}), RULES, earlier=[frame_of({cell: 5}).select(PUBLISHED.keys())])
    assert protected.report["printed_earlier"] == 1
    assert protected.indicators["status"].to_list() == ["suppressed_primary"]


def test_what_an_earlier_publication_tells_by_subtraction_is_said_and_stops_nothing():
    """The two other strata and the total were printed: 5 is told, whatever is withheld today."""
    counts = {("T1", "2", "all", "all"): 30, ("T1", "3", "all", "all"): 31, ("T1", "4", "all", "all"): 32, ("T1", "all", "all", "all"): 98}
    before = frame_of(counts).select(PUBLISHED.keys())
    protected = protect(frame_of(counts | {("T1", "1", "all", "all"): 5}), RULES, earlier=[before])
    assert protected.report["not_proved"] == 0 and protected.report["told_elsewhere"] == 1


# ------------------------------------------------------------------ euros


def test_the_euros_of_one_dear_person_are_withheld_and_the_persons_are_not(tmp_path):
    dear = "UPDATE person_year SET cost_standard_eur = 9e8, cost_billed_eur = 9e8 WHERE person_id = 0 AND year = 2024"
    frame, relations = measured(tmp_path, 6_000, dear)
    published, report = protect(frame, RULES, relations=relations)
    assert report["dominated"] > 0 and report["primary"] == 0
    dominated = published.filter(pl.col("reason") == "one_person_dominates")
    assert set(dominated["status"]) == {"suppressed_secondary"} and not (dominated["cost_basis"] == "none").any()
    of_persons = published.filter((pl.col("cost_basis") == "none") & ~pl.col("reason").is_in(NOBODY).fill_null(False))
    assert set(of_persons["status"]) == {"ok"}
    euros = published.filter(pl.col("indicator_id") == "cost_total", pl.col("year") == 2024, pl.col("cost_basis") == "standard")
    for column in ("territory_id", "stratum"):  # whatever sum the cell is in, it is not its only unknown
        sums = euros.filter(pl.col("sex") == "all", pl.col("age_band") == "all", ~pl.col("stratum").str.starts_with("at_risk"))
        unknown = sums.group_by([name for name in ("territory_id", "stratum") if name != column]).agg(pl.col("value").null_count())
        assert not (unknown["value"] == 1).any()


@pytest.mark.parametrize(
    ("expected", "persons", "step"), [(304_500_000, 44_000, 10_000), (100_000, 50, 2_000), (99_000, 11, 10_000), (5, 5, 1)]
)
def test_an_expected_cost_is_known_to_one_person_s_worth(expected, persons, step):
    frame = pl.DataFrame({"expected": [float(expected)], "persons": [persons]})
    assert frame.select(step_of(pl.col("expected"), pl.col("persons"))).item() == step
    assert step >= expected / persons


def test_what_follows_from_an_expected_cost_follows_from_the_printed_one(tmp_path):
    frame, relations = measured(tmp_path, 1_200)
    published = protect(frame, RULES, relations=relations).indicators.filter(pl.col("expected") > 0)
    ratios = published.filter(pl.col("indicator_id") == "cost_vs_expected")
    assert (ratios["ratio"] - ratios["numerator"] / ratios["expected"]).abs().max() < 1e-5
    assert (ratios["denominator"] == ratios["expected"]).all()
    standardised = published.filter(pl.col("indicator_id") == "cost_standardised")
    made = standardised["numerator"] / standardised["denominator"] * standardised["reference_value"]
    assert (standardised["value"] - made).abs().max() < 0.01
    whole = published.filter(pl.col("territory_id") == "ALL", pl.col("sex") == "all", pl.col("expected") > 0)
    assert (whole["ratio"] - 1).abs().max() < 0.005


def test_a_move_of_one_person_between_two_bands_rarely_shows(tmp_path):
    """The exact expected of 30 persons changes with every move of one of them; the printed one seldom does."""
    means = np.linspace(3_000, 8_000, 20)
    people = np.arange(30) % 20
    exact = means[people].sum()
    moved = [exact - means[band] + means[other] for band in set(people.tolist()) for other in range(20) if other != band]
    frame = pl.DataFrame({"expected": [exact, *moved], "persons": [30] * (1 + len(moved))})
    step = step_of(pl.col("expected"), pl.col("persons"))
    printed = frame.select((pl.col("expected") / step).round() * step).to_series()
    assert len(set(np.round(moved, 2))) > 20
    assert (printed == printed[0]).mean() > 0.5


def test_the_euros_of_some_stays_are_protected_for_themselves():
    """One stay makes nearly all the euros of the stays for the condition: they are withheld, those of the members are not."""
    counts = country(T1=(30, 40, 60, 80), T2=(90, 70, 50, 30), REST=(300, 300, 300, 300))
    members = frame_of(counts, indicator_id="cost_total", cohort="flow", cost_basis="standard", spent_by="")
    members = members.with_columns(cost_eur=1000.0 * pl.col("persons"), largest_eur=pl.lit(2000.0))
    stays = members.with_columns(indicator_id=pl.lit("condition_cost"), spent_by=pl.lit("condition_stays"))
    is_dear = (pl.col("territory_id") == "T1") & (pl.col("stratum") == "1")
    stays = stays.with_columns(largest_eur=pl.when(is_dear).then(29_000.0).otherwise(pl.col("largest_eur")))
    found = protect(pl.concat([frame_of(counts), members, stays], how="diagonal_relaxed"), RULES).indicators
    assert set(found.filter(pl.col("indicator_id") != "condition_cost")["status"]) == {"ok"}
    dear = found.filter((pl.col("indicator_id") == "condition_cost") & (pl.col("status") != "ok"))
    assert ("T1", "1") in set(dear.select("territory_id", "stratum").iter_rows()) and len(dear) > 2
