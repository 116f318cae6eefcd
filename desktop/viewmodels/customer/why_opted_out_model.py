"""View-model of the drawer Why opted out?, for the customer on the sheet."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.customer.optout_explanation import OptOutExplanation, explain_optout
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.task_registry import TaskRegistry


@dataclass(frozen=True)
class CauseView:
    """A cause in the drawer Why opted out?: time, what, who; `is_setter` stands out."""

    time: str
    time_tooltip: str
    what: str
    source: str
    is_setter: bool


@dataclass(frozen=True)
class WhyOptedOutView:
    """What the drawer Why opted out? shows; empty while it is collected."""

    subtitle: str = ""
    answer: str = ""
    causes: tuple[CauseView, ...] = ()
    unknown: tuple[str, ...] = ()
    error: str = ""


class WhyOptedOutModel(QObject):
    """The drawer Why opted out?: collects its explanation when opened, and by customer."""

    changed = Signal()

    def __init__(
        self, sheet_model: CustomerSheetModel, store: WorkspaceStore, clock: Clock
    ) -> None:
        super().__init__()
        self._sheet_model = sheet_model
        self._store = store
        self._clock = clock
        self._tasks = TaskRegistry(self._on_error)
        self._found: OptOutExplanation | None = None
        self._error: AppError | None = None

    def begin(self) -> None:
        """Collect for the drawer Why opted out? what is known of the customer shown."""
        self._found = self._error = None
        self._tasks.start("explain", self._explain())
        self.changed.emit()

    def view(self) -> WhyOptedOutView:
        """Build what the drawer Why opted out? shows."""
        sheet, found, now = self._sheet_model.sheet, self._found, self._clock.now()
        if sheet is None:
            return WhyOptedOutView()
        if found is None:
            error = str(self._error) if self._error is not None else ""
            return WhyOptedOutView(subtitle=customer_name(sheet), error=error)
        return WhyOptedOutView(
            subtitle=customer_name(sheet),
            answer=found.answer,
            causes=tuple(
                CauseView(
                    time_format.format_date_and_time(cause.at, now)
                    if cause.at is not None
                    else "time not known",
                    time_format.format_full_timestamp(cause.at) if cause.at is not None else "",
                    cause.what,
                    f"{cause.source} · {cause.who}" if cause.who else cause.source,
                    cause.sets_level,
                )
                for cause in found.causes
            ),
            unknown=found.unknown,
        )

    async def close(self) -> None:
        """Cancel what the drawer Why opted out? runs and wait for its end."""
        await self._tasks.close()

    async def _explain(self) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        if sheet is None:
            return
        found = await explain_optout(self._store, sheet)
        if number == self._sheet_model.customer_number:
            self._found = found
            self.changed.emit()

    def _on_error(self, error: AppError) -> None:
        self._error = error
        self.changed.emit()
