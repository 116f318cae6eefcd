"""The Sailthru side of a look-up: the profile, the other addresses' profiles, the lists."""

import asyncio
from dataclasses import replace

from desktop.clients.sailthru.client import SailthruClient
from desktop.customer.sheet_builder import SheetBuilder
from desktop.kit.errors import AppError, NotFound
from desktop.model.customer_sheet import AlternateProfile, SheetPart, SheetPartState, is_stale
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser

_MAX_OTHER_ADDRESSES = 5


class SailthruLookup:
    """Asks Sailthru, where it is connected, and writes onto the board."""

    def __init__(self, builder: SheetBuilder, sailthru: SailthruClient | None) -> None:
        self._builder = builder
        self._sailthru = sailthru

    @property
    def is_connected(self) -> bool:
        """Whether there is anybody to ask."""
        return self._sailthru is not None

    async def load_profile(self, key: str) -> None:
        """The profile at an address or sid."""
        if self._sailthru is None:
            return
        now = self._builder.now()
        try:
            profile = await self._sailthru.get_user(key)
        except NotFound:
            kept = self._builder.sheet.profile.value
            absent: SheetPart[SailthruProfile] = SheetPart(state=SheetPartState.ABSENT, read_at=now)
            self._builder.publish(replace(self._builder.sheet, profile=absent, matched_by=""))
            if kept is not None and key in (kept.sid, kept.email):
                # Deleted or merged: what was kept of it goes too.
                await self._builder.save_in_background(
                    self._builder.store.customer_cache.delete_profile.blocking, kept.sid
                )
            if "@" in key:
                await self._builder.save_in_background(
                    self._builder.store.customer_cache.save_profile_absent.blocking, key, now
                )
            return
        except AppError as error:
            part = replace(self._builder.sheet.profile, state=SheetPartState.FAILED, error=error)
            self._builder.publish(replace(self._builder.sheet, profile=part))
            return
        await self._publish_profile(profile, matched_by=key)

    async def _publish_profile(
        self, profile: SailthruProfile, *, matched_by: str, linked: bool = False
    ) -> None:
        now = self._builder.now()
        part = SheetPart(profile, SheetPartState.READ, now)
        self._builder.publish(
            replace(self._builder.sheet, profile=part, matched_by=matched_by, is_linked=linked)
        )
        await self._builder.save_in_background(
            self._builder.store.customer_cache.save_profile.blocking, profile, now, asked=matched_by
        )

    async def load_other_profiles(self, user: ZendeskUser) -> None:
        """Profiles of the person's further addresses: they have a life of their own in Sailthru."""
        sailthru = self._sailthru
        if sailthru is None:
            return
        main = user.emails[0] if user.emails else ""
        if self._builder.sheet.query.kind is LookupQueryKind.EMAIL:
            main = self._builder.sheet.query.value
        elif (
            self._builder.sheet.query.kind is LookupQueryKind.SID
            and self._builder.sheet.profile.value is not None
        ):
            main = (self._builder.sheet.profile.value.email or "").lower()
        addresses = [a for a in user.emails if a != main][:_MAX_OTHER_ADDRESSES]

        async def ask(address: str) -> AlternateProfile | None:
            try:
                profile = await sailthru.get_user(address)
            except AppError:
                # An extra: what cannot be read is not offered.
                return None
            await self._builder.save_in_background(
                self._builder.store.customer_cache.save_profile.blocking,
                profile,
                self._builder.now(),
            )
            opened = profile.activity.get("open_time")
            return AlternateProfile(address, profile.sid, profile.engagement, opened)

        found = await asyncio.gather(*(ask(address) for address in addresses))
        others = tuple(other for other in found if other is not None)
        self._builder.publish(replace(self._builder.sheet, other_profiles=others))

    async def choose_profile(self) -> None:
        """Choose which profile the sheet shows, once person and profile are both known."""
        sheet = self._builder.sheet
        person, sailthru = sheet.user.value, self._sailthru
        if sailthru is None or person is None or sheet.user.state is not SheetPartState.READ:
            return
        sid = await self._builder.store.drafts_and_links.get_link(person.id)
        if sid is not None and (sheet.profile.value is None or sheet.profile.value.sid != sid):
            await self._load_linked_profile(sid)
        elif (
            sheet.profile.state is SheetPartState.ABSENT
            and sheet.query.kind is LookupQueryKind.EMAIL
        ):
            # A secondary address was typed: the profile is usually at the primary one.
            primary = person.emails[0] if person.emails else ""
            if any(other.address == primary for other in sheet.other_profiles):
                await self.load_profile(primary)
        shown = self._builder.sheet.profile.value
        if shown is not None:
            others = tuple(o for o in self._builder.sheet.other_profiles if o.sid != shown.sid)
            self._builder.publish(replace(self._builder.sheet, other_profiles=others))

    async def _load_linked_profile(self, sid: str) -> None:
        if self._sailthru is None:
            return
        try:
            profile = await self._sailthru.get_user(sid)
        except AppError:
            # The chosen profile is gone or cannot be read: the one at the address stands.
            return
        await self._publish_profile(profile, matched_by=profile.email or sid, linked=True)

    async def load_lists(self) -> None:
        """The account's lists, when what is kept is older than a few minutes."""
        now = self._builder.now()
        if self._sailthru is None or not is_stale(self._builder.sheet.lists, now):
            return
        try:
            found = await self._sailthru.list_lists()
        except AppError as error:
            part = replace(self._builder.sheet.lists, state=SheetPartState.FAILED, error=error)
            self._builder.publish(replace(self._builder.sheet, lists=part))
            return
        self._builder.publish(
            replace(self._builder.sheet, lists=SheetPart(found, SheetPartState.READ, now))
        )
        await self._builder.save_in_background(
            self._builder.store.customer_cache.save_lists.blocking, found, now
        )
