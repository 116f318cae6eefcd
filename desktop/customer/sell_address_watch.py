"""Changes the address in Zendesk Sell too, once it answers, where it could not be asked before."""

import contextlib
import logging
from collections.abc import Callable

from desktop.customer.email_change_plan import EmailChangeChoices
from desktop.customer.email_change_service import EmailChangeService
from desktop.customer.new_address_check import EmailChecker, is_there_already
from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import AppError, NotFound, ServiceUnreachable
from desktop.model.email_address import email_match_key
from desktop.model.email_change import EmailChange, EmailChangeProgress
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

_REASON = "Zendesk Sell did not answer when the address was changed"


class SellAddressWatch:
    """Finishes address changes that were made while Zendesk Sell could not be asked."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        changes: EmailChangeService,
        checker: EmailChecker,
    ) -> None:
        self._services = services
        self._store = store
        self._changes = changes
        self._checker = checker

    async def check_all(self, limit: int) -> tuple[EmailChangeProgress, ...]:
        """Ask Sell about the changes it has not heard of; returns what was queued by itself.

        What cannot be asked or changed now stays noted. Raises StorageError.
        """
        made: list[EmailChangeProgress] = []
        if self._services().sell is None:
            return ()
        for change in await self._store.email_changes.list_waiting_for_sell(limit):
            try:
                progress = await self._check(change)
            except AppError as error:
                log.info("An address was not changed in Sell yet: %s", error.code)
            else:
                if progress is not None:
                    made.append(progress)
        return tuple(made)

    async def _check(self, change: EmailChange) -> EmailChangeProgress | None:
        """Queue one change's step in Sell: to the address that the customer has by now."""
        changes = self._store.email_changes
        newest = await changes.find_newest(change.user_id, change.sid)
        if newest is None or newest.change.ended_at is None:
            return None
        wanted = newest.change.new
        if email_match_key(wanted) == email_match_key(change.old):
            # Taken back: Sell has the right one.
            await changes.stop_waiting_for_sell(change.id)
            return None
        user, profile = await self._read_records(change)
        if user is None and profile is None:
            # Deleted, or merged into another customer: nobody's address is to be changed.
            await changes.stop_waiting_for_sell(change.id)
            return None
        if not is_there_already(user, profile, wanted):
            # Changed by others since: only a person knows which one Sell is to get.
            return None
        check = await self._checker.ask_services(user, profile, wanted, change.old)
        if check.sell_error is not None:
            return None
        made = None
        if check.sell_people:
            choices = EmailChangeChoices(reason=_REASON)
            made = await self._changes.submit_automatic(user, profile, check, choices)
        await changes.stop_waiting_for_sell(change.id)
        return made

    async def _read_records(
        self, change: EmailChange
    ) -> tuple[ZendeskUser | None, SailthruProfile | None]:
        """Read a changed customer's records; None for one that is there no more.

        Of a deleted or merged user neither is read. Raises ServiceUnreachable, and what they
        answer.
        """
        clients, user, profile = self._services(), None, None
        if change.user_id is not None:
            if clients.zendesk is None:
                raise ServiceUnreachable("Zendesk is not connected.")
            try:
                user = await clients.zendesk.show_user(change.user_id)
            except NotFound:
                return None, None
            if not user.active:
                return None, None
        if change.sid:
            if clients.sailthru is None:
                raise ServiceUnreachable("Sailthru is not connected.")
            with contextlib.suppress(NotFound):
                profile = await clients.sailthru.get_user(change.sid, key="sid")
        return user, profile
