"""From persons to indicators: who is counted, with which euros, against which denominator, and why a number is missing."""

import math

import polars as pl
import pytest

from strata.measures.catalogue import load_catalogue
from strata.reference.pack import Pack, write_pack
from strata.settings import write_settings
from strata.statistics import standardised_ratio
from tests.support import cohort_warehouse as world
from tests.support.cohort_warehouse import add_person, pick


def build_people(tmp_path, add, **settings):
    chosen = world.config(tmp_path, **settings)
    connection = world.empty(chosen)
    add(connection)
    return connection, world.measured(connection, chosen)


@pytest.fixture(scope="module")
def nation(tmp_path_factory):
    """Six thousand persons of a country that is its own reference, measured."""
    settings = world.config(tmp_path_factory.mktemp("nation"), first=2023, last=2025)
    connection = world.empty(settings)
    world.populate(connection)
    return world.measured(connection, settings)


# ------------------------------------------------------------------ residents


def population_cells(tmp_path, rows):
    connection = world.empty(world.config(tmp_path))
    for row in rows:
        connection.execute("INSERT INTO population VALUES (2024, ?, ?, 'F', ?, ?, ?)", row)
    world.build(connection, world.config(tmp_path))
    found = connection.sql("SELECT territory_id, age_band, population FROM population_cell").fetchall()
    return {(place, band): None if residents is None else float(residents) for place, band, residents in found}


def test_adults_of_15_19_are_two_fifths(tmp_path):
    cells = population_cells(tmp_path, [("G1", None, 15, 19, 101), ("G1", None, 20, 24, 1000), ("G1", None, 0, 4, 7)])
    assert cells == {("T1", "18-39"): 1040.4, ("T1", "all_ages"): 1108}


def test_codes_of_no_territory_are_the_rest_and_territories_may_be_named(tmp_path):
    cells = population_cells(tmp_path, [("G9", None, 60, 64, 5), (None, "T2", 60, 64, 6), (None, "elsewhere", 60, 64, 7)])
    assert cells["REST", "60-64"] == 12
    assert cells["T2", "60-64"] == 6


def test_an_open_row_over_two_bands_leaves_both_unknown(tmp_path):
    cells = population_cells(tmp_path, [("G1", None, 80, 84, 10), ("G1", None, 85, 120, 10)])
    assert cells == {("T1", "80-84"): 10, ("T1", "85-89"): None, ("T1", "90+"): None, ("T1", "all_ages"): 20}


# ------------------------------------------------------------------ who is counted


def test_the_dead_of_the_year_stay_in_the_flow_with_their_euros(tmp_path):
    def add(connection):
        add_person(connection, 1, states={2023: "2"}, costs={2024: 8_000}, death="2024-07-01")
        add_person(connection, 2, states={2023: "2", 2024: "2"}, costs={2024: 2_000})

    connection, frame = build_people(tmp_path, add)
    assert pick(frame, "cost_total", cost_basis="billed_br")["value"] == 10_000
    assert pick(frame, "persons")["value"] == 1  # the stock of 31 December holds the living
    lived = connection.sql("SELECT person_years, died FROM flow_member WHERE year = 2024 ORDER BY person_id").fetchall()
    assert [(float(years), died) for years, died in lived] == [(0.5, True), (1.0, False)]  # 183 days of 366


def test_the_flow_keeps_stratum_place_and_age_of_the_eve(tmp_path):
    def add(connection):
        add_person(connection, 1, states={2023: "1", 2024: "4"}, costs={2024: 900})

    _, frame = build_people(tmp_path, add)
    assert pick(frame, "cost_total", stratum="1")["persons"] == 1
    assert pick(frame, "cost_total", stratum="4")["persons"] == 0
    assert pick(frame, "persons", stratum="4")["value"] == 1


