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
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from desktop.customer.services import Services
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, NotFound, StoreKnown
from desktop.kit.redact import fingerprint
from desktop.model.person import ZendeskPerson
from desktop.model.profile import SailthruProfile
from desktop.model.query import Query, QueryKind, recognise
from desktop.model.sheet import Match, OtherProfile, Part, PartState, Sheet, TicketPage
from desktop.model.ticket import Ticket
from desktop.store.store import Store

log = logging.getLogger(__name__)
T = TypeVar("T")

OnSheet = Callable[[Sheet], None]

_CATALOGUE_KEPT_S = 300.0
_MOST_OTHER_ADDRESSES = 5
_MOST_MATCHES = 20


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
        search = _Search(query, self._services(), self._store, self._clock, on_sheet)
        return await search.run()


class _Search:
    """One lookup under way."""

    def __init__(
        self,
        query: Query,
        services: Services,
        store: Store,
        clock: Clock,
        on_sheet: OnSheet,
    ) -> None:
        self._sailthru = services.sailthru
        self._zendesk = services.zendesk
        self._store = store
        self._clock = clock
        self._on_sheet = on_sheet
        self._sheet = Sheet(query)

    async def run(self) -> Sheet:
        query = self._sheet.query
        log.info("Looking up a %s (%s)", query.kind.value, fingerprint(query.value))
        self._begin(self._store.reader.sheet(query))
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
        await _together(by_kind[query.kind](), self._catalogues())
        return await self._finish()

    # How the sheet grows.

    def _begin(self, kept: Sheet) -> None:
        # Until asked, a kept part is loading: its value is shown with its age.
        off: Part[Any] = Part(state=PartState.OFF)
        loading = PartState.LOADING
        person = replace(kept.person, state=loading) if self._zendesk else off
        tickets = replace(kept.tickets, state=loading) if self._zendesk else off
        profile = replace(kept.profile, state=loading) if self._sailthru else off
        self._update(
            replace(kept, person=person, tickets=tickets, profile=profile, matches=kept.matches)
        )

    def _update(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._on_sheet(sheet)

    async def _finish(self) -> Sheet:
        sheet = self._sheet
        # What nobody asked for after all (no person: no tickets) stands as absent.
        if sheet.person.state is PartState.LOADING:
            sheet = replace(sheet, person=Part(state=PartState.ABSENT))
        if sheet.tickets.state is PartState.LOADING:
            sheet = replace(sheet, tickets=_unasked(sheet.tickets, sheet.person))
        if sheet.profile.state is PartState.LOADING:
            sheet = replace(sheet, profile=_unasked(sheet.profile, sheet.person))
        person, profile = sheet.person.value, sheet.profile.value
        if person is not None or profile is not None:
            await self._keep(
                self._store.mirror.mark_opened,
                person=person.id if person else None,
                sid=profile.sid if profile else None,
                at=self._clock.now(),
            )
        sheet = self._store.reader.refreshed(replace(sheet, finished=True))
        self._update(sheet)
        return sheet

    # By what was typed.

    async def _by_email(self) -> None:
        address = self._sheet.query.value
        await _together(self._profile_at(address), self._people_at(address))
        await self._settle_profile()

    async def _by_ticket(self) -> None:
        await self._ticket(int(self._sheet.query.value))
        await self._settle_profile()

    async def _by_zendesk_id(self) -> None:
        await self._person(int(self._sheet.query.value))
        await self._settle_profile()

    async def _by_external_id(self) -> None:
        value = self._sheet.query.value
        if self._zendesk is not None:
            await self._people(self._zendesk.find_by_external_id(value))
        await self._settle_profile()

    async def _by_phone(self) -> None:
        if self._zendesk is not None:
            await self._people(self._zendesk.find_by_phone(self._sheet.query.value))
        await self._settle_profile()

    async def _by_sid(self) -> None:
        await self._profile_at(self._sheet.query.value)
        profile = self._sheet.profile.value
        if profile is not None and profile.email:
            await self._people_at(profile.email)

    async def _by_name(self) -> None:
        value = self._sheet.query.value
        zendesk = self._zendesk
        if zendesk is None:
            return

        async def ask() -> tuple[ZendeskPerson, ...]:
            by_name, by_id = await asyncio.gather(
                zendesk.find_by_name(value), _none_if_refused(zendesk.find_by_external_id(value))
            )
            return tuple({p.id: p for p in (*by_id, *by_name)}.values())

        await self._people(ask())
        await self._settle_profile()

    async def _by_number(self) -> None:
        """A bare number may be anything: ask for all, and offer what exists."""
        number = self._sheet.query.value
        zendesk = self._zendesk
        if zendesk is None:
            return
        small = int(number) < 2**63

        async def ask() -> tuple[ZendeskPerson, ...]:
            ticket = await _none_if_missing(zendesk.ticket(int(number))) if small else None
            if ticket is not None and ticket.requester_id is not None:
                self._update(replace(self._sheet, ticket=ticket))
                await self._keep(self._store.mirror.save_ticket, ticket, self._clock.now())
                return (await zendesk.show_user(ticket.requester_id),)
            person, by_id, by_phone = await asyncio.gather(
                _none_if_missing(zendesk.show_user(int(number))) if small else _nothing(),
                _none_if_refused(zendesk.find_by_external_id(number)),
                _none_if_refused(zendesk.find_by_phone(number)),
            )
            found = (*((person,) if person else ()), *by_id, *by_phone)
            return tuple({p.id: p for p in found}.values())

        await self._people(ask())
        await self._settle_profile()

    # Zendesk.

    async def _people_at(self, address: str) -> None:
        if self._zendesk is None:
            return
        zendesk = self._zendesk

        async def ask() -> tuple[ZendeskPerson, ...]:
            return await zendesk.find_by_email(address)

        found = await self._people(ask())
        if found == 0:
            await self._keep(self._store.mirror.save_no_person, address, self._clock.now())

    async def _people(self, asking: Awaitable[tuple[ZendeskPerson, ...]]) -> int | None:
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
            self._update(replace(self._without_kept(), matches=matches))
        else:
            gone: Part[ZendeskPerson] = Part(state=PartState.ABSENT, read_at=self._clock.now())
            self._update(replace(self._without_kept(), person=gone, matches=()))
        return len(people)

    def _without_kept(self) -> Sheet:
        """The sheet without the one person who was kept: it is nobody, or several."""
        person: Part[ZendeskPerson] = Part(state=PartState.ABSENT)
        tickets: Part[TicketPage] = Part(state=PartState.ABSENT)
        sheet = replace(self._sheet, person=person, tickets=tickets)
        own = self._sheet.query.kind in (QueryKind.EMAIL, QueryKind.SID)
        if own or self._sailthru is None:
            return sheet
        return replace(sheet, profile=Part(state=PartState.ABSENT), matched_by="", linked=False)

    def _person_failed(self, error: AppError) -> None:
        person = replace(self._sheet.person, state=PartState.FAILED, error=error)
        tickets = replace(self._sheet.tickets, state=PartState.FAILED, error=error)
        self._update(replace(self._sheet, person=person, tickets=tickets))

    async def _ticket(self, number: int) -> None:
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
            self._update(replace(self._sheet, person=absent, tickets=none, ticket=None))
            return
        except AppError as error:
            self._person_failed(error)
            return
        self._update(replace(self._sheet, ticket=ticket))
        await self._keep(self._store.mirror.save_ticket, ticket, self._clock.now())
        if ticket.requester_id is not None:
            await self._person(ticket.requester_id)

    async def _person(self, user_id: int) -> None:
        if self._zendesk is None:
            return
        zendesk = self._zendesk
        tickets = asyncio.create_task(self._tickets(user_id))
        try:
            person = await zendesk.show_user(user_id)
        except NotFound:
            await _ended(tickets)
            absent: Part[ZendeskPerson] = Part(state=PartState.ABSENT)
            none: Part[TicketPage] = Part(state=PartState.ABSENT)
            self._update(replace(self._sheet, person=absent, tickets=none))
            return
        except AppError as error:
            # The tickets may come all the same.
            part = replace(self._sheet.person, state=PartState.FAILED, error=error)
            self._update(replace(self._sheet, person=part))
            await tickets
            return
        except BaseException:
            await _ended(tickets)
            raise
        await _together(self._person_came(person, with_tickets=False), _join(tickets))

    async def _person_came(self, person: ZendeskPerson, *, with_tickets: bool = True) -> None:
        """Show the person, then fetch what hangs on them, all at once."""
        now = self._clock.now()
        part = Part(person, PartState.READ, now)
        self._update(replace(self._sheet, person=part, matches=()))
        asking: list[Coroutine[Any, Any, None]] = [self._details(person)]
        if with_tickets:
            asking.append(self._tickets(person.id))
        # By address or sid the profile is asked for already, and it may not be the primary one's.
        if self._sheet.query.kind not in (QueryKind.EMAIL, QueryKind.SID) and person.email:
            asking.append(self._profile_at(person.email))
        await _together(*asking)

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
            needed.append(_forgiving(identities()))
        if person.organization is None and person.organization_id is not None:
            needed.append(_forgiving(organization()))
        await _together(*needed)
        now = self._clock.now()
        if full is not person:
            self._update(replace(self._sheet, person=Part(full, PartState.READ, now)))
        await _together(self._others(full), self._keep(self._store.mirror.save_person, full, now))

    async def _tickets(self, user_id: int) -> None:
        if self._zendesk is None:
            return
        try:
            found = await self._zendesk.tickets_of(user_id)
        except AppError as error:
            tickets = replace(self._sheet.tickets, state=PartState.FAILED, error=error)
            self._update(replace(self._sheet, tickets=tickets))
            return
        now = self._clock.now()
        page = TicketPage(found.tickets, found.has_more)
        self._update(replace(self._sheet, tickets=Part(page, PartState.READ, now)))
        await self._keep(self._store.mirror.save_tickets, user_id, page, now)

    # Sailthru.

    async def _profile_at(self, key: str) -> None:
        """The profile at an address or sid."""
        if self._sailthru is None:
            return
        now = self._clock.now()
        try:
            profile = await self._sailthru.get_user(key)
        except NotFound:
            kept = self._sheet.profile.value
            absent: Part[SailthruProfile] = Part(state=PartState.ABSENT, read_at=now)
            self._update(replace(self._sheet, profile=absent, matched_by=""))
            if kept is not None and key in (kept.sid, kept.email):
                # Deleted or merged: what was kept of it goes too.
                await self._keep(self._store.mirror.forget_profile, kept.sid)
            if "@" in key:
                await self._keep(self._store.mirror.save_no_profile, key, now)
            return
        except AppError as error:
            part = replace(self._sheet.profile, state=PartState.FAILED, error=error)
            self._update(replace(self._sheet, profile=part))
            return
        await self._profile_came(profile, matched_by=key)

    async def _profile_came(
        self, profile: SailthruProfile, *, matched_by: str, linked: bool = False
    ) -> None:
        now = self._clock.now()
        part = Part(profile, PartState.READ, now)
        self._update(replace(self._sheet, profile=part, matched_by=matched_by, linked=linked))
        await self._keep(self._store.mirror.save_profile, profile, now, asked=matched_by)

    async def _others(self, person: ZendeskPerson) -> None:
        """Profiles of the person's further addresses: they have a life of their own in Sailthru."""
        sailthru = self._sailthru
        if sailthru is None:
            return
        main = person.emails[0] if person.emails else ""
        if self._sheet.query.kind is QueryKind.EMAIL:
            main = self._sheet.query.value
        elif self._sheet.query.kind is QueryKind.SID and self._sheet.profile.value is not None:
            main = (self._sheet.profile.value.email or "").lower()
        addresses = [a for a in person.emails if a != main][:_MOST_OTHER_ADDRESSES]

        async def ask(address: str) -> OtherProfile | None:
            try:
                profile = await sailthru.get_user(address)
            except AppError:
                # An extra: what cannot be read is not offered.
                return None
            await self._keep(self._store.mirror.save_profile, profile, self._clock.now())
            opened = profile.activity.get("open_time")
            return OtherProfile(address, profile.sid, profile.engagement, opened)

        found = await asyncio.gather(*(ask(address) for address in addresses))
        others = tuple(other for other in found if other is not None)
        self._update(replace(self._sheet, others=others))

    async def _settle_profile(self) -> None:
        """Choose which profile the sheet shows, once person and profile are both known."""
        sheet = self._sheet
        person, sailthru = sheet.person.value, self._sailthru
        if sailthru is None or person is None or sheet.person.state is not PartState.READ:
            return
        sid = await self._store.lane.run(self._store.notes.link, person.id)
        if sid is not None and (sheet.profile.value is None or sheet.profile.value.sid != sid):
            await self._linked(sid)
        elif sheet.profile.state is PartState.ABSENT and sheet.query.kind is QueryKind.EMAIL:
            # A secondary address was typed: the profile is usually at the primary one.
            primary = person.emails[0] if person.emails else ""
            if any(other.address == primary for other in sheet.others):
                await self._profile_at(primary)
        shown = self._sheet.profile.value
        if shown is not None:
            others = tuple(o for o in self._sheet.others if o.sid != shown.sid)
            self._update(replace(self._sheet, others=others))

    async def _linked(self, sid: str) -> None:
        if self._sailthru is None:
            return
        try:
            profile = await self._sailthru.get_user(sid)
        except AppError:
            # The chosen profile is gone or cannot be read: the one at the address stands.
            return
        await self._profile_came(profile, matched_by=profile.email or sid, linked=True)

    async def _catalogues(self) -> None:
        """The account's lists and user fields, when what is kept is older than a few minutes."""
        now = self._clock.now()

        async def lists() -> None:
            if self._sailthru is None or not _old(self._sheet.lists, now):
                return
            try:
                found = await self._sailthru.list_lists()
            except AppError as error:
                part = replace(self._sheet.lists, state=PartState.FAILED, error=error)
                self._update(replace(self._sheet, lists=part))
                return
            self._update(replace(self._sheet, lists=Part(found, PartState.READ, now)))
            await self._keep(self._store.mirror.save_lists, found, now)

        async def fields() -> None:
            if self._zendesk is None or not _old(self._sheet.fields, now):
                return
            try:
                found = await self._zendesk.user_fields()
            except AppError as error:
                part = replace(self._sheet.fields, state=PartState.FAILED, error=error)
                self._update(replace(self._sheet, fields=part))
                return
            self._update(replace(self._sheet, fields=Part(found, PartState.READ, now)))
            await self._keep(self._store.mirror.save_user_fields, found, now)

        await _together(lists(), fields())

    async def _keep(self, save: Callable[..., object], *args: object, **kwargs: object) -> None:
        """Save for later; a full disk must not take the sheet away from somebody's eyes."""
        try:
            await self._store.lane.run(save, *args, **kwargs)
        except StoreKnown as error:
            log.warning("What was read could not be kept: %s", error.title)


def _unasked(part: Part[T], person: Part[Any]) -> Part[T]:
    """A part that hangs on a person: without an answer about them what is kept stays."""
    if person.state is PartState.FAILED:
        return replace(part, state=PartState.FAILED, error=person.error)
    return Part(state=PartState.ABSENT, error=person.error)


async def _together(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run all at once; an unexpected failure of one cancels the rest and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _join(task: "asyncio.Task[None]") -> None:
    await task


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _nothing() -> None:
    return None


async def _forgiving(asking: Coroutine[Any, Any, None]) -> None:
    """For extras: without them the sheet is poorer, not wrong."""
    try:
        await asking
    except AppError as error:
        log.info("A detail could not be read: %s", error.code)


async def _none_if_missing(asking: Awaitable[T]) -> T | None:
    try:
        return await asking
    except NotFound:
        return None


async def _none_if_refused(
    asking: Awaitable[tuple[ZendeskPerson, ...]],
) -> tuple[ZendeskPerson, ...]:
    try:
        return await asking
    except AppError as error:
        if error.retryable:
            raise
        return ()


def _old(part: Part[Any], now: float) -> bool:
    return part.value is None or part.read_at is None or now - part.read_at > _CATALOGUE_KEPT_S


def _match_note(person: ZendeskPerson) -> str:
    if person.suspended:
        return "suspended"
    return "" if person.role == "end-user" else person.role


def ticket_of(sheet: Sheet) -> Ticket | None:
    """The ticket this sheet was opened from, or the customer's newest unsolved one."""
    if sheet.ticket is not None:
        return sheet.ticket
    page = sheet.tickets.value
    unsolved = [t for t in page.tickets if t.unsolved] if page else []
    return max(unsolved, key=lambda t: t.updated_at or 0.0, default=None)
