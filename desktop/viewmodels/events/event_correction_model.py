"""View-model of what needs correction: grouped by cause, edited in place, tried again, ignored."""

from collections.abc import Sequence

from PySide6.QtCore import Signal

from desktop.model.event_delivery import DeliveryState, NewStoredEvent
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.events.event_consequences import EventConsequence
from desktop.viewmodels.events.event_correction import CorrectionFault, check_correction
from desktop.viewmodels.events.event_correction_groups import build_correction_groups, retried_ids
from desktop.viewmodels.events.event_delivery_model import EventDeliveryModel
from desktop.viewmodels.events.event_row import EventRow, indented_event
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


class EventCorrectionModel(TaskOwningModel):
    """The rows that wait for a person; what is typed over an event stays until it is stored."""

    read_wanted = Signal()  # the rows have to be read anew

    def __init__(
        self, workspace: WorkspaceProtocol, store: WorkspaceStore, delivery: EventDeliveryModel
    ) -> None:
        super().__init__()
        self._workspace, self._store, self._delivery = workspace, store, delivery
        self._rows: Sequence[EventRow] = ()
        self._typed: dict[int, str] = {}
        self.fault: CorrectionFault | None = None
        self.shown_cause = ""

    # What the page shows.

    def set_rows(self, rows: Sequence[EventRow]) -> None:
        """Set the rows of events that need correction."""
        self._rows = rows
        if self.shown_cause not in {row.cause for row in rows}:
            self.shown_cause = ""

    def shown_rows(self) -> Sequence[EventRow]:
        """Return the rows of the chosen cause, or all."""
        return [row for row in self._rows if self.shown_cause in ("", row.cause)]

    def groups(self) -> tuple[EventConsequence, ...]:
        """Return a line for each cause, with how many wait for it."""
        return build_correction_groups(self._rows, self.shown_cause, self._delivery.refusal())

    def text_of(self, row: EventRow | None) -> str:
        """Return an event as somebody has corrected it so far, else as it came; "": it can't be."""
        if row is None or not row.event_text:
            return ""
        return self._typed.get(row.event_id) or indented_event(row.event_text)

    # What people do.

    def show_cause(self, cause: str) -> None:
        """List only what waits for this cause; "" lists all."""
        self.shown_cause = cause
        self.changed.emit()

    def forget_fault(self) -> None:
        """Another row is shown: what was wrong with the one before is not."""
        self.fault = None

    def edit(self, row: EventRow | None, text: str) -> None:
        """Keep what is typed over an event, also while another row is shown."""
        if row is not None and row.event_text:
            self._typed[row.event_id] = text
            self.fault = None
            self.changed.emit()

    def correct(self, row: EventRow | None) -> None:
        """Store an event as corrected, and deliver it."""
        if row is None or not row.event_text or self._delivery.refusal():
            return
        checked = check_correction(row.line, self.text_of(row), row.event_text)
        if isinstance(checked, CorrectionFault):
            self.fault = checked
            self.changed.emit()
        else:
            self.tasks.start_once("correct", self._correct(row, checked))

    def retry(self, row: EventRow | None) -> None:
        """Try an event again as it is, also what of it was not ticked."""
        if row is not None and row.event_text and row.action:
            is_unticked = row.delivery_state is DeliveryState.SKIPPED
            self._delivery.retry([row.event_id], with_unticked=is_unticked)

    def retry_cause(self, cause: str) -> None:
        """Try all events again that wait for this cause."""
        self._delivery.retry(retried_ids(self._rows, cause), with_unticked=False)

    def ignore(self, row: EventRow | None, reason: str) -> None:
        """Never send an event; later ones of its user go on."""
        if row is not None and row.event_text and not self._delivery.refusal():
            self.tasks.start_once("ignore", self._ignore(row.event_id, reason))

    # How it comes about.

    async def _correct(self, row: EventRow, event: NewStoredEvent) -> None:
        if await self._store.events.correct_event(row.event_id, event, *self._delivery.author()):
            self._typed.pop(row.event_id, None)
            self._delivery.deliver_waiting(row.source_id)
        else:
            self.message_posted.emit("This event was sent or changed meanwhile. Read again.")
            self.read_wanted.emit()

    async def _ignore(self, event_id: int, reason: str) -> None:
        who, now = self._delivery.author()
        count = await self._store.events.ignore([event_id], f"Ignored by {who}: {reason}", now)
        self._typed.pop(event_id, None)
        said = "It is never sent; later events go on." if count else "It waits no more. Read again."
        self.message_posted.emit(said)
        self.read_wanted.emit()