def test_a_member_without_a_stay_in_the_year_costs_nothing_and_counts(tmp_path):
    def add(connection):
        add_person(connection, 1, states={2023: "1"}, costs={2024: 900})
        add_person(connection, 2, states={2023: "1"}, costs={2022: 5_000})

    _, frame = build_people(tmp_path, add)
    row = pick(frame, "cost_per_patient", cost_basis="billed_br")
    assert (row["numerator"], row["denominator"], row["value"]) == (900, 2, 450)


def test_five_years_of_cost_are_the_five_of_the_look_back(tmp_path):
    def add(connection):
        add_person(connection, 1, states={2024: "1"}, costs={year: 10 ** (year - 2018) for year in range(2018, 2026)})

    _, frame = build_people(tmp_path, add)
    assert pick(frame, "cost_5y_per_person", cost_basis="billed_br")["value"] == 1_111_100  # 10**2 of 2020 to 10**6 of 2024


def test_extended_risk_counts_strict_and_extended_together(tmp_path):
    def add(connection):
        add_person(connection, 1, states={2024: "at_risk_strict"})
        add_person(connection, 2, states={2024: "at_risk_extended"})
        add_person(connection, 3, states={2024: "1"})

    _, frame = build_people(tmp_path, add)
    assert pick(frame, "at_risk_persons", stratum="at_risk_strict")["value"] == 1
    assert pick(frame, "at_risk_persons", stratum="at_risk_extended")["value"] == 2
    assert pick(frame, "persons")["value"] == 1


def test_an_empty_cell_is_a_true_zero_without_a_mean(tmp_path):
    _, frame = build_people(tmp_path, lambda connection: add_person(connection, 1, states={2023: "1", 2024: "1"}))
    assert pick(frame, "persons", territory_id="T2")["value"] == 0
    for indicator_id in ("cost_per_patient", "cost_vs_expected", "cost_standardised", "cost_5y_per_person"):
        empty = pick(frame, indicator_id, territory_id="T2")
        assert (empty["status"], empty["reason"], empty["value"]) == ("not_computable", "no_person", None)


# ------------------------------------------------------------------ against the country


EXPECTED = ["persons_vs_expected", "cost_vs_expected", "cost_per_resident_vs_expected", "stays_vs_expected", "stays_vs_expected_case_mix"]


@pytest.mark.parametrize("indicator_id", EXPECTED)
def test_the_country_equals_one(nation, indicator_id):
    rows = nation.filter(pl.col("indicator_id") == indicator_id, pl.col("status") == "ok")
    whole = rows.filter(pl.col("territory_id") == "ALL")
    assert whole["stratum"].n_unique() >= 5
    assert (whole["ratio"] == 1).all()
    key = ["year", "stratum", "sex", "cost_basis"]
    parts = rows.filter(pl.col("territory_id") != "ALL").group_by(key).agg(pl.col("numerator").sum(), pl.col("expected").sum())
    assert parts.height == whole.height
    assert (parts["numerator"] / parts["expected"] - 1).abs().max() < 5e-5  # expected is published to the hundredth


@pytest.mark.parametrize("indicator_id", ["ambulatory_stays_vs_expected", "overnight_stays_vs_expected", "persons_vs_expected_case_mix"])
def test_the_country_equals_one_in_each_part(nation, indicator_id):
    rows = nation.filter(pl.col("indicator_id") == indicator_id, pl.col("status") == "ok", pl.col("territory_id") == "ALL")
    assert rows.height > 0
    assert (rows["ratio"] == 1).all()


ADDITIVE = ["stays", "ambulatory_stays", "overnight_stays", "bed_days", "hpe_stays", "condition_stays", "persons", "at_risk_persons"]


@pytest.mark.parametrize("indicator_id", ADDITIVE)
def test_places_and_the_rest_add_up_to_all(nation, indicator_id):
    rows = nation.filter(pl.col("indicator_id") == indicator_id, pl.col("age_band") == "all", pl.col("status") == "ok")
    key = ["year", "stratum", "sex"]
    whole = rows.filter(pl.col("territory_id") == "ALL").select(*key, whole="numerator")
    parts = rows.filter(pl.col("territory_id") != "ALL").group_by(key).agg(parts=pl.col("numerator").sum())
    both = parts.join(whole, on=key)
    assert both.height == parts.height > 0
    assert (both["parts"] == both["whole"]).all()


