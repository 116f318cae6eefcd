"""What is live: the connected services, who works here, and what they may do.

The one mutable thing in the graph: everybody else asks it at the moment of need.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from desktop.clients.state import ServiceState, Status
from desktop.connect.desk import Desk
from desktop.connect.roles import at_work, offline_actor, rules_for
from desktop.customer.services import Names, Services
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.errors import AppError, AuthLost, NotPermitted
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Rules
from desktop.settings import table
from desktop.settings.state import StateFile, WindowState
from desktop.settings.values import Values

if TYPE_CHECKING:
    from desktop.app.connection import Connection
    from desktop.store.lane import Lane

log = logging.getLogger(__name__)


class Live:
    """One workspace's connections.

    `notice` is what is wrong with the settings file, `trouble` why signing in did not work.
    """

    def __init__(self, desk: Desk, bus: Bus, lane: "Lane | None" = None) -> None:
        """`lane` is the store's thread, in which what was read is kept."""
        self.desk = desk
        self._lane = lane
        self._file = desk.settings
        self._bus = bus
        self._connection: Connection | None = None
        self._states: dict[str, ServiceState] = {}
        loaded = self._file.load()
        self.values: Values = loaded.values
        self.notice: AppError | None = loaded.notice
        self.trouble: AppError | None = None
        self.predictions: bool | None = None
        # Whether a sign-in of this workspace stands; without one the rules are the defaults.
        self._stands = False
        self._ruled: tuple[Values, bool, Rules] | None = None
        # Who was signed in last may be named, but grants nothing until Zendesk says so again.
        self._actor = offline_actor(StateFile(desk.workspace.state_path).read())

    @property
    def services(self) -> Services:
        """The clients; both None before connecting."""
        return self._connection.services if self._connection else Services(None, None)

    @property
    def connected(self) -> bool:
        """Whether there is any client."""
        services = self.services
        return services.sailthru is not None or services.zendesk is not None

    @property
    def configured(self) -> bool:
        """Whether this workspace was ever set up (without asking the keyring)."""
        stored = self.values.stored
        return table.ZENDESK_BASE_URL.key in stored or table.SERVICE_URI.key in stored

    @property
    def actor(self) -> Actor:
        """Who is at work here."""
        return self._actor

    @property
    def rules(self) -> Rules:
        """What may be done. Before connecting the defaults stand and cannot be widened."""
        # Asked for by every panel at every news; both are as good as constant.
        values, connected = self.values, self._stands
        if self._ruled is None or self._ruled[:2] != (values, connected):
            self._ruled = (values, connected, rules_for(values, connected=connected))
        return self._ruled[2]

    @property
    def states(self) -> tuple[ServiceState, ...]:
        """How each connected service is doing."""
        return tuple(self._states.values())

    def names(self) -> Names:
        """How this account calls the things Fairlead writes."""
        get = self.values.get
        return Names(
            health_var=get(table.HEALTH_VAR),
            mark_var=get(table.MARK_VAR),
            smart_list=get(table.SMART_LIST),
            box_field=get(table.BOX_FIELD),
            highvalue_tag=get(table.HIGHVALUE_TAG),
        )

    def reload(self) -> None:
        """Read the settings again (changed in the dialog or by another process)."""
        loaded = self._file.load()
        self.values, self.notice = loaded.values, loaded.notice
        self._bus.publish(Changes.of(Topic.SETTINGS, Topic.PERMISSIONS))

    def change(self, changes: Mapping[str, Json]) -> None:
        """Check and store settings, all or none. Raises BadInput, NotPermitted, StoreKnown."""
        self.values = self._file.change(changes)
        self._bus.publish(Changes.of(Topic.SETTINGS, Topic.PERMISSIONS))

    async def connect(self, *, for_runs: bool = False) -> None:
        """Build the clients from settings and vault, and find out who works here.

        `for_runs`: with a run's patience and connections, and a quarter of every budget kept.

        Raises NoKeyring and BadInput; a service that is away is no error, its state says so.
        """
        from desktop.app.connection import RUN_WIRE, open_connection
        from desktop.clients.caller import INTERACTIVE, RUN

        # The old connection serves until the new one is there: nobody sees none in between.
        opened = await open_connection(
            self.desk,
            self.values,
            self._on_state,
            patience=RUN if for_runs else INTERACTIVE,
            wire=RUN_WIRE if for_runs else None,
        )
        await self._close_connection()
        self._states.clear()
        self._connection = opened
        self._bus.publish(Changes.of(Topic.SERVICE, Topic.PERMISSIONS))
        await self.identify()

    async def identify(self) -> None:
        """Ask Zendesk who this is, and Sailthru what the account has."""
        await asyncio.gather(self._who(), self._account())
        self._bus.publish(Changes.of(Topic.SERVICE, Topic.PERMISSIONS))

    async def disconnect(self) -> None:
        """Close the connections; permissions fall back to their defaults.

        Told before they are closed: who still reads stops. Afterwards nothing more is kept of
        what was read, so that forgetting may begin.
        """
        connection, self._connection = self._connection, None
        self._stands = False
        if connection is None:
            return
        self._bus.publish(Changes.of(Topic.SERVICE, Topic.PERMISSIONS))
        await connection.close()
        if self._lane is not None:
            await self._lane.run(_nothing)

    async def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        self._stands = False
        if connection is not None:
            await connection.close()

    def let_in(self) -> None:
        """A person asks for another try, also where the credentials were refused."""
        if self._connection is not None:
            for tracker in self._connection.trackers:
                tracker.let_in()

    @property
    def calls(self) -> int:
        """How many requests went out since connecting."""
        return self._connection.calls if self._connection else 0

    def budget(self) -> str:
        """What is left of the shortest rate budget, in words."""
        return self._connection.budget() if self._connection else ""

    def budget_spare(self) -> bool:
        """Whether more than half of Zendesk's calls are left."""
        return self._connection is None or not self._connection.zendesk_below_half()

    async def _who(self) -> None:
        zendesk, file = self.services.zendesk, StateFile(self.desk.workspace.state_path)
        seen = file.read()
        try:
            found = await at_work(self.values, zendesk, seen, self.desk.person)
        except NotPermitted as error:
            # An end user's sign-in: shown nothing that only agents may see.
            self._actor, self.trouble, self._stands = offline_actor(seen), error, False
            return
        self._actor, self.trouble = found.actor, found.trouble
        alone = zendesk is None and self.services.sailthru is not None and found.live
        self._stands = alone or (
            zendesk is not None and not isinstance(found.trouble, AuthLost | NotPermitted)
        )
        if found.live and zendesk is not None:
            self._remember(
                file, replace(seen, person_name=found.actor.name, person_id=found.actor.id)
            )

    def _remember(self, file: StateFile, state: WindowState) -> None:
        try:
            file.write(state)
        except AppError as error:
            log.info("Who is signed in could not be remembered: %s", error.code)

    async def _account(self) -> None:
        sailthru = self.services.sailthru
        if sailthru is None:
            return
        try:
            account = await sailthru.settings()
        except AppError as error:
            # A key without the settings endpoint still serves customers.
            log.info("Sailthru did not tell its settings: %s", error.code)
            return
        self.predictions = account.predictions

    def _on_state(self, state: ServiceState) -> None:
        if state.status is not Status.UNKNOWN:
            self._states[state.service] = state
        self._bus.publish(Changes.of(Topic.SERVICE))


def _nothing() -> None:
    """The last in a queue: what was before it is done."""
