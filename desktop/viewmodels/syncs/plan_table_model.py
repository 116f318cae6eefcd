"""The item model of a preview's rows: columns, tick boxes, and pages of rows by number."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal

from desktop.store.plan_row_filter import PlanRowOrder
from desktop.viewmodels.list_model import ListColumn, ModelIndex, PagedListModel
from desktop.viewmodels.syncs.plan_row_view import PlanRowView
from desktop.viewmodels.task_registry import TaskRegistry

TICK, CUSTOMER, VALUE, FATE, CHANGES = range(5)


def _tick_text(row: PlanRowView) -> str:
    if not row.is_write:
        return ""
    return "ticked" if row.is_ticked else "not ticked"


def _tick_state(row: PlanRowView) -> bool | None:
    return row.is_ticked if row.is_write else None


_COLUMNS = (
    # Its heading is the box that ticks all rows.
    ListColumn[PlanRowView]("", _tick_text, is_ticked=_tick_state),
    ListColumn[PlanRowView]("Customer", lambda row: row.name),
    ListColumn[PlanRowView]("Value", lambda row: row.predicted_value_text),
    ListColumn[PlanRowView]("Outcome", lambda row: row.fate),
    ListColumn[PlanRowView]("Changes", lambda row: row.accessible_text),
)


class PlanTableModel(PagedListModel[PlanRowView]):
    """The Qt item model of a preview's rows that fit its filter; their keys are the row numbers."""

    ticks_wanted = Signal(object, bool)  # row numbers; tick or untick

    def __init__(
        self,
        read_rows: Callable[[Sequence[int]], Awaitable[Mapping[int, PlanRowView] | None]],
        tasks: TaskRegistry,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(_COLUMNS, read_rows, tasks, parent)
        self.is_editable = False
        self.order = PlanRowOrder.FOUND

    def flags(self, index: ModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == TICK and self.is_editable:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def setData(
        self, index: ModelIndex, value: object, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Tick a row of the preview's table: a screen reader's toggle arrives here too."""
        row = self.row_at(index.row())
        if role != Qt.ItemDataRole.CheckStateRole or row is None or not row.is_write:
            return False
        self.ticks_wanted.emit([row.row_number], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True
