"""Places made of several territories: read, added up, and protected with what they are made of."""

import polars as pl
import pytest

from strata.config import Disclosure
from strata.disclosure import protect
from strata.errors import StrataError
from strata.ingest.user.territory_groups import read_territory_groups
from strata.measures.catalogue import load_catalogue
from strata.measures.measure import measure
from strata.measures.relations import relations_of
from strata.publication.places import NAME, SCHEMA, write_places
from tests.support import cohort_warehouse as world
from tests.support.cohort_warehouse import pick

HEADER = "group_id;group_name;territory_id\n"
GROUPS = "INSERT INTO territory_group VALUES ('G', 'Nord', 'T1'), ('G', 'Nord', 'T2'), ('H', 'Sud', 'T2'), ('H', 'Sud', 'REST')"


def test_groups_are_read_nested_or_not(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text(HEADER + "G;Nord;T1\nG;Nord;T2\nH;Sud;T2\nH;Sud;REST\n", encoding="utf-8")
    assert read_territory_groups(path, ["T1", "T2"]).rows() == [
        ("G", "Nord", "T1"),
        ("G", "Nord", "T2"),
        ("H", "Sud", "REST"),
        ("H", "Sud", "T2"),
    ]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("T1;Nord;T2", "group_id"),
        ("all;Nord;T2", "group_id"),
        ("G;Nord;T9", "territory_id"),
        ("G;Nord;T1", "territory_id"),
        ("G;Sud;T2", "group_name"),
    ],
)
def test_a_wrong_line_is_pointed_at(tmp_path, line, column):
    path = tmp_path / "groups.csv"
    path.write_text(f"{HEADER}G;Nord;T1\n{line}\n", encoding="utf-8")
    with pytest.raises(StrataError) as refused:
        read_territory_groups(path, ["T1", "T2"])
    assert column in refused.value.where


def measured(tmp_path, persons):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    connection.execute(GROUPS)
    world.populate(connection, persons)
    return world.measured(connection, settings), relations_of(connection, settings)


def test_a_group_is_its_territories(tmp_path):
    frame, relations = measured(tmp_path, 1_200)
    assert relations.wholes == {"G": ["T1", "T2"], "H": ["REST", "T2"]}
    for name, column in (
        ("persons", "numerator"),
        ("prevalence", "denominator"),
        ("persons_vs_expected", "expected"),
        ("stays", "numerator"),
    ):
        parts = [pick(frame, name, territory_id=place)[column] for place in ("T1", "T2")]
        assert pick(frame, name, territory_id="G")[column] == pytest.approx(sum(parts), abs=0.02)
    assert pick(frame, "persons", territory_id="ALL")["value"] == sum(
        pick(frame, "persons", territory_id=i)["value"] for i in ("G", "REST")
    )


def test_the_publication_says_which_places_count_nobody_twice(tmp_path):
    settings = world.config(tmp_path)
    connection = world.empty(settings)
    connection.execute(GROUPS)
    world.populate(connection, 1_200)
    world.build(connection, settings)
    write_places(connection, tmp_path)
    told = {row["territory_id"]: row for row in pl.read_csv(tmp_path / NAME, schema=SCHEMA).iter_rows(named=True)}
    assert {name: (row["kind"], row["is_in_partition"], row["territories"]) for name, row in told.items()} == {
        "ALL": ("extract", False, "REST|T1|T2"),
        "G": ("group", False, "T1|T2"),
        "H": ("group", False, "REST|T2"),
        "REST": ("rest", True, "REST"),
        "T1": ("territory", True, "T1"),
        "T2": ("territory", True, "T2"),
    }
    assert told["G"]["name"] == "Nord"
    frame = measure(connection, settings, load_catalogue())
    persons = {place: pick(frame, "persons", territory_id=place)["value"] for place in told}
    assert sum(persons[place] for place, row in told.items() if row["is_in_partition"]) == persons["ALL"]


def test_no_group_gives_a_small_territory_back(tmp_path):
    """T2 alone has few persons of a stratum: no place that holds it is left with it as its only unknown."""
    frame, relations = measured(tmp_path, 260)
    protected = protect(frame, Disclosure(), relations=relations)
    assert protected.report["primary"] + protected.report["unlabelled"] > 0 and protected.report["not_proved"] == 0
    persons = protected.indicators.filter(pl.col("indicator_id") == "persons", pl.col("sex") == "all", pl.col("age_band") == "all")
    for whole, places in {**relations.wholes, "ALL": ["T1", "T2", "REST"]}.items():
        rows = persons.filter(pl.col("territory_id").is_in([whole, *places]))
        assert 1 not in rows.group_by("year", "stratum").agg(pl.col("value").null_count())["value"].to_list()
