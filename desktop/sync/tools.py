"""What a run works with: the store, both services, and how this account calls things."""

from dataclasses import dataclass

from desktop.clients.sailthru.bulk import SailthruBulk
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.bulk import ZendeskBulk
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.export import ZendeskExport
from desktop.kit.clock import Clock
from desktop.kit.errors import NeedsPerson
from desktop.model.value import ValueSource
from desktop.store.store import Store


@dataclass(frozen=True)
class Sailthru:
    """The Sailthru side: single calls and jobs."""

    client: SailthruClient
    bulk: SailthruBulk


@dataclass(frozen=True)
class Zendesk:
    """The Zendesk side: single calls, exports and jobs."""

    client: ZendeskClient
    export: ZendeskExport
    bulk: ZendeskBulk


@dataclass(frozen=True)
class Tools:
    """Both sides with the store; `zone` is the Sailthru account's.

    `job_patience_s`: a job of a service that does not move for so long is given up.
    """

    store: Store
    clock: Clock
    zone: str
    value_source: ValueSource
    sailthru: Sailthru
    zendesk: Zendesk
    job_patience_s: float = 900.0


def make_tools(
    store: Store,
    clock: Clock,
    zone: str,
    value_source: ValueSource,
    clients: tuple[SailthruClient | None, ZendeskClient | None],
    job_patience_s: float = 900.0,
) -> Tools:
    """Put the tools together. Raises NeedsPerson when one of the services is not connected."""
    sailthru, zendesk = clients
    if sailthru is None or zendesk is None:
        away = "Sailthru" if sailthru is None else "Zendesk"
        raise NeedsPerson(
            f"{away} is not connected.",
            "A sync needs both Zendesk and Sailthru.",
            "Sign in under Settings, or with `fairlead setup`.",
        )
    return Tools(
        store,
        clock,
        zone,
        value_source,
        Sailthru(sailthru, SailthruBulk(sailthru)),
        Zendesk(zendesk, ZendeskExport(zendesk, clock), ZendeskBulk(zendesk)),
        job_patience_s,
    )
