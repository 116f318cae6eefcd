"""The Zendesk side of a look-up: the person, what hangs on them, and choices among several."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from typing import Any

from desktop.clients.zendesk.client import ZendeskClient
from desktop.customer.board import Board
from desktop.customer.sailthru_side import SailthruSide
from desktop.customer.together import ended, forgiving, join, together
from desktop.kit.errors import AppError, NotFound
from desktop.model.person import ZendeskPerson
from desktop.model.query import QueryKind
from desktop.model.sheet import Match, Part, PartState, Sheet, TicketPage, too_old

_MOST_MATCHES = 20


class ZendeskSide:
    """Asks Zendesk, where it is connected; a person found has Sailthru asked for their profiles."""

    def __init__(self, board: Board, zendesk: ZendeskClient | None, sailthru: SailthruSide) -> None:
        self._board = board
        self._zendesk = zendesk
        self._sailthru = sailthru

    async def people_at(self, address: str) -> None:
        """Whoever has this address, and what hangs on them."""
        if self._zendesk is None:
            return
        zendesk = self._zendesk

        async def ask() -> tuple[ZendeskPerson, ...]:
            return await zendesk.find_by_email(address)

        found = await self.people(ask())
        if found == 0:
            await self._board.keep(
                self._board.store.mirror.save_no_person, address, self._board.now()
            )

    async def people(self, asking: Awaitable[tuple[ZendeskPerson, ...]]) -> int | None:
        """Ask for people; one is opened, several are offered. None when asking failed."""
        try:
            people = await asking
        except NotFound:
            people = ()
        except AppError as error:
            self._person_failed(error)
            return None
        if len(people) == 1:
            await self._person_came(people[0])
        elif people:
            matches = tuple(
                Match(f"id:{p.id}", p.name, p.email or p.phone or "", _match_note(p))
                for p in people[:_MOST_MATCHES]
            )
            self._board.update(replace(self._without_kept(), matches=matches))
        else:
            gone: Part[ZendeskPerson] = Part(state=PartState.ABSENT, read_at=self._board.now())
            self._board.update(replace(self._without_kept(), person=gone, matches=()))
        return len(people)

    def _without_kept(self) -> Sheet:
        """The sheet without the one person who was kept: it is nobody, or several."""
        person: Part[ZendeskPerson] = Part(state=PartState.ABSENT)
        tickets: Part[TicketPage] = Part(state=PartState.ABSENT)
        sheet = replace(self._board.sheet, person=person, tickets=tickets)
        own = self._board.sheet.query.kind in (QueryKind.EMAIL, QueryKind.SID)
        if own or not self._sailthru.connected:
            return sheet
        return replace(sheet, profile=Part(state=PartState.ABSENT), matched_by="", linked=False)

    def _person_failed(self, error: AppError) -> None:
        person = replace(self._board.sheet.person, state=PartState.FAILED, error=error)
        tickets = replace(self._board.sheet.tickets, state=PartState.FAILED, error=error)
        self._board.update(replace(self._board.sheet, person=person, tickets=tickets))

    async def ticket(self, number: int) -> None:
        """A ticket and its requester."""
        if self._zendesk is None:
            return
        try:
            ticket = await self._zendesk.ticket(number)
        except NotFound:
            missing = NotFound(
                f"There is no ticket #{number} in this Zendesk.",
                "It may have been deleted or merged, or your role may not see it.",
                "Check the number.",
            )
            absent: Part[ZendeskPerson] = Part(state=PartState.ABSENT, error=missing)
            none: Part[TicketPage] = Part(state=PartState.ABSENT)
            self._board.update(replace(self._board.sheet, person=absent, tickets=none, ticket=None))
            return
        except AppError as error:
            self._person_failed(error)
            return
        self._board.update(replace(self._board.sheet, ticket=ticket))
        await self._board.keep(self._board.store.mirror.save_ticket, ticket, self._board.now())
        if ticket.requester_id is not None:
            await self.person(ticket.requester_id)

    async def person(self, user_id: int) -> None:
        """One person by id; their tickets are asked for at the same time."""
        if self._zendesk is None:
            return
        zendesk = self._zendesk
        tickets = asyncio.create_task(self._tickets(user_id))
        try:
            person = await zendesk.show_user(user_id)
        except NotFound:
            await ended(tickets)
            absent: Part[ZendeskPerson] = Part(state=PartState.ABSENT)
            none: Part[TicketPage] = Part(state=PartState.ABSENT)
            self._board.update(replace(self._board.sheet, person=absent, tickets=none))
            return
        except AppError as error:
            # The tickets may come all the same.
            part = replace(self._board.sheet.person, state=PartState.FAILED, error=error)
            self._board.update(replace(self._board.sheet, person=part))
            await tickets
            return
        except BaseException:
            await ended(tickets)
            raise
        await together(self._person_came(person, with_tickets=False), join(tickets))

    async def _person_came(self, person: ZendeskPerson, *, with_tickets: bool = True) -> None:
        """Show the person, then fetch what hangs on them, all at once."""
        now = self._board.now()
        part = Part(person, PartState.READ, now)
        self._board.update(replace(self._board.sheet, person=part, matches=()))
        asking: list[Coroutine[Any, Any, None]] = [self._details(person)]
        if with_tickets:
            asking.append(self._tickets(person.id))
        # By address or sid the profile is asked for already, and it may not be the primary one's.
        if self._board.sheet.query.kind not in (QueryKind.EMAIL, QueryKind.SID) and person.email:
            asking.append(self._sailthru.profile_at(person.email))
        await together(*asking)

    async def _details(self, person: ZendeskPerson) -> None:
        """Identities and organisation, where they did not come along; then other profiles."""
        zendesk = self._zendesk
        if zendesk is None:
            return
        full = person

        async def identities() -> None:
            nonlocal full
            found = await zendesk.identities(person.id)
            full = replace(full, identities=found, identities_read=True)

        async def organization() -> None:
            nonlocal full
            if person.organization_id is not None:
                found = await zendesk.organization(person.organization_id)
                full = replace(full, organization=found)

        needed: list[Coroutine[Any, Any, None]] = []
        if not person.identities_read:
            needed.append(forgiving(identities()))
        if person.organization is None and person.organization_id is not None:
            needed.append(forgiving(organization()))
        await together(*needed)
        now = self._board.now()
        if full is not person:
            self._board.update(replace(self._board.sheet, person=Part(full, PartState.READ, now)))
        await together(
            self._sailthru.others(full),
            self._board.keep(self._board.store.mirror.save_person, full, now),
        )

    async def _tickets(self, user_id: int) -> None:
        if self._zendesk is None:
            return
        try:
            found = await self._zendesk.tickets_of(user_id)
        except AppError as error:
            tickets = replace(self._board.sheet.tickets, state=PartState.FAILED, error=error)
            self._board.update(replace(self._board.sheet, tickets=tickets))
            return
        now = self._board.now()
        page = TicketPage(found.tickets, found.has_more)
        self._board.update(replace(self._board.sheet, tickets=Part(page, PartState.READ, now)))
        await self._board.keep(self._board.store.mirror.save_tickets, user_id, page, now)

    async def fields(self) -> None:
        """The account's user fields, when what is kept is older than a few minutes."""
        now = self._board.now()
        if self._zendesk is None or not too_old(self._board.sheet.fields, now):
            return
        try:
            found = await self._zendesk.user_fields()
        except AppError as error:
            part = replace(self._board.sheet.fields, state=PartState.FAILED, error=error)
            self._board.update(replace(self._board.sheet, fields=part))
            return
        self._board.update(replace(self._board.sheet, fields=Part(found, PartState.READ, now)))
        await self._board.keep(self._board.store.mirror.save_user_fields, found, now)


def _match_note(person: ZendeskPerson) -> str:
    if person.suspended:
        return "suspended"
    return "" if person.role == "end-user" else person.role