def test_ambulatory_and_full_stays_make_the_stays(nation):
    stays, ambulatory, full = (pick(nation, name)["value"] for name in ("stays", "ambulatory_stays", "overnight_stays"))
    assert stays == ambulatory + full > 0
    assert pick(nation, "ambulatory_share")["value"] == pytest.approx(ambulatory / stays, abs=1e-6)
    assert pick(nation, "stays_per_1000")["value"] == pytest.approx(1000 * stays / pick(nation, "stays_per_1000")["denominator"], abs=0.01)


CORE = (
    *("persons prevalence persons_vs_expected at_risk_persons hospitalised_share stays stays_vs_expected stays_per_1000".split()),
    *("ambulatory_stays ambulatory_share overnight_stays urgent_share hpe_stays hpe_per_1000 readmission_30d bed_days icu_share".split()),
    *("hospital_death amputation_rate decompensation_rate new_cases condition_stays cost_per_stay cost_total cost_per_patient".split()),
    *("cost_vs_expected cost_per_resident cost_per_resident_vs_expected cost_standardised ald_capture_share cost_gap".split()),
    *("cost_5y_per_person overlap_t2d_hf amputations_vs_expected".split()),
    *(f"transition_to_{outcome}" for outcome in ("1", "2", "3", "4", "none", "dead", "left")),
    *("transition_evidence_expired transition_no_recent_event transition_entered".split()),
)
ELSEWHERE = {"decompensation_rate": ("hf",), "overlap_t2d_hf": ("t2d_or_hf",)}  # conditions that this country of diabetes has not


def test_every_core_indicator_is_declared_and_has_its_rows(nation):
    catalogue = load_catalogue().indicators
    assert set(CORE) <= set(catalogue)
    assert set(CORE) - set(nation["indicator_id"]) == set(ELSEWHERE)
    assert {name: catalogue[name].conditions for name in ELSEWHERE} == ELSEWHERE


def test_amputations_are_persons_over_those_expected_of_the_residents(tmp_path):
    """Everybody of band 60-64 is amputated in 2024, nobody else: the expected is that of the residents of that band, in each sex."""

    def add(connection):
        world.populate(connection)
        world.amputate(connection, "SELECT person_id FROM person_state WHERE year = 2023 AND age_band = '60-64'")

    connection, frame = build_people(tmp_path, add)
    by_hand = """
        WITH member AS (SELECT territory_id, sex FROM flow_member WHERE year = 2024 AND age_band = '60-64'),
        resident AS (SELECT territory_id, sex, population FROM population_cell WHERE year = 2024 AND age_band = '60-64')
        SELECT (SELECT count(*) FROM member WHERE territory_id = 'T1'),
            (SELECT sum(r.population * (SELECT count(*) FROM member AS m WHERE m.sex = r.sex)
                        / (SELECT sum(population) FROM resident AS n WHERE n.sex = r.sex))
             FROM resident AS r WHERE r.territory_id = 'T1')"""
    ((observed, expected),) = connection.execute(by_hand).fetchall()
    row = pick(frame, "amputations_vs_expected")
    assert (row["numerator"], row["numerator_persons"]) == (observed, observed) and observed > 50
    assert row["expected"] == row["denominator"] == pytest.approx(float(expected), abs=0.01)
    assert (row["value"], row["lower"], row["upper"]) == pytest.approx(standardised_ratio(observed, float(expected)), abs=1e-4)
    assert pick(frame, "amputations_vs_expected", territory_id="ALL")["value"] == 1


def test_a_measure_without_its_event_says_so(tmp_path):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    add_person(connection, 1, states={2023: "1"})
    connection.execute("DELETE FROM definition_event WHERE event_id = 'amputation_act'")
    frame = world.measured(connection, settings)
    assert (pick(frame, "amputation_rate")["status"], pick(frame, "amputation_rate")["reason"]) == ("not_computable", "definition")
    assert pick(frame, "hospitalised_share")["status"] == "ok"


