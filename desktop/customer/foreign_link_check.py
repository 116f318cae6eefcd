"""Refuses links of another Zendesk account: the same number is somebody else there."""

from collections.abc import Callable

from desktop.clients.zendesk.client import ZendeskClient
from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.model.lookup_query import LookupQuery, link_host


class ForeignLinkCheck:
    """Tells links of the connected Zendesk account, or its brands, from others, for look-ups."""

    def __init__(
        self, services: Callable[[], ServiceClients], zendesk_base_url: Callable[[], str]
    ) -> None:
        self._services = services
        self._zendesk_base_url = zendesk_base_url
        # The brands of the client they were read with: another sign-in may be another account's.
        self._brands: tuple[ZendeskClient, frozenset[str]] | None = None

    async def require_own(self, query: LookupQuery) -> None:
        """Raise UserDecisionNeeded, with both hosts, where a look-up's link is another account's.

        Only for a host that is not the account's own are the brands asked for.
        """
        own = link_host(self._zendesk_base_url())
        if not query.host or query.host == own:
            return
        zendesk = self._services().zendesk
        unread = ""
        if zendesk is not None:
            try:
                if query.host in await self._read_brand_hosts(zendesk):
                    return
            except AppError as error:
                unread = f" Whether it is a brand of yours could not be read: {error.title}"
        here = f"Fairlead is connected to {own} here" if own else "No Zendesk is connected here"
        raise UserDecisionNeeded(
            f"This link leads to {query.host}.",
            f"{here}, where the same number is somebody else. Nothing was looked up.{unread}",
            "Open it in the workspace of its account, or search by e-mail address.",
        )

    async def _read_brand_hosts(self, zendesk: ZendeskClient) -> frozenset[str]:
        if self._brands is None or self._brands[0] is not zendesk:
            found = await zendesk.list_brands()
            self._brands = zendesk, frozenset().union(*(brand.hosts for brand in found))
        return self._brands[1]
