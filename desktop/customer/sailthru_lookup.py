"""The Sailthru half of a look-up: the profile, the other addresses' profiles, the lists."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any

from desktop.clients.sailthru.client import SailthruClient
from desktop.customer.sheet_builder import SheetBuilder
from desktop.kit.errors import AppError, NotFound, ValuesRejected
from desktop.model.customer_matching import match_customer
from desktop.model.customer_sheet import AlternateProfile, SheetPart, SheetPartState
from desktop.model.email_address import email_match_key, email_spellings
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.match_keys import sms_key
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sync import MatchIdentifier
from desktop.model.zendesk_user import ZendeskUser

# Each costs a call of the key's rate budget; more addresses are rare and add nothing to a sheet.
_MAX_OTHER_ADDRESSES = 5


@dataclass(frozen=True)
class _FoundProfile:
    """A Sailthru profile of the customer, the key that a look-up found it by, and its value."""

    key: MatchIdentifier
    value: str
    profile: SailthruProfile
    is_linked: bool = False


class SailthruLookup:
    """Reads one customer's Sailthru half of a look-up; does nothing while not connected."""

    def __init__(self, builder: SheetBuilder, sailthru: SailthruClient | None) -> None:
        self._builder = builder
        self._sailthru = sailthru
        self._is_own_read = asyncio.Event()
        # When Sailthru said that the query's or the primary address has no profile.
        self._absent_at: float | None = None
        self._own: _FoundProfile | None = None
        # The sid of the remembered pair's profile, once it was asked for.
        self._paired_sid = ""
        self._found: tuple[_FoundProfile, ...] = ()
        # What could not be asked, by the value of its key.
        self._failed: dict[str, AppError] = {}

    @property
    def is_connected(self) -> bool:
        """Whether the look-up has a Sailthru client to ask."""
        return self._sailthru is not None

    async def load_profile(self, key: str) -> None:
        """Read the Sailthru profile at `key`, an address or a sid, and show it on the sheet.

        That there is none is said by `choose_profile`: another key of theirs may find one, and so
        may another spelling of the address.
        """
        try:
            await self._load_own_profile(key)
        finally:
            self._is_own_read.set()
        if "@" in key:
            await self._load_found(
                self._read_by(MatchIdentifier.EMAIL, one) for one in email_spellings(key)[1:]
            )

    async def _load_own_profile(self, key: str) -> None:
        if self._sailthru is None:
            return
        builder = self._builder
        try:
            profile = await self._sailthru.get_user(key)
        except NotFound:
            cached, now = builder.sheet.profile.value, builder.now()
            self._absent_at = now
            if cached is not None and key in (cached.sid, cached.email):
                builder.update(profile=SheetPart(state=SheetPartState.LOADING), matched_by="")
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
        self._own = _FoundProfile(MatchIdentifier.EMAIL, key, profile)
        shown = builder.sheet.profile.value
        if shown is None or shown.sid == profile.sid:
            builder.set_read("profile", profile, matched_by=key, is_linked=False)
        # Else a remembered pair is on show, and a change that somebody makes now is of that one:
        # which it is stays undecided until both are read.
        await self._save(profile, asked=key)

    async def _publish_profile(
        self, profile: SailthruProfile, *, matched_by: str, linked: bool = False
    ) -> None:
        self._builder.set_read("profile", profile, matched_by=matched_by, is_linked=linked)
        await self._save(profile, asked=matched_by)

    async def _save(self, profile: SailthruProfile, *, asked: str) -> None:
        save = self._builder.cache.save_profile.blocking
        await self._builder.save_in_background(save, profile, self._builder.now(), asked=asked)

    async def load_other_profiles(self, user: ZendeskUser) -> None:
        """Read every Sailthru profile that may be the user's, for `choose_profile`.

        In Sailthru each address (up to five are asked for) may have a profile, lists and an opt-out
        of its own. The external id may lead to yet another. Where the address that was asked for
        has none, the phone number is asked too.
        """
        if self._sailthru is None:
            return
        builder = self._builder
        main = user.emails[0] if user.emails else ""
        shown = builder.sheet.profile.value
        if builder.query.kind is LookupQueryKind.EMAIL:
            main = builder.query.value
        elif builder.query.kind is LookupQueryKind.SID:
            main = (shown.email or "") if shown is not None else ""
        elif not main:
            # There is no address to wait for.
            self._is_own_read.set()
        own = email_match_key(main)
        addresses = [a for a in user.emails if email_match_key(a) != own][:_MAX_OTHER_ADDRESSES]
        keys = [key for address in addresses for key in email_spellings(address)]
        await self._load_found(
            (
                self._read_pair(user),
                *(self._read_by(MatchIdentifier.EMAIL, key) for key in keys),
                self._read_by_external_id(user.external_id or ""),
                self._read_by_phone(sms_key(user.phone)),
            )
        )

    async def _load_found(self, reads: Iterable[Coroutine[Any, Any, _FoundProfile | None]]) -> None:
        """Run a look-up's reads of Sailthru, and keep what they find for `choose_profile`."""
        found = await asyncio.gather(*reads)
        self._found += tuple(one for one in found if one is not None)

    async def _read_pair(self, user: ZendeskUser) -> _FoundProfile | None:
        """Read the Sailthru profile that was chosen for this user, or that a run matched."""
        store = self._builder.store
        sid = (await store.sync_state.find_sids([user.id])).get(user.id)
        if sid is None:
            return None
        is_linked = await store.drafts_and_links.get_link(user.id) == sid
        await self._is_own_read.wait()
        own = self._own_profile()
        if own is not None and own.sid == sid:
            return _FoundProfile(MatchIdentifier.SID, sid, own, is_linked)
        self._paired_sid = sid
        return await self._read_by(MatchIdentifier.SID, sid, is_linked=is_linked)

    async def _read_by_external_id(self, value: str) -> _FoundProfile | None:
        await self._is_own_read.wait()
        own = self._own_profile()
        if not value or (own is not None and own.keys.get("extid") == value):
            return None
        return await self._read_by(MatchIdentifier.EXTERNAL_ID, value)

    async def _read_by_phone(self, value: str) -> _FoundProfile | None:
        await self._is_own_read.wait()
        if not value or self._own_profile() is not None:
            return None
        return await self._read_by(MatchIdentifier.PHONE, value)

    async def _read_by(
        self, key: MatchIdentifier, value: str, *, is_linked: bool = False
    ) -> _FoundProfile | None:
        if self._sailthru is None:
            return None
        try:
            profile = await self._sailthru.get_user(value, key=_SAILTHRU_KEYS[key])
        except (NotFound, ValuesRejected):
            # Sailthru refuses the keys `extid` and `sms` where an account has not enabled them.
            return None
        except AppError as error:
            self._failed[value] = error
            return None
        await self._builder.save_in_background(
            self._builder.cache.save_profile.blocking, profile, self._builder.now()
        )
        return _FoundProfile(key, value, profile, is_linked)

    def _own_profile(self) -> SailthruProfile | None:
        """Return the profile at the address or sid that was looked up, once it has been read."""
        return self._own.profile if self._own is not None else None

    async def _read_shown_pair(self) -> None:
        """Read the cached pair's profile where Zendesk does not say now whose address it is."""
        sheet, own = self._builder.sheet, self._own_profile()
        shown = sheet.profile.value
        is_cached = sheet.profile.state is SheetPartState.LOADING
        if is_cached and shown is not None and (own is None or own.sid != shown.sid):
            self._paired_sid = shown.sid
            await self._load_found(
                [self._read_by(MatchIdentifier.SID, shown.sid, is_linked=sheet.is_linked)]
            )

    def forget_pair(self) -> None:
        """Take a remembered pair's profile off the sheet: the address is no more their user's."""
        builder = self._builder
        shown, address = builder.sheet.profile, builder.query.value
        if builder.query.kind is not LookupQueryKind.EMAIL or shown.value is None:
            return
        if email_match_key(shown.value.email or "") == email_match_key(address):
            return
        if self._own is not None:
            builder.set_read("profile", self._own.profile, matched_by=address, is_linked=False)
        else:
            builder.update(profile=replace(shown, value=None), matched_by="", is_linked=False)

    @property
    def _is_own_shown(self) -> bool:
        part, own = self._builder.sheet.profile, self._own_profile()
        is_read = part.state is SheetPartState.READ
        return is_read and part.value is not None and own is not None and part.value.sid == own.sid

    async def choose_profile(self) -> None:
        """Choose the profile the sheet shows, once the user's possible profiles are read.

        Of several by address, the one at the query's stays on show and the others are offered.
        """
        builder, own = self._builder, self._own_profile()
        if self._sailthru is None:
            return
        if builder.sheet.user.state is SheetPartState.FAILED:
            await self._read_shown_pair()
        if (error := self._failed.get(self._paired_sid)) is not None:
            # Which profile is theirs is known, and no other takes its place.
            shown = builder.sheet.profile.value
            if shown is None or shown.sid != self._paired_sid:
                builder.update(profile=SheetPart(), matched_by="", is_linked=False)
            builder.set_failed(error, "profile")
            return
        found = (self._own, *self._found) if self._own is not None else self._found
        by_sid = {one.profile.sid: one for one in reversed(found)}
        match = match_customer((one.key, one.profile.sid) for one in found)
        is_failed = builder.sheet.profile.state is SheetPartState.FAILED
        # A sid was asked for: that profile is shown. An address that could not be read may have
        # another one; the remembered pair goes before it.
        is_shown_otherwise = builder.query.kind is LookupQueryKind.SID or (
            is_failed and match.identifier is not MatchIdentifier.SID
        )
        if match.id and not is_shown_otherwise:
            one = next(f for f in found if f.profile.sid == match.id and f.key is match.identifier)
            if own is None or own.sid != match.id or one.is_linked or not self._is_own_shown:
                matched_by = one.value if one.key is MatchIdentifier.EMAIL else ""
                matched_by = matched_by or one.profile.email or one.profile.sid
                await self._publish_profile(
                    one.profile, matched_by=matched_by, linked=one.is_linked
                )
        elif self._own is not None and not self._is_own_shown:
            await self._publish_profile(self._own.profile, matched_by=self._own.value)
        elif own is None and not is_failed and self._absent_at is not None:
            if self._failed:
                builder.set_failed(next(iter(self._failed.values())), "profile")
            else:
                absent = SheetPartState.ABSENT
                builder.update(profile=SheetPart(state=absent, read_at=self._absent_at))
        shown = builder.sheet.profile.value
        others = [one for sid, one in by_sid.items() if shown is None or sid != shown.sid]
        builder.update(other_profiles=tuple(map(_offer, reversed(others))))

    async def load_lists(self) -> None:
        """Read the account's Sailthru lists for the sheet, unless the cached ones are recent."""
        if self._sailthru is not None:
            save = self._builder.cache.save_lists.blocking
            await self._builder.refresh_catalogue("lists", self._sailthru.list_lists, save)


_SAILTHRU_KEYS = {
    MatchIdentifier.SID: "sid",
    MatchIdentifier.EMAIL: "email",
    MatchIdentifier.EXTERNAL_ID: "extid",
    MatchIdentifier.PHONE: "sms",
}


def _offer(one: _FoundProfile) -> AlternateProfile:
    profile = one.profile
    address = one.value if one.key is MatchIdentifier.EMAIL else profile.email or profile.sid
    return AlternateProfile(
        address,
        profile.sid,
        profile.engagement,
        profile.activity.get("open_time"),
        profile.optout,
        is_by_phone=one.key is MatchIdentifier.PHONE,
    )
