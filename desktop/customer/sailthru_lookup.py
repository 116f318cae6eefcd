"""The Sailthru half of a look-up: the profile, the other addresses' profiles, the lists."""

import asyncio

from desktop.clients.sailthru.client import SailthruClient
from desktop.customer.sheet_builder import SheetBuilder
from desktop.kit.errors import AppError, NotFound
from desktop.model.customer_sheet import AlternateProfile, SheetPart, SheetPartState
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser

# Each costs a call of the key's rate budget; more addresses are rare and add nothing to a sheet.
_MAX_OTHER_ADDRESSES = 5


class SailthruLookup:
    """Reads one customer from Sailthru into a `SheetBuilder`; does nothing while not connected."""

    def __init__(self, builder: SheetBuilder, sailthru: SailthruClient | None) -> None:
        self._builder = builder
        self._sailthru = sailthru

    @property
    def is_connected(self) -> bool:
        """Whether the workspace has a Sailthru key."""
        return self._sailthru is not None

    async def load_profile(self, key: str) -> None:
        """Read the profile at `key`, an address or a sid, and show it."""
        if self._sailthru is None:
            return
        builder = self._builder
        try:
            profile = await self._sailthru.get_user(key)
        except NotFound:
            cached, now = builder.sheet.profile.value, builder.now()
            absent: SheetPart[SailthruProfile] = SheetPart(state=SheetPartState.ABSENT, read_at=now)
            builder.update(profile=absent, matched_by="")
            if cached is not None and key in (cached.sid, cached.email):
                # Deleted or merged at Sailthru: the cached copy goes too.
                await builder.save_in_background(builder.cache.delete_profile.blocking, cached.sid)
            if "@" in key:
                await builder.save_in_background(
                    builder.cache.save_profile_absent.blocking, key, now
                )
            return
        except AppError as error:
            builder.set_failed(error, "profile")
            return
        await self._publish_profile(profile, matched_by=key)

    async def _publish_profile(
        self, profile: SailthruProfile, *, matched_by: str, linked: bool = False
    ) -> None:
        self._builder.set_read("profile", profile, matched_by=matched_by, is_linked=linked)
        save = self._builder.cache.save_profile.blocking
        await self._builder.save_in_background(save, profile, self._builder.now(), asked=matched_by)

    async def load_other_profiles(self, user: ZendeskUser) -> None:
        """Read the profiles of the user's further addresses, up to five, and show them.

        In Sailthru each address may have a profile, lists and an opt-out of its own.
        """
        sailthru, builder = self._sailthru, self._builder
        if sailthru is None:
            return
        main = user.emails[0] if user.emails else ""
        shown = builder.sheet.profile.value
        if builder.query.kind is LookupQueryKind.EMAIL:
            main = builder.query.value
        elif builder.query.kind is LookupQueryKind.SID and shown is not None:
            main = (shown.email or "").lower()
        addresses = [a for a in user.emails if a != main][:_MAX_OTHER_ADDRESSES]

        async def read_profile(address: str) -> AlternateProfile | None:
            try:
                profile = await sailthru.get_user(address)
            except AppError:
                # An extra: what cannot be read is not offered.
                return None
            await builder.save_in_background(
                builder.cache.save_profile.blocking, profile, builder.now()
            )
            opened = profile.activity.get("open_time")
            return AlternateProfile(address, profile.sid, profile.engagement, opened)

        found = await asyncio.gather(*map(read_profile, addresses))
        builder.update(other_profiles=tuple(other for other in found if other is not None))

    async def choose_profile(self) -> None:
        """Choose the profile the sheet shows, once the user and a profile are both known.

        A profile that somebody linked to this user comes first, then the one at the query.
        """
        sheet = self._builder.sheet
        user, profile = sheet.user.value, sheet.profile
        if self._sailthru is None or user is None or sheet.user.state is not SheetPartState.READ:
            return
        store = self._builder.store
        sid = await store.drafts_and_links.get_link(user.id)
        if sid is not None and (profile.value is None or profile.value.sid != sid):
            await self._load_linked_profile(sid)
        elif profile.state is SheetPartState.ABSENT and sheet.query.kind is LookupQueryKind.EMAIL:
            # A secondary address was typed: the profile is usually at the primary one.
            primary = user.emails[0] if user.emails else ""
            if any(other.address == primary for other in sheet.other_profiles):
                await self.load_profile(primary)
        shown = self._builder.sheet.profile.value
        if shown is not None:
            others = tuple(o for o in self._builder.sheet.other_profiles if o.sid != shown.sid)
            self._builder.update(other_profiles=others)

    async def _load_linked_profile(self, sid: str) -> None:
        if self._sailthru is None:
            return
        try:
            profile = await self._sailthru.get_user(sid)
        except AppError:
            # The linked profile is gone or cannot be read: the one at the address stays.
            return
        await self._publish_profile(profile, matched_by=profile.email or sid, linked=True)

    async def load_lists(self) -> None:
        """Read the account's lists, unless the cached ones are recent."""
        if self._sailthru is not None:
            save = self._builder.cache.save_lists.blocking
            await self._builder.refresh_catalogue("lists", self._sailthru.list_lists, save)
