"""Looks one customer up: shows the cached sheet, then reads every service concurrently.

    e-mail ─┬─ Sailthru profile ───────────────────────────────┐
            ├─ Zendesk person ─┬─ tickets                      ├─ joined sheet
            │                  ├─ identities, organisation     │
            │                  └─ profiles of other addresses ─┘
            ├─ lists, user fields (when older than a few minutes)
            └─ Zendesk Sell, where it is connected: the sheet is complete without it

Each part is shown as it arrives; one failed part does not cancel the others.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from desktop.customer.concurrent_calls import (
    none_if_missing,
    none_if_refused,
    run_concurrently,
)
from desktop.customer.foreign_link_check import ForeignLinkCheck
from desktop.customer.sailthru_lookup import SailthruLookup
from desktop.customer.sell_lookup import SellLookup, SellNameCache
from desktop.customer.service_clients import ServiceClients
from desktop.customer.sheet_builder import OnSheet, SheetBuilder
from desktop.customer.zendesk_lookup import ZendeskLookup
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.log_redaction import fingerprint
from desktop.model.customer_sheet import CustomerSheet, SheetPart, SheetPartState
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, parse_lookup_query
from desktop.model.sailthru_naming_rules import find_list_name
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)
T = TypeVar("T")

# Until the requests before have left: each costs the window's thread a millisecond or two.
_CATALOGUE_DELAY_S = 0.006


class CustomerLookup:
    """Looks customers up; one instance serves any number of look-ups at once."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        clock: Clock,
        zendesk_base_url: Callable[[], str] = lambda: "",
    ) -> None:
        """`zendesk_base_url` says which Zendesk account's links may be looked up."""
        self._services = services
        self._own_links = ForeignLinkCheck(services, zendesk_base_url)
        self._store = store
        self._clock = clock
        self._sell_names = SellNameCache(clock)

    def cached_sheet(self, query: LookupQuery) -> CustomerSheet:
        """Return the customer's sheet from this computer's cache, without any request."""
        return self._store.sheet_reader.read_sheet.blocking(query)

    async def require_own_link(self, query: LookupQuery) -> None:
        """Raise UserDecisionNeeded for looking up a link of another Zendesk account."""
        await self._own_links.require_own(query)

    async def look_up(self, text: str, on_sheet: OnSheet = lambda _sheet: None) -> CustomerSheet:
        """Look up whoever `text` names; `on_sheet` gets each newer state of the sheet.

        A part that failed carries its error and, where kept, the older value. Raises InvalidInput
        for a text that cannot be looked up, UserDecisionNeeded for a link of another account.
        Cancelling stops all requests.
        """
        return await self.look_up_query(parse_lookup_query(text), on_sheet)

    async def look_up_query(
        self,
        query: LookupQuery,
        on_sheet: OnSheet = lambda _sheet: None,
        *,
        keep_after: "asyncio.Future[None] | None" = None,
    ) -> CustomerSheet:
        """Look up a parsed query on the services. Raises UserDecisionNeeded as `look_up` does.

        What is read is stored only once `keep_after` has ended well, if it is given.
        """
        await self.require_own_link(query)
        services = self._services()

        def is_connection_current() -> bool:
            return self._services() == services

        builder = SheetBuilder(
            query, self._store, self._clock, on_sheet, is_connection_current, keep_after
        )
        return await _LookupRun(services, builder, self._sell_names).run()

    async def with_ticket(self, sheet: CustomerSheet, number: int) -> CustomerSheet:
        """Return the sheet with this Zendesk ticket looked up, where it has it not yet.

        Raises NotFound for a ticket that is not there, and what keeps Zendesk from being read.
        """
        page = sheet.tickets.value
        known = [*(page.tickets if page is not None else ()), sheet.ticket]
        zendesk = self._services().zendesk
        if zendesk is None or any(one is not None and one.id == number for one in known):
            return sheet
        return replace(sheet, ticket=await zendesk.show_ticket(number))

    async def reread_lists(self, sheet: CustomerSheet, names: Collection[str]) -> CustomerSheet:
        """Return the sheet; an unknown one of `names` has the account's Sailthru lists read again.

        Kept lists are up to five minutes old: one made in Sailthru a second ago is none of them.
        """
        known = [entry.name for entry in sheet.lists.value or ()]
        sailthru = self._services().sailthru
        if sailthru is None or all(find_list_name(name, known) for name in names):
            return sheet
        try:
            lists = await sailthru.list_lists()
        except AppError:
            return sheet
        now = self._clock.now()
        await self._store.customer_cache.save_lists(lists, now)
        return replace(sheet, lists=SheetPart(lists, SheetPartState.READ, now))


