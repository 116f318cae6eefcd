"""View-model of taking back what delivered events changed: which ones, what stays, doing it."""

from collections.abc import Awaitable, Callable

from desktop.kit.clock import Clock
from desktop.kit.text import format_count
from desktop.store.sent_event_request_repository import EventSelection
from desktop.sync.event_rollback import RollbackPreview, RollbackState
from desktop.viewmodels.events.event_choice_model import EventChoiceModel, first_rows
from desktop.viewmodels.events.event_delivery_model import EventDeliveryModel

# In this order: what happens, then what does not.
_SAID = (
    RollbackState.PLANNED,
    RollbackState.CHANGED,
    RollbackState.KEPT,
    RollbackState.ALREADY,
    RollbackState.FAILED,
)


class EventRollbackModel(EventChoiceModel):
    """What of delivered events would be set back in Zendesk, and what can't be."""

    def __init__(
        self,
        preview: Callable[[EventSelection], Awaitable[RollbackPreview]],
        delivery: EventDeliveryModel,
        clock: Clock,
    ) -> None:
        super().__init__(delivery, clock)
        self._find = preview
        self.found: RollbackPreview | None = None

    def summary(self) -> str:
        if self.found is None:
            return self.error or "Asking Zendesk…"
        if not self.found.requests:
            return "Nothing was sent for the events in this choice."
        totals = self.found.totals
        counts = ", ".join(f"{totals[one]:,} {one.label}" for one in _SAID if totals[one])
        requests = format_count(self.found.requests, "request", "requests")
        more = f", {self.found.more:,} not compared yet" if self.found.more else ""
        return f"{requests}: {counts}{more}."

    def warning(self) -> str:
        if self.found is None or not self.found.totals[RollbackState.KEPT]:
            return ""
        return "New users, organisations and tickets stay, and so do comments and events of users."

    def rows(self) -> tuple[str, ...]:
        steps = self.found.steps if self.found is not None else ()
        ordered = sorted(steps, key=lambda step: _SAID.index(step.state))
        return first_rows([f"{step.state.label}: {step.text}" for step in ordered])

    def refusal(self) -> str:
        if reason := self._delivery.write_refusal():
            return reason
        if self.found is None:
            return self.error or "Zendesk is being asked what it has now."
        return "" if self.count else "Nothing of it can be set back."

    @property
    def count(self) -> int:
        if self.found is None:
            return 0
        return self.found.totals[RollbackState.PLANNED] + self.found.more

    @property
    def count_text(self) -> str:
        is_exact = self.found is None or not self.found.more
        return super().count_text if is_exact else f"up to {self.count:,}"

    def send(self) -> None:
        """Set back what was previewed; each record is read again right before."""
        if not self.refusal() and self.found is not None:
            self._delivery.roll_back(self._previewed(self.found.event_ids))

    def _forget(self) -> None:
        self.found = None

    async def _preview(self, chosen: EventSelection) -> None:
        self.found = await self._find(chosen)
