"""Years as Dagster shows them: which partitions there are, which tables have them, what a run tells of each (docs/decisions/0010).

Belongs here: what Dagster is told by year. Not here: what is made again (strata/engine/parts.py): the partition that a run is started for
decides nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg
import duckdb

from strata.config import Config
from strata.engine import fingerprints
from strata.engine.models import Model

# Where a year means something to a person: what was read, by year of exit, then whom it speaks of and what is shown, by reporting year.
READ_BY_YEAR = ("read_slice", "read_stay")
PERSONS_BY_YEAR = ("person_year", "person_state", "person_stratum")
_BY_WINDOW = ("person_state", "person_stratum")  # a state looks back over several years of stays
# The counts and costs that a territory reads first. The other indicators are made by the same run: a table with partitions costs a run of
# Dagster's about a tenth of a processor second (docs/decisions/0010).
INDICATORS_BY_YEAR = ("persons", "prevalence", "cost_per_patient", "cost_vs_expected")
# Tags of Dagster.
DATA_VERSION = "dagster/data_version"
PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"

Told = dg.MaterializeResult[None] | dg.AssetMaterialization
# Of every table, with or without a year: the warehouse has one writer, and Dagster cuts a run where policies differ.
ONE_RUN = dg.BackfillPolicy.single_run()


@dataclass(frozen=True)
class Years:
    """The years of a project: from the first that the first window looks at to the last that is published. lookback: years of a window."""

    first: int
    last: int
    lookback: int

    @classmethod
    def of(cls, config: Config) -> "Years":
        """Those of strata.toml."""
        lookback = config.method.lookback_years
        return cls(config.years.first - lookback + 1, config.years.last, lookback)

    @property
    def keys(self) -> list[str]:
        """As partitions are named."""
        return [str(year) for year in range(self.first, self.last + 1)]

    @property
    def newest(self) -> str:
        """The partition that a refresh is started for when nobody chooses one."""
        return str(self.last)

    @property
    def partitions(self) -> dg.StaticPartitionsDefinition:
        """One partition a year."""
        return dg.StaticPartitionsDefinition(self.keys)

    def of_model(self, model: Model) -> dg.StaticPartitionsDefinition | None:
        """The partitions of a table that SQL makes; None where a year says nothing of it."""
        return self.partitions if model.name in (*PERSONS_BY_YEAR, *INDICATORS_BY_YEAR) else None

    def of_read(self, table: str) -> dg.StaticPartitionsDefinition | None:
        """The same of a table that Python writes."""
        return self.partitions if table in READ_BY_YEAR else None

    def dependencies(self, model: Model) -> list[dg.AssetDep | str]:
        """What a table reads; of one that looks at years of stays, which years of stays each of its years looks at.

        Between the two lie tables without a year: said here, a year newly read makes just the years stale that look at it.
        """
        if model.name not in PERSONS_BY_YEAR:
            return list(model.inputs)
        reach = self.lookback if model.name in _BY_WINDOW else 1
        return [*model.inputs, dg.AssetDep("read_stay", partition_mapping=self.windows(reach))]

    def windows(self, reach: int) -> dg.StaticPartitionMapping:
        """The stays of year Y are looked at by the years Y to Y + reach - 1."""
        ends = range(self.first, self.last + 1)
        return dg.StaticPartitionMapping({str(year): [str(end) for end in ends if year <= end < year + reach] for year in ends})


@dataclass(frozen=True)
class Year:
    """What a table holds of one year. content: its fingerprint; rows: their number."""

    content: str
    rows: int


_NOTHING = Year(fingerprints.digest(["no row"]), 0)
# A slice is told by what it was read from: nobody hashes a hundred million stays.
_READ = """
    SELECT CAST(read_slice.year AS VARCHAR), md5(string_agg(part_slice.content, '|' ORDER BY part_slice.slice_id))
    FROM read_slice
    JOIN part_slice ON part_slice.slice_id = read_slice.slice_id
    GROUP BY read_slice.year
"""


def held(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Year]:
    """What a table holds, year by year. Of stays as read: once changes.slices_content has been asked."""
    if table in READ_BY_YEAR:
        rows = dict(connection.execute(f"SELECT CAST(year AS VARCHAR), count(*) FROM {table} GROUP BY ALL").fetchall())
        return {year: Year(content, rows.get(year, 0)) for year, content in connection.execute(_READ).fetchall()}
    query = f"SELECT CAST(year AS VARCHAR), count(*), sum(hash(t)), bit_xor(hash(t)) FROM {table} AS t GROUP BY year"
    return {
        year: Year(fingerprints.digest([duckdb.__version__, str(rows), str(sums)]), int(rows))
        for year, rows, *sums in connection.execute(query).fetchall()
    }


def tell(
    context: dg.AssetExecutionContext, whole: dg.MaterializeResult[None], years: Mapping[str, Year], *, is_kept: bool
) -> Iterator[Told]:
    """What a run says of a table by year: of the years it was started for, then of every other that it made.

    whole: what it says of the table. is_kept: made of the same as before, so that a year has an event only if it is new or differs.
    Dagster gives one data version to all the years of a range: the events that follow it set each right.
    """
    assert whole.asset_key is not None
    key = dg.AssetKey.from_coercible(whole.asset_key)
    chosen = list(context.partition_keys)
    before = _told(context.instance, key)
    first = years.get(chosen[0], _NOTHING)
    if len(chosen) == 1:
        about = _about(first, before.get(chosen[0]))
        yield whole._replace(metadata={**(whole.metadata or {}), **about}, data_version=dg.DataVersion(first.content))
    else:
        yield whole
    said = context.instance.get_latest_materialization_event(key)
    made = said.asset_materialization if said else None
    for year in sorted({*years, *chosen}):
        one = years.get(year, _NOTHING)
        is_told = [year] == chosen or (year not in chosen and is_kept and before.get(year) == one.content)
        if made and not is_told:
            metadata = {**made.metadata, **_about(one, before.get(year))}
            yield dg.AssetMaterialization(key, partition=year, metadata=metadata, tags={**(made.tags or {}), DATA_VERSION: one.content})


def _about(year: Year, before: str | None) -> dict[str, int | bool]:
    return {"dagster/partition_row_count": year.rows, "rows_differ_from_last_time": year.content != before}


def _told(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, str]:
    """The content of each year when Dagster was last told of it."""
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    found = instance.event_log_storage.get_latest_tags_by_partition(key, kind, [DATA_VERSION])
    return {year: tags[DATA_VERSION] for year, tags in found.items() if DATA_VERSION in tags}
