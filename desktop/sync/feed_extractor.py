"""The extract stage of a run: reads what changed at the services into the mirror's feeds.

Zendesk's incremental exports are for admins (docs/zendesk.md 0); for everybody else there is a
slower way over the search, which knows no deleted people. Sailthru's lists come as export jobs.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from desktop.clients.sailthru.job_status import SailthruJob
from desktop.clients.sailthru.list_export_reader import InvalidExportRow
from desktop.kit.errors import (
    AppError,
    Forbidden,
    NotFound,
    ResponseTimeout,
    ServiceError,
    StorageError,
    ValuesRejected,
)
from desktop.model.customer_value import CustomerValueSource
from desktop.model.exported_profile import ExportedProfile
from desktop.model.field_mapping import SourceType, source_fields_of
from desktop.model.name_splitting import NAME_VARS
from desktop.model.sell_lists import lead_lists_of
from desktop.model.service import Service
from desktop.model.sync import MatchIdentifier, SourceKind, Sync
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.mirror_feed_repository import TICKETS_FEED, USERS_FEED, FeedState, list_feed_name
from desktop.sync.sell_extractor import SellExtractor
from desktop.sync.sell_product_extractor import extract_sell_products
from desktop.sync.source_record import PHONE_VARS
from desktop.sync.sync_context import SyncContext
from desktop.writing.sailthru_list_export import ListExport, ListNotExported
from desktop.writing.write_protocol import Checkpoint

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_ROWS_PER_SAVE = 500
_MAX_UNREADABLE_KEPT = 1000
# The index lags by minutes (docs/zendesk.md 3), and its query knows days only.
_SEARCH_OVERLAP_S = 86_400.0

# What a service's clock and index may be behind (docs/zendesk.md 8).
_OVERLAP_S = 300.0

OnRead = Callable[[int], None]


class FeedExtractor:
    """Reads feeds for one run; `on_read` is called with the number of records of each page."""

    def __init__(
        self,
        context: SyncContext,
        on_read: OnRead = lambda _count: None,
        checkpoint: Checkpoint = lambda _name: None,
    ) -> None:
        self._context = context
        self._checkpoint = checkpoint
        self._on_read = on_read
        self._export = ListExport(
            context.sailthru.bulk, context.clock, context.zone, context.job_timeout_s
        )
        # Rows of exports that could not be used, a sentence each.
        self.unreadable_rows: list[str] = []
        self._unreadable_count = 0

    async def extract_for_sync(self, sync: Sync) -> tuple[str, ...]:
        """Extract the feeds this sync reads; returns its Sailthru lists, none for other sources.

        Raises NotFound for a list that is not there (any more), Forbidden where the sign-in may
        not read what is needed, and what the services raise.
        """
        kind = sync.source.kind
        if sync.picks_people and self._context.rule_source is not None:
            await self._context.rule_source.refresh(sync.source)
        if kind is SourceKind.RULE:
            return ()
        if kind is SourceKind.SAILTHRU_LISTS:
            lists = await self._resolve_lists(sync)
            for name in lists:
                await self.extract_list_members(
                    name, await self._run_in_database(self._vars_read_from_list, sync, name)
                )
            if sync.target_service is Service.SELL:
                await SellExtractor(self._context, self._on_read, self._checkpoint).extract()
                return lists
            await self.extract_users(required=False)
            if sync.effects.add_tags:
                # Whose open tickets will carry the tag.
                await self.extract_tickets(required=False)
            return lists
        if sync.is_of_products:
            await extract_sell_products(self._context, self._on_read)
            return ()
        if Service.SELL in sync.services:
            await SellExtractor(self._context, self._on_read, self._checkpoint).extract()
            return ()
        if kind is SourceKind.ZENDESK_TICKETS:
            await self.extract_tickets()
        await self.extract_users()
        return ()

    async def extract_users(self, *, required: bool = True) -> bool:
        """Read the Zendesk users changed since the last run; False if the export is refused.

        `required`: for an agent read the slower way, else not at all.
        """
        feeds, export = self._context.store.feeds, self._context.zendesk.export
        feed = await feeds.begin_reading(USERS_FEED, self._context.clock.now())
        kept = cursor = feed.cursor
        whole = True
        try:
            while True:
                try:
                    page = (
                        # With every address: a profile may stand at a former one.
                        await export.export_users(cursor=cursor, identities=True)
                        if cursor
                        else await export.export_users(
                            start_time=_start_time(feed), identities=True
                        )
                    )
                except (NotFound, ValuesRejected):
                    # How long a cursor lives is not stated (docs/zendesk.md 8). One of this
                    # reading's own is refused for another reason: beginning again has no end.
                    if not kept or cursor != kept:
                        raise
                    kept = cursor = ""
                    continue
                await self._save_users(page.users, page.cursor)
                self._on_read(len(page.users))
                cursor = page.cursor
                if page.is_last:
                    break
        except Forbidden:
            if not required:
                return False
            await self._search_users(feed.ended_at)
            whole = False
        await feeds.end_reading(USERS_FEED, self._context.clock.now(), whole=whole)
        return True

    async def _save_users(self, users: Sequence[ZendeskUser], cursor: str) -> None:
        """Save a page of Zendesk users; first, whose primary address was changed there.

        Cut short in between, the page is read again and tells the same.
        """
        store = self._context.store
        changed = await store.feeds.find_changed_addresses(users)
        await store.address_differences.note_found(changed, self._context.clock.now())
        await store.feeds.save_users(users, cursor)

    async def extract_tickets(self, *, required: bool = True) -> bool:
        """Read the Zendesk tickets changed since the last run; False if the export is refused."""
        feeds, export = self._context.store.feeds, self._context.zendesk.export
        feed = await feeds.begin_reading(TICKETS_FEED, self._context.clock.now())
        kept = cursor = feed.cursor
        while True:
            try:
                page = (
                    await export.export_tickets(cursor=cursor)
                    if cursor
                    else await export.export_tickets(start_time=_start_time(feed))
                )
            except (NotFound, ValuesRejected):
                if not kept or cursor != kept:
                    raise
                kept = cursor = ""
                continue
            except Forbidden:
                if required:
                    raise
                return False
            await feeds.save_tickets(page.tickets, page.cursor)
            self._on_read(len(page.tickets))
            cursor = page.cursor
            if page.is_last:
                break
        await feeds.end_reading(TICKETS_FEED, self._context.clock.now())
        return True

    async def extract_list_members(self, name: str, variables: Sequence[str]) -> None:
        """Extract the members of one Sailthru list from the file of its export."""
        feeds, wanted = self._context.store.feeds, ",".join(variables)
        feed = await feeds.begin_reading(list_feed_name(name), self._context.clock.now())
        kept_job, _, kept_vars = feed.cursor.partition(" ")
        job = await self._export.find_resumable(kept_job) if kept_vars == wanted else None
        if job is not None:
            try:
                return await self._read_export(job, name, variables)
            except (NotFound, ServiceError, ResponseTimeout) as error:
                # Its file lives for hours and can be lost before.
                log.info("The kept export of a list cannot be used: %s", error.title)
        job = await self._export.start(name, variables)
        await feeds.set_cursor(list_feed_name(name), f"{job.id} {wanted}")
        return await self._read_export(job, name, variables)

    async def _read_export(self, begun: SailthruJob, name: str, variables: Sequence[str]) -> None:
        """Wait for a list export's job and store its file; a file that fails is asked for once."""
        feeds, unread_before = self._context.store.feeds, self._unreadable_count
        try:
            job = await self._export.wait(begun, name)
        except ListNotExported:
            await feeds.set_cursor(list_feed_name(name), "")
            raise
        try:
            rows: list[ExportedProfile] = []
            async for piece in self._export.read_rows(job, variables):
                rows += self._filter_valid_rows(name, piece)
                if len(rows) >= _ROWS_PER_SAVE:
                    await self._save_profiles(name, rows, job.id)
                    rows = []
        except StorageError:
            raise
        except AppError:
            await feeds.set_cursor(list_feed_name(name), "")
            raise
        await self._save_profiles(name, rows, job.id)
        for remark in self._export.warnings:
            log.warning("Export of the list %s: %s", name, remark)
        # Who stands in a row that cannot be read has not left the list.
        whole = self._unreadable_count == unread_before
        await feeds.end_list_export(name, job.id, self._context.clock.now(), whole=whole)

    async def _resolve_lists(self, sync: Sync) -> tuple[str, ...]:
        wanted = sync.source.lists
        there = await self._context.sailthru.client.list_lists()
        names = {found.name for found in there}
        if sync.effects.lead_lists and not wanted:
            return lead_lists_of(names)
        missing = [name for name in wanted if name not in names]
        if missing:
            raise NotFound(
                f"There is no list “{missing[0]}” in Sailthru.",
                "It was renamed or deleted. Nothing was read or written.",
                "Choose the list again in this sync, or make it in Sailthru.",
            )
        return tuple(wanted) or tuple(sorted(f.name for f in there if not f.smart))

    async def _search_users(self, since: float | None) -> None:
        query = "role:end-user"
        if since is not None:
            day = datetime.fromtimestamp(since - _SEARCH_OVERLAP_S, UTC)
            query += f" updated>={day:%Y-%m-%d}"
        after: str | None = None
        while True:
            page = await self._context.zendesk.export.search_users(query, after=after)
            await self._save_users(page.users, "")
            self._on_read(len(page.users))
            after = page.cursor
            if page.is_last:
                return

    def _filter_valid_rows(
        self, name: str, rows: Iterable[ExportedProfile | InvalidExportRow]
    ) -> Iterable[ExportedProfile]:
        for row in rows:
            if isinstance(row, InvalidExportRow):
                self._record_unreadable(f"{name}, line {row.line_no}: {row.reason}")
            elif not row.sid:
                self._record_unreadable(f"{name}: a row without a profile id")
            else:
                yield row

    def _record_unreadable(self, sentence: str) -> None:
        self._unreadable_count += 1
        if len(self.unreadable_rows) < _MAX_UNREADABLE_KEPT:
            self.unreadable_rows.append(sentence)

    def _vars_read_from_list(self, sync: Sync, name: str) -> tuple[str, ...]:
        """Return the vars that any sync reads of a Sailthru list: they share its feed."""
        sharing = [
            other
            for other in (sync, *self._context.store.syncs.list_all.blocking())
            if other.source.kind is SourceKind.SAILTHRU_LISTS
            and (not other.source.lists or name in other.source.lists)
        ]
        value = self._context.value_source
        return tuple(
            sorted({var for other in sharing for var in find_referenced_vars(other, value)})
        )

    async def _save_profiles(self, name: str, rows: list[ExportedProfile], reading: str) -> None:
        if rows:
            await self._context.store.feeds.save_profiles(name, rows, reading)
            self._on_read(len(rows))

    async def _run_in_database(
        self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._context.store.run(act, *args, **kwargs)


def _start_time(feed: FeedState) -> float:
    """Return the time to extract a feed from without a cursor; 0 if it was never read whole."""
    return 0.0 if feed.whole_from is None else max(0.0, feed.whole_from - _OVERLAP_S)


def find_referenced_vars(sync: Sync, value: CustomerValueSource) -> tuple[str, ...]:
    """Return the Sailthru vars that a sync's conditions, mapping, matching and value read."""
    fields = set(sync.source.condition_fields)
    # Whatever a row is called (identifier, seen tickets, opt-out): it may read a var.
    fields |= {row.source for row in sync.mapping if row.type is not SourceType.TEXT}
    fields |= {name for row in sync.mapping for name in source_fields_of(row)}
    fields |= {p.evidence.field for p in sync.purposes}
    fields |= {condition.field for stage in sync.stages for condition in stage.where}
    names = {name.removeprefix("vars.") for name in fields if name.startswith("vars.")}
    if MatchIdentifier.PHONE in sync.identity or sync.effects.create_missing:
        # Nobody is created beside somebody with the same number.
        names |= set(PHONE_VARS)
    if sync.source.kind.service is Service.SAILTHRU and (
        sync.effects.create_missing or "name" in fields
    ):
        names |= set(NAME_VARS)
    if any(name.startswith("value.") for name in fields):
        names |= {value.segment_var, *(p.var for p in value.predictions)}
    return tuple(sorted(names))