class _LookupRun:
    """One customer's look-up under way in the services."""

    def __init__(
        self, services: ServiceClients, builder: SheetBuilder, sell_names: SellNameCache
    ) -> None:
        self._builder = builder
        self._zendesk = services.zendesk
        self._sailthru = SailthruLookup(builder, services.sailthru)
        self._users = ZendeskLookup(builder, services.zendesk, self._sailthru)
        self._sell = SellLookup(builder, services.sell, sell_names)

    async def run(self) -> CustomerSheet:
        query = self._builder.query
        log.info("Looking up a %s (%s)", query.kind.value, fingerprint(query.value))
        self._publish_cached(self._builder.store.sheet_reader.read_sheet.blocking(query))
        by_kind: dict[LookupQueryKind, Callable[[], Coroutine[Any, Any, None]]] = {
            LookupQueryKind.EMAIL: self._by_email,
            LookupQueryKind.TICKET: self._by_ticket,
            LookupQueryKind.PHONE: self._by_phone,
            LookupQueryKind.ZENDESK_ID: self._by_zendesk_id,
            LookupQueryKind.EXTERNAL_ID: self._by_external_id,
            LookupQueryKind.SID: self._by_sid,
            LookupQueryKind.NUMBER: self._by_number,
            LookupQueryKind.NAME: self._by_name,
        }
        try:
            await run_concurrently(self._read_services(by_kind[query.kind]), self._sell.load())
            return self._builder.sheet
        finally:
            await self._builder.wait_until_saved()

    async def _read_services(self, read: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await run_concurrently(read(), self._load_catalogues())
        await self._finish()
        self._sell.set_addresses_known()

    def _publish_cached(self, cached: CustomerSheet) -> None:
        # Until its service has answered, a cached part is loading: it is shown with its age.
        off: SheetPart[Any] = SheetPart(state=SheetPartState.OFF)
        loading = SheetPartState.LOADING
        user = replace(cached.user, state=loading) if self._zendesk else off
        tickets = replace(cached.tickets, state=loading) if self._zendesk else off
        profile = replace(cached.profile, state=loading) if self._sailthru.is_connected else off
        sell: SheetPart[Any] = SheetPart(state=loading) if self._sell.is_connected else off
        self._builder.publish(
            replace(cached, user=user, tickets=tickets, profile=profile, sell=sell)
        )

    async def _finish(self) -> None:
        sheet = self._builder.sheet
        # What nobody asked for after all (no person: no tickets) stands as absent.
        if sheet.user.state is SheetPartState.LOADING:
            sheet = replace(sheet, user=SheetPart(state=SheetPartState.ABSENT))
        if sheet.tickets.state is SheetPartState.LOADING:
            sheet = replace(sheet, tickets=_dependent_part(sheet.tickets, sheet.user))
        if sheet.profile.state is SheetPartState.LOADING:
            sheet = replace(sheet, profile=_dependent_part(sheet.profile, sheet.user))
        sheet = self._builder.store.sheet_reader.refresh_sheet.blocking(
            replace(sheet, is_complete=True)
        )
        self._builder.publish(sheet)
        user, profile = sheet.user.value, sheet.profile.value
        if user is not None or profile is not None:
            await self._builder.save_in_background(
                self._builder.cache.mark_opened.blocking,
                person=user.id if user else None,
                sid=profile.sid if profile else None,
                at=self._builder.now(),
            )

    async def _load_catalogues(self) -> None:
        """Read lists and user fields a moment into the look-up: its second round trip is first."""
        await asyncio.sleep(_CATALOGUE_DELAY_S)
        await run_concurrently(self._sailthru.load_lists(), self._users.load_user_fields())

    async def _by_email(self) -> None:
        address = self._builder.query.value
        await run_concurrently(
            self._users.load_users_by_email(address), self._sailthru.load_profile(address)
        )
        await self._load_user_of_profile()
        await self._sailthru.choose_profile()

    async def _by_ticket(self) -> None:
        await self._users.load_ticket(int(self._builder.query.value))
        await self._sailthru.choose_profile()

    async def _by_zendesk_id(self) -> None:
        await self._users.load_user(int(self._builder.query.value))
        await self._sailthru.choose_profile()

    async def _by_external_id(self) -> None:
        value = self._builder.query.value
        if self._zendesk is not None:
            await self._users.load_users(self._zendesk.find_by_external_id(value))
        await self._sailthru.choose_profile()

    async def _by_phone(self) -> None:
        if self._zendesk is not None:
            await self._users.load_users(self._zendesk.find_by_phone(self._builder.query.value))
        await self._sailthru.choose_profile()

    async def _by_sid(self) -> None:
        await self._sailthru.load_profile(self._builder.query.value)
        profile = self._builder.sheet.profile.value
        if profile is not None and profile.email:
            await self._users.load_users_by_email(profile.email)
        await self._load_user_of_profile()
        await self._sailthru.choose_profile()

    async def _load_user_of_profile(self) -> None:
        """Find the Zendesk user of a profile whose address is unknown there: by pair or extid."""
        sheet = self._builder.sheet
        profile = sheet.profile.value
        if self._zendesk is None or sheet.matches or profile is None:
            return
        if sheet.profile.state is not SheetPartState.READ or (
            sheet.user.state not in (SheetPartState.ABSENT, SheetPartState.LOADING)
        ):
            return
        known = await self._builder.store.sync_state.find_user_ids([profile.sid])
        user_ids = known.get(profile.sid, ())
        if len(user_ids) == 1:
            await self._users.load_user(user_ids[0])
        elif external_id := profile.keys.get("extid"):
            await self._users.load_users(self._zendesk.find_by_external_id(external_id))

    async def _by_name(self) -> None:
        value = self._builder.query.value
        zendesk = self._zendesk
        if zendesk is None:
            return

        async def ask() -> tuple[ZendeskUser, ...]:
            by_name, by_id = await asyncio.gather(
                zendesk.find_by_name(value),
                none_if_refused(lambda: zendesk.find_by_external_id(value)),
            )
            return tuple({p.id: p for p in (*by_id, *by_name)}.values())

        await self._users.load_users(ask())
        await self._sailthru.choose_profile()

    async def _by_number(self) -> None:
        """Look up a bare number as ticket, user id, external id and phone number at once."""
        number = self._builder.query.value
        zendesk = self._zendesk
        if zendesk is None:
            return
        # Zendesk's ids are 64-bit and begin with no zero: else it is an external id or a phone.
        is_possible_id = int(number) < 2**63 and not number.startswith("0")

        async def ask() -> tuple[ZendeskUser, ...]:
            ticket = None
            if is_possible_id:
                ticket = await none_if_missing(lambda: zendesk.show_ticket(int(number)))
            if ticket is not None and ticket.requester_id is not None:
                self._builder.update(ticket=ticket)
                await self._builder.save_in_background(
                    self._builder.cache.save_ticket.blocking, ticket, self._builder.now()
                )
                return (await zendesk.show_user(ticket.requester_id),)

            async def find_by_id() -> tuple[ZendeskUser, ...]:
                user = await none_if_missing(lambda: zendesk.show_user(int(number)))
                return (user,) if user else ()

            answers = await asyncio.gather(
                *((find_by_id(),) if is_possible_id else ()),
                none_if_refused(lambda: zendesk.find_by_external_id(number)),
                none_if_refused(lambda: zendesk.find_by_phone(number)),
            )
            return tuple({user.id: user for users in answers for user in users}.values())

        await self._users.load_users(ask())
        await self._sailthru.choose_profile()


def _dependent_part(part: SheetPart[T], user: SheetPart[Any]) -> SheetPart[T]:
    """Return a sheet part that needed the Zendesk user: failed with them, or absent like them."""
    if user.state is SheetPartState.FAILED:
        return replace(part, state=SheetPartState.FAILED, error=user.error)
    return SheetPart(state=SheetPartState.ABSENT, error=user.error)


def relevant_ticket(sheet: CustomerSheet) -> ZendeskTicket | None:
    """Return the ticket the customer's sheet was opened from, or the newest unsolved one."""
    if sheet.ticket is not None:
        return sheet.ticket
    page = sheet.tickets.value
    unsolved = [t for t in page.tickets if t.is_unsolved] if page else []
    return max(unsolved, key=lambda t: t.updated_at or 0.0, default=None)
