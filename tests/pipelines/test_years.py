"""Years as Dagster's partitions: which tables have them, what a run tells of each, what a year newly read makes stale."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import sqlglot
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from pipelines.assets import build_assets
from pipelines.definitions import _refuse_without_year, defs
from pipelines.landing_sensor import STABLE_POLLS, landing_sensor
from pipelines.schedules import JOB, monthly_schedule
from pipelines.session import Session
from pipelines.years import DATA_VERSION, INDICATORS_BY_YEAR, PERSONS_BY_YEAR, RANGE_START, READ_BY_YEAR, Years
from strata.engine.models import models
from strata.errors import StrataError
from strata.ingest.warehouse.tables import empty
from tests.support.small_country import built, config
from tests.support.small_graph import session, sql_folder

YEARS = Years.of(config())
RANGE_END = "dagster/asset_partition_range_end"
SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
PERSONS = "-- Grain: one year.\nSELECT * FROM (VALUES (2024, 3), (2025, {last})) AS t (year, persons)"


def test_a_table_with_partitions_has_a_year_and_a_person_reads_it() -> None:
    by_year = {key.to_user_string() for key, one in YEARS_OF.items() if one is not None}
    assert by_year == {*READ_BY_YEAR, *PERSONS_BY_YEAR, *INDICATORS_BY_YEAR}
    assert all("year" in columns(name) for name in by_year - set(READ_BY_YEAR))
    assert YEARS.keys == [str(year) for year in range(2017, 2026)]


YEARS_OF = {key: assets.specs_by_key[key].partitions_def for assets in build_assets(years=YEARS) for key in assets.keys}


def columns(table: str) -> list[str]:
    """Of a table that SQL makes."""
    return sqlglot.parse_one(models()[table].sql, read="duckdb").named_selects


def test_a_command_pays_for_no_partition() -> None:
    assert not any(spec.partitions_def for assets in build_assets() for spec in assets.specs)


def test_the_refresh_of_several_years_is_one_run() -> None:
    assert defs.resolve_job_def(JOB).partitions_def == YEARS.partitions  # of the sample: the same years
    graph = defs.resolve_asset_graph()  # the command line asks it of every table of the job, with or without a year
    assert {graph.get(key).backfill_policy for key in graph.materializable_asset_keys} == {dg.BackfillPolicy.single_run()}


def test_the_schedule_starts_a_run_of_the_last_year(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        context = dg.build_schedule_context(instance, repository_def=defs.get_repository_def())
        asked = monthly_schedule(config(), YEARS).evaluate_tick(context).run_requests
    assert [one.tags["dagster/partition"] for one in asked or []] == ["2025"]


def test_the_sensor_starts_a_run_of_the_last_year(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "a.rsa").write_text("line\n", encoding="utf-8")
    sensor, cursor, asked = landing_sensor(replace(config(), folder=tmp_path), YEARS), None, []
    for _ in range(STABLE_POLLS + 1):
        with dg.DagsterInstance.ephemeral() as instance:
            told = sensor.evaluate_tick(dg.build_sensor_context(instance, cursor, repository_def=defs.get_repository_def()))
        cursor = told.cursor
        asked += [one.tags["dagster/partition"] for one in told.run_requests or []]
    assert asked == ["2025"]


@pytest.mark.parametrize("tags", [{"dagster/partition": "2023"}, {RANGE_START: "2021", RANGE_END: "2022"}])
def test_a_refresh_of_a_year_or_of_several_starts(tags: dict[str, str]) -> None:
    _refuse_without_year(dg.DagsterRun(job_name=JOB, tags=tags))


def test_a_refresh_of_no_year_says_how_to_start_one() -> None:
    with pytest.raises(StrataError, match="--partition 2025"):
        _refuse_without_year(dg.DagsterRun(job_name=JOB))
    _refuse_without_year(dg.DagsterRun(job_name="__ASSET_JOB"))  # a table without a year, materialised alone


def years_told(
    instance: dg.DagsterInstance, connection: duckdb.DuckDBPyConnection, folder: Path, **chosen: object
) -> dict[str, tuple[object, object, str]]:
    """Run the table of a small folder for some years; what is told of each: rows, whether they differ, content."""
    opened = session(folder, connection)
    asset = next(one for one in build_assets(folder, YEARS) if dg.AssetKey("persons") in one.keys)
    run = dg.materialize([asset], instance=instance, resources={"session": opened}, run_config=SILENT, **chosen)  # type: ignore[arg-type]
    told = {}
    for event in run.asset_materializations_for_node("persons"):
        about = {name: value.value for name, value in event.metadata.items()}
        rows, differ = about.get("dagster/partition_row_count"), about.get("rows_differ_from_last_time")
        told[str(event.partition)] = (rows, differ, (event.tags or {})[DATA_VERSION])
    return told


def test_a_run_tells_of_every_year_it_made_whatever_year_it_was_started_for(tmp_path: Path) -> None:
    folder = sql_folder(tmp_path / "one")
    (folder / "indicators" / "persons.sql").write_text(PERSONS.format(last=4), encoding="utf-8")
    other = sql_folder(tmp_path / "other")
    (other / "indicators" / "persons.sql").write_text(PERSONS.format(last=5), encoding="utf-8")
    connection = empty()
    with dg.DagsterInstance.ephemeral() as instance:
        first = years_told(instance, connection, folder, partition_key="2025")
        assert {year: (rows, differ) for year, (rows, differ, _) in first.items()} == {"2024": (1, True), "2025": (1, True)}
        kept = years_told(instance, connection, folder, partition_key="2025")
        assert kept == {"2025": (1, False, first["2025"][2])}  # nothing to make: nothing to tell of 2024
        changed = years_told(instance, connection, other, partition_key="2021")
        assert {year: (rows, differ) for year, (rows, differ, _) in changed.items()} == {
            "2021": (0, True),  # asked for, and no row
            "2024": (1, False),
            "2025": (1, True),
        }
        assert changed["2024"][2] == first["2024"][2] and changed["2025"][2] != first["2025"][2]


def test_the_years_of_a_range_end_with_a_version_each(tmp_path: Path) -> None:
    folder = sql_folder(tmp_path / "one")
    (folder / "indicators" / "persons.sql").write_text(PERSONS.format(last=4), encoding="utf-8")
    connection = empty()
    with dg.DagsterInstance.ephemeral() as instance:
        alone = years_told(instance, connection, folder, partition_key="2025")
        ranged = years_told(instance, connection, folder, tags={RANGE_START: "2023", RANGE_END: "2025"})
    assert ranged.keys() == {"2023", "2024", "2025"}  # the last event of each year
    assert {year: ranged[year][2] for year in alone} == {year: content for year, (_, _, content) in alone.items()}
    assert ranged["2024"][2] != ranged["2025"][2] and ranged["2023"][0] == 0


def stale_years(instance: dg.DagsterInstance, assets: list[dg.AssetsDefinition], table: str) -> set[str]:
    """Those that Dagster's grid shows as out of date."""
    graph = dg.Definitions(assets=assets, resources={"session": None}).resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return {year for year in YEARS.keys if resolver.get_status(dg.AssetKey(table), year) is StaleStatus.STALE}


