"""Finds a source record's counterpart in the other service, by a goal's identity rules in order.

Several candidates for one identifier are never guessed between: the record waits for a person.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from desktop.kit.errors import AppError, NotFound, Rejected
from desktop.kit.text import translate
from desktop.model.edit import Service
from desktop.model.goal import Goal, Identifier
from desktop.model.person import ZendeskPerson
from desktop.store.feeds import USERS, digits
from desktop.sync.record import Record
from desktop.sync.tools import Tools
from desktop.writing.sailthru_target import SailthruTarget, is_general
from desktop.writing.standing import Standing
from desktop.writing.zendesk_target import HUNDRED, ZendeskTarget

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """What was found for one record: somebody, nobody, or why it cannot be said.

    `several` names the candidates; `trouble` is the sentence of what went wrong for this record.
    `taken` names the other record of the source that has this counterpart already.
    """

    standing: Standing | None = None
    several: tuple[str, ...] = ()
    trouble: str = ""
    taken: str = ""

    @property
    def known(self) -> bool:
        """Whether it can be said who it is: somebody, or nobody."""
        return not (self.several or self.trouble or self.taken)


class Finding:
    """Looks counterparts up, a chunk of records at a time."""

    def __init__(self, tools: Tools, goal: Goal) -> None:
        self._tools = tools
        self._goal = goal
        self._sailthru = SailthruTarget(tools.sailthru.client, tools.sailthru.bulk)
        self._zendesk = ZendeskTarget(tools.zendesk.client, tools.zendesk.bulk)

    async def find(self, records: Sequence[Record]) -> dict[str, Found]:
        """What was found, by the record's id. Raises what would meet every record."""
        if self._goal.target is Service.SAILTHRU:
            return await self._profiles(records)
        return await self._people(records)

    async def standings(self, target_ids: Sequence[str]) -> dict[str, Standing]:
        """Who stands at these sids or user ids, where there is anybody."""
        if self._goal.target is Service.SAILTHRU:
            found = await asyncio.gather(*map(self._sailthru.at, target_ids))
            return {id_: one for id_, one in zip(target_ids, found, strict=True) if one}
        there: dict[str, Standing] = {}
        for start in range(0, len(target_ids), HUNDRED):
            there |= await self._zendesk.at([int(i) for i in target_ids[start : start + HUNDRED]])
        return there

    # In Sailthru.

    async def _profiles(self, records: Sequence[Record]) -> dict[str, Found]:
        people = [int(record.id) for record in records if record.id.isdigit()]
        sids = await self._run(self._tools.store.memory.sids, people)
        found = await asyncio.gather(
            *(self._profile(record, sids.get(int(record.id))) for record in records)
        )
        return {record.id: one for record, one in zip(records, found, strict=True)}

    async def _profile(self, record: Record, sid: str | None) -> Found:
        try:
            for identifier in self._goal.identity:
                standing = await self._profile_by(identifier, record, sid)
                if standing is not None:
                    return Found(standing)
        except AppError as error:
            if is_general(error):
                raise
            return Found(trouble=str(error))
        return Found()

    async def _profile_by(
        self, identifier: Identifier, record: Record, sid: str | None
    ) -> Standing | None:
        if identifier is Identifier.SID and sid is not None:
            standing = await self._sailthru.at(sid)
            if standing is None:
                await self._run(self._tools.store.memory.forget_pair, int(record.id))
            return standing
        if identifier is Identifier.EMAIL and record.email:
            return await self._sailthru.at(record.email, key="email")
        keys = {Identifier.EXTERNAL_ID: ("extid", record.external_id),
                Identifier.PHONE: ("sms", record.phone)}  # fmt: skip
        key, value = keys.get(identifier, ("", ""))
        if not value:
            return None
        try:
            return await self._sailthru.at(value, key=key)
        except Rejected:
            # Only some accounts have these keys enabled (contract sailthru 2.1).
            return None

    # In Zendesk.

    async def _people(self, records: Sequence[Record]) -> dict[str, Found]:
        complete = (await self._run(self._tools.store.feeds.feed, USERS)).ended_at is not None
        if complete:
            chosen = await self._run(self._candidates, records)
        else:
            chosen = {record.id: await self._asked(record) for record in records}
        wanted = list(dict.fromkeys(i for ids in chosen.values() if len(ids) == 1 for i in ids))
        there: dict[str, Standing] = {}
        for start in range(0, len(wanted), HUNDRED):
            there |= await self._zendesk.at(wanted[start : start + HUNDRED])
        found: dict[str, Found] = {}
        for record in records:
            ids = chosen[record.id]
            if len(ids) > 1:
                found[record.id] = Found(several=tuple(map(str, ids)))
            else:
                found[record.id] = Found(there.get(str(ids[0])) if ids else None)
        return found

    def _candidates(self, records: Sequence[Record]) -> dict[str, tuple[int, ...]]:
        """Who each may be, from the users' feed; on the database's thread."""
        chosen: dict[str, tuple[int, ...]] = {}
        left = list(records)
        for identifier in self._goal.identity:
            found = self._by(identifier, left)
            chosen |= {record.id: ids for record, ids in zip(left, found, strict=True)}
            left = [record for record in left if not chosen[record.id]]
        return chosen

    def _by(self, identifier: Identifier, records: Sequence[Record]) -> list[tuple[int, ...]]:
        feeds = self._tools.store.feed_people
        if identifier is Identifier.SID:
            known = self._tools.store.memory.people([record.id for record in records])
            # Who was deleted or merged is nobody's counterpart: the next rule may find another.
            gone = feeds.deleted(person for ids in known.values() for person in ids)
            return [
                tuple(person for person in known.get(record.id, ()) if person not in gone)
                for record in records
            ]
        if identifier is Identifier.EMAIL:
            found = feeds.ids_by_hash(record.email_hash for record in records)
            return [found.get(record.email_hash.lower(), ()) for record in records]
        if identifier is Identifier.EXTERNAL_ID:
            found = feeds.ids_by_external_id(record.external_id for record in records)
            return [found.get(record.external_id.lower(), ()) for record in records]
        found = feeds.ids_by_phone(record.phone for record in records)
        return [found.get(digits(record.phone), ()) for record in records]

    async def _asked(self, record: Record) -> tuple[int, ...]:
        """The same, one question at a time: for who may not read the users' feed."""
        known = await self._run(self._tools.store.memory.people, [record.id])
        if known:
            return known[record.id]
        email = record.email
        if not email:
            try:
                standing = await self._sailthru_profile(record.id)
            except NotFound:
                return ()
            email = standing
        return _ids(await self._tools.zendesk.client.find_by_email(email)) if email else ()

    async def _sailthru_profile(self, sid: str) -> str:
        profile = await self._tools.sailthru.client.get_user(sid, key="sid")
        return profile.email or ""

    async def _run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._tools.store.lane.run(act, *args, **kwargs)


def _ids(people: Iterable[ZendeskPerson]) -> tuple[int, ...]:
    return tuple(person.id for person in people)


SEVERAL = translate("Finding", "several match: {who}. Nothing is written until somebody chooses")