def test_standardised_cost_is_the_ratio_times_the_national_mean(nation):
    row, ratio = pick(nation, "cost_standardised"), pick(nation, "cost_vs_expected")
    assert row["value"] == pytest.approx(ratio["value"] * row["reference_value"], rel=1e-4)
    assert row["reference_value"] == pick(nation, "cost_per_patient", territory_id="ALL")["value"]
    assert ratio["denominator"] == ratio["expected"]


def test_finding_mild_patients_does_not_look_like_savings(tmp_path):
    settings = world.config(tmp_path)

    def costs(extra):
        connection = world.empty(settings)
        world.populate(connection)
        if extra:
            found = "SELECT 100000 + i AS person_id FROM range(115) AS r (i)"  # 8 % of the members of T1
            connection.execute(f"INSERT INTO person_state SELECT person_id, 2023, '60-64', 'F', 'T1' FROM ({found})")
            connection.execute(f"INSERT INTO person_stratum SELECT person_id, 't2d', 2023, 1, 'diseased' FROM ({found})")
            connection.execute(f"INSERT INTO person_year SELECT person_id, 2024, 500, 500, 0 FROM ({found})")
        frame = world.measured(connection, settings)
        return pick(frame, "cost_per_patient")["value"], pick(frame, "cost_per_resident")["value"]

    (before, resident_before), (after, resident_after) = costs(extra=False), costs(extra=True)
    assert after < 0.97 * before
    assert resident_after > 1.01 * resident_before


# ------------------------------------------------------------------ why a number is missing


def reasons(frame, **cell):
    mine = frame.filter(*(pl.col(name) == value for name, value in cell.items()))
    return {name: set(part["reason"]) for (name,), part in mine.group_by("indicator_id")}


def test_without_national_coverage_nothing_is_compared(tmp_path):
    def add(connection):
        world.populate(connection)

    _, frame = build_people(tmp_path, add, scope="own")
    found = reasons(frame, stratum="all", sex="all", age_band="all")
    national = {entry.id for entry in load_catalogue().indicators.values() if "national" in entry.needs}
    assert {name for name, why in found.items() if why == {"coverage"}} == national
    assert frame["reference_value"].is_null().all()
    assert frame["ratio"].is_null().all()
    assert pick(frame, "persons")["value"] > 0


def test_every_year_and_place_has_its_row_even_without_look_back(tmp_path):
    settings = world.config(tmp_path, first=2021, last=2025)
    connection = world.empty(settings, first_data_year=2021)
    add_person(connection, 1, states={2025: "1"})
    frame = world.measured(connection, settings)
    persons = frame.filter(
        pl.col("indicator_id") == "persons", pl.col("stratum") == "all", pl.col("age_band") == "all", pl.col("sex") == "all"
    )
    assert persons.height == 5 * 3  # T1, T2, ALL
    assert set(persons.filter(pl.col("year") < 2025)["reason"]) == {"lookback"}
    assert pick(frame, "persons", year=2025)["value"] == 1
    assert pick(frame, "cost_total", year=2024)["reason"] == "lookback"


def test_the_first_flow_says_that_its_eve_had_one_year_less(tmp_path):
    settings = world.config(tmp_path, first=2021, last=2022)
    connection = world.empty(settings, first_data_year=2017)
    add_person(connection, 1, states={2020: "1", 2021: "1", 2022: "1"}, costs={2021: 100, 2022: 100})
    frame = world.measured(connection, settings)
    assert [pick(frame, "cost_total", year=year)["lookback_years"] for year in (2021, 2022)] == [4, 5]
    assert pick(frame, "persons", year=2021)["lookback_years"] == 5


