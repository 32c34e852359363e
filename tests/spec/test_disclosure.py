"""The door out, attacked: every published number is used to bound every masked cell by linear programming."""

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from strata.disclosure import mask, primary, protect, secondary
from strata.measure import PUBLISHED, VALUES
from tests.support import cohort_warehouse as world
from tests.support.cohort_warehouse import pick

THRESHOLD = 11
SIZES = (150, 260, 420)
CELL = ["state_year", "territory_id", "stratum", "sex", "age_band"]
TOTALS = {"territory_id": "ALL", "stratum": "all", "sex": "all", "age_band": "all"}


def measured(tmp_path, persons, spoil=""):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, persons)
    if spoil:
        connection.execute(spoil)
    return world.measured(connection, settings)


def counts_shown(published):
    """Persons of a cell by every road: counts, rate x population, O/E x expected, total / mean, denominators."""
    shown = published.with_columns(state_year=pl.col("year") - (pl.col("cohort") == "flow").cast(pl.Int16))
    found = {}
    totals = shown.filter(pl.col("indicator_id") == "cost_total").select(*CELL, "cost_basis", total="value")
    for row in shown.join(totals, on=[*CELL, "cost_basis"], how="left").iter_rows(named=True):
        cell, name, value = tuple(row[column] for column in CELL), row["indicator_id"], row["value"]
        if value is None:
            count = row["denominator"] if name == "cost_per_patient" else row["numerator"] if row["cost_basis"] == "none" else None
        elif name.startswith("prevalence"):
            count = value * row["denominator"]
        elif name == "persons_vs_expected":
            count = row["ratio"] * row["expected"]
        elif name == "cost_per_patient":
            count = row["total"] / value if value and row["total"] else row["denominator"]
        elif name == "cost_5y_per_person":
            count = row["numerator"] / value if value else row["denominator"]
        else:
            count = value if row["cost_basis"] == "none" else None
        if count is not None:
            found[cell] = round(count)
    return found


def equations(cells):
    """Each sum as (parts, total), from the shape of the published cells alone."""
    for at, column in enumerate(CELL[1:], start=1):
        groups = {}
        for cell in cells:
            if not (column == "stratum" and cell[at].startswith("at_risk")):
                groups.setdefault(cell[:at] + cell[at + 1 :], []).append(cell)
        for group in groups.values():
            parts = [cell for cell in group if cell[at] != TOTALS[column]]
            total = [cell for cell in group if cell[at] == TOTALS[column]]
            if parts and total:
                yield parts, total[0]


def recovered(published, truth):
    """Masked cells of 1-10 persons whose number the published figures pin down (LP bounds less than one person apart)."""
    shown, cells = counts_shown(published), sorted(truth)
    index = {cell: at for at, cell in enumerate(cells)}
    rows, right = [], []
    for parts, total in equations(cells):
        row = np.zeros(len(cells))
        row[[index[part] for part in parts]] = 1
        row[index[total]] = -1
        rows.append(row)
        right.append(0)
    bounds = [(shown[cell], shown[cell]) if cell in shown else (0, None) for cell in cells]
    pinned = []
    for cell in (cell for cell in cells if 0 < truth[cell] < THRESHOLD):
        aim = np.zeros(len(cells))
        aim[index[cell]] = 1
        low, high = (linprog(sign * aim, A_eq=np.array(rows), b_eq=right, bounds=bounds) for sign in (1, -1))
        if low.status == 0 and high.status == 0 and -high.fun - low.fun < 1:
            pinned.append(cell)
    return pinned


def true_counts(frame):
    cells = primary(frame, THRESHOLD)
    return {tuple(row[column] for column in CELL): row["persons"] for row in cells.iter_rows(named=True)}


@pytest.mark.parametrize("persons", SIZES)
def test_subtraction_recovers_nothing(tmp_path, persons):
    frame = measured(tmp_path, persons)
    truth = true_counts(frame)
    assert any(0 < count < THRESHOLD for count in truth.values())
    assert recovered(protect(frame, THRESHOLD), truth) == []


@pytest.mark.parametrize("persons", SIZES)
def test_the_attack_succeeds_without_the_secondary_step(tmp_path, persons):
    spoil = "DELETE FROM person_stratum WHERE person_id > 40 AND stratum = 2 AND person_id % 7 < 2"  # one small stratum in one place
    frame = measured(tmp_path, persons, spoil)
    truth = true_counts(frame)
    assert recovered(mask(frame, primary(frame, THRESHOLD)), truth) != []
    assert recovered(protect(frame, THRESHOLD), truth) == []


def test_a_masked_row_gives_no_number_in_any_indicator(tmp_path):
    published = protect(measured(tmp_path, 150), THRESHOLD)
    masked = published.filter(pl.col("status").str.starts_with("suppressed"))
    assert masked["indicator_id"].n_unique() == 12
    assert masked.select(pl.all_horizontal(pl.col(name).is_null().all() for name in VALUES)).item()
    assert set(masked["reason"]) <= {"few_persons", "protects_another_cell"}
    assert published.columns == list(PUBLISHED)


