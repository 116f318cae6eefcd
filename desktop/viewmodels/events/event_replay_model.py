"""View-model of sending delivered events again: which ones, what that would do, and doing it."""

from collections.abc import Awaitable, Callable

from desktop.kit.clock import Clock
from desktop.kit.text import format_count
from desktop.store.sent_event_request_repository import EventSelection
from desktop.sync.event_replay import ReplayPreview
from desktop.viewmodels.events.event_choice_model import EventChoiceModel, first_rows
from desktop.viewmodels.events.event_delivery_model import EventDeliveryModel
from desktop.viewmodels.events.event_replay_text import describe_replay, replay_refusal


class EventReplayModel(EventChoiceModel):
    """What delivered events would send once more: only what Zendesk lacks."""

    def __init__(
        self,
        preview: Callable[[EventSelection], Awaitable[ReplayPreview]],
        delivery: EventDeliveryModel,
        clock: Clock,
    ) -> None:
        super().__init__(delivery, clock)
        self._find = preview
        self.with_removals = False
        self.found: ReplayPreview | None = None

    def summary(self) -> str:
        if self.found is None:
            return self.error or "Asking Zendesk…"
        return describe_replay(self.found)

    def warning(self) -> str:
        if self.found is None or not self.found.overtaken:
            return ""
        people = format_count(self.found.overtaken, "user has", "users have")
        return f"{people} later events too: what those gave anew is left out."

    def rows(self) -> tuple[str, ...]:
        found = self.found.rows if self.found is not None else ()
        return first_rows([f"Line {row.stored.line}: {row.text}" for row in found if row.is_sent])

    def refusal(self) -> str:
        if reason := self._delivery.refusal():
            return reason
        if self.found is None:
            return self.error or "Zendesk is being asked what it lacks."
        return replay_refusal(self.found)

    @property
    def count(self) -> int:
        return len(self.found.sent_events) if self.found is not None else 0

    def send(self) -> None:
        """Send the previewed delivered events to Zendesk again."""
        if not self.refusal() and self.found is not None:
            chosen = self._previewed(self.found.sent_events)
            self._delivery.replay(chosen, with_removals=self.with_removals)

    def _forget(self) -> None:
        self.found = None

    async def _preview(self, chosen: EventSelection) -> None:
        self.found = await self._find(chosen)