def test_a_partial_year_has_a_stock_and_nothing_annual(tmp_path):
    def add(connection):
        add_person(connection, 1, states={2024: "1", 2025: "1"}, costs={2025: 100})

    _, frame = build_people(tmp_path, add, through="2025-06")
    assert pick(frame, "persons", year=2025)["value"] == 1
    assert pick(frame, "persons", year=2025)["period_status"] == "partial"
    assert str(pick(frame, "persons", year=2025)["data_through"]) == "2025-06-30"
    for indicator_id in ("persons_vs_expected", "cost_total", "cost_per_patient", "cost_vs_expected", "cost_5y_per_person"):
        assert pick(frame, indicator_id, year=2025)["reason"] == "partial_year"


def test_a_year_that_has_not_begun_has_no_data(tmp_path):
    _, frame = build_people(tmp_path, lambda connection: add_person(connection, 1, states={2024: "1"}), through="2024-12")
    assert pick(frame, "persons", year=2025)["reason"] == "no_data"


def test_a_territory_without_population_has_no_rate_and_the_country_neither(tmp_path):
    def add(connection):
        world.populate(connection)
        connection.execute("DELETE FROM population WHERE geo_code = 'G2' AND age_min = 60")

    _, frame = build_people(tmp_path, add)
    assert pick(frame, "prevalence")["status"] == "ok"
    for place in ("T2", "ALL"):
        assert pick(frame, "prevalence", territory_id=place)["reason"] == "population"
        assert pick(frame, "cost_per_resident", territory_id=place)["reason"] == "population"
    assert pick(frame, "cost_vs_expected", territory_id="T2")["status"] == "ok"  # needs members, not residents


def test_more_persons_than_residents_is_a_population_at_fault(tmp_path):
    def add(connection):
        connection.execute(
            """INSERT INTO population SELECT 2024, 'G1', NULL, sex, age_min, age_max, CASE WHEN sex = 'F' AND age_min = 60 THEN 1 ELSE 0 END
               FROM age_band, (VALUES ('F'), ('M')) AS s (sex)"""
        )
        for number in range(2):
            add_person(connection, number, states={2023: "1", 2024: "1"}, costs={2024: 900})

    _, frame = build_people(tmp_path, add)
    assert (pick(frame, "prevalence")["reason"], pick(frame, "prevalence")["value"]) == ("population", None)
    assert pick(frame, "persons")["value"] == 2
    assert pick(frame, "cost_per_resident", cost_basis="billed_br")["value"] == 1_800


AGAINST_EXPECTED = ("cost_vs_expected", "cost_standardised", "cost_gap")


def test_euros_below_nothing_are_no_number(tmp_path):
    """Ingest sets such lines aside and a check stops the run; whoever comes here without them is told so."""

    def add(connection):
        world.populate(connection, 1_200)
        connection.execute("UPDATE person_year SET cost_billed_eur = -cost_billed_eur WHERE year = 2024")

    _, frame = build_people(tmp_path, add)
    for name in ("cost_total", "cost_per_patient", "cost_vs_expected", "cost_standardised", "cost_gap", "cost_per_resident"):
        row = pick(frame, name, cost_basis="billed_br")
        assert (row["status"], row["reason"], row["value"], row["ratio"]) == ("not_computable", "negative_cost", None, None), name
        # The other basis is not said to be below nothing; a mean of the nation that mixes signs is no reference for it either.
        assert pick(frame, name, cost_basis="standard")["reason"] == ("reference" if name in AGAINST_EXPECTED else None), name


def test_a_year_missing_in_the_middle_stops_what_its_look_back_needs(tmp_path):
    """2022 was never sent: no stock or flow whose five years hold it, and no number for it."""
    settings = world.config(tmp_path, first=2021, last=2025)
    connection = world.empty(settings)
    world.populate(connection, 1_200)
    connection.execute("DELETE FROM read_slice WHERE year = 2022")
    write_settings(connection, settings)
    frame = world.measured(connection, settings)
    status = {year: pick(frame, "persons", year=year)["status"] for year in range(2021, 2026)}
    assert status == {2021: "ok"} | dict.fromkeys(range(2022, 2026), "not_computable")
    assert {pick(frame, name, year=2023)["reason"] for name in ("persons", "cost_total", "stays")} == {"lookback"}


