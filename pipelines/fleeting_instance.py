"""A Dagster instance for one run in this process, which leaves nothing behind.

Belongs here: an instance whose log of events stores nothing. Not here: the run (runner.py).

A run has about a thousand events. What Dagster would store of them is thrown away with the instance, and nobody reads it meanwhile: steps
of one process hand their outcomes over in memory. Storing them, and looking in them for the versions of what each table reads, was half of
what Dagster costs such a run.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage


class _NothingStored(InMemoryEventLogStorage):
    """A log that nobody reads."""

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Forget it."""

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[AssetRecord]:
        """None is known."""
        return []

    @property
    def asset_records_have_last_observation(self) -> bool:
        """Whoever finds no record need not look for observations."""
        return True


@contextmanager
def fleeting_instance() -> Iterator[dg.DagsterInstance]:
    """What dg.DagsterInstance.ephemeral gives, telemetry off, without its log of events."""
    with dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),  # type: ignore[no-untyped-call] # of Dagster
        run_storage=InMemoryRunStorage(),
        event_storage=_NothingStored(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
        settings={"telemetry": {"enabled": False}},
    ) as instance:
        yield instance
