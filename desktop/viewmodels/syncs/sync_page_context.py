"""What the view-models of the page Sync share: store, use cases, and how runs are started."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.model.customer_value import CustomerType
from desktop.model.sync import Sync
from desktop.settings import settings_table
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.sync_context import SyncContext
from desktop.sync.sync_presets import PresetNames
from desktop.sync.sync_service import SyncService
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol


class StartedProcessProtocol(Protocol):
    """What the page Sync needs of a process it started for a run or preview."""

    @property
    def has_exited(self) -> bool:
        """Whether the page Sync's run process has ended."""
        ...

    def last_output(self) -> str:
        """Return the last line that the page Sync's run process printed, for a person."""
        ...


async def _works_alone(_sync: Sync) -> str:
    return ""


@dataclass(frozen=True)
class SyncPageContext:
    """One workspace as the page Sync's view-models need it.

    `store` has a connection and a thread of its own, closed by `close`. `syncs` publishes nothing
    on the bus, since it runs on the database's thread: `publish_sync_change` follows in this one.
    `start_process` starts `fairlead sync` with these arguments. Raises InternalError.
    `make_sync_context` raises UserDecisionNeeded while a service is not connected.
    `describe_runner` says which computer of a team runs a sync, "" where there is no team.
    """

    workspace: WorkspaceSettingsProtocol
    store: WorkspaceStore
    syncs: SyncService
    bus: ChangeBus
    clock: Clock
    sync_names: Callable[[], PresetNames]
    start_process: Callable[..., StartedProcessProtocol]
    make_sync_context: Callable[[], SyncContext]
    describe_runner: Callable[[Sync], Awaitable[str]] = _works_alone

    @property
    def decisions(self) -> PlanRowDecisions:
        """The use cases of what people decide about plan rows, for the page Sync."""
        return PlanRowDecisions(self.store, self.clock)

    @property
    def time_zone(self) -> str:
        """The Sailthru account's time zone (IANA), for the page Sync's schedules."""
        return self.workspace.values.get(settings_table.TIMEZONE)

    @property
    def predicted_value_unit(self) -> str:
        """The unit of predicted values on the page Sync: a currency, or `pageviews`."""
        values = self.workspace.values
        is_publisher = values.get(settings_table.CUSTOMER_TYPE) == CustomerType.PUBLISHER.value
        return "pageviews" if is_publisher else values.get(settings_table.CURRENCY)

    def publish_sync_change(self) -> None:
        """Tell every part of the window by the bus that something about syncs has changed."""
        self.bus.publish(ChangeSet.of(Topic.SYNC))

    def close(self) -> None:
        """Close the page Sync's database connection and end its thread."""
        # Counting a million rows on it never holds up the rest of the window.
        self.store.close_second_connection()
