"""What the models of the page share: the workspace, its use cases, and how a run is started."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.model.customer_value import CustomerType
from desktop.settings import settings_table
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.sync_presets import PresetNames
from desktop.sync.sync_service import SyncService
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol

P = ParamSpec("P")
T = TypeVar("T")


class StartedProcessProtocol(Protocol):
    """A process that was asked for."""

    @property
    def has_exited(self) -> bool:
        """Whether it has ended."""
        ...

    def last_output(self) -> str:
        """What it said last, for a person."""
        ...


@dataclass(frozen=True)
class SyncPageContext:
    """One workspace as the page needs it.

    `store` has a connection and a thread of its own, closed by `close`. `goals` tells no bus: it
    is called on the database's thread, and `tell` follows in this one.
    `start` begins a process of its own with the arguments after `sync`. Raises Bug.
    """

    workspace: WorkspaceSettingsProtocol
    store: WorkspaceStore
    syncs: SyncService
    bus: ChangeBus
    clock: Clock
    sync_names: Callable[[], PresetNames]
    start_process: Callable[..., StartedProcessProtocol]

    @property
    def decisions(self) -> PlanRowDecisions:
        """What people decide about plans."""
        return PlanRowDecisions(self.store, self.clock)

    @property
    def time_zone(self) -> str:
        """The Sailthru account's time zone."""
        return self.workspace.values.get(settings_table.TIMEZONE)

    @property
    def predicted_value_unit(self) -> str:
        """What this account's predictions are in: a currency, or `pageviews`."""
        publisher = (
            self.workspace.values.get(settings_table.CUSTOMER_TYPE) == CustomerType.PUBLISHER.value
        )
        return "pageviews" if publisher else self.workspace.values.get(settings_table.CURRENCY)

    async def run_in_database_thread(
        self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do something with the database on its own thread."""
        return await self.store.run(act, *args, **kwargs)

    def publish_sync_change(self) -> None:
        """Say that something about syncs has changed."""
        self.bus.publish(ChangeSet.of(Topic.SYNC))

    def close(self) -> None:
        """End the thread and close the connection; nobody uses the room any more."""
        self.store.close_second_connection()
