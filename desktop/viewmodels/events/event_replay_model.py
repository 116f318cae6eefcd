"""View-model of sending delivered events again: which ones, what that would do, and doing it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.store.event_write_repository import EventSelection
from desktop.sync.event_replay import ReplayPreview
from desktop.viewmodels.activity.activity_period import ActivityPeriod, ActivityTimes
from desktop.viewmodels.events.event_delivery_model import EventDeliveryModel
from desktop.viewmodels.events.replay_text import describe_replay, replay_refusal
from desktop.viewmodels.task_model import TaskModel

_NAMED_ROWS = 12
# They go to the process as arguments.
_MAX_NAMED_EVENTS = 200


class EventReplayModel(TaskModel):
    """A choice of delivered events by source and period, previewed anew with each change."""

    def __init__(
        self,
        preview: Callable[[EventSelection], Awaitable[ReplayPreview]],
        delivery: EventDeliveryModel,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._preview, self._delivery, self._clock = preview, delivery, clock
        self.source = ""
        self.times = ActivityTimes(ActivityPeriod.TODAY)
        self.with_removals = False
        self.found: ReplayPreview | None = None
        self.error = ""
        self._previewed_at = 0.0

    # What the dialog shows.

    def summary(self) -> str:
        """Describe what would be sent again."""
        if self.found is None:
            return self.error or "Asking Zendesk…"
        return describe_replay(self.found)

    def warning(self) -> str:
        """Say whose newer values would be written over, or ""."""
        if self.found is None or not self.found.overtaken:
            return ""
        people = format_count(self.found.overtaken, "user has", "users have")
        return f"{people} later events too: what those gave anew is left out."

    def rows(self) -> tuple[str, ...]:
        """Return the first requests in words."""
        found = self.found.rows if self.found is not None else ()
        sent = [row for row in found if row.is_sent]
        more = len(sent) - _NAMED_ROWS
        words = [f"Line {row.stored.line}: {row.text}" for row in sent[:_NAMED_ROWS]]
        return (*words, *([f"and {more:,} more"] if more > 0 else []))

    def refusal(self) -> str:
        """Say why nothing can be sent again now, or ""."""
        if reason := self._delivery.refusal():
            return reason
        if self.found is None:
            return self.error or "Zendesk is being asked what it lacks."
        return replay_refusal(self.found)

    # What people do.

    def choose(self, *, source: str | None = None, times: ActivityTimes | None = None) -> None:
        """Choose a source ("": all) or a period, and preview it."""
        self.source = self.source if source is None else source
        self.times = times or self.times
        self.found, self.error = None, ""
        self.tasks.start("preview", self._read())
        self.changed.emit()

    def send(self) -> None:
        """Send what was previewed again."""
        if self.refusal() or self.found is None:
            return
        ids = self.found.sent_events
        # What has come in since was not previewed.
        chosen = replace(self._selection(), until=min(self._until, self._previewed_at))
        if len(ids) <= _MAX_NAMED_EVENTS:
            chosen = EventSelection(event_ids=tuple(ids))
        self._delivery.replay(chosen, with_removals=self.with_removals)

    # How it comes about.

    @property
    def _until(self) -> float:
        until = self._selection().until
        return self._previewed_at if until is None else until

    def _selection(self) -> EventSelection:
        since, until = self.times.bounds(self._clock.now())
        return EventSelection(source=self.source, since=since, until=until)

    async def _read(self) -> None:
        chosen, self._previewed_at = self._selection(), self._clock.now()
        if chosen.is_everything:
            self.error = "Choose a source or a period."
        else:
            try:
                self.found = await self._preview(chosen)
            except AppError as error:
                self.error = str(error)
        self.changed.emit()
