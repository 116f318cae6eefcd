"""Extract: brings the feeds in the mirror up to date, and goes on where it was cut short.

Zendesk's incremental exports are for admins (contract zendesk 0.4); for everybody else there is a
slower way over the search, which knows no deleted people. Sailthru's lists come as export jobs.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from desktop.clients.sailthru.export_csv import BadRow, ExportReader
from desktop.clients.sailthru.job import Job, JobStatus
from desktop.kit.errors import Forbidden, NotFound, Rejected, ServiceTrouble
from desktop.model.exported_profile import ExportedProfile
from desktop.model.goal import Goal, SourceKind
from desktop.model.mapping import SourceType
from desktop.model.value import ValueSource
from desktop.store.feeds import TICKETS, USERS, Feed, list_feed
from desktop.sync.tools import Tools

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_ROWS = 500
_UNREAD_KEPT = 1000
_POLLS_S = (0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0)
# The index lags by minutes (contract zendesk 3), and its query knows days only.
_SEARCH_OVERLAP_S = 86_400.0

# What a service's clock and index may be behind (contract zendesk 8).
_OVERLAP_S = 300.0

OnRead = Callable[[int], None]


class Extract:
    """One extract. `on_read` hears how many records each step brought."""

    def __init__(self, tools: Tools, on_read: OnRead = lambda _count: None) -> None:
        self._tools = tools
        self._on_read = on_read
        # Rows of exports that could not be used, a sentence each.
        self.unread: list[str] = []
        self._unread_count = 0

    async def for_goal(self, goal: Goal) -> tuple[str, ...]:
        """Read what this goal needs; returns the Sailthru lists it reads, none for the others.

        Raises NotFound for a list that is not there (any more), Forbidden where the sign-in may
        not read what is needed, and what the services raise.
        """
        kind = goal.source.kind
        if kind is SourceKind.SAILTHRU_LISTS:
            lists = await self._lists(goal.source.lists)
            for name in lists:
                await self.members(name, await self._run(self._vars_of, goal, name))
            await self.users(required=False)
            if goal.effects.add_tags:
                # Whose open tickets will carry the tag.
                await self.tickets(required=False)
            return lists
        if kind is SourceKind.ZENDESK_TICKETS:
            await self.tickets()
        await self.users()
        return ()

    async def users(self, *, required: bool = True) -> bool:
        """Everybody in Zendesk who changed since the last time; whether that could be read.

        `required`: for an agent read the slower way, else not at all.
        """
        feeds, export = self._tools.store.feeds, self._tools.zendesk.export
        feed = await self._run(feeds.begin, USERS, self._tools.clock.now())
        kept = cursor = feed.cursor
        whole = True
        try:
            while True:
                try:
                    page = (
                        await export.users(cursor=cursor)
                        if cursor
                        else await export.users(start_time=_start_of(feed))
                    )
                except (NotFound, Rejected):
                    # How long a cursor lives is not stated (contract zendesk 8). One of this
                    # reading's own is refused for another reason: beginning again has no end.
                    if not kept or cursor != kept:
                        raise
                    kept = cursor = ""
                    continue
                await self._run(feeds.save_users, page.people, page.cursor)
                self._on_read(len(page.people))
                cursor = page.cursor
                if page.ended:
                    break
        except Forbidden:
            if not required:
                return False
            await self._search_users(feed.ended_at)
            whole = False
        await self._run(feeds.end, USERS, self._tools.clock.now(), whole=whole)
        return True

    async def tickets(self, *, required: bool = True) -> bool:
        """All tickets that changed since the last time; whether they could be read."""
        feeds, export = self._tools.store.feeds, self._tools.zendesk.export
        feed = await self._run(feeds.begin, TICKETS, self._tools.clock.now())
        kept = cursor = feed.cursor
        while True:
            try:
                page = (
                    await export.tickets(cursor=cursor)
                    if cursor
                    else await export.tickets(start_time=_start_of(feed))
                )
            except (NotFound, Rejected):
                if not kept or cursor != kept:
                    raise
                kept = cursor = ""
                continue
            except Forbidden:
                if required:
                    raise
                return False
            await self._run(feeds.save_tickets, page.tickets, page.cursor)
            self._on_read(len(page.tickets))
            cursor = page.cursor
            if page.ended:
                break
        await self._run(feeds.end, TICKETS, self._tools.clock.now())
        return True

    async def members(self, name: str, variables: Sequence[str]) -> None:
        """One list's members, streamed from the export's file."""
        feeds, bulk = self._tools.store.feeds, self._tools.sailthru.bulk
        feed = await self._run(feeds.begin, list_feed(name), self._tools.clock.now())
        unread_before = self._unread_count
        wanted = ",".join(variables)
        kept_job, _, kept_vars = feed.cursor.partition(" ")
        job = await self._kept_job(kept_job) if kept_vars == wanted else None
        if job is None:
            job = await bulk.export_list(name, variables)
            await self._run(feeds.set_cursor, list_feed(name), f"{job.id} {wanted}")
        job = await self._completed(job, name)
        reader = ExportReader(variables, self._tools.zone)
        rows: list[ExportedProfile] = []
        async for piece in bulk.download(job.export_url or ""):
            rows += self._good(name, reader.feed(piece))
            if len(rows) >= _ROWS:
                await self._save(name, rows, job.id)
                rows = []
        rows += self._good(name, reader.finish())
        await self._save(name, rows, job.id)
        for remark in reader.remarks:
            log.warning("Export of the list %s: %s", name, remark)
        # Who stands in a row that cannot be read has not left the list.
        whole = self._unread_count == unread_before
        now = self._tools.clock.now()
        await self._run(feeds.end_list, name, job.id, now, whole=whole)

    async def _lists(self, wanted: Sequence[str]) -> tuple[str, ...]:
        there = await self._tools.sailthru.client.list_lists()
        names = {found.name for found in there}
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
            page = await self._tools.zendesk.export.searched(query, after=after)
            await self._run(self._tools.store.feeds.save_users, page.people, "")
            self._on_read(len(page.people))
            after = page.cursor
            if page.ended:
                return

    async def _kept_job(self, job_id: str) -> Job | None:
        if not job_id:
            return None
        try:
            job = await self._tools.sailthru.bulk.job(job_id)
        except NotFound:
            return None
        return None if job.expired or job.status is JobStatus.ERROR else job

    async def _completed(self, job: Job, name: str) -> Job:
        clock = self._tools.clock
        began, polls = clock.monotonic(), 0
        while job.status is JobStatus.PENDING:
            if clock.monotonic() - began > self._tools.job_patience_s:
                break
            await clock.sleep(_POLLS_S[min(polls, len(_POLLS_S) - 1)])
            polls += 1
            job = await self._tools.sailthru.bulk.job(job.id)
        if job.status is JobStatus.COMPLETED and job.export_url:
            return job
        await self._run(self._tools.store.feeds.set_cursor, list_feed(name), "")
        raise ServiceTrouble(
            f"Sailthru did not export the list “{name}”.",
            "Its job ended with an error."
            if job.status is JobStatus.ERROR
            else "Its job did not come to an end.",
            "Nothing was written. Run the sync again.",
            applied_unknown=False,
        )

    def _good(
        self, name: str, rows: Iterable[ExportedProfile | BadRow]
    ) -> Iterable[ExportedProfile]:
        for row in rows:
            if isinstance(row, BadRow):
                self._note(f"{name}, line {row.line_no}: {row.reason}")
            elif not row.sid:
                self._note(f"{name}: a row without a profile id")
            else:
                yield row

    def _note(self, sentence: str) -> None:
        self._unread_count += 1
        if len(self.unread) < _UNREAD_KEPT:
            self.unread.append(sentence)

    def _vars_of(self, goal: Goal, name: str) -> tuple[str, ...]:
        """The vars that any goal reads of this list: they all share what the mirror keeps of it."""
        sharing = [
            other
            for other in (goal, *self._tools.store.goals.all())
            if other.source.kind is SourceKind.SAILTHRU_LISTS
            and (not other.source.lists or name in other.source.lists)
        ]
        value = self._tools.value_source
        return tuple(sorted({var for other in sharing for var in vars_named(other, value)}))

    async def _save(self, name: str, rows: list[ExportedProfile], reading: str) -> None:
        if rows:
            await self._run(self._tools.store.feeds.save_profiles, name, rows, reading)
            self._on_read(len(rows))

    async def _run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._tools.store.lane.run(act, *args, **kwargs)


def _start_of(feed: Feed) -> float:
    """From when a feed is read without a cursor (Unix seconds): 0 where it was never read whole."""
    return 0.0 if feed.whole_from is None else max(0.0, feed.whole_from - _OVERLAP_S)


def vars_named(goal: Goal, value: ValueSource) -> tuple[str, ...]:
    """The Sailthru vars a goal's conditions, mapping and value are read from."""
    fields = set(goal.source.fields_named)
    fields |= {row.source for row in goal.mapping if row.type is SourceType.FIELD}
    fields |= {p.evidence.field for p in goal.purposes}
    fields |= {condition.field for stage in goal.stages for condition in stage.where}
    names = {name.removeprefix("vars.") for name in fields if name.startswith("vars.")}
    if any(name.startswith("value.") for name in fields):
        names |= {value.segment_var, *(p.var for p in value.predictions)}
    return tuple(sorted(names))
