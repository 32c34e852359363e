"""A zero is told beside a national number that is withheld, and does not give it: amputations, few and in few places."""

from itertools import product

import polars as pl
import pytest

from strata.config import Disclosure
from strata.disclosure import protect
from strata.measures.relations import relations_of
from tests.support import cohort_warehouse as world
from tests.support.cohort_warehouse import pick

PLACES = ("T1", "T2", "REST", "ALL")
COUNTED = ("amputation_rate", "amputations_vs_expected")


def told(tmp_path, persons_of, **rules):
    """The protected rows of a country where so many members of each place are amputated in 2024, and what was measured."""
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    world.populate(connection, 2_400)
    members = "SELECT person_id, territory_id FROM person_stratum INNER JOIN person_state USING (person_id, year) WHERE year = 2023"
    for place, count in persons_of.items():
        chosen = f"SELECT person_id FROM ({members} AND status = 'diseased' AND territory_id = '{place}') ORDER BY person_id LIMIT {count}"
        world.amputate(connection, chosen)
    frame = world.measured(connection, settings)
    assert [pick(frame, "amputation_rate", territory_id=place)["numerator"] for place in persons_of] == list(persons_of.values())
    return protect(frame, Disclosure(**rules), relations=relations_of(connection, settings))


def possible(rows):
    """Every (T2, REST, ALL) that agrees with what is told, T1 being 0, with the labels and with the sum."""
    within = {
        place: [int(row["numerator"])] if row["status"] == "ok" else range(1, 11) if row["status"] == "suppressed_primary" else range(60)
        for place, row in rows.items()
    }
    return [found for found in product(*(within[place] for place in PLACES[1:])) if found[0] + found[1] == found[2]]


@pytest.mark.parametrize("persons_of", [{"T2": 3, "REST": 4}, {"T2": 4, "REST": 20}], ids=["a few in all", "a few beside many"])
def test_a_true_zero_is_told_and_gives_nobody_away(tmp_path, persons_of):
    protected = told(tmp_path, persons_of)
    rows = {place: pick(protected.indicators, "amputation_rate", territory_id=place) for place in PLACES}
    assert (rows["T1"]["status"], rows["T1"]["value"], rows["T1"]["lower"]) == ("ok", 0, 0) and rows["T1"]["upper"] > 0
    few = {name for name, count in {**persons_of, "ALL": sum(persons_of.values())}.items() if count < 11}
    for place in few:
        assert (rows[place]["status"].startswith("suppressed"), rows[place]["value"]) == (True, None)
    assert len({found[0] for found in possible(rows)}) >= 6 and protected.report["not_proved"] == 0


def test_what_is_made_of_a_withheld_number_is_withheld_too(tmp_path):
    protected = told(tmp_path, {"T2": 3, "REST": 4})
    rows = protected.indicators.filter(
        pl.col("indicator_id").is_in(COUNTED), pl.col("year") == 2024, pl.col("territory_id") != "T1", pl.col("stratum") == "all"
    )
    assert rows.height == 6 and not (rows["status"] == "ok").any()
    assert rows.select(pl.all_horizontal(pl.col("numerator", "value", "upper", "expected").is_null().all())).item()


def test_zeros_are_withheld_where_the_rule_says_so(tmp_path):
    protected = told(tmp_path, {"T2": 3, "REST": 4}, publish_zero=False)
    assert pick(protected.indicators, "amputation_rate")["status"] == "suppressed_primary"