def test_the_stock_and_the_flow_of_the_same_people_wear_one_mask(tmp_path):
    published = protect(measured(tmp_path, 150), THRESHOLD)
    cell = {"territory_id": "T1", "sex": "all", "age_band": "all"}
    for stratum in "1234":
        stock = pick(published, "persons", year=2024, stratum=stratum, **cell)
        flow = pick(published, "cost_per_patient", year=2025, stratum=stratum, **cell)
        assert (stock["status"] == "ok") == (flow["status"] == "ok")


def test_a_flow_is_masked_with_the_stock_of_its_eve_not_of_its_year():
    cell = ("T1", "1", "all", "all")
    flow = {"year": 2024, "cohort": "flow", "indicator_id": "cost_total", "cost_basis": "standard"}
    frames = [frame_of({cell: 5}, year=2023), frame_of({cell: 5}, **flow), frame_of({cell: 500}, year=2024)]
    published = protect(pl.concat(frames), THRESHOLD)
    found = {(row["indicator_id"], row["year"]): row["status"] for row in published.iter_rows(named=True)}
    assert found == {("persons", 2023): "suppressed_primary", ("cost_total", 2024): "suppressed_primary", ("persons", 2024): "ok"}


def test_a_large_country_loses_nothing(tmp_path):
    published = protect(measured(tmp_path, 6_000), THRESHOLD)
    assert set(published["status"]) == {"ok"}


def frame_of(counts, **extra):
    """A measured frame of persons only: {(territory, stratum, sex, age_band): persons}."""
    rows = [
        {
            "indicator_id": "persons",
            "year": 2024,
            "condition": "t2d",
            "cohort": "stock",
            "cost_basis": "none",
            "status": "ok",
            "persons": count,
        }
        | dict(zip(CELL[1:], cell, strict=True))
        | extra
        for cell, count in counts.items()
    ]
    empty = pl.DataFrame(schema=PUBLISHED | {"persons": pl.Int64})
    return pl.concat([empty, pl.DataFrame(rows)], how="diagonal_relaxed").with_columns(numerator=pl.col("persons").cast(pl.Float64))


def statuses(counts):
    cells = secondary(primary(frame_of(counts), THRESHOLD), THRESHOLD)
    return {tuple(row[column] for column in CELL[1:]): row["status"] for row in cells.iter_rows(named=True)}


def test_zero_is_published_unless_it_helps_to_hide():
    places = {("ALL", "all", "all", "all"): 40, ("T1", "all", "all", "all"): 40, ("T2", "all", "all", "all"): 0}
    assert set(statuses(places).values()) == {None}
    places |= {("ALL", "all", "all", "all"): 45, ("REST", "all", "all", "all"): 5}
    found = statuses(places)
    assert found["REST", "all", "all", "all"] == "suppressed_primary"
    assert found["T1", "all", "all", "all"] == found["T2", "all", "all", "all"] == "suppressed_secondary"
    assert found["ALL", "all", "all", "all"] is None


def test_a_masked_total_takes_its_parts_with_it():
    counts = {(place, stratum, "all", "all"): 20 for place in ("T1", "T2") for stratum in "1234"}
    counts |= {("T1", "all", "all", "all"): 80, ("T2", "all", "all", "all"): 80, ("REST", "all", "all", "all"): 4}
    counts |= {("ALL", "all", "all", "all"): 164}
    found = statuses(counts)
    assert found["T1", "all", "all", "all"] == "suppressed_secondary"
    assert found["T1", "1", "all", "all"] == "suppressed_secondary"  # their sum would be the masked total


def test_nested_risk_levels_that_nearly_coincide_hide_the_inner_one():
    counts = {("T1", "at_risk_strict", "all", "all"): 100, ("T1", "at_risk_extended", "all", "all"): 104}
    found = statuses(counts)
    assert found["T1", "at_risk_strict", "all", "all"] == "suppressed_secondary"
    assert found["T1", "at_risk_extended", "all", "all"] is None
    counts["T1", "at_risk_extended", "all", "all"] = 111
    assert set(statuses(counts).values()) == {None}


@pytest.mark.parametrize(("persons", "status"), [(0, None), (1, "suppressed_primary"), (10, "suppressed_primary"), (11, None)])
def test_the_threshold_is_eleven_and_zero_is_not_small(persons, status):
    assert statuses({("ALL", "all", "all", "all"): persons}) == {("ALL", "all", "all", "all"): status}


def test_a_reason_that_tells_who_lives_there_is_masked_too():
    row = frame_of({("T1", "2", "all", "all"): 0, ("T1", "1", "all", "all"): 3, ("T1", "all", "all", "all"): 30})
    row = row.with_columns(
        status=pl.when(pl.col("persons") == 0).then(pl.lit("not_computable")).otherwise("status"),
        reason=pl.when(pl.col("persons") == 0).then(pl.lit("no_person")),
    )
    published = protect(row, THRESHOLD)
    assert pick(published, "persons", stratum="2")["status"] == "suppressed_secondary"
    structural = row.with_columns(status=pl.lit("not_computable"), reason=pl.lit("coverage"), numerator=pl.lit(None, pl.Float64))
    assert set(protect(structural, THRESHOLD)["reason"]) == {"coverage"}