def test_an_interval_is_claimed_from_enough_persons_only(tmp_path):
    def add(connection):
        for number in range(60):
            add_person(connection, number, states={2023: "1"}, costs={2024: 100_000 if number == 0 else 1_000})

    _, frame = build_people(tmp_path, add)
    row = pick(frame, "cost_per_patient")
    assert row["status"] == "ok"
    assert row["reason"] == "interval_not_claimed"
    assert row["value"] > 0
    assert (row["lower"], row["upper"]) == (None, None)


def limits_by_hand(value, persons, variation):
    factor = math.exp(1.959964 * variation / math.sqrt(persons))
    return pytest.approx((value / factor, value * factor), rel=1e-4)


def test_sums_vary_by_raw_squares_and_means_within_sex_and_age(tmp_path):
    dear = {"60-64": (1_000, 3_000), "75-79": (9_000, 11_000)}  # scattered within a band by 1 000, over all by about 4 100

    def add(connection):
        connection.execute(
            """INSERT INTO population SELECT 2024, geo_code, NULL, sex, age_min, age_max, 50
               FROM age_band, (VALUES ('F'), ('M')) AS s (sex), (VALUES ('G1'), ('G2')) AS g (geo_code)"""
        )
        for number in range(40):
            band, euros_at, sex = ("60-64", "75-79")[number % 2], number // 2 % 2, "FM"[number // 4 % 2]
            add_person(connection, number, states={2023: "1"}, costs={2024: dear[band][euros_at]}, sex=sex, age_band=band)

    _, frame = build_people(tmp_path, add)
    total, squares, within = 240_000, 10 * (1 + 9 + 81 + 121) * 1e6, 40 * 1e6
    raw, stratified = math.sqrt(40 * squares) / total, math.sqrt(40 * 40 * within / (40 - 4)) / total
    for indicator_id, value, variation in (
        ("cost_total", total, raw),
        ("cost_per_resident", total / 1_000, raw),
        ("cost_per_patient", total / 40, stratified),
    ):
        row = pick(frame, indicator_id, cost_basis="billed_br")
        assert row["value"] == value
        assert (row["lower"], row["upper"]) == limits_by_hand(value, 40, variation), indicator_id
    by_population, by_members = (
        pick(frame, name, cost_basis="billed_br") for name in ("cost_per_resident_vs_expected", "cost_vs_expected")
    )
    assert by_population["ratio_upper"] / by_population["ratio"] == pytest.approx(math.exp(1.959964 * raw / math.sqrt(40)), rel=1e-4)
    assert by_members["ratio_upper"] / by_members["ratio"] == pytest.approx(math.exp(1.959964 * stratified / math.sqrt(40)), rel=1e-4)


def carried(tmp_path, keep, **settings):
    """The frame of a country measured with its own pack, less the cells that are not kept."""
    chosen = world.config(tmp_path)
    connection = world.empty(chosen)
    world.populate(connection)
    pack = world.build(connection, chosen)
    write_pack(Pack(pack.about, pack.cells.filter(keep), pack.totals), tmp_path / "pack")
    return world.measured(connection, world.config(tmp_path, paths={"reference": "pack"}, **settings))


def test_a_reference_that_lacks_a_cell_expects_nothing_of_whom_it_concerns(tmp_path):
    frame = carried(tmp_path, ~((pl.col("sex") == "F") & (pl.col("age_band") == "60-64")))
    for indicator_id in ("persons_vs_expected", "cost_vs_expected", "cost_per_resident_vs_expected"):
        for place, sex in (("T1", "all"), ("T1", "F"), ("ALL", "all")):
            row = pick(frame, indicator_id, territory_id=place, sex=sex)
            assert (row["status"], row["reason"], row["expected"]) == ("not_computable", "reference", None)
        assert pick(frame, indicator_id, sex="M")["status"] == "ok"


