"""Reads Zendesk's organisations, users, tickets and ratings into the data workspace.

A page and its cursor are stored in one transaction: killed anywhere, the next reading goes on
with the page that was not stored. Exports are for admins; what the sign-in may not read is noted,
and the rest is read.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from desktop.audience.first_read_estimate import FirstReadEstimate
from desktop.clients.zendesk.data_workspace_export import ZendeskDataExport
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, Forbidden, NotFound, ValuesRejected
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople
from desktop.model.retention import KEEP_ALL, ActivityType, RetentionCutoffs
from desktop.store.data_source_repository import (
    ORGANIZATIONS_SOURCE,
    RATINGS_SOURCE,
    TICKETS_SOURCE,
    USERS_SOURCE,
    ZENDESK_SOURCES,
    ReadingState,
)
from desktop.store.data_workspace_store import DataStore
from desktop.writing.write_protocol import Checkpoint

# What a service's clock and index may be behind (docs/zendesk.md 8).
_OVERLAP_S = 300.0
# By what time a rating's `start_time` asks is not stated, and a rating can be changed later.
_RATING_OVERLAP_S = 30 * 86_400.0
# A ticket each: there is no bulk way. A quarter of what the smallest plan allows in a minute
# (docs/zendesk.md 12); what is left over is read with the next reading.
_MAX_COMMENT_CALLS = 50
_COUNT_QUERIES = {
    USERS_SOURCE: "type:user",
    TICKETS_SOURCE: "type:ticket",
    ORGANIZATIONS_SOURCE: "type:organization",
}

OnPage = Callable[[ReadingState], None]
LoadErased = Callable[[], Awaitable[ErasedPeople]]


async def load_nobody_erased() -> ErasedPeople:
    """Return that nobody was erased, where there is no table of erased people."""
    return NOBODY_ERASED


class ReadablePage(Protocol):
    """A page of a data source that was read: where the next one begins, and whether it ends."""

    @property
    def cursor(self) -> str:
        """Where the next page of the data source begins."""
        ...

    @property
    def is_last(self) -> bool:
        """Whether the data source has no more pages."""
        ...


@dataclass(frozen=True)
class _SourcePass:
    """How one data source is read: `take` reads and stores the page at a start or a cursor."""

    take: Callable[[float, str], Awaitable[ReadablePage]]
    overlap_s: float = _OVERLAP_S
    # Whether the cursor of the last page begins the next reading.
    keeps_cursor: bool = True
    # What has not changed within the retention of this type is not asked for.
    kept: ActivityType | None = None


class ZendeskDataReader:
    """Reads data sources of Zendesk, one after another; one process at a time."""

    def __init__(
        self,
        store: DataStore,
        export: ZendeskDataExport,
        clock: Clock,
        *,
        on_page: OnPage = lambda _state: None,
        require_allowed: Callable[[], None] = lambda: None,
        checkpoint: Checkpoint = lambda _name: None,
        load_erased: LoadErased = load_nobody_erased,
        before: RetentionCutoffs = KEEP_ALL,
    ) -> None:
        """`require_allowed` is asked before each page and raises where it is not any more.

        `checkpoint` is called at named points; tests end the process there. `load_erased` tells who
        was erased and is not to come back: asked when a reading begins. What has not changed since
        the times of `before` is neither asked for nor kept.
        """
        self._store = store
        self._export = export
        self._clock = clock
        self._on_page = on_page
        self._require_allowed = require_allowed
        self._checkpoint = checkpoint
        self._requesters: set[int] = set()
        self._load_erased = load_erased
        self._erased = NOBODY_ERASED
        self._before = before
        self._passes = {
            ORGANIZATIONS_SOURCE: _SourcePass(self._take_organizations),
            USERS_SOURCE: _SourcePass(self._take_users),
            TICKETS_SOURCE: _SourcePass(self._take_tickets, kept=ActivityType.TICKETS),
            RATINGS_SOURCE: _SourcePass(
                self._take_ratings,
                overlap_s=_RATING_OVERLAP_S,
                keeps_cursor=False,
                kept=ActivityType.RATINGS,
            ),
        }

    async def refresh(self, names: Sequence[str] = ZENDESK_SOURCES) -> tuple[ReadingState, ...]:
        """Read what has changed in these data sources; returns how each stands afterwards.

        Raises what a service that is away raises; what was read until then is kept.
        """
        self._erased = await self._load_erased()
        for name in names:
            try:
                await self._read_source(name)
            except Forbidden as error:
                reason = f"{error.title} {error.message}".strip()
                await self._store.sources.set_refused(name, self._clock.now(), reason)
        if TICKETS_SOURCE in names and await self._store.people.has_unknown(self._requesters):
            # Who has written a first ticket is shown at once, not tomorrow.
            await self._read_source(USERS_SOURCE)
        if TICKETS_SOURCE in names:
            await self._read_comments()
        return tuple([await self._store.sources.get(name) for name in names])

    async def _read_comments(self) -> None:
        """Read the comments of some tickets that changed since the connection; the rest waits."""
        for due in await self._store.comments.list_due(_MAX_COMMENT_CALLS):
            self._require_allowed()
            try:
                comments = await self._export.list_comments(due.ticket_id)
            except (NotFound, Forbidden):
                comments = ()
            self._checkpoint("comments read")
            await self._store.comments.save(due, comments)

    async def estimate(self) -> FirstReadEstimate:
        """Ask Zendesk how many records there are, and keep the counts for the progress."""
        counts: dict[str, int | None] = {}
        for name, query in _COUNT_QUERIES.items():
            try:
                count = await self._export.count_records(query)
            except AppError:
                # Without the count the reading still works; only its length is unknown.
                counts[name] = None
            else:
                counts[name] = count
                await self._store.sources.set_expected(name, count)
        return FirstReadEstimate(
            counts[USERS_SOURCE], counts[TICKETS_SOURCE], counts[ORGANIZATIONS_SOURCE]
        )

    async def _read_source(self, name: str) -> None:
        sources, how = self._store.sources, self._passes[name]
        before = await sources.get(name)
        state = await sources.begin_reading(name, self._clock.now())
        start = 0.0 if before.whole_from is None else max(0.0, before.whole_from - how.overlap_s)
        kept = cursor = state.cursor
        if how.kept is not None:
            start = max(start, self._before[how.kept])
            if before.whole_from is None and not cursor:
                await self._store.retention.note_read_from(how.kept, self._before[how.kept])
        while True:
            self._require_allowed()
            try:
                page = await how.take(start, cursor)
            except (NotFound, ValuesRejected):
                # How long a cursor lives is not stated (docs/zendesk.md 8). One of this reading's
                # own is refused for another reason: beginning again would have no end.
                if not kept or cursor != kept:
                    raise
                kept = cursor = ""
                continue
            self._checkpoint(f"{name} stored")
            cursor = page.cursor
            self._on_page(await sources.get(name))
            if page.is_last:
                break
        await sources.end_reading(name, self._clock.now(), cursor=None if how.keeps_cursor else "")

    async def _take_organizations(self, start: float, cursor: str) -> ReadablePage:
        page = await self._export.export_organizations(float(cursor) if cursor else start)
        self._checkpoint("organizations read")
        now = self._clock.now()
        await self._store.people.save_organizations(page.organizations, page.cursor, now)
        return page

    async def _take_users(self, start: float, cursor: str) -> ReadablePage:
        # With every address: a profile may stand at a former one.
        page = await (
            self._export.export_users(cursor=cursor, identities=True)
            if cursor
            else self._export.export_users(start_time=start, identities=True)
        )
        self._checkpoint("users read")
        await self._store.people.save_users(
            page.users, page.cursor, self._clock.now(), self._erased
        )
        return page

    async def _take_tickets(self, start: float, cursor: str) -> ReadablePage:
        page = await (
            self._export.export_kept_tickets(cursor=cursor)
            if cursor
            else self._export.export_kept_tickets(start_time=start)
        )
        self._checkpoint("tickets read")
        # Of the last page: a first reading has read everybody before.
        asked = {ticket.requester_id or 0 for ticket in page.tickets} - {0}
        self._requesters = {one for one in asked if not self._erased.has_user(one)}
        await self._store.tickets.save_tickets(
            page.tickets, page.cursor, self._clock.now(), self._erased, self._before
        )
        return page

    async def _take_ratings(self, start: float, cursor: str) -> ReadablePage:
        page = await self._export.list_ratings(start_time=start, cursor=cursor)
        self._checkpoint("ratings read")
        await self._store.tickets.save_ratings(
            page.ratings, page.cursor, self._clock.now(), self._erased, self._before
        )
        return page
