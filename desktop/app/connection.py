"""Builds the two clients of a workspace and keeps their connections open."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop.clients.caller import INTERACTIVE, Caller, Patience
from desktop.clients.limits import Limits
from desktop.clients.sailthru import protocol as sailthru_protocol
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.state import ServiceState, Tracker
from desktop.clients.transport import HttpTransport, tls_context
from desktop.clients.transport import Limits as WireLimits
from desktop.clients.zendesk import protocol as zendesk_protocol
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import Authorization
from desktop.connect.desk import Desk
from desktop.connect.services import SAILTHRU, ZENDESK
from desktop.customer.services import Services
from desktop.settings import table
from desktop.settings.values import Values

# A run has many calls under way and sends large files over whatever line there is.
RUN_WIRE = WireLimits(pool_s=120.0, whole_s=900.0, connections=32, lanes=32)

OnState = Callable[[ServiceState], None]


@dataclass(frozen=True)
class Connection:
    """The clients with what has to be closed behind them."""

    services: Services
    transports: tuple[HttpTransport, ...]
    trackers: tuple[Tracker, ...]
    zendesk_limits: Limits | None
    sailthru_limits: Limits | None = None

    def zendesk_below_half(self) -> bool:
        """Whether less than half of the account's calls are left."""
        return self.zendesk_limits is not None and self.zendesk_limits.below_half()

    @property
    def calls(self) -> int:
        """How many requests went out since it was opened."""
        return sum(transport.sent for transport in self.transports)

    def budget(self) -> str:
        """What is left of the budget that is shortest now, in words; empty while none is known."""
        known = [
            (limits_of.budgets(), name)
            for limits_of, name in (
                (self.zendesk_limits, ZENDESK),
                (self.sailthru_limits, SAILTHRU),
            )
            if limits_of is not None
        ]
        each = [(budget, name) for budgets, name in known for budget in budgets]
        if not each:
            return ""
        budget, name = min(each, key=lambda item: item[0].share)
        return f"{name}: {budget.remaining:,} of {budget.limit:,} calls left"

    async def close(self) -> None:
        """Close every connection."""
        for transport in self.transports:
            await transport.aclose()


async def open_connection(
    desk: Desk,
    values: Values,
    on_state: OnState,
    *,
    patience: Patience = INTERACTIVE,
    wire: WireLimits | None = None,
) -> Connection:
    """Build what the settings and the vault have credentials for. Raises NoKeyring, BadInput.

    A run passes `RUN` and `RUN_WIRE`: it waits, leaves a quarter of the calls to people, and
    holds more connections.
    """
    chosen = values.get(table.CA_FILE)
    # Reading the system's certificates takes tens of milliseconds: off the window's thread.
    tls = await asyncio.to_thread(tls_context, Path(chosen) if chosen else None)
    transports: list[HttpTransport] = []
    trackers: list[Tracker] = []
    sailthru = zendesk = limits = own = None
    key = await desk.sailthru_key()
    if key is not None:
        transport = HttpTransport(SAILTHRU, values.get(table.SERVICE_URI), limits=wire, tls=tls)
        transports.append(transport)
        own = Limits(desk.clock, sailthru_protocol.readings, shared=False)
        tracker = Tracker(SAILTHRU, desk.clock, on_state)
        trackers.append(tracker)
        sailthru = SailthruClient(
            key, Caller(transport, own, tracker, desk.clock, patience=patience)
        )
    base_url = values.get(table.ZENDESK_BASE_URL)
    if base_url:
        transport = HttpTransport(ZENDESK, base_url, limits=wire, tls=tls)
        transports.append(transport)
        credentials = await desk.zendesk_credentials(values, transport)
        if credentials is not None:
            limits = Limits(desk.clock, zendesk_protocol.readings, shared=True)
            tracker = Tracker(ZENDESK, desk.clock, on_state)
            trackers.append(tracker)
            authority = Authorization(credentials)
            caller = Caller(transport, limits, tracker, desk.clock, authority, patience)
            zendesk = ZendeskClient(caller)
    return Connection(Services(sailthru, zendesk), tuple(transports), tuple(trackers), limits, own)