@pytest.mark.parametrize("scope", ["own", "regional"])
def test_a_pack_compares_nothing_without_national_coverage(tmp_path, scope):
    frame = carried(tmp_path, pl.lit(True), scope=scope)
    assert frame.select(pl.all_horizontal(pl.col("reference_value", "reference_id", "expected", "ratio").is_null().all())).item()
    assert pick(frame, "cost_per_patient")["value"] > 0


def test_every_row_has_a_number_or_a_reason(nation):
    assert nation.filter(pl.col("value").is_null() != (pl.col("status") == "not_computable")).is_empty()
    assert nation.filter(pl.col("value").is_null() & pl.col("reason").is_null()).is_empty()
    assert nation.filter(pl.col("lower") > pl.col("value")).is_empty()
    assert nation.filter(pl.col("upper") < pl.col("value")).is_empty()
    key = ["indicator_id", "cost_basis", "year", "condition", "territory_id", "stratum", "sex", "age_band"]
    assert nation.select(key).is_duplicated().sum() == 0


# ------------------------------------------------------------------ euros of stays


def test_the_euros_of_stays_are_those_that_have_a_value_and_a_dear_one_is_told_apart(tmp_path):
    """Two members: three stays of 1,000, 2,000 and no value, one of 500; that of 2,000 is for the condition."""

    def add(connection):
        for person in (1, 2):
            add_person(connection, person, states={2023: "1", 2024: "1"})
        for number, (person, euros) in enumerate([(1, 1000), (1, 2000), (1, None), (2, 500)]):
            connection.execute(
                """INSERT INTO stay SELECT ?, ?, 'mco', 2024, DATE '2024-03-01', DATE '2024-03-02', '8', NULL, '8', TRUE,
                   FALSE, FALSE, FALSE, TRUE, TRUE, ?::INTEGER IS NOT NULL, TRUE, ?, 10""",
                [number, person, euros, euros],
            )
        connection.execute(
            """INSERT INTO stay_event SELECT 1, 1, shown_no, DATE '2024-03-01', DATE '2024-03-02' FROM shown_event
               INNER JOIN definition_event USING (event_no) WHERE event_id = 'stay_for_t2d'"""
        )

    _, frame = build_people(tmp_path, add)
    every = pick(frame, "cost_per_mco_stay", cost_basis="billed_br")
    assert (every["numerator"], every["denominator"], every["value"], every["persons"]) == (3500, 3, 1166.67, 2)
    assert pick(frame, "cost_per_mco_stay", cost_basis="standard")["denominator"] == 4
    own = pick(frame, "cost_per_stay", cost_basis="billed_br")
    assert (own["numerator"], own["denominator"], own["persons"], own["largest_eur"]) == (2000, 1, 1, 2000)
    assert pick(frame, "condition_cost", cost_basis="billed_br")["value"] == 2000


def test_new_cases_are_the_entries_of_the_movement(nation):
    new, entered = (pick(nation, name, territory_id="ALL") for name in ("new_cases", "transition_entered"))
    assert new["numerator"] == new["value"] == entered["numerator"] and new["denominator"] is None
    assert pick(nation, "new_cases")["reason"] == "small_place"


# ------------------------------------------------------------------ who they are


