"""Finds a source record's counterpart in the other service, by a goal's identity rules in order.

Several candidates for one identifier are never guessed between: the record waits for a person.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from desktop.kit.errors import AppError, NotFound, ValuesRejected
from desktop.model.match_keys import phone_match_key
from desktop.model.service import Service
from desktop.model.sync import MatchIdentifier, Sync
from desktop.model.target_record import TargetRecord
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.feed_repository import USERS_FEED
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext
from desktop.writing.sailthru_gateway import SailthruGateway, is_run_wide_error
from desktop.writing.zendesk_gateway import MAX_USERS_PER_CALL, ZendeskGateway

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class MatchResult:
    """What was found for one record: somebody, nobody, or why it cannot be said.

    `several` names the candidates; `trouble` is the sentence of what went wrong for this record.
    `taken` names the other record of the source that has this counterpart already.
    """

    target: TargetRecord | None = None
    candidates: tuple[str, ...] = ()
    error: str = ""
    taken_by: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether it can be said who it is: somebody, or nobody."""
        return not (self.candidates or self.error or self.taken_by)


class TargetMatcher:
    """Looks counterparts up, a chunk of records at a time."""

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        self._context = context
        self._sync = sync
        self._sailthru = SailthruGateway(context.sailthru.client, context.sailthru.bulk)
        self._zendesk = ZendeskGateway(context.zendesk.client, context.zendesk.bulk)

    async def match_records(self, records: Sequence[SourceRecord]) -> dict[str, MatchResult]:
        """What was found, by the record's id. Raises what would meet every record."""
        if self._sync.target_service is Service.SAILTHRU:
            return await self._match_profiles(records)
        return await self._match_users(records)

    async def read_targets(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Who stands at these sids or user ids, where there is anybody."""
        if self._sync.target_service is Service.SAILTHRU:
            found = await asyncio.gather(*map(self._sailthru.read, target_ids))
            return {id_: one for id_, one in zip(target_ids, found, strict=True) if one}
        there: dict[str, TargetRecord] = {}
        for start in range(0, len(target_ids), MAX_USERS_PER_CALL):
            there |= await self._zendesk.read_users(
                [int(i) for i in target_ids[start : start + MAX_USERS_PER_CALL]]
            )
        return there

    # In Sailthru.

    async def _match_profiles(self, records: Sequence[SourceRecord]) -> dict[str, MatchResult]:
        people = [int(record.id) for record in records if record.id.isdigit()]
        sids = await self._context.store.sync_state.find_sids(people)
        found = await asyncio.gather(
            *(self._match_profile(record, sids.get(int(record.id))) for record in records)
        )
        return {record.id: one for record, one in zip(records, found, strict=True)}

    async def _match_profile(self, record: SourceRecord, sid: str | None) -> MatchResult:
        try:
            for identifier in self._sync.identity:
                standing = await self._find_profile(identifier, record, sid)
                if standing is not None:
                    return MatchResult(standing)
        except AppError as error:
            if is_run_wide_error(error):
                raise
            return MatchResult(error=str(error))
        return MatchResult()

    async def _find_profile(
        self, identifier: MatchIdentifier, record: SourceRecord, sid: str | None
    ) -> TargetRecord | None:
        if identifier is MatchIdentifier.SID and sid is not None:
            standing = await self._sailthru.read(sid)
            if standing is None:
                await self._context.store.sync_state.delete_pair(int(record.id))
            return standing
        if identifier is MatchIdentifier.EMAIL and record.email:
            return await self._sailthru.read(record.email, key="email")
        keys = {MatchIdentifier.EXTERNAL_ID: ("extid", record.external_id),
                MatchIdentifier.PHONE: ("sms", record.phone)}  # fmt: skip
        key, value = keys.get(identifier, ("", ""))
        if not value:
            return None
        try:
            return await self._sailthru.read(value, key=key)
        except ValuesRejected:
            # Only some accounts have these keys enabled (contract sailthru 2.1).
            return None

    # In Zendesk.

    async def _match_users(self, records: Sequence[SourceRecord]) -> dict[str, MatchResult]:
        complete = (await self._context.store.feeds.get_state(USERS_FEED)).ended_at is not None
        if complete:
            chosen = await self._run_in_database(self._find_candidates, records)
        else:
            chosen = {record.id: await self._search_user_ids(record) for record in records}
        wanted = list(dict.fromkeys(i for ids in chosen.values() if len(ids) == 1 for i in ids))
        there: dict[str, TargetRecord] = {}
        for start in range(0, len(wanted), MAX_USERS_PER_CALL):
            there |= await self._zendesk.read_users(wanted[start : start + MAX_USERS_PER_CALL])
        found: dict[str, MatchResult] = {}
        for record in records:
            ids = chosen[record.id]
            if len(ids) > 1:
                found[record.id] = MatchResult(candidates=tuple(map(str, ids)))
            else:
                found[record.id] = MatchResult(there.get(str(ids[0])) if ids else None)
        return found

    def _find_candidates(self, records: Sequence[SourceRecord]) -> dict[str, tuple[int, ...]]:
        """Who each may be, from the users' feed; on the database's thread."""
        chosen: dict[str, tuple[int, ...]] = {}
        left = list(records)
        for identifier in self._sync.identity:
            found = self._find_user_ids(identifier, left)
            chosen |= {record.id: ids for record, ids in zip(left, found, strict=True)}
            left = [record for record in left if not chosen[record.id]]
        return chosen

    def _find_user_ids(
        self, identifier: MatchIdentifier, records: Sequence[SourceRecord]
    ) -> list[tuple[int, ...]]:
        feeds = self._context.store.zendesk_users
        if identifier is MatchIdentifier.SID:
            known = self._context.store.sync_state.find_user_ids.blocking(
                [record.id for record in records]
            )
            # Who was deleted or merged is nobody's counterpart: the next rule may find another.
            gone = feeds.find_deleted.blocking(person for ids in known.values() for person in ids)
            return [
                tuple(person for person in known.get(record.id, ()) if person not in gone)
                for record in records
            ]
        if identifier is MatchIdentifier.EMAIL:
            found = feeds.find_by_email_hash.blocking(record.email_hash for record in records)
            return [found.get(record.email_hash.lower(), ()) for record in records]
        if identifier is MatchIdentifier.EXTERNAL_ID:
            found = feeds.find_by_external_id.blocking(record.external_id for record in records)
            return [found.get(record.external_id.lower(), ()) for record in records]
        found = feeds.find_by_phone.blocking(record.phone for record in records)
        return [found.get(phone_match_key(record.phone), ()) for record in records]

    async def _search_user_ids(self, record: SourceRecord) -> tuple[int, ...]:
        """The same, one question at a time: for who may not read the users' feed."""
        known = await self._context.store.sync_state.find_user_ids([record.id])
        if known:
            return known[record.id]
        email = record.email
        if not email:
            try:
                standing = await self._read_email_of_sid(record.id)
            except NotFound:
                return ()
            email = standing
        return _user_ids(await self._context.zendesk.client.find_by_email(email)) if email else ()

    async def _read_email_of_sid(self, sid: str) -> str:
        profile = await self._context.sailthru.client.get_user(sid, key="sid")
        return profile.email or ""

    async def _run_in_database(
        self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._context.store.run(act, *args, **kwargs)


def _user_ids(people: Iterable[ZendeskUser]) -> tuple[int, ...]:
    return tuple(person.id for person in people)


SEVERAL_MATCH_TEXT = "several match: {who}. Nothing is written until somebody chooses"
