"""What the models of the page share: the workspace, its use cases, and how a run is started."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.model.value import CustomerType
from desktop.settings import table
from desktop.store.store import Store
from desktop.sync.decide import Decisions
from desktop.sync.goals import Goals
from desktop.sync.presets import SyncNames
from desktop.viewmodels.settings_office import SettingsOffice

P = ParamSpec("P")
T = TypeVar("T")


class Started(Protocol):
    """A process that was asked for."""

    @property
    def gone(self) -> bool:
        """Whether it has ended."""
        ...

    def last_words(self) -> str:
        """What it said last, for a person."""
        ...


@dataclass(frozen=True)
class Room:
    """One workspace as the page needs it.

    `store` has a connection and a thread of its own, closed by `close`. `goals` tells no bus: it
    is called on the database's thread, and `tell` follows in this one.
    `start` begins a process of its own with the arguments after `sync`. Raises Bug.
    """

    office: SettingsOffice
    store: Store
    goals: Goals
    bus: Bus
    clock: Clock
    names: Callable[[], SyncNames]
    start: Callable[..., Started]

    @property
    def decisions(self) -> Decisions:
        """What people decide about plans."""
        return Decisions(self.store, self.clock)

    @property
    def zone(self) -> str:
        """The Sailthru account's time zone."""
        return self.office.values.get(table.TIMEZONE)

    @property
    def worth_unit(self) -> str:
        """What this account's predictions are in: a currency, or `pageviews`."""
        publisher = self.office.values.get(table.CUSTOMER_TYPE) == CustomerType.PUBLISHER.value
        return "pageviews" if publisher else self.office.values.get(table.CURRENCY)

    async def run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something with the database on its own thread."""
        return await self.store.lane.run(act, *args, **kwargs)

    def tell(self) -> None:
        """Say that something about syncs has changed."""
        self.bus.publish(Changes.of(Topic.SYNC))

    def close(self) -> None:
        """End the thread and close the connection; nobody uses the room any more."""
        self.store.close_beside()