def test_the_persons_of_a_place_are_described(tmp_path):
    """Three members of 60, one of them a man, two with kidney damage, by one of two criteria or by both; one at risk is nobody here."""

    def add(connection):
        connection.execute("INSERT INTO definition_criterion VALUES (1, 't2d', 'organ_kidney'), (2, 't2d', 'organ_eye_or_kidney')")
        connection.execute("INSERT INTO criterion_bit VALUES (1, 't2d', 1, 0, 40), (2, 't2d', 2, 0, 40)")
        connection.execute(
            """INSERT INTO characteristic BY NAME
            SELECT 'kidney_damage' AS measure, 't2d' AS condition, 'organ_eye_or_kidney' AS criterion_id"""
        )
        for person, sex in ((1, "F"), (2, "F"), (3, "M")):
            add_person(connection, person, states={2024: "1"}, sex=sex)
        add_person(connection, 4, states={2024: "at_risk_strict"}, sex="M", age_band="80-84")
        connection.execute(
            """INSERT INTO person_criteria SELECT person_id, 2024, 0, CAST(bits AS HUGEINT) << 40
            FROM (VALUES (1, 3), (2, 2), (3, 4), (4, 1)) AS ill (person_id, bits)"""
        )

    _, frame = build_people(tmp_path, add)
    found = {name: pick(frame, f"share_{name}") for name in ("women", "under_65", "aged_75_84", "kidney_damage", "eye_damage")}
    assert [found[name]["numerator"] for name in ("women", "under_65", "aged_75_84", "kidney_damage")] == [2, 3, 0, 2]
    assert {found[name]["denominator"] for name in ("women", "under_65", "aged_75_84", "kidney_damage")} == {3}
    assert found["eye_damage"]["reason"] == "definition"  # this definition has no such criterion
    assert (pick(frame, "mean_age")["value"], pick(frame, "mean_age")["lower"]) == (60, 60)


def test_who_has_both_conditions_counts_once_and_their_euros_too(tmp_path):
    """Persons 1 (both), 2 (diabetes), 3 (heart failure), 100 euros each."""

    def add(connection):
        connection.execute("INSERT INTO definition SELECT 'hf', 'HF-1', label_fr, label_en, short_fr, '0' FROM definition")
        for person in (1, 2, 3):
            add_person(connection, person, states={2023: "1", 2024: "2"}, costs={2024: 100})
        connection.execute(
            "INSERT INTO person_stratum SELECT person_id, 'hf', year, 3, status FROM person_stratum WHERE person_id IN (1, 3)"
        )
        connection.execute("DELETE FROM person_stratum WHERE person_id = 3 AND condition = 't2d'")

    _, frame = build_people(tmp_path, add)
    assert pick(frame, "persons", condition="t2d_or_hf")["value"] == 3
    assert pick(frame, "cost_total", condition="t2d_or_hf", cost_basis="billed_br")["value"] == 300
    overlap = pick(frame, "overlap_t2d_hf")
    assert (overlap["numerator"], overlap["denominator"], overlap["definition_id"]) == (1, 3, "TEST-1.0+HF-1")


def test_a_union_needs_both_definitions(nation):
    assert set(nation["condition"]) == {"t2d"}


def test_persons_exempted_are_found_or_not(tmp_path):
    """Of three exempted at the index date, one is found. One exemption ended before, one person died; 5 is found without any."""

    def add(connection):
        connection.execute("INSERT INTO definition_event VALUES (900, 'shared', 'exempted_for_t2d')")
        connection.execute("INSERT INTO shown_event VALUES (900, 900)")
        for person in (1, 5):
            add_person(connection, person, states={2024: "1"})
        connection.execute("INSERT INTO person VALUES (2, NULL), (3, DATE '2024-05-01'), (4, NULL), (6, NULL)")
        connection.execute("INSERT INTO ald SELECT i, DATE '2020-01-01', NULL FROM range(4) AS r (i)")
        connection.execute(
            """INSERT INTO care_event SELECT i, 900, DATE '2020-01-01', CASE i WHEN 4 THEN DATE '2024-06-01' ELSE DATE '9999-12-30' END
               FROM (VALUES (1), (2), (3), (4), (6)) AS r (i)"""
        )

    _, frame = build_people(tmp_path, add)
    row = pick(frame, "ald_capture_share", territory_id="ALL")
    assert (row["numerator"], row["denominator"], row["rest_persons"]) == (1, 3, 2)


def test_without_exemptions_nothing_is_said_of_them(nation):
    assert pick(nation, "ald_capture_share", territory_id="ALL")["reason"] == "exemptions"
