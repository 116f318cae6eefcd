"""The Zendesk half of a look-up: the user, their tickets and identities, and several matches."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from typing import Any

from desktop.clients.zendesk.client import ZendeskClient
from desktop.customer.concurrent_calls import cancel_and_wait, ignore_app_errors, run_concurrently
from desktop.customer.sailthru_lookup import SailthruLookup
from desktop.customer.sheet_builder import SheetBuilder
from desktop.kit.errors import AppError, NotFound
from desktop.model.customer_sheet import MAX_MATCHES, SheetPart, SheetPartState, match_of_user
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.zendesk_user import ZendeskUser

# For these the profile is asked for by the query itself, and it may not be the primary address's.
_PROFILE_QUERY_KINDS = (LookupQueryKind.EMAIL, LookupQueryKind.SID)


class ZendeskLookup:
    """Reads one customer's Zendesk half of a look-up; does nothing while not connected.

    Once a user is found, `SailthruLookup` reads the profiles of their addresses.
    """

    def __init__(
        self,
        builder: SheetBuilder,
        zendesk: ZendeskClient | None,
        sailthru: SailthruLookup,
        *,
        reads_tickets: bool = True,
    ) -> None:
        self._builder = builder
        self._reads_tickets = reads_tickets
        self._zendesk = zendesk
        self._sailthru = sailthru

    async def load_users_by_email(self, address: str) -> None:
        """Find the Zendesk users who have this address and show them on the sheet."""
        if self._zendesk is None:
            return
        count = await self.load_users(self._zendesk.find_by_email(address))
        if count == 0:
            save = self._builder.cache.save_user_absent.blocking
            await self._builder.save_in_background(save, address, self._builder.now())

    async def load_known(self, user: SheetPart[ZendeskUser]) -> None:
        """Show who has the query's address in Zendesk as it is kept here, without asking Zendesk.

        Their Sailthru profiles are read as of a user that was just found.
        """
        self._builder.update(user=user)
        if user.value is not None:
            await self._sailthru.load_other_profiles(user.value)

    async def load_users(self, asking: Awaitable[tuple[ZendeskUser, ...]]) -> int | None:
        """Show the Zendesk users that `asking` finds: one is opened, several are matches.

        Returns how many there are, None when asking failed.
        """
        try:
            users = await asking
        except NotFound:
            users = ()
        except AppError as error:
            self._builder.set_failed(error, "user", "tickets")
            return None
        if len(users) == 1:
            await self._publish_user(users[0])
            return 1
        self._drop_cached_user()
        if users:
            # One more than is shown says that there are more.
            shown = tuple(match_of_user(user) for user in users[: MAX_MATCHES + 1])
            self._builder.update(matches=shown)
        else:
            absent: SheetPart[ZendeskUser] = SheetPart(
                state=SheetPartState.ABSENT, read_at=self._builder.now()
            )
            self._builder.update(user=absent, matches=())
        return len(users)

    def _drop_cached_user(self) -> None:
        """Take the cached Zendesk user off the sheet: the query now means nobody, or several."""
        if self._builder.query.kind in _PROFILE_QUERY_KINDS or not self._sailthru.is_connected:
            self._builder.set_absent("user", "tickets")
            self._sailthru.forget_pair()
        else:
            self._builder.set_absent("user", "tickets", "profile", matched_by="", is_linked=False)

    async def load_ticket(self, number: int) -> None:
        """Read a Zendesk ticket and its requester for the sheet."""
        if self._zendesk is None:
            return
        builder = self._builder
        try:
            ticket = await self._zendesk.show_ticket(number)
        except NotFound:
            missing = NotFound(
                f"There is no ticket #{number} in this Zendesk.",
                "It may have been deleted or merged, or your role may not see it.",
                "Check the number.",
            )
            absent: SheetPart[ZendeskUser] = SheetPart(state=SheetPartState.ABSENT, error=missing)
            builder.set_absent("tickets", user=absent, ticket=None)
            return
        except AppError as error:
            builder.set_failed(error, "user", "tickets")
            return
        builder.update(ticket=ticket)
        await builder.save_in_background(builder.cache.save_ticket.blocking, ticket, builder.now())
        if ticket.requester_id is not None:
            await self.load_user(ticket.requester_id)

    async def load_user(self, user_id: int) -> None:
        """Read one Zendesk user by id for the sheet, and their tickets at the same time."""
        if self._zendesk is None:
            return
        # One round trip less than asking for the tickets once the user is known to exist.
        tickets = asyncio.create_task(self._load_tickets(user_id))
        try:
            user = await self._zendesk.show_user(user_id)
        except NotFound:
            await cancel_and_wait(tickets)
            self._builder.set_absent("user", "tickets")
            return
        except AppError as error:
            # The tickets may come all the same.
            self._builder.set_failed(error, "user")
            await tickets
            return
        except BaseException:
            await cancel_and_wait(tickets)
            raise

        async def wait_for_tickets() -> None:
            await tickets

        await run_concurrently(self._publish_user(user, with_tickets=False), wait_for_tickets())

    async def _publish_user(self, user: ZendeskUser, *, with_tickets: bool = True) -> None:
        """Show the Zendesk user on the sheet, then read what depends on them, all at once."""
        cached = self._builder.sheet.user.value
        if cached is not None and cached.id != user.id:
            self._sailthru.forget_pair()
        self._builder.set_read("user", user, matches=())
        asking: list[Coroutine[Any, Any, None]] = [self._load_details(user)]
        if with_tickets and self._reads_tickets:
            asking.append(self._load_tickets(user.id))
        if self._builder.query.kind not in _PROFILE_QUERY_KINDS and user.email:
            # In normal form: Sailthru would find nobody under another spelling.
            asking.append(self._sailthru.load_profile(user.emails[0]))
        await run_concurrently(*asking)

    async def _load_details(self, user: ZendeskUser) -> None:
        """Read the looked-up user's identities and organisation if the search left them out."""
        zendesk = self._zendesk
        if zendesk is None:
            return
        full = user

        async def identities() -> None:
            nonlocal full
            found = await zendesk.list_identities(user.id)
            full = replace(full, identities=found, identities_read=True)

        async def organization() -> None:
            nonlocal full
            if user.organization_id is not None:
                found = await zendesk.show_organization(user.organization_id)
                full = replace(full, organization=found)

        needed: list[Coroutine[Any, Any, None]] = []
        if not user.identities_read:
            needed.append(ignore_app_errors(identities()))
        if user.organization is None and user.organization_id is not None:
            needed.append(ignore_app_errors(organization()))
        await run_concurrently(*needed)
        if full is not user:
            self._builder.set_read("user", full)
        save = self._builder.cache.save_user.blocking
        await self._builder.save_in_background(save, full, self._builder.now())
        await self._sailthru.load_other_profiles(full)

    async def _load_tickets(self, user_id: int) -> None:
        if self._zendesk is None:
            return
        builder = self._builder
        try:
            page = await self._zendesk.list_requested_tickets(user_id)
        except AppError as error:
            builder.set_failed(error, "tickets")
            return
        builder.set_read("tickets", page)
        await builder.save_in_background(
            builder.cache.save_tickets.blocking, user_id, page, builder.now()
        )

    async def load_user_fields(self) -> None:
        """Read the account's Zendesk user fields for the sheet, unless the cached are recent."""
        if self._zendesk is not None:
            ask, save = (
                self._zendesk.list_user_fields,
                self._builder.cache.save_user_fields.blocking,
            )
            await self._builder.refresh_catalogue("user_fields", ask, save)
