"""For how long activity is kept: what a change would drop, its confirmation, and the purge.

A setting alone deletes nothing: the purge goes by what an admin has confirmed after seeing what it
drops, or by the setting where that keeps more.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from desktop.audience.condition_parser import parse_expression
from desktop.audience.data_workspace_lock import hold_data_workspace_lock
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, NotPermitted
from desktop.kit.text import format_count
from desktop.model.audience_condition import AudienceGroup
from desktop.model.permission import Actor
from desktop.model.retention import (
    ActivityType,
    RetentionCutoffs,
    RetentionDays,
    RetentionImpact,
    RetentionMark,
    SegmentImpact,
    SyncImpact,
    cutoffs,
    longer,
)
from desktop.model.target_record import VAR_PREFIX
from desktop.store.audience_query import QueryMoment, compile_group
from desktop.store.audit_log import AuditLog
from desktop.store.data_workspace_store import DataStore
from desktop.store.segment_repository import SegmentRepository
from desktop.store.sync_repository import SyncRepository
from desktop.writing.write_protocol import Checkpoint

# So few that other processes wait for no longer than a page takes.
_ROWS_PER_PIECE = 500
# Trying a purge out holds up who writes: about ten seconds for so many.
_MAX_TRIED_OUT = 20_000
# Conditions on these look at activity that a purge may drop.
_ACTIVITY_FIELDS = frozenset(
    {
        "tickets", "open_tickets", "last_ticket", "last_ticket_status", "ticket_created",
        "ticket_tag", "ticket_status", "ticket_priority", "ticket_channel", "assignee", "text",
        "subject", "body", "rating", "rated",
    }
)  # fmt: skip

OnPurged = Callable[[Mapping[ActivityType, int]], None]


@dataclass(frozen=True)
class RetentionRow:
    """One type of activity in the table: what is kept of it, and for how long.

    `days` are those set, `mark` what was confirmed. `expired`: the rows that the next purge drops;
    `waiting`: those that it would drop besides, once the days set were confirmed.
    """

    type: ActivityType
    days: int
    mark: RetentionMark | None
    rows: int
    oldest_at: float | None
    expired: int
    waiting: int


class RetentionService:
    """The use cases of retention that need no window."""

    def __init__(
        self,
        get_store: Callable[[], DataStore],
        segments: SegmentRepository,
        syncs: SyncRepository,
        audit: AuditLog,
        clock: Clock,
        get_actor: Callable[[], Actor],
        get_days: Callable[[], RetentionDays],
        set_days: Callable[[RetentionDays], None],
        get_moment: Callable[[], QueryMoment],
        lock_path: Path,
    ) -> None:
        """`get_days` and `set_days` are the settings; `get_moment` is asked by segments."""
        self._get_store = get_store
        self._segments = segments
        self._syncs = syncs
        self._audit = audit
        self._clock = clock
        self._get_actor = get_actor
        self._get_days = get_days
        self._set_days = set_days
        self._get_moment = get_moment
        self._lock_path = lock_path

    async def list_rows(self) -> tuple[RetentionRow, ...]:
        """List each type of activity with how much is kept, and what a purge would delete."""
        retention, now = self._get_store().retention, self._clock.now()
        days, marks = self._get_days(), await retention.list_marks()
        kept = await retention.count_kept()
        expired = await retention.count_expired(cutoffs(in_force(days, marks), now))
        wanted = await retention.count_expired(cutoffs(days, now))
        return tuple(
            RetentionRow(
                one,
                days[one],
                marks.get(one),
                kept[one].rows,
                kept[one].oldest_at,
                expired[one],
                max(wanted[one] - expired[one], 0),
            )
            for one in ActivityType
        )

    async def find_impact(self, changes: RetentionDays) -> RetentionImpact:
        """Count what keeping activity for other numbers of days would do; nothing is changed."""
        retention, now = self._get_store().retention, self._clock.now()
        before = in_force(self._get_days(), await retention.list_marks())
        days = {**self._get_days(), **changes}
        wanted = cutoffs(days, now)
        rows = await retention.count_expired(wanted)
        people = await retention.count_people(wanted)
        segments = await self._try_out(wanted, sum(rows.values()))
        syncs = await self._find_syncs({one.name for one in segments})
        return RetentionImpact(now, days, before, rows, people, segments, syncs)

    async def _find_syncs(self, segments: Set[str]) -> tuple[SyncImpact, ...]:
        return tuple(
            SyncImpact(
                sync.title,
                sync.source.segment,
                tuple(dict.fromkeys((*sync.effects.add_to_lists, *sync.effects.remove_from_lists))),
                tuple(
                    row.target.removeprefix(VAR_PREFIX)
                    for row in sync.mapping
                    if row.on and row.target.startswith(VAR_PREFIX)
                ),
                sync.on,
            )
            for sync in await self._syncs.list_all()
            if sync.source.segment in segments
        )

    async def _try_out(self, before: RetentionCutoffs, rows: int) -> tuple[SegmentImpact, ...]:
        groups: dict[str, AudienceGroup] = {}
        for segment in await self._segments.list_all():
            group = parse_expression(segment.expression)
            if any(condition.field in _ACTIVITY_FIELDS for condition in group.conditions()):
                groups[segment.name] = group
        if not rows or not groups:
            return ()
        if rows > _MAX_TRIED_OUT:
            return tuple(SegmentImpact(name, None, None) for name in groups)
        moment = self._get_moment()
        found = await self._get_store().retention.try_out(
            before, {name: compile_group(group, moment) for name, group in groups.items()}
        )
        return tuple(one for one in found if one.leaving or one.entering)

    async def confirm(self, impact: RetentionImpact) -> None:
        """Keep activity for as long as an impact that was shown says; the purge follows.

        Raises NotPermitted for everybody but admins, ConflictError where more rows would go now
        than were shown.
        """
        self._require_admin()
        retention = self._get_store().retention
        rows = await retention.count_expired(cutoffs(impact.days, impact.at))
        more = sum(max(rows[one] - impact.rows[one], 0) for one in ActivityType)
        if more:
            raise ConflictError(
                f"{format_count(more, 'row', 'rows')} more would be dropped now than were shown.",
                "More was read meanwhile. Nothing was changed.",
                "Look at what the change does once more.",
            )
        actor, now = self._get_actor(), self._clock.now()
        await self._audit.note_retention(
            old={one.value: days for one, days in impact.before.items()},
            new={
                **{one.value: days for one, days in impact.days.items()},
                "rows": impact.total_rows,
                "people": impact.people,
            },
            actor=actor.signature,
            now=now,
        )
        self._set_days(impact.days)
        await retention.confirm(impact.days, actor.signature, now)

    async def begin_reading(self) -> RetentionCutoffs:
        """Return what a reading asks for; the first one confirms the settings: nothing is dropped.

        Where activity was read before anybody confirmed anything, all of it stays.
        """
        retention, now = self._get_store().retention, self._clock.now()
        marks = await retention.list_marks()
        if not marks and not await retention.is_anything_kept():
            await retention.confirm(self._get_days(), self._get_actor().signature, now)
            marks = await retention.list_marks()
        return cutoffs(in_force(self._get_days(), marks), now)

    async def purge(
        self,
        *,
        on_piece: OnPurged = lambda _purged: None,
        checkpoint: Checkpoint = lambda _name: None,
    ) -> Mapping[ActivityType, int]:
        """Delete what is older than it is kept, piece by piece; returns how many rows of each type.

        Raises ConflictError while everybody's data is read or purged elsewhere.
        """
        async with hold_data_workspace_lock(self._lock_path):
            retention = self._get_store().retention
            before = cutoffs(
                in_force(self._get_days(), await retention.list_marks()), self._clock.now()
            )
            purged = dict.fromkeys(ActivityType, 0)
            if any((await retention.count_expired(before)).values()):
                await retention.begin_purge(before)
                checkpoint("purge begun")
            for one in ActivityType:
                while count := await retention.purge_piece(one, before[one], _ROWS_PER_PIECE):
                    purged[one] += count
                    checkpoint(f"{one.value} purged")
                    on_piece(dict(purged))
            return purged

    def _require_admin(self) -> None:
        if not self._get_actor().is_confirmed_admin:
            raise NotPermitted(
                "Only an admin may decide how long activity is kept.",
                "Nothing was changed.",
                "Ask an admin of Zendesk.",
            )


def in_force(days: RetentionDays, marks: Mapping[ActivityType, RetentionMark]) -> RetentionDays:
    """Return for how long activity is kept now: as confirmed, or as set where that is longer.

    What nobody has confirmed is kept without limit.
    """
    return {one: longer(days[one], marks[one].days) if one in marks else 0 for one in ActivityType}
