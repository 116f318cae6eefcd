"""The Sailthru side of a look-up: the profile, the other addresses' profiles, the lists."""

import asyncio
from dataclasses import replace

from desktop.clients.sailthru.client import SailthruClient
from desktop.customer.board import Board
from desktop.kit.errors import AppError, NotFound
from desktop.model.person import ZendeskPerson
from desktop.model.profile import SailthruProfile
from desktop.model.query import QueryKind
from desktop.model.sheet import OtherProfile, Part, PartState, too_old

_MOST_OTHER_ADDRESSES = 5


class SailthruSide:
    """Asks Sailthru, where it is connected, and writes onto the board."""

    def __init__(self, board: Board, sailthru: SailthruClient | None) -> None:
        self._board = board
        self._sailthru = sailthru

    @property
    def connected(self) -> bool:
        """Whether there is anybody to ask."""
        return self._sailthru is not None

    async def profile_at(self, key: str) -> None:
        """The profile at an address or sid."""
        if self._sailthru is None:
            return
        now = self._board.now()
        try:
            profile = await self._sailthru.get_user(key)
        except NotFound:
            kept = self._board.sheet.profile.value
            absent: Part[SailthruProfile] = Part(state=PartState.ABSENT, read_at=now)
            self._board.update(replace(self._board.sheet, profile=absent, matched_by=""))
            if kept is not None and key in (kept.sid, kept.email):
                # Deleted or merged: what was kept of it goes too.
                await self._board.keep(self._board.store.mirror.forget_profile, kept.sid)
            if "@" in key:
                await self._board.keep(self._board.store.mirror.save_no_profile, key, now)
            return
        except AppError as error:
            part = replace(self._board.sheet.profile, state=PartState.FAILED, error=error)
            self._board.update(replace(self._board.sheet, profile=part))
            return
        await self._profile_came(profile, matched_by=key)

    async def _profile_came(
        self, profile: SailthruProfile, *, matched_by: str, linked: bool = False
    ) -> None:
        now = self._board.now()
        part = Part(profile, PartState.READ, now)
        self._board.update(
            replace(self._board.sheet, profile=part, matched_by=matched_by, linked=linked)
        )
        await self._board.keep(
            self._board.store.mirror.save_profile, profile, now, asked=matched_by
        )

    async def others(self, person: ZendeskPerson) -> None:
        """Profiles of the person's further addresses: they have a life of their own in Sailthru."""
        sailthru = self._sailthru
        if sailthru is None:
            return
        main = person.emails[0] if person.emails else ""
        if self._board.sheet.query.kind is QueryKind.EMAIL:
            main = self._board.sheet.query.value
        elif (
            self._board.sheet.query.kind is QueryKind.SID
            and self._board.sheet.profile.value is not None
        ):
            main = (self._board.sheet.profile.value.email or "").lower()
        addresses = [a for a in person.emails if a != main][:_MOST_OTHER_ADDRESSES]

        async def ask(address: str) -> OtherProfile | None:
            try:
                profile = await sailthru.get_user(address)
            except AppError:
                # An extra: what cannot be read is not offered.
                return None
            await self._board.keep(
                self._board.store.mirror.save_profile, profile, self._board.now()
            )
            opened = profile.activity.get("open_time")
            return OtherProfile(address, profile.sid, profile.engagement, opened)

        found = await asyncio.gather(*(ask(address) for address in addresses))
        others = tuple(other for other in found if other is not None)
        self._board.update(replace(self._board.sheet, others=others))

    async def settle(self) -> None:
        """Choose which profile the sheet shows, once person and profile are both known."""
        sheet = self._board.sheet
        person, sailthru = sheet.person.value, self._sailthru
        if sailthru is None or person is None or sheet.person.state is not PartState.READ:
            return
        sid = await self._board.store.lane.run(self._board.store.notes.link, person.id)
        if sid is not None and (sheet.profile.value is None or sheet.profile.value.sid != sid):
            await self._linked(sid)
        elif sheet.profile.state is PartState.ABSENT and sheet.query.kind is QueryKind.EMAIL:
            # A secondary address was typed: the profile is usually at the primary one.
            primary = person.emails[0] if person.emails else ""
            if any(other.address == primary for other in sheet.others):
                await self.profile_at(primary)
        shown = self._board.sheet.profile.value
        if shown is not None:
            others = tuple(o for o in self._board.sheet.others if o.sid != shown.sid)
            self._board.update(replace(self._board.sheet, others=others))

    async def _linked(self, sid: str) -> None:
        if self._sailthru is None:
            return
        try:
            profile = await self._sailthru.get_user(sid)
        except AppError:
            # The chosen profile is gone or cannot be read: the one at the address stands.
            return
        await self._profile_came(profile, matched_by=profile.email or sid, linked=True)

    async def lists(self) -> None:
        """The account's lists, when what is kept is older than a few minutes."""
        now = self._board.now()
        if self._sailthru is None or not too_old(self._board.sheet.lists, now):
            return
        try:
            found = await self._sailthru.list_lists()
        except AppError as error:
            part = replace(self._board.sheet.lists, state=PartState.FAILED, error=error)
            self._board.update(replace(self._board.sheet, lists=part))
            return
        self._board.update(replace(self._board.sheet, lists=Part(found, PartState.READ, now)))
        await self._board.keep(self._board.store.mirror.save_lists, found, now)
