"""Finds the syncs whose scheduled time has come, and claims each for one process.

However long everything was closed, what was missed is one run. Every process may look (several
windows, the operating system's timer, a person); who claims a planned time runs it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput
from desktop.model.sync import Sync
from desktop.model.sync_run import Run, RunState
from desktop.model.sync_schedule import (
    ScheduleKind,
    ScheduleRule,
    find_due_run,
    parse_schedule_rule,
)
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

# So far ahead a planned time can only have come from a clock that was wrong.
_MAX_CLOCK_AHEAD_S = 3600.0


@dataclass(frozen=True)
class DueSync:
    """A sync whose scheduled time has come. `at` is that time, `before` the one before it."""

    sync: Sync
    due_at: float
    previous_due_at: float


@dataclass(frozen=True)
class PausedSync:
    """A scheduled sync that waits for a person; `code` is the reason for scripts."""

    sync: Sync
    code: str
    message: str


@dataclass(frozen=True)
class DueAndPausedSyncs:
    """The syncs whose scheduled time has come, the longest waiting first, and those paused."""

    due: tuple[DueSync, ...] = ()
    paused: tuple[PausedSync, ...] = ()


class DueSyncFinder:
    """Finds a workspace's due syncs; `zone` is the Sailthru account's (IANA)."""

    def __init__(self, store: WorkspaceStore, clock: Clock, zone: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone

    def find(self) -> DueAndPausedSyncs:
        """Find the due and the paused syncs; a new sync's schedule counts from now on."""
        due: list[DueSync] = []
        paused: list[PausedSync] = []
        for sync in self._store.syncs.list_all.blocking():
            if not sync.on or not sync.schedule:
                continue
            found = self._check_sync(sync)
            if isinstance(found, DueSync):
                due.append(found)
            elif found is not None:
                paused.append(found)
        return DueAndPausedSyncs(tuple(sorted(due, key=lambda one: one.due_at)), tuple(paused))

    def claim(self, one: DueSync) -> str | None:
        """Claim a due sync for one run, which hands this ticket in; None: it is claimed already."""
        return self._store.syncs.claim_due.blocking(one.sync.name, one.due_at, self._clock.now())

    def release_claim(self, one: DueSync, ticket: str) -> None:
        """Release the claim on a due sync that could not be started."""
        self._store.syncs.release_due.blocking(one.sync.name, ticket, one.previous_due_at)

    def _check_sync(self, sync: Sync) -> DueSync | PausedSync | None:
        try:
            rule = parse_schedule_rule(sync.schedule)
        except InvalidInput as error:
            return PausedSync(sync, "schedule", error.title)
        if rule.kind is ScheduleKind.OFF:
            return None
        last = next(iter(self._store.runs.list_runs.blocking(sync.name, 1)), None)
        if last is not None and last.state is RunState.RUNNING:
            return None
        counted = self._schedule_start(sync)
        why = find_pause_reason(sync, last, counted)
        if why is not None:
            return why
        return self._find_due_time(sync, rule, counted)

    def _find_due_time(self, sync: Sync, rule: ScheduleRule, counted: float) -> DueSync | None:
        at = find_due_run(rule, counted, self._clock.now(), self._zone())
        return None if at is None else DueSync(sync, at, counted)

    def _schedule_start(self, sync: Sync) -> float:
        """Return the time from which a sync's schedule counts (Unix seconds)."""
        now, counted = self._clock.now(), self._store.syncs.get_last_due.blocking(sync.name)
        if counted is not None and counted <= now + _MAX_CLOCK_AHEAD_S:
            return counted
        if counted is not None:
            log.warning("The clock was ahead: the schedule of %s counts from now", sync.name)
        self._store.syncs.set_last_due.blocking(sync.name, now)
        return now


def find_pause_reason(sync: Sync, last: Run | None, counted: float) -> PausedSync | None:
    """Return why a scheduled sync is paused, or None; `last` is its last run."""
    if not sync.checked_at:
        words = "It was changed since the last check. Check it first."
        return PausedSync(sync, "unchecked", words)
    # Whoever switches it on again, or runs it by hand, has seen to the sign-in.
    lost = last is not None and last.state is RunState.FAILED and last.error_code == "auth_lost"
    if lost and last is not None and counted <= (last.ended_at or last.started_at):
        words = (
            "Run {run} was refused the sign-in. Sign in again, then resume it or run it by hand."
        )
        return PausedSync(sync, "auth_lost", words.format(run=last.id))
    return None
