"""Looks one customer up: what is kept at once, then every service at the same time.

    e-mail ─┬─ Sailthru profile ───────────────────────────────┐
            ├─ Zendesk person ─┬─ tickets                      ├─ joined sheet
            │                  ├─ identities, organisation     │
            │                  └─ profiles of other addresses ─┘
            └─ lists, user fields (when older than a few minutes)

Each part is shown as it arrives; one failed part does not cancel the others.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from desktop.customer.board import Board, OnSheet
from desktop.customer.sailthru_side import SailthruSide
from desktop.customer.services import Services
from desktop.customer.together import none_if_missing, none_if_refused, nothing, together
from desktop.customer.zendesk_side import ZendeskSide
from desktop.kit.clock import Clock
from desktop.kit.redact import fingerprint
from desktop.model.person import ZendeskPerson
from desktop.model.query import Query, QueryKind, recognise
from desktop.model.sheet import Part, PartState, Sheet
from desktop.model.ticket import Ticket
from desktop.store.store import Store

log = logging.getLogger(__name__)
T = TypeVar("T")

# Until the requests before have left: each costs the window's thread a millisecond or two.
_AFTERWARDS_S = 0.006


class Lookup:
    """Finds customers. One instance serves any number of lookups at once."""

    def __init__(self, services: Callable[[], Services], store: Store, clock: Clock) -> None:
        self._services = services
        self._store = store
        self._clock = clock

    def kept(self, query: Query) -> Sheet:
        """What this computer still knows, without asking anybody."""
        return self._store.reader.sheet(query)

    async def look_up(self, text: str, on_sheet: OnSheet = lambda _sheet: None) -> Sheet:
        """Find whoever `text` means; `on_sheet` is called with each newer state of the sheet.

        A part that failed carries its error and, where kept, the older value. Raises BadInput
        for a text that cannot be looked up. Cancelling stops all requests.
        """
        return await self.look_up_query(recognise(text), on_sheet)

    async def look_up_query(self, query: Query, on_sheet: OnSheet = lambda _sheet: None) -> Sheet:
        """The same for a query that is recognised already."""
        services = self._services()

        def stands() -> bool:
            return self._services() == services

        board = Board(query, self._store, self._clock, on_sheet, stands)
        return await _Search(services, board).run()


class _Search:
    """One lookup under way."""

    def __init__(self, services: Services, board: Board) -> None:
        self._board = board
        self._zendesk = services.zendesk
        self._sailthru = SailthruSide(board, services.sailthru)
        self._people = ZendeskSide(board, services.zendesk, self._sailthru)

    async def run(self) -> Sheet:
        query = self._board.sheet.query
        log.info("Looking up a %s (%s)", query.kind.value, fingerprint(query.value))
        self._begin(self._board.store.reader.sheet(query))
        by_kind: dict[QueryKind, Callable[[], Coroutine[Any, Any, None]]] = {
            QueryKind.EMAIL: self._by_email,
            QueryKind.TICKET: self._by_ticket,
            QueryKind.PHONE: self._by_phone,
            QueryKind.ZENDESK_ID: self._by_zendesk_id,
            QueryKind.EXTERNAL_ID: self._by_external_id,
            QueryKind.SID: self._by_sid,
            QueryKind.NUMBER: self._by_number,
            QueryKind.NAME: self._by_name,
        }
        try:
            await together(by_kind[query.kind](), self._catalogues())
            return await self._finish()
        finally:
            await self._board.kept()

    def _begin(self, kept: Sheet) -> None:
        # Until asked, a kept part is loading: its value is shown with its age.
        off: Part[Any] = Part(state=PartState.OFF)
        loading = PartState.LOADING
        person = replace(kept.person, state=loading) if self._zendesk else off
        tickets = replace(kept.tickets, state=loading) if self._zendesk else off
        profile = replace(kept.profile, state=loading) if self._sailthru.connected else off
        self._board.update(
            replace(kept, person=person, tickets=tickets, profile=profile, matches=kept.matches)
        )

    async def _finish(self) -> Sheet:
        sheet = self._board.sheet
        # What nobody asked for after all (no person: no tickets) stands as absent.
        if sheet.person.state is PartState.LOADING:
            sheet = replace(sheet, person=Part(state=PartState.ABSENT))
        if sheet.tickets.state is PartState.LOADING:
            sheet = replace(sheet, tickets=_unasked(sheet.tickets, sheet.person))
        if sheet.profile.state is PartState.LOADING:
            sheet = replace(sheet, profile=_unasked(sheet.profile, sheet.person))
        sheet = self._board.store.reader.refreshed(replace(sheet, finished=True))
        self._board.update(sheet)
        person, profile = sheet.person.value, sheet.profile.value
        if person is not None or profile is not None:
            await self._board.keep(
                self._board.store.mirror.mark_opened,
                person=person.id if person else None,
                sid=profile.sid if profile else None,
                at=self._board.now(),
            )
        return sheet

    async def _catalogues(self) -> None:
        """What the account has, a moment later: the second round trip hangs on the person."""
        await asyncio.sleep(_AFTERWARDS_S)
        await together(self._sailthru.lists(), self._people.fields())

    async def _by_email(self) -> None:
        address = self._board.sheet.query.value
        await together(self._people.people_at(address), self._sailthru.profile_at(address))
        await self._sailthru.settle()

    async def _by_ticket(self) -> None:
        await self._people.ticket(int(self._board.sheet.query.value))
        await self._sailthru.settle()

    async def _by_zendesk_id(self) -> None:
        await self._people.person(int(self._board.sheet.query.value))
        await self._sailthru.settle()

    async def _by_external_id(self) -> None:
        value = self._board.sheet.query.value
        if self._zendesk is not None:
            await self._people.people(self._zendesk.find_by_external_id(value))
        await self._sailthru.settle()

    async def _by_phone(self) -> None:
        if self._zendesk is not None:
            await self._people.people(self._zendesk.find_by_phone(self._board.sheet.query.value))
        await self._sailthru.settle()

    async def _by_sid(self) -> None:
        await self._sailthru.profile_at(self._board.sheet.query.value)
        profile = self._board.sheet.profile.value
        if profile is not None and profile.email:
            await self._people.people_at(profile.email)

    async def _by_name(self) -> None:
        value = self._board.sheet.query.value
        zendesk = self._zendesk
        if zendesk is None:
            return

        async def ask() -> tuple[ZendeskPerson, ...]:
            by_name, by_id = await asyncio.gather(
                zendesk.find_by_name(value),
                none_if_refused(lambda: zendesk.find_by_external_id(value)),
            )
            return tuple({p.id: p for p in (*by_id, *by_name)}.values())

        await self._people.people(ask())
        await self._sailthru.settle()

    async def _by_number(self) -> None:
        """A bare number may be anything: ask for all, and offer what exists."""
        number = self._board.sheet.query.value
        zendesk = self._zendesk
        if zendesk is None:
            return
        small = int(number) < 2**63

        async def ask() -> tuple[ZendeskPerson, ...]:
            ticket = await none_if_missing(lambda: zendesk.ticket(int(number))) if small else None
            if ticket is not None and ticket.requester_id is not None:
                self._board.update(replace(self._board.sheet, ticket=ticket))
                await self._board.keep(
                    self._board.store.mirror.save_ticket, ticket, self._board.now()
                )
                return (await zendesk.show_user(ticket.requester_id),)
            person, by_id, by_phone = await asyncio.gather(
                none_if_missing(lambda: zendesk.show_user(int(number))) if small else nothing(),
                none_if_refused(lambda: zendesk.find_by_external_id(number)),
                none_if_refused(lambda: zendesk.find_by_phone(number)),
            )
            found = (*((person,) if person else ()), *by_id, *by_phone)
            return tuple({p.id: p for p in found}.values())

        await self._people.people(ask())
        await self._sailthru.settle()


def _unasked(part: Part[T], person: Part[Any]) -> Part[T]:
    """A part that hangs on a person: without an answer about them what is kept stays."""
    if person.state is PartState.FAILED:
        return replace(part, state=PartState.FAILED, error=person.error)
    return Part(state=PartState.ABSENT, error=person.error)


def ticket_of(sheet: Sheet) -> Ticket | None:
    """The ticket this sheet was opened from, or the customer's newest unsolved one."""
    if sheet.ticket is not None:
        return sheet.ticket
    page = sheet.tickets.value
    unsolved = [t for t in page.tickets if t.unsolved] if page else []
    return max(unsolved, key=lambda t: t.updated_at or 0.0, default=None)
