"""Model of the card “Erased customers”: each erasure with how far it is, and nobody's name."""

from dataclasses import dataclass

from desktop.customer.erasure_service import ErasureService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.errors import NotPermitted
from desktop.model.erasure import ErasureState
from desktop.model.erasure_steps import ErasureProgress
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.time_format import format_full_date

_SHOWN = 20


@dataclass(frozen=True)
class ErasureRowView:
    """A row of the card “Erased customers”; `number` opens it in the drawer Erase."""

    number: str
    title: str
    state: str
    needs_person: bool


@dataclass(frozen=True)
class ErasuresView:
    """View of the card “Erased customers”; `text` stands in place of rows."""

    rows: tuple[ErasureRowView, ...]
    text: str
    error: ErrorMessage


class ErasuresModel(CardModel):
    """Lists erasures for their card; one whose person the services know no more is found here."""

    def __init__(self, erasures: ErasureService, bus: ChangeBus) -> None:
        super().__init__()
        self._erasures = erasures
        self._rows: tuple[ErasureRowView, ...] | None = None
        self._text = ""
        self._unsubscribe = bus.subscribe(self._on_changes)

    def view(self) -> ErasuresView:
        """Build the view of the card “Erased customers”."""
        text = self._text or ("Nobody was erased." if self._rows == () else "")
        return ErasuresView(self._rows or (), text, self._error)

    def load_status(self) -> None:
        """Read for the card how far each erasure is."""
        self.tasks.start("read", self._read())

    async def close(self) -> None:
        """Stop listening for erasures, and wait for what the card reads."""
        self._unsubscribe()
        await super().close()

    async def _read(self) -> None:
        try:
            found = await self._erasures.list_progress()
        except NotPermitted as refused:
            self._rows, self._text = (), refused.message
        else:
            self._rows, self._text = tuple(map(_build_row, found[:_SHOWN])), ""
        self.changed.emit()

    def _on_changes(self, changes: ChangeSet) -> None:
        # Nothing is read before somebody has looked at the card.
        if self._rows is not None and changes.has_any(Topic.OUTBOX, Topic.PERMISSIONS):
            self.load_status()


def _build_row(progress: ErasureProgress) -> ErasureRowView:
    erasure, state = progress.erasure, ""
    if erasure.state is ErasureState.RUNNING:
        stopped = progress.stopped_at is not None
        done = sum(step.ended_at is not None for step in progress.steps)
        state = "has stopped" if stopped else f"{done} of {len(progress.steps)} steps done"
    else:
        state = {
            ErasureState.REQUESTED: "waits for another admin",
            ErasureState.DONE: "done",
            ErasureState.CANCELLED: "withdrawn",
        }[erasure.state]
    needs_person = erasure.state is ErasureState.REQUESTED or progress.stopped_at is not None
    title = f"Erasure {erasure.id}, {format_full_date(erasure.created_at)}"
    return ErasureRowView(erasure.id, title, state, needs_person)