def refresh(
    instance: dg.DagsterInstance, connection: duckdb.DuckDBPyConnection, folder: Path, assets: list[dg.AssetsDefinition], *names: str
) -> None:
    """Materialise some tables in a session of its own, for the last year."""
    opened = Session(replace(config(), folder=folder), "run", connection, lambda _: None)
    dg.materialize(assets, instance=instance, resources={"session": opened}, selection=names, partition_key="2025", run_config=SILENT)


def test_a_year_newly_read_makes_stale_the_windows_that_look_at_it(tmp_path: Path) -> None:
    connection = built("person | exit | das\n1 | 2020-03-10 | E1190\n1 | 2025-03-10 | E1190")
    (tmp_path / "landing").mkdir()
    assets = build_assets(years=YEARS)
    with dg.DagsterInstance.ephemeral() as instance:
        refresh(instance, connection, tmp_path, assets, "read_stay", "person_state", "person_year")
        assert not stale_years(instance, assets, "person_state")
        connection.execute("UPDATE read_slice SET month = 11 WHERE year = 2020")
        refresh(instance, connection, tmp_path, assets, "read_stay")  # started for 2025: 2020 is told all the same
        assert stale_years(instance, assets, "person_state") == {"2020", "2021", "2022", "2023", "2024"}
        assert stale_years(instance, assets, "person_year") == {"2020"}
        refresh(instance, connection, tmp_path, assets, "person_state")
        assert not stale_years(instance, assets, "person_state")
