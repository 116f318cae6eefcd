"""The Zendesk side of a look-up: the person, what hangs on them, and choices among several."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from typing import Any

from desktop.clients.zendesk.client import ZendeskClient
from desktop.customer.concurrency import (
    await_task,
    cancel_and_wait,
    ignore_app_errors,
    run_concurrently,
)
from desktop.customer.sailthru_lookup import SailthruLookup
from desktop.customer.sheet_builder import SheetBuilder
from desktop.kit.errors import AppError, NotFound
from desktop.model.customer_sheet import (
    CustomerMatch,
    CustomerSheet,
    SheetPart,
    SheetPartState,
    TicketPage,
    is_stale,
)
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.zendesk_user import ZendeskUser

_MOST_MATCHES = 20


class ZendeskLookup:
    """Asks Zendesk, where it is connected; a person found has Sailthru asked for their profiles."""

    def __init__(
        self, builder: SheetBuilder, zendesk: ZendeskClient | None, sailthru: SailthruLookup
    ) -> None:
        self._builder = builder
        self._zendesk = zendesk
        self._sailthru = sailthru

    async def load_users_by_email(self, address: str) -> None:
        """Whoever has this address, and what hangs on them."""
        if self._zendesk is None:
            return
        zendesk = self._zendesk

        async def ask() -> tuple[ZendeskUser, ...]:
            return await zendesk.find_by_email(address)

        found = await self.load_users(ask())
        if found == 0:
            await self._builder.save_in_background(
                self._builder.store.customer_cache.save_user_absent.blocking,
                address,
                self._builder.now(),
            )

    async def load_users(self, asking: Awaitable[tuple[ZendeskUser, ...]]) -> int | None:
        """Ask for people; one is opened, several are offered. None when asking failed."""
        try:
            people = await asking
        except NotFound:
            people = ()
        except AppError as error:
            self._publish_failure(error)
            return None
        if len(people) == 1:
            await self._publish_user(people[0])
        elif people:
            matches = tuple(
                CustomerMatch(f"id:{p.id}", p.name, p.email or p.phone or "", _match_note(p))
                for p in people[:_MOST_MATCHES]
            )
            self._builder.publish(replace(self._without_cached_user(), matches=matches))
        else:
            gone: SheetPart[ZendeskUser] = SheetPart(
                state=SheetPartState.ABSENT, read_at=self._builder.now()
            )
            self._builder.publish(replace(self._without_cached_user(), user=gone, matches=()))
        return len(people)

    def _without_cached_user(self) -> CustomerSheet:
        """The sheet without the one person who was kept: it is nobody, or several."""
        person: SheetPart[ZendeskUser] = SheetPart(state=SheetPartState.ABSENT)
        tickets: SheetPart[TicketPage] = SheetPart(state=SheetPartState.ABSENT)
        sheet = replace(self._builder.sheet, user=person, tickets=tickets)
        own = self._builder.sheet.query.kind in (LookupQueryKind.EMAIL, LookupQueryKind.SID)
        if own or not self._sailthru.is_connected:
            return sheet
        return replace(
            sheet, profile=SheetPart(state=SheetPartState.ABSENT), matched_by="", is_linked=False
        )

    def _publish_failure(self, error: AppError) -> None:
        person = replace(self._builder.sheet.user, state=SheetPartState.FAILED, error=error)
        tickets = replace(self._builder.sheet.tickets, state=SheetPartState.FAILED, error=error)
        self._builder.publish(replace(self._builder.sheet, user=person, tickets=tickets))

    async def load_ticket(self, number: int) -> None:
        """A ticket and its requester."""
        if self._zendesk is None:
            return
        try:
            ticket = await self._zendesk.show_ticket(number)
        except NotFound:
            missing = NotFound(
                f"There is no ticket #{number} in this Zendesk.",
                "It may have been deleted or merged, or your role may not see it.",
                "Check the number.",
            )
            absent: SheetPart[ZendeskUser] = SheetPart(state=SheetPartState.ABSENT, error=missing)
            none: SheetPart[TicketPage] = SheetPart(state=SheetPartState.ABSENT)
            self._builder.publish(
                replace(self._builder.sheet, user=absent, tickets=none, ticket=None)
            )
            return
        except AppError as error:
            self._publish_failure(error)
            return
        self._builder.publish(replace(self._builder.sheet, ticket=ticket))
        await self._builder.save_in_background(
            self._builder.store.customer_cache.save_ticket.blocking, ticket, self._builder.now()
        )
        if ticket.requester_id is not None:
            await self.load_user(ticket.requester_id)

    async def load_user(self, user_id: int) -> None:
        """One person by id; their tickets are asked for at the same time."""
        if self._zendesk is None:
            return
        zendesk = self._zendesk
        tickets = asyncio.create_task(self._load_tickets(user_id))
        try:
            person = await zendesk.show_user(user_id)
        except NotFound:
            await cancel_and_wait(tickets)
            absent: SheetPart[ZendeskUser] = SheetPart(state=SheetPartState.ABSENT)
            none: SheetPart[TicketPage] = SheetPart(state=SheetPartState.ABSENT)
            self._builder.publish(replace(self._builder.sheet, user=absent, tickets=none))
            return
        except AppError as error:
            # The tickets may come all the same.
            part = replace(self._builder.sheet.user, state=SheetPartState.FAILED, error=error)
            self._builder.publish(replace(self._builder.sheet, user=part))
            await tickets
            return
        except BaseException:
            await cancel_and_wait(tickets)
            raise
        await run_concurrently(self._publish_user(person, with_tickets=False), await_task(tickets))

    async def _publish_user(self, user: ZendeskUser, *, with_tickets: bool = True) -> None:
        """Show the person, then fetch what hangs on them, all at once."""
        now = self._builder.now()
        part = SheetPart(user, SheetPartState.READ, now)
        self._builder.publish(replace(self._builder.sheet, user=part, matches=()))
        asking: list[Coroutine[Any, Any, None]] = [self._load_details(user)]
        if with_tickets:
            asking.append(self._load_tickets(user.id))
        # By address or sid the profile is asked for already, and it may not be the primary one's.
        if (
            self._builder.sheet.query.kind not in (LookupQueryKind.EMAIL, LookupQueryKind.SID)
            and user.email
        ):
            asking.append(self._sailthru.load_profile(user.email))
        await run_concurrently(*asking)

    async def _load_details(self, user: ZendeskUser) -> None:
        """Identities and organisation, where they did not come along; then other profiles."""
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
        now = self._builder.now()
        if full is not user:
            self._builder.publish(
                replace(self._builder.sheet, user=SheetPart(full, SheetPartState.READ, now))
            )
        await run_concurrently(
            self._sailthru.load_other_profiles(full),
            self._builder.save_in_background(
                self._builder.store.customer_cache.save_user.blocking, full, now
            ),
        )

    async def _load_tickets(self, user_id: int) -> None:
        if self._zendesk is None:
            return
        try:
            found = await self._zendesk.list_requested_tickets(user_id)
        except AppError as error:
            tickets = replace(self._builder.sheet.tickets, state=SheetPartState.FAILED, error=error)
            self._builder.publish(replace(self._builder.sheet, tickets=tickets))
            return
        now = self._builder.now()
        page = TicketPage(found.tickets, found.has_more)
        self._builder.publish(
            replace(self._builder.sheet, tickets=SheetPart(page, SheetPartState.READ, now))
        )
        await self._builder.save_in_background(
            self._builder.store.customer_cache.save_tickets.blocking, user_id, page, now
        )

    async def load_user_fields(self) -> None:
        """The account's user fields, when what is kept is older than a few minutes."""
        now = self._builder.now()
        if self._zendesk is None or not is_stale(self._builder.sheet.user_fields, now):
            return
        try:
            found = await self._zendesk.list_user_fields()
        except AppError as error:
            part = replace(
                self._builder.sheet.user_fields, state=SheetPartState.FAILED, error=error
            )
            self._builder.publish(replace(self._builder.sheet, user_fields=part))
            return
        self._builder.publish(
            replace(self._builder.sheet, user_fields=SheetPart(found, SheetPartState.READ, now))
        )
        await self._builder.save_in_background(
            self._builder.store.customer_cache.save_user_fields.blocking, found, now
        )


def _match_note(user: ZendeskUser) -> str:
    if user.suspended:
        return "suspended"
    return "" if user.role == "end-user" else user.role
