"""View-model of a choice of delivered events by source and period, previewed with each change."""

from abc import abstractmethod
from dataclasses import replace

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.store.sent_event_request_repository import EventSelection
from desktop.viewmodels.activity.activity_period import ActivityPeriod, ActivityTimes
from desktop.viewmodels.events.event_delivery_model import EventDeliveryModel
from desktop.viewmodels.task_owning_model import TaskOwningModel

_NAMED_ROWS = 12
# They go to the process as arguments.
_MAX_NAMED_EVENTS = 200


class EventChoiceModel(TaskOwningModel):
    """What a dialog asks and shows before something is done with delivered events."""

    def __init__(self, delivery: EventDeliveryModel, clock: Clock) -> None:
        super().__init__()
        self._delivery, self._clock = delivery, clock
        self.source = ""
        self.times = ActivityTimes(ActivityPeriod.TODAY)
        self.error = ""
        self._previewed_at = 0.0

    # What the dialog shows.

    @abstractmethod
    def summary(self) -> str:
        """Describe what would be done with the chosen delivered events."""

    def warning(self) -> str:
        """Say what somebody should know first, or ""."""
        return ""

    @abstractmethod
    def rows(self) -> tuple[str, ...]:
        """Return the first steps for the chosen delivered events in words."""

    @abstractmethod
    def refusal(self) -> str:
        """Say why it can't be done now, or ""."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many events or requests it concerns, for the button; 0: not known."""

    @property
    def count_text(self) -> str:
        """The count of chosen delivered events as the dialog's button shows it."""
        return f"{self.count:,}" if self.count else ""

    # What people do.

    def choose(self, *, source: str | None = None, times: ActivityTimes | None = None) -> None:
        """Choose a source ("": all) or a period, and preview it."""
        self.source = self.source if source is None else source
        self.times = times or self.times
        self.error = ""
        self._forget()
        self.tasks.start("preview", self._read())
        self.changed.emit()

    @abstractmethod
    def send(self) -> None:
        """Start what was previewed: delivered events are sent again, set back or cleared."""

    # How it comes about.

    @abstractmethod
    def _forget(self) -> None:
        """Forget the preview of the chosen delivered events."""

    @abstractmethod
    async def _preview(self, chosen: EventSelection) -> None:
        """Preview what is done with the chosen delivered events. Raises AppError."""

    async def _read(self) -> None:
        chosen, self._previewed_at = self._selection(), self._clock.now()
        if chosen.is_everything:
            self.error = "Choose a source or a period."
        else:
            try:
                await self._preview(chosen)
            except AppError as error:
                self.error = str(error)
        self.changed.emit()

    def _selection(self) -> EventSelection:
        since, until = self.times.bounds(self._clock.now())
        return EventSelection(source=self.source, since=since, until=until)

    def _previewed(self, event_ids: list[int]) -> EventSelection:
        """Return the choice as it was previewed: without what has come in since."""
        if len(event_ids) <= _MAX_NAMED_EVENTS:
            return EventSelection(event_ids=tuple(event_ids))
        chosen = self._selection()
        ends = [one for one in (chosen.until, self._previewed_at) if one is not None]
        return replace(chosen, until=min(ends))


def first_rows(words: list[str]) -> tuple[str, ...]:
    """Return the first sentences, and how many more there are."""
    more = len(words) - _NAMED_ROWS
    return (*words[:_NAMED_ROWS], *([f"and {more:,} more"] if more > 0 else []))
