"""Looks up who has one e-mail address in both services, without tickets and lists: for batches.

The halves are those of the sheet, so that the one matcher chooses the profile here too.
"""

from collections.abc import Callable
from dataclasses import replace

from desktop.customer.concurrent_calls import run_concurrently
from desktop.customer.sailthru_lookup import SailthruLookup
from desktop.customer.service_clients import ServiceClients
from desktop.customer.sheet_builder import SheetBuilder
from desktop.customer.zendesk_lookup import ZendeskLookup
from desktop.kit.clock import Clock
from desktop.model.customer_sheet import CustomerSheet, SheetPart, SheetPartState
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore


class IdentityLookup:
    """Looks addresses up for a batch; one instance serves any number at once."""

    def __init__(
        self, services: Callable[[], ServiceClients], store: WorkspaceStore, clock: Clock
    ) -> None:
        self._services = services
        self._store = store
        self._clock = clock

    async def look_up(
        self, address: str, user: SheetPart[ZendeskUser] | None = None
    ) -> CustomerSheet:
        """Look an address up in Sailthru and Zendesk, and keep what is read in the cache.

        `user`: who has it in Zendesk, as kept here (READ or ABSENT); Zendesk is not asked then.
        A part that failed carries its error.
        """
        services = self._services()
        query = LookupQuery(LookupQueryKind.EMAIL, address)
        builder = SheetBuilder(
            query,
            self._store,
            self._clock,
            lambda _sheet: None,
            lambda: self._services() == services,
        )
        sailthru = SailthruLookup(builder, services.sailthru)
        users = ZendeskLookup(builder, services.zendesk, sailthru, reads_tickets=False)
        zendesk = users.load_users_by_email(address) if user is None else users.load_known(user)
        try:
            await run_concurrently(zendesk, sailthru.load_profile(address))
            await sailthru.choose_profile()
        finally:
            await builder.wait_until_saved()
        sheet = builder.sheet
        if services.zendesk is None:
            sheet = replace(sheet, user=SheetPart(state=SheetPartState.OFF))
        return sheet
